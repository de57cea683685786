"""What a release holds: pure functions from the derived tables and the gate's verdict to the tables of a release."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from warehouse import contract
from warehouse.contract.vocabulary import PLACES
from warehouse.releases.chunks import chunk_of
from warehouse.releases.identity import resolve
from warehouse.releases.revisions import revisions
from warehouse.releases.row_account import row_account
from warehouse.releases.sources import sources_table

RowsOf = Callable[[str, pl.Series], pl.LazyFrame]
"""Returns the rows of a derived table that belong to some documents, by their ids."""

_NO_FORM: Final = "no_form: the document was read, but no self-evaluation form was found in it"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The gate's verdict on the forms of a snapshot.

    Attributes:
        held: `form_id` and `reason` (String) of the forms that are held back; several rows of a form are joined.
        checks: Further rows of `contract.Checks`, such as those of rules on the whole dataset.
        rule_counts: Further rows of `contract.RuleCounts`.
        corrections: `contract.Corrections`: what people decided on printed texts, and whether it was applied.
        rules: `contract.Rules`: the rules that judged.
        codes: Rows of `contract.Codes` for lists that the contract does not know, such as the reasons of rules.
    """

    held: pl.DataFrame
    checks: pl.DataFrame = field(default_factory=lambda: contract.empty(contract.Checks))
    rule_counts: pl.DataFrame = field(default_factory=lambda: contract.empty(contract.RuleCounts))
    corrections: pl.DataFrame = field(default_factory=lambda: contract.empty(contract.Corrections))
    rules: pl.DataFrame = field(default_factory=lambda: contract.empty(contract.Rules))
    codes: pl.DataFrame = field(default_factory=lambda: contract.empty(contract.Codes))


@dataclass(frozen=True, slots=True)
class Contents:
    """The tables of a release, before they are written.

    Attributes:
        tables: By place (published, quarantine) and table name; every table of `contract.TABLES` is published,
            those of `contract.FORM_TABLES` are in quarantine too.
        documents: One row for each document: `document_id`, `chunk` (see `chunks`), and `derivation_id` and `pages_id`
            (the rows of its forms, and of its pages, have not changed while these have not).
        members: One row for each form that is shown: `place`, `file_label` (fiscal year, or unknown, and the
            chunk of its document: what files are split by), `form_id`, `document_id`, `derivation_id`.
        added_checks: Those rows of `checks` that do not come with a derivation.
        rows_of: Gives the rows of `contract.FORM_TABLES`, `checks` (but the added ones) and `pages` of some documents.
        outcomes: One row for each form read: `form_id`, `document_id`, `outcome` (published, quarantined, duplicate,
            superseded), `standing_form_id`, `reason` (why it was held back).
        account: The row account.
    """

    tables: dict[tuple[str, str], pl.LazyFrame]
    documents: pl.DataFrame
    members: pl.DataFrame
    added_checks: pl.DataFrame
    rows_of: RowsOf
    outcomes: pl.DataFrame
    account: pl.DataFrame


def release_contents(
    documents: pl.DataFrame,
    sources: pl.DataFrame,
    tables: Mapping[str, pl.LazyFrame],
    verdict: Verdict,
    rows_of: RowsOf | None = None,
) -> Contents:
    """Sort the forms of a snapshot into published, held back, found elsewhere and superseded.

    Args:
        documents: `Snapshot.documents`. Pending ones are left out, and counted.
        sources: `Snapshot.sources`.
        tables: Every table of `contract.FORM_TABLES`, `checks` and `rule_counts`, and `pages` where there are any.
        verdict: What is held back. A form that is held back neither supersedes another nor is it superseded: it is
            in quarantine whole, until it is put right.
        rows_of: Gives the rows of the same tables of some documents; null: they are looked for in the tables.

    Raises:
        ValueError: The verdict names a form that is not there.
        AccountDoesNotBalance: See `row_account`.
    """
    forms = (
        tables["forms"]
        .select("form_id", "document_id", "form_number", "page_first", "page_last", "fiscal_year")
        .collect()
    )
    held = verdict.held.group_by("form_id").agg(reason=pl.col("reason").drop_nulls().unique().sort().str.join("; "))
    strangers = held.join(forms, on="form_id", how="anti")["form_id"].sort()
    if strangers.len():
        raise ValueError(f"the gate holds back {strangers.len()} forms that do not exist, such as {strangers[0]}")
    free = {
        name: tables[name].join(held.lazy(), on="form_id", how="anti") for name in ("forms", "funding", "indicators")
    }
    resolved = resolve(free, documents)
    outcomes = (
        forms.select("form_id", "document_id")
        .join(held, on="form_id", how="left")
        .join(resolved.outcomes, on="form_id", how="left")
        .select(
            "form_id",
            "document_id",
            pl.col("outcome").fill_null("quarantined"),
            pl.coalesce("standing_form_id", "form_id").alias("standing_form_id"),
            "reason",
        )
        .sort("form_id")
    )
    pages = tables["pages"] if "pages" in tables else contract.empty(contract.Pages).lazy()
    document_table = documents_table(documents.filter(pl.col("state") != "pending"), outcomes, _unread_pages(pages))
    dataset: dict[str, pl.LazyFrame] = {
        "documents": document_table.lazy(),
        "pages": pages,
        "sources": sources_table(document_table, sources).lazy(),
        "checks": pl.concat([tables["checks"], verdict.checks.lazy()]),
        "rule_results": rule_results(pl.concat([tables["rule_counts"], verdict.rule_counts.lazy()])),
        "occurrences": occurrences(forms, outcomes).lazy(),
        "revisions": revisions(tables, resolved.successions, documents).lazy(),
        "corrections": verdict.corrections.lazy(),
        "rules": verdict.rules.lazy(),
        "codes": pl.concat([contract.codes(), verdict.codes]).lazy(),
        "regions": contract.regions().lazy(),
    }
    placed = _placed(documents)
    members = _members(outcomes, forms, placed)
    sorted_out: dict[tuple[str, str], pl.LazyFrame] = {
        (place, name): tables[name].join(members.lazy().filter(place=place).select("form_id"), on="form_id", how="semi")
        for place in PLACES
        for name in contract.FORM_TABLES
    }
    return Contents(
        tables={**sorted_out, **{("published", name): frame for name, frame in dataset.items()}},
        documents=placed,
        members=members,
        added_checks=verdict.checks,
        rows_of=rows_of or _looked_for(tables),
        outcomes=outcomes,
        account=row_account(documents, document_table, outcomes),
    )


def _unread_pages(pages: pl.LazyFrame) -> pl.DataFrame:
    """Return the documents with pages that could not be read: `document_id`, `unread_pages` (their numbers)."""
    return (
        pages.filter(pl.col("kind").cast(pl.String) == "unreadable")
        .sort("document_id", "page_number")
        .group_by("document_id", maintain_order=True)
        .agg(unread_pages=pl.col("page_number").cast(pl.String).str.join(", "))
        .collect()
    )


def _looked_for(tables: Mapping[str, pl.LazyFrame]) -> RowsOf:
    def rows_of(name: str, documents: pl.Series) -> pl.LazyFrame:
        wanted = pl.LazyFrame({"document_id": documents}, schema={"document_id": pl.String})
        rows = tables[name] if name in tables else contract.empty(contract.Pages).lazy()
        if "document_id" in rows.collect_schema():
            return rows.join(wanted, on="document_id", how="semi")
        return rows.join(tables["forms"].join(wanted, on="document_id", how="semi"), on="form_id", how="semi")

    return rows_of


def _placed(documents: pl.DataFrame) -> pl.DataFrame:
    """Return the documents of a release, each with its chunk: see `Contents`."""
    count = 1 + max(documents["number"].to_list(), default=0)
    return documents.filter(pl.col("state") != "pending").select(
        "document_id", "derivation_id", "pages_id", chunk=chunk_of(pl.col("number"), count)
    )


def _members(outcomes: pl.DataFrame, forms: pl.DataFrame, placed: pl.DataFrame) -> pl.DataFrame:
    """Return the forms that are shown, with the place and the label of their files: see `Contents`."""
    place_of = {"published": "published", "quarantined": "quarantine"}
    return (
        outcomes.filter(pl.col("outcome").is_in(list(place_of)))
        .join(forms.select("form_id", "fiscal_year"), on="form_id")
        .join(placed, on="document_id", how="left")
        .select(
            pl.col("outcome").replace(place_of).alias("place"),
            pl.concat_str(pl.col("fiscal_year").cast(pl.String).fill_null("unknown"), "chunk", separator="-").alias(
                "file_label"
            ),
            "form_id",
            "document_id",
            "derivation_id",
        )
        .sort("place", "file_label", "form_id")
    )


def documents_table(documents: pl.DataFrame, outcomes: pl.DataFrame, unread: pl.DataFrame) -> pl.DataFrame:
    """Build `contract.Documents`: each document with its status and reason.

    `source_uri` is an address, or the path below the source: the paths of this machine are of no use elsewhere.
    A document whose forms all stand elsewhere (found in another document, or published again since) is published; its
    reason says so.

    Args:
        documents: `Snapshot.documents` without pending ones.
        outcomes: As in `Contents`.
        unread: `document_id` and `unread_pages` of the documents with pages of which it is not known what they hold:
            such a document is published in part at most, whatever became of the forms on its other pages.
    """
    by_document = outcomes.group_by("document_id").agg(
        held=pl.col("outcome").eq("quarantined").sum(),
        duplicate=pl.col("outcome").eq("duplicate").sum(),
        superseded=pl.col("outcome").eq("superseded").sum(),
        held_reason=pl.col("reason").drop_nulls().unique().sort().str.join("; "),
    )
    form_count = pl.col("form_count")
    status = (
        pl.when(state="failed")
        .then(pl.lit("failed"))
        .when(form_count == 0)
        .then(pl.lit("no_form"))
        .when(pl.col("held") == form_count)
        .then(pl.lit("quarantined"))
        .when((pl.col("held") > 0) | pl.col("unread_pages").is_not_null())
        .then(pl.lit("partly_published"))
        .otherwise(pl.lit("published"))
    )
    reason = (
        pl.when(status="failed")
        .then("reason")
        .when(status="no_form")
        .then(pl.coalesce("reason", pl.lit(_NO_FORM)))
        .when(pl.col("held") > 0)
        .then(pl.format("held_back: {} of {} forms: {}", "held", "form_count", "held_reason"))
        .when(pl.col("unread_pages").is_not_null())
        .then(
            pl.format(
                "unread_pages: what page {} shows is not known: a picture or unreadable text that was not recognised, "
                "or a page that does not open",
                "unread_pages",
            )
        )
        .when(pl.col("duplicate") == form_count)
        .then(pl.lit("duplicate: all its forms were found in other documents before; see occurrences"))
        .when(pl.col("duplicate") + pl.col("superseded") == form_count)
        .then(pl.lit("superseded: all its forms were published again, or found before, in other documents"))
    )
    schema = contract.polars_schema(contract.Documents)
    is_address = pl.col("source_uri").str.contains("://", literal=True) & ~pl.col("source_uri").str.starts_with("file:")
    return (
        documents.with_columns(
            source_uri=pl.when(is_address).then("source_uri").otherwise(pl.coalesce("place", "file_name"))
        )
        .join(by_document, on="document_id", how="left")
        .join(unread, on="document_id", how="left")
        .with_columns(pl.col("held", "duplicate", "superseded").fill_null(0), form_count.cast(pl.Int32))
        .with_columns(status=status)
        .with_columns(reason=reason)
        .select(schema.names())
        .cast(schema)
        .sort("document_id")
    )


def rule_results(rule_counts: pl.LazyFrame) -> pl.LazyFrame:
    """Sum `contract.RuleCounts` over the documents: `contract.RuleResults`."""
    by = ["rule_id", "rule_version", "severity", "table_name"]
    columns = contract.polars_schema(contract.RuleResults).names()
    return rule_counts.group_by(by).agg(pl.col("passed", "failed", "not_applicable").sum()).select(columns)


def occurrences(forms: pl.DataFrame, outcomes: pl.DataFrame) -> pl.DataFrame:
    """Build `contract.Occurrences`: the places of each published form, its own document first.

    Args:
        forms: `form_id`, `document_id`, `form_number`, `page_first`, `page_last`.
        outcomes: As in `Contents`.
    """
    places = outcomes.filter(pl.col("outcome").is_in(["published", "duplicate"]))
    return (
        places.select("form_id", "standing_form_id")
        .join(forms, on="form_id")
        .sort("standing_form_id", pl.col("form_id") != pl.col("standing_form_id"), "document_id", "form_number")
        .select(pl.col("standing_form_id").alias("form_id"), "document_id", "form_number", "page_first", "page_last")
    )
