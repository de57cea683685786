"""What becomes of mutants: read with limits, assembled, judged, and compared with what their pages show."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any, Final

import polars as pl

from benchmarks.mutants.make import kind_of, mutant
from benchmarks.mutants.seen import Pictures, Place, figures, same_ink, same_there, shows
from expectations.check import check
from expectations.gate import forms_to_hold
from expectations.settings import RuleSettings
from flows.stopping import Stop
from flows.workers import ProcessLimits, Workers, resident_bytes
from transforms.account import account
from transforms.assemble import read_forms
from transforms.normalise import normalise
from transforms.read import Reading, read_document
from transforms.reading.pdfium.stand_in import stand_in

SECONDS: Final = 60.0
MEMORY_MB: Final = 2000
_BATCH: Final = 300
_MARKS: Final = {"document_id": pl.String, "reader": pl.String, "page_marks": pl.String, "reason": pl.String}
_LEAST_INK: Final = 0.5
_NO_PICTURE: Final = ("template",)
_FOLDERS: Final = 3
_UNREAD: Final = "unread_pages"
"""The reason that a release gives a document with a page of which it is not known what it holds."""


@dataclass(frozen=True, slots=True)
class Order:
    """One mutant: of which seed, the how many-th; -1 is the seed itself."""

    seed: Path
    number: int

    @property
    def name(self) -> str:
        """Its name for people."""
        return f"{'/'.join(self.seed.with_suffix('').parts[-_FOLDERS:])}#{self.number}"

    @property
    def document_id(self) -> str:
        """Its id, which no other has, nor the first half of it."""
        return hashlib.sha256(self.name.encode()).hexdigest()


@dataclass(slots=True)
class Tally:
    """What became of the mutants; figures and texts count cells, forms count forms.

    Attributes:
        inputs: Mutants by kind.
        faults: Documents by what happened to their reader: error, crashed, timeout, memory.
        forms: Forms by what became of them: published, held, reported (its document has a reason), silent (lost
            without a word), gone (the page does not show it any more, or a held form has its rows).
        figures: Published figures that the page does not show, one line each.
        texts: Published texts that the page does not show, without a note, one line each.
        noted: Those with a note (`forms.doubted_texts`), or read by OCR with a confidence of their own.
        unknown: Published figures on changed pages of which it cannot be known whether the page shows them.
        peak_mb: Most memory of a reading process.
        seconds: Time of all.
    """

    inputs: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    forms: Counter[str] = field(default_factory=Counter)
    figures: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    unknown: int = 0
    peak_mb: float = 0.0
    seconds: float = 0.0


def run(seeds: Sequence[Path], count: int, workers: int = 2, first: int = 0) -> Tally:
    """Make and try mutants, in turn of each seed.

    Args:
        seeds: PDFs; those whose forms are not published themselves are left out.
        count: How many mutants.
        workers: Processes that read.
        first: How many of them, from the first on, are passed over: a long run can be made in pieces.
    """
    tally, began = Tally(), time.monotonic()
    good = _baselines(seeds)
    orders = [Order(seed, n // len(good)) for n, seed in zip(range(first + count), cycle(good), strict=False)][first:]
    limits = ProcessLimits(SECONDS, MEMORY_MB)
    processes: Workers[Order, tuple[Reading, float]] = Workers(_read, workers, limits)
    waiting: list[tuple[Order, Reading]] = []
    try:
        for done in processes.map(orders, Stop()):
            tally.inputs[mutant_kind(done.item)] += 1
            if done.result is None:
                tally.faults[done.fault or ""] += 1
                tally.details.append(f"{done.item.name} ({mutant_kind(done.item)}): {done.fault}: {done.detail}")
                tally.forms["accounted"] += good[done.item.seed]["form_id"].n_unique()
                continue
            tally.peak_mb = max(tally.peak_mb, done.result[1])
            waiting.append((done.item, done.result[0]))
            if len(waiting) >= _BATCH:
                _judge(waiting, good, tally)
                waiting = []
        _judge(waiting, good, tally)
    finally:
        processes.close()
    tally.seconds = time.monotonic() - began
    return tally


def judge(orders: Sequence[Order]) -> Tally:
    """Read and judge some mutants in this process, without limits."""
    tally = Tally()
    tally.inputs.update(map(mutant_kind, orders))
    _judge([(order, _read(order)[0]) for order in orders], _baselines(list({o.seed: None for o in orders})), tally)
    return tally


def mutant_kind(order: Order) -> str:
    """Return the kind of a mutant."""
    return kind_of(order.number)


@cache
def _content(seed: Path) -> bytes:
    return seed.read_bytes()


@cache
def _pictures(seed: Path) -> Pictures:
    return Pictures(_content(seed))


@cache
def _pictures_of_places(seed: Path) -> Pictures:
    return Pictures(_content(seed), stand_in())


def _read(order: Order) -> tuple[Reading, float]:
    """Read a mutant; also the memory of this process."""
    import os

    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(mutant(_content(order.seed), order.number).content)
        file.flush()
        reading = read_document(Path(file.name), order.document_id)
    return reading, resident_bytes(os.getpid()) / 1e6


def _tables(readings: Sequence[Reading]) -> tuple[Mapping[str, pl.DataFrame], pl.DataFrame, pl.DataFrame]:
    """Return the tables of readings, the forms that are held, and the reasons of documents."""
    cells = pl.concat([reading.cells for reading in readings])
    documents = pl.DataFrame(
        [(r.document_id, r.reader, r.page_marks, r.reason) for r in readings], schema=_MARKS, orient="row"
    )
    assembled = read_forms(cells)
    accounted = account(documents.filter(pl.col("reason").is_null()), cells, assembled)
    tables = normalise(accounted.fields)
    held = forms_to_hold(check(tables, RuleSettings()).checks)
    verdicts = accounted.verdicts.select("document_id", verdict="reason")
    unread = accounted.pages.filter(pl.col("kind").cast(pl.String) == "unreadable").select("document_id").unique()
    reasons = (
        documents.select("document_id", "reason")
        .join(verdicts, on="document_id", how="left")
        .join(unread.with_columns(unread=pl.lit(_UNREAD)), on="document_id", how="left")
    )
    return tables, held, reasons.select("document_id", reason=pl.coalesce("reason", "verdict", "unread"))


def _published(tables: Mapping[str, pl.DataFrame], held: pl.DataFrame) -> pl.DataFrame:
    """Return the places of the published values, with their document."""
    forms = tables["forms"].select("form_id", "document_id", "doubted_texts").join(held, on="form_id", how="anti")
    evidence = tables["evidence"].filter(~pl.col("column_name").is_in(_NO_PICTURE), pl.col("x0").is_not_null())
    return evidence.join(forms, on="form_id").filter(pl.col("printed_text").str.strip_chars() != "")


def _baselines(seeds: Sequence[Path]) -> dict[Path, pl.DataFrame]:
    """Return the places of the values that each seed publishes; seeds of which a form is held are left out."""
    by_name = {Order(seed, -1).document_id: seed for seed in seeds}
    readings = [read_document(seed, name) for name, seed in by_name.items()]
    tables, held, _ = _tables(readings)
    forms = tables["forms"].select("form_id", "document_id")
    is_held = forms.join(held, on="form_id", how="semi")["document_id"]
    found = _published(tables, held).filter(~pl.col("document_id").is_in(is_held.to_list()))
    return {by_name[str(key[0])]: part for key, part in found.partition_by("document_id", as_dict=True).items()}


def _judge(batch: Sequence[tuple[Order, Reading]], good: Mapping[Path, pl.DataFrame], tally: Tally) -> None:
    if not batch:
        return
    readings = [reading for _, reading in batch]
    failed = {r.document_id for r in readings if r.reason}
    tables, held, reasons = _tables(readings)
    found = _published(tables, held).filter(~pl.col("document_id").is_in(list(failed)))
    by_document = dict(found.partition_by("document_id", as_dict=True).items())
    forms = tables["forms"].select("form_id", "document_id")
    said = dict(reasons.iter_rows())
    for order, reading in batch:
        known = good[order.seed]
        published = by_document.get((order.document_id,), found.clear())
        content = mutant(_content(order.seed), order.number).content
        pictures, seed = Pictures(content), _pictures(order.seed)
        compared = ((pictures, seed), (Pictures(content, stand_in()), _pictures_of_places(order.seed)))
        _compare(order, published, known, compared, tally)
        expected, came = known["form_id"].n_unique(), published["form_id"].n_unique()
        mine = forms.filter(document_id=order.document_id).height if not reading.reason else 0
        tally.forms["published"] += came
        tally.forms["held"] += mine - came
        lost = max(0, expected - mine)
        if lost and said[order.document_id] and not (said[order.document_id] or "").startswith("no_form"):
            tally.forms["accounted"] += lost
        elif lost:
            own = pl.col("form_id").is_in([*forms.filter(document_id=order.document_id)["form_id"]])
            evidence = tables["evidence"].filter(own, pl.col("x0").is_not_null())
            read = {_near(_place(row)) for row in evidence.iter_rows(named=True)}
            kept = tables["forms"].filter(own).join(held, on="form_id", how="semi")
            left = " ".join(kept["unexplained_figures"].drop_nulls())
            silent = max(0, min(lost, _lost_forms(known, read, left, pictures, seed)))
            tally.forms["silent"] += silent
            tally.forms["gone"] += lost - silent
            if silent:
                tally.silent.append(f"{order.name} ({mutant_kind(order)}): {said[order.document_id]}")


def _lost_forms(known: pl.DataFrame, read: set[Place], left: str, pictures: Pictures, seed: Pictures) -> int:
    """Count the forms of a seed that a mutant still shows, but of which most was neither read nor named.

    Shown is one of which most values have as much ink as they had. Rows that lost their head belong to the form before
    them, which is held: it has read them, or names their figures as not explained.

    Args:
        known: Values of the seed.
        read: Places of the values of all forms of the mutant.
        left: What its held forms name as not explained.
        pictures: Of the mutant.
        seed: Of the seed.
    """
    count = 0
    for form in known.partition_by("form_id"):
        texts = {_place(row): str(row["printed_text"]) for row in form.iter_rows(named=True)}
        inked = [place for place in texts if seed.ink(place)]
        shown = [place for place in inked if pictures.ink(place) >= _LEAST_INK * seed.ink(place)]
        figured = [place for place in shown if figures(texts[place])]
        accounted = sum(_near(place) in read or texts[place] in left for place in figured)
        count += len(shown) > len(inked) / 2 and accounted <= len(figured) / 2
    return count


def _near(place: Place) -> Place:
    """A place without fractions of points, whatever its right and lower edges are."""
    return place[0], round(place[1]), round(place[2]), 0, 0


def _compare(
    order: Order,
    published: pl.DataFrame,
    known: pl.DataFrame,
    compared: Sequence[tuple[Pictures, Pictures]],
    tally: Tally,
) -> None:
    """Count the published values that the page does not show; `compared` has pictures of the mutant and of its seed."""
    if published.is_empty():
        return
    was = {(row["column_name"], _place(row)): str(row["printed_text"]) for row in known.iter_rows(named=True)}
    near = {(column, _near(p)): (p, text) for (column, p), text in was.items()}
    by_text: dict[str, list[Place]] = {}
    for (_, at), printed in was.items():
        by_text.setdefault(printed, []).append(at)
    seen: dict[tuple[Place, str], bool | None] = {}
    for row in published.iter_rows(named=True):
        place, text = _place(row), str(row["printed_text"])
        before = near.get((row["column_name"], _near(place)))
        same_picture = before is not None and all(same_there(one, other, before[0]) for one, other in compared)
        line = f"{order.name} ({mutant_kind(order)}) {row['column_name']}: {text!r}"
        if same_picture and before is not None:
            if _bare(text) != _bare(before[1]):
                noted = text in str(row["doubted_texts"] or "") or row["confidence"] is not None
                is_figure = figures(text) != figures(before[1]) and not (noted and _is_text(row["column_name"]))
                wrong = tally.figures if is_figure else tally.noted if noted else tally.texts
                wrong.append(f"{line}, the page shows {before[1]!r}")
        elif figures(text) and not _is_shown_elsewhere(compared, place, by_text.get(text, ())):
            if (place, text) not in seen:
                seen[place, text] = shows(compared[0][0], place, text)
            sees = seen[place, text]
            tally.unknown += sees is None
            if sees is False:
                tally.figures.append(f"{line}, OCR reads another figure there")


def _bare(text: str) -> str:
    """A text without its spaces, which no picture tells from the distance of characters."""
    return "".join(text.split())


def _is_text(column: str) -> bool:
    """Whether a column is text that may have figures in it, such as a label with its points."""
    return column.endswith(("_label", "_name", "_goal_text", "deviation_text", "title", "department", "_unit"))


def _is_shown_elsewhere(compared: Sequence[tuple[Pictures, Pictures]], place: Place, others: Sequence[Place]) -> bool:
    """Whether a mutant prints at a place, with any fonts, what its seed prints at one where the same text was read."""
    return any(all(same_ink(one, place, seed, other) for one, seed in compared) for other in others)


def _place(row: Mapping[str, Any]) -> Place:
    return row["page_number"], row["x0"], row["top"], row["x1"], row["bottom"]
