from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from transforms.reading.ocr import pages
from transforms.reading.ocr.sheets import seam
from transforms.reading.page import Bools

NO_LINES = np.empty((0, 3))


def sheet(gap: int = 60) -> Bools:
    """A sheet of 300 x 200 points at 2 pixels a point, print on both sides of its middle."""
    ink = np.zeros((400, 600), dtype=np.bool_)
    ink[40:360, 40 : 300 - gap // 2] = True
    ink[40:360, 300 + gap // 2 : 560] = True
    return ink


def test_seam_of_two_pages_is_the_middle_of_the_white_between_them() -> None:
    assert seam(sheet(), NO_LINES, 2.0) == pytest.approx(150.0)


def test_seam_narrow_gap_upright_page_and_title_across_are_one_page() -> None:
    titled = sheet()
    titled[10:20, 250:350] = True
    assert seam(sheet(gap=10), NO_LINES, 2.0) is None
    assert seam(sheet().T, NO_LINES, 2.0) is None
    assert seam(titled, NO_LINES, 2.0) is None
    assert seam(sheet(), np.array([[190.0, 20.0, 280.0]]), 2.0) is None


@pytest.mark.parametrize(
    ("texts", "continues"),
    [(["绩效 自评表", "产出指标"], False), (["产出指标", "≥16处"], True)],
)
def test_continues_page_with_a_table_that_names_no_evaluation_goes_on(texts: list[str], continues: bool) -> None:
    cells = pl.DataFrame({"text": texts, "table_number": [None, 1]})
    assert pages._continues(cells) == continues
    assert not pages._continues(cells.with_columns(table_number=pl.lit(None, dtype=pl.Int64)))
