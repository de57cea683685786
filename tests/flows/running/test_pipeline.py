from __future__ import annotations

import shutil
import threading
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.config.settings import load_settings
from flows.running import stages, workplace
from flows.running.background import Background
from flows.running.pipeline import run_plainly
from flows.running.run import new_plan, open_run
from flows.running.summary import RunSummary
from flows.running.workplace import Cut, plainly
from flows.stopping import Interrupted, Stop
from tests.support.ingesting import NOW, ingest_plainly, published_bytes
from tests.support.paths import SAMPLES
from warehouse.contract import TABLES, conform
from warehouse.errors import AccountDoesNotBalance, NothingFound
from warehouse.warehouse import Warehouse


def _counts(summary: RunSummary) -> dict[str, int]:
    return {count.what: count.in_all for count in summary.documents} | {
        f"forms_{count.what}": count.in_all for count in summary.forms
    }


def test_ingest_samples_publishes_what_passes_and_holds_back_the_rest(ingested: tuple[Path, RunSummary]) -> None:
    _, summary = ingested
    counts = _counts(summary)
    assert counts["documents"] == len(list(SAMPLES.glob("*.pdf"))) == summary.files_given == summary.documents_read
    assert counts["no_form"] == 1
    assert counts["failed"] == 0
    assert counts["forms_quarantined"] == 1
    assert counts["forms_published"] == counts["forms_forms"] - 1 > 3
    assert [reason.rule_id for reason in summary.held_reasons] == ["R15"]
    assert summary.exit_code == 0


def test_ingest_samples_gives_tables_that_obey_the_contract(ingested: tuple[Path, RunSummary]) -> None:
    warehouse, summary = ingested
    release = Warehouse(warehouse).releases.current()
    assert release is not None
    assert release.release_id == summary.release_id
    for name, table in TABLES.items():
        frame = pl.concat([pl.read_parquet(f) for f in sorted((warehouse / "published" / name).rglob("*.parquet"))])
        rows = conform(frame.select(release.scan(name).collect_schema().names()), table).height
        assert rows > 0 or name in ("leftovers", "corrections", "sources", "revisions"), name


def test_ingest_again_reads_nothing_and_changes_no_byte(ingested: tuple[Path, RunSummary], tmp_path: Path) -> None:
    warehouse = tmp_path / "data"
    shutil.copytree(ingested[0], warehouse, symlinks=True)
    before = published_bytes(warehouse)
    summary = ingest_plainly(warehouse, SAMPLES)
    assert (summary.documents_new, summary.documents_read, summary.documents_derived) == (0, 0, 0)
    assert summary.is_new_release is False
    assert published_bytes(warehouse) == before


@pytest.mark.long
def test_ingest_in_two_halves_publishes_the_same_rows(ingested: tuple[Path, RunSummary], tmp_path: Path) -> None:
    files = sorted(SAMPLES.glob("*.pdf"))
    ingest_plainly(tmp_path, *files[:3])
    summary = ingest_plainly(tmp_path, *files[3:])
    assert (summary.documents_new, summary.documents[0].in_all) == (len(files) - 3, len(files))
    assert published_bytes(tmp_path, ["published"]) == published_bytes(ingested[0], ["published"])


@pytest.mark.long
def test_ingest_with_stricter_rules_tells_that_the_release_lost_forms(
    ingested: tuple[Path, RunSummary], tmp_path: Path
) -> None:
    shutil.copytree(ingested[0], tmp_path / "data", symlinks=True)
    config = tmp_path / "jixiao.toml"
    config.write_text('[rules]\nquarantine_pct = 10\n[rules.severities]\nR03 = "critical"\n')
    summary = ingest_plainly(tmp_path / "data", SAMPLES, config=config)
    lost = _counts(summary)["forms_quarantined"] - 1
    assert lost > 0
    assert [warning.partition(":")[0] for warning in summary.warnings] == ["D03 forms", "D03 funding", "D03 indicators"]
    checks = pl.read_parquet(tmp_path / "data" / "published" / "checks")
    assert checks.filter(pl.col("rule_id") == "D04")["observed"].to_list() == [
        f"{lost + 1}/{_counts(summary)['forms_forms']}"
    ]


def test_ingest_bad_inputs_are_reported_and_the_rest_is_published(bad_inputs: dict[str, Path], tmp_path: Path) -> None:
    good = SAMPLES / "operator-columns.pdf"
    summary = ingest_plainly(tmp_path / "data", *bad_inputs.values(), good)
    reported = {Path(problem.source).name: problem.code for problem in summary.problems}
    assert reported == {path.name: code for code, path in bad_inputs.items()}
    assert all(len(problem.message) > 10 for problem in summary.problems)
    counts = _counts(summary)
    assert (counts["documents"], counts["published"], counts["failed"]) == (5, 1, 4)
    assert summary.exit_code == 3


def test_ingest_bad_inputs_again_are_reported_again(bad_inputs: dict[str, Path], tmp_path: Path) -> None:
    first = ingest_plainly(tmp_path / "data", bad_inputs["encrypted"])
    again = ingest_plainly(tmp_path / "data", bad_inputs["encrypted"])
    assert again.documents_read == 0
    assert again.problems == first.problems
    assert again.exit_code == 3


def test_ingest_that_finds_nothing_publishes_no_first_release(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path in ("missing.pdf", "empty"):
        with pytest.raises(NothingFound, match=path if path == "missing.pdf" else "no PDF was found"):
            ingest_plainly(tmp_path / "data", tmp_path / path)
    house = Warehouse(tmp_path / "data")
    assert house.releases.kept() == []
    assert set(house.ledger.runs()["state"]) == {"failed"}


def test_ingest_that_finds_nothing_leaves_what_is_published(ingested: tuple[Path, RunSummary], tmp_path: Path) -> None:
    shutil.copytree(ingested[0], tmp_path / "data", symlinks=True)
    summary = ingest_plainly(tmp_path / "data", tmp_path / "missing.pdf")
    assert (summary.exit_code, summary.release_id) == (3, ingested[1].release_id)


@pytest.mark.long
def test_ingest_document_that_derivation_cannot_handle_fails_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from transforms import normalise

    right = normalise.normalise

    def odd(fields: pl.DataFrame) -> dict[str, pl.DataFrame]:
        if fields.filter(pl.col("printed_text").str.contains("除雪")).height:
            raise ArithmeticError("too many digits")
        return right(fields)

    monkeypatch.setattr(normalise, "normalise", odd)
    summary = ingest_plainly(tmp_path, SAMPLES)
    assert [(p.source, p.code) for p in summary.problems] == [("over-budget.pdf", "not_handled")]
    assert _counts(summary)["published"] == 4
    house = Warehouse(tmp_path)
    assert house.ledger.tables["readings"].scan().filter(pl.col("reason").is_not_null()).collect().is_empty()
    monkeypatch.setattr(normalise, "normalise", right)
    monkeypatch.setattr(normalise, "VERSION", "repaired")
    repaired = ingest_plainly(tmp_path, SAMPLES)
    assert (repaired.documents_read, repaired.problems) == (0, [])


@pytest.mark.long
def test_ingest_document_whose_rows_break_their_contract_fails_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from transforms import normalise

    right = normalise.normalise

    def broken(fields: pl.DataFrame) -> dict[str, pl.DataFrame]:
        tables = right(fields)
        (odd,) = fields.filter(pl.col("printed_text").str.contains("除雪"))["document_id"].unique().to_list() or [""]
        is_odd = pl.col("form_id").str.starts_with(odd[:24] or "-")
        twice = pl.concat([tables["funding"], tables["funding"].filter(is_odd)])
        return {**tables, "funding": twice}

    monkeypatch.setattr(normalise, "normalise", broken)
    summary = ingest_plainly(tmp_path, SAMPLES)
    assert [(p.source, p.code) for p in summary.problems] == [("over-budget.pdf", "not_handled")]
    assert _counts(summary)["published"] == 4


def test_ingest_publishes_only_with_all_its_documents(
    ingested: tuple[Path, RunSummary], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    warehouse = tmp_path / "data"
    shutil.copytree(ingested[0], warehouse, symlinks=True)
    (tmp_path / "new.pdf").write_bytes((SAMPLES / "no-form.pdf").read_bytes() + b"\n")
    monkeypatch.setattr(stages, "read", lambda _run, _batch: 0)
    with pytest.raises(AccountDoesNotBalance, match="1 documents are not read"):
        ingest_plainly(warehouse, tmp_path / "new.pdf")


def test_ingest_account_that_does_not_balance_publishes_nothing(
    ingested: tuple[Path, RunSummary], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    warehouse = tmp_path / "data"
    shutil.copytree(ingested[0], warehouse, symlinks=True)
    before = published_bytes(warehouse)
    (tmp_path / "new.pdf").write_bytes((SAMPLES / "no-form.pdf").read_bytes() + b"\n")

    def unbalanced(*_: Any) -> None:
        raise AccountDoesNotBalance("documents seen 7, but 6 accounted for")

    monkeypatch.setattr("warehouse.releases.contents.row_account", unbalanced)
    with pytest.raises(AccountDoesNotBalance):
        ingest_plainly(warehouse, tmp_path / "new.pdf")
    assert published_bytes(warehouse) == before


def test_ingest_is_reported_in_the_runs_of_the_ledger(
    ingested: tuple[Path, RunSummary], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    runs = Warehouse(ingested[0]).ledger.runs()
    assert runs.select("kind", "state", "release_id").rows() == [("ingest", "completed", ingested[1].release_id)]
    assert RunSummary.model_validate_json(runs["summary"][0]) == ingested[1]

    settings = load_settings(warehouse=str(tmp_path), workers=0)
    with open_run(new_plan(settings, NOW)) as run:

        def stopped(*_: object) -> None:
            run.stop.ask()
            run.stop.check()

        monkeypatch.setattr(stages, "pending", stopped)
        with pytest.raises(Interrupted):
            run_plainly(run, partial(stages.collect, run, [str(SAMPLES / "no-form.pdf")]))
    assert Warehouse(tmp_path).ledger.runs()["state"].to_list() == ["cancelled"]


def test_begun_call_that_failed_is_made_again() -> None:
    outcomes: list[Any] = [OSError("the disk was away"), 7]

    def call() -> int:
        outcome = outcomes.pop(0)
        if isinstance(outcome, OSError):
            raise outcome
        return int(outcome)

    with Background(1, Stop()) as background:
        begun = background.begin(call)
        with pytest.raises(OSError, match="away"):
            plainly("read", begun.result)
        assert plainly("read", begun.result) == 7


def test_begun_call_that_does_not_come_back_is_left_when_the_work_is_to_stop() -> None:
    stop, goes_on = Stop(), threading.Event()
    with Background(1, stop) as background:
        begun = background.begin(goes_on.wait)
        stop.ask()
        with pytest.raises(Interrupted):
            begun.result()
        goes_on.set()


def test_cut_is_by_documents_and_by_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workplace, "MOST_CELLS", 100)
    documents = pl.DataFrame({"document_id": list("abcdefg"), "cell_count": [10, 10, 10, 90, 1, 300, 1]})
    by_cells = [batch["document_id"].to_list() for batch in Cut(1, 4, 4).batches(documents)]
    by_count = [batch.height for batch in Cut(1, 3, 3).batches(documents.drop("cell_count"))]
    assert by_cells == [["a", "b", "c"], ["d"], ["e"], ["f", "g"]]
    assert by_count == [3, 3, 1]
    assert [batch.height for batch in Cut(1, 3, 3).batches(documents, size=5)] != [3, 3, 1]
