from __future__ import annotations

import importlib
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from flows import cli
from flows.termination import Terminated, end_when_told, signals_come_again
from flows.time_limit import TooLong, time_limit

if TYPE_CHECKING:
    from sys import UnraisableHookArgs


class RingsAsItGoes:
    """Gets a signal in its finaliser, where no error can be raised."""

    def __init__(self, number: signal.Signals) -> None:
        self.number = number

    def __del__(self) -> None:
        signal.raise_signal(self.number)


def lose(number: signal.Signals) -> None:
    """Get a signal where its error is lost, and then work on."""
    RingsAsItGoes(number)
    for _ in range(1000):
        time.sleep(0.01)
    pytest.fail("the signal was lost")


@pytest.fixture
def _handlers_as_before() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_handlers_as_before")
def test_signals_come_again_termination_that_was_lost_ends_all_the_same() -> None:
    end_when_told()
    with pytest.raises(Terminated) as raised, signals_come_again():
        lose(signal.SIGTERM)
    assert raised.value.code == 143


@pytest.mark.usefixtures("_handlers_as_before")
def test_signals_come_again_interrupt_that_was_lost_ends_all_the_same() -> None:
    end_when_told()
    with pytest.raises(KeyboardInterrupt), signals_come_again():
        lose(signal.SIGINT)


@pytest.mark.usefixtures("_handlers_as_before")
def test_signals_come_again_for_a_flow_run_of_prefect() -> None:
    from prefect.exceptions import TerminationSignal
    from prefect.utilities.engine import capture_sigterm

    end_when_told()
    with pytest.raises(Terminated) as raised, signals_come_again(), capture_sigterm():
        lose(signal.SIGTERM)
    assert isinstance(raised.value.__context__, TerminationSignal)


def test_signals_come_again_time_limit_that_was_lost_holds_all_the_same() -> None:
    with pytest.raises(TooLong), signals_come_again(), time_limit(60):
        lose(signal.SIGALRM)


def test_signals_come_again_alarm_does_not_outlive_its_time_limit() -> None:
    with signals_come_again():
        with time_limit(60):
            RingsAsItGoes(signal.SIGALRM)
        time.sleep(0.2)


def test_signals_come_again_other_lost_errors_are_told_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fails:
        def __del__(self) -> None:
            raise ValueError("odd")

    told: list[UnraisableHookArgs] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    with signals_come_again():
        Fails()
    assert [str(lost.exc_value) for lost in told] == ["odd"]
    assert sys.unraisablehook == told.append


@pytest.mark.usefixtures("_handlers_as_before")
@pytest.mark.parametrize(("number", "error"), [(signal.SIGTERM, Terminated), (signal.SIGINT, KeyboardInterrupt)])
def test_end_when_told_in_the_middle_of_an_import_leaves_other_threads_free_to_import(
    number: signal.Signals, error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    end_when_told()
    bootstrap = sys.modules["importlib._bootstrap"]
    system = vars(bootstrap)["_imp"]
    monkeypatch.setattr(bootstrap, "_imp", RingsOnceLocked(system, number))
    with pytest.raises(error):
        work_on_after_import()
    monkeypatch.undo()
    other = threading.Thread(target=importlib.import_module, args=("this_is_no_module",), daemon=True)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    other.start()
    other.join(10)
    assert not other.is_alive()


@pytest.mark.usefixtures("_handlers_as_before")
def test_end_when_told_keeps_ctrl_c_ignored_where_it_was() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_when_told()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


class RingsOnceLocked:
    """Stands for the import system's lock: a signal comes just when it is taken."""

    def __init__(self, system: Any, number: signal.Signals) -> None:
        self._system = system
        self._number: signal.Signals | None = number

    def __getattr__(self, name: str) -> Any:
        if name == "acquire_lock" and self._number is not None:
            number, self._number = self._number, None
            self._system.acquire_lock()
            return partial(signal.raise_signal, number)
        return getattr(self._system, name)


def work_on_after_import() -> None:
    """Import, and then do what a signal may end."""
    with suppress(ImportError):
        importlib.import_module("this_is_no_module_either")
    for _ in range(1000):
        time.sleep(0.01)
    pytest.fail("the signal was lost")


@pytest.mark.usefixtures("_handlers_as_before")
def test_main_terminated_where_errors_are_lost_ends_and_says_what_is_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "app", lambda: lose(signal.SIGTERM))
    with pytest.raises(Terminated):
        cli.main()
    assert capsys.readouterr().err == f"error: terminated; {cli.KEPT}\n"
