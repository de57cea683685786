from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.layouts import Layout, layouts
from transforms.reading.grid import find_tables
from transforms.reading.page import Floats

X, Y = (0.0, 50.0, 100.0, 200.0), (0.0, 20.0, 40.0, 80.0)


def full_grid() -> tuple[Floats, Floats]:
    horizontal = np.array([[y, X[0], X[-1]] for y in Y])
    vertical = np.array([[x, Y[0], Y[-1]] for x in X])
    return horizontal, vertical


def moved(lines: Floats, across: float, start: float = 0.0, end: float = 0.0) -> Floats:
    result: Floats = lines + np.array([across, start, end])
    return result


def test_find_tables_full_grid_gives_single_boxes() -> None:
    (table,) = find_tables(*full_grid())
    assert table.cells.tolist() == [[r, c, 1, 1] for r in range(3) for c in range(3)]
    assert not table.open_top.any()
    assert not table.open_bottom.any()


def test_find_tables_outer_borders_missing_at_both_sides_closes_them() -> None:
    horizontal, vertical = full_grid()
    (table,) = find_tables(horizontal, vertical[1:-1])
    assert len(table.cells) == 9
    assert table.x.tolist() == list(X)


def test_find_tables_bottom_border_missing_marks_last_row_open() -> None:
    horizontal, vertical = full_grid()
    (table,) = find_tables(horizontal[:-1], vertical)
    assert table.open_bottom.tolist() == [False] * 6 + [True] * 3
    assert table.y[-1] == Y[-1]


def test_find_tables_top_border_missing_marks_first_row_open() -> None:
    horizontal, vertical = full_grid()
    (table,) = find_tables(horizontal[1:], vertical)
    assert table.open_top.tolist() == [True] * 3 + [False] * 6


def test_find_tables_vertical_lines_alone_are_a_row_open_at_both_ends() -> None:
    _, vertical = full_grid()
    (table,) = find_tables(np.empty((0, 3)), vertical)
    assert table.cells.tolist() == [[0, 0, 1, 1], [0, 1, 1, 1], [0, 2, 1, 1]]
    assert table.open_top.all()
    assert table.open_bottom.all()


def test_find_tables_underlines_and_single_lines_are_no_tables() -> None:
    assert find_tables(np.array([[10.0, 0.0, 50.0], [30.0, 0.0, 50.0]]), np.empty((0, 3))) == []
    assert find_tables(np.array([[10.0, 0.0, 50.0]]), np.array([[25.0, 0.0, 30.0]])) == []


def test_find_tables_double_lines_are_one_edge() -> None:
    horizontal, vertical = full_grid()
    double = [np.concatenate([moved(lines, -0.9), moved(lines, 0.9)]) for lines in (horizontal, vertical)]
    (table,) = find_tables(*double)
    assert len(table.cells) == 9


def test_find_tables_wide_double_frame_gives_no_slim_cells() -> None:
    horizontal, vertical = full_grid()
    frame_h = np.array([[-3.5, -3.5, 203.5], [83.5, -3.5, 203.5]])
    frame_v = np.array([[-3.5, -3.5, 83.5], [203.5, -3.5, 83.5]])
    touching = np.array([[0.0, -3.5, 203.5]])
    (table,) = [
        table
        for table in find_tables(np.concatenate([horizontal, frame_h, touching]), np.concatenate([vertical, frame_v]))
        if len(table.cells) > 1
    ]
    assert table.cells.tolist() == [[r, c, 1, 1] for r in range(3) for c in range(3)]


def test_find_tables_joints_that_miss_by_little_still_close() -> None:
    horizontal, vertical = full_grid()
    (table,) = find_tables(moved(horizontal, 0, 2.0, -2.0), moved(vertical, 0, 1.5, -1.5))
    assert len(table.cells) == 9


def test_find_tables_region_that_is_not_a_rectangle_is_cut() -> None:
    horizontal, vertical = full_grid()
    vertical = np.array([[0.0, 0.0, 80.0], [50.0, 0.0, 80.0], [100.0, 20.0, 80.0], [200.0, 0.0, 80.0]])
    horizontal = np.array(
        [[0.0, 0.0, 200.0], [20.0, 0.0, 50.0], [20.0, 100.0, 200.0], [40.0, 0.0, 200.0], [80.0, 0.0, 200.0]]
    )
    (table,) = find_tables(horizontal, vertical)
    assert [0, 1, 1, 2] in table.cells.tolist()
    assert [1, 1, 1, 1] in table.cells.tolist()


def test_find_tables_tables_that_do_not_touch_stay_apart_in_reading_order() -> None:
    horizontal, vertical = full_grid()
    low_h, low_v = moved(horizontal, 100), moved(vertical, 0, 100, 100)
    below = find_tables(np.concatenate([low_h, horizontal]), np.concatenate([low_v, vertical]))
    assert [float(table.y[0]) for table in below] == [0.0, 100.0]


def test_find_tables_frame_around_a_table_is_left_out_but_a_lone_frame_is_kept() -> None:
    frame_h, frame_v = (
        np.array([[-20.0, -20.0, 220.0], [100.0, -20.0, 220.0]]),
        np.array([[-20.0, -20.0, 100.0], [220.0, -20.0, 100.0]]),
    )
    horizontal, vertical = full_grid()
    tables = find_tables(np.concatenate([frame_h, horizontal]), np.concatenate([frame_v, vertical]))
    assert [len(table.cells) for table in tables] == [9]
    assert [len(table.cells) for table in find_tables(frame_h, frame_v)] == [1]


def test_find_tables_merged_label_that_goes_over_both_page_ends_is_a_column_of_its_table() -> None:
    horizontal, vertical = full_grid()
    beside = np.array([[-80.0, 0.0, 80.0], [-40.0, 0.0, 80.0], [240.0, 0.0, 80.0]])
    (table,) = find_tables(horizontal, np.concatenate([vertical, beside]))
    assert table.x.tolist() == [-80.0, -40.0, *full_grid()[1][:, 0].tolist(), 240.0]
    assert [0, 0, 3, 1] in table.cells.tolist()
    assert [0, 5, 3, 1] in table.cells.tolist()
    assert table.open_top.tolist() == [row == 0 and column in (0, 1, 5) for row, column, _, _ in table.cells.tolist()]


def test_find_tables_tick_box_is_not_a_table() -> None:
    horizontal, vertical = full_grid()
    box_h = np.array([[40.0, 60.0, 72.0], [52.0, 60.0, 72.0]])
    box_v = np.array([[60.0, 40.0, 52.0], [72.0, 40.0, 52.0]])
    assert find_tables(box_h, box_v) == []
    (table,) = find_tables(np.concatenate([horizontal, box_h[:, :] + [0.0, 300.0, 300.0]]), vertical)
    assert len(table.cells) == 9


@given(layouts(), st.booleans())
def test_find_tables_any_layout_of_spans_comes_back(layout: Layout, whole_borders: bool) -> None:
    horizontal, vertical = layout.lines(whole_borders)
    (table,) = find_tables(horizontal, vertical)
    assert table.boxes.tolist() == layout.boxes().tolist()
    assert table.cells.tolist() == layout.compact().tolist()


def test_find_tables_corner_that_a_page_break_leaves_open_outwards_is_a_cell() -> None:
    lying = np.array([[0.0, 0.0, 90.0], [20.0, 0.0, 90.0], [40.0, 30.0, 90.0], [60.0, 30.0, 90.0]])
    standing = np.array([[0.0, 0.0, 20.0], [30.0, 0.0, 60.0], [60.0, 0.0, 60.0], [90.0, 0.0, 60.0]])
    table = find_tables(lying, standing)[0]
    assert table.cells.tolist()[3] == [1, 0, 2, 1]
    assert table.open_bottom.tolist() == [False, False, False, True, False, False, False, False]


def test_find_tables_lines_beside_one_another_close_no_more_than_one_does() -> None:
    """Two lines over the same third of a cell's side are not two thirds of it."""
    horizontal, vertical = full_grid()
    inner = vertical[1:-1]
    third = (Y[1] - Y[0]) / 3
    short = np.concatenate([np.column_stack([inner[:, 0] + d, inner[:, 1], inner[:, 1] + third]) for d in (0.0, 1.0)])
    (table,) = find_tables(horizontal, np.concatenate([vertical[[0, -1]], short]))
    assert len(table.cells) == len(Y) - 1


@pytest.mark.parametrize("gap", [1.0, 2.6])
def test_find_tables_cells_with_a_gap_between_their_borders_stand_side_by_side(gap: float) -> None:
    """Tables of web pages, whose cells have borders of their own; the first row is one cell over two."""
    boxes = [(0.0, 0.0, 100.0, 20.0), (0.0, 20.0 + gap, 50.0, 40.0), (50.0 + gap, 20.0 + gap, 100.0, 40.0)]
    horizontal = np.array([[y, x0, x1] for x0, top, x1, bottom in boxes for y in (top, bottom)])
    vertical = np.array([[x, top, bottom] for x0, top, x1, bottom in boxes for x in (x0, x1)])
    (table,) = find_tables(horizontal, vertical)
    assert table.cells.tolist() == [[0, 0, 1, 2], [1, 0, 1, 1], [1, 1, 1, 1]]
