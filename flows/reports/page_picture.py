"""Draw where a value stands: pages of a PDF with boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image

FOUND: Final = (31, 119, 180)
FAILED: Final = (214, 39, 40)
MARGIN: Final = 1.5
GAP: Final = 12


@dataclass(frozen=True, slots=True)
class Mark:
    """A box on a page, in points from the page's top left corner as displayed."""

    page_number: int
    x0: float
    top: float
    x1: float
    bottom: float
    is_failure: bool = False


def mark_pages(path: Path, marks: Sequence[Mark], *, scale: float = 2.0) -> Image:
    """Render the pages that have marks, one below the other, each mark as a frame: red for a failure, blue else.

    Args:
        path: the PDF.
        marks: at least one; pages come in their own order.
        scale: pixels a point.

    Raises:
        ValueError: there is no mark, or a mark's page is not in the document.
        pypdfium2.PdfiumError: the document cannot be opened.
    """
    import pypdfium2 as pdfium
    from PIL import Image as Images
    from PIL import ImageDraw

    if not marks:
        raise ValueError("nothing to mark")
    pages = sorted({mark.page_number for mark in marks})
    images: list[Image] = []
    with pdfium.PdfDocument(path) as document:
        for number in pages:
            if not 1 <= number <= len(document):
                raise ValueError(f"{path.name} has no page {number}, only {len(document)}")
            image = document[number - 1].render(scale=scale).to_pil().convert("RGB")
            draw = ImageDraw.Draw(image)
            for mark in sorted((m for m in marks if m.page_number == number), key=lambda m: m.is_failure):
                box = (mark.x0 - MARGIN, mark.top - MARGIN, mark.x1 + MARGIN, mark.bottom + MARGIN)
                color = FAILED if mark.is_failure else FOUND
                draw.rectangle([v * scale for v in box], outline=color, width=max(2, round(scale)))
            images.append(image)
    if len(images) == 1:
        return images[0]
    height = sum(image.height for image in images) + GAP * (len(images) - 1)
    sheet = Images.new("RGB", (max(image.width for image in images), height), "gray")
    top = 0
    for image in images:
        sheet.paste(image, (0, top))
        top += image.height + GAP
    return sheet
