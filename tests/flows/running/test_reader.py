from __future__ import annotations

import multiprocessing
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from flows.running import reader as reading
from flows.running.reader import Interrupted, Reader, unreadable

DOCUMENTS = [(name * 64, Path(f"{name}.pdf")) for name in "abcdef"]


def fake_read(path: Path, document_id: str, feed: Any) -> Any:
    """Stands for reading; `crash.pdf` ends its process, `odd.pdf` raises."""
    if path.name == "crash.pdf":
        os.kill(os.getpid(), signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    if path.name == "odd.pdf":
        raise LookupError("no such font")
    return unreadable(document_id, feed, "fake: read")


def slow_read(path: Path, document_id: str, feed: Any) -> Any:
    time.sleep(0.05)
    return fake_read(path, document_id, feed)


def half_told_read(path: Path, document_id: str, feed: Any) -> Any:
    """As `fake_read`, but `crash.pdf` is killed while its process hands over a result, as when memory runs out."""
    if path.name != "crash.pdf":
        return slow_read(path, document_id, feed)
    frame = sys._getframe()
    while "result_queue" not in frame.f_locals:
        assert frame.f_back is not None
        frame = frame.f_back
    results = frame.f_locals["result_queue"]
    with results._wlock:
        os.write(results._writer.fileno(), struct.pack("!i", 1000) + b"the first bytes")
        os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("was killed")


def failing_read(path: Path, document_id: str, feed: Any) -> Any:  # noqa: ARG001
    raise LookupError("a name that the program lost")


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Replace reading; what is returned counts the documents that were told as read."""
    monkeypatch.setattr(reading, "_read", fake_read)
    return []


def test_read_in_this_process_keeps_the_order_and_counts(reads: list[int]) -> None:
    with Reader(0, "pdfium") as reader:
        result = reader.read(DOCUMENTS, lambda: reads.append(1))
    assert [r.document_id for r in result] == [d for d, _ in DOCUMENTS]
    assert len(reads) == len(DOCUMENTS)


def test_read_with_processes_gives_the_same(reads: list[int]) -> None:
    with Reader(2, "pdfium") as reader:
        result = reader.read(DOCUMENTS, lambda: reads.append(1))
    assert [(r.document_id, r.reason) for r in result] == [(d, "fake: read") for d, _ in DOCUMENTS]
    assert len(reads) == len(DOCUMENTS)


def test_read_document_that_crashes_its_process_fails_alone(reads: list[int]) -> None:
    documents = [*DOCUMENTS[:2], ("0" * 64, Path("crash.pdf")), *DOCUMENTS[2:]]
    with Reader(1, "pdfium") as reader:
        result = reader.read(documents, lambda: reads.append(1))
        again = reader.read(DOCUMENTS[:1], lambda: None)
    reasons = {r.document_id: r.reason for r in result}
    assert reasons.pop("0" * 64) == reading.CRASHED
    assert set(reasons.values()) == {"fake: read"}
    assert len(reasons) == len(DOCUMENTS)
    assert again[0].reason == "fake: read"
    assert len(reads) >= len(documents)


@pytest.mark.skipif(sys.platform == "win32", reason="a message begins otherwise there")
@pytest.mark.parametrize("workers", [1, 2])
def test_read_process_that_is_killed_in_the_middle_of_a_result_fails_alone(
    workers: int, reads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_read", half_told_read)
    documents = [*DOCUMENTS[:2], ("0" * 64, Path("crash.pdf")), *DOCUMENTS[2:]]
    with Reader(workers, "pdfium") as reader:
        result = reader.read(documents, lambda: reads.append(1))
    assert [r.document_id for r in result] == [d for d, _ in documents]
    assert [r.reason for r in result] == [reading.CRASHED if d == "0" * 64 else "fake: read" for d, _ in documents]
    assert len(reads) == len(documents)


def test_read_document_that_the_program_cannot_handle_fails_alone(reads: list[int]) -> None:
    with Reader(0, "pdfplumber") as reader:
        result = reader.read([*DOCUMENTS, ("0" * 64, Path("odd.pdf"))], lambda: reads.append(1))
    assert result[-1].reason == f"{reading.NOT_HANDLED} (LookupError)"
    assert result[-1].cells.height == 0
    assert result[-1].reader == "pdfplumber"
    assert len(reads) == len(DOCUMENTS) + 1


def test_read_program_that_fails_on_everything_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_read", failing_read)
    with Reader(0, "pdfium") as reader, pytest.raises(LookupError, match="lost"):
        reader.read(DOCUMENTS, lambda: None)


@pytest.mark.parametrize("workers", [0, 1])
def test_read_closed_reader_is_interrupted(workers: int, reads: list[int]) -> None:
    reader = Reader(workers, "pdfium")
    timer = threading.Timer(0.0, reader.close)
    timer.start()
    timer.join()
    with pytest.raises(Interrupted):
        reader.read(DOCUMENTS, lambda: reads.append(1))
    assert reads == []


def endless_result(begun: str) -> bytes:
    """Make a result that takes long to hand over: the parent is reading it when the file `begun` is there."""
    Path(begun).touch()
    return bytes(200_000_000)


@pytest.mark.parametrize("pause", [0.0, 0.03, 0.06, 0.09])
def test_end_pool_in_the_middle_of_a_result_leaves_neither_process_nor_thread(tmp_path: Path, pause: float) -> None:
    pool = reading._new_pool(1)
    begun = tmp_path / "begun"
    results = [pool.submit(endless_result, str(begun)) for _ in range(5)]
    while not begun.exists():
        time.sleep(0.01)
    time.sleep(pause)
    before, processes = threading.enumerate(), multiprocessing.active_children()
    ending = threading.Thread(target=reading._end, args=(pool,), daemon=True)
    ending.start()
    ending.join(30)
    assert not ending.is_alive(), "waits for a result that nobody writes any more"
    left = [t for t in threading.enumerate() if t in before and "Manager" in type(t).__name__]
    assert left == []
    assert all(result.done() for result in results)
    assert processes
    assert not set(processes) & set(multiprocessing.active_children())


def test_read_that_is_closed_in_the_middle_is_interrupted(reads: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_read", slow_read)
    reader = Reader(1, "pdfium")

    def close_once_begun() -> None:
        reads.append(1)
        reader.close()

    with pytest.raises(Interrupted):
        reader.read(DOCUMENTS, close_once_begun)
    assert len(reads) < len(DOCUMENTS)


def test_read_that_is_closed_while_its_processes_begin_is_interrupted(
    reads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    begins = threading.Event()

    class BeginsSlowly(ProcessPoolExecutor):
        def _start_executor_manager_thread(self) -> None:
            if not begins.is_set():
                begins.set()
                time.sleep(0.3)
            super()._start_executor_manager_thread()

    monkeypatch.setattr(reading, "ProcessPoolExecutor", BeginsSlowly)
    reader = Reader(1, "pdfium")
    raised: list[BaseException] = []

    def read() -> None:
        try:
            reader.read(DOCUMENTS, lambda: reads.append(1))
        except Interrupted as error:
            raised.append(error)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    begins.wait()
    reader.close()
    thread.join(30)
    assert not thread.is_alive(), "waits for documents that nobody reads"
    assert len(raised) == 1


def test_read_whose_pool_ends_for_another_thread_is_no_failure_of_the_documents(
    reads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_read", slow_read)
    with Reader(1, "pdfium") as reader:

        def end_pool_once_begun() -> None:
            reads.append(1)
            if len(reads) == 1:
                assert reader._pool is not None
                reader._drop(reader._pool)

        result = reader.read(DOCUMENTS, end_pool_once_begun)
    assert [(r.document_id, r.reason) for r in result] == [(d, "fake: read") for d, _ in DOCUMENTS]


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at processes through /proc")
def test_read_parent_killed_leaves_no_worker() -> None:
    code = (
        "import os, sys, time\n"
        "from flows.running.reader import _new_pool\n"
        "if __name__ == '__main__':\n"
        "    pool = _new_pool(1)\n"
        "    print(pool.submit(os.getpid).result(), flush=True)\n"
        "    time.sleep(60)\n"
    )
    root = Path(reading.__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        assert Path(f"/proc/{worker}").exists()
        parent.kill()
    deadline = time.monotonic() + 30
    while Path(f"/proc/{worker}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{worker}").exists()
