from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing import connection
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from flows.stopping import Interrupted, Stop
from flows.workers import Done, ProcessLimits, Workers, WorkersUnavailableError
from tests.support.clocks import HOUR, HoursPass
from tests.support.paths import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and /proc")


class Unpicklable(Exception):
    """An error that cannot be handed over as it is."""

    def __init__(self) -> None:
        super().__init__("a lock", threading.Lock())


def act(item: str) -> Any:
    """Do what the item says."""
    what, _, detail = item.partition(" ")
    match what:
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "exit":
            os._exit(int(detail))
        case "raise":
            raise LookupError("no such font")
        case "odd":
            raise Unpicklable
        case "grow":
            kept = []
            for _ in range(100):
                kept.append(bytearray(b"x") * 20_000_000)
                time.sleep(0.02)
            return len(kept)
        case "poison":
            return Poisoned()
        case "large":
            return bytes(50_000_000)
        case "touch":
            Path(detail).touch()
            time.sleep(600)
        case "pid":
            return os.getpid()
    return item


def half_sent(item: str) -> Any:
    """As `act`; `half` is killed while its process hands over a result, as when memory runs out."""
    if item == "half":
        frame = sys._getframe()
        while "pipe" not in frame.f_locals:
            assert frame.f_back is not None
            frame = frame.f_back
        os.write(frame.f_locals["pipe"].fileno(), b"\0\0\x10\0the first bytes")
        os.kill(os.getpid(), signal.SIGKILL)
    return act(item)


def faults(done: list[Done[str, Any]]) -> dict[str, str | None]:
    return {one.item: one.fault for one in done}


def mapped(
    items: list[str], count: int = 2, function: Callable[[str], Any] = act, **limits: Any
) -> tuple[list[Done[str, Any]], Workers[str, Any]]:
    workers = Workers(function, count, ProcessLimits(**limits))
    return list(workers.map(items, Stop())), workers


@pytest.mark.parametrize("count", [1, 2, 4])
def test_map_gives_each_item_once(count: int) -> None:
    items = [f"item {number}" for number in range(20)]
    done, workers = mapped(items, count)
    workers.close()
    assert sorted(one.item for one in done) == sorted(items)
    assert all(one.result == one.item and one.fault is None for one in done)


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize(
    ("item", "fault", "detail"),
    [
        ("die", "crashed", "ended by SIGKILL"),
        ("exit 7", "crashed", "exit code 7"),
        ("half", "crashed", "ended by SIGKILL"),
        ("raise", "error", "LookupError: no such font"),
        ("odd", "error", "Unpicklable"),
    ],
)
def test_map_item_that_fails_fails_alone(count: int, item: str, fault: str, detail: str) -> None:
    good = [f"item {number}" for number in range(6)]
    done, workers = mapped([*good[:3], item, *good[3:]], count, half_sent)
    workers.close()
    (bad,) = [one for one in done if one.fault is not None]
    assert (bad.item, bad.fault) == (item, fault)
    assert bad.detail.startswith(detail)
    assert sorted(str(one.result) for one in done if one.fault is None) == good


def test_map_item_that_never_returns_meets_the_limit_of_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = tmp_path / "begun"
    monkeypatch.setattr("flows.workers.time", HoursPass(mark))
    hangs = f"touch {mark}"
    done, workers = mapped(["item 1", "item 2", hangs], 1, seconds=HOUR / 2)
    mark.unlink()
    done += workers.map(["item 3"], Stop())
    workers.close()
    assert faults(done) == {"item 1": None, "item 2": None, "item 3": None, hangs: "timeout"}
    assert next(one.detail for one in done if one.fault) == "1800 s"


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at memory through /proc")
def test_map_item_that_takes_much_memory_meets_the_limit_of_memory() -> None:
    done, workers = mapped(["item 1", "grow", "item 2"], memory_mb=500)
    workers.close()
    assert faults(done) == {"item 1": None, "item 2": None, "grow": "memory"}


class Poisoned:
    """A result that cannot be taken out of the pipe."""

    def __reduce__(self) -> tuple[type[int], tuple[str]]:
        return int, ("poison",)


def test_map_that_raises_keeps_no_process_from_the_next() -> None:
    def broken() -> Iterator[str]:
        yield "item 1"
        raise LookupError("the list of documents is damaged")

    workers: Workers[str, Any] = Workers(act, 1, ProcessLimits())
    with pytest.raises(LookupError):
        list(workers.map(broken(), Stop()))
    with pytest.raises(ValueError, match="poison"):
        list(workers.map(["poison"], Stop()))
    with pytest.raises(TypeError, match="pickle"):
        list(workers.map([threading.Lock()], Stop()))  # type: ignore[list-item]
    assert [one.result for one in workers.map(["item 2"], Stop())] == ["item 2"]
    workers.close()


def test_map_large_results_come_whole() -> None:
    done, workers = mapped(["large", "large"], 2)
    workers.close()
    assert [len(one.result or b"") for one in done] == [50_000_000] * 2


ENDS = "JIXIAO_TEST_ENDS"


def end_before_an_item_is_taken() -> None:
    """Have this process killed once an item comes, before it takes it, as often as there are files in a folder."""
    left = sorted(Path(os.environ[ENDS]).iterdir())
    if left:
        left[0].unlink()
        patch.object(connection.Connection, "recv_bytes", lambda _: os.kill(os.getpid(), signal.SIGKILL)).start()


@pytest.mark.parametrize(("ends", "fault"), [(1, None), (2, "crashed")])
def test_map_process_that_ends_before_it_takes_an_item_costs_it_nothing_unless_the_next_one_does_too(
    ends: int, fault: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENDS, str(tmp_path))
    for number in range(ends):
        (tmp_path / str(number)).touch()
    workers: Workers[str, Any] = Workers(act, 1, ProcessLimits(), end_before_an_item_is_taken)
    done = list(workers.map(["item 1", "item 2"], Stop()))
    workers.close()
    assert faults(done) == {"item 1": fault, "item 2": None}
    assert list(tmp_path.iterdir()) == []


def has_ended(pid: int) -> bool:
    """Say whether a process has ended with its last thread: only then its pipe is closed and it can be waited for."""
    process = Path(f"/proc/{pid}")
    try:
        is_zombie = (process / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
        return is_zombie and len(list((process / "task").iterdir())) == 1
    except OSError:  # somebody has waited for it
        return True


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at processes through /proc")
def test_map_again_uses_the_processes_that_are_there_and_replaces_one_that_died_idle() -> None:
    (first,), workers = mapped(["pid"], 1)
    assert [one.result for one in workers.map(["pid"], Stop())] == [first.result]
    assert first.result is not None
    os.kill(first.result, signal.SIGKILL)
    while not has_ended(first.result):
        time.sleep(0.01)
    (third,) = workers.map(["pid"], Stop())
    workers.close()
    assert third.fault is None
    assert third.result != first.result


def test_map_of_two_threads_shares_the_processes() -> None:
    workers: Workers[str, Any] = Workers(act, 1, ProcessLimits())
    results: list[list[str]] = []

    def work(name: str) -> None:
        results.append(sorted(str(one.result) for one in workers.map([f"{name} {n}" for n in range(5)], Stop())))

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    workers.close()
    assert sorted(results) == [[f"{name} {n}" for n in range(5)] for name in ("one", "two")]


def test_map_that_is_asked_to_stop_ends_what_is_in_hand(tmp_path: Path) -> None:
    workers: Workers[str, Any] = Workers(act, 1, ProcessLimits())
    stop = Stop()
    mark = tmp_path / "begun"

    def ask_once_begun() -> None:
        while not mark.exists():
            time.sleep(0.01)
        stop.ask()

    asking = threading.Thread(target=ask_once_begun)
    asking.start()
    with pytest.raises(Interrupted):
        list(workers.map([f"touch {mark}"], stop))
    asking.join()
    (again,) = workers.map(["item"], Stop())
    workers.close()
    assert again.fault is None


def test_map_processes_that_cannot_start_are_no_fault_of_an_item() -> None:
    code = (
        "import sys\n"
        "from flows.workers import ProcessLimits, Workers, WorkersUnavailableError\n"
        "from flows.stopping import Stop\n"
        "def act(item): return item\n"
        "if __name__ != '__main__': sys.exit(5)\n"
        "try:\n    list(Workers(act, 1, ProcessLimits()).map(['a'], Stop()))\n"
        "except WorkersUnavailableError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-"], input=code, capture_output=True, text=True, cwd=ROOT, check=False, timeout=600
    )
    assert issubclass(WorkersUnavailableError, RuntimeError)
    assert "a reading process ended as it started (exit code" in done.stdout + done.stderr


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at processes through /proc")
def test_map_parent_killed_leaves_no_process(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    mark = tmp_path / "begun"
    script.write_text(
        "import os\n"
        "from flows.workers import ProcessLimits, Workers\n"
        "from flows.stopping import Stop\n"
        "from tests.flows.test_workers import act\n"
        "if __name__ == '__main__':\n"
        "    workers = Workers(act, 1, ProcessLimits())\n"
        "    print(next(iter(workers.map(['pid'], Stop()))).result, flush=True)\n"
        f"    list(workers.map(['touch {mark}'], Stop()))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        while not mark.exists():
            time.sleep(0.01)
        parent.kill()
    while not has_ended(worker):
        time.sleep(0.05)
