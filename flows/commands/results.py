"""What `--json` prints, command by command: one schema with a version. `docs/json.md` is made from it.

Moments are ISO 8601 with their zone, yes and no are true and false, what is not known is null. Names of columns, codes
and closed lists are those of the published tables.
"""

from __future__ import annotations

import sys
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from flows.config.choices import DocumentStatus, EventKind, WorkStage
from flows.printable import printable_json
from flows.running.summary import RunSummary

JSON_VERSION: Final = "1.1"
"""The first number rises when a name goes, or changes its type or meaning; the second one when a name is added."""

Count = Annotated[int, Field(ge=0)]


class Result(BaseModel):
    """A part of what a command prints."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ReleaseRow(Result):
    """One release that is kept."""

    release: str
    made: AwareDatetime
    documents: Count = Field(description="documents seen")
    forms_published: Count
    forms_quarantined: Count
    contract: str | None = Field(description="version of the contract of its tables; null: made before there was one")
    is_published: bool
    is_pinned: bool = Field(description="a rollback holds it")


class Request(Result):
    """What a backfill was asked for; a criterion that was not given is left out."""

    years: list[int] = []
    sources: list[str] = []
    regions: list[str] = []
    documents: list[str] = []
    forms: list[str] = []
    seen_since: date | None = None
    seen_until: date | None = None
    statuses: list[DocumentStatus] = []
    outdated: bool = False
    everything: bool = False
    start: WorkStage | None = None


class RunRow(Result):
    """One run; what it did is null where it did not complete."""

    run: str
    started: AwareDatetime
    finished: AwareDatetime | None
    kind: str
    state: str = Field(description="running, completed, failed, cancelled or crashed")
    new: Count | None = Field(description="documents that it was the first to see")
    read: Count | None
    derived: Count | None
    problems: Count | None
    release: str | None = Field(description="the release that it ended with")
    request: Request | None = Field(description="of a backfill")


class EventRow(Result):
    """One event of the ledger."""

    at: AwareDatetime
    kind: EventKind
    run_id: str | None
    release_id: str | None
    document_id: str | None
    form_id: str | None
    other_form_id: str | None = Field(description="the form that it gave way to, or that took its place")
    message: str


class HeldRow(Result):
    """One finding that holds a form back."""

    form_id: str
    file_name: str
    rule: str | None
    page: int | None
    finding: str | None = Field(description="in the language of --language")
    observed: str | None
    expected: str | None


class RuleRow(Result):
    """One rule, with the severity and the thresholds that the settings give it."""

    rule: str
    version: int
    severity: str
    table: str
    title: str = Field(description="in the language of --language")


class GapRow(Result):
    """One printed text that a closed list lacks."""

    kind: str
    printed: str
    count: Count


class SourceRow(Result):
    """One source of sources.toml; what no run has looked at is null."""

    source: str
    kind: str
    region: str | None
    state: str | None
    last_seen: AwareDatetime | None
    listed: Count | None
    fetched: Count | None
    unchanged: Count | None
    failed: Count | None
    documents: Count = Field(description="that were ever found in it")
    published: Count
    last_new: AwareDatetime | None
    expected_days: float | None
    problem: str | None


class CheckedSource(Result):
    """One source that was tried; `problem` is the first one, null: there was none."""

    source: str
    kind: str
    listed: Count
    problem: str | None
    place: str | None = Field(description="the path or address that the problem is about")


class TableCount(Result):
    """How many rows and fields of a table differ."""

    place: str = Field(description="published, quarantine or schema")
    table_name: str
    added: Count
    removed: Count
    rows_changed: Count
    fields_changed: Count


class RecordChange(Result):
    """A field that differs; without a column: a record that only one release has, with its id on its side."""

    table_name: str
    record_name: str
    column_name: str | None
    before: str | None
    after: str | None


class FormChange(Result):
    """What became of one form from the older release to the newer one."""

    change: str = Field(description="added, removed, revised, held, released or changed")
    form_id: str
    old_form_id: str | None = Field(description="of a revised form")
    fiscal_year: int | None
    department: str | None
    implementing_unit: str | None
    project_name: str | None
    reason: str | None = Field(description="why it is held now")
    field_count: Count
    fields: list[RecordChange]


class RowChange(Result):
    """A row that was added or removed, or a field of a row that differs."""

    place: str = Field(description="published, quarantine or schema")
    table_name: str
    key: str
    change: str = Field(description="added, removed or changed")
    column_name: str | None
    before: str | None
    after: str | None


class Diff(Result):
    """Two releases compared."""

    before: str
    after: str
    counts: list[TableCount]
    forms: list[FormChange]
    rows: list[RowChange]


class Finding(Result):
    """A check that the form or record fails."""

    severity: str
    rule_id: str
    record_id: str
    page_number: int | None
    message: str = Field(description="in the language of --language")


class Place(Result):
    """A place on a page, in points from its upper left corner."""

    page_number: int
    table: str
    record_id: str
    column: str
    printed_text: str | None
    x0: float
    top: float
    x1: float
    bottom: float
    is_failure: bool = Field(description="a check that fails compares what stands there")


class Shown(Result):
    """Where a form or record stands."""

    picture: str
    document: str = Field(description="path or address of its PDF")
    findings: list[Finding]
    places: list[Place]


class PlanGroup(Result):
    """Documents of a plan that begin at one stage for one reason."""

    stage: WorkStage
    why: str
    is_selected: bool = Field(description="false: a release cannot be made without them")
    documents: Count
    pages: Count | None
    seconds: float


class PlannedDocument(Result):
    """A document that a backfill would work on."""

    document_id: str
    file_name: str | None
    page_count: Count | None
    stage: WorkStage
    why: str
    is_selected: bool


class Plan(Result):
    """What a backfill would do."""

    selection: str = Field(description="the criteria in words")
    documents_selected: Count
    documents_done: Count
    documents_without_file: list[str]
    seconds: float
    groups: list[PlanGroup]
    documents: list[PlannedDocument]


class ForgottenRow(Result):
    """A document that is out of publication."""

    document_id: str
    file_name: str | None
    decided_at: AwareDatetime
    reason: str


class MaintainedRow(Result):
    """What was done with a table of the ledger."""

    table: str
    rows_purged: Count
    files_joined: Count
    files_made: Count
    files_deleted: Count


class Damage(Result):
    """A file that is not as it was written."""

    part: str = Field(description="archive, ledger, release or pointer")
    item: str | None = Field(description="document_id, table or release_id")
    file: str
    damage: str
    help: str


class Verified(Result):
    """What was looked at, and what is wrong."""

    is_whole: bool
    documents: Count
    ledger_files: Count
    releases: Count
    damaged_before: Count = Field(description="files that were damaged before the repair")
    damage: list[Damage]


class StoreRow(Result):
    """One thing that a warehouse assumes of its object store."""

    assumption: str
    needed_for: str
    problem: str | None = Field(description="null: it holds")


class MovedFile(Result):
    """A damaged file that was taken out of the ledger."""

    table: str
    file: str
    damage: str
    moved_to: str | None = Field(description="null: it was gone")


class Repaired(Result):
    """What was taken out of the ledger, and what is lost with it."""

    files: list[MovedFile]
    unread: Count
    underived: Count
    unseen: Count


class CatalogRow(Result):
    """One table of an Iceberg catalog."""

    table: str = Field(description="with its namespace")
    releases: Count = Field(description="how many releases are snapshots of it")
    metadata: str = Field(description="path or address of its metadata file")


RESULTS: Final[dict[str, Any]] = {
    "ingest": RunSummary,
    "sources": list[SourceRow],
    "sources --check": list[CheckedSource],
    "quarantine": list[HeldRow],
    "releases": list[ReleaseRow],
    "diff": Diff,
    "show": Shown,
    "backfill": RunSummary,
    "backfill --dry-run": Plan,
    "runs": list[RunRow],
    "events": list[EventRow],
    "maintain": list[MaintainedRow],
    "verify": Verified,
    "verify --store": list[StoreRow],
    "repair": Repaired,
    "forget": list[ForgottenRow],
    "forget ID": RunSummary,
    "catalog": list[CatalogRow],
    "rules": list[RuleRow],
    "gaps": list[GapRow],
}
"""What each command prints with `--json`."""


def as_json(command: str, found: Any) -> str:
    """Write what a command found, as its schema has it.

    Raises:
        pydantic.ValidationError: It is not what the schema says: a fault of the program.

    Example:
        >>> print(as_json("gaps", [{"kind": "unit", "printed": "台套", "count": 2}]))
        [
          {
            "kind": "unit",
            "printed": "台套",
            "count": 2
          }
        ]
    """
    schema: TypeAdapter[Any] = TypeAdapter(RESULTS[command])
    return printable_json(schema.dump_json(schema.validate_python(found), indent=2).decode())


def json_schema() -> dict[str, Any]:
    """Return the whole as one JSON Schema: what each command prints is a property, named as in `RESULTS`."""
    made: list[tuple[str, Literal["serialization"], TypeAdapter[Any]]] = [
        (name, "serialization", TypeAdapter(of)) for name, of in RESULTS.items()
    ]
    parts, schema = TypeAdapter.json_schemas(made)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "jixiao --json",
        "version": JSON_VERSION,
        "type": "object",
        "properties": {name: parts[name, "serialization"] for name in RESULTS},
        "$defs": schema["$defs"],
    }


_HEAD: Final = """# What `--json` prints

Version {version}. Made from the models in `flows/commands/results.py` (`python -m flows.commands.results`); each
command checks what it prints against them. `python -m flows.commands.results schema` prints the same as JSON Schema.

- The result is one JSON document on stdout; progress and problems go to stderr. The exit code is the same as without
  `--json`.
- Moments are ISO 8601 with their zone, yes and no are `true` and `false`, what is not known is `null`. Ids, codes and
  closed lists are those of the [data dictionary](dictionary.md).
- The first number of the version rises when a name goes, or changes its type or meaning; the second one when a name is
  added. So a script has to pass over names that it does not know.

| command | prints |
| --- | --- |
"""


def page() -> str:
    """Return the page about all of it, as Markdown."""
    schema = json_schema()
    lines = [_HEAD.format(version=JSON_VERSION).rstrip("\n")]
    for command, of in schema["properties"].items():
        lines.append(f"| `jixiao {command} --json` | {_type(of)} |")
    for name, model in schema["$defs"].items():
        if "properties" not in model:
            continue
        about = " ".join(model.get("description", "").split())
        lines += ["", f"## {name}", "", about, "", "| name | type | meaning |", "| --- | --- | --- |"]
        lines += [f"| {key} | {_type(of)} | {of.get('description', '')} |" for key, of in model["properties"].items()]
    return "\n".join(lines) + "\n"


def _type(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})" if name not in _LISTS else f"text: {_LISTS[name]}"
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    if schema.get("format") in ("date-time", "date"):
        return "moment" if schema["format"] == "date-time" else "day"
    return _NAMES[schema["type"]]


_NAMES: Final = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "null": "null",
}
_LISTS: Final = {of.__name__: ", ".join(map(str, of)) for of in (DocumentStatus, EventKind, WorkStage)}


if __name__ == "__main__":
    if sys.argv[1:] == ["schema"]:
        from json import dumps

        print(dumps(json_schema(), ensure_ascii=False, indent=2))
    else:
        print(page(), end="")
