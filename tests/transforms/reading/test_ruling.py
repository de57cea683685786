from __future__ import annotations

import numpy as np
import pytest

from transforms.reading.ruling import Paint, cluster, join_pieces, ruling_lines


def paint(*bars: tuple[float, float, float, float], white: tuple[int, ...] = ()) -> Paint:
    return Paint(np.array(bars, dtype=np.float64).reshape(-1, 4), np.isin(np.arange(len(bars)), white))


def test_ruling_lines_thin_bars_give_lines_and_areas_none() -> None:
    horizontal, vertical = ruling_lines(paint((0, 10, 100, 10.5), (50, 0, 50.75, 80), (0, 0, 100, 80)))
    assert horizontal.tolist() == [[10.25, 0.0, 100.0]]
    assert vertical.tolist() == [[50.375, 0.0, 80.0]]


def test_ruling_lines_later_white_takes_away_earlier_black() -> None:
    horizontal, _ = ruling_lines(paint((0, 10, 100, 10.5), (30, 9.8, 60, 10.7), white=(1,)))
    assert horizontal.tolist() == [[10.25, 0.0, 30.0], [10.25, 60.0, 100.0]]


def test_ruling_lines_earlier_white_takes_nothing_away() -> None:
    horizontal, _ = ruling_lines(paint((30, 9.8, 60, 10.7), (0, 10, 100, 10.5), white=(0,)))
    assert horizontal.tolist() == [[10.25, 0.0, 100.0]]


def test_ruling_lines_white_beside_the_line_takes_nothing_away() -> None:
    horizontal, _ = ruling_lines(paint((0, 10, 100, 10.5), (0, 10.3, 100, 40), white=(1,)))
    assert horizontal.tolist() == [[10.25, 0.0, 100.0]]


@pytest.mark.parametrize("step", [4.0, 5.0, 7.0])
def test_join_pieces_dashes_become_one_line(step: float) -> None:
    dashes = np.array([[20.0, at, at + 3.0] for at in np.arange(0, 100, step)])
    joined = join_pieces(dashes)
    assert len(joined) == 1
    assert joined[0, 1] == 0.0
    assert joined[0, 2] == dashes[-1, 2]


def test_join_pieces_lines_far_apart_stay_two() -> None:
    assert join_pieces(np.array([[20.0, 0.0, 50.0], [20.0, 60.0, 90.0]])).tolist() == [[20, 0, 50], [20, 60, 90]]


def test_join_pieces_short_piece_inside_a_long_one_does_not_cut_it() -> None:
    pieces = np.array([[20.0, 0.0, 90.0], [20.2, 10.0, 20.0], [20.0, 60.0, 120.0]])
    assert join_pieces(pieces).tolist() == [[20.0, 0.0, 120.0]]


def test_cluster_wide_chain_is_divided() -> None:
    assert cluster(np.array([0.0, 2.0, 4.0, 6.0]), 2.2, 3.2).tolist() == [0, 0, 1, 1]
