"""What a host's robots.txt allows (RFC 9309)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import httpx
from protego import Protego

from flows.collecting.encodings import decode_unnamed
from flows.collecting.problems import Unavailable
from flows.config.sources import WebSource

Get = Callable[[WebSource, httpx.URL], Awaitable[tuple[int, bytes]]]
"""Fetches a small text: its status and content."""

_LONGEST_DELAY: Final = 60.0


class Robots:
    """The robots.txt of the hosts of a run: each is asked for once."""

    def __init__(self, get: Get) -> None:
        self._get = get
        self._rules: dict[str, Protego | Unavailable] = {}

    async def require(self, source: WebSource, url: httpx.URL) -> float:
        """Refuse an address that the host's robots.txt forbids to the source's user agent.

        A host without robots.txt allows all. One whose robots.txt cannot be fetched, because the host fails, allows
        nothing for now, as RFC 9309 wants it.

        Returns:
            Seconds that it wants between requests, 60 at most; 0: it says nothing.

        Raises:
            Unavailable: robots: it is forbidden; robots_unreadable: it is not known.
        """
        if not source.robots:
            return 0.0
        place = url.copy_with(raw_path=b"/robots.txt", fragment=None)
        rules = self._rules.get(str(place))
        if rules is None:
            rules = self._rules[str(place)] = await self._fetch(source, place)
        if isinstance(rules, Unavailable):
            raise rules
        if not rules.can_fetch(str(url), source.user_agent):
            raise Unavailable(
                "robots",
                f"{place} forbids it to {source.user_agent}: ask the publisher, or set robots = false if you may",
            )
        return min(float(rules.crawl_delay(source.user_agent) or 0), _LONGEST_DELAY)

    async def _fetch(self, source: WebSource, place: httpx.URL) -> Protego | Unavailable:
        try:
            status, content = await self._get(source, place)
        except Unavailable as problem:
            if problem.code in ("host_not_named", "private_address", "too_many_redirects"):
                return Protego.parse("")
            return Unavailable(
                "robots_unreadable", f"{place} cannot be fetched ({problem.message}), so nothing below it is requested"
            )
        if status >= 500:
            return Unavailable(
                "robots_unreadable", f"{place} answers {status}, so nothing below it is requested this time"
            )
        return Protego.parse(decode_unnamed(content) if status < 300 else "")
