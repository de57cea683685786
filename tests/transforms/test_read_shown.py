"""What a person sees is what is read, whichever feed reads it: hidden text is left out, shown values are there."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.transforms.raw_pdf import GRID, appearance, shown, write_pdf
from transforms.read import read_document

LABELS = shown("绩效指标", 60, 675) + shown("分值", 210, 675) + shown("出勤率", 60, 635)
VALUE = shown("10", 220, 635)
FILL = "210 630 120 20 re f"
STATES = "/ExtGState<</Clear<</ca 0>>/NoStroke<</CA 0>>/Half<</ca 0.4>>/Multiply<</BM/Multiply>>>>"
PLAIN_IMAGE = (
    "<</Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8/Length 1>>\n"
    "stream\n\xff\nendstream"
)
MASKED_IMAGE = PLAIN_IMAGE.replace("/Length 1", "/SMask 10 0 R/Length 1")


def read_both(path: Path) -> list[str]:
    """Read the cells' texts with both feeds, which must agree."""
    first, second = (
        read_document(path, "0" * 64, feed=feed).cells["text"].to_list() for feed in ("pdfium", "pdfplumber")
    )
    assert first == second
    return list(first)


def place(image: str) -> str:
    return f"q 120 0 0 20 210 630 cm /{image} Do Q "


@pytest.mark.parametrize(
    ("content", "value"),
    [
        pytest.param(VALUE, "10", id="plain"),
        pytest.param(shown("9", 212, 635, "1 g") + VALUE, "10", id="white on paper"),
        pytest.param(shown("9", 212, 635, "0.97 0.98 1 rg") + VALUE, "10", id="nearly white on paper"),
        pytest.param(shown("9", 212, 635, "0 0 0 0 k") + VALUE, "10", id="white in four colours"),
        pytest.param(f"0.2 0.3 0.6 rg {FILL} " + shown("10", 220, 635, "1 g"), "10", id="white on a dark cell"),
        pytest.param(
            f"0.2 0.3 0.6 rg {FILL} " + shown("9", 212, 635, "0.2 0.3 0.6 rg") + shown("10", 220, 635, "1 g"),
            "10",
            id="in the colour of the cell",
        ),
        pytest.param(f"0.9 g {FILL} 0 g " + VALUE, "10", id="black on a shaded cell"),
        pytest.param(shown("99", 220, 635) + f" 1 g {FILL} 0 g " + VALUE, "10", id="covered by a white box"),
        pytest.param(shown("99", 220, 635) + f" 0.8 g {FILL} 0 g " + VALUE, "10", id="covered by a grey box"),
        pytest.param(shown("30", 220, 635) + f" 1 g {FILL} 0 g " + shown("20", 220, 635), "20", id="half printed anew"),
        pytest.param(VALUE + f" 1 g {FILL} 0 g " + VALUE, "10", id="all printed anew"),
        pytest.param(
            shown("99", 210, 635) + " 1 G 14 w 205 639 m 222 639 l S 0 G 1 w " + shown("10", 230, 635),
            "10",
            id="covered by a broad line",
        ),
        pytest.param(VALUE + " 1 G 5 w 212 625 m 250 657 l S 0 G 1 w ", "10", id="under a slanted line"),
        pytest.param(
            shown("813.51", 220, 635) + f" 1 g {FILL} 0 g " + shown("113.51", 220, 635), "113.51", id="all but one anew"
        ),
        pytest.param(VALUE + f" q /Half gs 1 0.8 0 rg {FILL} Q", "10", id="under a clear box"),
        pytest.param(VALUE + f" q /Multiply gs 1 1 0 rg {FILL} Q", "10", id="under a marker"),
        pytest.param(shown("99", 220, 635) + place("Plain") + VALUE, "10", id="covered by an image"),
        pytest.param(VALUE + place("Masked"), "10", id="under an image that lets it through"),
        pytest.param(shown("9", 212, 635, "/Clear gs") + VALUE, "10", id="transparent"),
        pytest.param(shown("9", 212, 635, size=0.9) + VALUE, "10", id="as small as a dot"),
        pytest.param(shown("9", 212, 635, "3 Tr") + VALUE, "10", id="not painted"),
        pytest.param(shown("9", 212, 635, "7 Tr") + VALUE, "10", id="only clipping"),
        pytest.param(shown("10", 220, 635, "1 g 0 G 0.3 w 2 Tr"), "10", id="white with an outline"),
        pytest.param(shown("9", 212, 635, "1 G 1 Tr") + VALUE, "10", id="outlined in white"),
        pytest.param(shown("9", 212, 635, "1 g 1 G 2 Tr") + VALUE, "10", id="white, outlined in white"),
        pytest.param(shown("9", 212, 635, "/NoStroke gs 1 Tr") + VALUE, "10", id="with a transparent outline"),
        pytest.param(shown("10", 220, 635, "1 g 0 G 1 Tr"), "10", id="outlined only"),
        pytest.param(
            "q 215 630 100 20 re W n " + shown("9", 205, 635) + VALUE + " Q", "10", id="outside the clipped part"
        ),
        pytest.param(
            "q 0 0 9 9 re W n " + shown("9", 212, 635) + " Q " + VALUE + shown("1", -90, 60) * 300,
            "10",
            id="clipped away, among many that are not clipped",
        ),
        pytest.param(f"/Span <</ActualText <FEFF00390030>>> BDC {VALUE} EMC", "10", id="another text said to be meant"),
        pytest.param(
            f"/Span <</ActualText <FEFF0039>>> BDC {VALUE} EMC", "10", id="another character said to be meant"
        ),
    ],
)
def test_read_document_what_is_shown_is_read(tmp_path: Path, content: str, value: str) -> None:
    path = write_pdf(
        tmp_path / "a.pdf",
        f"{GRID} {LABELS} {content}",
        resources=STATES + "/XObject<</Plain 11 0 R/Masked 12 0 R>>",
        objects=(PLAIN_IMAGE.replace("\xff", "\x60"), PLAIN_IMAGE, MASKED_IMAGE),
    )
    assert read_both(path) == ["绩效指标", "分值", "出勤率", value]


@pytest.mark.parametrize(
    ("properties", "value"),
    [
        ("/OCGs[10 0 R 11 0 R]/D<</OFF[10 0 R]>>", "10"),
        ("/OCGs[10 0 R 11 0 R]/D<</BaseState/OFF/ON[11 0 R]>>", "10"),
        ("/OCGs[10 0 R 11 0 R]/D<</AS[<</Event/View/Category[/View]/OCGs[10 0 R]>>]>>", "10"),
        ("/OCGs[10 0 R 11 0 R]/D<</OFF[]>>", "910"),
    ],
)
@pytest.mark.parametrize("layer", ["Draft", "Member"])
def test_read_document_layer_that_is_off_is_not_read(tmp_path: Path, properties: str, value: str, layer: str) -> None:
    hidden = f"/OC /{layer} BDC q {shown('9', 212, 635)} Q EMC /OC /Print BDC {VALUE} EMC"
    path = write_pdf(
        tmp_path / "a.pdf",
        f"{GRID} {LABELS} {hidden}",
        resources="/Properties<</Draft 10 0 R/Print 11 0 R/Member 12 0 R>>",
        catalog=f"/OCProperties<<{properties}>>",
        objects=(
            "<</Type/OCG/Name(L)/Usage<</View<</ViewState/OFF>>>>>>",
            "<</Type/OCG/Name(L)>>",
            "<</Type/OCMD/OCGs[10 0 R]/P/AllOn>>",
        ),
    )
    assert read_both(path) == ["绩效指标", "分值", "出勤率", value]


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("/OCGs[10 0 R]/P/AllOff", "10"),
        ("/OCGs 10 0 R/P/AnyOff", "10"),
        ("/OCGs[10 0 R]/P/AllOn", "910"),
        ("/VE[/Not 10 0 R]", "10"),
        ("/VE[/And 10 0 R [/Not 11 0 R]]", "10"),
        ("/VE[/Or [/Not 10 0 R] 11 0 R]", "910"),
    ],
)
def test_read_document_layer_that_a_rule_switches_off_is_not_read(tmp_path: Path, rule: str, value: str) -> None:
    path = write_pdf(
        tmp_path / "a.pdf",
        f"{GRID} {LABELS} /OC /Ruled BDC {shown('9', 212, 635)} EMC {VALUE}",
        resources="/Properties<</Ruled 12 0 R>>",
        catalog="/OCProperties<</OCGs[10 0 R 11 0 R]/D<</ON[10 0 R 11 0 R]>>>>",
        objects=("<</Type/OCG/Name(a)>>", "<</Type/OCG/Name(b)>>", f"<</Type/OCMD{rule}>>"),
    )
    assert read_both(path) == ["绩效指标", "分值", "出勤率", value]


WHITE = "<</FunctionType 2/Domain[0 1]/C0[1]/C1[1]/N 1>>"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(shown("99", 220, 635) + f" q {FILL[:-1]} W n /White sh Q", id="a shading over it"),
        pytest.param(f"q /Masked gs {shown('99', 220, 635)} Q", id="a mask that lets nothing through"),
    ],
)
def test_read_document_figure_that_leaves_no_trace_in_the_picture_is_doubted(tmp_path: Path, content: str) -> None:
    """A digit that is seen stands so close that its ink lies in the place of the hidden one."""
    path = write_pdf(
        tmp_path / "a.pdf",
        f"{GRID} {LABELS} {content} {shown('1', 222, 635)}",
        resources=f"/Shading<</White<</ShadingType 2/ColorSpace/DeviceGray/Coords[0 0 1 1]/Extend[true true]"
        f"/Function{WHITE}>>>>/ExtGState<</Masked<</SMask<</S/Luminosity/G 10 0 R>>>>>>",
        objects=(
            "<</Type/XObject/Subtype/Form/BBox[0 0 595 842]/Group<</S/Transparency/CS/DeviceGray>>/Length 20>>\n"
            "stream\n0 g 0 0 595 842 re f\nendstream",
        ),
    )
    cells = read_document(path, "0" * 64, witness_pct=0).cells
    assert cells.filter(pl.col("text").str.contains("9"))["witness"].to_list() == ["unseen"]


@pytest.mark.parametrize("mode", ["/Screen", "/Lighten", "[/Difference /Normal]", "/Multiply"])
def test_read_document_figure_that_may_be_blended_with_the_paper_is_doubted(tmp_path: Path, mode: str) -> None:
    path = write_pdf(
        tmp_path / "a.pdf",
        f"{GRID} {LABELS} {shown('9', 212, 635, '/Blended gs')} {VALUE}",
        resources=f"/ExtGState<</Blended<</BM{mode}>>>>",
    )
    cells = read_document(path, "0" * 64, witness_pct=0).cells
    found = cells.filter(pl.col("text").str.contains("9"))["witness"].to_list()
    assert found == [None if mode == "/Multiply" else "unseen"]


def test_read_document_other_text_said_to_be_meant_by_the_whole_page_is_not_read(tmp_path: Path) -> None:
    content = f"/Span <</ActualText <FEFF0039>>> BDC {GRID} {LABELS} {VALUE} EMC"
    assert read_both(write_pdf(tmp_path / "a.pdf", content)) == ["绩效指标", "分值", "出勤率", "10"]


def test_read_document_text_said_to_be_meant_is_not_counted_among_what_the_page_shows(tmp_path: Path) -> None:
    meant = f"/Span <</ActualText <FEFF0039003000310032>>> BDC {VALUE} EMC"
    marks = [
        read_document(write_pdf(tmp_path / f"{i}.pdf", f"{GRID} {LABELS} {value}"), "0" * 64).page_marks
        for i, value in enumerate((VALUE, meant))
    ]
    assert marks[0] == marks[1]


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        ("/Subtype/FreeText/Contents(10)/AP<</N 11 0 R>>/F 4", "10"),
        ("/Subtype/FreeText/Contents(10)/AP<</N 11 0 R>>/F 2", ""),  # hidden
        ("/Subtype/FreeText/Contents(10)/AP<</N 11 0 R>>/F 36", ""),  # on paper only
        ("/Subtype/Widget/FT/Tx/T(a)/V(10)/AP<</N 11 0 R>>/F 4", "10"),
        ("/Subtype/Widget/FT/Tx/T(a)/V(10)/DA(/Helv 9 Tf 0 g)/F 4", "10"),  # viewers draw the value themselves
        ("/Subtype/FreeText/Contents(10)/DA(/Helv 9 Tf 0 g)/F 4", "10"),
        ("/Subtype/Link/Border[0 0 0]", ""),
    ],
)
def test_read_document_values_of_fields_and_annotations_are_read(tmp_path: Path, annotation: str, value: str) -> None:
    path = write_pdf(
        tmp_path / "a.pdf",
        f"{GRID} {LABELS}",
        page="/Annots[10 0 R]",
        catalog="/AcroForm<</Fields[10 0 R]/DA(/Helv 9 Tf 0 g)/DR<</Font<</Helv 12 0 R>>>>>>",
        objects=(
            f"<</Type/Annot/Rect[210 630 330 650]/P 3 0 R{annotation}>>",
            appearance("10"),
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        ),
    )
    assert read_both(path) == ["绩效指标", "分值", "出勤率", value]


@pytest.mark.parametrize("field", ["/Subtype/Widget/FT/Tx/T(a)/V(9)", "/Subtype/FreeText/Contents(9)"])
@pytest.mark.parametrize(
    ("layer", "is_read"),
    [("/OC 13 0 R", False), ("/OC<</Type/OCMD/OCGs[13 0 R]>>", False), ("/OC 14 0 R", True), ("", True)],
)
def test_read_document_field_in_a_layer_that_is_off_is_not_read(
    tmp_path: Path, field: str, layer: str, is_read: bool
) -> None:
    fields = (
        f"{field}/Rect[210 650 330 670]{layer}/AP<</N 11 0 R>>",
        "/Subtype/FreeText/Rect[210 630 330 650]/AP<</N 12 0 R>>",
    )
    path = write_pdf(
        tmp_path / "a.pdf",
        f"{GRID} {LABELS}",
        page="/Annots[10 0 R 15 0 R]",
        catalog="/AcroForm<</Fields[10 0 R]>>/OCProperties<</OCGs[13 0 R 14 0 R]/D<</OFF[13 0 R]>>>>",
        objects=(
            f"<</Type/Annot/P 3 0 R/F 4{fields[0]}>>",
            appearance("9"),
            appearance("10"),
            "<</Type/OCG/Name(Draft)>>",
            "<</Type/OCG/Name(Print)>>",
            f"<</Type/Annot/P 3 0 R/F 4{fields[1]}>>",
        ),
    )
    said = "".join(read_both(path))
    assert ("9" in said, "10" in said) == (is_read, True)


@pytest.mark.parametrize("kind", ["/Btn/Ff 49152", "/Btn"])
def test_read_document_ticks_of_a_form_are_read(tmp_path: Path, kind: str) -> None:
    """Radio buttons and tick boxes: a drawing of them, or of their mark, has no text."""
    boxes = [
        f"<</Type/Annot/Subtype/Widget/Rect[{x} 632 {x + 9} 641]/P 3 0 R/FT{kind}/T(t{x})/F 4/AS/{state}/V/{state}"
        "/AP<</N<</Yes 12 0 R/Off 12 0 R>>>>>>"
        for x, state in ((205, "Yes"), (245, "Off"))
    ]
    path = write_pdf(
        tmp_path / "a.pdf",
        f"{GRID} {LABELS} {shown('优', 215, 635)} {shown('良', 255, 635)}",
        page="/Annots[10 0 R 11 0 R]",
        catalog="/AcroForm<</Fields[10 0 R 11 0 R]>>",
        objects=(*boxes, appearance("")),
    )
    assert read_both(path) == ["绩效指标", "分值", "出勤率", "✔优❏良"]


@pytest.mark.parametrize(
    ("around", "box"), [("q 0 0 9 9 re W n /Outer Do Q", "0 0 999 999"), ("/Outer Do", "0 0 9 9"), ("", "0 0 999 999")]
)
def test_read_document_text_in_a_form_within_a_clipped_one_is_not_read(tmp_path: Path, around: str, box: str) -> None:
    content = shown("9", 212, 635)
    path = write_pdf(
        tmp_path / "a.pdf",
        f"{GRID} {LABELS} {VALUE} {around}",
        resources="/XObject<</Outer 10 0 R>>",
        objects=(
            f"<</Type/XObject/Subtype/Form/BBox[{box}]/Resources<</XObject<</In 11 0 R>>>>/Length 6>>\nstream\n/In Do\n"
            "endstream",
            "<</Type/XObject/Subtype/Form/BBox[0 0 999 999]/Resources<</Font<</F1 5 0 R>>>>"
            f"/Length {len(content)}>>\nstream\n{content}\nendstream",
        ),
    )
    assert read_both(path) == ["绩效指标", "分值", "出勤率", "10"]


def test_read_document_text_pressed_to_lines_is_not_read(tmp_path: Path) -> None:
    pressed = shown("9", 212, 635).replace(" Tm ", " Tm 2 Tz ")
    path = write_pdf(tmp_path / "a.pdf", f"{GRID} {LABELS} {pressed} {VALUE}")
    texts = read_document(path, "0" * 64).cells["text"].to_list()
    assert texts == ["绩效指标", "分值", "出勤率", "10"]


@pytest.mark.parametrize("grey", ["0.85 g", "0.7 0.75 0.8 rg", "/Half gs 1 0 0 rg"])
def test_read_document_level_watermark_is_left_out(tmp_path: Path, grey: str) -> None:
    mark = shown("样张仅供公示", 70, 650, grey, 30)
    path = write_pdf(tmp_path / "a.pdf", f"{GRID} {LABELS} {VALUE} {mark}", resources=STATES)
    assert read_both(path) == ["绩效指标", "分值", "出勤率", "10"]


def test_read_document_small_watermark_over_many_cells_is_left_out(tmp_path: Path) -> None:
    marks = " ".join(shown("公示样张", x, y, "0.8 g") for x in (180, 330) for y in (616, 636, 656, 676, 696))
    path = write_pdf(tmp_path / "a.pdf", f"{GRID} {LABELS} {VALUE} {marks}")
    assert [text for text in read_both(path) if text in ("绩效指标", "分值", "出勤率", "10")] == [
        "绩效指标",
        "分值",
        "出勤率",
        "10",
    ]


def test_read_document_grey_values_and_large_titles_are_read(tmp_path: Path) -> None:
    content = shown("绩效自评表", 100, 740, size=30) + GRID + LABELS + shown("10", 220, 635, "0.6 g")
    assert read_both(write_pdf(tmp_path / "a.pdf", content)) == ["绩效自评表", "绩效指标", "分值", "出勤率", "10"]


def test_box_after_text_that_clips_covers_nothing(tmp_path: Path) -> None:
    clips = f"BT 7 Tr /F1 9 Tf 1 0 0 1 400 100 Tm <{'注'.encode('utf-16-be').hex()}> Tj ET 1 g {FILL}"
    reading = read_document(write_pdf(tmp_path / "a.pdf", GRID + LABELS + VALUE + clips), "0" * 64)
    assert reading.cells.filter(pl.col("table_number").is_not_null())["text"].to_list()[-1] == "10"
    scoped = f"q {clips.partition(' 1 g')[0]} Q 1 g {FILL}"  # held, should the box cover it after all
    reading = read_document(write_pdf(tmp_path / "b.pdf", GRID + LABELS + VALUE + scoped), "0" * 64, witness_pct=0)
    assert reading.cells["witness"].drop_nulls().to_list() == ["unseen"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(VALUE + shown("10", 220, 635, "1 g"), id="below the same in white"),
        pytest.param(VALUE + shown("88", 220, 635, "1 g"), id="below another in white"),
        pytest.param(shown("9", 214, 635, "/Faint gs") + VALUE, id="faint beside dark"),
        pytest.param("BT /F1 -10 Tf 1 0 0 1 219 643 Tm <0039> Tj ET " + VALUE, id="upside down beside upright"),
    ],
)
def test_read_document_figure_that_is_seen_in_part_or_upside_down_is_doubted(tmp_path: Path, content: str) -> None:
    path = write_pdf(tmp_path / "a.pdf", content=GRID + LABELS + content, resources="/ExtGState<</Faint<</ca 0.2>>>>")
    cells = read_document(path, "0" * 64, witness_pct=0).cells
    assert cells.filter(pl.col("witness") == "cut")["text"].str.contains("10").to_list() == [True]


def test_read_document_small_negative_size_and_turned_matrix_stand_upright(tmp_path: Path) -> None:
    turned = "BT /F1 -10 Tf -1 0 0 -1 214 635 Tm <0039> Tj ET "
    path = write_pdf(tmp_path / "a.pdf", content=GRID + LABELS + VALUE + turned)
    assert "910" in read_document(path, "0" * 64).cells["text"].to_list()


def test_read_document_annotation_without_a_picture_is_drawn_as_viewers_do(tmp_path: Path) -> None:
    struck = "<</Type/Annot/Subtype/StrikeOut/Rect[218 633 234 645]/QuadPoints[218 645 234 645 218 633 234 633]/F 4>>"
    path = write_pdf(tmp_path / "a.pdf", GRID + LABELS + VALUE, page="/Annots[10 0 R]", objects=(struck,))
    cells = read_document(path, "0" * 64, witness_pct=0).cells
    assert cells.filter(pl.col("witness").is_not_null())["text"].to_list() == ["10"]


def test_read_document_figure_that_a_clip_of_two_equal_boxes_hides_is_doubted(tmp_path: Path) -> None:
    hidden = "q 205 625 20 20 re 205 625 20 20 re W* n " + shown("9", 208, 635) + "Q "
    path = write_pdf(tmp_path / "a.pdf", GRID + LABELS + VALUE + hidden)
    cells = read_document(path, "0" * 64, witness_pct=0).cells
    assert cells.filter(pl.col("text").str.contains("9"))["witness"].to_list() == ["unseen"]


def test_read_document_line_from_edge_to_edge_strikes_out(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", GRID + LABELS + VALUE + " 200 638.5 m 350 638.5 l S")
    cells = read_document(path, "0" * 64, witness_pct=0).cells
    assert "struck" in cells.filter(pl.col("text").str.contains("10"))["witness"].to_list()


def test_read_document_box_in_forms_twelve_deep_covers(tmp_path: Path) -> None:
    form = "<</Type/XObject/Subtype/Form/BBox[0 0 595 842]%s/Length %d>>\nstream\n%s\nendstream"
    inner = [form % (f"/Resources<</XObject<</X {11 + i} 0 R>>>>", 5, "/X Do") for i in range(12)]
    covered = form % ("", len(FILL) + 4, f"1 g {FILL}")
    resources = "/XObject<</X 10 0 R>>"
    path = write_pdf(
        tmp_path / "a.pdf", GRID + LABELS + VALUE + " /X Do", resources=resources, objects=(*inner, covered)
    )
    assert "10" not in read_document(path, "0" * 64).cells["text"].to_list()


@pytest.mark.parametrize("apart", [False, True], ids=["one text", "a text for each character"])
def test_read_document_text_that_the_edge_of_the_page_cuts_is_noted(tmp_path: Path, apart: bool) -> None:
    figures = [("1", 592.0), ("2", 597.0)]
    text = "".join(shown(figure, x, 635) for figure, x in figures) if apart else shown("12", 592, 635)
    path = write_pdf(tmp_path / "a.pdf", GRID + LABELS + VALUE + text)
    cells = read_document(path, "0" * 64, witness_pct=0).cells
    assert cells.filter(pl.col("witness") == "cut")["text"].to_list() == ["1"]
