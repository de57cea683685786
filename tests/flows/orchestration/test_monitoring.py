from __future__ import annotations

import time
from datetime import UTC, datetime

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from flows.config.nightly import MonitoringSettings
from flows.orchestration.errors import ServiceError
from flows.orchestration.monitoring import STALE_SECONDS, Figures, answering, health, metrics
from tests.support.ports import free_port

NIGHT = datetime(2026, 1, 31, 18, 0, tzinfo=UTC)


def samples(figures: Figures) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(metrics(figures).decode())
        for sample in family.samples
    }


def test_metrics_of_a_service_that_has_seen_a_night() -> None:
    figures = Figures(
        seen=time.monotonic(),
        next_night=NIGHT,
        last_night=NIGHT,
        last_state="incomplete",
        documents={"published": 7, "failed": 2},
        forms={"published": 6, "quarantined": 2, "duplicate": 5},
    )
    found = samples(figures)
    assert found["jixiao_up",] == 1
    assert found["jixiao_last_night_timestamp_seconds",] == NIGHT.timestamp()
    assert found["jixiao_next_night_timestamp_seconds",] == NIGHT.timestamp()
    assert found["jixiao_last_night_state", "incomplete"] == 1
    assert found["jixiao_last_night_state", "completed"] == 0
    assert found["jixiao_documents", "failed"] == 2
    assert found["jixiao_forms", "quarantined"] == 2
    assert found["jixiao_held_share",] == 0.25


def test_metrics_of_a_service_that_begins_say_nothing_that_is_not_known() -> None:
    names = {name for name, *_ in samples(Figures())}
    assert names == {"jixiao_up", "jixiao_last_night_state"}


def test_health_is_ill_when_the_prefect_server_has_not_answered_for_long() -> None:
    long_ago = time.monotonic() - STALE_SECONDS - 1
    assert health(Figures(seen=long_ago))[0] == 503
    assert health(Figures(began=long_ago))[0] == 503
    assert health(Figures(began=long_ago, seen=time.monotonic()))[0] == 200


def test_answering_gives_health_and_metrics() -> None:
    settings = MonitoringSettings(port=free_port())
    figures = Figures(last_state="completed", last_night=NIGHT)
    with (
        answering(settings, figures) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=300, trust_env=False) as client,
    ):
        assert client.get("/health").json()["last_state"] == "completed"
        assert client.get("/metrics").headers["Content-Type"].startswith("text/plain; version=0.0.4")
        figures.began = time.monotonic() - STALE_SECONDS - 1
        assert client.get("/health").status_code == 503
        assert client.get("/").status_code == 404
        with pytest.raises(ServiceError, match=r"choose another \[monitoring\]"), answering(settings, figures):
            pass


def test_answering_nowhere_where_no_port_is_set() -> None:
    with answering(MonitoringSettings(), Figures()) as port:
        assert port is None
