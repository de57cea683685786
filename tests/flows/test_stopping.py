from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flows.stopping import INTERRUPTED, KEPT, TERMINATED, Cause, Interrupted, Stop
from tests.support.paths import ROOT

SIGNALS = [(signal.SIGINT, INTERRUPTED), (signal.SIGTERM, TERMINATED)]


@contextmanager
def patient(stop: Stop) -> Iterator[None]:
    """Listen, and never end this process hard."""
    with stop.gracefully(None), stop.listen():
        yield


@pytest.mark.parametrize(("number", "cause"), SIGNALS)
def test_listen_signal_sets_the_flag_and_raises_nothing(number: signal.Signals, cause: Cause) -> None:
    stop = Stop()
    with patient(stop):
        signal.raise_signal(number)
        with pytest.raises(Interrupted) as raised:
            stop.wait(200)
    assert raised.value.cause is cause
    assert str(raised.value) == cause.message


@pytest.mark.parametrize(("number", "cause"), SIGNALS)
def test_listen_signal_that_comes_in_a_finaliser_is_not_lost(number: signal.Signals, cause: Cause) -> None:
    class RingsAsItGoes:
        def __del__(self) -> None:
            signal.raise_signal(number)

    stop = Stop()
    with patient(stop):
        del_me = RingsAsItGoes()
        del del_me
        with pytest.raises(Interrupted):
            stop.wait(200)
    assert stop.cause is cause


def test_listen_only_the_first_cause_counts() -> None:
    stop = Stop()
    stop.ask(TERMINATED)
    stop.ask(INTERRUPTED)
    assert stop.cause is TERMINATED


def test_listen_gives_back_the_handlers_and_the_wakeup_of_before() -> None:
    before = {number: signal.getsignal(number) for number, _ in SIGNALS}
    with patient(Stop()):
        assert signal.getsignal(signal.SIGTERM) is not before[signal.SIGTERM]
    assert {number: signal.getsignal(number) for number, _ in SIGNALS} == before
    assert signal.set_wakeup_fd(-1) == -1


def test_listen_signal_that_the_process_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    stop = Stop()
    try:
        with patient(stop):
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert stop.cause is None


def test_handlers_set_aside_what_a_library_has_set() -> None:
    class Loud(BaseException):
        pass

    def raise_it(*_: object) -> None:
        raise Loud

    stop = Stop()
    with patient(stop):
        signal.signal(signal.SIGTERM, raise_it)
        with stop.handlers():
            signal.raise_signal(signal.SIGTERM)
            with pytest.raises(Interrupted):
                stop.wait(200)
        assert signal.getsignal(signal.SIGTERM) is raise_it


def test_handlers_of_a_flow_run_of_prefect_are_set_aside() -> None:
    from prefect.utilities.engine import capture_sigterm

    stop = Stop()
    with patient(stop), capture_sigterm(), stop.handlers():
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(Interrupted):
            stop.wait(200)


def test_listen_in_another_thread_leaves_signals_alone() -> None:
    before = signal.getsignal(signal.SIGTERM)
    seen: list[object] = []

    def work() -> None:
        with patient(Stop()):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]


def test_limit_asks_the_work_to_stop_when_its_time_is_up() -> None:
    stop = Stop()
    with patient(stop), stop.limit(0.001), pytest.raises(Interrupted, match=r"longer than 0\.001 minutes .*time_limit"):
        stop.wait(200)
    assert stop.cause is not None
    assert stop.cause.exit_code == 1


@pytest.mark.parametrize("minutes", [None, 60])
def test_limit_that_is_not_met_asks_nothing(minutes: float | None) -> None:
    stop = Stop()
    with patient(stop), stop.limit(minutes):
        stop.check()
    assert stop.cause is None


def ended(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in which `stop` listens and `signal_me(number)` sends a signal."""
    head = (
        "import hashlib, os, signal, sys, threading, time\n"
        "from flows.stopping import Stop\n"
        "stop = Stop()\n"
        "def signal_me(number): os.kill(os.getpid(), number)\n"
    )
    return subprocess.run(
        [sys.executable, "-c", head + code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=250,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


@pytest.mark.parametrize(("number", "code", "word"), [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "terminated")])
@pytest.mark.parametrize(
    "work",
    [
        "    with stop.gracefully(0.3):\n        signal_me({n}); time.sleep(200)\n",  # does not look at the flag
        "    signal_me({n}); time.sleep(200)\n",  # nothing has begun that looks at it
        "    with stop.gracefully(0.3):\n        signal_me({n})\n"
        "        hashlib.pbkdf2_hmac('sha256', b'', b'', 10**9)\n",  # in compiled code
    ],
)
def test_work_that_does_not_come_back_is_ended_hard(work: str, number: str, code: int, word: str) -> None:
    done = ended("with stop.listen():\n" + work.format(n=f"signal.{number}"))
    assert (done.returncode, done.stderr) == (code, f"error: {word}; {KEPT}\n")


@pytest.mark.parametrize(("first", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_interrupt_of_a_run_that_is_ending_ends_it_at_once(first: str, code: int) -> None:
    done = ended(
        "with stop.listen(), stop.gracefully(600):\n"
        f"    signal_me(signal.{first})\n"
        "    while stop.cause is None: time.sleep(0.01)\n"
        "    signal_me(signal.SIGINT); time.sleep(200)\n"
    )
    assert done.returncode == code


def test_limit_of_time_ends_hard_what_does_not_come_back() -> None:
    done = ended("with stop.listen(), stop.gracefully(0.3), stop.limit(0.005):\n    time.sleep(200)\n")
    assert done.returncode == 1
    assert "longer than 0.005 minutes" in done.stderr


def test_polars_that_is_interrupted_while_it_computes_raises_nothing_of_its_own(tmp_path: Path) -> None:
    done = ended(
        "import polars as pl\n"
        "with stop.listen(), stop.gracefully(None), stop.handlers():\n"
        "    threading.Timer(0.2, signal_me, (signal.SIGINT,)).start()\n"
        "    while stop.cause is None:\n"
        "        pl.DataFrame({'a': range(300_000)}).lazy().sort(pl.col('a').hash()).collect()\n"
        "print('fine')\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "fine\n", ""), tmp_path
