"""Tables of a page from its ruling lines: rectangular cells with row and column spans. Geometry only, no text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from transforms.reading.limits import Limits, require
from transforms.reading.page import Bools, Floats, Ints, columns
from transforms.reading.ruling import cluster

_TOUCH: Final = 3.0
"""Lines that miss one another by this much, in points, still meet."""

_SNAP_GAP: Final = 2.2
_SNAP_SPAN: Final = 3.2
"""Lines within this width are one edge of the grid: double lines, borders drawn by both neighbours."""

_WALL: Final = 0.6
"""Share of a cell's side that must be drawn for the side to be closed."""

_SLIMMEST: Final = 4.0
"""What is narrower or lower than this lies between the two lines of a thick double border."""

_NO_ROOM: Final = 3.9
"""Just below the least width and height of a cell, so that none is lost between two edges."""

_LONG: Final = 40.0
_SMALLEST: Final = 30.0
"""A table smaller than this in both directions is a tick box or a character drawn as lines."""

_MOST_LINES: Final = 4000
_MOST_CROSSINGS: Final = 2_000_000
_MOST_BOXES: Final = Limits().cells


@dataclass(frozen=True, slots=True)
class Table:
    """One ruled table of a page.

    Attributes:
        x: Column edges, from left to right.
        y: Row edges, from top to bottom.
        cells: (n, 4) row, column, row span, column span; sorted by row, column; cells do not overlap.
        open_top: (n,) no line closes the cell at its top.
        open_bottom: (n,) no line closes the cell at its bottom.
    """

    x: Floats
    y: Floats
    cells: Ints
    open_top: Bools
    open_bottom: Bools

    @property
    def boxes(self) -> Floats:
        """(n, 4) x0, top, x1, bottom of the cells."""
        row, column, row_span, column_span = self.cells.T
        boxes: Floats = columns(self.x[column], self.y[row], self.x[column + column_span], self.y[row + row_span])
        return boxes

    @property
    def cell_at(self) -> Ints:
        """(rows, columns) number of the cell at each place of the grid; -1 where there is none."""
        at = np.full((len(self.y) - 1, len(self.x) - 1), -1, dtype=np.int64)
        at[self.cells[:, 0], self.cells[:, 1]] = np.arange(len(self.cells))
        wide = ((self.cells[:, 2] > 1) | (self.cells[:, 3] > 1)).nonzero()[0]
        for number, (row, column, rows, width) in zip(wide.tolist(), self.cells[wide].tolist(), strict=True):
            at[row : row + rows, column : column + width] = number
        return at


def find_tables(horizontal: Floats, vertical: Floats, *, most_cells: int | None = _MOST_BOXES) -> list[Table]:
    """Find the tables that the ruling lines of a page draw.

    Lines that touch make one table. A cell is a region of the grid without a line inside; a region that is no
    rectangle is cut into rectangles. A table without outer border at left or right is closed where its horizontal
    lines end; without border at top or bottom (a page break) its cells are marked open there. What is closed on two
    sides only, lines that meet no other line, and underlines make no cell. A frame of one cell around another table,
    or within a cell of one, is decoration and left out.

    Args:
        horizontal: (m, 3) y, x0, x1.
        vertical: (k, 3) x, top, bottom.
        most_cells: So many boxes of a grid at most, before they are joined to cells; null: no limit.

    Raises:
        LimitMet: too_many_cells.

    Returns:
        Tables from top to bottom, then left to right.

    Example:
        >>> lines = [[0.0, 0.0, 60.0], [20.0, 0.0, 60.0], [40.0, 0.0, 60.0]]
        >>> stand = [[0.0, 0.0, 40.0], [30.0, 20.0, 40.0], [60.0, 0.0, 40.0]]
        >>> find_tables(np.array(lines), np.array(stand))[0].cells.tolist()
        [[0, 0, 1, 2], [1, 0, 1, 1], [1, 1, 1, 1]]
    """
    if len(vertical) == 0 or len(horizontal) + len(vertical) < 2:
        return []
    if is_drawing(horizontal, vertical):
        return []
    component_h, component_v = _components(horizontal, vertical)
    tables = []
    meets = set(component_h.tolist())
    for number in sorted(meets.intersection(component_v.tolist())):
        lying, standing = horizontal[component_h == number], vertical[component_v == number]
        if len(lying) + len(standing) >= 3:
            tables.append(_table(lying, standing, most_cells))
    loose = vertical[[number not in meets for number in component_v.tolist()]]
    for i, table in enumerate(tables):
        if len(loose) and len(table.cells):
            tables[i], loose = _with_open_columns(table, loose)
    tables += _open_columns(loose)
    kept = [table for table in tables if len(table.cells) and not _is_tiny(table)]
    return _in_reading_order(_without_frames(kept))


def is_drawing(horizontal: Floats, vertical: Floats) -> bool:
    """Whether lines are so many that no table is looked for among them: a map, or a grid made to fill memory."""
    return max(len(horizontal), len(vertical)) > _MOST_LINES or len(horizontal) * len(vertical) > _MOST_CROSSINGS


def require_table(horizontal: Floats, vertical: Floats, most_cells: int | None) -> None:
    """Refuse lines that are too many to look for a table, on a page that must have one.

    Raises:
        LimitMet: too_many_cells.
    """
    if most_cells is not None and is_drawing(horizontal, vertical):
        boxes = max(len(horizontal) - 1, 1) * max(len(vertical) - 1, 1)
        require("too_many_cells", "the lines of a page make a grid of {} boxes", boxes, most_cells)


def _without_frames(tables: list[Table]) -> list[Table]:
    """Leave out boxes of one cell within a cell of another table: what they frame stands in that cell."""
    others = [table.boxes for table in tables if len(table.cells) > 1]
    if not others or len(others) == len(tables):
        return tables
    outer = np.concatenate(others)

    def is_frame(table: Table) -> bool:
        box = table.boxes[0]
        within = (outer[:, :2] <= box[:2]).all(axis=1) & (outer[:, 2:] >= box[2:]).all(axis=1)
        return len(table.cells) == 1 and bool(within.any())

    return [table for table in tables if not is_frame(table)]


def _is_tiny(table: Table) -> bool:
    return bool(max(table.x[-1] - table.x[0], table.y[-1] - table.y[0]) < _SMALLEST)


def _components(horizontal: Floats, vertical: Floats) -> tuple[Ints, Ints]:
    """Number the groups of lines that touch; lines of one group share the number."""
    y, x0, x1 = horizontal.T[:, :, None]
    x, top, bottom = vertical.T[:, None, :]
    meet = (x >= x0 - _TOUCH) & (x <= x1 + _TOUCH) & (y >= top - _TOUCH) & (y <= bottom + _TOUCH)
    of_v = np.arange(len(vertical), dtype=np.int64)
    far = len(vertical)
    while True:
        of_h = np.where(meet, of_v, far).min(axis=1)
        low = np.minimum(of_v, np.where(meet, of_h[:, None], far).min(axis=0, initial=far))
        if not low.any():  # one group holds all that stand
            return np.where(of_h < far, 0, -1), low
        if (low == of_v).all():
            return np.where(of_h < far, of_h, -1), of_v
        of_v = low


def _edges(values: Floats, low: float, high: float) -> tuple[Floats, Ints]:
    """Snap line positions to grid edges, with an edge more where lines across reach farther out."""
    order = np.argsort(values, kind="stable")
    label = cluster(values[order], _SNAP_GAP, _SNAP_SPAN)
    ordered, ends = values[order].tolist(), (label[1:] > label[:-1]).nonzero()[0].tolist()
    first, last = [0, *(end + 1 for end in ends)], [*ends, len(values) - 1]
    edges = np.array([(ordered[i] + ordered[j]) / 2 for i, j in zip(first, last, strict=True)])
    group = np.empty(len(values), dtype=np.int64)
    group[order] = label
    if low < edges[0] - _TOUCH:
        edges, group = np.concatenate([[low], edges]), group + 1
    if high > edges[-1] + _TOUCH:
        edges = np.concatenate([edges, [high]])
    return edges, group


def _walls(lines: Floats, group: Ints, across: Floats, along: Floats) -> Bools:
    """(edges across, intervals along) whether a line closes that stretch of the edge."""
    start, end, group = _apart(lines[:, 1], lines[:, 2], group)
    reach = np.minimum(end[:, None], along[None, 1:]) - np.maximum(start[:, None], along[None, :-1])
    width, count = len(along) - 1, len(across)
    place = group[:, None] * width + np.arange(width)
    drawn = np.bincount(place.ravel(), np.maximum(reach, 0.0).ravel(), count * width).reshape(count, width)
    return np.asarray(drawn >= _WALL * (along[1:] - along[:-1]), dtype=np.bool_)


def _apart(start: Floats, end: Floats, group: Ints) -> tuple[Floats, Floats, Ints]:
    """Cut lines of one edge that lie beside one another so that no stretch of the edge is counted twice."""
    order = np.lexsort((start, group))
    start, end, group = start[order], end[order], group[order]
    shift = group * (end.max(initial=0.0) - start.min(initial=0.0) + 1.0)
    covered = np.maximum.accumulate(end + shift) - shift
    start = start.copy()
    same = group[1:] == group[:-1]
    start[1:] = np.where(same, np.maximum(start[1:], covered[:-1]), start[1:])
    return start, end, group


def _table(lying: Floats, standing: Floats, most_cells: int | None) -> Table:
    y, group_h = _edges(lying[:, 0], standing[:, 1].min(), standing[:, 2].max())
    x, group_v = _edges(standing[:, 0], lying[:, 1].min(), lying[:, 2].max())
    if len(x) < 2 or len(y) < 2:
        return _empty()
    require("too_many_cells", "the lines of a page make a grid of {} boxes", (len(x) - 1) * (len(y) - 1), most_cells)
    wall_h = _walls(lying, group_h, y, x)
    wall_v = _walls(standing, group_v, x, y).T  # (rows, column edges)
    between = wall_h[:-1] | wall_h[1:]
    if group_v.min() > 0:  # no border at the left: the horizontal lines close it
        wall_v[:, 0] |= between[:, 0]
    if group_v.max() < len(x) - 1:
        wall_v[:, -1] |= between[:, -1]
    return _compact(x, y, _rectangles(wall_h, wall_v), wall_h, wall_v)


def _rectangles(wall_h: Bools, wall_v: Bools) -> Ints:
    """(n, 4) top, left, bottom, right of the regions that no wall divides, each a rectangle of the grid."""
    rows, width = wall_h.shape[0] - 1, wall_v.shape[1] - 1
    at_row, at_column = np.arange(rows)[:, None], np.arange(width)
    # Where all regions are rectangles, a box knows its region by the nearest walls above it and to its left.
    left = np.maximum.accumulate(np.where(wall_v[:, :-1], at_column, 0), axis=1)
    top = np.maximum.accumulate(np.where(wall_h[:-1], at_row, 0), axis=0)
    name = top * width + left
    extent, whole = _extents(name)
    parted = ((name[:, 1:] == name[:, :-1]) | wall_v[:, 1:-1]).all() and ((name[1:] == name[:-1]) | wall_h[1:-1]).all()
    if parted and whole.all():
        return extent
    name = _connected(wall_h, wall_v)
    extent, whole = _extents(name)
    parts = [part for number in np.unique(name)[~whole].tolist() for part in _cut(name == number)]
    return np.concatenate([extent[whole], np.array(parts, dtype=np.int64).reshape(-1, 4)])


def _extents(name: Ints) -> tuple[Ints, Bools]:
    """Extent (top, left, bottom, right) of each region, by rising name, and whether the region fills it."""
    order = np.argsort(name, axis=None, kind="stable")
    row, column = np.divmod(order, name.shape[1])
    names = name.ravel()[order]
    new = np.ones(len(names), dtype=np.bool_)
    new[1:] = names[1:] != names[:-1]
    first = new.nonzero()[0]
    top, left = np.minimum.reduceat(row, first), np.minimum.reduceat(column, first)
    bottom, right = np.maximum.reduceat(row, first) + 1, np.maximum.reduceat(column, first) + 1
    size = np.bincount(np.cumsum(new) - 1)
    return columns(top, left, bottom, right), (bottom - top) * (right - left) == size


def _connected(wall_h: Bools, wall_v: Bools) -> Ints:
    """(rows, columns) name of the region of each box: boxes without a wall between them share it."""
    rows, width = wall_h.shape[0] - 1, wall_v.shape[1] - 1
    parent = list(range(rows * width))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for row, column in np.argwhere(~wall_v[:, 1:-1]).tolist():
        a, b = root(row * width + column), root(row * width + column + 1)
        parent[max(a, b)] = min(a, b)
    for row, column in np.argwhere(~wall_h[1:-1]).tolist():
        a, b = root(row * width + column), root((row + 1) * width + column)
        parent[max(a, b)] = min(a, b)
    return np.array([root(i) for i in range(rows * width)], dtype=np.int64).reshape(rows, width)


def _cut(inside: Bools) -> list[tuple[int, int, int, int]]:
    """Cut a region into rectangles: runs of columns, joined downwards while they stay the same."""
    done: list[tuple[int, int, int, int]] = []
    growing: dict[tuple[int, int], int] = {}
    for row in range(inside.shape[0] + 1):
        runs: set[tuple[int, int]] = set()
        if row < inside.shape[0]:
            step = np.flatnonzero(np.diff(np.concatenate([[0], inside[row].astype(np.int8), [0]])))
            runs = set(zip(step[::2].tolist(), step[1::2].tolist(), strict=True))
        done += [(start, left, row, right) for (left, right), start in growing.items() if (left, right) not in runs]
        growing = {run: growing.get(run, row) for run in runs}
    return done


def _compact(x: Floats, y: Floats, extent: Ints, wall_h: Bools, wall_v: Bools) -> Table:
    """Keep the regions that are cells, and only the grid edges that a cell begins or ends at."""
    top, left, bottom, right = extent.T
    along_h = np.zeros((len(y), len(x)), dtype=np.int64)
    along_v = np.zeros((len(y), len(x)), dtype=np.int64)
    along_h[:, 1:] = wall_h.cumsum(axis=1)
    along_v[1:] = wall_v.cumsum(axis=0)
    above = 2 * (along_h[top, right] - along_h[top, left]) >= right - left
    at_left = 2 * (along_v[bottom, left] - along_v[top, left]) >= bottom - top
    below = 2 * (along_h[bottom, right] - along_h[bottom, left]) >= right - left
    at_right = 2 * (along_v[bottom, right] - along_v[top, right]) >= bottom - top
    is_cell = (above & at_left & (below | at_right)) | (below & at_right & (above | at_left))  # three sides or more
    if not is_cell.all():
        closed = columns(above, at_left, below, at_right)
        at_end = (top == 0) & (bottom == len(y) - 1)
        is_cell |= (at_left & at_right & at_end) | _at_open_corner(extent, closed, y, x)
    is_cell &= (x[right] - x[left] >= _SLIMMEST) & (y[bottom] - y[top] >= _SLIMMEST)
    if not is_cell.all():
        top, left, bottom, right, above, below = (v[is_cell] for v in (top, left, bottom, right, above, below))
    if not len(top):
        return _empty()
    used_x, used_y = np.zeros(len(x), dtype=np.bool_), np.zeros(len(y), dtype=np.bool_)
    used_x[left] = used_x[right] = used_y[top] = used_y[bottom] = True
    x, place_x = _without_slits(x, used_x)
    y, place_y = _without_slits(y, used_y)
    top, left, bottom, right = place_y[top], place_x[left], place_y[bottom], place_x[right]
    order = np.lexsort((left, top))
    cells = columns(top, left, bottom - top, right - left)[order]
    return Table(x, y, cells, ~above[order], ~below[order])


def _without_slits(edges: Floats, used: Bools) -> tuple[Floats, Ints]:
    """Make one edge of those between which no cell has room: cells with a gap between their borders.

    Returns the edges that are left, and for each old one, as far as it is used, which of them it is.
    """
    kept, place = edges[used], np.maximum(used.cumsum() - 1, 0)
    if (kept[1:] - kept[:-1] > _NO_ROOM).all():
        return kept, place
    label = cluster(kept, _NO_ROOM, _NO_ROOM)
    count = np.bincount(label)
    merged: Floats = np.bincount(label, weights=kept) / count
    return merged, label[place]


def _at_open_corner(extent: Ints, closed: Bools, y: Floats, x: Floats) -> Bools:
    """Which regions at a corner are closed towards the table and open outwards.

    A page break cuts such a cell, and its outer border is not drawn.
    """
    first, last = extent[:, 0] == 0, extent[:, 2] == len(y) - 1
    inwards = (last & closed[:, 0]) | (first & closed[:, 2])
    sideways = ((extent[:, 1] == 0) & closed[:, 3]) | ((extent[:, 3] == len(x) - 1) & closed[:, 1])
    return np.asarray(inwards & sideways, dtype=np.bool_)


def _empty() -> Table:
    none = np.empty(0)
    no = np.empty(0, dtype=np.bool_)
    return Table(none, none, np.empty((0, 4), dtype=np.int64), no, no)


def _with_open_columns(table: Table, loose: Floats) -> tuple[Table, Floats]:
    """Add the columns that vertical lines as long as a table mark beside it, without a line across: a merged label that
    goes on over both page ends. Returns the lines that are left, too."""
    as_long = (np.abs(loose[:, 1] - table.y[0]) <= _TOUCH) & (np.abs(loose[:, 2] - table.y[-1]) <= _TOUCH)
    is_beside = as_long & ((loose[:, 0] < table.x[0] - _SLIMMEST) | (loose[:, 0] > table.x[-1] + _SLIMMEST))
    if not is_beside.any() or table.y[-1] - table.y[0] < _LONG:
        return table, loose
    beside, _ = _edges(loose[is_beside, 0], np.inf, -np.inf)
    left, right = beside[beside < table.x[0]], beside[beside > table.x[-1]]
    rows, width, count = len(table.y) - 1, len(table.x) - 1, len(left)
    new = np.array([[0, i, rows, 1] for i in (*range(count), *range(count + width, count + width + len(right)))])
    cells = np.concatenate([table.cells + np.array([0, count, 0, 0]), new])
    order = np.lexsort((cells[:, 1], cells[:, 0]))
    yes = np.ones(len(new), dtype=np.bool_)
    wider = Table(
        np.concatenate([left, table.x, right]),
        table.y,
        cells[order],
        np.concatenate([table.open_top, yes])[order],
        np.concatenate([table.open_bottom, yes])[order],
    )
    return wider, loose[~is_beside]


def _open_columns(vertical: Floats) -> list[Table]:
    """Tables of one row that goes on over both page ends: long vertical lines side by side, no horizontal one."""
    vertical = vertical[vertical[:, 2] - vertical[:, 1] >= _LONG]
    tables = []
    while len(vertical) >= 2:
        same = (np.abs(vertical[:, 1:] - vertical[0, 1:]) <= _TOUCH).all(axis=1)
        group, vertical = vertical[same], vertical[~same]
        x, _ = _edges(group[:, 0], np.inf, -np.inf)
        if len(x) < 2:
            continue
        count = len(x) - 1
        cells = np.column_stack([np.zeros(count), np.arange(count), np.ones(count), np.ones(count)]).astype(np.int64)
        yes = np.ones(count, dtype=np.bool_)
        tables.append(Table(x, np.array([group[:, 1].min(), group[:, 2].max()]), cells, yes, yes))
    return tables


def _in_reading_order(tables: list[Table]) -> list[Table]:
    """Sort tables from top to bottom, then left to right, without the frames around other tables."""
    tables = sorted(tables, key=lambda t: (round(float(t.y[0])), float(t.x[0])))
    return [
        table
        for table in tables
        if len(table.cells) > 1 or not any(_holds(table, other) for other in tables if other is not table)
    ]


def _holds(outer: Table, inner: Table) -> bool:
    return bool(
        outer.x[0] < inner.x[0] and outer.y[0] < inner.y[0] and inner.x[-1] < outer.x[-1] and inner.y[-1] < outer.y[-1]
    )
