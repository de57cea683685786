"""What a run finds in its sources, counted by source and noted in the ledger as it goes."""

from __future__ import annotations

import time
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from flows.collecting.content_type import Content, Validators
from flows.collecting.files import place_below
from flows.collecting.problems import SourceProblem, Unavailable
from flows.config.addresses import without_secrets
from flows.config.sources import FilesSource, Source
from warehouse import contract
from warehouse.contract.ledger_tables import Fetches
from warehouse.errors import AccountDoesNotBalance
from warehouse.warehouse import Warehouse

_MOST_UNNOTED: Final = 2000
_LONGEST_UNNOTED_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A document at a place, as a sighting records it."""

    uri: str
    document_id: str
    file_name: str
    byte_count: int
    mtime_ns: int | None = None


@dataclass(slots=True)
class Tally:
    """What became of what a source listed: listed = fetched + unchanged + failed.

    Attributes:
        source: The source.
        listed: PDFs that it has; an archive that cannot be opened counts as one.
        fetched: Of these, archived now: new, changed or in doubt.
        unchanged: Of these, known and as they were.
        failed: Of these, those that could not be fetched.
        is_whole: All that the source names could be listed.
        problem: The first problem.
        document_ids: The documents that it has now.
    """

    source: Source
    listed: int = 0
    fetched: int = 0
    unchanged: int = 0
    failed: int = 0
    is_whole: bool = True
    problem: str | None = None
    document_ids: set[str] = field(default_factory=set)

    def require_balance(self) -> None:
        """Refuse an account that does not add up.

        Raises:
            AccountDoesNotBalance: It does not.
        """
        if self.listed != self.fetched + self.unchanged + self.failed:
            raise AccountDoesNotBalance(
                f"source {self.source.label}: listed {self.listed}, but fetched {self.fetched}, unchanged "
                f"{self.unchanged}, failed {self.failed}: a fault of the program, please report it"
            )


class Book:
    """The account of one run's collecting. Not for many threads at once.

    What was fetched reaches the ledger every two thousand files or half a minute, so that a run which is killed does
    not fetch it again.
    """

    def __init__(self, warehouse: Warehouse, started_at: datetime) -> None:
        self._warehouse = warehouse
        self._started_at = started_at
        self._sightings: list[tuple[Source, Seen]] = []
        self._unchanged: list[tuple[Source, Seen]] = []
        self._held: dict[str, list[Seen]] = {}
        self._fetches: list[tuple[Any, ...]] = []
        self._noted_at = time.monotonic()
        known = warehouse.ledger.fetches().iter_rows(named=True)
        self._known = {row["source_uri"]: row for row in known}
        self.tallies: dict[str, Tally] = {}
        self.problems: list[SourceProblem] = []
        self.uris: set[str] = set()

    def tally(self, source: Source) -> Tally:
        """Return the counts of a source; all that was given to the run without a name counts together."""
        return self.tallies.setdefault(source.name, Tally(source))

    # ---- what is known

    def validators(self, uri: str) -> Validators | None:
        """Return what identifies the newest version of an address; null: it was never fetched."""
        row = self._known.get(uri)
        return Validators(row["etag"], row["last_modified"]) if row else None

    def was_asked_within(self, uri: str, hours: float) -> bool:
        """Return whether an address was asked for a short time ago."""
        row = self._known.get(uri)
        return row is not None and self._started_at - row["asked_at"] < timedelta(hours=hours)

    def remember(self, uris: Iterable[str]) -> None:
        """Look up what some addresses and archives held when they were last fetched: all that a run lists, at once."""
        places = {uri: _places(self._known[uri]) for uri in uris if uri in self._known}
        columns = ("source_uri", "document_id", "file_name", "byte_count", "mtime_ns")
        frame = self._warehouse.ledger.documents_at([place for known in places.values() for place in known])
        seen = {row[0]: Seen(*row) for row in frame.select(columns).iter_rows()}
        # an archive of which one member is not known any more is not known
        self._held |= {u: [seen[p] for p in known] for u, known in places.items() if seen.keys() >= set(known)}

    def held_documents(self) -> dict[str, int]:
        """Return the documents of all addresses and archives that are known, and their bytes."""
        return {one.document_id: one.byte_count for seen in self._held.values() for one in seen}

    def fetch_again(self, document_ids: Collection[str]) -> None:
        """Let addresses and archives that hold one of these documents count as never fetched: our copy is lost."""
        self._held = {u: s for u, s in self._held.items() if not any(one.document_id in document_ids for one in s)}

    def turn(self, uri: str) -> int:
        """Return when an address is asked among those of its host: first what was never fetched, else by the day.

        The order of what is known changes from day to day, so that it is not always the same that the time of a run
        does not suffice for.
        """
        return 1 + zlib.crc32(f"{self._started_at:%Y-%m-%d} {uri}".encode()) if self.held(uri) else 0

    def held(self, uri: str) -> list[Seen]:
        """Return what an address holds as far as it is known: a document, or the members of an archive."""
        return self._held.get(uri, [])

    # ---- what is found

    def listed(self, source: Source, count: int) -> None:
        """Record that a source lists so many more files."""
        self.tally(source).listed += count

    def counts_as(self, source: Source, count: int) -> None:
        """Record that one listed file counts as so many: a ZIP as the PDFs in it."""
        self.tally(source).listed += count - 1

    def fetched(self, source: Source, seen: Seen) -> None:
        """Record that a document was archived."""
        self.tally(source).fetched += 1
        self._sightings.append(self._see(source, seen))

    def unchanged(self, source: Source, seen: Iterable[Seen]) -> None:
        """Record that documents are as they were."""
        for one in seen:
            self.tally(source).unchanged += 1
            sighting = self._see(source, one)
            if source.name or source.region:
                self._unchanged.append(sighting)

    def failed(self, source: Source, place: str, problem: Unavailable) -> None:
        """Record that a listed file could not be fetched."""
        self.tally(source).failed += 1
        self.report(source, place, problem)

    def unlisted(self, source: Source, place: str, problem: Unavailable) -> None:
        """Record that something which the source names cannot be listed."""
        self.not_whole(source)
        self.report(source, place, problem)

    def not_whole(self, source: Source) -> None:
        """Record that not all of what the source names could be listed."""
        self.tally(source).is_whole = False

    def report(self, source: Source, place: str, problem: Unavailable) -> None:
        """Record a problem without counting it."""
        tally = self.tally(source)
        message = without_secrets(problem.message)
        tally.problem = tally.problem or f"{problem.code}: {message}"
        self.problems.append(SourceProblem(without_secrets(place), problem.code, message, source.name))

    def asked(self, uri: str, content: Content, byte_count: int, validators: Validators, seen: Sequence[Seen]) -> None:
        """Record that an address was fetched completely, and what it holds."""
        members = "\n".join(one.uri.removeprefix(f"{uri}#") for one in seen) if content == "zip" else None
        row = (uri, content, members, byte_count, validators.etag, validators.last_modified, self._started_at)
        self._fetches.append(row)
        self._known[uri] = dict(zip(contract.polars_schema(Fetches).names(), row, strict=True))
        self._held[uri] = list(seen)

    def asked_again(self, uri: str) -> None:
        """Record that an address was found unchanged: its next turn depends on when that was."""
        row = self._known[uri]
        validators = Validators(row["etag"], row["last_modified"])
        self.asked(uri, row["content"], row["byte_count"], validators, self.held(uri))

    def was_asked_now(self, uri: str) -> bool:
        """Return whether this run has asked for an address already, for another source."""
        return uri in self._known and self._known[uri]["asked_at"] == self._started_at and uri in self.uris

    def _see(self, source: Source, seen: Seen) -> tuple[Source, Seen]:
        self.tally(source).document_ids.add(seen.document_id)
        self.uris.add(seen.uri)
        return source, seen

    # ---- the ledger

    def note_now_and_then(self) -> None:
        """Write to the ledger when there is much to write, or some for long."""
        is_time = time.monotonic() - self._noted_at > _LONGEST_UNNOTED_SECONDS
        if len(self._sightings) >= _MOST_UNNOTED or (is_time and self._sightings):
            self._note(self._sightings)
            self._sightings = []

    def note(self) -> None:
        """Write all that was found to the ledger."""
        self._note([*self._sightings, *self._unchanged])
        self._sightings, self._unchanged = [], []

    def _note(self, sightings: Sequence[tuple[Source, Seen]]) -> None:
        """Write sightings first, so that a fetch never stands without them."""
        self._noted_at = time.monotonic()
        if sightings:
            self._warehouse.ledger.add_sightings(_sightings(sightings), seen_at=self._started_at)
        fetches, self._fetches = self._fetches, []
        if fetches:
            schema = contract.polars_schema(Fetches)
            rows = [dict(zip(schema, row, strict=True)) for row in fetches]
            frame = pl.DataFrame(rows, schema=dict(schema))
            self._warehouse.ledger.add_fetches(frame.unique("source_uri", keep="last", maintain_order=True))


def _places(fetch: Mapping[str, Any]) -> list[str]:
    """Return where the documents of a fetch were seen."""
    uri: str = fetch["source_uri"]
    return [uri] if fetch["members"] is None else [f"{uri}#{member}" for member in fetch["members"].splitlines()]


def _sightings(found: Sequence[tuple[Source, Seen]]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            (
                source.name or None,
                seen.uri,
                seen.document_id,
                seen.file_name,
                seen.byte_count,
                seen.mtime_ns,
                place_below(tuple(source.paths), seen.uri) if isinstance(source, FilesSource) else None,
                None if source.name else source.region,
            )
            for source, seen in found
        ],
        schema={
            "source": pl.String,
            "source_uri": pl.String,
            "document_id": pl.String,
            "file_name": pl.String,
            "byte_count": pl.Int64,
            "mtime_ns": pl.Int64,
            "place": pl.String,
            "region": pl.String,
        },
        orient="row",
    )
