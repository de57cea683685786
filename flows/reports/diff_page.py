"""Two releases compared, as one HTML page that loads nothing from elsewhere."""

from __future__ import annotations

from typing import Final

import polars as pl

from flows.reports.pages import render_page

MOST: Final = 5_000
"""Changes of a table that are listed; the rest is counted."""


def diff_page(changes: pl.DataFrame, before: str, after: str, language: str) -> str:
    """Lay a comparison out: what changed how often, then every change by place and table.

    Args:
        changes: `warehouse.releases.diff.diff_releases`.
        before: The older release.
        after: The newer release.
        language: `en` or `zh`. Names of tables and columns stay as they are in the data.

    Returns:
        A whole HTML page. It lists the first `MOST` changes of a table and says how many are left out.
    """
    tables = [
        {"place": place, "name": name, "count": rows.height, "rows": rows.head(MOST).to_dicts()}
        for (place, name), rows in changes.group_by("place", "table_name", maintain_order=True)
    ]
    return render_page(
        "diff_page", language, before=before, after=after, counts=diff_counts(changes).to_dicts(), tables=tables
    )


def diff_counts(changes: pl.DataFrame) -> pl.DataFrame:
    """Count the changes: `place`, `table_name`, rows `added` and `removed`, rows and fields `changed`."""
    is_change = pl.col("change") == "changed"
    return changes.group_by("place", "table_name", maintain_order=True).agg(
        added=(pl.col("change") == "added").sum(),
        removed=(pl.col("change") == "removed").sum(),
        rows_changed=pl.col("key").filter(is_change).n_unique(),
        fields_changed=is_change.sum(),
    )
