"""Whether the pictures of a page are whole: PDFium leaves out what it cannot unpack, or draws the part that it can."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from numpy.typing import NDArray
from PIL import Image

from transforms.reading.streams import is_whole

_DARK: Final = 128
_NEXT_TO_NOTHING: Final = 0.01
_DEEPEST: Final = 8
_COARSE: Final = 8
_MORE: Final = bytes(range(1, 255)) * 8
_BLANK_BYTES: Final = 400
"""Bytes from which a picture in JBIG2 shows something: a blank page takes a tenth of it."""

_SCAN, _END = b"\xff\xda", b"\xff\xd9"


def require_pictures(page: pdfium.PdfPage, gray: NDArray[np.uint8]) -> None:
    """Make sure that a page has no picture that is cut short, nor, where it shows next to nothing, one that is damaged.

    Raises:
        pypdfium2.PdfiumError: One is.
    """
    is_blank = bool((gray < _DARK).mean() <= _NEXT_TO_NOTHING)
    for item in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=_DEEPEST):
        filters = item.get_filters(skip_simple=True)
        if _is_cut_short(item, filters):
            raise pdfium.PdfiumError("a picture on the page cannot be unpacked, or only in part")
        if is_blank:
            _require_unpacked(item, filters)


def _is_cut_short(picture: pdfium.PdfImage, filters: list[str]) -> bool:
    if filters == ["DCTDecode"]:
        return _is_cut_jpeg(bytes(picture.get_data(decode_simple=True)))
    if filters == ["JPXDecode"]:
        return _END not in bytes(picture.get_data(decode_simple=True))
    return picture.get_filters() == ["FlateDecode"] and not is_whole(bytes(picture.get_data()))


def _is_cut_jpeg(content: bytes) -> bool:
    """Whether a picture in JPEG lacks its end, or rows of it before an end that was put behind what is left.

    What is missing before an end is drawn as an even ground, unless something else stands there to be unpacked: then
    the picture changes. A preview within it has an end of its own.
    """
    end = content.rfind(_END)
    try:
        if end < content.rfind(_SCAN):
            _unpacked(content)
            return False
        return not np.array_equal(_unpacked(content), _unpacked(content[:end] + _MORE + _END))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return True


def _unpacked(content: bytes) -> NDArray[np.uint8]:
    """The pixels of a picture in JPEG; of one scan at an eighth of its size, for which all is unpacked as well."""
    with Image.open(io.BytesIO(content)) as picture:
        if content.count(_SCAN) == 1:
            picture.draft(None, (picture.width // _COARSE, picture.height // _COARSE))
        return np.asarray(picture)


def _require_unpacked(picture: pdfium.PdfImage, filters: list[str]) -> None:
    try:
        pixels = picture.get_bitmap(render=False).to_numpy()
    except pdfium.PdfiumError as error:
        raise pdfium.PdfiumError("a picture on the page cannot be unpacked") from error
    is_even = bool(pixels.min() == pixels.max())
    if is_even and filters == ["JBIG2Decode"] and len(picture.get_data()) > _BLANK_BYTES:
        raise pdfium.PdfiumError("a picture on the page is blank, though its content is not")
