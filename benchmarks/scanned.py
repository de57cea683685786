"""What becomes of scans of known layouts: `python -m benchmarks.scanned --count 45 --recipes 200 150`.

Makes PDFs of known layouts, turns their pages into images by each recipe (`benchmarks.corpus.scans.RECIPES`), reads and
checks them, and prints as Markdown how many fields are read exactly, how many forms are held back, and how many are
published with a wrong figure.
"""

from __future__ import annotations

import argparse
import pickle
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import polars as pl

from benchmarks import markdown
from benchmarks.accuracy import compare, folded
from benchmarks.corpus import typst
from benchmarks.corpus.families import FAMILIES
from benchmarks.corpus.make import write_truth
from benchmarks.corpus.plan import Planner
from benchmarks.corpus.scans import RECIPES, worn
from expectations.check import check
from expectations.settings import RuleSettings
from transforms.account import account
from transforms.assemble import read_forms
from transforms.normalise import normalise
from transforms.read import Reading, read_document

_MARKS = {"document_id": pl.String, "reader": pl.String, "page_marks": pl.String}
_SAME = str.maketrans("≧≦═＝－％", "≥≤==—%")
"""Marks that a picture shows, but a dot or a bar apart: compared as one."""

_WIDTHS = str.maketrans("（）：；，", "():;,")
"""Marks of two widths: a picture does not always show which one was printed."""

_FIGURES = re.compile(r"\d+(?:\.\d+)?‰?")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the scans of one recipe.

    Attributes:
        fields: One row for each field compared, with `is_figure`: its digits are not the printed ones, and
            `is_alike`: right but for the width of marks.
        documents: One row for each document: `found`, `is_held`, `is_reported`, `rules`, `reason`.
        seconds: CPU time of reading.
        pages: Pages that were read.
    """

    fields: pl.DataFrame
    documents: pl.DataFrame
    seconds: float
    pages: int


def make(folder: Path, seed: int, count: int, recipes: Sequence[str]) -> None:
    """Write a folder of scans, with their truth, for each recipe; every layout comes up in turn."""
    rng = Random(seed)
    names = [name for _ in range(-(-count // len(FAMILIES))) for name in rng.sample(list(FAMILIES), len(FAMILIES))]
    documents = [
        Planner(seed, number, name, "scan", "landscape" if number % 3 == 0 else "single").document()
        for number, name in enumerate(names[:count])
    ]
    with tempfile.TemporaryDirectory() as scratch:
        typst.typst(documents, Path(scratch))
        for recipe in recipes:
            here = folder / recipe
            here.mkdir(parents=True, exist_ok=True)
            for document in documents:
                clean = (Path(scratch) / f"{document.name}.pdf").read_bytes()
                scan = worn(clean, RECIPES[recipe], Random(f"{document.name}/{recipe}"))
                (here / f"{document.name}.pdf").write_bytes(scan)
                write_truth(document, here)


def read(folder: Path) -> tuple[dict[str, Reading], float]:
    """Read the PDFs of a folder, by file name; also the CPU time it took."""
    begin = time.process_time()
    readings = {path.name: read_document(path, path.stem.ljust(24, "0")) for path in sorted(folder.glob("*.pdf"))}
    return readings, time.process_time() - begin


def verdicts(readings: dict[str, Reading]) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """Return the tables that readings give, by name of the document, and what became of each (`Outcome.documents`)."""
    ids = {name: reading.document_id for name, reading in readings.items()}
    cells = pl.concat([reading.cells for reading in readings.values()])
    rows = [(r.document_id, r.reader, r.page_marks) for r in readings.values()]
    assembled = read_forms(cells)
    accounted = account(pl.DataFrame(rows, schema=_MARKS, orient="row"), cells, assembled)
    tables = normalise(assembled.fields)
    checks = check(tables, RuleSettings()).checks.filter(pl.col("status").cast(pl.String) == "fail")
    severity = pl.col("severity").cast(pl.String)
    rules = checks.group_by("document_id").agg(
        is_held=(severity == "critical").any(),
        is_reported=severity.is_in(["critical", "warning"]).any(),
        rules=pl.col("rule_id").filter(severity == "critical").unique().sort().str.join(" "),
    )
    failed = accounted.verdicts.filter(~pl.col("reason").str.starts_with("no_form"))
    reasons = pl.DataFrame(
        [(r.document_id, r.reason) for r in readings.values()],
        schema={"document_id": pl.String, "fault": pl.String},
        orient="row",
    )
    documents = (
        pl.DataFrame({"file": list(ids), "document_id": list(ids.values())})
        .join(tables["forms"].group_by("document_id").agg(found=pl.len()), on="document_id", how="left")
        .join(rules, on="document_id", how="left")
        .join(failed, on="document_id", how="left")
        .join(reasons, on="document_id", how="left")
        .with_columns(reason=pl.coalesce("reason", "fault"), found=pl.col("found").fill_null(0))
        .with_columns(
            is_held=pl.col("is_held").fill_null(False) | pl.col("reason").is_not_null(),
            is_reported=pl.col("is_reported").fill_null(False) | pl.col("reason").is_not_null(),
        )
    )
    return tables, documents.sort("file")


def judge(folder: Path, readings: dict[str, Reading], seconds: float = 0.0) -> Outcome:
    """Say of each document what became of it, and of each field whether it is right."""
    tables, documents = verdicts(readings)
    compared = compare(folder, tables, {name: reading.document_id for name, reading in readings.items()})
    alike = [pl.col(name).map_elements(_alike, return_dtype=pl.String) for name in ("expected", "observed")]
    fields = compared.with_columns(is_right=pl.col("is_right") | (alike[0] == alike[1])).with_columns(
        is_figure=pl.struct("expected", "observed").map_elements(_figures_differ, return_dtype=pl.Boolean)
        & ~pl.col("is_right"),
        is_alike=pl.struct("expected", "observed").map_elements(_differ_in_width, return_dtype=pl.Boolean)
        | pl.col("is_right"),
    )
    pages = sum(reading.page_count or 0 for reading in readings.values())
    return Outcome(fields, documents, seconds, pages)


def _alike(text: str) -> str:
    return folded(text).translate(_SAME)


def _differ_in_width(pair: dict[str, str]) -> bool:
    return _alike(pair["expected"]).translate(_WIDTHS) == _alike(pair["observed"]).translate(_WIDTHS)


def _figures_differ(pair: dict[str, str]) -> bool:
    wanted, got = (_FIGURES.findall(re.sub(r"[\s,，]", "", pair[key])) for key in ("expected", "observed"))
    return bool(wanted != got)


def row(name: str, outcome: Outcome) -> tuple[object, ...]:
    """Return the figures of one recipe."""
    by_file = outcome.fields.group_by("file").agg(
        is_right=pl.col("is_right").all(), is_wrong=pl.col("is_figure").any(), is_off=(~pl.col("is_right")).any()
    )
    documents = outcome.documents.join(by_file, on="file")
    published = documents.filter(pl.col("found") > 0, ~pl.col("is_held"))
    lost = documents.filter(pl.col("found") == 0)
    right = outcome.fields["is_right"]
    return (
        name,
        documents.height,
        right.len(),
        round(100 * right.sum() / right.len(), 2),
        round(100 * outcome.fields["is_alike"].sum() / right.len(), 2),
        documents.filter("is_right").height,
        published.height,
        published.filter("is_wrong").height,
        published.filter("is_wrong", ~pl.col("is_reported")).height,
        documents.filter(pl.col("found") > 0, "is_held").height,
        documents.filter(pl.col("found") > 0, "is_held", "is_right").height,
        lost.height,
        lost.filter(~pl.col("is_reported")).height,
        round(outcome.seconds / max(outcome.pages, 1), 2),
    )


HEADS = (
    *(
        "scan",
        "forms",
        "fields",
        "right_pct",
        "but for width",
        "wholly right",
        "published",
        "with a wrong figure",
        "without a word",
    ),
    *("held back", "though right", "not read", "without a word ", "CPU s a page"),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scanned", description=__doc__)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--recipes", nargs="+", choices=list(RECIPES), default=list(RECIPES))
    parser.add_argument("--misses", type=int, default=0, help="how many fields to name that are wrong")
    parser.add_argument("--keep", type=Path, help="folder for the scans and what was read of them; used again if there")
    given = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.keep or Path(scratch)
        wanted = [name for name in given.recipes if not (folder / name).exists()]
        make(folder, given.seed, given.count, wanted)
        for name in given.recipes:
            kept = folder / name / "readings.pickle"
            readings, seconds = pickle.loads(kept.read_bytes()) if kept.exists() else read(folder / name)
            if given.keep:
                kept.write_bytes(pickle.dumps((readings, seconds)))
            outcome = judge(folder / name, readings, seconds)
            rows.append(row(name, outcome))
            sys.stderr.write(f"{rows[-1]}\n")
            about = outcome.documents.select("file", "is_held", "is_reported", "rules", "reason")
            wrong = outcome.fields.filter(~pl.col("is_right")).join(about, on="file")
            for miss in wrong.sort("is_held", "file").head(given.misses).iter_rows(named=True):
                kind = "FIGURE" if miss["is_figure"] else "text"
                state = "held" if miss["is_held"] else "accounted" if miss["is_reported"] else "SILENT"
                place = f"{miss['file']} {miss['where']} / {miss['field']}"
                sys.stderr.write(f"{state} {kind} {place}: {miss['expected']!r} {miss['observed']!r} {miss['rules']}\n")
    sys.stdout.write(markdown.table(pl.DataFrame(rows, schema=HEADS, orient="row")))


if __name__ == "__main__":
    main()
