"""What embedded fonts say themselves of their glyphs, and what becomes of damaged ones."""

from __future__ import annotations

import io
import zlib
from functools import cache

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from transforms.reading.font_programs import FontProgram, font_program
from transforms.reading.source import Content
from transforms.reading.streams import scan
from transforms.reading.unicode_maps import MapDoubts, doubted

CHARACTERS = "0123456789.万元亿行态大⼤"


@cache
def font(characters: str = CHARACTERS, table: bool = True, names: bool = False) -> bytes:
    """A font with a glyph for each character, from 1."""
    glyphs = [".notdef", *(f"uni{ord(char):04X}" for char in characters)]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(glyphs)
    builder.setupCharacterMap({ord(char): f"uni{ord(char):04X}" for char in characters} if table else {})
    builder.setupGlyf({name: TTGlyphPen(None).glyph() for name in glyphs})
    builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (1000, 0)))
    builder.setupHorizontalHeader()
    builder.setupPost(keepGlyphNames=names)
    if not table:
        del builder.font["cmap"]
    file = io.BytesIO()
    builder.save(file)
    return file.getvalue()


def program(content: bytes, is_packed: bool = False) -> FontProgram:
    found = font_program(content, is_packed)
    assert found is not None
    return found


def unicode_map(text: str) -> bytes:
    pairs = "".join(f"<{glyph:04X}> <{ord(char):04X}>\n" for glyph, char in enumerate(text, 1))
    return f"{len(text)} beginbfchar\n{pairs}endbfchar".encode()


@pytest.mark.parametrize("kept", [{"table": True}, {"table": False, "names": True}], ids=["table", "names"])
@pytest.mark.parametrize("is_packed", [False, True])
def test_characters_of_glyphs(kept: dict[str, bool], is_packed: bool) -> None:
    content = font(**kept)
    read = program(zlib.compress(content) if is_packed else content, is_packed)
    assert read.of([12, 1, 500]) == {1: frozenset({ord("0")}), 12: frozenset({ord("万")})}


@pytest.mark.parametrize(
    ("said", "doubts", "denied"),
    [
        ("0123456789.万元亿行态大⼤", "", ""),
        ("０123456789.万元亿行态⼤大", "", ""),
        ("0123456789.亿元亿行态大⼤", "亿", "亿"),
        ("0123456789.万元亿态态大⼤", "态", ""),
        ("0123456789.万元亿行\u2299大⼤", "\u2299", ""),
        ("0123456789,万元亿行态大⼤", ",", ","),
        ("0123456989.万元亿行态大⼤", "9", "9"),
        ("0123456789.万元亿行态⼩⼤", "小", "小"),
        ("项目绩效自评情况表单位年度预算数执行", "", ""),
    ],
    ids=["as the font", "alike", "unit", "ideograph", "symbol", "point", "digit", "radical", "another font"],
)
def test_map_against_its_font(said: str, doubts: str, denied: str) -> None:
    found = doubted([unicode_map(said)], [program(font())])
    of_another_font = "年" in said  # it says nothing of a unit that is printed, so that the shapes are looked at
    assert found == MapDoubts(
        frozenset(map(ord, doubts)), frozenset(map(ord, denied)), has_unconfirmed_figures=of_another_font
    )


@pytest.mark.parametrize("encoding", ["utf-16-be", "gbk"])
def test_map_against_codes_that_are_characters(encoding: str) -> None:
    def table(says: dict[str, str]) -> bytes:
        pairs = "".join(
            f"<{char.encode(encoding).hex()}> <{ord(says.get(char, char)):04X}>\n" for char in "0123456789万元执行数"
        )
        return f"15 beginbfchar\n{pairs}endbfchar".encode()

    assert doubted([table({})]) == MapDoubts()
    assert doubted([table({"6": "9"})]).denied == frozenset(b"9")
    assert doubted([table({"万": "亿"})]).denied == frozenset([ord("亿")])


@pytest.mark.parametrize(
    ("encoding", "code", "denied"),
    [
        ("UniGB-UCS2-H", "4e07", "亿"),
        ("UniGB-UTF16-V", "4e07", "亿"),
        ("GBK-EUC-H", "cdf2", "亿"),
        ("Identity-H", "4e07", ""),
    ],
)
def test_map_of_a_font_whose_codes_are_characters_may_be_of_one_entry(encoding: str, code: str, denied: str) -> None:
    content = (
        f"%PDF-1.4\n5 0 obj\n<</Type/Font/Encoding/{encoding}/DescendantFonts[6 0 R]/ToUnicode 17 0 R>>\nendobj\n"
        f"17 0 obj\n<</Length 9>>\nstream\n1 beginbfchar <{code}> <4ebf> endbfchar\nendstream\nendobj\n"
    ).encode()
    streams = scan(Content(content))
    found = doubted(streams.maps, streams.programs, streams.damaged_maps, streams.coded_maps)
    assert found.denied == frozenset(map(ord, denied))


def test_codes_below_the_ideographs_are_not_taken_for_characters() -> None:
    latin = "".join(f"<{code:02X}> <{code:04X}>\n" for code in range(0x20, 0x7F))
    table = f"beginbfchar\n{latin}<80> <4E07> <81> <5143> <A5> <4EBF>\nendbfchar".encode()
    assert doubted([table]) == MapDoubts()


def test_map_belongs_to_the_font_that_confirms_most_of_it() -> None:
    other = program(font("0123456789.元万"))
    assert doubted([unicode_map(CHARACTERS)], [other, program(font())]) == MapDoubts()


@pytest.mark.parametrize("cut", [0, 3, 11, 40, 200, -1])
@pytest.mark.parametrize("names", [False, True])
def test_damaged_font_says_nothing_or_less(cut: int, names: bool) -> None:
    content = font(table=not names, names=names)
    found = font_program(content[:cut], False)
    assert found is None or len(found.pairs) <= len(CHARACTERS)


@pytest.mark.parametrize("seed", range(40))
def test_bytes_in_a_font_never_raise(seed: int) -> None:
    content = bytearray(font(names=bool(seed % 2), table=seed % 4 < 2))
    for at in range(12 + seed, len(content), 37):
        content[at] = (content[at] + seed * 31 + at) % 256
    assert isinstance(font_program(bytes(content), False), FontProgram | None)
