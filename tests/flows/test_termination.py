from __future__ import annotations

import importlib
import signal
import sys
import threading
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from flows import cli
from flows.commands.terminal import errors_told
from flows.termination import Terminated, end_if_told, ended_by, signals_come_again
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


def test_signals_come_again_termination_that_was_lost_ends_all_the_same() -> None:
    with pytest.raises(Terminated) as raised, signals_come_again(), ended_by(signal.SIGTERM, Terminated):
        lose(signal.SIGTERM)
    assert raised.value.code == 143


def test_signals_come_again_interrupt_that_was_lost_ends_all_the_same() -> None:
    with pytest.raises(KeyboardInterrupt), signals_come_again(), ended_by(signal.SIGINT, KeyboardInterrupt):
        lose(signal.SIGINT)


def test_signals_come_again_for_a_flow_run_of_prefect() -> None:
    from prefect.exceptions import TerminationSignal
    from prefect.utilities.engine import capture_sigterm

    with (
        pytest.raises(Terminated) as raised,
        signals_come_again(),
        ended_by(signal.SIGTERM, Terminated),
        capture_sigterm(),
    ):
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


@pytest.mark.parametrize(("number", "error"), [(signal.SIGTERM, Terminated), (signal.SIGINT, KeyboardInterrupt)])
def test_ended_by_in_the_middle_of_an_import_leaves_other_threads_free_to_import(
    number: signal.Signals, error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    bootstrap = sys.modules["importlib._bootstrap"]
    system = vars(bootstrap)["_imp"]
    monkeypatch.setattr(bootstrap, "_imp", RingsOnceLocked(system, number))
    with pytest.raises(error), ended_by(number, error):
        work_on_after_import()
    monkeypatch.undo()
    other = threading.Thread(target=importlib.import_module, args=("this_is_no_module",), daemon=True)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    other.start()
    other.join(10)
    assert not other.is_alive()


def test_ended_by_signal_that_the_process_ignores_is_ignored_still() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with ended_by(signal.SIGINT, KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_end_if_told_tells_a_signal_whose_error_was_taken_for_another() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with ended_by(signal.SIGTERM, Terminated):
        end_if_told()
        with pytest.raises(ValueError, match="could not be written"):
            wrapped(signal.SIGTERM)
        with pytest.raises(Terminated):
            end_if_told()
    end_if_told()
    assert signal.getsignal(signal.SIGTERM) is before


def wrapped(number: signal.Signals) -> None:
    """Get a signal within a library that makes errors of its own of all that it meets, without a cause."""
    try:
        signal.raise_signal(number)
    except BaseException:
        error = ValueError("could not be written")
    raise error


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


def test_main_terminated_where_errors_are_lost_ends_and_says_what_is_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "app", lambda: lose(signal.SIGTERM))
    with pytest.raises(Terminated):
        cli.main()
    assert capsys.readouterr().err == f"error: terminated; {cli.KEPT}\n"


def test_main_terminated_where_a_library_wraps_errors_is_no_fault_of_the_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def app() -> None:
        with errors_told():
            wrapped(signal.SIGTERM)

    monkeypatch.setattr(cli, "app", app)
    with pytest.raises(Terminated):
        cli.main()
    assert capsys.readouterr().err == f"error: terminated; {cli.KEPT}\n"
