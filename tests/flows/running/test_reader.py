from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.config.choices import Feed
from flows.config.settings import DocumentLimits
from flows.running import reader as module
from flows.running.reader import NOT_HANDLED, Order, Reader, once_more, reader_of_this_process, unreadable
from flows.stopping import Interrupted, Stop
from tests.support.clocks import HOUR, HoursPass
from tests.support.paths import SAMPLES
from transforms.read import Reading
from transforms.reading.limits import reason

DOCUMENTS = [(name * 64, Path(f"{name}.pdf")) for name in "abcdef"]
LIMITS = DocumentLimits()


def fake_read(order: Order) -> Any:
    """Stands for reading; the names of some files say what happens."""
    match order.path.stem:
        case "crash":
            os.kill(os.getpid(), signal.SIGKILL)
        case "odd":
            raise LookupError("no such font")
        case "memory":
            raise MemoryError
        case "hang":
            order.path.touch()
            time.sleep(600)
        case "wait":
            for _ in range(20_000):
                if order.path.exists():
                    break
                time.sleep(0.01)
            else:
                return unreadable(order.document_id, order.feed, "fake: waited in vain")
    return unreadable(order.document_id, order.feed, "fake: read")


def failing_read(_order: Order) -> Any:
    raise LookupError("a name that the program lost")


@pytest.fixture(autouse=True)
def _reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_read", fake_read)


@pytest.mark.parametrize("workers", [0, 2])
def test_read_keeps_the_order_and_counts(workers: int) -> None:
    reads: list[int] = []
    with Reader(workers, LIMITS) as reader:
        result = reader.read(DOCUMENTS, Feed.pdfium, lambda: reads.append(1), Stop())
    assert [(r.document_id, r.reason) for r in result] == [(d, "fake: read") for d, _ in DOCUMENTS]
    assert len(reads) == len(DOCUMENTS)


@pytest.mark.parametrize(
    ("name", "code"),
    [("crash", "reader_crashed"), ("memory", "reader_memory"), ("odd", "not_handled")],
)
@pytest.mark.parametrize("workers", [1, 2])
def test_read_document_that_does_not_come_back_fails_alone_with_its_reason(workers: int, name: str, code: str) -> None:
    documents = [*DOCUMENTS[:2], ("0" * 64, Path(f"{name}.pdf")), *DOCUMENTS[2:]]
    with Reader(workers, LIMITS) as reader:
        result = reader.read(documents, Feed.pdfium, lambda: None, Stop())
        again = reader.read(DOCUMENTS[:1], Feed.pdfium, lambda: None, Stop())
    assert [r.document_id for r in result] == [d for d, _ in documents]
    assert [(r.reason or "").partition(":")[0] for r in result] == [
        code if d == "0" * 64 else "fake" for d, _ in documents
    ]
    assert again[0].reason == "fake: read"


def test_read_document_that_hangs_fails_alone_with_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hangs = tmp_path / "hang.pdf"
    monkeypatch.setattr("flows.workers.time", HoursPass(hangs))
    with Reader(1, DocumentLimits(document_seconds=HOUR / 2)) as reader:
        result = reader.read([*DOCUMENTS[:2], ("0" * 64, hangs)], Feed.pdfium, lambda: None, Stop())
        hangs.unlink()
        again = reader.read(DOCUMENTS[2:], Feed.pdfium, lambda: None, Stop())
    assert [(r.reason or "").partition(":")[0] for r in result] == ["fake", "fake", "reader_timeout"]
    assert {r.reason for r in again} == {"fake: read"}


def test_read_document_that_the_program_cannot_handle_says_what_it_was() -> None:
    with Reader(0, LIMITS) as reader:
        result = reader.read([*DOCUMENTS, ("0" * 64, Path("odd.pdf"))], Feed.pdfplumber, lambda: None, Stop())
    assert result[-1].reason == f"{NOT_HANDLED} (LookupError)"
    assert result[-1].cells.height == 0
    assert result[-1].reader == "pdfplumber"


@pytest.mark.parametrize("workers", [0, 1])
def test_read_program_that_fails_on_everything_says_so_of_each(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_read", failing_read)
    with Reader(workers, LIMITS) as reader:
        result = reader.read(DOCUMENTS, Feed.pdfium, lambda: None, Stop())
    assert {reading.reason for reading in result} == {f"{NOT_HANDLED} (LookupError)"}


def test_read_hands_on_what_is_read_while_a_document_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KEEP_SECONDS", 0.2)
    waits = tmp_path / "wait.pdf"
    kept: list[str] = []

    def keep(readings: Sequence[Reading]) -> None:
        kept.extend(reading.document_id[0] for reading in readings)
        if "b" in kept:
            waits.touch()  # what hangs comes back only then

    with Reader(1, LIMITS) as reader:
        result = reader.read([*DOCUMENTS[:2], ("0" * 64, waits)], Feed.pdfium, lambda: None, Stop(), keep)
    assert kept == ["a", "b", "0"]
    assert [reading.reason for reading in result] == ["fake: read"] * 3


@pytest.mark.parametrize("workers", [0, 1])
def test_read_that_is_stopped_hands_on_what_was_read(workers: int) -> None:
    stop = Stop()
    kept: list[Reading] = []
    with Reader(workers, LIMITS) as reader, pytest.raises(Interrupted):
        reader.read(DOCUMENTS, Feed.pdfium, stop.ask, stop, lambda readings: kept.extend(readings))
    assert [reading.document_id[0] for reading in kept] == ["a"]


def test_run_recognises_no_more_pages_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[int | None] = []

    def read(order: Order) -> Reading:
        left.append(order.limits.run_pages)
        return replace(unreadable(order.document_id, order.feed, "fake: read"), page_marks="c1+0,c1+0,p0+0")

    monkeypatch.setattr(module, "_read", read)
    with Reader(0, DocumentLimits(run_scans=5)) as reader:
        reader.read(DOCUMENTS[:4], Feed.pdfium, lambda: None, Stop())
    assert left == [5, 3, 1, 0]


def test_once_more_says_what_the_reasons_say() -> None:
    said = once_more(DocumentLimits(document_seconds=1.5, document_memory_mb=300, document_pages=7, page_objects=None))
    assert said["reader_timeout"] in module._REASONS["timeout"].format("1.5 s")
    assert said["reader_timeout"] not in module._REASONS["timeout"].format("11.5 s")
    assert said["reader_memory"] in module._REASONS["memory"].format("300 MB")
    assert said["too_many_pages"] in reason("too_many_pages", "9 pages", 7)
    assert said["too_many_pages"] not in reason("too_many_pages", "9 pages", 17)


@pytest.mark.parametrize("workers", [0, 1])
def test_read_that_is_asked_to_stop_is_interrupted(workers: int) -> None:
    stop = Stop()
    reads: list[int] = []

    def stop_once_begun() -> None:
        reads.append(1)
        stop.ask()

    with Reader(workers, LIMITS) as reader, pytest.raises(Interrupted):
        reader.read(DOCUMENTS, Feed.pdfium, stop_once_begun, stop)
    assert len(reads) < len(DOCUMENTS)


def test_reader_of_this_process_is_one_for_all_runs() -> None:
    assert reader_of_this_process(0, LIMITS) is reader_of_this_process(0, DocumentLimits())


@pytest.mark.parametrize("feed", list(Feed))
def test_read_document_with_more_pages_than_are_allowed_is_not_read(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    sample = [("0" * 64, SAMPLES / "page-break.pdf")]
    with Reader(0, DocumentLimits(document_pages=1)) as reader:
        (reading,) = reader.read(sample, feed, lambda: None, Stop())
    assert (reading.reason or "").startswith("too_many_pages: the document says that it has 2 pages, 1 are allowed")
    assert reading.cells.is_empty()
