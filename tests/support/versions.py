"""A sample form, and the same form published again with another figure."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.corpus.layouts import blocks
from benchmarks.corpus.model import Document, Style
from benchmarks.corpus.reportlab import render
from samples.make_samples import OPERATOR_COLUMNS, TEA
from tests.support.paths import SAMPLES

KNOWN = (SAMPLES / "operator-columns.pdf").read_bytes()


def revised() -> bytes:
    """Make the known form again with another figure: 1300 instead of 1260 mu of tea gardens."""
    first, *rest = TEA.indicators
    form = replace(TEA, indicators=(replace(first, actual="1300"), *rest))
    style = Style(is_landscape=True, cut="lines")
    return render(Document("operator-columns", blocks(form, OPERATOR_COLUMNS), style, (form.truth(),)))
