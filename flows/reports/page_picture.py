"""Draw where a value stands: pages of a PDF with boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

FOUND: Final = (31, 119, 180)
FAILED: Final = {"critical": (200, 30, 30), "warning": (184, 110, 0), "info": (20, 110, 140)}
_GRAVEST_LAST: Final = (None, "info", "warning", "critical")
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
    severity: str | None = None
    """Of what fails there; null: nothing does."""
    rules: str | None = None
    """Written on the frame."""


def mark_pages(path: Path, marks: Sequence[Mark], *, scale: float = 2.0) -> Image:
    """Render the pages that have marks, one below the other, each mark as a frame; its colour is that of the severity.

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
    from PIL.ImageDraw import Draw

    if not marks:
        raise ValueError("nothing to mark")
    pages = sorted({mark.page_number for mark in marks})
    images: list[Image] = []
    with pdfium.PdfDocument(path) as document:
        for number in pages:
            if not 1 <= number <= len(document):
                raise ValueError(f"{path.name} has no page {number}, only {len(document)}")
            image = document[number - 1].render(scale=scale).to_pil().convert("RGB")
            draw = Draw(image)
            here = [mark for mark in marks if mark.page_number == number]
            for mark in sorted(here, key=lambda m: (_GRAVEST_LAST.index(m.severity), m.top, m.x0)):
                _frame(draw, mark, scale)
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


def _frame(draw: ImageDraw, mark: Mark, scale: float) -> None:
    """Draw the frame of a mark, with its rules on the upper edge."""
    from PIL import ImageFont

    color = FAILED[mark.severity] if mark.severity else FOUND
    box = (mark.x0 - MARGIN, mark.top - MARGIN, mark.x1 + MARGIN, mark.bottom + MARGIN)
    left, top, right, bottom = (value * scale for value in box)
    draw.rectangle((left, top, right, bottom), outline=color, width=max(2, round(scale)))
    if mark.rules:
        font = ImageFont.load_default(size=6.5 * scale)
        label = draw.textbbox((left, top), mark.rules, font=font, anchor="lb")
        draw.rectangle((label[0] - 2, label[1] - 1, label[2] + 2, label[3] + 1), fill=color)
        draw.text((left, top), mark.rules, fill="white", font=font, anchor="lb")
