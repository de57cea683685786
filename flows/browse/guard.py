"""What every request must be and every answer says, so that no other site and no other machine gets at the pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
"""Names under which a browser may call: a name of the outside that leads here is refused (DNS rebinding)."""

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}


def host_name(host: str) -> str:
    """Return a Host header without its port, in lower case.

    Example:
        >>> host_name("LocalHost:8642"), host_name("[::1]:80"), host_name("evil.example")
        ('localhost', '[::1]', 'evil.example')
    """
    name, colon, port = host.lower().rpartition(":")
    return name if colon and (port.isdigit() or not port) and not port.endswith("]") else host.lower()


class Guard:
    """Lets through what is asked under a name of this machine with GET or HEAD, and adds `HEADERS` to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        hosts = Headers(scope=scope).getlist("host")
        if len(hosts) != 1 or host_name(hosts[0]) not in HOSTS:
            refusal = PlainTextResponse("this address is not served here: open the one that jixiao browse printed", 421)
            await refusal(scope, receive, guarded)
        elif scope["method"] not in ("GET", "HEAD"):
            refusal = PlainTextResponse("these pages can only be read", 405, {"Allow": "GET, HEAD"})
            await refusal(scope, receive, guarded)
        else:
            await self._app(scope, receive, guarded)
