"""What is drawn beside figures, and no text, leaves them in doubt: a reader sees it, the text does not have it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.transforms.embedded_form import EMBEDDED_FORM
from tests.transforms.raw_pdf import GRID, shown, write_pdf
from transforms.assemble import assemble
from transforms.read import read_document
from warehouse.contract.stages import FIGURE_DOUBTS

LABELS = shown("绩效指标", 60, 675) + shown("分值", 210, 675) + shown("出勤率", 60, 635)
VALUE = shown("10", 220, 635)
CLIP = "q BT 7 Tr /F1 9 Tf 1 0 0 1 220 635 Tm <00380038> Tj ET "
PICTURE = (
    "<</Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8/Length 1>>\n"
    "stream\n{}\nendstream"
)
TILE = (
    "<</Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 3 6]/XStep 9/YStep 9/Resources<<>>"
    "/Length 13>>\nstream\n0 0 1.5 6 re f\nendstream"
)

SHADING = (
    "<</ShadingType 2/ColorSpace/DeviceGray/Coords[0 0 1 1]/Extend[true true]"
    "/Function<</FunctionType 2/Domain[0 1]/C0[0]/C1[0]/N 1>>>>"
)


def witnesses(path: Path, content: str, feed: str = "pdfium") -> dict[str, str | None]:
    objects = (PICTURE.format("\0"), PICTURE.format("\xff"), TILE, SHADING)
    write_pdf(
        path,
        f"{GRID} {LABELS} {content}",
        resources="/XObject<</Black 10 0 R/White 11 0 R>>/Pattern<</Tile 12 0 R>>/Shading<</Black 13 0 R>>",
        objects=objects,
    )
    cells = read_document(path, "0" * 64, feed=feed, witness_pct=0).cells.filter(pl.col("row_number") == 1)
    return dict(cells.select("text", "witness").iter_rows())


@pytest.mark.parametrize(
    ("content", "text"),
    [
        pytest.param("0.6 w 215 638 m 219 638 l S " + VALUE, "10", id="minus"),
        pytest.param("1 0 0 rg 215 638 4 0.6 re f 0 g " + VALUE, "10", id="red minus"),
        pytest.param(shown("1", 220, 635) + "225 635 0.9 0.9 re f " + shown("0", 227, 635), "10", id="point"),
        pytest.param(VALUE + "0.6 w 230 635 m 236 641 l S 231 640 1 1 re S 235 635 1 1 re S", "10", id="percent"),
        pytest.param("/Pattern cs /Tile scn 210 634 9 9 re f 0 g " + VALUE, "10", id="pattern"),
        pytest.param("q 5 0 0 7 213 635 cm /Black Do Q " + VALUE, "10", id="picture"),
        pytest.param("q 213 638 4 0.7 re W n /Black sh Q " + VALUE, "10", id="shading"),
        pytest.param(shown("万元", 230, 635) + "0.8 w 222 635 m 222 641 l S", "万元", id="digit before its unit"),
        pytest.param("0.8 w 220 635 m 220 641 l S", "", id="digit alone"),
        pytest.param("q 15 0 0 8 220 635 cm /Black Do Q", "", id="picture alone"),
        pytest.param(CLIP + "205 625 140 30 re f Q", "", id="ground seen through digits"),
        pytest.param(CLIP + "/Black sh Q", "", id="shading seen through digits"),
        pytest.param("0.6 w 50 620 m 350 620 l 215 638 m 219 638 l S " + VALUE, "10", id="minus in the path of a rule"),
        pytest.param("0.6 w 215 638 m 219 638 l S " + shown("3公里", 220, 635), "3公里", id="minus before words"),
    ],
)
def test_what_is_drawn_beside_a_figure_is_seen(tmp_path: Path, content: str, text: str) -> None:
    assert witnesses(tmp_path / "a.pdf", content) == {"出勤率": None, text: "more"}


@pytest.mark.parametrize("content", ["0.6 w 215 638 m 219 638 l S ", "0.6 w 202 638 m 218 638 l S "])
def test_what_is_drawn_beside_a_figure_is_seen_whatever_reads_the_text(tmp_path: Path, content: str) -> None:
    found = witnesses(tmp_path / "a.pdf", content + VALUE, "pdfplumber")
    assert found["10"] in FIGURE_DOUBTS


@pytest.mark.parametrize(
    ("content", "text"),
    [
        pytest.param("0.6 w 202 638 m 218 638 l S " + VALUE, "10", id="long minus"),
        pytest.param("q 16 0 0 0.7 202 638 cm /Black Do Q " + VALUE, "10", id="long minus as a picture"),
        pytest.param(VALUE + "0.8 w 218 634 m 231 642 l S", "10", id="struck from corner to corner"),
        pytest.param(VALUE + "224 635 1.2 1.2 re f", "10", id="point between the boxes of digits"),
        pytest.param(VALUE + "1 J 1.3 w 224.5 635.7 m 224.5 635.7 l S", "10", id="point as a round end"),
        pytest.param(VALUE + "0.9 w 224.5 634 m 224.5 642 l S", "10", id="digit between the boxes of digits"),
        pytest.param(VALUE + "1 g 217 634 20 3.2 re f", "10", id="white over their feet"),
        pytest.param(VALUE + "1 G 2 w 217 638 m 240 638 l S", "10", id="white line through them"),
        pytest.param(shown("1.5", 220, 635) + "1 g 224.2 634 2.2 3 re f", "1.5", id="white over a point"),
    ],
)
def test_what_is_drawn_over_a_figure_is_seen(tmp_path: Path, content: str, text: str) -> None:
    found = witnesses(tmp_path / "a.pdf", content)
    assert found.pop("出勤率") is None
    assert [*found] == [text]
    assert found[text] in FIGURE_DOUBTS


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("1 g 219 630 8 14 re f 0 g", id="white ground that ends within it"),
        pytest.param("0.9 g 212 631 30 13 re f 0 g", id="gray ground"),
        pytest.param("0.5 w 203 633 m 347 633 l S", id="long underline"),
        pytest.param("1 G 2 w 217 638 m 240 638 l S 0 G", id="white line below them"),
        pytest.param("0.8 w 218 634 m 231 642 l S 1 g 210 630 30 14 re f 0 g", id="covered line"),
    ],
)
def test_what_lies_below_a_figure_is_passed_over(tmp_path: Path, content: str) -> None:
    assert witnesses(tmp_path / "a.pdf", content + " " + VALUE) == {"出勤率": None, "10": None}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("0.5 w 220 633.5 m 229 633.5 l S", id="underlined"),
        pytest.param("0.9 1 0.9 rg 218 632 14 12 re f 0 g", id="marked"),
        pytest.param("0.5 w 203 621.5 m 347 621.5 l S", id="double rule"),
        pytest.param("1 G 0.6 w 215 638 m 219 638 l S 0 G", id="white line"),
        pytest.param("0.6 w 215 638 m 219 638 l S 1 g 213 634 6.5 8 re f 0 g", id="covered line"),
        pytest.param("q 5 0 0 7 213 635 cm /White Do Q", id="white picture"),
        pytest.param("q 0 0 1 1 re W n 0.6 w 215 638 m 219 638 l S Q", id="clipped line"),
        pytest.param("2.2 w 202 638 m 202 639 l S", id="beside the rule"),
        pytest.param("0.6 w 60 628 m 64 628 l S", id="below words"),
        pytest.param("201.8 621.8 0.5 0.5 re f", id="corner of a double rule"),
    ],
)
def test_what_says_nothing_beside_a_figure_is_passed_over(tmp_path: Path, content: str) -> None:
    assert witnesses(tmp_path / "a.pdf", content + " " + VALUE) == {"出勤率": None, "10": None}


@pytest.mark.parametrize(
    ("content", "witness"),
    [
        pytest.param("0.5 w 205 623 142 34 re S", None, id="frame"),
        pytest.param("201.8 621.8 0.5 0.5 re f", None, id="corner of a double rule"),
        pytest.param(CLIP + "Q", None, id="digits that nothing is painted through"),
        pytest.param("0.5 w 205 623 142 34 re S 220 635 m 224 635 l S", "more", id="minus in a frame"),
    ],
)
def test_rules_within_a_blank_cell_are_not_its_content(tmp_path: Path, content: str, witness: str | None) -> None:
    assert witnesses(tmp_path / "a.pdf", content) == {"出勤率": None, "": witness}


@pytest.mark.parametrize("said", ["0020", "200B", "002D"])
def test_glyph_of_a_drawn_font_that_is_not_what_its_map_says_is_seen(tmp_path: Path, said: str) -> None:
    """The fonts of the rest say themselves what they print: a dot that its map calls a space, or a minus, is odd."""
    table = f"1 beginbfchar <61> <{said}> endbfchar"
    glyph = "300 0 0 0 200 150 d1 50 0 130 130 re f"
    font = (
        "<</Type/Font/Subtype/Type3/FontBBox[0 0 1000 1000]/FontMatrix[0.001 0 0 0.001 0 0]/FirstChar 97/LastChar 97"
        "/Widths[300]/CharProcs<</a 11 0 R>>/Encoding<</Differences[97/a]>>/Resources<<>>/ToUnicode 12 0 R>>"
    )
    write_pdf(
        tmp_path / "a.pdf",
        f"{GRID} {LABELS} {VALUE} BT /F3 9 Tf 1 0 0 1 229 635 Tm (a) Tj ET",
        page="/Resources<</Font<</F1 5 0 R/F3 10 0 R>>>>",
        objects=(font, *(f"<</Length {len(s)}>>\nstream\n{s}\nendstream" for s in (glyph, table))),
    )
    cells = read_document(tmp_path / "a.pdf", "0" * 64, witness_pct=0).cells
    assert set(cells["witness"].drop_nulls()) <= {*FIGURE_DOUBTS}
    assert cells["witness"].count() == 1


@pytest.mark.parametrize(("colour", "witness"), [("0 G", "more"), ("0.8 G", None)])
def test_framed_figure_belongs_to_the_cell_around_its_frame(tmp_path: Path, colour: str, witness: str | None) -> None:
    found = witnesses(tmp_path / "a.pdf", VALUE + f"{colour} 0.5 w 212 629 40 20 re S")
    assert found == {"出勤率": None, "10": witness}


@pytest.mark.parametrize(("witness", "said"), [("more", ["– (more)"]), (None, [])])
def test_blank_cell_of_a_field_that_shows_something_is_in_doubt(witness: str | None, said: list[str]) -> None:
    cells = read_document(EMBEDDED_FORM, "a" * 64).cells
    is_blank = (pl.col("text") == "") & pl.col("table_number").is_not_null()
    shown = cells.with_columns(witness=pl.when(is_blank).then(pl.lit(witness)).otherwise("witness"))
    fields = assemble(shown)
    assert fields.filter(pl.col("printed_text") == "")["column_name"].to_list() == ["target"]
    assert fields.filter(pl.col("column_name") == "witnesses_differ")["printed_text"].to_list() == said
