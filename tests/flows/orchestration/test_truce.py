from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from flows.config.settings import load_settings
from flows.orchestration.truce import Truce
from flows.stopping import Interrupted, Stop

LOG = logging.getLogger("upkeep")


def test_truce_waits_until_nothing_stands_in_the_way(caplog: pytest.LogCaptureFixture) -> None:
    answers = ["a night runs", "a night runs", "a night is due", None]
    with caplog.at_level(logging.INFO, "upkeep"):
        assert Truce(load_settings(), look_seconds=0).wait(Stop(), LOG, lambda: answers.pop(0)) is None
    assert answers == []
    assert [r.getMessage() for r in caplog.records] == ["upkeep waits: a night runs", "upkeep waits: a night is due"]


def test_truce_gives_up_with_its_reason() -> None:
    truce = Truce(load_settings(), look_seconds=0, patience=timedelta(0))
    assert truce.wait(Stop(), LOG, lambda: "a night runs") == "a night runs"


def test_truce_is_left_when_the_service_ends() -> None:
    stop = Stop()
    stop.ask()
    with pytest.raises(Interrupted):
        Truce(load_settings(), look_seconds=60).wait(stop, LOG, lambda: "a night runs")
