"""The ledger's own tables. What is derived from documents has its contract in `warehouse.contract`.

Every ledger table also has a `batch_id`: the append that wrote the row. Batch ids sort by age, whatever the clock
says, so that the newest row of a document is the one with the greatest `batch_id`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import dataframely as dy
import polars as pl

from warehouse import contract
from warehouse.contract.columns import DOCUMENT_ID, FORM_ID, closed, count, instant, text
from warehouse.contract.vocabulary import FETCHED, SOURCE_STATES

BATCH_ID: Final = "batch_id"


class Sightings(dy.Schema):
    """One row for each time that a file was found new or changed at a place."""

    document_id = text(DOCUMENT_ID, null=False)
    source_uri = text("where the file was seen", null=False)
    file_name = text("name of the file, as the server gives it, else the last part of source_uri", null=False)
    byte_count = dy.Int64(description="size of the file", metadata={"unit": "bytes"})
    mtime_ns = dy.Int64(
        nullable=True, description="last change as the source gives it, nanoseconds since 1970; null: it gives none"
    )
    seen_at = instant("when it was seen")
    is_settled = dy.Bool(
        description="the file was old enough when it was hashed that a later change must change its time"
    )
    source = text("name of the source in sources.toml; null: a path or address given to a run")
    place = text("path below its source, as it is published; null: source_uri is an address, or it was not recorded")
    region = text("region that the run was given for it (--region); null: none")


class Fetches(dy.Schema):
    """One row for each time that an address, an object or a ZIP was fetched completely, or requested without success.

    The newest row of an address is what the next run asks by: has it changed since?
    """

    source_uri = text("the address, object or archive", null=False)
    content = closed(FETCHED, "what it held: a PDF, or a ZIP archive whose members have sightings", null=False)
    members = text("of an archive: the addresses of its PDFs without its own and #, one a line; null for a PDF")
    byte_count = dy.Int64(description="size", metadata={"unit": "bytes"})
    etag = text("ETag that came with it; null: none")
    last_modified = text("Last-Modified that came with it, as sent; a file's time in nanoseconds; null: none")
    asked_at = instant("when it was fetched, or last found unchanged")


class SourceRuns(dy.Schema):
    """One row for each named source and run: what it listed, and what became of that.

    The account: listed = fetched + unchanged + failed.
    """

    run_id = text("the run", null=False)
    source_name = text("name in sources.toml", null=False)
    kind = text("files, urls, index or s3", null=False)
    region = text("region that the source is for")
    default_department = text("department of its forms, as the source file states it")
    expected_days = count("something new is expected at least this often; null: not recorded", "days", null=True)
    listed = count("PDFs that it listed", "documents")
    fetched = count("of these, fetched completely and archived: new, changed or in doubt", "documents")
    unchanged = count("of these, known and not changed", "documents")
    failed = count("of these, those that could not be fetched", "documents")
    state = closed(SOURCE_STATES, "state after the run", null=False)
    problem = text("first problem of the run, code and sentence; null: none")
    seen_at = instant("start of the run")


class Readings(dy.Schema):
    """One row for each time that a document was read. Written after its cells: cells without it do not count."""

    document_id = text(DOCUMENT_ID, key=True)
    page_count = count("pages; null when the file could not be opened", "pages", null=True)
    reader = text("feed that read the pages; null when nothing could be read")
    reader_version = text("version of the reader")
    reason = text("why the document could not be read; null when it was")
    cell_count = count("rows in cells", "cells")
    page_marks = text(
        "what became of each page, as the reader wrote it; null: not recorded, as by readers before 1.4.0"
    )
    modified_at = instant("when the PDF says that it was last changed, or else made; null: it does not say", null=True)
    read_at = instant("when it was read")
    run_id = text("run that read it; null: not recorded")


class Derivations(dy.Schema):
    """One row for each time that rows were derived from a reading. Written last: rows without it do not count."""

    document_id = text(DOCUMENT_ID, key=True)
    reading_id = text("batch_id of the reading that the rows were derived from", null=False)
    derive_version = text("version of all that turns cells into rows", null=False)
    form_count = count("forms found in the document", "forms")
    reason = text(
        "why nothing could be derived; for a document without any form no_form and its kind; null: it has forms"
    )
    derived_at = instant("when the rows were derived")
    run_id = text("run that derived them; null: not recorded")


class Absences(dy.Schema):
    """One row for each time that a document was found gone from a named source, or back in it. The newest row counts.

    Only runs that could list all of a source, and fetch all that it listed, find anything gone.
    """

    source_name = text("name in sources.toml", null=False)
    document_id = text(DOCUMENT_ID, null=False)
    is_absent = dy.Bool(nullable=False, description="gone; false: back again")
    found_at = instant("start of the run that found it so")


class Forgotten(dy.Schema):
    """One row for each time that a person took a document out of publication, or put it back. The newest row counts."""

    document_id = text(DOCUMENT_ID, null=False)
    is_forgotten = dy.Bool(nullable=False, description="taken out of publication; false: put back")
    reason = text("why", null=False)
    decided_at = instant("when")


class Runs(dy.Schema):
    """One row for each state of a run: started, then how it ended."""

    run_id = text("the run", null=False)
    kind = text("ingest, backfill, ...", null=False)
    state = text(
        "running, completed, failed, cancelled (ended from outside), crashed (killed: recorded by the next run)",
        null=False,
    )
    started_at = instant("start of the run")
    finished_at = instant("end of the run; null while it runs", null=True)
    release_id = text("release that the run published, or found unchanged; null: none")
    summary = text("what the run did, as JSON; null while it runs")
    request = text("what the run was asked to do, as JSON; null: not recorded")


class Events(dy.Schema):
    """One row for each thing that happened to a document or a form and that a person may want to know later."""

    at = instant("when it happened")
    kind = text(
        "revision: published again with other figures; duplicate: same form in another document; "
        "released: was held back, is published now; held: was published, is held back now; withdrawn: no longer there; "
        "source_overdue, source_shrinking, source_failing, source_fresh: a source came into this state; "
        "pinned: rolled back to; unpinned: the newest release is shown again; "
        "source_withdrawn: no longer at its source, taken away or replaced there; source_returned: back there; "
        "forgotten: taken out of publication by a person; restored: put back",
        null=False,
    )
    run_id = text("run in which it happened, if recorded")
    release_id = text("release that it came with; null when it is not about a release")
    document_id = text(DOCUMENT_ID)
    form_id = text(FORM_ID)
    other_form_id = text("the form that it gave way to, or that took its place; null when there is none")
    message = text("one sentence", null=False)


DERIVED_TABLES: Final[dict[str, type[dy.Schema]]] = {
    **contract.FORM_TABLES,
    "pages": contract.Pages,
    "checks": contract.Checks,
    "rule_counts": contract.RuleCounts,
}
"""What a derivation writes; in the ledger each is named derived_<name>."""

LEDGER_TABLES: Final[dict[str, type[dy.Schema]]] = {
    "sightings": Sightings,
    "fetches": Fetches,
    "source_runs": SourceRuns,
    "readings": Readings,
    "cells": contract.Cells,
    "derivations": Derivations,
    **{f"derived_{name}": table for name, table in DERIVED_TABLES.items()},
    "absences": Absences,
    "forgotten": Forgotten,
    "runs": Runs,
    "events": Events,
}


def stored_schema(name: str) -> pl.Schema:
    """Return the Polars schema of a ledger table as stored: closed lists as text, and the `batch_id`.

    Example:
        >>> stored_schema("derived_funding")["source_type"], stored_schema("derived_funding")["batch_id"]
        (String, String)
    """
    schema = {
        column: pl.String() if isinstance(dtype, pl.Enum) else dtype
        for column, dtype in contract.polars_schema(LEDGER_TABLES[name]).items()
    }
    return pl.Schema({**schema, BATCH_ID: pl.String()})


def events_of(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Return rows of `Events` that are given by what they have; the rest of their columns is null.

    Example:
        >>> events_of([{"kind": "forgotten"}]).select("kind", "run_id").rows()
        [('forgotten', None)]
    """
    schema = contract.polars_schema(Events)
    return pl.DataFrame([dict.fromkeys(schema) | dict(row) for row in rows], schema=dict(schema))
