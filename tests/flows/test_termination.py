from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from flows import cli
from flows.termination import Terminated, end_when_terminated, signals_come_again
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
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("_handlers_as_before")
def test_signals_come_again_termination_that_was_lost_ends_all_the_same() -> None:
    end_when_terminated()
    with pytest.raises(Terminated) as raised, signals_come_again():
        lose(signal.SIGTERM)
    assert raised.value.code == 143


def test_signals_come_again_interrupt_that_was_lost_ends_all_the_same() -> None:
    with pytest.raises(KeyboardInterrupt), signals_come_again():
        lose(signal.SIGINT)


@pytest.mark.usefixtures("_handlers_as_before")
def test_signals_come_again_for_a_flow_run_of_prefect() -> None:
    from prefect.exceptions import TerminationSignal
    from prefect.utilities.engine import capture_sigterm

    end_when_terminated()
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
def test_main_terminated_where_errors_are_lost_ends_and_says_what_is_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "app", lambda: lose(signal.SIGTERM))
    with pytest.raises(Terminated):
        cli.main()
    assert capsys.readouterr().err == f"error: terminated; {cli.KEPT}\n"
