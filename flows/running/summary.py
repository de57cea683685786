"""What a run reports at its end, for people, for scripts and for the Prefect UI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from flows.output import EXIT_FINE, EXIT_SOME_INPUTS
from flows.printable import before_after, markdown, printable

if TYPE_CHECKING:
    from rich.console import RenderableType

_SHOWN: Final = 8

MOST_REVISED: Final = 100


class Problem(BaseModel):
    """A source or file that could not be taken, or a document that could not be read."""

    model_config = ConfigDict(frozen=True)
    source: str
    code: str
    message: str


class SourceCounts(BaseModel):
    """What a source listed in this run, and what became of that: listed = fetched + unchanged + failed.

    `name` and `state` are null for paths and addresses given to the run. `read` and `published` count documents: the
    same file at two places is one.
    """

    model_config = ConfigDict(frozen=True)
    name: str | None
    listed: int
    fetched: int
    unchanged: int
    failed: int
    read: int
    published: int
    state: str | None


class HeldReason(BaseModel):
    """A critical rule, and how many forms it holds back."""

    model_config = ConfigDict(frozen=True)
    rule_id: str
    title: str
    forms: int


class FieldChange(BaseModel):
    """A field that two versions of a form print otherwise; null: that version has nothing there."""

    model_config = ConfigDict(frozen=True)
    table_name: str
    record_name: str
    column_name: str
    before: str | None
    after: str | None


class RevisedForm(BaseModel):
    """A form that this run published again with other content.

    `fields` has the first of the `field_count` fields that changed; `jixiao diff` has all.
    """

    model_config = ConfigDict(frozen=True)
    form_id: str
    old_form_id: str
    fiscal_year: int | None
    department: str | None
    implementing_unit: str | None
    project_name: str | None
    field_count: int
    fields: list[FieldChange]

    @property
    def name(self) -> str:
        """What people call it: year, unit, project."""
        year = str(self.fiscal_year or "")
        return " ".join(filter(None, (year, self.implementing_unit or self.department, self.project_name)))

    @property
    def said(self) -> str:
        """What changed, in words."""
        if not self.fields:
            return "only the order of its rows"
        first = [
            f"{f.record_name} {f.column_name}".strip() + f" {before_after(f.before, f.after)}" for f in self.fields
        ]
        more = f"; and {self.field_count - len(first)} more" if self.field_count > len(first) else ""
        return f"{self.field_count} {'field' if self.field_count == 1 else 'fields'}: {'; '.join(first)}{more}"


class Count(BaseModel):
    """One line of the account: among the files given to this run, and in the whole warehouse."""

    model_config = ConfigDict(frozen=True)
    what: str
    this_run: int
    in_all: int


class Work(BaseModel):
    """What a stage worked through, and in how many seconds: what the next estimate is made from."""

    model_config = ConfigDict(frozen=True)
    stage: str
    count: int
    unit: Literal["pages", "documents"]
    seconds: float


class RunSummary(BaseModel):
    """The end of a run. `--json` prints it; its names are stable.

    `revised` has the first `MOST_REVISED` of the `revised_count` forms that were published again with other content.
    """

    model_config = ConfigDict(frozen=True)
    status: Literal["ok", "some_inputs_failed"]
    started_at: AwareDatetime
    seconds: float
    warehouse: str
    published: str
    release_id: str | None
    is_new_release: bool
    files_given: int
    documents_new: int
    documents_read: int
    documents_derived: int
    sources: list[SourceCounts]
    documents: list[Count]
    forms: list[Count]
    held_reasons: list[HeldReason]
    problems: list[Problem]
    warnings: list[str] = []
    kind: str = "ingest"
    work: list[Work] = []
    pinned_release_id: str | None = None
    previous_release_id: str | None = None
    revised_count: int = 0
    revised: list[RevisedForm] = []

    @property
    def exit_code(self) -> int:
        """0 when every input was taken and read, else 3."""
        return EXIT_FINE if self.status == "ok" else EXIT_SOME_INPUTS


def as_text(summary: RunSummary) -> RenderableType:
    """Lay the summary out for a terminal or a log: what was counted, why forms were held, where the data is."""
    from rich.console import Group
    from rich.markup import escape
    from rich.table import Table

    counts = Table(box=None, pad_edge=False)
    counts.add_column("")
    counts.add_column("this run", justify="right")
    counts.add_column("in all", justify="right")
    for title, lines in (("documents", summary.documents), ("forms", summary.forms)):
        for line in lines:
            is_total = line.what == title
            name = f"[bold]{line.what}" if is_total else f"  {line.what.replace('_', ' ')}"
            if is_total or line.in_all or line.this_run:
                counts.add_row(name, str(line.this_run), str(line.in_all))
    parts: list[RenderableType] = ["", counts]
    if any(source.name for source in summary.sources):
        parts += ["", _source_table(summary)]
    if summary.held_reasons:
        reasons = Table(box=None, pad_edge=False, show_header=False)
        reasons.add_column(justify="right")
        reasons.add_column(overflow="fold")
        for held in summary.held_reasons[:_SHOWN]:
            reasons.add_row(str(held.forms), escape(f"{held.rule_id}  {held.title}"))
        parts += [
            "",
            "[bold]forms held back[/], by the rule that they break (`jixiao quarantine` lists them):",
            reasons,
        ]
    if summary.revised:
        parts += ["", f"[bold]forms published again with other content[/] ({_compare(summary)} has all of it):"]
        parts += [escape(printable(f"  {form.name}: {form.said}")) for form in summary.revised[:_SHOWN]]
        if summary.revised_count > _SHOWN:
            parts.append(f"  and {summary.revised_count - _SHOWN} more")
    if summary.problems:
        parts += ["", "[bold]could not be taken or read[/]:"]
        parts += [escape(printable(f"  {p.source}: {p.code}: {p.message}")) for p in summary.problems[:_SHOWN]]
        if len(summary.problems) > _SHOWN:
            parts.append(f"  and {len(summary.problems) - _SHOWN} more (--json lists all)")
    if summary.warnings:
        parts += [
            "",
            "[bold]warnings[/]:",
            *(escape(printable(f"  {warning}")) for warning in summary.warnings[:_SHOWN]),
        ]
        if len(summary.warnings) > _SHOWN:
            parts.append(f"  and {len(summary.warnings) - _SHOWN} more (--json lists all)")
    parts += ["", escape(_closing(summary))]
    return Group(*parts)


def _source_table(summary: RunSummary) -> RenderableType:
    from rich.markup import escape
    from rich.table import Table

    columns = ("listed", "fetched", "unchanged", "failed", "read", "published")
    table = Table(box=None, pad_edge=False)
    table.add_column("sources", overflow="fold")
    for column in columns:
        table.add_column(column, justify="right")
    table.add_column("")
    for source in summary.sources:
        state = "" if source.state in (None, "fresh") else f"[yellow]{source.state}"
        counts = [str(getattr(source, column)) for column in columns]
        table.add_row(f"  {escape(source.name or '(given)')}", *counts, state)
    return table


def as_markdown(summary: RunSummary) -> str:
    """Lay the summary out as Markdown, for the Prefect UI."""
    lines = ["| | this run | in all |", "| --- | ---: | ---: |"]
    lines += [f"| {c.what.replace('_', ' ')} | {c.this_run} | {c.in_all} |" for c in summary.documents + summary.forms]
    if any(source.name for source in summary.sources):
        lines += ["", "| source | listed | fetched | unchanged | failed | read | published | state |"]
        lines += ["| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |"]
        for source in summary.sources:
            counts = (source.listed, source.fetched, source.unchanged, source.failed, source.read, source.published)
            cells = [markdown(source.name or "(given)"), *map(str, counts), source.state or ""]
            lines.append(f"| {' | '.join(cells)} |")
    if summary.held_reasons:
        lines += ["", "| forms held back | rule |", "| ---: | --- |"]
        lines += [f"| {h.forms} | {h.rule_id} {markdown(h.title)} |" for h in summary.held_reasons]
    if summary.revised:
        lines += ["", "| published again with other content | what changed |", "| --- | --- |"]
        lines += [f"| {markdown(form.name)} | {markdown(form.said)} |" for form in summary.revised]
        if summary.revised_count > len(summary.revised):
            lines.append(f"| and {summary.revised_count - len(summary.revised)} more | {_compare(summary)} |")
    if summary.problems:
        lines += ["", "| could not be taken or read | why |", "| --- | --- |"]
        lines += [f"| {markdown(p.source)} | {p.code}: {markdown(p.message)} |" for p in summary.problems]
    lines += ["", *(f"- warning: {markdown(warning)}" for warning in summary.warnings)] if summary.warnings else []
    return "\n".join([*lines, "", _closing(summary)])


def _compare(summary: RunSummary) -> str:
    return f"`jixiao diff {summary.previous_release_id} {summary.release_id}`"


def _closing(summary: RunSummary) -> str:
    if summary.release_id is None:
        return f"Nothing is published yet. {summary.seconds:.1f} s."
    if summary.pinned_release_id:
        made = "is made, but not shown" if summary.is_new_release else "is the newest, but not shown"
        return (
            f"Release {summary.release_id} {made}: {summary.published} stays at {summary.pinned_release_id} since a "
            f"rollback, until `jixiao rollback --newest`.  ({summary.seconds:.1f} s)"
        )
    news = "is new" if summary.is_new_release else "stays: nothing changed"
    return f"Release {summary.release_id} {news}. Data: {summary.published}  ({summary.seconds:.1f} s)"
