"""What becomes of forms whose layouts nobody has seen: `python -m benchmarks.unseen --count 1000`.

Makes PDFs of unseen layouts (`benchmarks.corpus.unseen`), reads, assembles, normalises and checks them, and prints as
Markdown how many are read whole, how many are published with a wrong field or lost, and how many of these without a
word. A form is held back by a critical rule; a word is a warning on the form, or its document's failure.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks import markdown
from benchmarks.accuracy import compare
from benchmarks.corpus.make import make as make_corpus
from benchmarks.corpus.plan import PRODUCERS
from benchmarks.corpus.unseen import plan_across, plan_unseen
from expectations.check import check
from expectations.settings import RuleSettings
from transforms.account import account
from transforms.assemble import read_forms
from transforms.normalise import normalise
from transforms.read import read_document

_MARKS = {"document_id": pl.String, "reader": pl.String, "page_marks": pl.String}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the forms: one row for each field compared, and one for each form (`OF_FORMS`)."""

    fields: pl.DataFrame
    forms: pl.DataFrame


def measure(folder: Path) -> Outcome:
    """Read the PDFs of a folder and say of each form of the truth what became of it.

    `forms` has file, `is_right` (every field), `is_found`, `is_held`, `is_reported` (a warning, or a failed document).
    """
    ids: dict[str, str] = {}
    rows, cells = [], []
    for path in sorted(folder.glob("*.pdf")):
        ids[path.name] = path.stem.ljust(24, "0")
        reading = read_document(path, ids[path.name])
        rows.append((ids[path.name], reading.reader, reading.page_marks))
        cells.append(reading.cells)
    read = pl.concat(cells)
    assembled = read_forms(read)
    accounted = account(pl.DataFrame(rows, schema=_MARKS, orient="row"), read, assembled)
    tables = normalise(assembled.fields)
    checks = check(tables, RuleSettings()).checks.filter(pl.col("status").cast(pl.String) == "fail")
    severity = pl.col("severity").cast(pl.String)
    by_document = checks.group_by("document_id").agg(
        is_held=(severity == "critical").any(),
        is_reported=severity.is_in(["critical", "warning"]).any(),
        rules=pl.col("rule_id").filter(severity != "info").unique().sort().str.join(" "),
    )
    failed = accounted.verdicts.filter(~pl.col("reason").str.starts_with("no_form")).with_columns(failed=True)
    fields = compare(folder, tables, ids)
    found = tables["forms"].group_by("document_id").agg(found=pl.len())
    forms = (
        fields.group_by("file")
        .agg(is_right=pl.col("is_right").all())
        .with_columns(document_id=pl.col("file").replace(ids))
        .join(found, on="document_id", how="left")
        .join(by_document, on="document_id", how="left")
        .join(failed, on="document_id", how="left")
        .with_columns(
            is_found=pl.col("found").fill_null(0) > 0,
            is_held=pl.col("is_held").fill_null(False) | pl.col("failed").fill_null(False),
            is_reported=pl.col("is_reported").fill_null(False) | pl.col("failed").fill_null(False),
        )
        .sort("file")
    )
    return Outcome(fields, forms)


def report(outcome: Outcome) -> str:
    """Return the figures as Markdown."""
    forms = outcome.forms
    published = forms.filter("is_found", ~pl.col("is_held"))
    wrong = published.filter(~pl.col("is_right"))
    lost = forms.filter(~pl.col("is_found"))
    held = forms.filter("is_found", "is_held")
    reported_wrong = pl.col("observed").is_in(["None", ""]).not_() & ~pl.col("is_right")
    values = outcome.fields.filter(reported_wrong).join(wrong, on="file", how="semi")["file"].n_unique()
    right = outcome.fields["is_right"]
    rows = pl.DataFrame(
        [
            ("forms", forms.height),
            ("read whole and published", published.height - wrong.height),
            ("held back, with the reason", held.height),
            ("of these, though every field is right", held.filter("is_right").height),
            ("published with a field wrong or unread", wrong.height),
            ("of these, with another value than is printed", values),
            ("of these, without a warning", wrong.filter(~pl.col("is_reported")).height),
            ("lost", lost.height),
            ("of these, without a word", lost.filter(~pl.col("is_reported")).height),
        ],
        schema=["what became of them", "forms"],
        orient="row",
    )
    share = f"{right.sum()} of {right.len()} fields right ({100 * right.sum() / right.len():.2f} %)\n"
    return f"{share}\n{markdown.table(rows)}"


def make(folder: Path, seed: int, count: int, producer: str = "reportlab", *, across: bool = False) -> None:
    """Write PDFs and truths of unseen layouts, or of known ones that are ruled across only."""
    make_corpus(tuple(plan_across(seed, count) if across else plan_unseen(seed, count, producer)), folder)


def invented(seed: int, count: int) -> str:
    """Make PDFs of unseen layouts, read them, and return the report."""
    with tempfile.TemporaryDirectory() as scratch:
        make(Path(scratch), seed, count)
        return report(measure(Path(scratch)))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.unseen", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--misses", type=int, default=0, help="how many fields to name that are published wrong")
    parser.add_argument("--across", action="store_true", help="known layouts that are ruled across only, instead")
    parser.add_argument("--producer", choices=PRODUCERS, default="reportlab", help="what prints the PDFs")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        make(Path(scratch), given.seed, given.count, given.producer, across=given.across)
        outcome = measure(Path(scratch))
    sys.stdout.write(report(outcome))
    silent = outcome.forms.filter(~pl.col("is_held"), ~pl.col("is_right")).select("file", "is_reported", "rules")
    misses = outcome.fields.filter(~pl.col("is_right")).join(silent, on="file").sort("is_reported", "file")
    for row in misses.head(given.misses).select("file", "where", "field", "expected", "observed", "rules").rows():
        sys.stderr.write(f"{row}\n")


if __name__ == "__main__":
    main()
