"""Pictures of which a part is missing: a page with one is not read as far as it goes."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pytest
from PIL import Image

from tests.support.hostile import pdf
from transforms.reading.ocr.whole import require_pictures

END = b"\xff\xd9"
WAYS: list[dict[str, Any]] = [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"optimize": True, "quality": 30}]


def jpeg(mode: str = "L", **options: Any) -> bytes:
    chance = np.random.default_rng(7)
    pixels = np.where(chance.random((320, 240)) < 0.1, 0, 250).astype(np.uint8)
    packed = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(packed, "JPEG", **options)
    return packed.getvalue()


def require(content: bytes) -> None:
    """Look at a page with one picture in JPEG."""
    head = (
        b"<</Type/XObject/Subtype/Image/Width 240/Height 320/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/DCTDecode"
    )
    document = pdf(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 240 320]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>>>",
            4: b"<</Length 26>>\nstream\nq 240 0 0 320 0 0 cm /I Do\nendstream",
            5: b"%b/Length %d>>\nstream\n%b\nendstream" % (head, len(content), content),
        }
    )
    opened = pdfium.PdfDocument(document)
    try:
        require_pictures(opened[0], np.zeros((4, 4), dtype=np.uint8))
    finally:
        opened.close()


@pytest.mark.parametrize("options", WAYS)
@pytest.mark.parametrize("after", [b"", bytes(50), b"\xff"])
def test_whole_picture_is_taken_whatever_follows_it(options: dict[str, Any], after: bytes) -> None:
    require(jpeg(**options) + after)


@pytest.mark.parametrize("options", WAYS)
@pytest.mark.parametrize("share", [0.4, 0.9, 0.98])
@pytest.mark.parametrize("end", [b"", END])
def test_cut_picture_is_seen_though_an_end_is_put_behind_it(options: dict[str, Any], share: float, end: bytes) -> None:
    content = jpeg(**options)
    with pytest.raises(pdfium.PdfiumError):
        require(content[: int(len(content) * share)] + end)
