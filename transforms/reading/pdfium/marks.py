"""Marks that say what text stands for in place of its glyphs (ActualText): a person sees the glyphs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from transforms.reading.pdfium import api
from transforms.reading.pdfium.objects import Batch

_ACTUAL_TEXT: Final = b"ActualText"


def without_actual_text(objects: Sequence[Batch]) -> bool:
    """Take the marks with an ActualText off the text objects of a page; whether there were any.

    The page's text must be loaded again afterwards: PDFium then tells what the glyphs mean.
    """
    any_found = False
    for batch in objects:
        for handle, count in zip(batch.texts, map(api.count_marks, batch.texts), strict=True):
            for index in reversed(range(max(count, 0))):
                mark = api.object_mark(handle, index)
                if mark and api.mark_parameter(mark, _ACTUAL_TEXT):
                    any_found |= bool(api.remove_mark(handle, mark))
    return any_found
