from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flows.config.settings import load_settings
from flows.running import pipeline
from flows.running import stages as stages_module
from flows.running.backfill import Plan, plan
from flows.running.pipeline import run_plainly
from flows.running.run import Run, new_plan, open_run, record
from flows.running.selection import Selection
from flows.running.stages import collect
from flows.running.summary import RunSummary
from tests.support.commands import run as call
from tests.support.ingesting import NOW, backfilled, begun, ingest_plainly, published_bytes
from tests.support.paths import ROOT, SAMPLES
from transforms import normalise, read
from warehouse.warehouse import Warehouse


def planned(warehouse: Path, **criteria: Any) -> Plan:
    selection = Selection(**criteria)
    with begun(warehouse, selection) as run:
        return plan(run, selection)


def stages(found: Plan) -> dict[str, tuple[str, str]]:
    return {row["file_name"]: (row["stage"], row["why"]) for row in found.todo.iter_rows(named=True)}


@pytest.fixture
def warehouse(ingested: tuple[Path, RunSummary], tmp_path: Path) -> Path:
    """A warehouse with the samples that a test may change."""
    shutil.copytree(ingested[0], tmp_path / "data", symlinks=True)
    return tmp_path / "data"


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="this system has no priorities of processes")
@pytest.mark.parametrize(("before", "after"), [(0, 10), (15, 15)])
def test_give_way_holds_for_what_is_started_after_it(before: int, after: int) -> None:
    ask = "import os; print(os.getpriority(os.PRIO_PROCESS, 0))"
    script = (
        "import os, subprocess, sys\n"
        "from flows.running.backfill import give_way\n"
        f"os.setpriority(os.PRIO_PROCESS, 0, max(os.getpriority(os.PRIO_PROCESS, 0), {before}))\n"
        f"give_way()\nsubprocess.run([sys.executable, '-c', {ask!r}], check=True)\n"
    )
    printed = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    assert int(printed) == after


@pytest.mark.parametrize(("start", "read", "derived"), [("read", 6, 6), ("derive", 0, 6), ("check", 0, 6)])
def test_backfill_everything_does_it_again_and_changes_no_byte(
    start: str, read: int, derived: int, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = published_bytes(warehouse)
    if start == "check":
        monkeypatch.setattr("transforms.assemble.assemble", lambda _: pytest.fail("cells were derived again"))
    summary = backfilled(warehouse, everything=True, start=start)
    assert (summary.kind, summary.documents_read, summary.documents_derived) == ("backfill", read, derived)
    assert (summary.is_new_release, summary.documents[0].this_run) == (False, 6)
    assert published_bytes(warehouse) == before
    assert Warehouse(warehouse).ledger.runs()["kind"].to_list() == ["ingest", "backfill"]


def test_backfill_region_is_that_of_the_sources_that_have_the_document(tmp_path: Path) -> None:
    sources = "".join(
        f'[[source]]\nname = "{name}"\nkind = "files"\npaths = ["{SAMPLES / file}"]\nregion = "{region}"\n'
        for name, file, region in (("tea", "operator-columns.pdf", "湖北省"), ("goats", "weight-first.pdf", "河南省"))
    )
    (tmp_path / "sources.toml").write_text(sources, encoding="utf-8")
    warehouse = tmp_path / "data"
    settings = load_settings(warehouse=str(warehouse), workers=0, sources=tmp_path / "sources.toml")
    with open_run(new_plan(settings, NOW)) as run:
        collect(run, [])
    assert set(stages(planned(warehouse, regions=("湖北",)))) == {"operator-columns.pdf"}
    assert stages(planned(warehouse, regions=("四川",))) == {}


def test_backfill_outdated_reads_what_an_older_reader_read_and_derives_the_rest(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stages(planned(warehouse, outdated=True)) == {}
    monkeypatch.setattr(normalise, "VERSION", "newer")
    found = planned(warehouse, outdated=True)
    assert set(stages(found).values()) == {("derive", "derived by other rules or settings")}
    monkeypatch.setattr(read, "READER_VERSION", "9.0.0")
    assert {stage for stage, _ in stages(planned(warehouse, outdated=True)).values()} == {"read"}
    summary = backfilled(warehouse, outdated=True)
    assert (summary.documents_read, summary.documents_derived) == (6, 6)
    versions = Warehouse(warehouse).releases.current().scan("documents").collect()["reader_version"]
    assert set(versions) == {"9.0.0"}
    assert stages(planned(warehouse, outdated=True)) == {}


@pytest.mark.long
def test_backfill_of_some_at_a_newer_version_derives_what_a_release_needs_too(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(normalise, "VERSION", "newer")
    found = planned(warehouse, statuses=("quarantined",))
    assert found.selected.len() == 1
    assert [(g["is_selected"], g["stage"], g["documents"]) for g in found.groups()] == [
        (True, "read", 1),
        (False, "derive", 5),
    ]
    summary = backfilled(warehouse, statuses=("quarantined",))
    assert (summary.documents_read, summary.documents_derived) == (1, 6)


def test_ingest_after_a_change_of_rules_judges_the_stored_tables(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (warehouse.parent / "rules.toml").write_text('[rules.severities]\nR15 = "info"\n')
    monkeypatch.setattr("transforms.assemble.assemble", lambda _: pytest.fail("cells were derived again"))
    settings = load_settings(warehouse.parent / "rules.toml", warehouse=str(warehouse), workers=0)
    with open_run(new_plan(settings, NOW)) as run:
        summary = run_plainly(run, partial(collect, run, [str(SAMPLES)]))
    assert (summary.documents_derived, summary.held_reasons) == (6, [])
    assert summary.is_new_release


class Killed(BaseException):
    """Stands for what ends a process at once."""


def killed_after(batches: int, call: Callable[..., Any]) -> Callable[..., Any]:
    """Let a stage work for some batches, then end the run as a kill would: nothing more is recorded."""
    left = [batches]

    def work(*arguments: Any) -> Any:
        if left[0] == 0:
            raise Killed
        left[0] -= 1
        return call(*arguments)

    return work


@pytest.mark.long
@pytest.mark.parametrize(("stage", "start"), [("read", "read"), ("check", "derive")])
def test_backfill_that_was_killed_goes_on_where_it_was(
    stage: str, start: str, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = published_bytes(warehouse)
    with monkeypatch.context() as patched:
        patched.setattr(stages_module, stage, killed_after(2, getattr(stages_module, stage)))
        patched.setattr(pipeline, "record", _record_begin)
        with pytest.raises(Killed):
            backfilled(warehouse, batch=2, everything=True, start=start)
    assert published_bytes(warehouse) == before
    found = planned(warehouse, everything=True, start=start)
    assert (found.done, found.todo.filter("is_selected").height) == (4, 2)
    other = planned(warehouse, everything=True, start="read" if start == "derive" else "derive")
    assert other.done == 0, "another backfill does not continue it"
    summary = backfilled(warehouse, batch=2, everything=True, start=start)
    assert summary.documents_read == (2 if start == "read" else 0)
    runs = Warehouse(warehouse).ledger.runs()
    assert runs["state"].to_list() == ["completed", "completed"]
    assert published_bytes(warehouse) == before
    assert planned(warehouse, everything=True, start=start).done == 0, "one that has ended is not continued"


def _record_begin(run: Run, state: Any, *_: Any) -> None:
    if state == "running":
        record(run, state)


def _remove(path: Path) -> None:
    path.unlink()


def _flip(path: Path) -> None:
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _cut(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:100])


@pytest.mark.long
@pytest.mark.parametrize("damage", [_remove, _flip, _cut])
def test_backfill_of_a_document_without_its_whole_pdf_keeps_what_was_read_and_ingest_fetches_it(
    damage: Callable[[Path], None], warehouse: Path
) -> None:
    before = published_bytes(warehouse)
    house = Warehouse(warehouse)
    gone = house.inventory().documents.filter(file_name="over-budget.pdf")["document_id"][0]
    damage(Path(house.archive.location_of(gone)))
    summary = backfilled(warehouse, everything=True)
    assert [(p.source, p.code) for p in summary.problems] == [("over-budget.pdf", "not_archived")]
    assert f"jixiao ingest {SAMPLES / 'over-budget.pdf'}" in summary.problems[0].message
    assert (summary.exit_code, summary.documents_read) == (3, 5)
    assert published_bytes(warehouse) == before
    again = ingest_plainly(warehouse, SAMPLES)
    assert (again.exit_code, again.sources[0].fetched, again.is_new_release) == (0, 1, False)
    assert house.archive.damaged([gone]) == []
    assert backfilled(warehouse, documents=(gone,)).documents_read == 1


@pytest.mark.long
def test_document_never_read_whose_archived_file_is_damaged_is_failed_until_it_is_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, warehouse = SAMPLES / "over-budget.pdf", tmp_path / "data"
    with monkeypatch.context() as patched:
        patched.setattr("flows.running.stages.read", lambda *_: pytest.fail("killed"))
        with pytest.raises(pytest.fail.Exception):
            ingest_plainly(warehouse, place)
    (kept,) = (warehouse / "raw").glob("*/*.pdf")
    _flip(kept)
    summary = backfilled(warehouse, everything=True)
    assert [(p.source, p.code) for p in summary.problems] == [("over-budget.pdf", "not_archived")]
    assert ingest_plainly(warehouse, place).exit_code == 0
    assert Warehouse(warehouse).archive.damaged([kept.stem]) == []


def test_backfill_reads_documents_again_that_failed(warehouse: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.pdf").write_text("no PDF")
    ingest_plainly(warehouse, tmp_path / "letter.pdf")
    found = planned(warehouse, statuses=("failed",), start="check")
    assert stages(found) == {"letter.pdf": ("read", "could not be read: not_a_pdf")}


def test_backfill_command_dry_run_tells_and_does_nothing(warehouse: Path) -> None:
    runs = Warehouse(warehouse).ledger.runs().height
    printed = call("backfill", "--all", "--dry-run", "-w", warehouse).stdout
    assert "6 documents selected" in printed
    assert "Nothing was done" in printed
    assert "several-forms.pdf" in printed
    as_json = json.loads(
        call("backfill", "--year", "2023", "--from", "check", "--dry-run", "--json", "-w", warehouse).stdout
    )
    assert (as_json["documents_selected"], {d["stage"] for d in as_json["documents"]}) == (2, {"check"})
    assert as_json["seconds"] > 0
    assert Warehouse(warehouse).ledger.runs().height == runs


def test_backfill_command_without_criteria_is_a_wrong_call(warehouse: Path) -> None:
    done = call("backfill", "-w", warehouse)
    assert (done.exit_code, "say what to do again" in done.stderr) == (2, True)


@pytest.mark.parametrize(("option", "what"), [("--document", "document"), ("--form", "form")])
def test_backfill_of_an_unknown_id_is_a_wrong_call(option: str, what: str, warehouse: Path) -> None:
    done = call("backfill", option, "ffff00", "--plain", "-w", warehouse)
    assert (done.exit_code, f"no {what} of this warehouse has an id that begins with 'ffff00'" in done.stderr) == (
        2,
        True,
    )
    assert Warehouse(warehouse).ledger.runs().height == 1
