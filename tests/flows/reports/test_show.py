from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from flows.reports.page_picture import FAILED, FOUND
from flows.reports.show import UnknownId, draw, find
from flows.running.summary import RunSummary
from warehouse.warehouse import Warehouse


@pytest.fixture(scope="module")
def house(ingested: tuple[Path, RunSummary]) -> Warehouse:
    return Warehouse(ingested[0])


def first(house: Warehouse, table: str, column: str, place: str = "published") -> str:
    release = house.releases.current()
    assert release is not None
    found: str = release.scan(table, place).select(pl.col(column).first()).collect().item()
    return found


@pytest.mark.parametrize(
    ("table", "column"), [("forms", "form_id"), ("indicators", "indicator_id"), ("funding", "funding_id")]
)
def test_find_record_gives_its_places(house: Warehouse, table: str, column: str) -> None:
    wanted = first(house, table, column)
    shown = find(house, wanted)
    assert shown.evidence.height > 0
    if table != "forms":
        assert shown.evidence["record_id"].unique().to_list() == [wanted]
    assert Path(house.archive.location_of(shown.document_id)).read_bytes().startswith(b"%PDF")


def test_find_failed_check_marks_what_fails(house: Warehouse) -> None:
    form_id = first(house, "forms", "form_id", "quarantine")
    shown = find(house, f"{form_id}/R15")
    assert [finding["rule_id"] for finding in shown.findings] == ["R15"]
    assert shown.evidence["is_failure"].all()
    assert set(shown.evidence["column_name"]) == {"execution_rate_pct", "executed_cny", "annual_budget_cny"}


@pytest.mark.parametrize("wanted", ["nonsense", "0" * 24 + "-001", "{form}-i999", "{form}/R99"])
def test_find_unknown_id_says_what_to_do(house: Warehouse, wanted: str) -> None:
    with pytest.raises(UnknownId):
        find(house, wanted.replace("{form}", first(house, "forms", "form_id")))


def test_draw_frames_the_places(house: Warehouse, tmp_path: Path) -> None:
    form_id = first(house, "forms", "form_id", "quarantine")
    shown = find(house, form_id)
    draw(house, shown, tmp_path / "new" / "form.png", scale=1.0)
    picture = Image.open(tmp_path / "new" / "form.png").convert("RGB")
    colors = {color for _, color in picture.getcolors(1 << 24) or []}
    assert FAILED["critical"] in colors
    assert FOUND not in colors  # what is right is not framed where something is wrong
    place = shown.evidence.filter(pl.col("rules").str.contains("R15")).row(0, named=True)
    assert picture.getpixel((int(place["x1"]), int(place["bottom"] + 1.5))) == FAILED["critical"]


def test_draw_frames_all_places_where_nothing_fails(house: Warehouse, tmp_path: Path) -> None:
    release = house.releases.current()
    assert release is not None
    clean = release.scan("all_forms").filter(critical_findings=0, warning_findings=0, info_findings=0).collect()
    shown = find(house, clean["form_id"][0])
    assert not shown.evidence["is_failure"].any()
    draw(house, shown, tmp_path / "form.png", scale=1.0)
    picture = Image.open(tmp_path / "form.png").convert("RGB")
    assert FOUND in {color for _, color in picture.getcolors(1 << 24) or []}


def test_find_names_rules_and_gravest_severity_of_each_place(house: Warehouse) -> None:
    shown = find(house, first(house, "forms", "form_id", "quarantine"))
    rate = shown.evidence.filter(table_name="forms", column_name="execution_rate_pct").row(0, named=True)
    assert ("R15" in rate["rules"].split(" "), rate["severity"]) == (True, "critical")
