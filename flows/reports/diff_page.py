"""Two releases compared, as one HTML page that loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from flows.printable import MOST_FIELDS, before_after
from flows.reports.differences import KINDS, Differences
from flows.reports.labels import code_label, column_label
from flows.reports.pages import page_texts, render_page
from warehouse.contract.metadata import table_about
from warehouse.contract.vocabulary import SEVERITIES

MOST: Final = 2_000
"""Forms of a kind that a page lists."""


def diff_page(
    changes: pl.DataFrame, found: Differences, before: str, after: str, language: str, most: int = MOST
) -> str:
    """Lay a comparison out: each form under its name with what changed, in words, then how many rows of each table.

    Args:
        changes: `warehouse.releases.diff.diff_releases`.
        found: What sets the two releases apart, in words of the language.
        before: The older release.
        after: The newer release.
        language: `en` or `zh`.
        most: Forms of a kind that are listed; the rest is counted.

    Returns:
        A whole HTML page.
    """
    return render_page(
        "diff_page",
        language,
        c=page_texts("changes")[language],
        severities={name: code_label("severity", name, language) for name in SEVERITIES},
        before=before,
        after=after,
        counts=diff_counts(changes).to_dicts(),
        name=lambda table: table_about(table, language).name,
        found=found,
        kinds=KINDS,
        most=most,
        form_link=None,
    )


def form_change_rows(changes: pl.DataFrame, forms: pl.DataFrame, language: str = "en") -> list[dict[str, Any]]:
    """List what a comparison found for a terminal: columns that came, went or changed, then the forms by name.

    Args:
        changes: `warehouse.releases.diff.diff_releases`.
        forms: `warehouse.releases.form_changes.form_changes`.
        language: `en` or `zh`, of what is said of a form and of the names of its columns.
    """
    texts = page_texts("commands")[language]
    columns = [
        {
            **dict.fromkeys(("change", "year", "unit", "project"), None),
            "change": texts["columns_change"].format(
                change=_changes(language).get(f"change.{row['change']}", row["change"])
            ),
            "project": f"{row['table_name']}.{row['column_name'] or row['key']}",
            "what": before_after(row["before"], row["after"], texts["blank"]),
            "form": None,
        }
        for row in changes.filter(place="schema").to_dicts()
    ]
    return columns + [
        {
            "change": row["change"],
            "year": row["fiscal_year"],
            "unit": row["implementing_unit"] or row["department"],
            "project": row["project_name"],
            "what": _what(row, texts, language),
            "form": row["form_id"],
        }
        for row in forms.to_dicts()
    ]


def _changes(language: str) -> Mapping[str, str]:
    return page_texts("heads").get(f"{language}_values", {})


def _what(row: Mapping[str, Any], texts: Mapping[str, str], language: str) -> str:
    """Put into words why a form is held, or what changed in it: the first fields, and how many there are."""
    reason = _reason(row["reason"], language) if row["reason"] else ""
    if row["change"] in ("added", "removed"):
        return reason
    listed = [
        " ".join(
            filter(
                None, (f["record_name"], _column(f, language), before_after(f["before"], f["after"], texts["blank"]))
            )
        )
        for f in row["fields"][:MOST_FIELDS]
    ]
    more = row["field_count"] - MOST_FIELDS
    parts = [*filter(None, [reason]), *listed, *([texts["and_more"].format(count=more)] if more > 0 else [])]
    return ("；" if language == "zh" else "; ").join(parts) or texts[
        "same_values" if row["change"] == "released" else "only_order"
    ]


def _reason(reason: str, language: str) -> str:
    """Name the code at the beginning of a reason, such as `critical_rule: R15`, in Chinese."""
    code, colon, rest = reason.partition(": ")
    return f"{code_label('held_reason', code, language)}{'：' * bool(colon)}{rest}" if language == "zh" else reason


def _column(field: Mapping[str, Any], language: str) -> str | None:
    column = field["column_name"]
    return column_label(field["table_name"], column, language) if column and language == "zh" else column


def diff_counts(changes: pl.DataFrame) -> pl.DataFrame:
    """Count the changes: `place`, `table_name`, rows `added` and `removed`, rows and fields `changed`."""
    is_change = pl.col("change") == "changed"
    return changes.group_by("place", "table_name", maintain_order=True).agg(
        added=(pl.col("change") == "added").sum(),
        removed=(pl.col("change") == "removed").sum(),
        rows_changed=pl.col("key").filter(is_change).n_unique(),
        fields_changed=is_change.sum(),
    )
