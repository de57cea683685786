"""Where what a run finds is put: PDFs into the archive, counts and places into the book."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Final
from urllib.parse import quote

from flows.collecting.book import Book, Seen
from flows.collecting.content_type import Validators
from flows.collecting.encodings import readable
from flows.collecting.portfolios import attached
from flows.collecting.problems import Unavailable
from flows.collecting.zips import LostMember, Member, ZipLimits, unpack
from flows.config.addresses import without_secrets
from flows.config.sources import Source
from flows.stopping import Stop
from warehouse.errors import os_errors_explained
from warehouse.storage.archive import Archive

_MB: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The PDFs of a ZIP archive: those that are archived now, and where and why others are lost."""

    byte_count: int
    seen: list[Seen]
    lost: list[tuple[str, Unavailable]]


class Shelf:
    """The archive and the book of a run; knows when the run ends.

    Args:
        archive: Where PDFs go.
        book: Where they are counted and noted.
        stop: Looked at after each member of a ZIP file.
    """

    def __init__(self, archive: Archive, book: Book, stop: Stop) -> None:
        self.archive = archive
        self.book = book
        self.stop = stop

    def unchanged(self, source: Source, seen: Sequence[Seen]) -> None:
        """Record a listed file, or every member of a ZIP, as unchanged."""
        self.book.counts_as(source, len(seen))
        self.book.unchanged(source, seen)

    def unpacked(self, source: Source, uri: str, path: Path, cover: str | None = None) -> Unpacked:
        """Put the PDFs of an archive into ours.

        Args:
            source: Of the archive; it says how much one may hold.
            uri: Where the archive is.
            path: Its file.
            cover: The name of a portfolio, which is one of its own documents; null: it is a ZIP archive.
        """
        limits = ZipLimits(source.max_mb * _MB, source.max_unpacked_mb * _MB, source.max_members)
        unpacked = Unpacked(path.stat().st_size, [], [])
        taken: set[str] = set()
        try:
            with os_errors_explained("unpack an archive", Path(tempfile.gettempdir())):
                for member in unpack(path, limits) if cover is None else self._of_portfolio(path, cover, limits):
                    self.stop.check()
                    known_as = without_secrets(member.name)  # a file that was saved from an address may be named for it
                    if isinstance(member, LostMember):
                        unpacked.lost.append((f"#{known_as}", Unavailable(member.code, member.message)))
                        continue
                    archived = self.archive.put(member.path)
                    name = known_as.rpartition("/")[2]
                    place = _unused(f"{uri}#{quote(known_as)}", taken)
                    taken.add(place)
                    unpacked.seen.append(Seen(place, archived.document_id, name, archived.byte_count))
        except Unavailable as problem:
            unpacked.lost.append(("", problem))
        if not unpacked.seen and not unpacked.lost:
            unpacked.lost.append(("", Unavailable("no_pdf", "there is no *.pdf file in this archive")))
        return unpacked

    def _of_portfolio(self, path: Path, cover: str, limits: ZipLimits) -> Iterator[Member | LostMember]:
        yield Member(cover, path, path.stat().st_size)
        yield from attached(path, limits, self.stop)

    def take_archive(self, source: Source, uri: str, unpacked: Unpacked, validators: Validators | None) -> None:
        """Count an archive as its PDFs; it is asked for whole again as long as one of them is lost."""
        self.book.counts_as(source, len(unpacked.seen) + len(unpacked.lost))
        for seen in unpacked.seen:
            self.book.fetched(source, seen)
        for place, problem in unpacked.lost:
            self.book.failed(source, readable(uri) + place, problem)
        if not unpacked.lost and validators is not None:
            self.book.asked(uri, "zip", unpacked.byte_count, validators, unpacked.seen)


def _unused(place: str, taken: Collection[str]) -> str:
    """Return the place of a member, with a number where members before it have the same name: each is a document."""
    numbered = (f"{place}~{number}" for number in count(2))
    return next(name for name in chain((place,), numbered) if name not in taken)
