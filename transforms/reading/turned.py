"""Pages that print their text lying on its side, or upside down, without saying so: read as if they were turned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from transforms.reading.page import Floats, Page, map_boxes

_LEAST: Final = 30
_MOST_OF_IT: Final = 0.7


def to_upright(turn: int, width: float, height: float) -> Floats:
    """(2, 3) affine map from points of a page as displayed to points of the page turned upright.

    Args:
        turn: Direction of its text, counter-clockwise: 0, 90, 180, 270.
        width: Width of the page as displayed.
        height: Height of the page as displayed.
    """
    return {
        0: np.eye(2, 3),
        90: np.array([[0.0, -1.0, height], [1.0, 0.0, 0.0]]),
        180: np.array([[-1.0, 0.0, width], [0.0, -1.0, height]]),
        270: np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, width]]),
    }[turn]


def upright(page: Page) -> tuple[Page, int]:
    """Turn a page whose text nearly all runs in one direction, but not from left to right, so that it does.

    Labels that are printed upright within a page of level text do not turn it.

    Returns:
        The page as it is to be read, and the direction of its text as displayed, counter-clockwise: 0, 90, 180, 270.
    """
    ink = page.codes > 32
    count = int(np.count_nonzero(ink))
    if count < _LEAST or not page.char_angle.any():
        return page, 0
    shares = np.bincount(page.char_angle[ink] // 90, minlength=4) / count
    quarter = int(shares.argmax())
    if quarter == 0 or shares[quarter] < _MOST_OF_IT:
        return page, 0
    width, height = page.width, page.height
    forth = to_upright(90 * quarter, width, height)
    lying = map_boxes(page.horizontal[:, [1, 0, 2, 0]], forth)
    standing = map_boxes(page.vertical[:, [0, 1, 0, 2]], forth)
    if quarter % 2:
        lying, standing, width, height = standing, lying, height, width
    turned = replace(
        page,
        width=width,
        height=height,
        char_box=map_boxes(page.char_box, forth),
        char_angle=(page.char_angle - 90 * quarter) % 360,
        horizontal=_by_place(lying[:, [1, 0, 2]]),
        vertical=_by_place(standing[:, [0, 1, 3]]),
    )
    return turned, 90 * quarter


def _by_place(lines: Floats) -> Floats:
    return lines[np.lexsort((lines[:, 1], lines[:, 0]))]


def with_turns(frame: pl.DataFrame, turns: Mapping[int, int]) -> pl.DataFrame:
    """State how pages were turned.

    Args:
        frame: `contract.Cells`, given as if the pages were upright.
        turns: By page number the direction of the text of those that were turned.
    """
    if not turns:
        return frame
    turn = pl.col("page_number").replace_strict(turns, default=None, return_dtype=frame.schema["page_turn"])
    lies = turn.is_in([90, 270])
    return frame.with_columns(
        page_turn=turn,
        page_width=pl.when(lies).then("page_height").otherwise("page_width"),
        page_height=pl.when(lies).then("page_width").otherwise("page_height"),
    )
