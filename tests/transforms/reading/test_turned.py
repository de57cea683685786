from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.transforms.raw_pdf import GRID, shown, write_pdf
from transforms.assembly.turned_pages import at_displayed_place
from transforms.read import read_document

TEXTS = ("绩效指标名称与说明", "年度指标值及分值", "参加培训的工作人员数", "≥1200人次以上的部分")
PLACES = ((60, 675), (210, 675), (60, 635), (210, 635))
CONTENT = GRID + " ".join(shown(text, x, y) for text, (x, y) in zip(TEXTS, PLACES, strict=True))
TURNS = {
    "upwards": ("0 1 -1 0 842 0 cm", "842 595"),
    "downwards": ("0 -1 1 0 0 595 cm", "842 595"),
    "upside down": ("-1 0 0 -1 595 842 cm", "595 842"),
}
BOX = ["x0", "top", "x1", "bottom"]


def turned(path: Path, turn: str) -> Path:
    matrix, size = TURNS[turn]
    written = write_pdf(path, f"{matrix} {CONTENT}")
    written.write_bytes(written.read_bytes().replace(b"[0 0 595 842]", f"[0 0 {size}]".encode()))
    return written


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("feed", ["pdfium", "pdfplumber"])
def test_read_document_table_on_its_side_is_read_as_if_upright(tmp_path: Path, turn: str, feed: str) -> None:
    straight = read_document(write_pdf(tmp_path / "a.pdf", CONTENT), "0" * 64, feed=feed).cells
    lying = read_document(turned(tmp_path / "b.pdf", turn), "0" * 64, feed=feed).cells
    names = ["text", "row_number", "column_number", "row_span", "column_span", "line_count"]
    assert straight["text"].to_list() == list(TEXTS)
    assert lying.select(names).equals(straight.select(names))


@pytest.mark.parametrize("turn", TURNS)
def test_at_displayed_place_cells_of_a_turned_page_lie_where_they_are_displayed(tmp_path: Path, turn: str) -> None:
    straight = read_document(write_pdf(tmp_path / "a.pdf", CONTENT), "0" * 64).cells.select(BOX).to_numpy()
    cells = read_document(turned(tmp_path / "b.pdf", turn), "0" * 64).cells
    x0, top, x1, bottom = straight.T
    width, height = (float(value) for value in TURNS[turn][1].split())
    wanted = {
        "upwards": (top, height - x1, bottom, height - x0),
        "downwards": (width - bottom, x0, width - top, x1),
        "upside down": (width - x1, height - bottom, width - x0, height - top),
    }[turn]
    displayed = at_displayed_place(cells, cells).select(BOX).to_numpy()
    assert np.abs(displayed - np.column_stack(wanted)).max() < 0.01
    assert cells.select("page_width", "page_height").row(0) == (width, height)


def test_read_document_upright_labels_do_not_turn_a_page(tmp_path: Path) -> None:
    label = "q BT 0 1 -1 0 40 640 Tm /F1 9 Tf <" + "产出指标".encode("utf-16-be").hex() + "> Tj ET Q "
    cells = read_document(write_pdf(tmp_path / "a.pdf", label + CONTENT), "0" * 64).cells
    assert [text for text in cells["text"] if text in TEXTS] == list(TEXTS)
