"""The web as a run sees it: one polite client, which keeps to what each source names and survives bad servers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Final, Self, TypeVar

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from flows.collecting.addresses import joined
from flows.collecting.bodies import body
from flows.collecting.credentials import credentials
from flows.collecting.problems import POSTPONED, Unavailable
from flows.collecting.robots import Robots
from flows.collecting.scope import PinnedTransport, Resolve, Scope, origin, resolve
from flows.config.sources import WebSource

T = TypeVar("T")

_CONNECT_SECONDS: Final = 15.0
_LONGEST_PAUSE: Final = 120.0
"""A server that asks to come back later than this is left alone until the next run."""
_MOST_ROBOTS_BYTES: Final = 512_000
_IMPATIENT_AFTER: Final = 5
"""So many addresses in a row that fail, and the next ones of the host are tried once, until one answers."""
_IN_ALL: Final = 4
"""A host that answers between its failures is given up when they took so many times `give_up_minutes`."""
_BACK_OFF: Final = wait_exponential_jitter(initial=1, max=30, jitter=1)
_BUSY: Final = (429, 503)
_HEAL: Final = (408, 425, 500, 502, 504, *_BUSY)


class _Host:
    """When a host may be asked next, who asks it now, and how long it has been ill.

    Attributes:
        turn: Held by who asks it.
        next_at: When it may be asked again, by the monotonic clock.
        failed: How many addresses in a row have failed in a way that the server is to blame for.
        lost_seconds: What these took.
        lost_in_all: What all failures of this run took.
        asked_seconds: What this run has asked it for, pauses between requests included.
    """

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.next_at = 0.0
        self.failed = 0
        self.lost_seconds = 0.0
        self.lost_in_all = 0.0
        self.asked_seconds = 0.0

    def require_time(self, source: WebSource, share: float) -> None:
        """Refuse to ask a host for longer than a run may: what was taken by then is read and published.

        Args:
            source: Who asks.
            share: Of the time of a run, how much may be over.

        Raises:
            Unavailable: postponed.
        """
        if self.asked_seconds > share * source.host_minutes * 60:
            raise Unavailable(
                POSTPONED,
                f"not requested: the run has asked its server for {source.host_minutes:g} minutes (host_minutes); the "
                "next run does",
            )

    def require_well(self, source: WebSource) -> None:
        """Refuse to ask a host that has failed for so long that the rest of the run would wait for it.

        Raises:
            Unavailable: server_ill.
        """
        patience = source.give_up_minutes * 60
        if self.lost_seconds > patience or self.lost_in_all > _IN_ALL * patience:
            raise Unavailable(
                "server_ill",
                f"not requested: addresses of its server failed before it, for {self.lost_in_all / 60:.0f} min: the "
                "next run asks again",
            )

    def answered(self) -> None:
        """Note that it gave an answer, be it that it has no such file."""
        self.failed, self.lost_seconds = 0, 0.0

    def was_lost(self, seconds: float) -> None:
        """Note that an address failed, and how long that took."""
        self.failed += 1
        self.lost_seconds += seconds
        self.lost_in_all += seconds

    def place(self, seconds: float, now: float) -> float:
        """Take the next place, after which others wait so many seconds; return how long it is until then."""
        begin = max(now, self.next_at)
        self.next_at = begin + seconds
        return begin - now

    async def wait(self, seconds: float) -> None:
        """Wait until the pause since the last request is over, and take the next place."""
        await asyncio.sleep(self.place(seconds, time.monotonic()))


class Web:
    """One HTTP client for a run; an asynchronous context manager.

    Args:
        resolve: Finds the addresses of a host name.
        sleep: Waits between attempts.
        clock: Measures how long a host has been ill, in seconds.
    """

    def __init__(
        self,
        resolve: Resolve = resolve,
        sleep: Callable[[float], Awaitable[None]] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        # no proxies and no .netrc from the environment: connections go where `PinnedTransport` looked
        self._client = httpx.AsyncClient(transport=PinnedTransport(resolve), trust_env=False)
        self._sleep = sleep or asyncio.sleep
        self._clock = clock
        self._hosts: dict[str, _Host] = {}
        self._robots = Robots(self._small)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def patiently(
        self, source: WebSource, url: httpx.URL, call: Callable[[], Awaitable[T]], share: float = 1.0
    ) -> T:
        """Call something that asks for an address, again where that may help, while no other call asks its host.

        Between attempts it waits as long as the server says (120 s at most), else 1, 2, 4, ... seconds and a little.
        A host whose addresses fail one after the other is asked with less patience, and in the end no more.

        Args:
            source: Who asks.
            url: The address.
            call: Asks for it.
            share: Of the source's host_minutes, how much may be over for it.

        Raises:
            Unavailable: The last one; timed_out: all together took longer than the source's max_minutes; server_ill:
                the addresses before it failed for longer than its give_up_minutes; postponed: the run has asked the
                host for as long as host_minutes.
        """
        host = self._host(url)
        async with host.turn:
            host.require_time(source, share)
            host.require_well(source)
            attempts = 1 if host.failed >= _IMPATIENT_AFTER else source.retries + 1
            began = self._clock()
            try:
                got = await self._again(source, attempts, call)
            except Unavailable as problem:
                if problem.is_of_server:
                    host.was_lost(self._clock() - began)
                else:
                    host.answered()
                raise
            finally:
                host.asked_seconds += self._clock() - began
            host.answered()
            return got

    async def _again(self, source: WebSource, attempts: int, call: Callable[[], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(source.max_minutes * 60):
                async for attempt in AsyncRetrying(
                    stop=stop_after_attempt(attempts),
                    wait=_pause,
                    retry=retry_if_exception(lambda error: isinstance(error, Unavailable) and error.may_heal),
                    sleep=self._sleep,
                    reraise=True,
                ):
                    with attempt:
                        return await call()
        except TimeoutError:
            raise Unavailable(
                "timed_out", f"it took longer than {source.max_minutes:g} minutes: raise max_minutes", is_of_server=True
            ) from None
        raise AssertionError("a retry either returns or raises")

    @asynccontextmanager
    async def get(
        self, source: WebSource, url: httpx.URL, headers: Mapping[str, str], *, robots: bool = True
    ) -> AsyncIterator[httpx.Response]:
        """Ask for an address and give the response to its last redirect, whatever its status; its body is not read yet.

        Every hop is looked at: may the source ask there, does robots.txt allow it, is it time.

        Raises:
            Unavailable: host_not_named, private_address, robots, robots_unreadable, too_many_redirects,
                credentials_missing, or what the network does: unreachable, timed_out, cut.
        """
        scope = Scope.of(source)
        timeout = httpx.Timeout(source.stall_seconds, connect=min(_CONNECT_SECONDS, source.stall_seconds))
        with _network_explained(source):
            for _ in range(source.max_redirects + 1):
                scope.require(url)
                pause = await self._robots.require(source, url) if robots else 0.0
                await self._host(url).wait(max(pause, 1 / source.requests_per_second))
                request = self._client.build_request(
                    "GET",
                    url,
                    headers={"User-Agent": source.user_agent, "Accept-Encoding": "identity", **headers},
                    timeout=timeout,
                    extensions={"scope": scope},
                )
                auth = credentials(source) if origin(url) in scope.origins else None
                response = await self._client.send(request, auth=auth, stream=True, follow_redirects=False)
                try:
                    if not response.has_redirect_location:
                        yield response
                        return
                    url = _target(url, response.headers["Location"])
                finally:
                    await response.aclose()
        raise Unavailable("too_many_redirects", f"more than {source.max_redirects} redirects, at last to {url}")

    def _host(self, url: httpx.URL) -> _Host:
        return self._hosts.setdefault(origin(url)[1], _Host())

    async def _small(self, source: WebSource, url: httpx.URL) -> tuple[int, bytes]:
        async def once() -> tuple[int, bytes]:
            async with self.get(source, url, {}, robots=False) as response:
                if response.status_code in _HEAL:
                    require_ok(response)
                return response.status_code, await body(response, _MOST_ROBOTS_BYTES, cut=True)

        for attempt in range(2):
            try:
                return await once()
            except Unavailable as problem:
                if attempt or not problem.may_heal:
                    raise
                await self._sleep(problem.pause or 1)
        raise AssertionError("the loop ends by return or raise")


def require_ok(response: httpx.Response) -> None:
    """Refuse a response that is not a success.

    Raises:
        Unavailable: not_found, forbidden, server_busy, server_error or refused, by its status.
    """
    status = response.status_code
    if status < 300:
        return
    said = f"the server answers {status} {response.reason_phrase}".rstrip()
    if status in (404, 410):
        raise Unavailable("not_found", f"{said}: check the address, or take it out")
    if status in (401, 403, 407):
        raise Unavailable(
            "forbidden", f"{said}: it requires credentials (token_env, user_env), or refuses this program"
        )
    if status in _HEAL:
        pause = _retry_after(response.headers.get("Retry-After"))
        later = pause is not None and pause > _LONGEST_PAUSE
        said += f" and asks to come back in {pause:.0f} s" if later else ""
        code = "server_busy" if status in _BUSY else "server_error"
        raise Unavailable(code, f"{said}: the next run asks again", may_heal=not later, pause=pause, is_of_server=True)
    if status >= 500:
        raise Unavailable("server_error", f"{said}: the next run asks again", is_of_server=True)
    raise Unavailable("refused", f"{said}: look at it in a browser")


def _retry_after(value: str | None) -> float | None:
    if not value:
        return None
    with suppress(ValueError):
        return max(0.0, float(value))
    with suppress(ValueError, TypeError):
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    return None


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.pause if isinstance(error, Unavailable) else None
    return _BACK_OFF(state) if asked is None else asked


def _target(url: httpx.URL, location: str) -> httpx.URL:
    target = joined(url, location)
    if target is None:
        raise Unavailable("refused", f"it redirects to what is not an address: {location[:80]!r}")
    return target


@contextmanager
def _network_explained(source: WebSource) -> Iterator[None]:
    """Turn what the network does into an `Unavailable` with its meaning."""
    try:
        yield
    except (httpx.ConnectTimeout, httpx.ConnectError) as error:
        why = str(error) or "no answer"
        raise Unavailable("unreachable", f"no connection ({why}): the next run asks again", may_heal=True) from error
    except httpx.TimeoutException as error:
        stall = f"{source.stall_seconds:g}"
        raise Unavailable("timed_out", f"nothing came for {stall} s: the next run asks again", may_heal=True) from error
    except (UnicodeError, httpx.InvalidURL) as error:  # httpx looks at where a redirect leads before it is asked to
        raise Unavailable("refused", f"it redirects to what is not an address ({error})") from None
    except (httpx.TransportError, httpx.StreamError, httpx.DecodingError) as error:
        why = str(error) or type(error).__name__
        raise Unavailable("cut", f"the connection broke ({why}): the next run asks again", may_heal=True) from error
