"""A Prefect server for the length of one run, or of `jixiao serve`, where none is configured.

Prefect would start one by itself, but that one outlives a killed run, is ended before it has written the last task
states, and is found by a port that another process may take first; and it keeps no schedule. This one runs in a
process of its own that ends when its parent ends, however that happens, and starts while the run is already reading.
"""

from __future__ import annotations

import asyncio
import errno
import multiprocessing
import os
import socket
import sys
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from flows.orchestration.environment import PREFECT_DEFAULTS, set_always
from flows.orchestration.errors import ServiceError
from flows.stopping import Stop

START_UP_SECONDS: Final = 180
_TRIES: Final = 3
_PAUSE_SECONDS: Final = 2.0
"""A new database is migrated first: 10 to 30 s on a busy machine."""

_STOP_SECONDS: Final = 10
_LOOK_SECONDS: Final = 0.2

_SERVER_ENVIRONMENT: Final = {
    "PREFECT__SERVER_FINAL": "1",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_API_BLOCKS_REGISTER_ON_START": "false",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
}
_ONE_RUN_ENVIRONMENT: Final = {"PREFECT__SERVER_EPHEMERAL": "1", "PREFECT_SERVER_UI_ENABLED": "false"}
_LOOPBACK: Final = "127.0.0.1"


class ServerError(ServiceError):
    """The temporary Prefect server did not come up; the message says where its log is and what to do."""


class TemporaryServer:
    """A Prefect server on a loopback port, its database in `home`.

    `start` returns at once; `wait` gives the API's address when it answers. Several may run on one `home`.

    Args:
        home: Folder of its database and log.
        port: With a port it is a whole server: with the UI and with what starts scheduled runs. Without one it is for
            one run, on a port that is free.
        keep_days: Flow runs that ended longer ago are deleted from the database.
    """

    def __init__(self, home: Path, *, port: int | None = None, keep_days: int = 90) -> None:
        self.home = home
        self.log = home / "server.log"
        self._port = port
        self._keep_days = keep_days
        self._connection: Connection | None = None
        self._process: multiprocessing.process.BaseProcess | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to start the server; do not wait for it.

        Raises:
            ServerError: Its port is taken.
        """
        if self._port is not None:
            _require_free(self._port)
        self.home.mkdir(parents=True, exist_ok=True)
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        arguments = (theirs, self._environment(), str(self.log), self._port)
        self._process = context.Process(target=_serve, args=arguments, daemon=True)
        self._process.start()
        theirs.close()

    def wait(self, stop: Stop, seconds: float = START_UP_SECONDS) -> str:
        """Wait until the server answers and return the address of its API.

        Args:
            stop: Looked at while it is awaited.
            seconds: How long it may take.

        Raises:
            Interrupted: The work was asked to stop.
            ServerError: It did not answer in time, or it ended.
        """
        for _ in range(_TRIES):
            assert self._connection is not None, "start() comes before wait()"
            try:
                if _answers(self._connection, stop, seconds):
                    return f"http://{_LOOPBACK}:{self._connection.recv()}/api"
            except EOFError:
                # Another run may be making the same database at this moment.
                self.stop()
                stop.wait(_PAUSE_SECONDS)
                self.start()
            else:
                raise ServerError(f"the temporary Prefect server did not start within {seconds:.0f} s; {self._advice}")
        raise ServerError(f"the temporary Prefect server ended {_TRIES} times while it started; {self._advice}")

    def has_ended(self) -> bool:
        """Return whether its process has ended though nobody asked it to."""
        return self._process is not None and not self._process.is_alive()

    def _environment(self) -> dict[str, str]:
        return {
            **PREFECT_DEFAULTS,
            **_SERVER_ENVIRONMENT,
            "PREFECT_HOME": str(self.home),
            "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(self._keep_days * 24 * 3600),
            **(_ONE_RUN_ENVIRONMENT if self._port is None else _service_environment(self.home, self._port)),
        }

    @property
    def _advice(self) -> str:
        return (
            f"its log is {self.log}. Run again with --plain (no Prefect), "
            "or start `prefect server start` and set PREFECT_API_URL."
        )

    def stop(self) -> None:
        """End the server and wait until it has ended."""
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            self._process.join(_STOP_SECONDS)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()
            self._process.close()
        self._connection = self._process = None


def _answers(connection: Connection, stop: Stop, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not connection.poll(_LOOK_SECONDS):
        stop.check()
        if time.monotonic() > deadline:
            return False
    return True


def _service_environment(home: Path, port: int) -> dict[str, str]:
    return {
        "PREFECT_SERVER_API_HOST": _LOOPBACK,
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_UI_ENABLED": "true",
        "PREFECT_SERVER_UI_API_URL": f"http://{_LOOPBACK}:{port}/api",
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(home / "ui"),  # an installation may be read-only
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "WARNING",  # what it prints is its log
        # The one in memory forgets who holds the place of a running night when the server is started again.
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    }


def _require_free(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, port))
        except OSError as error:
            raise ServerError(_why_not_free(port, error)) from None


def _why_not_free(port: int, error: OSError) -> str:
    """Say who has a port, and what to do: another Prefect server may be shared, anything else cannot."""
    problem = f"the Prefect server cannot have port {port} ({error.strerror}): "
    if error.errno != errno.EADDRINUSE:
        return f"{problem}choose another [prefect] port in jixiao.toml"
    url = f"http://{_LOOPBACK}:{port}/api"
    if not _is_prefect(url):
        return f"{problem}another program has it. Choose another [prefect] port in jixiao.toml"
    return (
        f"{problem}another Prefect server has it, perhaps that of another `jixiao serve`, which ends with its service. "
        "Choose another [prefect] port in jixiao.toml for this warehouse. Or let all share one server, started by "
        f"itself with `prefect server start`: set PREFECT_API_URL={url} for each, and [prefect] environment to another "
        "name for each warehouse"
    )


def _is_prefect(url: str) -> bool:
    import httpx

    try:
        return httpx.get(f"{url}/admin/version", timeout=5, trust_env=False).is_success
    except (httpx.HTTPError, ValueError):
        return False


def _serve(connection: Connection, environment: dict[str, str], log: str, port: int | None) -> None:
    """Serve until the parent closes its end of the connection or ends.

    While it starts it ends at once: nobody has sent it anything, and the changes to its database are transactions.
    """
    if hasattr(os, "setsid"):
        os.setsid()  # Ctrl-C on the terminal is for the run, which still has states to report
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    set_always(environment)
    server: uvicorn.Server | None = None

    def stop_with_parent() -> None:
        with suppress(EOFError, OSError):
            connection.recv()
        if server is None or not server.started:
            os._exit(0)
        server.should_exit = True

    threading.Thread(target=stop_with_parent, daemon=True).start()

    import uvicorn
    from prefect.server.api.server import create_app

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((_LOOPBACK, port or 0))

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                connection.send(listener.getsockname()[1])
                if port is None:
                    self.pruning = asyncio.create_task(_prune())

    server = Server(uvicorn.Config(create_app(), log_level="error", lifespan="on"))
    server.run(sockets=[listener])
    sys.stdout.flush()
    os._exit(0)  # worker threads of the server may linger; its database is closed by now


async def _prune() -> None:
    """Delete old flow runs, as the services of a whole server do every hour."""
    from prefect.server.database import provide_database_interface
    from prefect.server.services.db_vacuum import vacuum_old_flow_runs, vacuum_stale_artifact_collections

    database = provide_database_interface()
    await vacuum_old_flow_runs(db=database)
    await vacuum_stale_artifact_collections(db=database)
