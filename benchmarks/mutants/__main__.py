"""Tries mutants of forms: `python -m benchmarks.mutants --count 3000`. Prints as Markdown what became of them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import polars as pl

from benchmarks import markdown
from benchmarks.mutants.run import Tally, run

_SHOWN = 40


def report(tally: Tally) -> str:
    """Lay out what became of mutants as Markdown."""
    kinds = markdown.table(pl.DataFrame({"kind": list(tally.inputs), "mutants": list(tally.inputs.values())}))
    rows = [
        ["mutants", str(sum(tally.inputs.values()))],
        ["readers that raised, crashed, hung, met the memory limit", _faults(tally)],
        ["peak memory of a reader", f"{tally.peak_mb:.0f} MB"],
        *[[f"forms {what}", str(n)] for what, n in sorted(tally.forms.items())],
        ["published figures that the page does not show", str(len(tally.figures))],
        ["published texts that the page does not show, without a note", str(len(tally.texts))],
        ["published texts that the page does not show, with a note", str(len(tally.noted))],
        ["published figures on changed pages, not recognised by OCR", str(tally.unknown)],
        ["seconds", f"{tally.seconds:.0f}"],
    ]
    lines = [kinds, "", markdown.table(pl.DataFrame(rows, schema=["what", "count"], orient="row"))]
    for title, found in (
        ("figures", tally.figures),
        ("texts", tally.texts),
        ("noted", tally.noted),
        ("lost", tally.silent),
        ("faults", tally.details),
    ):
        lines += ["", f"{title}:", *(f"- {line}" for line in _by_mutant(found)[:_SHOWN])]
    return "\n".join(lines)


def _by_mutant(found: Sequence[str]) -> list[str]:
    """One line for each mutant: the first thing found of it, and how many more there are."""
    groups = [list(group) for _, group in groupby(found, key=lambda line: line.partition(")")[0])]
    return [f"{group[0]} (and {len(group) - 1} more)" if len(group) > 1 else group[0] for group in groups]


def _faults(tally: Tally) -> str:
    return ", ".join(str(tally.faults[fault]) for fault in ("error", "crashed", "timeout", "memory"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutants", description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, default=[Path("samples"), Path("tests/data")])
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--first", type=int, default=0, help="how many are passed over, for a run in pieces")
    given = parser.parse_args()
    seeds = sorted(path for folder in given.folders for path in folder.rglob("*.pdf"))
    print(report(run(seeds, given.count, given.workers, given.first)))
