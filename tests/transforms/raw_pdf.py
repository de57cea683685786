"""Tiny PDFs written by hand, for what no drawing library draws: layers, annotations, masks, odd render modes."""

from __future__ import annotations

from pathlib import Path

GRID = "1 w 50 700 m 350 700 l S 50 660 m 350 660 l S 50 620 m 350 620 l S " + " ".join(
    f"{x} 620 m {x} 700 l S" for x in (50, 200, 350)
)
"""Two rows of two cells."""


def shown(text: str, x: float, y: float, before: str = "", size: float = 9) -> str:
    """Operators that print text; `before` sets its colour, render mode or state."""
    return f"q BT {before} /F1 {size} Tf 1 0 0 1 {x} {y} Tm <{text.encode('utf-16-be').hex()}> Tj ET Q "


def appearance(text: str) -> str:
    """Make the picture of a field or annotation that shows a text."""
    content = f"BT /F1 9 Tf 10 5 Td <{text.encode('utf-16-be').hex()}> Tj ET"
    return (
        "<</Type/XObject/Subtype/Form/BBox[0 0 120 20]/Resources<</Font<</F1 5 0 R>>>>"
        f"/Length {len(content)}>>\nstream\n{content}\nendstream"
    )


def write_pdf(
    path: Path,
    content: str,
    *,
    resources: str = "",
    page: str = "",
    catalog: str = "",
    objects: tuple[str, ...] = (),
) -> Path:
    """Write a document of one page.

    Args:
        path: Where to.
        content: The page's program.
        resources: Entries of its resources beside the font /F1, STSong-Light that is not embedded.
        page: More entries of the page.
        catalog: More entries of the catalog.
        objects: More objects, numbered from 10.
    """
    stream = content.encode("latin-1")
    numbered = {
        1: f"<</Type/Catalog/Pages 2 0 R {catalog}>>",
        2: "<</Type/Pages/Count 1/Kids[3 0 R]>>",
        3: f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        f"/Resources<</Font<</F1 5 0 R>>{resources}>> {page}>>",
        4: f"<</Length {len(stream)}>>\nstream\n{content}\nendstream",
        5: "<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[6 0 R]>>",
        6: "<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo"
        "<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>/DW 1000/W[1 95 500]/FontDescriptor 7 0 R>>",
        7: "<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0"
        "/Ascent 880/Descent -120/CapHeight 880/StemV 93>>",
        **dict(enumerate(objects, 10)),
    }
    out = bytearray(b"%PDF-1.7\n")
    places = {}
    for number, body in numbered.items():
        places[number] = len(out)
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    start = len(out)
    size = max(numbered) + 1
    out += f"xref\n0 {size}\n0000000000 65535 f \n".encode()
    for number in range(1, size):
        out += f"{places[number]:010d} 00000 n \n".encode() if number in places else b"0000000000 00000 f \n"
    out += f"trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n".encode()
    path.write_bytes(bytes(out))
    return path
