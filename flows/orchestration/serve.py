"""`jixiao serve`: keeps the schedule, and runs what is due or asked for, each run in a process of its own."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flows.config.nightly import AlertEvent
from flows.config.settings import Settings, SettingsError
from flows.config.sources import sources_of
from flows.orchestration import json_log
from flows.orchestration.claim import ClashError, claim, owner_of_nights, served_once
from flows.orchestration.environment import (
    is_perhaps_configured,
    prefect_home,
    set_always,
    set_environment,
    set_where_missing,
)
from flows.orchestration.flow import check_answers
from flows.orchestration.flow_runs import held, is_over, record_crashed, release
from flows.orchestration.monitoring import Figures, answering
from flows.orchestration.names import Owner, full_name, owner_of, require_same
from flows.orchestration.safe_path import SAFE_PATH, require_ours
from flows.orchestration.server import ServerError, TemporaryServer
from flows.progress import Progress
from flows.running.run import require_existing
from flows.stopping import Stop
from warehouse.warehouse import Warehouse

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun
    from prefect.deployments.runner import RunnerDeployment

_POLL_SECONDS: Final = 5
_PREFETCH_SECONDS: Final = 0
"""A night is handed to its process when it is due: one that is handed over earlier may be lost with the service."""
_END_SECONDS: Final = 120.0
"""What ending the runs in progress may take, before the service is ended hard."""
_ENVIRONMENT: Final = {"PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "INFO", "PREFECT_LOGGING_ROOT_LEVEL": "WARNING"}
"""Nobody watches, the journal is read: what Prefect logs goes there, what other libraries do only when it is odd."""
_RESTARTS: Final = 3
_RESTARTS_SECONDS: Final = 600.0
"""A server that ends more often than this within this time is not started again."""
_AWAIT_SECONDS: Final = 5.0
_PULSE_SECONDS: Final = 3.0
_LOG: Final = "prefect.jixiao"
_LOST: Final = "The service starts its Prefect server again by itself; the run that was in progress is made up for."
_AWAITED: Final = "Start the Prefect server again: the service waits for it, and no night begins until then."
_GIVEN_UP: Final = (
    "The service has ended. Look at server.log beside the database of the Prefect server and at the memory and the "
    "disk of the machine, then start `jixiao serve` again; a missed night is made up for."
)


@dataclass(slots=True)
class _Service:
    """What one `jixiao serve` works with.

    Attributes:
        url: Of the API of its Prefect server, once there is one.
        own: The server of its own; null: one is configured.
        losses: When that server was lost, by the monotonic clock.
    """

    settings: Settings
    house: Warehouse
    owner: Owner
    progress: Progress
    stop: Stop
    figures: Figures = field(default_factory=Figures)
    url: str = ""
    own: TemporaryServer | None = None
    losses: list[float] = field(default_factory=list)


def serve(settings: Settings, progress: Progress, stop: Stop, config: Path | None = None) -> None:
    """Serve the deployments until the process is ended.

    On the Prefect server that is configured (`PREFECT_API_URL`, a profile), else on one of its own with the UI, that
    ends with this process. Runs that died with an earlier service are marked as crashed; nights that were missed are
    made up for by one run. A server of its own that ends is started again.

    Args:
        settings: Settings; the served runs read theirs anew, from the same file and environment.
        progress: Shows what is awaited.
        stop: When it is set, the runs in progress are ended, and then the service.
        config: The settings file, for the served runs.

    Raises:
        SettingsError: A cron line is not one, or there are no sources.
        ServiceError: The configured server does not answer; the port of its own is taken, or that server ends again
            and again; the deployments are another warehouse's; the runs would not find this package.
        WarehouseError: The warehouse cannot be written, or is not there though `require_existing` asks for it.
    """
    sources_of(settings, settings.nightly.sources)
    set_always({"JIXIAO_WAREHOUSE": settings.warehouse})
    if config is not None:
        set_always({"JIXIAO_CONFIG": str(config.absolute())})
    json_lines = json_log.ENVIRONMENT if settings.monitoring.log_format == "json" else {}
    set_where_missing(_ENVIRONMENT | json_lines | SAFE_PATH)
    require_ours()
    require_existing(settings)
    house = Warehouse(settings.warehouse)
    set_environment(house.root / "prefect" if house.is_local else prefect_home())
    service = _Service(settings, house, owner_of(house), progress, stop)
    with (
        stop.gracefully(_END_SECONDS),
        served_once(prefect_home(), service.owner),
        answering(settings.monitoring, service.figures),
        _api(service) as url,
    ):
        service.url = url
        set_always({"PREFECT_API_URL": url})
        with progress.waiting("Prefect to be imported"):
            from prefect.settings import PREFECT_API_URL, temporary_settings

            from flows.orchestration.deployments import deployments
        with temporary_settings({PREFECT_API_URL: url}):
            try:
                served = deployments(settings, service.owner)
            except ValueError as error:
                raise SettingsError(f"setting nightly.cron or upkeep.cron is not a cron line ({error})") from None
            _serve_and_restart(service, served)


@contextmanager
def _api(service: _Service) -> Iterator[str]:
    """Give the address of the configured server, or of one that is started for this service."""
    if is_perhaps_configured():
        from prefect.settings import get_current_settings

        if url := get_current_settings().api.url:
            check_answers(url)
            yield url
            return
    own = service.settings.prefect
    with TemporaryServer(prefect_home(), port=own.port, keep_days=own.keep_days) as service.own:
        with service.progress.waiting("a Prefect server to start"):
            url = service.own.wait(service.stop)
        set_where_missing({"PREFECT_UI_URL": url.removesuffix("/api")})
        yield url


def _serve_and_restart(service: _Service, served: list[RunnerDeployment]) -> None:
    """Serve until the flag is set; when the Prefect server is lost, have it back and serve again."""
    from flows.orchestration.service import ServerLostError

    while service.stop.cause is None:
        try:
            _serve(service, served)
        except ServerLostError as error:
            _have_server_back(service, str(error))


def _have_server_back(service: _Service, reason: str) -> None:
    """Start the server of its own again, or wait until the configured one answers again.

    Raises:
        ServerError: The server of its own ends again and again.
        Interrupted: The service was asked to end.
    """
    log = logging.getLogger(_LOG)
    log.error("the Prefect server is lost: %s", reason)
    now = time.monotonic()
    service.losses = [*(loss for loss in service.losses if now - loss < _RESTARTS_SECONDS), now]
    own = service.own
    if own is not None and len(service.losses) > _RESTARTS:
        happened = f"its Prefect server ended {len(service.losses)} times within {_RESTARTS_SECONDS / 60:.0f} minutes"
        _alert("failed", happened, _GIVEN_UP)
        raise ServerError(f"{happened}; its log is {own.log}")
    _alert("failed", f"its Prefect server is lost ({reason})", _LOST if own else _AWAITED)
    if own is not None:
        own.stop()
        own.start()
        own.wait(service.stop)
    else:
        while not _answers(service.url):
            service.stop.wait(_AWAIT_SECONDS)
    log.info("the Prefect server is back")
    _alert("recovered", "its Prefect server is back", "No action needed.")


def _alert(event: AlertEvent, happened: str, to_do: str) -> None:
    from flows.orchestration.alerts import notify
    from flows.orchestration.receivers import Alert

    notify(Alert(event, "serve", "the service", happened, to_do, None), logging.getLogger(_LOG))


def _answers(url: str) -> bool:
    try:
        check_answers(url)
    except ServerError:
        return False
    return True


def _serve(service: _Service, served: list[RunnerDeployment]) -> None:
    """Serve once: until the flag is set.

    Raises:
        ClashError: The deployments are another warehouse's.
        ServerLostError: The Prefect server is lost.
    """
    import httpx

    from flows.orchestration.service import ServerLostError

    try:
        _serve_on(service, served)
    except httpx.TransportError as error:
        raise ServerLostError(str(error) or type(error).__name__) from error


def _serve_on(service: _Service, served: list[RunnerDeployment]) -> None:
    from flows.orchestration.deployments import SERVED, report_run
    from flows.orchestration.keeper import Keeper
    from flows.orchestration.look_around import LookAround
    from flows.orchestration.nights import Nights
    from flows.orchestration.pulse import Pulse
    from flows.orchestration.room import RoomWatch
    from flows.orchestration.schedule import NIGHTLY, next_night
    from flows.orchestration.service import ServiceRunner
    from flows.orchestration.unfinished import ended_unreported, settle_left_behind
    from flows.orchestration.watch import PlanWatch

    log, settings = logging.getLogger(_LOG), service.settings
    flows = [flow.name for flow in SERVED]
    names = [full_name(flow, settings.prefect) for flow in flows]
    night = full_name(NIGHTLY, settings.prefect)
    claim(flows, settings.prefect, service.owner)
    _settle_held(report_run)
    for flow_run in (*record_crashed(), *settle_left_behind(names)):
        log.warning("%s ended unexpectedly: marked as crashed", flow_run.name)
        report_run(flow_run)
    for flow_run in ended_unreported():
        report_run(flow_run)
    nights = Nights(settings.nightly, night, report_run, prefect_home() / f"nights-{service.owner.key}")
    nights.begin()
    runner = ServiceRunner(
        name="jixiao", query_seconds=_POLL_SECONDS, prefetch_seconds=_PREFETCH_SECONDS, pause_on_shutdown=False
    )
    for deployment in served:
        runner.add_deployment(deployment)
    _require_still_ours(night, service.owner)
    log.info(
        "serving %s at %s: nightly by '%s' (%s)",
        ", ".join(f"{d.flow_name}/{d.name}" for d in served),
        service.url,
        settings.nightly.cron,
        settings.nightly.timezone,
    )
    plan = PlanWatch(settings.nightly, lambda: next_night(night))
    around = LookAround(service.figures, night, service.house, lambda: plan.planned)
    pulse = Pulse()
    places = {"warehouse": service.house.root} if service.house.is_local else {}
    room = RoomWatch(
        {**places, "data of Prefect": prefect_home()},
        settings.monitoring.min_free_mb,
        service.figures,
        partial(require_same, settings.warehouse, service.owner.tag),
    )
    looks = {"the room on the disk": room.look, "the plan": plan.look}
    keeper = Keeper({**looks, "the account of nights": nights.look, "the figures": around.look})
    keepers = [keeper] if service.own else [keeper, Keeper({"the look for the server": pulse.look}, _PULSE_SECONDS)]
    with ExitStack() as stack:
        for one in keepers:
            one.begin()
            stack.callback(one.end)
        runner.run_until(service.stop, names, service.own.has_ended if service.own else pulse.is_lost)
    _settle_held(report_run)


def _settle_held(report: Callable[[FlowRun], None]) -> None:
    """Give the runs that this service, or one before it, has ended their true state; report those that crashed."""
    from flows.orchestration.unfinished import settle_ended

    for flow_run_id in held():
        for flow_run in settle_ended(flow_run_id):
            if not is_over(flow_run_id):
                report(flow_run)
        release(flow_run_id)


def _require_still_ours(name: str, owner: Owner) -> None:
    """Look that no other warehouse has taken the same name at the same moment.

    Raises:
        ClashError: One has.
    """
    if owner_of_nights(name) != owner.tag:
        raise ClashError(
            f"another warehouse took the deployment {name} at the same moment: set [prefect] environment in jixiao.toml"
        )
