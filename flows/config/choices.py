"""What options, settings and selections may be one of. Imports nothing heavy: `--help` lists them."""

from __future__ import annotations

from enum import StrEnum


class Feed(StrEnum):
    """What reads characters and lines from a page."""

    pdfium = "pdfium"
    pdfplumber = "pdfplumber"


class Runner(StrEnum):
    """Where documents are read, derived and checked."""

    local = "local"
    dask = "dask"


class Language(StrEnum):
    """Language of messages about forms."""

    en = "en"
    zh = "zh"


class ExportFormat(StrEnum):
    """What a release is written as for tools that read no folder of Parquet."""

    duckdb = "duckdb"
    xlsx = "xlsx"
    csv = "csv"
    parquet = "parquet"


class WorkStage(StrEnum):
    """The stages that work through documents, in their order: a backfill may begin at each."""

    read = "read"
    derive = "derive"
    check = "check"


class DocumentStatus(StrEnum):
    """What a document may be in the published release; pending: it is in none yet."""

    published = "published"
    quarantined = "quarantined"
    partly_published = "partly_published"
    no_form = "no_form"
    failed = "failed"
    pending = "pending"


class EventKind(StrEnum):
    """What can happen to a form, a document, a source or the published release: `ledger_tables.Events`."""

    revision = "revision"
    duplicate = "duplicate"
    released = "released"
    held = "held"
    withdrawn = "withdrawn"
    source_overdue = "source_overdue"
    source_shrinking = "source_shrinking"
    source_failing = "source_failing"
    source_fresh = "source_fresh"
    source_withdrawn = "source_withdrawn"
    source_returned = "source_returned"
    pinned = "pinned"
    unpinned = "unpinned"
    forgotten = "forgotten"
    restored = "restored"
