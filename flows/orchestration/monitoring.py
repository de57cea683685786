"""What `jixiao serve` tells those who watch over it: `/health`, whether it lives, and `/metrics` for Prometheus."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

from flows.config.nightly import MonitoringSettings
from flows.orchestration.errors import ServiceError

if TYPE_CHECKING:
    from prometheus_client.core import Metric
    from prometheus_client.registry import Collector

STALE_SECONDS: Final = 300.0
"""A service that has not looked after its nights for this long, or whose Prefect server did not answer, is ill."""
_STATES: Final = ("completed", "incomplete", "failed", "crashed", "cancelled", "skipped", "running", "waiting")


@dataclass(slots=True)
class Figures:
    """What is known of the service; written by the service, read by the address.

    Attributes:
        began: When the service began, by the monotonic clock.
        seen: When its Prefect server last answered, by the same clock; null: it has not yet.
        next_night: When the next night is planned for; null: none is, or the schedule is paused.
        last_night: When the last night was due; null: there was none.
        last_state: How it ended, or `running`; null: there was none.
        documents: Documents of the published data by status.
        forms: Forms by where they ended.
        release: The release that the last run ended with.
        free: Bytes that can still be written, by what is there: the warehouse, the data of Prefect.
        no_room: Where too little of it is left, or the folder is gone; null: there is room.
    """

    began: float = field(default_factory=time.monotonic)
    seen: float | None = None
    next_night: datetime | None = None
    last_night: datetime | None = None
    last_state: str | None = None
    documents: dict[str, int] = field(default_factory=dict)
    forms: dict[str, int] = field(default_factory=dict)
    release: str | None = None
    free: dict[str, int] = field(default_factory=dict)
    no_room: str | None = None

    @property
    def illness(self) -> str | None:
        """Why no night may begin; null: the service is well. While it starts it is given time."""
        if time.monotonic() - (self.began if self.seen is None else self.seen) >= STALE_SECONDS:
            return "the Prefect server does not answer"
        return self.no_room

    @property
    def held_share(self) -> float | None:
        """Share of held forms among those that are published or held; null: there are none."""
        held = self.forms.get("quarantined", 0)
        total = held + self.forms.get("published", 0)
        return held / total if total else None


@contextmanager
def answering(settings: MonitoringSettings, figures: Figures) -> Iterator[int | None]:
    """Answer at the address of the settings within the context, where there is one.

    Returns:
        The port; null: none is set.

    Raises:
        ServiceError: The address cannot be opened.
    """
    if settings.port is None:
        yield None
        return
    try:
        server = ThreadingHTTPServer((settings.host, settings.port), _handler(figures))
    except OSError as error:
        raise ServiceError(
            f"the monitoring address {settings.host}:{settings.port} cannot be opened ({error.strerror}): "
            "choose another [monitoring] host or port in jixiao.toml"
        ) from None
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="jixiao-monitoring", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def health(figures: Figures) -> tuple[int, dict[str, Any]]:
    """Give the HTTP status and the content of `/health`.

    Example:
        >>> health(Figures())[0]
        200
    """
    content = {
        "status": figures.illness or "ok",
        "last_night": figures.last_night and figures.last_night.isoformat(),
        "last_state": figures.last_state,
        "next_night": figures.next_night and figures.next_night.isoformat(),
    }
    return (503 if figures.illness else 200), content


def metrics(figures: Figures) -> bytes:
    """Give the content of `/metrics`, in the text format of Prometheus.

    Example:
        >>> b"jixiao_up 1.0" in metrics(Figures())
        True
    """
    from prometheus_client import CollectorRegistry, generate_latest

    registry = CollectorRegistry()
    registry.register(_collector(lambda: _families(figures)))
    return generate_latest(registry)


def _collector(families: Callable[[], Iterable[Metric]]) -> Collector:
    from prometheus_client.registry import Collector

    class Collected(Collector):
        def collect(self) -> Iterable[Metric]:
            return families()

    return Collected()


def _families(figures: Figures) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    yield GaugeMetricFamily(
        "jixiao_up", "1: the service reaches its Prefect server and has room on the disk", float(not figures.illness)
    )
    for name, about, moment in (
        ("jixiao_last_night_timestamp_seconds", "when the last night was due", figures.last_night),
        ("jixiao_next_night_timestamp_seconds", "when the next night is planned for", figures.next_night),
    ):
        if moment is not None:
            yield GaugeMetricFamily(name, about, moment.timestamp())
    state = GaugeMetricFamily("jixiao_last_night_state", "1 at the state of the last night", labels=["state"])
    for one in _STATES:
        state.add_metric([one], float(one == figures.last_state))
    yield state
    for name, about, label, counts in (
        ("jixiao_documents", "documents of the last run's release, by status", "status", figures.documents),
        ("jixiao_forms", "forms of the last run's release, by where they ended", "outcome", figures.forms),
        ("jixiao_free_bytes", "what can still be written on the disk", "place", figures.free),
    ):
        family = GaugeMetricFamily(name, about, labels=[label])
        for what, count in counts.items():
            family.add_metric([what], count)
        yield family
    if (share := figures.held_share) is not None:
        yield GaugeMetricFamily("jixiao_held_share", "share of held forms among those published or held", share)


def _handler(figures: Figures) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path in ("/health", "/healthz"):
                status, content = health(figures)
                self._answer(status, "application/json", json.dumps(content).encode())
            elif path == "/metrics":
                self._answer(200, "text/plain; version=0.0.4; charset=utf-8", metrics(figures))
            else:
                self._answer(404, "text/plain", b"/health or /metrics\n")

        def _answer(self, status: int, kind: str, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Log nothing: it is asked every few seconds."""

    return Handler
