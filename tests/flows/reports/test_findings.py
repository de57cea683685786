from __future__ import annotations

from pathlib import Path

from flows.config.settings import load_settings
from flows.reports.findings import rule_titles
from flows.reports.quality_page import write_report
from tests.support.commands import run
from tests.support.ingesting import ingest_plainly
from tests.support.paths import SAMPLES
from warehouse.warehouse import Warehouse


def test_thresholds_that_are_set_are_in_every_title_message_and_page_of_the_warehouse(tmp_path: Path) -> None:
    config = tmp_path / "jixiao.toml"
    config.write_text("[rules]\nreason_below_pct = 99.5\n[rules.severities]\nR16 = 'critical'\n")
    ingested = ingest_plainly(tmp_path / "data", SAMPLES / "weight-first.pdf", config=config)
    house = Warehouse(tmp_path / "data")
    release = house.releases.current()
    assert release is not None
    assert [held.title for held in ingested.held_reasons if held.rule_id == "R16"] == [
        "An execution rate below 99.5 % has a reason; so has a budget changed during the year"
    ]
    (finding,) = release.scan("checks").collect().filter(rule_id="R16", status="fail").to_dicts()
    listed = release.scan("rules").collect().filter(rule_id="R16").to_dicts()[0]
    page = tmp_path / "report.html"
    write_report(house, release, page, "zh", load_settings(config).rules)
    shown = run("rules", "--config", config).stdout
    reported = [
        finding["message"],
        finding["message_en"],
        finding["expected"],
        listed["title_en"],
        page.read_text(),
        shown,
    ]
    assert all("99.5" in text for text in reported)
    assert not any("90 %" in text or "低于 90%" in text for text in reported)
    assert rule_titles(release)["R16"]["zh"] == listed["title_zh"]
