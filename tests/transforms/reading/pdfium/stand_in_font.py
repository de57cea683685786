"""The font that stands in for missing ones; `python -m tests.transforms.reading.pdfium.stand_in_font` writes it."""

from __future__ import annotations

from io import BytesIO
from typing import Final

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

from transforms.reading.pdfium.stand_in import FONT_FILE

_EM: Final = 1000
_TOP, _BOTTOM = 880, -120
_BAR: Final = 100
_BLANKS: Final = {0x20, 0xA0, 0x3000, *range(0x2000, 0x2010)}
_LATIN: Final = range(0x21, 0x250)
_LAST: Final = 0x32FFF
_MANY_TO_ONE: Final = 13  # the cmap format of fonts whose characters share glyphs


def stand_in_font() -> bytes:
    """Make the font: a bar for each printed character, nothing for spaces; Latin characters move on by half an em.

    The bar is narrow, since PDFium takes what a glyph covers for a part of its advance: that is the PDF's to say.
    """
    advances = {".notdef": _EM, "blank": _EM, "half": _EM // 2, "full": _EM}
    builder = FontBuilder(_EM, isTTF=True)
    builder.setupGlyphOrder(list(advances))
    builder.setupGlyf({name: _bar(0 if name == "blank" else _BAR) for name in advances})
    builder.setupHorizontalMetrics({name: (width, 0) for name, width in advances.items()})
    builder.setupHorizontalHeader(ascent=_TOP, descent=_BOTTOM)
    builder.setupCharacterMap({0x20: "blank"})
    builder.font["cmap"].tables = [_character_map()]
    builder.setupNameTable({"familyName": "jixiao stand-in", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost(keepGlyphNames=False)
    builder.font.recalcTimestamp = False
    builder.font["head"].created = builder.font["head"].modified = 0
    out = BytesIO()
    builder.save(out)
    return out.getvalue()


def _bar(width: int) -> object:
    pen = TTGlyphPen(None)
    if width:
        pen.moveTo((0, _BOTTOM))
        for corner in ((0, _TOP), (width, _TOP), (width, _BOTTOM)):
            pen.lineTo(corner)
        pen.closePath()
    return pen.glyph()


def _character_map() -> object:
    table = CmapSubtable.newSubtable(_MANY_TO_ONE)
    table.platformID, table.platEncID = 3, 10
    table.format, table.reserved, table.length, table.language, table.nGroups = _MANY_TO_ONE, 0, 0, 0, 0
    table.cmap = {
        code: "blank" if code in _BLANKS else "half" if code in _LATIN else "full" for code in range(0x20, _LAST)
    }
    return table


if __name__ == "__main__":
    FONT_FILE.write_bytes(stand_in_font())
