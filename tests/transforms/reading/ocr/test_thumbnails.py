"""A glance at pages of many: tables are seen though their rules are pale, dotted, or not drawn at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from transforms.reading.ocr.thumbnails import with_tables

pytest.importorskip("cv2")

WIDTH, HEIGHT, DPI = 826, 1169, 100
COLUMNS = (80, 230, 420, 540, 740)
ROWS = range(150, 1000, 50)
BLANK, PROSE, CONTENTS = "blank", "prose", "contents"


def signs(pen: ImageDraw.ImageDraw, x: int, y: int, count: int, ink: int = 20) -> None:
    """Print what has the size of ideographs."""
    for place in range(count):
        left = x + 16 * place
        pen.rectangle((left, y, left + 12, y + 13), outline=ink, width=2)
        pen.line((left, y + 6, left + 12, y + 6), fill=ink, width=2)


def ruled(rule: str) -> Iterator[tuple[tuple[int, int, int, int], int]]:
    """The lines of a table, in pieces, with their gray."""
    gray = {"solid": 0, "pale": 215}.get(rule, 60)
    step, piece = {"dotted": (5, 2), "dashed": (12, 8)}.get(rule, (4000, 4000))
    for y in (*ROWS, ROWS[-1] + 50):
        for x in range(COLUMNS[0], COLUMNS[-1], step):
            yield (x, y, min(x + piece, COLUMNS[-1]), y), gray
    for x in COLUMNS:
        for y in range(ROWS[0], ROWS[-1] + 50, step):
            yield (x, y, x, min(y + piece, ROWS[-1] + 50)), gray


def page(kind: str) -> Image.Image:
    image = Image.new("L", (WIDTH, HEIGHT), 250)
    pen = ImageDraw.Draw(image)
    if kind == PROSE:
        for y in range(120, 1050, 30):
            signs(pen, 90, y, 28 if y % 90 else 40)
    elif kind == CONTENTS:
        for y in range(150, 900, 40):
            signs(pen, 90, y, 4 + y % 12)
    elif kind != BLANK:
        if kind != "none":
            for line, gray in ruled(kind):
                pen.line(line, fill=gray, width=2)
        for number, y in enumerate(ROWS):
            for x, count in zip(COLUMNS, (4, 2 + number % 4, 2, 6), strict=False):
                signs(pen, x + 20, y + 18, count)
    return image


def document(path: Path, *kinds: str, turns: int = 0) -> Path:
    first, *others = [page(kind).rotate(90 * turns, expand=True) for kind in kinds]
    first.save(path, "PDF", resolution=DPI, save_all=True, append_images=others)
    return path


@pytest.mark.parametrize(
    ("rule", "turns"),
    [("solid", 0), ("pale", 0), ("dotted", 0), ("dotted", 1), ("dashed", 0), ("none", 0), ("none", 1)],
)
def test_with_tables_chooses_a_table_however_its_rules_are_drawn(tmp_path: Path, rule: str, turns: int) -> None:
    path = document(tmp_path / "scan.pdf", rule, BLANK, PROSE, turns=turns)
    assert with_tables(path, range(1, 4)) == [1, 2]


def test_with_tables_chooses_none_where_all_is_prose(tmp_path: Path) -> None:
    assert with_tables(document(tmp_path / "scan.pdf", PROSE, CONTENTS, BLANK), range(1, 4)) == []


def test_with_tables_ruled_only_leaves_columns_without_rules(tmp_path: Path) -> None:
    path = document(tmp_path / "scan.pdf", "none", BLANK, "solid")
    assert with_tables(path, range(1, 4), ruled_only=True) == [2, 3]
