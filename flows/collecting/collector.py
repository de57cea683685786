"""All sources of a run, listed and then taken: local files here, the web and object stores by `remote`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import polars as pl

from flows.collecting.book import Book, Seen
from flows.collecting.content_type import Validators
from flows.collecting.encodings import local_name
from flows.collecting.files import Found, find
from flows.collecting.portfolios import is_portfolio
from flows.collecting.problems import Unavailable, not_handled
from flows.collecting.shelf import Shelf
from flows.config.sources import FilesSource, RemoteSource, Source
from flows.progress import Progress
from flows.stopping import Stop
from warehouse.ledger.ledger import SETTLED_NS
from warehouse.warehouse import Warehouse

if TYPE_CHECKING:
    from flows.collecting.remote import Remote, RemoteListed
    from flows.collecting.web import Web


@dataclass(frozen=True, slots=True)
class Listed:
    """What the sources of a run have, before any of it is taken. `remote` is null when none is on the web or in S3."""

    files: list[tuple[Source, Found]]
    remote: RemoteListed | None

    @property
    def count(self) -> int:
        """How many files, addresses and objects there are."""
        return len(self.files) + (len(self.remote) if self.remote else 0)


class Collector:
    """Lists sources, then takes what is new or changed into the archive; a context manager.

    Args:
        warehouse: Where PDFs and sightings go.
        started_at: Start of the run.
        stop: Looked at after each file, and ten times a second while the web is asked.
        make_web: Makes the web client, in place of the usual one.
        verify: Trust no file's size and time: hash all of them, and their copies in the archive.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        started_at: datetime,
        stop: Stop | None = None,
        make_web: Callable[[], Web] | None = None,
        *,
        verify: bool = False,
    ) -> None:
        self.book = Book(warehouse, started_at)
        self._warehouse = warehouse
        self._shelf = Shelf(warehouse.archive, self.book, stop or Stop())
        self._make_web = make_web
        self._verify = verify
        self._stack = ExitStack()
        self._remote: Remote | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *about: Any) -> None:
        self._stack.close()

    def list_sources(self, sources: Sequence[Source], progress: Progress) -> Listed:
        """List the files, addresses and objects of the sources; what cannot be listed is recorded in the book.

        Raises:
            Interrupted: The run ends.
        """
        for source in sources:
            self.book.tally(source)
        files = self._list_files(sources)
        remote = [source for source in sources if isinstance(source, RemoteSource)]
        if not remote:
            return Listed(files, None)
        labels = ", ".join(source.label for source in remote[:3]) + (", ..." if len(remote) > 3 else "")
        with progress.waiting(f"{labels} to be listed"):
            return Listed(files, self.remote.list_sources(remote))

    def probe(self, listed: Listed, most: int) -> None:
        """Ask for the first bytes of some addresses of each source, and report what fails; nothing is kept."""
        if listed.remote:
            self.remote.probe(listed.remote, most)

    def take(self, listed: Listed, progress: Progress) -> None:
        """Take what is new or changed into the archive, and note all that is there in the ledger.

        Raises:
            Interrupted: The run ends; what was taken by now is noted.
            WarehouseError: The warehouse cannot be written.
        """
        archives = [file.uri for _, file in listed.files]  # any PDF may be a portfolio
        self.book.remember([*archives, *(listed.remote.uris() if listed.remote else ())])
        self.book.fetch_again(self._lost(self.book.held_documents()))
        try:
            self._take_files(listed.files, progress)
            if listed.remote:
                self.remote.take(listed.remote, progress)
        finally:
            self.book.note()
        for tally in self.book.tallies.values():
            tally.require_balance()

    @property
    def remote(self) -> Remote:
        """What asks the web and object stores; its modules are imported when it is first needed."""
        if self._remote is None:
            from flows.collecting.remote import Remote
            from flows.collecting.web import Web

            self._remote = self._stack.enter_context(Remote(self._shelf, self._make_web or Web))
        return self._remote

    def _list_files(self, sources: Sequence[Source]) -> list[tuple[Source, Found]]:
        listed: list[tuple[Source, Found]] = []
        taken: set[tuple[str, Path]] = set()
        for source in sources:
            if not isinstance(source, FilesSource):
                continue
            found, problems = find(source.paths, follow_links=source.follow_links)
            for problem in problems:
                self.book.unlisted(source, local_name(problem.source), Unavailable(problem.code, problem.message))
            for file in found:
                if (source.name, file.path) not in taken:
                    taken.add((source.name, file.path))
                    listed.append((source, file))
                    self.book.listed(source, 1)
        return listed

    def _take_files(self, files: Sequence[tuple[Source, Found]], progress: Progress) -> None:
        listed = _frame([file for _, file in files]).unique("source_uri")
        known = self._warehouse.ledger.known(listed).drop_nulls("document_id")
        lost = self._lost(dict(known.select("document_id", "byte_count").iter_rows()))
        is_whole = ~pl.col("document_id").is_in(lost) & pl.lit(not self._verify)
        document_ids = dict(known.filter(is_whole).select("source_uri", "document_id").iter_rows())
        for source, file in files:
            self._shelf.stop.check()
            document_id = document_ids.get(file.uri)
            if document_id is not None and not file.is_archive:
                self.book.unchanged(source, [_seen(file, document_id)])
            else:
                try:
                    if file.is_archive or is_portfolio(file.path):
                        self._take_local_archive(source, file)
                    else:
                        document_ids[file.uri] = self._warehouse.archive.put(file.path).document_id
                        self.book.fetched(source, _seen(file, document_ids[file.uri]))
                except OSError as error:
                    problem = Unavailable("unreadable", f"cannot be read: {error.strerror or error}")
                    self.book.failed(source, local_name(str(file.path)), problem)
                except Exception as error:  # a file costs itself, not the others
                    self.book.failed(source, local_name(str(file.path)), not_handled(error))
            progress.advance("collect")
            self.book.note_now_and_then()

    def _lost(self, byte_counts: Mapping[str, int]) -> set[str]:
        """Return which documents the archive lacks: those are taken again, although their source has not changed.

        By the size of the files; when nothing is to be trusted, by their sha256, and damaged files are moved aside.
        """
        if not self._verify:
            return self._warehouse.archive.lost(byte_counts)
        damaged = self._warehouse.archive.damaged(byte_counts)
        self._warehouse.archive.set_aside(damaged)
        return set(damaged)

    def _take_local_archive(self, source: Source, file: Found) -> None:
        validators = Validators(last_modified=f"{file.modified_ns}-{file.byte_count}")
        seen = self.book.held(file.uri)
        if seen and self.book.validators(file.uri) == validators:
            self._shelf.unchanged(source, seen)
            return
        is_settled = time.time_ns() - file.modified_ns > SETTLED_NS
        unpacked = self._shelf.unpacked(source, file.uri, file.path, None if file.is_archive else file.name)
        self._shelf.take_archive(source, file.uri, unpacked, validators if is_settled else None)


def _seen(file: Found, document_id: str) -> Seen:
    return Seen(file.uri, document_id, file.name, file.byte_count, file.modified_ns)


def _frame(found: Sequence[Found]) -> pl.DataFrame:
    return pl.DataFrame(
        [(f.uri, f.byte_count, f.modified_ns) for f in found],
        schema={"source_uri": pl.String, "byte_count": pl.Int64, "mtime_ns": pl.Int64},
        orient="row",
    )
