from __future__ import annotations

import signal
import threading
import time

import pytest

from flows.time_limit import TooLong, time_limit


def test_time_limit_ends_what_takes_too_long_through_all_handlers() -> None:
    began = time.monotonic()
    with pytest.raises(TooLong, match="time_limit_minutes"), time_limit(0.05 / 60):
        handles_all_errors()
    assert time.monotonic() - began < 10


def test_time_limit_that_is_kept_leaves_no_alarm_behind() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with time_limit(1):
        pass
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_time_limit_in_another_thread_is_none() -> None:
    done = []

    def work() -> None:
        with time_limit(0.01 / 60):
            time.sleep(0.05)
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]


def handles_all_errors() -> None:
    """Take long, like what isolates documents or tries again."""
    try:
        time.sleep(20)
    except Exception:
        pytest.fail("the alarm was taken for an error of what went on")
