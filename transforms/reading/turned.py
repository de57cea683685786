"""Pages that print their text lying on its side, or upside down, without saying so: read as if they were turned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from transforms.reading.page import Floats, Page, map_boxes

BOX: Final = ["x0", "top", "x1", "bottom"]

_LEAST: Final = 30
_MOST_OF_IT: Final = 0.7


@dataclass(frozen=True, slots=True)
class Turn:
    """How a page was turned for reading.

    Attributes:
        to_page: (2, 3) affine map from points of the turned page to points of the page as displayed.
        width: Width of the page as displayed, in points.
        height: Height of the page as displayed.
    """

    to_page: Floats
    width: float
    height: float


def upright(page: Page) -> tuple[Page, Turn | None]:
    """Turn a page whose text nearly all runs in one direction, but not from left to right, so that it does.

    Labels that are printed upright within a page of level text do not turn it.

    Returns:
        The page as it is to be read, and how to lead its cells back; None where it was not turned.
    """
    ink = page.codes > 32
    count = int(np.count_nonzero(ink))
    if count < _LEAST or not page.char_angle.any():
        return page, None
    shares = np.bincount(page.char_angle[ink] // 90, minlength=4) / count
    quarter = int(shares.argmax())
    if quarter == 0 or shares[quarter] < _MOST_OF_IT:
        return page, None
    width, height = page.width, page.height
    # To the turned page: x' and y' by x and y.
    forth = {
        1: np.array([[0.0, -1.0, height], [1.0, 0.0, 0.0]]),
        2: np.array([[-1.0, 0.0, width], [0.0, -1.0, height]]),
        3: np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, width]]),
    }[quarter]
    back = {
        1: np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, height]]),
        2: forth,
        3: np.array([[0.0, -1.0, width], [1.0, 0.0, 0.0]]),
    }[quarter]
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
    return turned, Turn(back, page.width, page.height)


def _by_place(lines: Floats) -> Floats:
    return lines[np.lexsort((lines[:, 1], lines[:, 0]))]


def led_back(frame: pl.DataFrame, turn: Turn) -> pl.DataFrame:
    """Move cells from the turned page to their places on the page as displayed.

    The height of the text is taken in the middle of the cell: around slanted text it would be that of several lines.

    Args:
        frame: `contract.Cells` of one page.
        turn: How it was turned.
    """
    limits = np.array([turn.width, turn.height, turn.width, turn.height])
    box = np.clip(map_boxes(frame.select(BOX).to_numpy(), turn.to_page), 0.0, limits)
    middle = frame.select(x0=(pl.col("x0") + pl.col("x1")) / 2, top="text_top", bottom="text_bottom")
    ink = map_boxes(middle.select("x0", "top", pl.col("x0").alias("x1"), "bottom").to_numpy(), turn.to_page)
    ink = np.clip(ink, 0.0, limits)
    return frame.with_columns(
        *[pl.Series(name, box[:, i]) for i, name in enumerate(BOX)],
        pl.Series("text_top", ink[:, 1], nan_to_null=True),
        pl.Series("text_bottom", ink[:, 3], nan_to_null=True),
        pl.lit(turn.width).alias("page_width"),
        pl.lit(turn.height).alias("page_height"),
    )


def all_led_back(frame: pl.DataFrame, turns: dict[int, Turn]) -> pl.DataFrame:
    """Move the cells of all pages that were turned, by page number; the others stay."""
    if not turns or frame.is_empty():
        return frame
    pages = frame.partition_by("page_number", maintain_order=True)
    moved = [led_back(page, turns[n]) if (n := page["page_number"][0]) in turns else page for page in pages]
    return pl.concat(moved)
