"""Frames as Markdown tables, for the pages that the benchmarks print."""

from __future__ import annotations

import polars as pl


def table(frame: pl.DataFrame) -> str:
    """Return a frame as a Markdown table."""
    lines = ["| " + " | ".join(frame.columns) + " |", "|" + " --- |" * frame.width]
    lines += ["| " + " | ".join(str(value).replace("|", "\\|") for value in row) + " |" for row in frame.iter_rows()]
    return "\n".join(lines)
