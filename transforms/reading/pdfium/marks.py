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
        handles = batch.texts
        counts = list(map(api.count_marks, handles))
        for index in reversed(range(max(counts, default=0))):
            marked = [handle for handle, count in zip(handles, counts, strict=True) if count > index]
            marks = list(map(api.object_mark, marked, api.same(index)))
            every = list({*marks} - {None})  # one mark may stand on many objects
            kinds = map(api.mark_parameter, every, api.same(_ACTUAL_TEXT))
            stated = {mark for mark, kind in zip(every, kinds, strict=True) if kind}
            for handle, mark in zip(marked, marks, strict=True) if stated else ():
                any_found |= mark in stated and bool(api.remove_mark(handle, mark))
    return any_found
