"""What a run came to, counted from the release that it ended with."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from flows.collecting.book import Tally
from flows.printable import MOST_FIELDS
from flows.reports.findings import between_releases, critical_failures, rule_titles
from flows.running.run import Collected, Run
from flows.running.selection import Selection
from flows.running.summary import (
    MOST_REVISED,
    Count,
    HeldReason,
    Problem,
    RunSummary,
    SourceCounts,
)
from warehouse.contract.vocabulary import DOCUMENT_STATUSES
from warehouse.publishing import Published
from warehouse.releases.identity import KEY
from warehouse.releases.release import Release
from warehouse.releases.revisions import revised_forms
from warehouse.releases.row_account import FORM_OUTCOMES

_BEFORE: Final = 10
"""So many runs back a problem is known: a run of one folder between two nights does not make theirs new."""


def summarise(
    run: Run, collected: Collected, read: int, derived: int, published: Published, began: float
) -> RunSummary:
    """Count documents and forms of this run and of the whole release, the reasons for holding, and the problems.

    Args:
        run: The run.
        collected: What it collected.
        read: Documents that it could read.
        derived: Documents whose rows it derived.
        published: What `publish` did.
        began: `time.monotonic()` at its begin.
    """
    release = published.release
    seen = release.scan("documents").select("document_id", "file_name", "status", "reason").collect()
    forms = release.outcomes()
    is_given = pl.col("document_id").is_in(list(collected.document_ids))
    given = seen.filter(is_given)
    status = dict(seen.select("document_id", pl.col("status").cast(pl.String)).iter_rows())
    problems = [Problem(source=p.source, code=p.code, message=p.message) for p in collected.problems]
    for row in given.filter(pl.col("status") == "failed").sort("file_name").iter_rows(named=True):
        code, _, message = (row["reason"] or "unknown").partition(": ")
        problems.append(Problem(source=row["file_name"], code=code, message=message or code))
    return RunSummary(
        status="some_inputs_failed" if problems else "ok",
        started_at=run.plan.started_at,
        seconds=round(time.monotonic() - began, 1),
        warehouse=run.warehouse.location,
        published=str(Path(run.settings.warehouse) / "published")
        if run.warehouse.is_local
        else f"{release.location}/published",
        release_id=release.release_id,
        is_new_release=published.is_new,
        files_given=collected.file_count,
        documents_new=collected.unread.height,
        documents_read=read,
        documents_derived=derived,
        sources=[_source_counts(tally, collected.states, status) for tally in collected.tallies],
        documents=_counts("documents", DOCUMENT_STATUSES, given["status"], seen["status"]),
        forms=_counts("forms", FORM_OUTCOMES, forms.filter(is_given)["outcome"], forms["outcome"]),
        held_reasons=held_reasons(release),
        problems=problems,
        warnings=[
            *collected.warnings,
            *pin_warnings(published),
            *_forgotten_warnings(run, collected),
            *correction_warnings(release),
            *(f"{found['rule_id']} {found['record_id']}: {found['message_en']}" for found in _news(run, published)),
        ],
        kind=run.plan.kind,
        work=run.timer.work(),
        pinned_release_id=published.pinned.release_id if published.pinned else None,
        **_revised(published),
    )


def _revised(published: Published) -> dict[str, Any]:
    """Name the forms that a new release published again with other content; nothing where the release stays."""
    release = published.release
    if not published.is_new:
        return {}
    events = release.events()
    shown = events.lazy().select(form_id="other_form_id").drop_nulls().unique()
    names = release.scan("forms").select("form_id", *KEY).join(shown, on="form_id", how="semi").collect()
    forms = revised_forms(events, release.scan("revisions").collect(), names)
    return {
        "previous_release_id": release.manifest["previous_release_id"],
        "revised_count": forms.height,
        "revised": forms.head(MOST_REVISED).with_columns(pl.col("fields").list.head(MOST_FIELDS)).to_dicts(),
    }


def _source_counts(tally: Tally, states: Mapping[str, str], status: Mapping[str, str]) -> SourceCounts:
    became = [status.get(document_id) for document_id in tally.document_ids]
    return SourceCounts(
        name=tally.source.name or None,
        listed=tally.listed,
        fetched=tally.fetched,
        unchanged=tally.unchanged,
        failed=tally.failed,
        read=sum(one not in (None, "failed") for one in became),
        published=sum(one in ("published", "partly_published") for one in became),
        state=states.get(tally.source.name),
    )


def held_reasons(release: Release) -> list[HeldReason]:
    """Count the forms that each critical rule holds back, most first; a form may be counted under several rules."""
    titles = rule_titles(release)
    rules = (
        critical_failures(release)
        .group_by("rule_id")
        .agg(forms=pl.col("form_id").n_unique())
        .sort(["forms", "rule_id"], descending=[True, False])
        .collect()
    )
    return [HeldReason(rule_id=i, title=titles[i]["en"] if i in titles else i, forms=n) for i, n in rules.iter_rows()]


def pin_warnings(published: Published) -> list[str]:
    """Warn that readers do not see the newest state, where a rollback has pinned another release."""
    if published.pinned is None:
        return []
    return [
        f"published is pinned to {published.pinned.release_id} by a rollback; the newest state is "
        f"{published.release.release_id}: compare them with `jixiao diff`, show it with `jixiao rollback --newest`"
    ]


def _forgotten_warnings(run: Run, collected: Collected) -> list[str]:
    """Warn whoever gives a path or address to a run that its document is out of publication."""
    given = set().union(*(tally.document_ids for tally in collected.tallies if not tally.source.name))
    out = given & set(run.warehouse.ledger.forgotten()["document_id"])
    return [f"document {d} is out of publication: `jixiao forget --undo {d[:12]}` puts it back" for d in sorted(out)]


def correction_warnings(release: Release) -> list[str]:
    """Explain each correction that was not applied, one sentence each; a release of before corrections has none."""
    if "published/corrections" not in release.manifest["tables"]:
        return []
    rows = release.scan("corrections").filter(pl.col("status").cast(pl.String) != "applied").collect()
    warnings = []
    for row in rows.sort("form_id", "table_name", "record_number", "column_name").iter_rows(named=True):
        place = f"correction of {row['column_name']} in {row['record_id']}"
        if row["status"] == "refused":
            found = f"expected {row['expected_text']!r}, the form prints {row['observed_text']!r}"
            warnings.append(f"{place} refused: {found}; if the source was fixed remove it, else fix the correction")
        else:
            warnings.append(f"{place} not found: no such form, record or field was read; see its ids in the tables")
    return warnings


def _news(run: Run, published: Published) -> list[dict[str, Any]]:
    """Return what sets a new release apart from the one before; nothing where the release stays."""
    if not published.is_new:
        return []
    return between_releases(run.warehouse, published.release, run.settings.rules)


def _counts(what: str, values: Sequence[str], given: pl.Series, seen: pl.Series) -> list[Count]:
    lines = [Count(what=v, this_run=int((given == v).sum()), in_all=int((seen == v).sum())) for v in values]
    return [Count(what=what, this_run=given.len(), in_all=seen.len()), *lines]


def problems_before(runs: pl.DataFrame, run_id: str) -> frozenset[tuple[str, str]] | None:
    """Return source and code of the problems of the last runs before this one; null: none has ended well before.

    Args:
        runs: As `Ledger.runs`.
        run_id: This one.
    """
    summaries = runs.filter(pl.col("run_id") != run_id)["summary"].drop_nulls().tail(_BEFORE)
    if summaries.is_empty():
        return None
    return frozenset((p["source"], p["code"]) for summary in summaries for p in json.loads(summary)["problems"])


def in_short(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of `run_rows` for people: a short id, how long it took, what was asked in words."""
    took = round((run["finished"] - run["started"]).total_seconds()) if run["finished"] else None
    asked = Selection.model_validate(run["request"]).described() if run["request"] else None
    row = {**run, "run": run["run"][:12], "finished": took, "request": asked}
    return {{"finished": "seconds", "request": "asked"}.get(name, name): value for name, value in row.items()}


def run_rows(runs: pl.DataFrame) -> list[dict[str, Any]]:
    """List runs with how they ended and what they did; of one that did not complete that is not known.

    Args:
        runs: As `Warehouse.runs`.
    """
    rows = []
    for run in runs.to_dicts():
        did = RunSummary.model_validate_json(run["summary"]) if run["summary"] else None
        finished, started = run["finished_at"], run["started_at"]
        rows.append(
            {
                "run": run["run_id"],
                "started": started,
                "finished": finished,
                "kind": run["kind"],
                "state": run["state"],
                "new": did and did.documents_new,
                "read": did and did.documents_read,
                "derived": did and did.documents_derived,
                "problems": did and len(did.problems),
                "release": run["release_id"],
                "request": json.loads(run["request"]) if run["request"] else None,
            }
        )
    return rows
