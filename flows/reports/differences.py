"""What sets two releases apart, form by form and in words, for pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from flows.reports.labels import code_label, column_label, record_label
from warehouse.contract.ids import parse_id
from warehouse.contract.metadata import column_metadata
from warehouse.releases.diff import diff_releases, schema_changes
from warehouse.releases.form_changes import form_changes
from warehouse.releases.identity import CONTENT
from warehouse.releases.release import Release

MOST_FIELDS: Final = 40
"""Changed values that are listed of a form; the rest is counted."""

KINDS: Final = ("held", "released", "revised", "removed", "added", "changed")
"""`form_changes.FORM_CHANGES`, in the order of a page: what matters most first."""

_FOLLOWS: Final = re.compile(r"_base$")
"""Columns that only follow another one."""
_OPENING: Final = r"^[^：:]*[：:]\s*"
_FINDING: Final = ("form_id", "rule_id", "table_name", "record_id")


@dataclass(slots=True)
class FormChange:
    """What became of one form.

    Attributes:
        form_id: The form, in the newer release; in the older one where it was removed.
        kind: One of `KINDS`.
        about: Year and unit, joined by ' · '.
        project: Name of the project; '' where none is printed.
        records: Lines of money and indicators that only one release has: `is_added`, `name`.
        fields: Values that changed: `record` ('' for the form itself), `column`, `before`, `after`; null is a blank.
        more: How many changed values are left out.
        found: Findings that are new: `rule_id`, `severity`, `message`.
        settled: Findings that are there no more.
    """

    form_id: str
    kind: str
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
        columns: Columns of the tables that were added, removed or have another type: `name`, `before`, `after`.
    """

    forms: list[FormChange]
    documents: list[dict[str, Any]]
    columns: list[dict[str, Any]]


def differences(before: Release, after: Release, language: str, forms: pl.DataFrame | None = None) -> Differences:
    """Put into words what sets two releases apart.

    Args:
        before: The older release.
        after: The newer release.
        language: `en` or `zh`.
        forms: `form_changes.form_changes` of the two, where it is known already.
    """
    if forms is None:
        forms = form_changes(before, after, diff_releases(before, after, CONTENT))
    changes = [_form_change(row, language) for row in forms.iter_rows(named=True)]
    _add_findings(changes, forms, before, after, language)
    columns = schema_changes(before, after).select(
        name=pl.concat_str(["table_name", pl.coalesce("column_name", "key")], separator="."),
        before="before",
        after="after",
    )
    return Differences(
        forms=sorted(changes, key=lambda one: KINDS.index(one.kind)),
        documents=_documents(before, after, language),
        columns=columns.to_dicts(),
    )


def _form_change(row: Mapping[str, Any], language: str) -> FormChange:
    about = (row["fiscal_year"], row["implementing_unit"] or row["department"])
    change = FormChange(
        form_id=row["form_id"],
        kind=row["change"],
        about=" · ".join(str(part) for part in about if part),
        project=row["project_name"] or "",
    )
    for one in row["fields"]:
        table, column = one["table_name"], one["column_name"]
        record = _record_name(table, one["record_name"], language)
        if column is None:
            change.records.append({"is_added": one["before"] is None, "name": record})
        elif _FOLLOWS.search(column):
            continue
        elif len(change.fields) < MOST_FIELDS:
            values = {side: _value(table, column, one[side], language) for side in ("before", "after")}
            change.fields.append({"record": record, "column": column_label(table, column, language), **values})
        else:
            change.more += 1
    return change


def _record_name(table: str, name: str | None, language: str) -> str:
    """Return what a record is called: by its own name, or by its number where its id is all that is given."""
    if table == "forms":
        return ""
    known = parse_id(name or "")
    return f"{record_label(table, language)} {known.number if known else name or ''}".strip()


def _value(table: str, column: str, value: str | None, language: str) -> str | None:
    """Return a value that a comparison gives as text, codes by their labels."""
    known = column_metadata(table).get(column, {})
    return code_label(known["list"], value, language) if value is not None and "list" in known else value


def _add_findings(
    changes: list[FormChange], forms: pl.DataFrame, before: Release, after: Release, language: str
) -> None:
    """Note the findings that came and went, of forms that are in the newer release."""
    then, now = (_failed(release) for release in (before, after))
    pairs = forms.filter(pl.col("old_form_id").is_not_null()).select(form_id="old_form_id", new_form_id="form_id")
    then = (
        then.join(pairs, on="form_id", how="left")
        .with_columns(new_form_id=pl.coalesce("new_form_id", "form_id"))
        .with_columns(
            record_id=pl.col("new_form_id") + pl.col("record_id").str.slice(pl.col("form_id").str.len_chars())
        )
        .with_columns(form_id="new_form_id")
    )
    message = pl.col("message" if language == "zh" else "message_en").str.replace(_OPENING, "")
    known = {change.form_id: change for change in changes if change.kind != "removed"}
    for rows, others, name in ((now, then, "found"), (then, now, "settled")):
        fresh = rows.join(others.select(_FINDING), on=_FINDING, how="anti", nulls_equal=True)
        shown = fresh.select("form_id", "rule_id", pl.col("severity").cast(pl.String), message=message)
        for row in shown.sort("form_id", "rule_id", "message").iter_rows(named=True):
            if (change := known.get(row["form_id"])) is not None:
                getattr(change, name).append({key: row[key] for key in ("rule_id", "severity", "message")})


def _failed(release: Release) -> pl.DataFrame:
    return release.scan("checks").filter(pl.col("status") == "fail", pl.col("form_id") != "").collect()


def _documents(before: Release, after: Release, language: str) -> list[dict[str, Any]]:
    """List the documents without a form that came, went, or fared otherwise."""
    columns = ("document_id", "file_name", pl.col("status").cast(pl.String))
    then, now = (release.scan("documents").select(columns).collect() for release in (before, after))
    both = now.join(then, on="document_id", how="full", coalesce=True, suffix="_then")
    has_form = ("published", "quarantined", "partly_published")
    lacks_form = [~pl.col(name).fill_null("published").is_in(has_form) for name in ("status", "status_then")]
    differs = both.filter(pl.col("status").ne_missing(pl.col("status_then")), pl.any_horizontal(lacks_form))
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
