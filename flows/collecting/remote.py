"""Web addresses and object stores: listed, tried and taken in one event loop, many hosts at the same time."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import httpx

from flows.collecting.book import Seen
from flows.collecting.content_type import Downloaded, Validators
from flows.collecting.crawl import crawl
from flows.collecting.download import download, probe
from flows.collecting.encodings import readable
from flows.collecting.portfolios import is_portfolio
from flows.collecting.problems import POSTPONED, Unavailable, not_handled
from flows.collecting.s3 import Object, Stores
from flows.collecting.scope import origin
from flows.collecting.shelf import Shelf
from flows.collecting.web import Web
from flows.config.addresses import without_secrets
from flows.config.sources import IndexSource, RemoteSource, S3Source, UrlsSource, WebSource
from flows.progress import Progress
from flows.stopping import Interrupted
from warehouse.errors import os_errors_explained

_HOSTS_AT_ONCE: Final = 8
_OBJECTS_AT_ONCE: Final = 8
_LOOK_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class RemoteListed:
    """What web and object stores have, before any of it is taken."""

    addresses: list[tuple[WebSource, httpx.URL]]
    objects: list[tuple[S3Source, Stores, Object]]

    def __len__(self) -> int:
        return len(self.addresses) + len(self.objects)

    def uris(self) -> Iterator[str]:
        """Give the address of each."""
        yield from (address_of(url) for _, url in self.addresses)
        yield from (one.uri for _, _, one in self.objects)


class Remote:
    """Asks the web and object stores; a context manager. Each host gets one request after the other.

    Args:
        shelf: Where what is found goes.
        make_web: Makes the web client, when it is first needed.
    """

    def __init__(self, shelf: Shelf, make_web: Callable[[], Web] = Web) -> None:
        self.book = shelf.book
        self._shelf = shelf
        self._make_web = make_web
        self._web: Web | None = None
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        self._runner.__enter__()
        return self

    def __exit__(self, *about: Any) -> None:
        try:
            if self._web is not None:
                self._runner.run(self._web.__aexit__(None, None, None))
        finally:
            self._runner.close()

    @property
    def web(self) -> Web:
        """The web client, made when it is first needed."""
        if self._web is None:
            self._web = self._make_web()
        return self._web

    # ---- list

    def list_sources(self, sources: Sequence[RemoteSource]) -> RemoteListed:
        """List the addresses and objects of sources; what cannot be listed is recorded in the book.

        Raises:
            Interrupted: The run ends.
        """
        listed = RemoteListed([], [])
        self._run(self._list(sources, listed))
        return listed

    async def _list(self, sources: Sequence[RemoteSource], listed: RemoteListed) -> None:
        gate = asyncio.Semaphore(_HOSTS_AT_ONCE)

        async def one(source: RemoteSource) -> None:
            async with gate:
                try:
                    if isinstance(source, S3Source):
                        listed.objects.extend(await self._list_objects(source))
                    elif isinstance(source, WebSource):
                        urls = await self._list_addresses(source)
                        self.book.listed(source, len(urls))
                        listed.addresses.extend((source, url) for url in urls)
                except Exception as error:  # a source costs itself, not the others
                    self.book.unlisted(source, source.label, not_handled(error))

        await _all(one(source) for source in sources)

    async def _list_addresses(self, source: WebSource) -> Sequence[httpx.URL]:
        if isinstance(source, UrlsSource):
            return list(dict.fromkeys(httpx.URL(url).copy_with(fragment=None) for url in source.addresses()))
        assert isinstance(source, IndexSource)

        def report(place: str, problem: Unavailable) -> None:
            self.book.report(source, place, problem)

        crawled = await crawl(self.web, source, report)
        if not crawled.is_whole:
            self.book.not_whole(source)
        return crawled.files

    async def _list_objects(self, source: S3Source) -> list[tuple[S3Source, Stores, Object]]:
        stores = Stores(source)
        found: dict[str, Object] = {}
        for prefix in source.prefixes:
            before = len(found)
            try:
                async for one in stores.objects(prefix):
                    found[one.uri] = one
            except Unavailable as problem:
                self.book.unlisted(source, prefix, problem)
                continue
            if len(found) == before:
                self.book.unlisted(
                    source, prefix, Unavailable("no_pdf", "nothing under this prefix fits: look at keys")
                )
        self.book.listed(source, len(found))
        return [(source, stores, one) for one in found.values()]

    # ---- try

    def probe(self, listed: RemoteListed, most: int) -> None:
        """Ask for the first bytes of some addresses of each source, and report what fails; nothing is kept."""
        wanted: dict[str, list[tuple[WebSource, httpx.URL]]] = {}
        for source, url in listed.addresses:
            wanted.setdefault(source.name, []).append((source, url))
        if wanted:
            self._run(_all(self._probe(some[:most]) for some in wanted.values()))

    async def _probe(self, some: Sequence[tuple[WebSource, httpx.URL]]) -> None:
        for source, url in some:
            try:
                await probe(self.web, source, url)
            except Exception as error:
                self.book.report(source, readable(str(url)), not_handled(error))

    # ---- take

    def take(self, listed: RemoteListed, progress: Progress) -> None:
        """Take what is new or changed.

        Raises:
            Interrupted: The run ends.
            WarehouseError: The warehouse, or the folder for scratch files, cannot be written.
        """
        self._run(self._take(listed, progress))

    async def _take(self, listed: RemoteListed, progress: Progress) -> None:
        gate = asyncio.Semaphore(_HOSTS_AT_ONCE)
        by_host: dict[str, list[tuple[WebSource, httpx.URL]]] = {}
        for source, url in listed.addresses:
            by_host.setdefault(origin(url)[1], []).append((source, url))

        async def host(wanted: Sequence[tuple[WebSource, httpx.URL]]) -> None:
            async with gate:
                for source, url in sorted(wanted, key=lambda one: self.book.turn(address_of(one[1]))):
                    await self._take_address(source, url)
                    progress.advance("collect")

        at_once = asyncio.Semaphore(_OBJECTS_AT_ONCE)

        async def one(source: S3Source, stores: Stores, wanted: Object) -> None:
            async with at_once:
                await self._take_object(source, stores, wanted)
                progress.advance("collect")

        hosts: list[Coroutine[Any, Any, None]] = [host(wanted) for wanted in by_host.values()]
        await _all([*hosts, *(one(*wanted) for wanted in listed.objects)])

    async def _take_address(self, source: WebSource, url: httpx.URL) -> None:
        uri = address_of(url)
        seen = self.book.held(uri)
        if seen and (self.book.was_asked_now(uri) or self.book.was_asked_within(uri, source.min_interval_hours)):
            self._shelf.unchanged(source, seen)
            return
        known = (self.book.validators(uri) if seen else None) or Validators()
        await self._fetch(source, uri, seen, lambda path: download(self.web, source, url, path, known))

    async def _take_object(self, source: S3Source, stores: Stores, wanted: Object) -> None:
        seen = self.book.held(wanted.uri)
        is_known = self.book.validators(wanted.uri) == wanted.validators
        if seen and (is_known or self.book.was_asked_within(wanted.uri, source.min_interval_hours)):
            self._shelf.unchanged(source, seen)
            return
        await self._fetch(source, wanted.uri, seen, lambda path: stores.download(wanted, path))

    async def _fetch(
        self,
        source: RemoteSource,
        uri: str,
        seen: Sequence[Seen],
        fetch: Callable[[Path], Awaitable[Downloaded | None]],
    ) -> None:
        with tempfile.NamedTemporaryFile(prefix="jixiao-") as file:
            path = Path(file.name)
            try:
                with os_errors_explained("keep a file that is being fetched", path.parent):
                    got = await fetch(path)
            except Exception as error:  # an address costs itself, not the others
                problem = not_handled(error)
                if seen and problem.code == POSTPONED:
                    self._shelf.unchanged(source, seen)
                else:
                    self.book.failed(source, readable(uri), problem)
                return
            if got is None:
                self._shelf.unchanged(source, seen)
                if source.min_interval_hours:
                    self.book.asked_again(uri)
            elif got.content == "zip":
                unpacked = await asyncio.to_thread(self._shelf.unpacked, source, uri, path)
                self._shelf.take_archive(source, uri, unpacked, got.validators)
            elif await asyncio.to_thread(is_portfolio, path):
                unpacked = await asyncio.to_thread(self._shelf.unpacked, source, uri, path, got.file_name)
                self._shelf.take_archive(source, uri, unpacked, got.validators)
            else:
                archived = await asyncio.to_thread(self._shelf.archive.put, path)
                new = Seen(uri, archived.document_id, got.file_name, archived.byte_count)
                self.book.fetched(source, new)
                self.book.asked(uri, "pdf", got.byte_count, got.validators, [new])
        self.book.note_now_and_then()

    # ---- the event loop

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        self._runner.run(self._unless_stopped(work))

    async def _unless_stopped(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        while not (await asyncio.wait({task}, timeout=_LOOK_SECONDS))[0]:
            if (cause := self._shelf.stop.cause) is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
                raise Interrupted(cause)
        task.result()


def address_of(url: httpx.URL) -> str:
    """Return the address that a file is recorded under: without what a link on a page has of passwords and tokens.

    Example:
        >>> address_of(httpx.URL("https://u:p@example.gov.cn/a.pdf?token=x"))
        'https://example.gov.cn/a.pdf?token=***'
    """
    return without_secrets(str(url))


async def _all(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do many things at once; the first that fails ends the others, and is what is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(one)
    except BaseExceptionGroup as errors:
        first: BaseException = errors
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from None
