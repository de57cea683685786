"""Two releases compared, as one HTML page without anything from elsewhere."""

from __future__ import annotations

from html import escape
from typing import Final

import polars as pl

_MOST_ROWS: Final = 5_000

_STYLE: Final = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { margin: 2rem auto; max-width: 76rem; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0; width: 100% }
th, td { border-bottom: 1px solid #8884; padding: .25rem .6rem; text-align: left; vertical-align: top }
td { overflow-wrap: anywhere }
td.number { text-align: right }
summary { cursor: pointer; font-weight: 600 }
.added, ins { color: #1a7f37; text-decoration: none }
.removed, del { color: #c0392b }
"""


def diff_page(changes: pl.DataFrame, before: str, after: str) -> str:
    """Lay a comparison out: what changed how often, then every change by place and table.

    Args:
        changes: `warehouse.releases.diff.diff_releases`.
        before: The older release.
        after: The newer release.

    Returns:
        A whole HTML page. Of a table with very many changes the first ones are shown, and how many are left out.
    """
    title = f"{escape(before)} → {escape(after)}"
    parts = [f"<h1>{title}</h1>", _counts(changes) if changes.height else "<p>No difference.</p>"]
    parts += [
        _table(str(place), str(name), rows)
        for (place, name), rows in changes.group_by("place", "table_name", maintain_order=True)
    ]
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n" + "\n".join(parts) + "\n</body></html>\n"
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


def _counts(changes: pl.DataFrame) -> str:
    counts = diff_counts(changes)
    head = "".join(f"<th>{name.replace('_', ' ')}</th>" for name in counts.columns)
    rows = (
        "<tr>"
        + "".join(f"<td>{escape(v)}</td>" if isinstance(v, str) else f'<td class="number">{v}</td>' for v in row)
        + "</tr>"
        for row in counts.iter_rows()
    )
    return f"<table><tr>{head}</tr>\n" + "\n".join(rows) + "\n</table>"


def _table(place: str, name: str, rows: pl.DataFrame) -> str:
    body = "\n".join(_row(*row) for row in rows.head(_MOST_ROWS).drop("place", "table_name").iter_rows())
    left = rows.height - _MOST_ROWS
    more = f"<p>and {left} more; <code>jixiao diff --json</code> lists all</p>" if left > 0 else ""
    return (
        f"<details open><summary>{escape(place)}/{escape(name)} ({rows.height})</summary>\n"
        f"<table><tr><th>key</th><th>column</th><th>before</th><th>after</th></tr>\n{body}\n</table>{more}</details>"
    )


def _row(key: str, change: str, column: str | None, before: str | None, after: str | None) -> str:
    if change != "changed":
        return f'<tr><td>{escape(key)}</td><td colspan="3" class="{change}">{change}</td></tr>'
    old, new = (f"<{tag}>{escape(v)}</{tag}>" if v is not None else "" for tag, v in (("del", before), ("ins", after)))
    return f"<tr><td>{escape(key)}</td><td>{escape(column or '')}</td><td>{old}</td><td>{new}</td></tr>"
