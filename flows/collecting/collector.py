"""All sources of a run, listed and then taken: local files, web addresses, objects, and the archives among them."""

from __future__ import annotations

import asyncio
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote

import httpx
import polars as pl

from flows.collecting.addresses import origin
from flows.collecting.archives import Limits, LostMember, unpack
from flows.collecting.book import Book, Seen
from flows.collecting.crawl import crawl
from flows.collecting.download import Downloaded, Validators, download, probe
from flows.collecting.files import Found, find
from flows.collecting.objects import Object, Stores
from flows.collecting.pages import readable
from flows.collecting.trouble import Trouble
from flows.collecting.web import Web
from flows.progress import Progress
from flows.reading import Interrupted
from flows.sources import FilesSource, IndexSource, RemoteSource, S3Source, Source, UrlsSource, WebSource
from warehouse.errors import os_errors_explained
from warehouse.store import Warehouse

T = TypeVar("T")

_MB: Final = 1_000_000
_HOSTS_AT_ONCE: Final = 8
_OBJECTS_AT_ONCE: Final = 8
_SETTLED_NS: Final = 2_000_000_000
_LOOK_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Listed:
    """What the sources of a run have, before any of it is taken."""

    files: list[tuple[Source, Found]]
    addresses: list[tuple[WebSource, httpx.URL]]
    objects: list[tuple[S3Source, Stores, Object]]

    @property
    def count(self) -> int:
        """How many files, addresses and objects there are."""
        return len(self.files) + len(self.addresses) + len(self.objects)


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The PDFs of a ZIP archive: those that are archived now, and where and why others are lost."""

    byte_count: int
    seen: list[Seen]
    lost: list[tuple[str, Trouble]]


class Collector:
    """Lists sources, then takes what is new or changed into the archive; a context manager.

    Web and object stores are asked by one event loop: hosts at the same time, each host one request after the other.

    Args:
        warehouse: Where PDFs and sightings go.
        started_at: Start of the run.
        stop: When it is set, the collector stops within a moment.
        make_web: Makes the web client.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        started_at: datetime,
        stop: threading.Event | None = None,
        make_web: Callable[[], Web] = Web,
    ) -> None:
        self.book = Book(warehouse, started_at)
        self._warehouse = warehouse
        self._stop = stop or threading.Event()
        self._make_web = make_web
        self._web: Web | None = None
        self._runner = asyncio.Runner()

    def __enter__(self) -> Collector:
        self._runner.__enter__()
        return self

    def __exit__(self, *about: Any) -> None:
        try:
            if self._web is not None:
                self._runner.run(self._web.__aexit__(None, None, None))
        finally:
            self._runner.close()

    # ---- list

    def list_sources(self, sources: Sequence[Source], progress: Progress) -> Listed:
        """List the files, addresses and objects of the sources; what cannot be listed is told in the book.

        Raises:
            Interrupted: The run ends.
        """
        for source in sources:
            self.book.tally(source)
        listed = Listed(self._list_files(sources), [], [])
        remote = [source for source in sources if isinstance(source, RemoteSource)]
        if remote:
            told = ", ".join(source.label for source in remote[:3]) + (", ..." if len(remote) > 3 else "")
            with progress.waiting(f"{told} to be listed"):
                self._run(self._list_remote(remote, listed))
        return listed

    def _list_files(self, sources: Sequence[Source]) -> list[tuple[Source, Found]]:
        listed: list[tuple[Source, Found]] = []
        taken: set[tuple[str, Path]] = set()
        for source in sources:
            if not isinstance(source, FilesSource):
                continue
            found, problems = find(source.paths)
            for problem in problems:
                self.book.unlisted(source, problem.source, Trouble(problem.code, problem.message))
            for file in found:
                if (source.name, file.path) not in taken:
                    taken.add((source.name, file.path))
                    listed.append((source, file))
                    self.book.tally(source).listed += 1
        return listed

    async def _list_remote(self, sources: Sequence[RemoteSource], listed: Listed) -> None:
        gate = asyncio.Semaphore(_HOSTS_AT_ONCE)

        async def one(source: RemoteSource) -> None:
            async with gate:
                if isinstance(source, S3Source):
                    listed.objects.extend(await self._list_objects(source))
                elif isinstance(source, WebSource):
                    urls = await self._list_addresses(source)
                    self.book.tally(source).listed += len(urls)
                    listed.addresses.extend((source, url) for url in urls)

        await _all(one(source) for source in sources)

    async def _list_addresses(self, source: WebSource) -> Sequence[httpx.URL]:
        if isinstance(source, UrlsSource):
            return list(dict.fromkeys(httpx.URL(url).copy_with(fragment=None) for url in source.addresses()))
        assert isinstance(source, IndexSource)

        def tell(place: str, trouble: Trouble) -> None:
            self.book.tell(source, place, trouble)

        crawled = await crawl(self.web, source, tell)
        if not crawled.is_whole:
            self.book.tally(source).is_whole = False
        return crawled.files

    async def _list_objects(self, source: S3Source) -> list[tuple[S3Source, Stores, Object]]:
        stores = Stores(source)
        found: dict[str, Object] = {}
        for prefix in source.prefixes:
            before = len(found)
            try:
                async for one in stores.objects(prefix):
                    found[one.uri] = one
            except Trouble as trouble:
                self.book.unlisted(source, prefix, trouble)
                continue
            if len(found) == before:
                self.book.unlisted(source, prefix, Trouble("no_pdf", "nothing under this prefix fits: look at keys"))
        self.book.tally(source).listed += len(found)
        return [(source, stores, one) for one in found.values()]

    # ---- try

    def probe(self, listed: Listed, most: int) -> None:
        """Ask for the first bytes of some addresses of each source, and tell what hinders; nothing is kept."""
        wanted: dict[str, list[tuple[WebSource, httpx.URL]]] = {}
        for source, url in listed.addresses:
            wanted.setdefault(source.name, []).append((source, url))
        if wanted:
            self._run(_all(self._probe(some[:most]) for some in wanted.values()))

    async def _probe(self, some: Sequence[tuple[WebSource, httpx.URL]]) -> None:
        for source, url in some:
            try:
                await probe(self.web, source, url)
            except Trouble as trouble:
                self.book.tell(source, readable(str(url)), trouble)

    # ---- take

    def take(self, listed: Listed, progress: Progress) -> None:
        """Take what is new or changed into the archive, and note all that is there in the ledger.

        Raises:
            Interrupted: The run ends; what was taken by now is noted.
            WarehouseError: The warehouse cannot be written.
        """
        archives = [file.uri for _, file in listed.files if file.is_archive]
        addresses = [str(url) for _, url in listed.addresses]
        self.book.remember([*archives, *addresses, *(one.uri for _, _, one in listed.objects)])
        try:
            self._take_files(listed.files, progress)
            if listed.addresses or listed.objects:
                self._run(self._take_remote(listed, progress))
        finally:
            self.book.note()
        for tally in self.book.tallies.values():
            tally.require_balance()

    def _take_files(self, files: Sequence[tuple[Source, Found]], progress: Progress) -> None:
        known = self._warehouse.known(_frame([file for _, file in files]).unique("source_uri"))
        document_ids = dict(known.select("source_uri", "document_id").iter_rows())
        for source, file in files:
            self._look_for_stop()
            document_id = document_ids[file.uri]
            if file.is_archive:
                self._take_local_archive(source, file)
            elif document_id is not None:
                self.book.unchanged(source, [_seen(file, document_id)])
            else:
                try:
                    document_ids[file.uri] = self._warehouse.archive.put(file.path).document_id
                except OSError as error:
                    self.book.failed(source, str(file.path), Trouble("unreadable", f"cannot be read: {error.strerror}"))
                else:
                    self.book.fetched(source, _seen(file, document_ids[file.uri]))
            progress.advance("collect")
            self.book.note_now_and_then()

    def _take_local_archive(self, source: Source, file: Found) -> None:
        told = Validators(last_modified=f"{file.modified_ns}-{file.byte_count}")
        seen = self.book.held(file.uri)
        if seen and self.book.validators(file.uri) == told:
            self._unchanged(source, seen)
            return
        is_settled = time.time_ns() - file.modified_ns > _SETTLED_NS
        self._take_archive(source, file.uri, self._unpacked(source, file.uri, file.path), told if is_settled else None)

    async def _take_remote(self, listed: Listed, progress: Progress) -> None:
        gate = asyncio.Semaphore(_HOSTS_AT_ONCE)
        by_host: dict[str, list[tuple[WebSource, httpx.URL]]] = {}
        for source, url in listed.addresses:
            by_host.setdefault(origin(url)[1], []).append((source, url))

        async def host(wanted: Sequence[tuple[WebSource, httpx.URL]]) -> None:
            async with gate:
                for source, url in wanted:
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
        uri = str(url)
        seen = self.book.held(uri)
        if seen and (self.book.was_asked_now(uri) or self.book.was_asked_within(uri, source.min_interval_hours)):
            self._unchanged(source, seen)
            return
        known = (self.book.validators(uri) if seen else None) or Validators()
        await self._fetch(source, uri, seen, lambda path: download(self.web, source, url, path, known))

    async def _take_object(self, source: S3Source, stores: Stores, wanted: Object) -> None:
        seen = self.book.held(wanted.uri)
        is_known = self.book.validators(wanted.uri) == wanted.validators
        if seen and (is_known or self.book.was_asked_within(wanted.uri, source.min_interval_hours)):
            self._unchanged(source, seen)
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
            except Trouble as trouble:
                self.book.failed(source, readable(uri), trouble)
                return
            if got is None:
                self._unchanged(source, seen)
                if source.min_interval_hours:
                    self.book.asked_again(uri)
            elif got.content == "zip":
                unpacked = await asyncio.to_thread(self._unpacked, source, uri, path)
                self._take_archive(source, uri, unpacked, got.validators)
            else:
                archived = await asyncio.to_thread(self._warehouse.archive.put, path)
                new = Seen(uri, archived.document_id, got.file_name, archived.byte_count)
                self.book.fetched(source, new)
                self.book.asked(uri, "pdf", got.byte_count, got.validators, [new])
        self.book.note_now_and_then()

    def _unchanged(self, source: Source, seen: Sequence[Seen]) -> None:
        """What stands for one thing listed is as it was: itself, or all members of an archive."""
        self.book.tally(source).listed += len(seen) - 1
        self.book.unchanged(source, seen)

    def _unpacked(self, source: Source, uri: str, path: Path) -> Unpacked:
        """Put the PDFs of an archive into ours."""
        limits = Limits(source.max_mb * _MB, source.max_unpacked_mb * _MB, source.max_members)
        unpacked = Unpacked(path.stat().st_size, [], [])
        try:
            with os_errors_explained("unpack an archive", Path(tempfile.gettempdir())):
                for member in unpack(path, limits):
                    self._look_for_stop()
                    if isinstance(member, LostMember):
                        unpacked.lost.append((f"#{member.name}", Trouble(member.code, member.message)))
                        continue
                    archived = self._warehouse.archive.put(member.path)
                    name = member.name.rpartition("/")[2]
                    place = f"{uri}#{quote(member.name)}"
                    unpacked.seen.append(Seen(place, archived.document_id, name, archived.byte_count))
        except Trouble as trouble:
            unpacked.lost.append(("", trouble))
        if not unpacked.seen and not unpacked.lost:
            unpacked.lost.append(("", Trouble("no_pdf", "there is no *.pdf file in this archive")))
        return unpacked

    def _take_archive(self, source: Source, uri: str, unpacked: Unpacked, told: Validators | None) -> None:
        """Count an archive as its PDFs; it is asked for whole again as long as one of them is lost."""
        self.book.tally(source).listed += len(unpacked.seen) + len(unpacked.lost) - 1
        for seen in unpacked.seen:
            self.book.fetched(source, seen)
        for place, trouble in unpacked.lost:
            self.book.failed(source, readable(uri) + place, trouble)
        if not unpacked.lost and told is not None:
            self.book.asked(uri, "zip", unpacked.byte_count, told, unpacked.seen)

    # ---- the event loop

    @property
    def web(self) -> Web:
        """The web client, made when it is first needed."""
        if self._web is None:
            self._web = self._make_web()
        return self._web

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        self._runner.run(self._unless_stopped(work))

    async def _unless_stopped(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        while not (await asyncio.wait({task}, timeout=_LOOK_SECONDS))[0]:
            if self._stop.is_set():
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
                raise Interrupted("collecting was ended")
        task.result()

    def _look_for_stop(self) -> None:
        if self._stop.is_set():
            raise Interrupted("collecting was ended")


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


def _seen(file: Found, document_id: str) -> Seen:
    return Seen(file.uri, document_id, file.path.name, file.byte_count, file.modified_ns)


def _frame(found: Sequence[Found]) -> pl.DataFrame:
    return pl.DataFrame(
        [(f.uri, f.byte_count, f.modified_ns) for f in found],
        schema={"source_uri": pl.String, "byte_count": pl.Int64, "mtime_ns": pl.Int64},
        orient="row",
    )
