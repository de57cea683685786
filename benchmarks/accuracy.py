"""How many fields of a generated corpus are read right: `python -m benchmarks.accuracy CORPUSDIR`.

Reads every PDF of the folder, assembles and normalises, and compares with the truth beside each PDF. Prints Markdown:
fields right by producer, layout, field and feature, and every miss by name.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import time
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks import markdown
from transforms.assemble import assemble
from transforms.normalise import normalise
from transforms.read import read_document

Row = dict[str, Any]
FORM_FIELDS = {
    "title": "title",
    "project": "project_name",
    "department": "department",
    "unit": "implementing_unit",
    "currency": "currency_unit",
    "goal_expected": "expected_goal_text",
    "goal_actual": "actual_goal_text",
    "total_weight": "total_weight_text",
    "total_score": "total_score_text",
    "rating": "rating",
}
UNCOMPARED = ("title", "currency", "department")
"""Header fields that a reader may take from elsewhere when the form does not print them."""
FUNDING_TEXTS = {
    "source": "source_label",
    "initial": "initial_budget_text",
    "budget": "annual_budget_text",
    "executed": "executed_text",
    "weight": "weight_text",
    "rate": "execution_rate_text",
    "score": "score_text",
}
FUNDING_VALUES = {
    "initial": "initial_budget_cny",
    "budget": "annual_budget_cny",
    "executed": "executed_cny",
    "weight": "weight_points",
    "rate": "execution_rate_pct",
    "score": "score_points",
}
INDICATOR_TEXTS = {
    "level1": "level_1_label",
    "level2": "level_2_label",
    "name": "indicator_name",
    "target": "target_text",
    "actual": "actual_text",
    "weight": "weight_text",
    "score": "score_text",
    "deviation": "deviation_text",
}
INDICATOR_VALUES = {"weight": "weight_points", "score": "score_points"}
IS_IMAGE = pl.col("producer").is_in(["scan", "unmapped"])
"""Documents without text of their own."""
COMPATIBLE = {
    code: unicodedata.normalize("NFKC", chr(code)) for code in (*range(0x2E80, 0x2FE0), *range(0xF900, 0xFB00))
}


def folded(text: object) -> str:
    """Return a text without white space and with ordinary ideographs; punctuation stays as printed."""
    return re.sub(r"\s+", "", str(text or "").translate(COMPATIBLE))


def number(text: object) -> Decimal | None:
    """Return the number that a cell prints alone, with thousands commas or a percent sign."""
    try:
        return Decimal(folded(text).replace(",", "").removesuffix("%"))
    except InvalidOperation:
        return None


@dataclass(slots=True)
class Comparison:
    """Collects what was compared: one row for each field of the truth."""

    rows: list[Row] = field(default_factory=list)

    def add(
        self, about: Mapping[str, Any], where: str, name: str, expected: object, observed: object, right: bool
    ) -> None:
        self.rows.append(
            {
                **{key: about[key] for key in ("file", "producer", "layout", "features")},
                "form": about["form"],
                "where": where,
                "field": name,
                "expected": str(expected),
                "observed": str(observed),
                "is_right": right,
            }
        )

    def text(self, about: Mapping[str, Any], where: str, name: str, expected: object, observed: object) -> None:
        self.add(about, where, name, expected, observed, folded(expected) == folded(observed))

    def value(
        self, about: Mapping[str, Any], where: str, name: str, expected: object, times: int, observed: object
    ) -> None:
        wanted = number(expected)
        if wanted is not None:
            wanted *= times
            self.add(about, where, name, wanted, observed, observed is not None and Decimal(str(observed)) == wanted)


def aligned(expected: Sequence[str], observed: Sequence[str]) -> Iterator[tuple[int | None, int | None]]:
    """Yield pairs of indices of two sequences; None where one of them lacks an entry."""
    for tag, a0, a1, b0, b1 in SequenceMatcher(None, expected, observed, autojunk=False).get_opcodes():
        both = min(a1 - a0, b1 - b0)
        for step in range(both):
            yield a0 + step, b0 + step
        if tag != "equal":
            yield from ((i, None) for i in range(a0 + both, a1))
            yield from ((None, i) for i in range(b0 + both, b1))


def compare_form(
    found: Comparison, about: Row, truth: Row, form: Row, funding: list[Row], indicators: list[Row]
) -> None:
    """Compare one form with its truth; null in the truth: not printed, so nothing may have been read."""
    for name, column in FORM_FIELDS.items():
        if truth[name] is not None or name not in UNCOMPARED:
            found.text(about, "form", name, truth[name], form.get(column))
    if truth["year"]:
        found.text(about, "form", "year", truth["year"], form.get("fiscal_year"))
    times = 1 if truth["currency"] == "元" else 10_000
    for i, j in aligned([folded(x["source"]) for x in truth["funding"]], [folded(x["source_label"]) for x in funding]):
        line = funding[j] if j is not None else {}
        if i is None:
            found.add(about, f"funding {line['source_label']}", "extra funding line", "", line["source_label"], False)
            continue
        wanted = truth["funding"][i]
        where = f"funding {i + 1}"
        for name, column in FUNDING_TEXTS.items():
            found.text(about, where, f"funding {name}", wanted[name], line.get(column))
        for name, column in FUNDING_VALUES.items():
            if truth["currency"] is None and column.endswith("_cny"):
                continue  # a form that prints no unit of its money has no values of it
            scale = times if column.endswith("_cny") else 1
            found.value(about, where, f"funding {name} (value)", wanted[name], scale, line.get(column))
    names = [folded(row["name"]) for row in truth["indicators"]]
    for i, j in aligned(names, [folded(row["indicator_name"]) for row in indicators]):
        row = indicators[j] if j is not None else {}
        if i is None:
            found.add(about, f"row {row['indicator_name']}", "extra indicator", "", row["indicator_name"], False)
            continue
        wanted = dict(truth["indicators"][i])
        wanted["target"] = f"{wanted.get('target_nature') or ''}{wanted['target']}{wanted.get('target_unit') or ''}"
        where = f"row {i + 1} {wanted['name']}"
        for name, column in INDICATOR_TEXTS.items():
            found.text(about, where, f"indicator {name}", wanted[name], row.get(column))
        for name, column in INDICATOR_VALUES.items():
            found.value(about, where, f"indicator {name} (value)", wanted[name], 1, row.get(column))


def by_key(frame: pl.DataFrame, key: str, order: str) -> dict[str, list[Row]]:
    """Return the rows of a frame for each key, in order."""
    rows: dict[str, list[Row]] = {}
    for row in frame.sort(order).iter_rows(named=True):
        rows.setdefault(row[key], []).append(row)
    return rows


def catalogue(folder: Path) -> dict[str, Row]:
    """Return what each PDF of a corpus is, from `corpus.jsonl`, or from the file names where there is none."""
    about = {path.name: {"file": path.name, "producer": path.stem.rsplit("-", 1)[-1], "layout": "?", "features": []}
             for path in sorted(folder.glob("*.pdf"))}  # fmt: skip
    listing = folder / "corpus.jsonl"
    if listing.exists():
        for line in listing.read_text(encoding="utf-8").splitlines():
            found = json.loads(line)
            if found["file"] in about:
                about[found["file"]] = found
    return about


def read(paths: Sequence[Path], feed: str) -> tuple[dict[str, pl.DataFrame], dict[str, str], float]:
    """Read the documents; return the tables, the document id of each file, and the seconds spent reading."""
    ids, cells = {}, []
    start = time.perf_counter()
    for path in paths:
        ids[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        reading = read_document(path, ids[path.name], feed=feed)
        if reading.reason:
            sys.stderr.write(f"{path.name}: {reading.reason}\n")
        cells.append(reading.cells)
    seconds = time.perf_counter() - start
    return normalise(assemble(pl.concat(cells))), ids, seconds


def compare(folder: Path, tables: Mapping[str, pl.DataFrame], ids: Mapping[str, str]) -> pl.DataFrame:
    """Return one row for each field of the truth of the documents that were read, right or not."""
    found = Comparison()
    forms = by_key(tables["forms"], "document_id", "form_number")
    funding = by_key(tables["funding"], "form_id", "line_number")
    indicators = by_key(tables["indicators"], "form_id", "indicator_number")
    for name, about in catalogue(folder).items():
        if name not in ids:
            continue
        truth = json.loads((folder / name).with_suffix(".json").read_text(encoding="utf-8"))
        mine = forms.get(ids[name], [])
        found.add({**about, "form": 0}, "document", "form count", len(truth), len(mine), len(truth) == len(mine))
        projects = [folded(t["project"] or t["unit"]) for t in truth]
        read_projects = [folded(f["project_name"] or f["implementing_unit"]) for f in mine]
        for i, j in aligned(projects, read_projects):
            if i is not None:
                form = mine[j] if j is not None else {}
                key = form.get("form_id", "")
                here = {**about, "form": i + 1}
                compare_form(found, here, truth[i], form, funding.get(key, []), indicators.get(key, []))
    return pl.DataFrame(found.rows, schema_overrides={"features": pl.List(pl.String)}, infer_schema_length=None)


def share(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    """Return fields compared, fields wrong and the share right for each value of a column."""
    return (
        frame.group_by(key)
        .agg(
            documents=pl.col("file").n_unique(),
            fields=pl.len(),
            wrong=(~pl.col("is_right")).sum(),
            right_pct=(pl.col("is_right").mean() * 100).round(3),
        )
        .sort("right_pct", key)
    )


def headline(frame: pl.DataFrame, name: str) -> str:
    """Return one line: fields right, forms wholly right, documents."""
    if frame.is_empty():
        return ""
    forms = frame.filter(pl.col("form") > 0).group_by("file", "form").agg(pl.col("is_right").all())
    right = frame["is_right"].sum()
    return (
        f"- {name}: {right} of {frame.height} fields right ({100 * right / frame.height:.3f} %), "
        f"{forms['is_right'].sum()} of {forms.height} forms wholly right, {frame['file'].n_unique()} documents\n"
    )


def misses(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the fields that are wrong; a form that was not found at all is one row."""
    is_found = pl.col("observed").ne_missing("None").any().over("file", "form")
    wrong = frame.with_columns(is_lost=~is_found & (pl.col("form") > 0)).filter(~pl.col("is_right"))
    lost = wrong.filter("is_lost").unique(["file", "form"], keep="first", maintain_order=True)
    lost = lost.with_columns(where=pl.lit("whole form"), field=pl.lit("-"), expected=pl.lit(""), observed=pl.lit(""))
    return (
        pl.concat([wrong.filter(~pl.col("is_lost")), lost])
        .sort("file", "form", maintain_order=True)
        .select("file", "form", "where", "field", pl.col("expected", "observed").str.slice(0, 40))
    )


def report(frame: pl.DataFrame, most: int) -> str:
    """Return the whole report; at most so many misses of each kind are named."""
    texts, images = frame.filter(~IS_IMAGE), frame.filter(IS_IMAGE)
    parts = [headline(texts, "PDFs with text") + headline(images, "scans and fonts without a map")]
    parts += ["### By producer", markdown.table(share(frame, "producer"))]
    parts += ["### By layout (PDFs with text)", markdown.table(share(texts, "layout"))]
    parts += ["### By field (PDFs with text)", markdown.table(share(texts, "field"))]
    parts += ["### By feature (PDFs with text)", markdown.table(share(texts.explode("features"), "features"))]
    if images.height:
        parts += ["### By field (scans and fonts without a map)", markdown.table(share(images, "field"))]
    for name, part in (("PDFs with text", texts), ("scans and fonts without a map", images)):
        wrong = misses(part)
        title = f"### Misses: {name} ({wrong.height}" + (f", the first {most})" if wrong.height > most else ")")
        parts += [title, markdown.table(wrong.head(most)) if wrong.height else "None."]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--feed", default="pdfium", choices=["pdfium", "pdfplumber"])
    parser.add_argument("--only", default="*", help="glob on the file names")
    parser.add_argument("--misses", type=int, default=200, help="how many misses to name")
    given = parser.parse_args()
    tables, ids, seconds = read(sorted(given.folder.glob(f"{given.only}.pdf")), given.feed)
    frame = compare(given.folder, tables, ids)
    sys.stdout.write(report(frame, given.misses))
    sys.stderr.write(f"{len(ids)} documents read in {seconds:.1f} s\n")


if __name__ == "__main__":
    main()
