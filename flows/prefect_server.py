"""A Prefect server for the length of one run, where none is configured.

Prefect would start one by itself, but that one outlives a killed run, is ended before it has written the last task
states, and is found by a port that another process may take first. This one runs in a process of its own that ends
when its parent ends, however that happens, and starts while the run is already reading.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Final, Self

START_UP_SECONDS: Final = 180
_TRIES: Final = 3
_PAUSE_SECONDS: Final = 2.0
"""A new database is migrated first: 10 to 30 s on a busy machine."""

_STOP_SECONDS: Final = 10

PREFECT_DEFAULTS: Final = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
}
"""Set before Prefect is imported, where the user has not set them: no telemetry, no chatter on the console."""

_SERVER_ENVIRONMENT: Final = {
    "PREFECT__SERVER_EPHEMERAL": "1",
    "PREFECT__SERVER_FINAL": "1",
    "PREFECT_SERVER_UI_ENABLED": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_API_BLOCKS_REGISTER_ON_START": "false",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
}


class ServerError(RuntimeError):
    """The temporary Prefect server did not come up; the message says where its log is and what to do."""


class TemporaryServer:
    """A Prefect server on a free loopback port, its database in `home`.

    `start` returns at once; `wait` gives the API's address when it answers. Several may run on one `home`.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.log = home / "server.log"
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
        """Begin to start the server; do not wait for it."""
        self.home.mkdir(parents=True, exist_ok=True)
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, str(self.home), str(self.log)), daemon=True)
        self._process.start()
        theirs.close()

    def wait(self, seconds: float = START_UP_SECONDS) -> str:
        """Wait until the server answers and return the address of its API.

        Raises:
            ServerError: It did not answer in time, or it ended.
        """
        for _ in range(_TRIES):
            assert self._connection is not None, "start() comes before wait()"
            try:
                if self._connection.poll(seconds):
                    return f"http://127.0.0.1:{self._connection.recv()}/api"
            except EOFError:
                # Another run may be making the same database at this moment.
                self.stop()
                time.sleep(_PAUSE_SECONDS)
                self.start()
            else:
                raise ServerError(f"the temporary Prefect server did not start within {seconds:.0f} s; {self._advice}")
        raise ServerError(f"the temporary Prefect server ended {_TRIES} times while it started; {self._advice}")

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


def _serve(connection: Connection, home: str, log: str) -> None:
    """Serve until the parent closes its end of the connection or ends."""
    if hasattr(os, "setsid"):
        os.setsid()  # Ctrl-C on the terminal is for the run, which still has states to tell
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.environ.update({**PREFECT_DEFAULTS, **_SERVER_ENVIRONMENT, "PREFECT_HOME": home})

    import socket

    import uvicorn
    from prefect.server.api.server import create_app

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                connection.send(listener.getsockname()[1])

    server = Server(uvicorn.Config(create_app(), log_level="error", lifespan="on"))

    def stop_with_parent() -> None:
        with suppress(EOFError, OSError):
            connection.recv()
        server.should_exit = True

    threading.Thread(target=stop_with_parent, daemon=True).start()
    server.run(sockets=[listener])
    sys.stdout.flush()
    os._exit(0)  # worker threads of the server may linger; its database is closed by now
