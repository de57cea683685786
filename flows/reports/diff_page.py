"""Two releases compared, as one HTML page that loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from flows.printable import MOST_FIELDS, before_after
from flows.reports.pages import render_page

MOST: Final = 5_000
"""Changes of a table that are listed; the rest is counted."""


def diff_page(changes: pl.DataFrame, forms: pl.DataFrame, before: str, after: str, language: str) -> str:
    """Lay a comparison out: what changed how often, each form under its name, then every change by place and table.

    Args:
        changes: `warehouse.releases.diff.diff_releases`.
        forms: `warehouse.releases.form_changes.form_changes`.
        before: The older release.
        after: The newer release.
        language: `en` or `zh`. Names of tables and columns stay as they are in the data.

    Returns:
        A whole HTML page. It lists the first `MOST` forms, and changes of a table, and says how many are left out.
    """
    tables = [
        {"place": place, "name": name, "count": rows.height, "rows": rows.head(MOST).to_dicts()}
        for (place, name), rows in changes.group_by("place", "table_name", maintain_order=True)
    ]
    return render_page(
        "diff_page",
        language,
        before=before,
        after=after,
        counts=diff_counts(changes).to_dicts(),
        forms=forms.head(MOST).to_dicts(),
        form_count=forms.height,
        tables=tables,
    )


def form_change_rows(changes: pl.DataFrame, forms: pl.DataFrame) -> list[dict[str, Any]]:
    """List what a comparison found for a terminal: columns that came, went or changed, then the forms by name.

    Args:
        changes: `warehouse.releases.diff.diff_releases`.
        forms: `warehouse.releases.form_changes.form_changes`.
    """
    columns = [
        {
            **dict.fromkeys(("change", "year", "unit", "project"), None),
            "change": f"schema: {row['change']}",
            "project": f"{row['table_name']}.{row['column_name'] or row['key']}",
            "what": before_after(row["before"], row["after"]),
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
            "what": _what(row),
            "form": row["form_id"],
        }
        for row in forms.to_dicts()
    ]


def _what(row: Mapping[str, Any]) -> str:
    """Put into words why a form is held, or what changed in it: the first fields, and how many there are."""
    if row["change"] in ("added", "removed"):
        return row["reason"] or ""
    listed = [
        " ".join(filter(None, (f["record_name"], f["column_name"], before_after(f["before"], f["after"]))))
        for f in row["fields"][:MOST_FIELDS]
    ]
    more = [f"and {row['field_count'] - MOST_FIELDS} more"] if row["field_count"] > MOST_FIELDS else []
    reason = [row["reason"]] if row["reason"] else []
    return "; ".join([*reason, *listed, *more]) or "only the order of its rows"


def diff_counts(changes: pl.DataFrame) -> pl.DataFrame:
    """Count the changes: `place`, `table_name`, rows `added` and `removed`, rows and fields `changed`."""
    is_change = pl.col("change") == "changed"
    return changes.group_by("place", "table_name", maintain_order=True).agg(
        added=(pl.col("change") == "added").sum(),
        removed=(pl.col("change") == "removed").sum(),
        rows_changed=pl.col("key").filter(is_change).n_unique(),
        fields_changed=is_change.sum(),
    )
