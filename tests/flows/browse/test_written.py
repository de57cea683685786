from __future__ import annotations

import re
from pathlib import Path

import pytest

from flows.browse.data import ReleaseData
from tests.support.builders import MadeUpForm, form_id, ingest, publish
from tests.support.commands import run
from warehouse.warehouse import Warehouse


def test_report_with_forms_writes_each_page_once_and_removes_older_ones(
    house: Warehouse, data: ReleaseData, held_form: str, tmp_path: Path
) -> None:
    target, folder = tmp_path / "new" / "r.html", tmp_path / "new" / "r-forms"
    ids = data.forms["form_id"].to_list()
    assert run("report", "-w", house.location, "-o", target, "--with-forms", "all").exit_code == 0
    assert {path.stem for path in folder.glob("*.html")} == set(ids)
    assert {f"r-forms/{one}.html" for one in ids} == set(re.findall(r'href="([^"]+)"', target.read_text("utf-8")))
    for path in folder.glob("*.html"):
        page = path.read_text("utf-8")
        places = re.findall(r'(?:href|src)="([^"#]+)"', page)
        assert [place for place in places if not (folder / place).resolve().is_file()] == []
        assert "://" not in page
    (folder / "mine.txt").write_text("kept")
    chosen = ["--with-forms", "held", "--with-forms", ids[0]]
    assert run("report", "-w", house.location, "-o", target, *chosen).exit_code == 0
    assert {path.stem for path in folder.glob("*.html")} == {held_form, ids[0]}
    assert (folder / "mine.txt").is_file()


def test_report_with_forms_unknown_form_says_what_is_expected(house: Warehouse, tmp_path: Path) -> None:
    done = run("report", "-w", house.location, "-o", tmp_path / "r.html", "--with-forms", "nonsense")
    assert (done.exit_code, "expected held, all or a form_id" in done.stderr) == (2, True)
    assert not (tmp_path / "r.html").exists()


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "{{7*7}}", "a\u202eb\x07"])
def test_written_pages_hostile_texts_stay_text_and_a_missing_pdf_is_said(tmp_path: Path, hostile: str) -> None:
    house = Warehouse(tmp_path / "data")
    ingest(house, {"a": [MadeUpForm(project=hostile)]})
    publish(house)
    assert run("report", "-w", house.location, "-o", tmp_path / "r.html", "--with-forms", "all").exit_code == 0
    page = (tmp_path / "r-forms" / f"{form_id('a')}.html").read_text("utf-8")
    for text in (page, (tmp_path / "r.html").read_text("utf-8")):
        assert "alert(1)</script>" not in text
        assert "\u202e" not in text
    assert "does not have this PDF" in page
    assert list((tmp_path / "r-forms" / "pictures").iterdir()) == []
