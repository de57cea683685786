"""`jixiao serve`: keeps the schedule, and runs what is due or asked for, each run in a process of its own."""

from __future__ import annotations

import logging
import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flows.config.settings import Settings, SettingsError
from flows.orchestration.environment import is_perhaps_configured, prefect_home, set_environment
from flows.orchestration.flow import check_answers
from flows.orchestration.flow_runs import record_crashed
from flows.orchestration.server import TemporaryServer
from flows.progress import Progress
from flows.stopping import Stop
from warehouse.warehouse import Warehouse

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment

_POLL_SECONDS: Final = 5
_END_SECONDS: Final = 120.0
"""What ending the runs in progress may take, before the service is ended hard."""
_ENVIRONMENT: Final = {"PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "INFO", "PREFECT_LOGGING_ROOT_LEVEL": "WARNING"}
"""Nobody watches, the journal is read: what Prefect logs goes there, what other libraries do only when it is odd."""


def serve(settings: Settings, progress: Progress, stop: Stop, config: Path | None = None) -> None:
    """Serve the deployments until the process is ended.

    On the Prefect server that is configured (`PREFECT_API_URL`, a profile), else on one of its own with the UI, that
    ends with this process. Runs that died with an earlier service are marked as crashed; nights that were missed are
    made up for by one run.

    Args:
        settings: Settings; the served runs read theirs anew, from the same file and environment.
        progress: Shows what is awaited.
        stop: When it is set, the runs in progress are ended, and then the service.
        config: The settings file, for the served runs.

    Raises:
        SettingsError: The cron line is none.
        ServerError: The configured server does not answer, or the port of its own is taken.
        WarehouseError: The warehouse cannot be written.
    """
    os.environ["JIXIAO_WAREHOUSE"] = settings.warehouse
    if config is not None:
        os.environ["JIXIAO_CONFIG"] = str(config.absolute())
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    house = Warehouse(settings.warehouse)
    set_environment(house.root / "prefect" if house.is_local else prefect_home())
    with ExitStack() as stack:
        stack.enter_context(stop.gracefully(_END_SECONDS))
        url = _api_url(stack, settings, progress, stop)
        os.environ["PREFECT_API_URL"] = url
        with progress.waiting("Prefect to be imported"):
            from prefect.settings import PREFECT_API_URL, temporary_settings

            stack.enter_context(temporary_settings({PREFECT_API_URL: url}))
            from flows.orchestration.deployments import backfill_deployment, nightly_deployment

            try:
                deployments = [nightly_deployment(settings), backfill_deployment()]
            except ValueError as error:
                raise SettingsError(
                    f"setting nightly.cron: {settings.nightly.cron!r} is not a cron line ({error})"
                ) from None
        _serve(deployments, settings, stop)


def _api_url(stack: ExitStack, settings: Settings, progress: Progress, stop: Stop) -> str:
    """Return the address of the configured server, or of one that is started for this service."""
    if is_perhaps_configured():
        from prefect.settings import get_current_settings

        if url := get_current_settings().api.url:
            check_answers(url)
            return url
    own = settings.prefect
    server = stack.enter_context(TemporaryServer(prefect_home(), port=own.port, keep_days=own.keep_days))
    with progress.waiting("a Prefect server to start"):
        url = server.wait(stop)
    os.environ.setdefault("PREFECT_UI_URL", url.removesuffix("/api"))
    return url


def _serve(deployments: list[RunnerDeployment], settings: Settings, stop: Stop) -> None:
    from flows.orchestration.deployments import alert_of_crash
    from flows.orchestration.schedule import catch_up, forget_missed
    from flows.orchestration.service import ServiceRunner
    from flows.orchestration.watch import PlanWatch

    log = logging.getLogger("prefect.jixiao")
    for flow_run in record_crashed():
        log.warning("%s ended unexpectedly: marked as crashed", flow_run.name)
        alert_of_crash(flow_run)
    missed = forget_missed(settings.nightly)
    runner = ServiceRunner(name="jixiao", query_seconds=_POLL_SECONDS, pause_on_shutdown=False)
    for deployment in deployments:
        runner.add_deployment(deployment)
    if missed and settings.nightly.catch_up:
        log.info("the night of %s was missed: one run makes up for it", missed.astimezone(settings.nightly.zone))
        catch_up()
    log.info(
        "serving %s at %s: nightly by '%s' (%s)",
        ", ".join(f"{d.flow_name}/{d.name}" for d in deployments),
        os.environ["PREFECT_API_URL"],
        settings.nightly.cron,
        settings.nightly.timezone,
    )
    PlanWatch(settings.nightly).begin()
    runner.run_until(stop)
