"""What sets two releases apart, form by form and in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from flows.reports.labels import code_label, column_label, record_label
from warehouse import contract
from warehouse.contract.metadata import column_metadata
from warehouse.contract.vocabulary import PLACES
from warehouse.releases.diff import diff_tables, schema_changes
from warehouse.releases.release import Release

MOST_FIELDS: Final = 40
"""Changed values that are listed of a form; the rest is counted."""

KINDS: Final = ("now_held", "now_published", "gone", "new", "changed")
"""What may have become of a form, in the order of the list."""

_TABLES: Final = ("forms", "funding", "indicators")
_FOLLOWS: Final = re.compile(r"_base$")
"""Columns that only follow another one."""
_OPENING: Final = r"^[^：:]*[：:]\s*"
_FINDING: Final = ("form_id", "rule_id", "table_name", "record_id")


@dataclass(slots=True)
class FormChange:
    """What became of one form.

    Attributes:
        form_id: The form.
        kind: One of `KINDS`.
        status: How it stands now, or stood last: `published` or `held`.
        about: Year, unit and file, joined by ' · '.
        project: Name of the project; '' where none is printed.
        records: Lines of money and indicators that were added or removed: `is_added`, `name`.
        fields: Values that changed: `record` ('' for the form itself), `column`, `before`, `after`; null is a blank.
        more: How many changed values are left out.
        found: Findings that are new: `rule_id`, `severity`, `message`.
        settled: Findings that are there no more.
    """

    form_id: str
    kind: str
    status: str
    about: str
    project: str
    records: list[dict[str, Any]] = field(default_factory=list)
    fields: list[dict[str, Any]] = field(default_factory=list)
    more: int = 0
    found: list[dict[str, Any]] = field(default_factory=list)
    settled: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Differences:
    """Two releases compared.

    Attributes:
        forms: Those that changed, in the order of `KINDS`.
        documents: Documents without a form that came, went or have another status: `file_name`, `before`, `after`
            (names of the status; null: it is not there).
        columns: How many columns of the tables were added, removed or have another type.
    """

    forms: list[FormChange]
    documents: list[dict[str, Any]]
    columns: int


def differences(before: Release, after: Release, language: str) -> Differences:
    """Compare two releases. Files that both have are not read.

    Args:
        before: The older release.
        after: The newer release.
        language: `en` or `zh`.
    """
    return Differences(
        forms=_forms(before, after, language),
        documents=_documents(before, after, language),
        columns=schema_changes(before, after).height,
    )


def _own_files(release: Release, other: Release, place: str, table: str) -> list[str]:
    """Return the files of a table that only one of two releases has: a name stands for the same bytes in both."""
    named = [{file["path"] for file in r.manifest["tables"][f"{place}/{table}"]["files"]} for r in (release, other)]
    return [f"{release.location}/{path}" for path in sorted(named[0] - named[1])]


def _own_rows(release: Release, other: Release, table: str) -> pl.DataFrame:
    """Return the rows of a table in files that the other release does not have, with `place`."""
    parts = [
        pl.scan_parquet(files).with_columns(place=pl.lit(place)).collect()
        for place in PLACES
        if f"{place}/{table}" in release.manifest["tables"]
        and f"{place}/{table}" in other.manifest["tables"]
        and (files := _own_files(release, other, place, table))
    ]
    empty = contract.empty(contract.TABLES[table]).with_columns(place=pl.lit("", pl.String))
    return pl.concat(parts, how="diagonal_relaxed") if parts else empty


def _forms(before: Release, after: Release, language: str) -> list[FormChange]:
    then, now = _all_forms(before), _all_forms(after)
    file_names = _file_names(before) | _file_names(after)
    changes: dict[str, FormChange] = {}
    old, new = ({row["form_id"]: row for row in rows.iter_rows(named=True)} for rows in (then, now))
    for form_id in [*new, *(one for one in old if one not in new)]:
        was, is_now = old.get(form_id), new.get(form_id)
        row = is_now or was
        assert row is not None
        about = (row["fiscal_year"], row["implementing_unit"] or row["department"], file_names.get(row["document_id"]))
        changes[form_id] = FormChange(
            form_id=form_id,
            kind=_kind(was, is_now),
            status="published" if row["place"] == "published" else "held",
            about=" · ".join(str(part) for part in about if part),
            project=row["project_name"] or "",
        )
    _add_fields(changes, before, after, language)
    _add_findings(changes, before, after, language)
    changed = [one for one in changes.values() if one.kind != "changed" or _says_something(one)]
    return sorted(changed, key=lambda one: (KINDS.index(one.kind), one.about, one.form_id))


def _all_forms(release: Release) -> pl.DataFrame:
    """Return what each form of a release is called, with `place`."""
    columns = ("form_id", "document_id", "fiscal_year", "implementing_unit", "department", "project_name")
    return pl.concat([release.scan("forms", place).select(*columns, place=pl.lit(place)) for place in PLACES]).collect()


def _kind(was: dict[str, Any] | None, is_now: dict[str, Any] | None) -> str:
    if was is None or is_now is None:
        return "new" if was is None else "gone"
    if was["place"] == is_now["place"]:
        return "changed"
    return "now_published" if is_now["place"] == "published" else "now_held"


def _says_something(change: FormChange) -> bool:
    return bool(change.records or change.fields or change.found or change.settled)


def _file_names(release: Release) -> dict[str, str]:
    return dict(release.scan("documents").select("document_id", "file_name").collect().iter_rows())


def _add_fields(changes: dict[str, FormChange], before: Release, after: Release, language: str) -> None:
    """Note the values that changed in forms that both releases have."""
    for table in _TABLES:
        key = contract.TABLES[table].primary_key()
        then, now = (_own_rows(*pair, table).drop("place") for pair in ((before, after), (after, before)))
        names = _record_names(table, then) | _record_names(table, now)
        for row in diff_tables(then, now, key).iter_rows(named=True):
            change = changes.get(re.sub(r"-[fi][0-9]+$", "", row["key"]))
            if change is None or change.kind in ("new", "gone") or _FOLLOWS.search(row["column_name"] or ""):
                continue
            record = "" if table == "forms" else f"{record_label(table, language)} {names[row['key']]}"
            if row["change"] != "changed":
                change.records.append({"is_added": row["change"] == "added", "name": record})
            elif len(change.fields) < MOST_FIELDS:
                column = row["column_name"]
                change.fields.append(
                    {
                        "record": record,
                        "column": column_label(table, column, language),
                        **{side: _value(table, column, row[side], language) for side in ("before", "after")},
                    }
                )
            else:
                change.more += 1


def _record_names(table: str, rows: pl.DataFrame) -> dict[str, str]:
    """Return what each record is called: its number, and its own name where it has one."""
    if table == "forms":
        return {}
    number, name = ("line_number", "source_label") if table == "funding" else ("indicator_number", "indicator_name")
    key = contract.TABLES[table].primary_key()[0]
    named = rows.select(key, pl.concat_str([pl.col(number).cast(pl.String), name], separator=" ", ignore_nulls=True))
    return dict(named.iter_rows())


def _value(table: str, column: str, value: str | None, language: str) -> str | None:
    """Return a value that a comparison gives as text, codes by their labels."""
    known = column_metadata(table).get(column, {})
    return code_label(known["list"], value, language) if value is not None and "list" in known else value


def _add_findings(changes: dict[str, FormChange], before: Release, after: Release, language: str) -> None:
    """Note the findings that came and went, of forms that both releases have or that are new."""
    then, now = (_failed(release) for release in (before, after))
    message = pl.col("message" if language == "zh" else "message_en").str.replace(_OPENING, "")
    for rows, others, name in ((now, then, "found"), (then, now, "settled")):
        fresh = rows.join(others.select(_FINDING), on=_FINDING, how="anti", nulls_equal=True)
        shown = fresh.select("form_id", "rule_id", pl.col("severity").cast(pl.String), message=message)
        for row in shown.sort("form_id", "rule_id", "message").iter_rows(named=True):
            change = changes.get(row["form_id"])
            if change is not None and change.kind != "gone":
                getattr(change, name).append({key: row[key] for key in ("rule_id", "severity", "message")})


def _failed(release: Release) -> pl.DataFrame:
    return release.scan("checks").filter(pl.col("status") == "fail", pl.col("form_id") != "").collect()


def _documents(before: Release, after: Release, language: str) -> list[dict[str, Any]]:
    """List the documents without a form that came, went, or fared otherwise."""
    columns = ("document_id", "file_name", pl.col("status").cast(pl.String))
    then, now = (release.scan("documents").select(columns).collect() for release in (before, after))
    both = now.join(then, on="document_id", how="full", coalesce=True, suffix="_then")
    has_form = ("published", "quarantined", "partly_published")
    differs = both.filter(
        pl.col("status").ne_missing(pl.col("status_then")),
        ~(pl.col("status").fill_null("published").is_in(has_form))
        | ~(pl.col("status_then").fill_null("published").is_in(has_form)),
    )
    return list(_named(differs.sort("file_name", "document_id", nulls_last=True), language))


def _named(rows: pl.DataFrame, language: str) -> Iterator[dict[str, Any]]:
    for row in rows.iter_rows(named=True):
        yield {
            "file_name": row["file_name"] or row["file_name_then"],
            **{
                side: None if row[column] is None else code_label("document_status", row[column], language)
                for side, column in (("before", "status_then"), ("after", "status"))
            },
        }
