from __future__ import annotations

import logging
import threading

import httpx
import pytest

from flows.orchestration.keeper import Keeper


def test_keeper_does_the_other_looks_when_one_fails_and_logs_it_once(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    def fails() -> None:
        raise RuntimeError("no")

    keeper = Keeper({"the plan": fails, "the figures": lambda: done.append("figures")})
    with caplog.at_level(logging.INFO, "prefect.jixiao"):
        keeper.look()
        keeper.look()
    assert done == ["figures", "figures"]
    assert [r.getMessage() for r in caplog.records] == ["the plan cannot be done now: RuntimeError: no"]


def test_keeper_says_nothing_of_a_server_that_does_not_answer(caplog: pytest.LogCaptureFixture) -> None:
    def refused() -> None:
        raise httpx.ConnectError("refused")

    with caplog.at_level(logging.INFO, "prefect.jixiao"):
        Keeper({"the figures": refused}).look()
    assert caplog.records == []


def test_keeper_looks_until_it_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.orchestration.keeper._FIRST_SECONDS", 0.01)
    twice = threading.Event()
    count: list[int] = []

    def look() -> None:
        count.append(1)
        if len(count) == 2:
            twice.set()

    keeper = Keeper({"a look": look}, every=0.01)
    keeper.begin()
    assert twice.wait(60)
    keeper.end()
    assert not [thread for thread in threading.enumerate() if thread.name == "jixiao-keeper"]
