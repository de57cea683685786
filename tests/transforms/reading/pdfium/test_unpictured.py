"""Annotations and fields whose picture viewers make: a reader sees them, so that what stands there is in doubt."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.transforms.raw_pdf import GRID, appearance, shown, write_pdf
from transforms.read import read_document
from warehouse.contract.stages import FIGURE_DOUBTS

LABELS = shown("绩效指标", 60, 675) + shown("分值", 210, 675) + shown("出勤率", 60, 635)
VALUE = shown("10", 220, 635)
CHINESE = "feff" + "完成10".encode("utf-16-be").hex()


def last_cell(path: Path, annotation: str, value: str, form: str = "", catalog: str = "") -> tuple[str, str | None]:
    """Read the cell in which an annotation, and a value of the page's own, stand: its text, and its doubt."""
    write_pdf(
        path,
        f"{GRID} {LABELS} {value}",
        page="/Annots[10 0 R]",
        catalog=f"/AcroForm<</Fields[10 0 R]/DA(/Helv 9 Tf 0 g)/DR<</Font<</Helv 12 0 R>>>>{form}>>{catalog}",
        objects=(
            f"<</Type/Annot/Rect[210 630 330 650]/P 3 0 R{annotation}>>",
            appearance("10"),
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            "<</Type/OCG/Name(a)>>",
        ),
    )
    cells = read_document(path, "0" * 64, witness_pct=0).cells.filter(pl.col("row_number") == 1)
    text, witness = cells.select("text", "witness").row(-1)
    return text, witness


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        pytest.param("/Subtype/Line/L[214 638 219 638]/F 4/C[0 0 0]", VALUE, id="minus"),
        pytest.param("/Subtype/Line/L[214 638 219 638]/F 4", VALUE, id="minus of no colour"),
        pytest.param("/Subtype/PolyLine/Vertices[214 638 219 638]/F 4", VALUE, id="minus of corners"),
        pytest.param("/Subtype/Polygon/Vertices[220 633 224 645 228 633]/F 4", VALUE, id="over it"),
        pytest.param("/Subtype/Line/L[215 638 235 638]/F 4/C[1 1 1]/BS<</W 9>>", VALUE, id="white over it"),
        pytest.param(f"/Subtype/FreeText/Contents<{CHINESE}>/F 4/DA(/Helv 9 Tf 0 g)", "", id="Chinese alone"),
        pytest.param(f"/Subtype/FreeText/Contents<{CHINESE}>/F 4/DA(/Helv 9 Tf 0 g)", VALUE, id="Chinese over it"),
    ],
)
def test_annotation_without_a_picture_leaves_a_figure_in_doubt(tmp_path: Path, annotation: str, value: str) -> None:
    text, witness = last_cell(tmp_path / "a.pdf", annotation, value)
    assert text == ("10" if value else "")
    assert witness in FIGURE_DOUBTS


@pytest.mark.parametrize(
    "annotation",
    [
        pytest.param("/Subtype/Line/L[214 638 219 638]/F 2", id="hidden"),
        pytest.param("/Subtype/Line/L[214 638 219 638]/F 36", id="on paper only"),
        pytest.param("/Subtype/Line/F 4", id="without ends"),
        pytest.param("/Subtype/Polygon/F 4", id="without corners"),
        pytest.param(f"/Subtype/FreeText/Contents<{CHINESE}>/F 2", id="hidden text"),
    ],
)
def test_annotation_that_no_viewer_shows_is_passed_over(tmp_path: Path, annotation: str) -> None:
    assert last_cell(tmp_path / "a.pdf", annotation, VALUE) == ("10", None)


def test_line_in_a_layer_that_is_off_is_passed_over(tmp_path: Path) -> None:
    line = "/Subtype/Line/L[214 638 219 638]/F 4/OC<</Type/OCMD/P/AllOff/OCGs[13 0 R]>>"
    layers = "/OCProperties<</OCGs[13 0 R]/D<<>>>>"
    for annotation, expected in ((line, ("10", None)), (line.replace("AllOff", "AllOn"), ("10", "more"))):
        assert last_cell(tmp_path / "a.pdf", annotation, VALUE, catalog=layers) == expected


@pytest.mark.parametrize(
    ("value", "form", "expected"),
    [
        ("10", "/NeedAppearances true", ("10", None)),
        ("90", "/NeedAppearances true", ("", "more")),
        ("90", "", ("10", None)),
    ],
)
def test_field_whose_value_is_not_what_its_picture_shows(
    tmp_path: Path, value: str, form: str, expected: tuple[str, str | None]
) -> None:
    field = f"/Subtype/Widget/FT/Tx/T(a)/V({value})/AP<</N 11 0 R>>/F 4"
    assert last_cell(tmp_path / "a.pdf", field, "", form) == expected
