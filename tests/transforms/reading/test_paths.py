from __future__ import annotations

import numpy as np

from transforms.reading.paths import CURVE, LINE, MOVE, path_bars

Points = list[tuple[float, float, int]]


def bars(
    points: Points, half: float | None, filled: bool, closed: bool = True
) -> tuple[list[list[float]], list[list[float]]]:
    x, y, kind = (np.array(values, dtype=np.float64) for values in zip(*points, strict=True))
    ends = np.concatenate([kind[1:] == MOVE, [True]]) & closed
    strokes, fills = path_bars(x, y, kind.astype(np.int64), ends, half, filled)
    return strokes.tolist(), fills.tolist()


RECTANGLE = [(0.0, 0.0, MOVE), (40.0, 0.0, LINE), (40.0, 20.0, LINE), (0.0, 20.0, LINE)]


def test_path_bars_stroked_rectangle_gives_four_sides() -> None:
    strokes, fills = bars(RECTANGLE, 0.5, filled=False)
    assert sorted(strokes) == [[-0.5, 0, 0.5, 20], [0, -0.5, 40, 0.5], [0, 19.5, 40, 20.5], [39.5, 0, 40.5, 20]]
    assert fills == []


def test_path_bars_open_stroke_leaves_the_last_side_out() -> None:
    strokes, _ = bars(RECTANGLE, 0.5, filled=False, closed=False)
    assert len(strokes) == 3


def test_path_bars_slanted_stroke_and_curve_give_nothing() -> None:
    assert bars([(0, 0, MOVE), (40, 20, LINE)], 0.5, filled=False, closed=False) == ([], [])
    assert bars([(0, 0, MOVE), (40, 0, CURVE)], 0.5, filled=False, closed=False) == ([], [])


def test_path_bars_outline_of_a_character_gives_no_lines_beside_real_ones() -> None:
    hook: Points = [(0, 0, MOVE), (12, 0, LINE), (9, 10, LINE), (0, 10, LINE)]
    box: Points = [(2, 2, MOVE), (6, 2, LINE), (6, 6, LINE), (2, 6, LINE)]
    stairs: Points = [
        (0, 0, MOVE),
        (12, 0, LINE),
        (12, 3, LINE),
        (6, 3, LINE),
        (6, 10, LINE),
        (3, 10, LINE),
        (3, 3, LINE),
    ]
    line: Points = [(0, 30, MOVE), (200, 30, LINE)]
    assert bars([*hook, *box], 0.2, filled=False) == ([], [])
    assert bars(stairs, 0.2, filled=False) == ([], [])
    assert len(bars([*hook, *line], 0.2, filled=False, closed=False)[0]) == 1
    assert len(bars(box, 0.2, filled=False)[0]) == 4


def test_path_bars_filled_triangle_is_not_a_rectangle() -> None:
    assert bars(RECTANGLE[:3], None, filled=True) == ([], [])


def test_path_bars_rectangle_within_rectangle_is_a_frame() -> None:
    inner = [(0.7, 0.7, MOVE), (39.3, 0.7, LINE), (39.3, 19.3, LINE), (0.7, 19.3, LINE)]
    for points in (RECTANGLE + inner, inner + RECTANGLE):
        _, fills = bars(points, None, filled=True)
        assert sorted(fills) == [[0, 0, 0.7, 20], [0, 0, 40, 0.7], [0, 19.3, 40, 20], [39.3, 0, 40, 20]]


def test_path_bars_many_rectangles_in_one_path_stay_apart() -> None:
    shifted = [(x + 100, y, kind) for x, y, kind in RECTANGLE]
    assert bars(RECTANGLE + shifted, None, filled=True)[1] == [[0, 0, 40, 20], [100, 0, 140, 20]]


def test_path_bars_small_box_with_round_corners_keeps_its_sides() -> None:
    box = [(3.0, 0.0, MOVE), (30.0, 0.0, LINE), (33.0, 0.0, CURVE), (33.0, 0.0, CURVE), (33.0, 3.0, CURVE)]
    box += [(33.0, 21.0, LINE), (33.0, 24.0, CURVE), (33.0, 24.0, CURVE), (30.0, 24.0, CURVE)]
    box += [(3.0, 24.0, LINE), (0.0, 24.0, CURVE), (0.0, 24.0, CURVE), (0.0, 21.0, CURVE)]
    box += [(0.0, 3.0, LINE), (0.0, 0.0, CURVE), (0.0, 0.0, CURVE), (3.0, 0.0, CURVE)]
    strokes, _ = bars(box, 0.0, filled=False)
    assert {tuple(bar) for bar in strokes if bar[0] != bar[2] or bar[1] != bar[3]} == {
        (3.0, 0.0, 30.0, 0.0),
        (33.0, 3.0, 33.0, 21.0),
        (3.0, 24.0, 30.0, 24.0),
        (0.0, 3.0, 0.0, 21.0),
    }
