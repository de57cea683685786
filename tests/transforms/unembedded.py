"""PDFs of a few bytes that name a font and do not bring it, in each way that Chinese producers encode its text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MAP_HEAD = "/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange"
DESCRIPTOR = "/Type/FontDescriptor/Flags 4/FontBBox[0 -120 1000 880]/ItalicAngle 0/Ascent 880/Descent -120/StemV 80"


@dataclass(frozen=True)
class Encoding:
    """How a character of the text becomes a code.

    Attributes:
        cmap: Name of the CMap; null for a simple font.
        ordering: Character collection of the CID font; null: the font does not say.
        maps: Whether the PDF has a map from codes to Unicode.
    """

    name: str
    cmap: str | None
    ordering: str | None = None
    maps: bool = True

    def __str__(self) -> str:
        return self.name


ENCODINGS = (
    Encoding("gbk", "GBK-EUC-H", "GB1", maps=False),
    Encoding("ucs2", "UniGB-UCS2-H", "GB1", maps=False),
    Encoding("identity_of_gb1", "Identity-H", "GB1"),
    Encoding("identity", "Identity-H", "Identity"),
    Encoding("identity_without_collection", "Identity-H"),
    Encoding("simple", None),
)


def write_unembedded(path: Path, encoding: Encoding, font: str, lines: Sequence[str]) -> Path:
    """Write a page with each line as one text object."""
    codes = {char: number for number, char in enumerate(dict.fromkeys("".join(lines)), 0x41)}

    def coded(text: str) -> str:
        match encoding.cmap:
            case "GBK-EUC-H":
                return text.encode("gbk").hex()
            case "UniGB-UCS2-H":
                return text.encode("utf-16-be").hex()
            case "Identity-H":
                return "".join(f"{codes[char]:04x}" for char in text)
            case _:
                return "".join(f"{codes[char]:02x}" for char in text)

    shown = "".join(f"BT /F1 12 Tf 50 {700 - 20 * n} Td <{coded(line)}> Tj ET\n" for n, line in enumerate(lines))
    digits = 4 if encoding.cmap else 2
    pairs = "".join(f"<{code:0{digits}x}> <{ord(char):04x}>\n" for char, code in codes.items())
    whole = f"<{'0' * digits}> <{'f' * digits}>"
    to_unicode = f"{MAP_HEAD} {whole} endcodespacerange {len(codes)} beginbfchar {pairs} endbfchar endcmap end"
    mapped = "/ToUnicode 7 0 R" if encoding.maps else ""
    named = f"/Type/Font/BaseFont/{font}"
    if encoding.cmap:
        used = f"<<{named}/Subtype/Type0/Encoding/{encoding.cmap}/DescendantFonts[8 0 R]{mapped}>>"
    else:
        widths = " ".join(["1000"] * len(codes))
        codes_used = f"/FirstChar {0x41}/LastChar {0x40 + len(codes)}/Widths[{widths}]"
        used = f"<<{named}/Subtype/TrueType{codes_used}/FontDescriptor 6 0 R{mapped}>>"
    collection = (
        f"/CIDSystemInfo<</Registry(Adobe)/Ordering({encoding.ordering})/Supplement 2>>" if encoding.ordering else ""
    )
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        _stream(shown),
        used,
        f"<<{DESCRIPTOR}/FontName/{font}>>",
        _stream(to_unicode),
        f"<<{named}/Subtype/CIDFontType2{collection}/DW 1000/FontDescriptor 6 0 R>>",
    ]
    out = "%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n"
    rows = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    trailer = f"trailer <</Size {size}/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF"
    path.write_text(f"{out}xref\n0 {size}\n0000000000 65535 f \n{rows}{trailer}", encoding="ascii")
    return path


def _stream(content: str) -> str:
    return f"<</Length {len(content)}>>stream\n{content}\nendstream"
