"""PDFs that are made to stop, stall or fill their reader, a maker for each kind."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from typing import Final

from PIL import Image

_FONT: Final = "/Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>"


def pdf(objects: dict[int, bytes], root: int = 1) -> bytes:
    """Write objects as a document, whatever is in them."""
    out = bytearray(b"%PDF-1.7\n")
    places = {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start, size = len(out), max(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        out += b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 00000 f \n"
    out += b"trailer\n<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, root, start)
    return bytes(out)


def stream(content: bytes, entries: str = "") -> bytes:
    return b"<<%b/Length %d>>\nstream\n%b\nendstream" % (entries.encode(), len(content), content)


def page(
    content: bytes,
    resources: str = _FONT,
    *,
    catalog: str = "",
    more: dict[int, bytes] | None = None,
    size: str = "595 842",
) -> bytes:
    """Write a document of one page; `content` is its stream, with its dictionary."""
    return pdf(
        {
            1: f"<</Type/Catalog/Pages 2 0 R{catalog}>>".encode(),
            2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            3: f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {size}]/Contents 4 0 R/Resources<<{resources}>>>>".encode(),
            4: content,
            **(more or {}),
        }
    )


def content_bomb(megabytes: int = 600) -> bytes:
    """A page program that unpacks to much more than it should, twice packed."""
    packer = zlib.compressobj(1)
    once = b"".join(packer.compress(b"0 0 m 1 1 l S\n" * 75_000) for _ in range(megabytes)) + packer.flush()
    return page(stream(zlib.compress(once), "/Filter[/FlateDecode/FlateDecode]"))


def recursion() -> bytes:
    """A form that draws itself, many times over."""
    form = "/Type/XObject/Subtype/Form/BBox[0 0 500 500]/Resources<</XObject<</X 5 0 R/Y 6 0 R>>>>"
    draws = b"/X Do /Y Do " * 20
    return page(stream(b"/X Do"), f"{_FONT}/XObject<</X 5 0 R>>", more={5: stream(draws, form), 6: stream(draws, form)})


def shared_pages(depth: int = 5) -> bytes:
    """A tree of pages whose nodes are shared: some hundred bytes stand for ten to the power of `depth` pages."""
    objects = {1: b"<</Type/Catalog/Pages 2 0 R>>"}
    for level in range(depth):
        kids = b" ".join([b"%d 0 R" % (level + 3)] * 10)
        objects[level + 2] = b"<</Type/Pages/Count %d/Kids[%b]>>" % (10 ** (depth - level), kids)
    objects[depth + 2] = b"<</Type/Page/MediaBox[0 0 595 842]>>"
    return pdf(objects)


def tiling() -> bytes:
    """A page without text, filled with a pattern of tiny steps and covered by a picture, so that it is drawn."""
    pattern = (
        "/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 1 1]/XStep 0.0005/YStep 0.0005/Resources<<>>"
    )
    picture = "/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8"
    return page(
        stream(b"q 595 0 0 842 0 0 cm /I Do Q /Pattern cs /P scn 0 0 595 842 re f"),
        f"{_FONT}/Pattern<</P 5 0 R>>/XObject<</I 6 0 R>>",
        more={5: stream(b"0 0 1 1 re f", pattern), 6: stream(b"\xff", picture)},
    )


def wide_font() -> bytes:
    """A font that gives widths to two thousand million characters, on a page that PDFium tells no text of."""
    system = b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
    kid = b"<</Type/Font/Subtype/CIDFontType0/BaseFont/X" + system
    return page(
        stream(b"BT /F1 12 Tf 50 700 Td <00010002> Tj ET"),
        "/Font<</F1 5 0 R>>",
        more={
            5: b"<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[6 0 R]>>",
            6: kid + b"/W[0 2000000000 500]>>",
        },
    )


def grid(lines: int = 700) -> bytes:
    """A page that names a form, and draws a grid of half a million boxes."""
    drawn = b"".join(b"0 %d m 5000 %d l S %d 0 m %d 5000 l S\n" % (7 * i, 7 * i, 7 * i, 7 * i) for i in range(lines))
    return page(stream(_NAMED + drawn), _CHINESE, size="5000 5000")


def drawing(lines: int = 1600) -> bytes:
    """A page that says 自评 and draws so many lines that no table is looked for."""
    drawn = b"".join(b"0 %d m 9000 %d l S %d 0 m %d 9000 l S\n" % (5 * i, 5 * i, 5 * i, 5 * i) for i in range(lines))
    said = b"BT /F2 9 Tf 50 700 Td <81ea8bc47ee96548> Tj ET "
    return page(stream(zlib.compress(said + drawn), "/Filter/FlateDecode"), _CHINESE, size="9000 9000")


def endless_picture(side: int = 60_000) -> bytes:
    """A page with a picture of thousands of millions of pixels, in a few bytes."""
    entries = f"/Type/XObject/Subtype/Image/Width {side}/Height {side}/ColorSpace/DeviceGray/BitsPerComponent 8"
    picture = stream(zlib.compress(b"\0" * side), entries + "/Filter/FlateDecode")
    return page(stream(b"q 595 0 0 842 0 0 cm /I Do Q"), f"{_FONT}/XObject<</I 5 0 R>>", more={5: picture})


def lost_picture() -> bytes:
    """A page that is one picture, which cannot be unpacked: a scan that was damaged on its way."""
    entries = "/Type/XObject/Subtype/Image/Width 200/Height 200/ColorSpace/DeviceGray/BitsPerComponent 1"
    picture = stream(bytes(range(200)), entries + "/Filter/JBIG2Decode")
    return page(stream(b"q 595 0 0 842 0 0 cm /I Do Q"), "/XObject<</I 5 0 R>>", more={5: picture})


def cut_picture(share: float = 0.5) -> bytes:
    """A page that is one picture in JPEG, of which the rest did not come."""
    drawn = Image.radial_gradient("L").resize((600, 800))
    file = io.BytesIO()
    drawn.save(file, "JPEG", quality=80)
    kept = file.getvalue()[: round(len(file.getvalue()) * share)]
    entries = "/Type/XObject/Subtype/Image/Width 600/Height 800/ColorSpace/DeviceGray/BitsPerComponent 8"
    picture = stream(kept, entries + "/Filter/DCTDecode")
    return page(stream(b"q 595 0 0 842 0 0 cm /I Do Q"), "/XObject<</I 5 0 R>>", more={5: picture})


def blank_picture(count: int = 2000) -> bytes:
    """A page that is one picture in JBIG2, of which an engine knows its size only, and draws it white."""
    size = struct.pack(">IIIIBH", 600, 800, 0, 0, 0, 0)
    parts = ((0, 48, size), (1, 62, bytes(count)))
    content = b"".join(struct.pack(">IBBBI", number, kind, 0, 1, len(data)) + data for number, kind, data in parts)
    entries = "/Type/XObject/Subtype/Image/Width 600/Height 800/ColorSpace/DeviceGray/BitsPerComponent 1"
    picture = stream(content, entries + "/Filter/JBIG2Decode")
    return page(stream(b"q 595 0 0 842 0 0 cm /I Do Q"), "/XObject<</I 5 0 R>>", more={5: picture})


def without_key() -> bytes:
    """A document that says it is encrypted, without what is needed to decrypt it."""
    return page(stream(bytes(range(256)), "/Filter/FlateDecode")).replace(b"/Root 1 0 R", b"/Root 1 0 R/Encrypt 99 0 R")


def portfolio(files: dict[str, bytes]) -> bytes:
    """A cover to which files are attached, each packed."""
    specs = {
        10 + 2 * i: f"<</Type/Filespec/F({name})/UF({name})/EF<</F {11 + 2 * i} 0 R>>>>".encode()
        for i, name in enumerate(files)
    }
    bodies = {
        11 + 2 * i: stream(zlib.compress(content), "/Type/EmbeddedFile/Filter/FlateDecode")
        for i, content in enumerate(files.values())
    }
    names = "".join(f"({name}){10 + 2 * i} 0 R" for i, name in enumerate(files))
    catalog = f"/Collection<</View/T>>/Names<</EmbeddedFiles<</Names[{names}]>>>>"
    return page(stream(b""), catalog=catalog, more=specs | bodies)


def many(count: int, what: bytes) -> bytes:
    """A page that names a form, and prints or draws something many times."""
    return page(stream(zlib.compress(_NAMED + what * count), "/Filter/FlateDecode"), _CHINESE)


_CHINESE: Final = (
    "/Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>/F2<</Type/Font/Subtype/Type0/BaseFont/STSong-Light"
    "/Encoding/UniGB-UCS2-H/DescendantFonts[<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light"
    "/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>/DW 1000>>]>>>>"
)
_NAMED: Final = b"BT /F2 9 Tf 50 700 Td <7ee96548> Tj ET "


def nested(count: int = 50_000) -> bytes:
    """Arrays within arrays, deeper than any reader goes."""
    return page(stream(b"[" * count + b"]" * count + b" 0 d"), catalog=f"/X {'[' * count}{']' * count}")


KINDS: Final[dict[str, tuple[Callable[[], bytes], tuple[str, ...]]]] = {
    "content_bomb": (content_bomb, ("reader_memory", "reader_timeout", "page_timeout")),
    "recursion": (
        recursion,
        ("reader_memory", "reader_timeout", "page_timeout", "no_form", "damaged", "too_many_objects"),
    ),
    "shared_pages": (shared_pages, ("too_many_pages",)),
    "tiling": (tiling, ("reader_timeout", "page_timeout", "no_form")),
    "wide_font": (wide_font, ("damaged", "no_form", "unreadable_font")),
    "grid": (grid, ("too_many_cells",)),
    "drawing": (drawing, ("too_many_cells",)),
    "objects": (lambda: many(300_000, b"0 0 m 1 1 l S\n"), ("too_many_objects",)),
    "pixels": (endless_picture, ("too_many_pixels",)),
    "characters": (
        lambda: many(3_000, b"BT /F1 1 Tf 0 0 Td (" + b"x" * 100 + b") Tj ET\n"),
        ("too_many_characters", "no_form"),  # a run glances at it first, and finds no word of a form
    ),
    "nested": (nested, ("no_form", "damaged", "reader_crashed", "not_handled")),
    "no_pages": (lambda: pdf({1: b"<</Type/Catalog>>", 2: b"<</Type/Page>>"}), ("damaged",)),
    "lost_picture": (lost_picture, ("page_failed", "needs_ocr")),
    "cut_picture": (cut_picture, ("page_failed", "needs_ocr")),
    "blank_picture": (blank_picture, ("page_failed", "needs_ocr")),
    "without_key": (without_key, ("damaged", "encrypted")),
    "strange_filter": (lambda: page(stream(zlib.compress(_NAMED), "/Filter/Nonsense")), ("damaged",)),
    "lost_stream": (lambda: page(stream(b"not packed", "/Filter/FlateDecode")), ("damaged",)),
    "only_header": (lambda: b"%PDF-1.7\n", ("damaged",)),
    "noise": (lambda: b"%PDF-1.7\n" + bytes(range(256)) * 400, ("damaged",)),
    "portfolio": (lambda: page(stream(b""), catalog="/Collection<</View/T>>"), ("portfolio",)),
    "xfa": (lambda: page(stream(b""), catalog="/AcroForm<</XFA(x)/Fields[]>>"), ("xfa_only",)),
}
"""Kind -> its maker, and the codes of the reasons that are right for it."""
