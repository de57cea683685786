"""A real HTTP server on loopback that does what a test asks for: fails, stalls, cuts, redirects, changes its files."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What the server answers to a path.

    Attributes:
        body: The bytes; a GET with `If-None-Match` or `If-Modified-Since` that fits `headers` gets 304, one with a
            Range gets the rest, when its `If-Range` fits.
        cut_after: The connection is closed after so many bytes of the body.
        stall_after: Nothing more comes after so many bytes, until the test ends.
        drip: Seconds between pieces of 100 bytes.
        counted: Whether Content-Length is sent; else the connection's end is the body's.
        together: Nothing is sent until so many requests have come.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    stall_after: int | None = None
    drip: float = 0
    counted: bool = True
    ranges: bool = True
    together: threading.Barrier | None = None


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    path: str
    headers: Mapping[str, str]
    at: float


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A client that goes away is what many tests want."""


class Site:
    """The server: `put` says what it answers to a path; many answers are given one after the other, the last stays."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._answers: dict[str, list[Answer]] = {}
        self.stalled = threading.Event()
        """Set when an answer has stalled."""
        self._ended = threading.Event()
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                with suppress(BrokenPipeError, ConnectionResetError):
                    site._answer(self)

            def log_message(self, *_: Any) -> None:
                return

        self._server = _Quiet(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def put(self, path: str, *answers: Answer | bytes, **options: Any) -> str:
        """Say what is answered to a path, and return its address."""
        self._answers[path] = [a if isinstance(a, Answer) else Answer(a, **options) for a in answers]
        return self.url(path)

    def paths(self) -> list[str]:
        """Return the paths that were asked for, without robots.txt."""
        return [asked.path for asked in self.asked if asked.path != "/robots.txt"]

    def await_asked(self, count: int) -> None:
        """Wait until so many requests have come; those of a client that has left may come late."""
        while len(self.asked) < count:
            time.sleep(0.01)
        assert len(self.asked) == count

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        self.asked.append(Asked(request.path, dict(request.headers), time.monotonic()))
        answers = self._answers.get(request.path, [Answer(b"nothing here", 404)])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer.together is not None:
            answer.together.wait(120)
        status, body, headers = _conditional(answer, request.headers)
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        if answer.counted:
            request.send_header("Content-Length", headers.get("X-Length", str(len(body))))
        else:
            request.send_header("Connection", "close")
            request.close_connection = True
        request.end_headers()
        ends = [n for n in (answer.cut_after, answer.stall_after) if n is not None]
        self._send(request, body[: min(ends)] if ends else body, answer.drip)
        if answer.stall_after is not None:
            self.stalled.set()
            self._ended.wait(20)
        if ends:
            request.close_connection = True

    def _send(self, request: BaseHTTPRequestHandler, body: bytes, drip: float) -> None:
        for start in range(0, len(body), 100) if drip else (0,):
            request.wfile.write(body[start : start + 100] if drip else body)
            request.wfile.flush()
            if drip and self._ended.wait(drip):
                return


def _conditional(answer: Answer, asked: Any) -> tuple[int, bytes, dict[str, str]]:
    headers = dict(answer.headers)
    etag, changed = headers.get("ETag"), headers.get("Last-Modified")
    if answer.status == 200 and (
        (etag and asked.get("If-None-Match") == etag)
        or (not etag and changed and asked.get("If-Modified-Since") == changed)
    ):
        return 304, b"", headers
    begin = re.fullmatch(r"bytes=(\d+)-(\d*)", asked.get("Range", ""))
    fits = asked.get("If-Range") in (None, etag, changed)
    if answer.status == 200 and answer.ranges and begin and fits:
        first = int(begin[1])
        last = min(int(begin[2]) if begin[2] else len(answer.body) - 1, len(answer.body) - 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(answer.body)}"
        return 206, answer.body[first : last + 1], headers
    return answer.status, answer.body, headers


@contextmanager
def serving() -> Iterator[Site]:
    site = Site()
    try:
        yield site
    finally:
        site.close()
