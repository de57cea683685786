"""Serves the pages on loopback until it is asked to stop."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import uvicorn

from flows.browse.app import Pages
from flows.browse.data import Shelf
from flows.browse.pictures import Pictures
from flows.config.settings import Settings, SettingsError
from flows.stopping import Interrupted, Stop
from warehouse.contract.vocabulary import LanguageCode
from warehouse.warehouse import Warehouse

HOST: Final = "127.0.0.1"
PORT: Final = 8642
_SECONDS_TO_END: Final = 1.5
_HOUR: Final = 3600.0


def listen(port: int) -> socket.socket:
    """Take a port of loopback.

    Args:
        port: Which; 0: any free one.

    Raises:
        SettingsError: It is in use, or may not be taken; says what to do.
    """
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((HOST, port))
    except OSError as error:
        taken.close()
        is_used = error.errno == errno.EADDRINUSE
        reason = "is in use, perhaps by another jixiao browse" if is_used else f"cannot be taken ({error.strerror})"
        raise SettingsError(
            f"port {port} {reason}: name another one with --port, or --port 0 for any that is free"
        ) from None
    taken.listen(128)
    return taken


@contextmanager
def served(
    house: Warehouse,
    settings: Settings,
    language: LanguageCode,
    stop: Stop,
    *,
    port: int = PORT,
    release: str | None = None,
) -> Iterator[str]:
    """Serve the pages of a warehouse within the context; gives their address.

    Args:
        house: The warehouse.
        settings: Severities of rules.
        language: Of the pages, where a request does not ask for another.
        stop: Ends what is being drawn.
        port: Of loopback; 0: any free one.
        release: Show this release; null: the published one, and its successors as they come.

    Raises:
        SettingsError: The port cannot be taken.
        WarehouseError: There is nothing to show.
    """
    taken = listen(port)
    try:
        shelf = Shelf(house, release)
        shelf.current().warm()
        pictures = Pictures(house.archive, stop)
        app = Pages(shelf, pictures, language, settings.rules).app()
        config = uvicorn.Config(
            app,
            lifespan="off",
            ws="none",
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        threading.Thread(target=pictures.warm, name="jixiao-pictures", daemon=True).start()
        with _running(server, taken):
            try:
                yield f"http://{HOST}:{taken.getsockname()[1]}/"
            finally:
                pictures.close()
    finally:
        taken.close()


@contextmanager
def _running(server: uvicorn.Server, taken: socket.socket) -> Iterator[None]:
    """Run a server in a thread within the context."""
    thread = threading.Thread(
        target=lambda: asyncio.run(server.serve(sockets=[taken])), name="jixiao-browse", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(_SECONDS_TO_END)
        server.force_exit = True


def serve(
    house: Warehouse,
    settings: Settings,
    language: LanguageCode,
    stop: Stop,
    ready: Callable[[str], None],
    *,
    port: int = PORT,
    release: str | None = None,
) -> None:
    """Serve until the work is asked to stop.

    Args:
        ready: Called with the address once it answers.
        house: As in `served`, as the others.
        settings: As in `served`.
        language: As in `served`.
        stop: As in `served`; sets the end.
        port: As in `served`.
        release: As in `served`.
    """
    with stop.gracefully(), stop.handlers(), served(house, settings, language, stop, port=port, release=release) as at:
        ready(at)
        with suppress(Interrupted):  # that is how it ends
            while True:
                stop.wait(_HOUR)
