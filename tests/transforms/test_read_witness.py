"""What a page shows against what its text says: wrong entries of Unicode maps, damaged fonts."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pypdfium2 as pdfium
import pytest

from tests.make_pdf import Cell, Sheet
from tests.transforms.embedded_form import EMBEDDED_FORM
from transforms.assemble import assemble
from transforms.normalise import normalise
from transforms.read import Reading, read_document
from transforms.reading.cells import place_characters
from transforms.reading.digits import SIZE, draw, looks_like, pictures_of, wide_digits
from transforms.reading.halves import Whole
from transforms.reading.ocr import pages as ocr
from transforms.reading.page import Page
from transforms.reading.pdfium.feed import PdfiumDocument
from transforms.reading.unicode_maps import MapDoubts, doubted
from transforms.reading.witness import differing

MAP, FONT = b"beginbf", b"glyf"
KEEPS_ITS_TABLE = Path(__file__).parents[1] / "data" / "second_score" / "sources" / "single-chromium.pdf"
NAMES_NOTHING = Path(__file__).parents[1] / "data" / "mof_standard" / "sources" / "single-libreoffice.pdf"
KEEPS_ITS_NAMES = Path(__file__).parents[1] / "data" / "department_levels" / "sources" / "single-typst.pdf"


def twisted(target: Path, kind: bytes, twist: Callable[[bytes], bytes], form: Path = EMBEDDED_FORM) -> Path:
    """Write a form with one kind of its streams changed, all else in its place."""
    content = bytearray(form.read_bytes())
    for match in re.finditer(rb"(?<!end)stream\r?\n", bytes(content)):
        end = content.find(b"endstream", match.end())
        try:
            stream = zlib.decompress(content[match.end() : end])
        except zlib.error:
            continue
        if kind in stream:
            packed = zlib.compress(twist(stream), 9)
            assert len(packed) <= end - match.end()
            content[match.end() : end] = packed.ljust(end - match.end(), b"\n")
    target.write_bytes(content)
    return target


def with_entry(target: Path, shown: str, said: str) -> Path:
    """Write the form with a map that says another character of a glyph."""
    old, new = (b"> <%04X>" % ord(char) for char in (shown, said))
    return twisted(target, MAP, lambda table: table.replace(old, new).replace(b"<7E> <007E>\n", b""))  # for the room


def with_other_entry(target: Path, form: Path, shown: str, said: str) -> Path:
    """Write a form with a map that says another character, whatever the letters of its numbers."""
    old = re.compile(rb"> <%04X>" % ord(shown), re.IGNORECASE)
    remark = re.compile(rb"%.*\n|/CMap(?:Name|Type).*?def\s*")  # they make room for it
    return twisted(target, MAP, lambda table: remark.sub(b"", old.sub(b"> <%04X>" % ord(said), table)), form)


def witnessed(reading: Reading) -> dict[str, str]:
    return dict(reading.cells.filter(pl.col("witness").is_not_null()).select("text", "witness").iter_rows())


def form_of(reading: Reading) -> dict[str, object]:
    return normalise(assemble(reading.cells))["forms"].row(0, named=True)


def test_form_as_it_is_has_no_doubt() -> None:
    assert witnessed(read_document(EMBEDDED_FORM, "a" * 64)) == {}


@pytest.mark.parametrize(("shown", "said"), [("5", "6"), ("1", "7"), ("0", "8"), ("3", "9")])
def test_digit_of_a_wrong_map_is_seen_whatever_share_is_looked_at(tmp_path: Path, shown: str, said: str) -> None:
    reading = read_document(with_entry(tmp_path / "a.pdf", shown, said), "a" * 64, witness_pct=0)
    assert "digits" in witnessed(reading).values()
    assert form_of(reading)["witnesses_differ"]


@pytest.mark.parametrize(("shown", "said"), [("号", "5"), ("公", "5"), ("审", "0")])
def test_sign_that_a_map_calls_a_digit_is_seen_though_it_looks_like_none(tmp_path: Path, shown: str, said: str) -> None:
    reading = read_document(with_entry(tmp_path / "a.pdf", shown, said), "a" * 64)
    assert any(said in text for text, what in witnessed(reading).items() if what == "digits")
    assert form_of(reading)["witnesses_differ"]


@pytest.mark.parametrize("said", ["0", "5"])
def test_ideograph_that_a_map_calls_a_digit_is_seen_by_its_width(
    tmp_path: Path, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transforms.read.doubted", lambda *_: MapDoubts())  # neither font nor map deny it
    reading = read_document(with_entry(tmp_path / "a.pdf", "号", said), "a" * 64, witness_pct=0)
    assert witnessed(reading) == {f"公众{said}推送量": "digits"}
    assert form_of(reading)["witnesses_differ"]


@pytest.mark.parametrize(
    ("advances", "angle", "found"),
    [
        ([0.5, 0.5, 0.5, 1.0, 1.0], 0, [3]),
        ([0.5, 0.5, 0.5, 1.0, 1.0], 90, [3]),
        ([0.6, 1.0, 1.0, 1.0, 1.0], 0, []),
        ([0.5, 0.64, 0.6, 0.5, 1.0], 0, []),
    ],
    ids=["level", "upright", "all of full width", "ideograph"],
)
def test_digit_as_wide_as_an_ideograph(advances: list[float], angle: int, found: list[int]) -> None:
    size = np.column_stack([np.array(advances), np.ones(5)]) * 12.0
    boxes = np.column_stack([np.zeros((5, 2)), size if angle == 0 else size[:, ::-1]])
    no_lines = np.empty((0, 3))
    page = Page(1, 600, 800, np.array([*"1305元"]), boxes, np.full(5, angle), no_lines, no_lines)
    assert wide_digits(page).tolist() == found


def swapped(one: str, other: str) -> Callable[[bytes], bytes]:
    """Make a map say one character of the glyph of another, and the other way round; its remarks make room for it."""
    values = {b"%04x" % ord(a): b"%04x" % ord(b) for a, b in ((one, other), (other, one))}

    def twist(table: bytes) -> bytes:
        entry = re.compile(rb"(<[0-9A-Fa-f]+>\s*<)([0-9A-Fa-f]{4})>")
        changed = entry.sub(lambda m: m[1] + values.get(m[2].lower(), m[2]) + b">", table)
        return re.sub(rb"%.*\n|/CMap(?:Name|Type).*?def\s*", b"", changed)

    return twist


@pytest.mark.parametrize(
    ("one", "other"), [("3", "8"), ("1", "7"), ("5", "6"), ("0", "9"), ("万", "元"), ("二", "三"), ("≤", "≥")]
)
def test_swapped_figures_of_a_font_without_names_are_seen_by_their_shapes(tmp_path: Path, one: str, other: str) -> None:
    path = twisted(tmp_path / "a.pdf", MAP, swapped(one, other), NAMES_NOTHING)
    reading = read_document(path, "a" * 64, witness_pct=0)
    assert any({one, other} & {*text} for text, what in witnessed(reading).items() if what == "digits")
    assert form_of(reading)["witnesses_differ"]


def test_swapped_digits_are_seen_by_their_shapes_whatever_reads_the_text(tmp_path: Path) -> None:
    path = twisted(tmp_path / "a.pdf", MAP, swapped("3", "8"), NAMES_NOTHING)
    reading = read_document(path, "a" * 64, feed="pdfplumber", witness_pct=0)
    assert "digits" in witnessed(reading).values()
    assert form_of(reading)["witnesses_differ"]


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (".", ","),
        (".", "-"),
        (".", "·"),
        ("-", "1"),
        ("/", "1"),
        ("/", "-"),
        ("5", "."),
        ("%", "."),
        ("≥", ">"),
        ("≤", "<"),
        ("%", " "),
        ("%", "\u200b"),
        ("%", "\u3000"),
        ("%", "\ufeff"),
        ("≥", "+"),
        ("≤", "≠"),
    ],
)
def test_sign_of_a_font_without_names_is_seen_by_the_place_of_its_ink(tmp_path: Path, shown: str, said: str) -> None:
    reading = read_document(with_other_entry(tmp_path / "a.pdf", NAMES_NOTHING, shown, said), "a" * 64, witness_pct=0)
    assert "digits" in witnessed(reading).values()
    assert form_of(reading)["witnesses_differ"]


@pytest.mark.parametrize(
    ("shown", "said"),
    [("万", "千"), ("万", "亿"), ("元", "角"), ("完", "未"), ("有", "不"), ("升", "降"), ("次", "万")],
)
def test_ideograph_that_changes_a_figure_is_seen_by_its_shape(tmp_path: Path, shown: str, said: str) -> None:
    reading = read_document(with_other_entry(tmp_path / "a.pdf", NAMES_NOTHING, shown, said), "a" * 64, witness_pct=0)
    assert "digits" in witnessed(reading).values()
    assert form_of(reading)["witnesses_differ"]


def with_font_of_the_same_name(target: Path, one: str, other: str) -> Path:
    """Write the second page of a form with the font of the first one, and a map that swaps two characters of it."""
    content = NAMES_NOTHING.read_bytes()
    objects = dict(re.findall(rb"\n(\d+) 0 obj\s*\n(.*?)\nendobj", content, re.DOTALL))
    page = [number for number, body in objects.items() if body.startswith(b"<</Type/Page/")][1]
    [(font, body)] = [(n, b) for n, b in objects.items() if b.startswith(b"<</Type/Font/") and b"/LastChar 255" in b]
    [fonts] = [b for b in objects.values() if b.startswith(b"<</F1 ")]
    [table] = re.findall(rb"/ToUnicode (\d+) 0 R", body)
    said = swapped(one, other)(_inflated(objects[table].partition(b"stream\n")[2]))
    own = fonts.replace(b"/F1 %b 0 R" % font, b"/F1 90 0 R")
    second = {
        b"90": body.replace(b"/ToUnicode %b " % table, b"/ToUnicode 91 "),
        b"91": b"<</Length %d>>\nstream\n%b\nendstream" % (len(said), said),
        page: re.sub(rb"/Resources \d+ 0 R", b"/Resources<</Font%b>>" % own, objects[page]),
    }
    places = {}
    for number, body in second.items():
        places[number] = len(content)
        content += b"%b 0 obj\n%b\nendobj\n" % (number, body)
    rows = b"".join(b"%b 1\n%010d 00000 n \n" % (number, place) for number, place in places.items())
    [before], [root] = re.findall(rb"startxref\n(\d+)", content), re.findall(rb"/Root (\d+) 0 R", content)
    trailer = b"trailer\n<</Size 92/Root %b 0 R/Prev %b>>\nstartxref\n%d\n" % (root, before, len(content))
    target.write_bytes(content + b"xref\n" + rows + trailer + b"%%EOF\n")
    return target


@pytest.mark.parametrize(("one", "other"), [("3", "8"), ("≥", "≤")])
def test_another_font_of_the_same_name_is_looked_at_too(tmp_path: Path, one: str, other: str) -> None:
    reading = read_document(with_font_of_the_same_name(tmp_path / "a.pdf", one, other), "a" * 64, witness_pct=0)
    assert any({one, other} & {*text} for text, what in witnessed(reading).items() if what == "digits")


def test_digits_of_a_font_without_names_have_their_shapes() -> None:
    assert witnessed(read_document(NAMES_NOTHING, "a" * 64, witness_pct=0)) == {}


def test_digits_are_liker_themselves_than_any_other() -> None:
    with closing(pdfium.PdfDocument.new()) as document:
        fonts = [pdfium.raw.FPDFText_LoadStandardFont(document.raw, name) for name in (b"Helvetica", b"Times-Bold")]
        drawn = draw([(font, digit, SIZE) for font in fonts for digit in "0123456789"])
        likeness = looks_like(pictures_of(drawn))
    assert likeness.shape == (20, 10)
    assert likeness.argmax(axis=1).tolist() == [*range(10), *range(10)]


def test_digit_that_a_slant_takes_off_the_page_is_unseen(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "a.pdf", font="Helvetica")
    sheet.table(
        [50.0, 150.0, 250.0], [100.0, 130.0, 160.0], [Cell(r, c, 1, 1, "97.70") for r in (0, 1) for c in (0, 1)]
    )
    content = sheet.save().read_bytes()
    (tmp_path / "b.pdf").write_bytes(content)
    with PdfiumDocument(tmp_path / "b.pdf") as document, document.open_page(1) as page:
        read, tables = page.read(), page.tables
    slanted = replace(
        read, char_angle=np.full(len(read.codes), 90.0), char_box=read.char_box + np.array([0, 12, 0, 12])
    )
    placed = place_characters(Whole(slanted, tables))
    found = differing(content, [placed], {1}, MapDoubts())
    assert {doubt.what for doubt in found} == {"unseen"}
    assert differing(content, [place_characters(Whole(read, tables))], {1}, MapDoubts()) == []


@pytest.mark.parametrize(("shown", "said", "text"), [("号", "目", "公众目推送量"), ("审", "咮", "材料咮查准确率")])
def test_ideograph_of_a_wrong_map_is_noted_with_what_is_shown(
    tmp_path: Path, shown: str, said: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = with_entry(tmp_path / "a.pdf", shown, said)
    if ocr.is_available():
        reading = read_document(path, "a" * 64, witness_pct=0)
        assert witnessed(reading) == {text: f"shows {shown}"}
        assert form_of(reading)["doubted_texts"] == f"{text} (shows {shown})"
        assert form_of(reading)["witnesses_differ"] is None
    monkeypatch.setattr("transforms.reading.text_witness.is_available", lambda: False)
    without = witnessed(read_document(path, "a" * 64, witness_pct=0))
    assert without.get(text) == ("two glyphs" if said == "目" else None)


@pytest.mark.parametrize("form", [KEEPS_ITS_TABLE, KEEPS_ITS_NAMES], ids=["table", "names"])
@pytest.mark.parametrize(("shown", "said"), [("万", "亿"), ("≤", "≥")])
def test_form_is_held_where_its_font_denies_a_unit_or_sign(
    tmp_path: Path, form: Path, shown: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transforms.reading.text_witness.is_available", lambda: False)
    reading = read_document(with_other_entry(tmp_path / "a.pdf", form, shown, said), "a" * 64, witness_pct=0)
    assert form_of(reading)["witnesses_differ"]


@pytest.mark.parametrize(("form", "said"), [(KEEPS_ITS_TABLE, "态"), (KEEPS_ITS_NAMES, "⋹")], ids=["table", "names"])
def test_ideograph_that_its_font_denies_is_noted(
    tmp_path: Path, form: Path, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transforms.reading.text_witness.is_available", lambda: False)
    reading = read_document(with_other_entry(tmp_path / "a.pdf", form, "项", said), "a" * 64, witness_pct=0)
    assert any(f"{said}目" in text for text in witnessed(reading))


def test_figures_of_a_damaged_map_are_in_doubt(tmp_path: Path) -> None:
    content = bytearray(EMBEDDED_FORM.read_bytes())
    [(begin, end)] = [
        (match.end(), content.find(b"endstream", match.end()))
        for match in re.finditer(rb"(?<!end)stream\r?\n", bytes(content))
        if MAP in _inflated(content[match.end() : content.find(b"endstream", match.end())])
    ]
    stored = bytes(content[begin:end]).rstrip(b"\r\n")
    content[begin + len(stored) - 1] ^= 1  # its checksum
    (tmp_path / "a.pdf").write_bytes(content)
    assert form_of(read_document(tmp_path / "a.pdf", "a" * 64, witness_pct=0))["witnesses_differ"]


def _inflated(stored: bytes | bytearray) -> bytes:
    try:
        return zlib.decompressobj().decompress(stored)
    except zlib.error:
        return b""


@pytest.mark.parametrize("said", ["\u0318", "\u00da", "\u00a4", "\ufffd", "\u2c16", "\u3331"])
def test_sign_that_no_form_prints_among_ideographs_is_noted(tmp_path: Path, said: str) -> None:
    path = with_entry(tmp_path / "a.pdf", "审", said)
    found = witnessed(read_document(path, "a" * 64, witness_pct=0))
    assert [text for text in found if "查准确率" in text] == [*found]
    assert len(found) == 1


def test_page_whose_embedded_font_is_damaged_is_failed(tmp_path: Path) -> None:
    path = twisted(tmp_path / "a.pdf", FONT, lambda font: bytes(200) + font[200:])
    reading = read_document(path, "a" * 64)
    assert reading.pages_failed == (1,)
    assert (reading.reason or "").partition(":")[0] in ("damaged", "page_failed", "unreadable_font")


def test_page_with_a_font_that_lost_its_name_and_file_is_failed(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(
        EMBEDDED_FORM.read_bytes().replace(b"/BaseFont", b"/BaseF0nt").replace(b"/FontFile2", b"/F0ntFile2")
    )
    reading = read_document(path, "0" * 64)
    assert reading.cells.is_empty()
    assert (reading.reason or "").startswith("damaged: no page can be read (page 1: a font that it prints with")


@pytest.mark.parametrize(
    ("table", "found"),
    [
        (b"1 beginbfrange <0003> <000C> <0030> endbfrange", ""),
        (b"2 beginbfchar <0003> <0030> <0009> <0036> endbfchar 1 beginbfrange <04> <07> <0031> endbfrange", ""),
        (b"1 beginbfrange <0003> <0005> [<0030> <0031> <0031>] endbfrange", "1"),
        (b"2 beginbfchar <01> <90E8> <02> <90E8> endbfchar", "部"),
        (b"3 beginbfchar <01> <0020> <02> <0020> <03> <00A0> endbfchar", ""),
        (b"2 beginbfchar <01> <D840DC0B> <02> <00660069> endbfchar", ""),
        (b"2 beginbfchar <01> <5F3A> <02> <5F3AA> endbfchar", "强"),
        (b"2 beginbfchar <FFFFFFFFFFFFFFFFFFFFFF> <5F3A> <02> <D800> endbfchar", ""),
        (b"2 beginbfchar <01> <2264> <02> <2264> endbfchar", "≤"),
        (b"1 beginbfrange <00> <FFFFFFFF> <4E00> endbfrange", ""),
        (b"beginbfchar <zz> endbfchar beginbfrange <", ""),
    ],
    ids=[
        "row",
        "row in parts",
        "twice in a list",
        "twice",
        "spaces",
        "pairs",
        "half a unit",
        "too long",
        "signs",
        "endless",
        "not a map",
    ],
)
def test_doubted_characters_of_maps(table: bytes, found: str) -> None:
    doubts = doubted([table])
    assert (doubts.characters, doubts.denied) == (frozenset(map(ord, found)), frozenset())


@pytest.mark.parametrize(
    ("table", "is_unconfirmed"),
    [
        (b"1 beginbfrange <0013> <001C> <0031> endbfrange", True),
        (b"1 beginbfchar <01> <0035> endbfchar", True),
        (b"1 beginbfchar <01> <4E07> endbfchar", True),
        (b"1 beginbfchar <01> <5F3A> endbfchar", False),
        (b"1 beginbfrange <30> <39> <0030> endbfrange", False),
    ],
    ids=["a row that begins with 1", "one digit", "unit", "no figure", "codes that are characters"],
)
def test_figures_that_only_their_shapes_confirm(table: bytes, is_unconfirmed: bool) -> None:
    assert doubted([table]).has_unconfirmed_figures == is_unconfirmed
