"""What becomes of a misread figure: `python -m benchmarks.misread FOLDER --documents 8 --each 16`.

Reads scans (such as `benchmarks.scanned --keep` leaves), then again and again, each time with one slip put into what
the recogniser says, as surely as what it took the place of: a digit for one of like shape, a digit lost or doubled, a
decimal point lost. Prints how many of the slips that changed a value were held back, named by a warning, or published
without a word. Targets and actual values count as figures, as do points, money, rates and years.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Final
from unittest.mock import patch

import numpy as np
import polars as pl

from benchmarks import markdown
from benchmarks.scanned import verdicts
from transforms.read import Reading, read_document
from transforms.reading.ocr import pages
from transforms.reading.ocr.engine import Gray, Line, recogniser

_ALIKE: Final = dict(zip("0123456789", ("86", "74", "73", "85", "19", "63", "85", "12", "36", "40"), strict=True))
_LONGEST: Final = 14
_VALUES: Final = {
    "forms": ("fiscal_year", "total_weight_points", "total_score_points", "execution_weight_points"),
    "funding": ("initial_budget_cny", "annual_budget_cny", "executed_cny", "weight_points", "execution_rate_pct"),
    "indicators": ("weight_points", "score_points", "target_text", "actual_text"),
}


class Slipping:
    """A recogniser that remembers what it read, and slips at one line with figures, by its number; None: nowhere."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.known: dict[bytes, Line] = {}
        self.seen = 0
        self.at: int | None = None
        self.slip: tuple[str, str, str] | None = None

    def read(self, images: Sequence[Gray]) -> list[Line]:
        keys = [repr(image.shape).encode() + image.tobytes() for image in images]
        new = [i for i, key in enumerate(keys) if key not in self.known]
        for i, line in zip(new, recogniser().read([images[i] for i in new]), strict=True):
            self.known[keys[i]] = line
        return [self._perhaps(self.known[key]) for key in keys]

    def _perhaps(self, line: Line) -> Line:
        if not re.search(r"\d", line.text) or len(line.text) > _LONGEST:
            return line
        self.seen += 1
        if self.seen - 1 != self.at:
            return line
        kind, other = slipped(line, self.rng)
        self.slip = (kind, line.text, other.text)
        return other


def slipped(line: Line, rng: Random) -> tuple[str, Line]:
    """Put one slip into a line that holds a digit; also say of which kind it is."""
    digits = [match.start() for match in re.finditer(r"\d", line.text)]
    stops = [match.start() for match in re.finditer(r"(?<=\d)\.(?=\d)", line.text)]
    kinds = ["another digit"] * 2 + ["a digit doubled"] + ["a digit lost"] * (len(line.text) > 1)
    kind = rng.choice(kinds + ["the point lost"] * (2 * bool(stops)))
    at = rng.choice(stops if kind == "the point lost" else digits)
    before, char, after = line.text[:at], line.text[at], line.text[at + 1 :]
    if kind == "another digit":
        return kind, replace(line, text=before + rng.choice(_ALIKE.get(char, "0")) + after)
    middle = (line.start[at] + line.end[at]) / 2
    if kind == "a digit doubled":
        start, end = np.insert(line.start, at + 1, middle), np.insert(line.end, at, middle)
        return kind, Line(before + char + char + after, start, end, np.insert(line.confidence, at, line.confidence[at]))
    start, end = np.delete(line.start, at), np.delete(line.end, at)
    if at < len(start):
        start[at] = middle
    if at > 0:
        end[at - 1] = middle if at < len(start) else 1.0
    return kind, Line(before + after, start, end, np.delete(line.confidence, at))


def readings_of(paths: Sequence[Path], each: int, rng: Random) -> tuple[dict[str, Reading], dict[str, tuple[str, ...]]]:
    """Read each document as it is, and with slips: the readings by name, and of those with a slip what it was."""
    readings: dict[str, Reading] = {}
    slips: dict[str, tuple[str, ...]] = {}
    for path in paths:
        engine = Slipping(rng)
        with patch.object(pages, "recogniser", lambda engine=engine: engine):
            readings[path.name] = read_document(path, _id(path.name))
            lines = engine.seen
            for number in range(each if lines else 0):
                engine.seen, engine.at, engine.slip = 0, rng.randrange(lines), None
                name = f"{path.name} {number}"
                reading = read_document(path, _id(name))
                if engine.slip:
                    readings[name], slips[name] = reading, (path.name, *engine.slip)
    return readings, slips


def _id(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def fates(readings: dict[str, Reading], slips: dict[str, tuple[str, ...]]) -> pl.DataFrame:
    """Return one row for each slip: document, kind, printed, said, and its `fate`.

    unchanged: no figure of the tables differs; held before: so is the document without a slip.
    """
    tables, documents = verdicts(readings)
    held = dict(documents.select("file", "is_held").iter_rows())
    reported = dict(documents.select("file", "is_reported").iter_rows())
    forms = tables["forms"].select("form_id", pl.col("document_id").cast(pl.String))
    values: dict[str, list[object]] = {}
    for table, columns in _VALUES.items():
        for document, rows in _by_document(tables[table], forms, columns).items():
            values.setdefault(document, []).append((table, rows))
    rows = []
    for name, (document, *slip) in slips.items():
        if values.get(_id(name)) == values.get(_id(document)):
            fate = "unchanged"
        elif held[document]:
            fate = "held before"
        else:
            fate = "held" if held[name] else "named" if reported[name] and not reported[document] else "silent"
        rows.append((document, *slip, fate))
    return pl.DataFrame(rows, schema=["document", "kind", "printed", "said", "fate"], orient="row")


def _by_document(table: pl.DataFrame, forms: pl.DataFrame, columns: Sequence[str]) -> dict[str, list[object]]:
    owned = table.drop("document_id", strict=False).join(forms, on="form_id", maintain_order="left")
    found: dict[str, list[object]] = {}
    for document, *row in owned.select("document_id", *columns).iter_rows():
        found.setdefault(document, []).append(tuple(row))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.misread", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--documents", type=int, default=8)
    parser.add_argument("--each", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    paths = sorted(given.folder.glob("*.pdf"))[: given.documents]
    found = fates(*readings_of(paths, given.each, Random(given.seed)))
    for row in found.filter(pl.col("fate") == "silent").iter_rows():
        sys.stderr.write(f"{row}\n")
    counts = Counter(found.select("kind", "fate").rows())
    heads = ("held", "named", "silent", "held before", "unchanged")
    rows = [(kind, *(counts[kind, fate] for fate in heads)) for kind in sorted(set(found["kind"]))]
    sys.stdout.write(markdown.table(pl.DataFrame(rows, schema=["slip", *heads], orient="row")))


if __name__ == "__main__":
    main()
