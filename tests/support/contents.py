"""What a release of made-up documents holds."""

from __future__ import annotations

import polars as pl

from tests.support.builders import NOW, MadeUpForm, checks, document_id, rule_counts, tables
from warehouse.releases.contents import Contents, Verdict, release_contents


def snapshot_documents(made: dict[str, list[MadeUpForm]], **states: str) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "document_id": document_id(name),
                "source_uri": f"/in/{name}",
                "place": None,
                "file_name": name,
                "byte_count": 1,
                "first_seen_at": NOW,
                "seen_number": number,
                "stated_at": None,
                "page_count": 2,
                "reader": "pdfium",
                "reader_version": "1",
                "form_count": len(forms),
                "reason": "encrypted: no password" if states.get(name) == "failed" else None,
                "derivation_id": repr(forms),
                "pages_id": repr(forms),
                "number": number,
                "state": states.get(name, "derived"),
                "sources": "hubei | wuhan" if name == "a" else None,
                "region": None,
                "default_department": None,
                "withdrawn_at": None,
            }
            for number, (name, forms) in enumerate(made.items())
        ],
        schema={
            "document_id": pl.String,
            "source_uri": pl.String,
            "place": pl.String,
            "file_name": pl.String,
            "byte_count": pl.Int64,
            "first_seen_at": pl.Datetime("us", "UTC"),
            "seen_number": pl.Int64,
            "stated_at": pl.Datetime("us", "UTC"),
            "page_count": pl.Int32,
            "reader": pl.String,
            "reader_version": pl.String,
            "form_count": pl.Int32,
            "reason": pl.String,
            "derivation_id": pl.String,
            "pages_id": pl.String,
            "number": pl.Int64,
            "state": pl.String,
            "sources": pl.String,
            "region": pl.String,
            "default_department": pl.String,
            "withdrawn_at": pl.Datetime("us", "UTC"),
        },
    )


SOURCES = pl.DataFrame(
    {"source_name": ["hubei", "shandong", "wuhan"], "kind": ["index", "s3", "files"]},
).with_columns(
    pl.lit(None, pl.String).alias("region"),
    pl.lit(None, pl.String).alias("default_department"),
    pl.lit(None, pl.Datetime("us", "UTC")).alias("withdrawn_at"),
    pl.lit(0, pl.Int32).alias("withdrawn_count"),
    pl.lit(31, pl.Int32).alias("expected_days"),
    pl.lit(NOW).cast(pl.Datetime("us", "UTC")).alias("last_new_at"),
    pl.lit("fresh").alias("state"),
    *(pl.lit(n, pl.Int32).alias(f"{c}_count") for n, c in enumerate(("listed", "fetched", "unchanged", "missed"))),
)


def contents(
    made: dict[str, list[MadeUpForm]], held: dict[str, str], pages: pl.DataFrame | None = None, **states: str
) -> Contents:
    derived = {name: rows.lazy() for name, rows in tables(made).items()}
    derived |= {"checks": checks(held).lazy(), "rule_counts": rule_counts(made).lazy()}
    derived |= {} if pages is None else {"pages": pages.lazy()}
    verdict = Verdict(
        held=pl.DataFrame(
            {"form_id": list(held), "reason": list(held.values())},
            schema_overrides={"form_id": pl.String, "reason": pl.String},
        )
    )
    return release_contents(snapshot_documents(made, **states), SOURCES, derived, verdict)
