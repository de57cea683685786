from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from benchmarks.corpus.layouts import blocks
from benchmarks.corpus.model import Document, FundingLine, Style
from benchmarks.corpus.reportlab import render
from flows.cli import app
from flows.config.corrections import digest, load_corrections
from flows.config.settings import SettingsError, load_settings
from flows.running.summary import as_markdown
from samples.make_samples import MINISTRY, OVERSPENT, money
from tests.support.ingesting import ingest_plainly
from tests.support.paths import SAMPLES
from warehouse.contract import Corrections, conform
from warehouse.warehouse import Warehouse

ENTRY = """
[[correction]]
form_id = "{form}"
table = "funding"
record = 1
column = "executed"
expected = "158.40"
action = "replace"
text = "154.40"
reason = "the lines below add up to 154.40, and so does the final account"
decided_by = "Zhang, audit office"
decided_on = 2026-01-05
"""
FORM = "0123456789abcdef01234567-001"


def written(folder: Path, text: str) -> Path:
    path = folder / "corrections.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_load_corrections_no_file_gives_no_decision() -> None:
    assert load_corrections(None).height == 0
    assert digest(load_corrections(None)) == ""


def test_load_corrections_document_and_form_number_name_the_form(tmp_path: Path) -> None:
    by_document = ENTRY.replace('form_id = "{form}"', f'document_id = "{"0123456789abcdef" * 4}"\nform_number = 2')
    row = load_corrections(written(tmp_path, by_document)).row(0, named=True)
    assert row["form_id"] == "0123456789abcdef01234567-002"
    assert (row["record_number"], row["corrected_text"], row["decided_on"]) == (1, "154.40", date(2026, 1, 5))


def test_digest_follows_the_decisions_and_not_the_layout(tmp_path: Path) -> None:
    one, other = ENTRY.format(form=FORM), ENTRY.format(form=FORM).replace("executed", "annual_budget")
    first = digest(load_corrections(written(tmp_path, one + other)))
    assert digest(load_corrections(written(tmp_path, f"# a note\n{other}{one}"))) == first
    assert digest(load_corrections(written(tmp_path, one + other.replace("154.40", "154.41")))) != first


@pytest.mark.parametrize(
    ("old", "new", "reported"),
    [
        ('reason = "the', 'reasn = "the', r"correction 1 \(.*executed\): reason is missing: add it"),
        ('reason = "the', 'reasn = "the', r"reasn is not a key of a correction"),
        ('expected = "158.40"', "expected = 158.40", r"expected must be text as it is printed: write it in quotes"),
        ('"executed"', '"executed_cny"', r"funding has no column 'executed_cny': one of .*executed"),
        ("record = 1", "record = 0", r"record is 0 for forms, else"),
        ('text = "154.40"', "", r"to replace, say by what: add text"),
        ('action = "replace"', 'action = "withhold"', r"what is withheld has no text"),
        ('action = "replace"', 'action = "delete"', r"action: .*'replace' or 'withhold', found 'delete'"),
        ('"Zhang, audit office"', '" "', r"decided_by is empty: say it"),
        ("2026-01-05", '"yesterday"', r"decided_on: .*found 'yesterday'"),
        (f'form_id = "{FORM}"', "", r"name the form by form_id, or by document_id"),
        (FORM, "7", r"form_id: .*found '7'"),
        ("[[correction]]", "[[corection]]", r"only \[\[correction\]\] entries are expected, found corection"),
        ("record = 1", "record = ", r"is not TOML"),
    ],
)
def test_load_corrections_wrong_entry_is_named_with_what_to_do(
    tmp_path: Path, old: str, new: str, reported: str
) -> None:
    path = written(tmp_path, ENTRY.format(form=FORM).replace(old, new))
    with pytest.raises(SettingsError, match=rf"corrections\.toml: .*{reported}"):
        load_corrections(path)


def test_load_corrections_what_others_are_read_by_is_not_withheld(tmp_path: Path) -> None:
    text = (
        ENTRY.format(form=FORM).replace('"replace"\ntext = "154.40"', '"withhold"').replace("executed", "source_label")
    )
    with pytest.raises(SettingsError, match="other values are read by source_label, it can only be replaced"):
        load_corrections(written(tmp_path, text))


def test_load_corrections_one_place_twice_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(
        SettingsError, match=f"more than one correction for executed of record 1 in funding of form {FORM}"
    ):
        load_corrections(written(tmp_path, ENTRY.format(form=FORM) * 2))


def test_load_corrections_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"gone\.toml: cannot be read"):
        load_corrections(tmp_path / "gone.toml")


def test_load_settings_takes_the_corrections_beside_the_settings_file(tmp_path: Path) -> None:
    config = tmp_path / "jixiao.toml"
    config.write_text("workers = 1\n")
    assert load_settings(config).corrections is None
    beside = written(tmp_path, "")
    assert load_settings(config).corrections == beside
    config.write_text('corrections = "other.toml"\n')
    assert load_settings(config).corrections == Path("other.toml")


def report(path: Path, executed: str) -> str:
    """Write a report whose total line prints `executed`, and whose other lines add up to 154.40; give its form_id."""
    total, *rest = money("154.40", "154.40")
    lines: tuple[FundingLine, ...] = (replace(total, executed=executed), *rest)
    form = replace(OVERSPENT, funding=lines, violates=())
    pdf = render(Document(path.stem, blocks(form, MINISTRY), Style(lines="cells"), (form.truth(),)))
    path.write_bytes(pdf)
    import hashlib

    return f"{hashlib.sha256(pdf).hexdigest()[:24]}-001"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder: settings are looked for there."""
    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JIXIAO_CONFIG", raising=False)
    return tmp_path


def shown(warehouse: Path, place: str, table: str) -> pl.DataFrame:
    release = Warehouse(warehouse).releases.current()
    assert release is not None
    return release.scan(table, place).collect()


@pytest.mark.long
def test_ingest_misprint_is_published_after_a_correction_and_refused_when_repaired(folder: Path) -> None:
    warehouse = folder / "data"
    form_id = report(folder / "in" / "report.pdf", "158.40")
    held = ingest_plainly(warehouse, folder / "in")
    assert "R13" in {reason.rule_id for reason in held.held_reasons}
    assert shown(warehouse, "published", "forms").height == 0

    written(folder, ENTRY.format(form=form_id))
    corrected = ingest_plainly(warehouse, folder / "in")
    assert (corrected.documents_read, corrected.documents_derived, corrected.warnings) == (0, 1, [])
    form = shown(warehouse, "published", "forms").row(0, named=True)
    assert (form["form_id"], str(form["executed_cny"])) == (form_id, "1544000.00")
    printed = shown(warehouse, "published", "evidence").filter(record_id=f"{form_id}-f01", column_name="executed_cny")
    assert printed["printed_text"].to_list() == ["158.40"]
    reported = conform(shown(warehouse, "published", "corrections"), Corrections).row(0, named=True)
    assert (reported["status"], reported["observed_text"], reported["decided_by"]) == (
        "applied",
        "158.40",
        "Zhang, audit office",
    )
    again = ingest_plainly(warehouse, folder / "in")
    assert (again.documents_derived, again.is_new_release) == (0, False)

    repaired = report(folder / "in" / "report.pdf", "154.40")
    written(folder, ENTRY.format(form=repaired))
    refused = ingest_plainly(warehouse, folder / "in")
    assert shown(warehouse, "published", "corrections")["status"].to_list() == ["refused"]
    assert [w for w in refused.warnings if f"executed in {repaired}-f01 refused" in w and "'154.40'" in w]
    assert refused.warnings[0] in as_markdown(refused)
    assert refused.exit_code == 0
    assert shown(warehouse, "published", "forms")["form_id"].to_list() == [repaired]


def test_ingest_correction_of_an_unknown_form_is_reported(folder: Path) -> None:
    written(folder, ENTRY.format(form=FORM))
    summary = ingest_plainly(folder / "data", SAMPLES / "no-form.pdf")
    assert [w.partition(":")[0] for w in summary.warnings] == [f"correction of executed in {FORM}-f01 not found"]


@pytest.mark.long
def test_gaps_lists_what_the_lists_lack(folder: Path) -> None:
    odd = tuple(replace(i, level1="奇特指标") for i in OVERSPENT.indicators[:2])
    form = replace(OVERSPENT, indicators=(*odd, *OVERSPENT.indicators[2:]))
    (folder / "in" / "odd.pdf").write_bytes(render(Document("odd", blocks(form, MINISTRY), Style(), (form.truth(),))))
    ingest_plainly(folder / "data", folder / "in")
    called = CliRunner().invoke(app, ["gaps", "--warehouse", "data", "--json"])
    assert called.exit_code == 0
    assert {"kind": "level_1", "printed": "奇特指标", "count": 2} in json.loads(called.stdout)
    assert "奇特指标" in CliRunner().invoke(app, ["gaps", "--warehouse", "data"], env={"COLUMNS": "120"}).stdout
