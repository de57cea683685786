from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest

from expectations.catalogue import RULES
from expectations.settings import RuleSettings
from expectations.wording import wording
from flows.reports import quality_page
from flows.reports.data_docs import build_data_docs
from flows.reports.quality_page import facts, write_report
from flows.reports.table_library import forms_table, joined, source_of
from flows.running.summary import RunSummary
from tests.support.commands import run
from tests.support.ingesting import ingest_plainly
from tests.support.paths import ROOT
from warehouse.releases.release import Release
from warehouse.warehouse import Warehouse


@pytest.fixture
def house(ingested: tuple[Path, RunSummary]) -> Warehouse:
    return Warehouse(ingested[0])


@pytest.fixture
def release(house: Warehouse) -> Release:
    current = house.releases.current()
    assert current is not None
    return current


@pytest.mark.parametrize("language", ["en", "zh"])
def test_write_report_shows_every_rule_and_held_form_in_one_file(
    language: str, house: Warehouse, release: Release, tmp_path: Path
) -> None:
    page = write_report(house, release, tmp_path / "new" / "report.html", language, RuleSettings()).read_text("utf-8")
    assert release.release_id in page
    shown = re.sub(r"&#39;", "'", re.sub(r"&#34;", '"', page))
    titles = {rule.id: wording(rule, RuleSettings()) for rule in RULES}
    assert [i for i, said in titles.items() if said.title_zh not in shown] == []  # forms are in Chinese
    assert [i for i, said in titles.items() if (said.title_en in shown) != (language == "en")] == []
    assert page.count('<article class="card form">') == release.account.filter(item="forms_quarantined")["count"].item()
    assert ("执行率" in page.split("<article")[1]) == (language == "zh")
    ours = page.replace(forms_table(), "")
    assert re.findall(r"(?<!-)(?:src|href|url|@import)[=(: ]", ours) == []
    assert "://" not in ours
    policy = re.search(r'Content-Security-Policy" content="(.*?)"', ours)
    assert policy is not None
    assert f"script-src {source_of(forms_table())};" in html.unescape(policy[1])


@pytest.mark.parametrize("bundle", ["", "const x=1;", "export{x as jQuery}", "export{x as default};alert(1)"])
def test_joined_another_bundle_is_an_error(bundle: str) -> None:
    with pytest.raises(RuntimeError, match="does not export DataTables"):
        joined(bundle, "")


def test_facts_count_what_the_release_counts(house: Warehouse, release: Release) -> None:
    counted = facts(house, release, "en", RuleSettings())
    results = {row["rule_id"]: row for row in release.scan("rule_results").collect().iter_rows(named=True)}
    for row in counted["rules"]:
        if row["id"] not in results:  # a rule on the dataset that had nothing to judge
            assert (row["id"], row["passed"], row["failed"]) == ("D02", 0, 0)
            continue
        assert [row[key] for key in ("passed", "failed", "not_applicable")] == [
            results[row["id"]][key] for key in ("passed", "failed", "not_applicable")
        ]
    assert counted["documents"]["total"] == release.account.filter(item="documents_seen")["count"].item()
    assert sum(part["count"] for part in counted["forms"]["parts"]) == counted["forms"]["total"]
    assert [finding["rule_id"] for finding in counted["held"][0]["findings"] if finding["severity"] == "critical"] == [
        "R15"
    ]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_write_report_hostile_text_stays_text_and_long_lists_are_cut(
    language: str, house: Warehouse, release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: dict[str, Any] = facts(house, release, language, RuleSettings())
    finding = {**shown["held"][0]["findings"][0], "message": "{{7*7}}", "page_number": 3}
    hostile = {"project_name": "<script>alert(1)</script>", "file_name": "{% raw %}.pdf", "findings": [finding]}
    shown["held"] = [{**shown["held"][0], **hostile}] * 3
    monkeypatch.setattr(quality_page, "facts", lambda *_: shown)
    monkeypatch.setattr(quality_page, "MOST", 2)
    page = write_report(house, release, tmp_path / "report.html", language, RuleSettings()).read_text("utf-8")
    assert page.replace(forms_table(), "").count("<script") == 1  # that of the table of forms
    assert "alert(1)</script>" not in page
    assert "&lt;script&gt;" in page
    assert page.count("<span>{{7*7}}</span>") == 2
    assert "{% raw %}.pdf" in page
    assert page.count("<article") == 2
    assert {"en": "and 1 more", "zh": "另有 1 项"}[language] in page
    assert {"en": ">p. 3<", "zh": ">第 3 页<"}[language] in page


def test_write_report_names_what_the_last_run_could_not_take(bad_inputs: dict[str, Path], tmp_path: Path) -> None:
    ingest_plainly(tmp_path / "data", *bad_inputs.values())
    done = run("report", "-w", tmp_path / "data", "--out", tmp_path / "page.html")
    assert (done.exit_code, done.stdout) == (0, f"{tmp_path / 'page.html'}\n")
    page = (tmp_path / "page.html").read_text("utf-8")
    names = {"not_a_pdf": "not a PDF", "empty_file": "empty file"}
    assert [c for c, path in bad_inputs.items() if path.name not in page or names.get(c, c) not in page] == []


def test_report_nothing_published_yet_is_an_error(tmp_path: Path) -> None:
    done = run("report", "-w", tmp_path, "--out", tmp_path / "page.html")
    assert (done.exit_code, "there is no warehouse at" in done.stderr) == (1, True)
    assert not (tmp_path / "page.html").exists()


def test_build_data_docs_writes_a_page_for_each_suite_and_replaces_an_older_one(
    release: Release, tmp_path: Path
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "old.html").write_text("old")
    page = build_data_docs(release, tmp_path / "docs", RuleSettings())
    assert page.is_file()
    assert not (tmp_path / "docs" / "old.html").exists()
    suites = {path.stem for path in (tmp_path / "docs" / "expectations").glob("*.html")}
    assert suites == {"forms", "funding", "indicators"}
    assert len(list((tmp_path / "docs" / "validations").rglob("*.html"))) == 3


@pytest.mark.long
def test_ingest_data_docs_says_where_they_are(tmp_path: Path) -> None:
    sample = ROOT / "samples" / "operator-columns.pdf"
    done = run("ingest", sample, "--plain", "-q", "--workers", "0", "-w", tmp_path, "--data-docs")
    assert done.exit_code == 0
    assert (tmp_path / "data_docs" / "index.html").is_file()
    assert done.stderr.endswith(f"Data Docs: {tmp_path / 'data_docs' / 'index.html'}\n")
