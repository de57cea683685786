"""Ruling lines in a picture of a page: long thin ink, found by opening the picture along each direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from transforms.reading.ocr.opencv import connected, opencv
from transforms.reading.page import Bools, Floats, Ints
from transforms.reading.ruling import join_pieces

Gray = NDArray[np.uint8]
Mask = NDArray[np.uint8]

FAINTEST: Final = 200
"""Gray up to this may belong to a line: hairlines come out faint, and noise does not survive the opening."""

PALEST: Final = 232
"""The same on a page whose lines are printed in a pale gray."""

_SHORTEST_LYING: Final = 18.0
_SHORTEST_STANDING: Final = 11.0
_SURELY_LONG: Final = 40.0
_BRIDGE: Final = 0.7
_SOLID: Final = 0.88
_MOST_CROSSED: Final = 0.15
_SOLID_SHORT: Final = 0.95
_THICKEST: Final = 4.0
_THICKEST_BOX: Final = 8.0
_END: Final = 1.0
_REST: Final = 1.6
"""Length at either end of a run that lies on the line across where it ends, in points: there it is crossed."""

_SAME_PLACE: Final = 1.0
_MARGIN: Final = 5
_MOST_RUNS: Final = 5000
"""Long thin runs along one direction; more of them are hatching or a screen, and none is a line of a table."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Ruling lines of a picture.

    Attributes:
        horizontal: (m, 3) y, x0, x1 in points of the picture.
        vertical: (k, 3) x, top, bottom.
        ink: (height, width) pixels of the picture that the lines cover, with a margin: no text is read there.
    """

    horizontal: Floats
    vertical: Floats
    ink: Bools


def find_rules(gray: Gray, scale: float, faintest: int = FAINTEST) -> Rules:
    """Find the ruling lines of a straight picture.

    A line is up to 4 points thick, solid, and little crossed by other ink, unless it goes on at the place of one that
    is; a short one must end at long ones, so that strokes of characters stay text. Gaps of up to half a point within a
    line and 3 points between pieces are bridged.

    Args:
        gray: Dark ink on white paper, lying straight.
        scale: Pixels a point.
        faintest: Gray up to this may belong to a line.
    """
    dark = np.asarray(gray < faintest, dtype=np.uint8)
    lying = _long_thin(dark, scale, _SHORTEST_LYING)
    standing = _long_thin(np.ascontiguousarray(dark.T), scale, _SHORTEST_STANDING)
    good_h, good_v = _is_long(lying), _is_long(standing)
    for _ in range(2):
        usable_h, usable_v = lying.plain | _goes_on(lying, good_h), standing.plain | _goes_on(standing, good_v)
        good_h |= usable_h & _ends_at(lying.lines, standing.lines[good_v])
        good_v |= usable_v & _ends_at(standing.lines, lying.lines[good_h])
    ink = _covered(lying, good_h) | _covered(standing, good_v).T
    return Rules(join_pieces(lying.lines[good_h]), join_pieces(standing.lines[good_v]), ink)


@dataclass(frozen=True, slots=True)
class _Runs:
    """Long thin level runs of ink.

    Attributes:
        label: Number of each pixel's run.
        number: Numbers of the runs that are thin.
        lines: Their y, x0, x1 in points.
        plain: Whether they are solid and little crossed.
    """

    label: NDArray[np.integer[Any]]
    number: Ints
    lines: Floats
    plain: Bools


def _long_thin(dark: Mask, scale: float, shortest: float) -> _Runs:
    cv2 = opencv()
    # Odd kernels only: OpenCV moves the picture by a pixel with even ones.
    bridge, opening = (np.ones((1, 2 * round(size * scale / 2) + 1), dtype=np.uint8) for size in (_BRIDGE, shortest))
    bridged = cv2.morphologyEx(dark, cv2.MORPH_CLOSE, bridge)
    opened = cv2.morphologyEx(bridged, cv2.MORPH_OPEN, opening)
    count, label, stats, centre = connected(opened)
    x, _, width, height, area = stats.T.astype(np.int64)
    thin = (area <= _THICKEST * scale * width) & (height <= _THICKEST_BOX * scale)
    number = np.flatnonzero(thin[1:count]) + 1
    if len(number) > _MOST_RUNS:
        number = number[:0]
    plain = np.array([_is_plain(dark, stats[i], scale) for i in number.tolist()], dtype=np.bool_)
    lines = np.column_stack([centre[number, 1] + 0.5, x[number], x[number] + width[number]]) / scale
    return _Runs(label, number, lines, plain)


def _is_plain(dark: Mask, stats: Ints, scale: float) -> bool:
    """Whether a run is solid, with nothing much that runs through it from side to side but the lines where it ends."""
    x, y, width, height = (int(v) for v in stats[:4])
    solid = dark[y : y + height, x : x + width].any(axis=0).mean()
    off = round(scale)
    above = dark[max(y - 1 - off, 0) : max(y - 1, 0), x : x + width].any(axis=0)
    below = dark[y + height + 1 : y + height + 1 + off, x : x + width].any(axis=0)
    least = _SOLID if width >= _SURELY_LONG * scale else _SOLID_SHORT
    rest = min(round(_REST * scale), width // 4)
    crossed = np.asarray(above & below)[rest : width - rest]
    return bool(solid >= least and crossed.mean() <= _MOST_CROSSED)


def _goes_on(runs: _Runs, good: Bools) -> Bools:
    """Whether a run lies at the place across of a line already found."""
    apart = np.abs(runs.lines[:, None, 0] - runs.lines[None, good, 0])
    return np.asarray((apart <= _SAME_PLACE).any(axis=1), dtype=np.bool_)


def _is_long(runs: _Runs) -> Bools:
    """Whether a plain run, with those that follow it at the same place after small gaps, is surely long."""
    joined = join_pieces(runs.lines[runs.plain])
    joined = joined[joined[:, 2] - joined[:, 1] >= _SURELY_LONG]
    lines = runs.lines[:, None]
    part = (
        (np.abs(lines[:, :, 0] - joined[None, :, 0]) <= _SAME_PLACE)
        & (lines[:, :, 1] >= joined[None, :, 1])
        & (lines[:, :, 2] <= joined[None, :, 2])
    )
    return np.asarray(runs.plain & part.any(axis=1), dtype=np.bool_)


def _ends_at(lines: Floats, across: Floats) -> Bools:
    """Whether a line begins and ends at lines across."""
    if not len(lines) or not len(across):
        return np.zeros(len(lines), dtype=np.bool_)
    position = lines[:, None, 0]
    passes = (across[None, :, 1] - _END <= position) & (position <= across[None, :, 2] + _END)
    at_start = (passes & (np.abs(across[None, :, 0] - lines[:, None, 1]) <= _END)).any(axis=1)
    at_end = (passes & (np.abs(across[None, :, 0] - lines[:, None, 2]) <= _END)).any(axis=1)
    return np.asarray(at_start & at_end, dtype=np.bool_)


def _covered(runs: _Runs, good: Bools) -> Bools:
    """Pixels of the runs that are lines, with a margin for their faint edges."""
    chosen = np.zeros(int(runs.label.max()) + 1, dtype=np.uint8)
    chosen[runs.number[good]] = 1
    covered = opencv().dilate(chosen[runs.label], np.ones((_MARGIN, 3), dtype=np.uint8))
    return np.asarray(covered, dtype=np.bool_)
