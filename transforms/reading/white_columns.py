"""Columns of a table that is ruled across only: from the pieces of its rules, its headers and the white between texts.

The table is taken row by row, from one rule to the next. Rows that head money, goals or indicators rule those below
them: what stands between two lines down that no text crosses is a column, and each has one label in the header. Rows
elsewhere are labels with their values. Wherever that leaves a doubt, there is no table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from transforms.reading.ideographs import ordinary_codes
from transforms.reading.page import Bools, Floats, Page
from transforms.reading.ruling import join_pieces

HEADS: Final = (
    ("indicators", ("指标",), ("分值", "权重", "得分"), ("实际", "完成")),
    ("money", ("预算",), ("执行", "支出"), ("数", "率", "金额")),
    ("goals", ("目标",), ("完成情况", "实际")),
)
"""Kind of rows -> sets of words; a row that prints one of each heads that kind."""

_LABEL: Final = (
    r"^(?:项目|专项|政策|资金|预算|主管|实施|承担|单位|部门|年度|自评|评价|填报|联系|负责)"
    r".{0,8}(?:名称|部门|单位|主体|年度|得分|总分|等级|结论|结果|电话|负责人|联系人|编码|代码)$|^(?:主管部门|实施单位|总分|等级|年度|电话)$"
)
_TOTAL: Final = r"(?:自评|项目)?(?:总分|合计|总计|总得分|得分合计|得分)[:：]?$"
_BRACKETS: Final = r"[(（][^()（）]*[)）]|[:：*]"
_DIGITS: Final = r"\d{2}|\d[.%]"
_LONGEST_LABEL: Final = 12
_FIGURE: Final = r"^[-\d.,%％]+$"
_FEWEST_RULES: Final = 6
_FEWEST_LABELS: Final = 4
_WHOLE: Final = 0.97
_COVER: Final = 0.6
_NEAR: Final = 2.0
_INSIDE: Final = 6.0
_LONG: Final = 20.0
_PIECES: Final = 3
_SHORT: Final = 8.0
"""Pieces of a rule that are shorter may be dashes."""

_BETWEEN: Final = 0.6
_APART: Final = 0.9
"""White within a cell and between two cells, in font sizes."""

_HIGH: Final = 60.0
_CLEAR: Final = 2.0
"""How far above the first rule a row may stand, in points, and the text above that row, in font sizes."""

_NARROWEST: Final = 0.8
_CROSSING: Final = 0.3
_WITHIN: Final = 0.6
"""White between the characters of a text at most."""

_LEADING: Final = {"indicators": 1, "money": 2, "goals": 1}
"""Columns without a label left of those of a header."""


@dataclass(frozen=True, slots=True)
class _Band:
    """What stands between two rules: its characters line by line, from left to right."""

    top: float
    bottom: float
    box: Floats
    text: str
    size: float

    def clusters(self, apart: float) -> list[tuple[float, float]]:
        """Left and right of what stands together, whatever its line; `apart` in font sizes."""
        found: list[tuple[float, float]] = []
        for left, right in self.box[np.argsort(self.box[:, 0], kind="stable")][:, [0, 2]].tolist():
            if found and left - found[-1][1] < apart * self.size:
                found[-1] = found[-1][0], max(found[-1][1], right)
            else:
                found.append((left, right))
        return found

    def where(self, chosen: Bools) -> _Band:
        """Some of its characters."""
        text = "".join(self.text[i] for i in np.flatnonzero(chosen).tolist())
        return _Band(self.top, self.bottom, self.box[chosen], text, self.size)

    def within(self, left: float, right: float) -> _Band:
        """The characters with their centre between two places."""
        middle = (self.box[:, 0] + self.box[:, 2]) / 2
        return self.where(np.asarray((middle > left) & (middle < right), dtype=np.bool_))

    def crosses(self, x: float) -> bool:
        """Whether a character, or a text without white in it, stands on a line down the band."""
        left, right, top = self.box[:, 0], self.box[:, 2], self.box[:, 1]
        if ((left < x - _CROSSING) & (right > x + _CROSSING)).any():
            return True
        goes_on = (right[:-1] <= x + _CROSSING) & (left[1:] >= x - _CROSSING)
        goes_on &= np.abs(np.diff(top)) < self.size / 2
        return bool((goes_on & (left[1:] - right[:-1] < _WITHIN)).any())

    def said(self) -> list[str]:
        """The texts of what stands together, without brackets and colons."""
        return [re.sub(_BRACKETS, "", self.within(*span).text) for span in self.clusters(_BETWEEN)]

    def lines(self) -> list[str]:
        """The texts of its lines."""
        step = np.flatnonzero(np.diff((self.box[:, 1] + self.box[:, 3]) / 2) > self.size / 2) + 1
        parts = np.split(np.arange(len(self.box)), step)
        return ["".join(self.text[i] for i in part.tolist()) for part in parts if len(part)]


@dataclass(frozen=True, slots=True)
class _Ruled:
    """A table that is ruled across only.

    `rules` are its lines across, `pieces` their boxes as painted; `is_pieced`: they end at every column.
    """

    left: float
    right: float
    rules: Floats
    bands: list[_Band]
    pieces: Floats
    is_pieced: bool

    def cells(self, first: int, last: int, left: float, right: float) -> list[_Band]:
        """What stands in a column of some bands, cell by cell: one cell goes from rule to rule."""
        found: list[_Band] = []
        for number in range(first, last):
            part = self.bands[number].within(left, right)
            if found and not self.is_closed(part.top, left, right):
                above = found.pop()
                box = np.concatenate([above.box, part.box])
                part = _Band(above.top, part.bottom, box, above.text + part.text, part.size)
            found.append(part)
        return found

    def ends(self, top: float, bottom: float) -> list[float]:
        """Where rules and their pieces end between the sides of the table, from the left to the right."""
        box, width = self.pieces, self.pieces[:, 2] - self.pieces[:, 0]
        chosen = (width >= _SHORT) & (box[:, 3] - box[:, 1] < width) & (box[:, 1] >= top) & (box[:, 3] <= bottom)
        ends = np.sort(box[chosen][:, [0, 2]].ravel())
        ends = ends[(ends > self.left + _NEAR) & (ends < self.right - _NEAR)]
        groups = np.split(ends, np.flatnonzero(np.diff(ends) > 1.0) + 1)
        return [float(np.median(group)) for group in groups if len(group)]

    def is_closed(self, y: float, left: float, right: float) -> bool:
        """Whether a rule runs across a column there."""
        lines = self.rules[np.abs(self.rules[:, 0] - y) <= _NEAR]
        reach = np.minimum(lines[:, 2], right) - np.maximum(lines[:, 1], left)
        return bool(np.maximum(reach, 0).sum() >= _COVER * (right - left))


def find_columns(page: Page, bars: Floats) -> tuple[Floats, Floats] | None:
    """Find the columns of a page's table that has rules across, but none between its columns.

    Args:
        page: With its text and its lines.
        bars: (n, 4) thin bars as they are painted: browsers paint the rules of each cell, or column, on their own.

    Returns:
        Horizontal and vertical lines as in `Page`; None where the page has no such table, where the total of the
        indicators is not on it, or where a column is in doubt.
    """
    ruled = _ruled(page, bars)
    if ruled is None:
        return None
    kinds = [_kind(band) for band in ruled.bands]
    if kinds.count("indicators") != 1:
        return None
    lines: list[tuple[float, float, float]] = []
    number, has_total = 0, False
    while number < len(kinds):
        last, kind = number + 1, kinds[number]
        if kind is None:
            edges = _pair_edges(ruled.bands[number])
            has_total |= _is_total_stated(ruled.bands[number])
        else:
            while last < len(kinds) and kinds[last] is None and not _is_end(ruled.bands[last]):
                last += 1
            is_totalled = last < len(kinds) and bool(_total_label(ruled.bands[last]))
            edges = _region_edges(ruled, number, last + is_totalled, kind)
            has_total |= is_totalled and kind == "indicators"
            last += is_totalled
        if edges is None:
            return None
        for band, inside in zip(ruled.bands[number:last], edges, strict=True):
            lines += [(x, band.top, band.bottom) for x in (ruled.left, *inside, ruled.right)]
        number = last
    return (ruled.rules, join_pieces(np.array(lines, dtype=np.float64))) if has_total else None


def _ruled(page: Page, bars: Floats) -> _Ruled | None:
    rules = page.horizontal
    if len(rules) < _FEWEST_RULES:
        return None
    length = rules[:, 2] - rules[:, 1]
    whole = rules[length >= _WHOLE * length.max()]
    left, right = float(np.median(whole[:, 1])), float(np.median(whole[:, 2]))
    inner = (page.vertical[:, 0] > left + _INSIDE) & (page.vertical[:, 0] < right - _INSIDE)
    if (inner & (page.vertical[:, 2] - page.vertical[:, 1] > _LONG)).any():
        return None
    top, bottom = whole[:, 0].min() - _NEAR, whole[:, 0].max() + _NEAR
    inside = (rules[:, 1] >= left - _NEAR) & (rules[:, 2] <= right + _NEAR)
    rules = rules[inside & (rules[:, 0] >= top) & (rules[:, 0] <= bottom) & (length >= _SHORT)]
    rules = _with_top(page, rules, left, right)
    bands = _bands(page, rules, left, right)
    if len(rules) < _FEWEST_RULES or len(bands) < _FEWEST_RULES:
        return None
    pieces = np.concatenate([bars, rules[:, [1, 0, 2, 0]]])
    return _Ruled(left, right, rules, bands, pieces, _is_pieced(bars, whole))


def _with_top(page: Page, rules: Floats, left: float, right: float) -> Floats:
    """Close the table above a first row of labels and values that has a rule below it alone."""
    first = float(rules[:, 0].min())
    above = (page.codes > 32) & (page.char_box[:, 3] <= first + _NEAR) & (page.char_box[:, 3] > first - _HIGH)
    if not above.any():
        return rules
    box = page.char_box[above]
    box = box[np.argsort(box[:, 1])[::-1]]
    tops, size = box[:, 1], float(box[0, 3] - box[0, 1])
    others = tops[tops < tops[0] - size / 2]
    if len(others) and tops[0] - others[0] < _CLEAR * size:
        return rules  # what stands so near may be the first line of the row, or of the title
    top = float(tops[tops >= tops[0] - size / 2].min()) - _NEAR
    row = np.array([[top, left, right], [first, left, right]])
    said = _bands(page, row, left, right)[0].said()
    is_pair = len(said) > 1 and bool(re.search(_LABEL, said[0]))
    return np.concatenate([row[:1], rules]) if is_pair else rules


def _bands(page: Page, rules: Floats, left: float, right: float) -> list[_Band]:
    edges: list[float] = []
    for y in np.sort(rules[:, 0]).tolist():
        if not edges or y - edges[-1] > _NEAR:
            edges.append(y)
    ink = (page.codes > 32) & (page.char_angle == 0)
    box, codes = page.char_box[ink], ordinary_codes(page.codes[ink])
    middle = (box[:, 1] + box[:, 3]) / 2
    order = np.lexsort((box[:, 0], np.rint(middle)))
    box, codes, middle = box[order], codes[order], middle[order]
    found = []
    for top, bottom in pairwise(edges):
        inside = (middle > top) & (middle < bottom) & (box[:, 2] > left) & (box[:, 0] < right)
        size = float(np.median(box[inside, 3] - box[inside, 1])) if inside.any() else 1.0
        text = codes[inside].astype("<u4").tobytes().decode("utf-32-le", "replace")
        found.append(_Band(top, bottom, box[inside], text, size))
    return found


def _is_pieced(bars: Floats, whole: Floats) -> bool:
    """Whether most rules over the whole width are painted in pieces."""
    middle = (bars[:, 1] + bars[:, 3]) / 2
    long = bars[:, 2] - bars[:, 0] >= _SHORT
    count = [int((long & (np.abs(middle - y) <= _NEAR)).sum()) for y in whole[:, 0].tolist()]
    return float(np.median(count)) >= _PIECES


def _kind(band: _Band) -> str | None:
    """What a row heads."""
    labels = band.clusters(_BETWEEN)
    said = " ".join(band.within(*label).text for label in labels)
    for kind, *sets in HEADS:
        if not all(any(word in said for word in words) for words in sets):
            continue
        least = _FEWEST_LABELS if kind != "goals" else 2
        longest = max(len(band.within(*label).text) for label in labels)
        if not re.search(_DIGITS, said) and len(labels) >= least and longest <= _LONGEST_LABEL + 4:
            return kind
    return None


def _total_label(band: _Band) -> tuple[float, float] | None:
    """Where the label of a row of totals stands."""
    found = zip(band.clusters(_BETWEEN)[:2], band.said(), strict=False)
    return next((label for label, text in found if re.match(_TOTAL, text)), None)


def _is_total_stated(band: _Band) -> bool:
    """Whether a row of labels with their values states the total of the form."""
    return any(re.match(_TOTAL, text) for text in band.said()[:-1])


def _is_end(band: _Band) -> bool:
    """Whether a row below a header begins something else: the totals, or labels with their values."""
    return bool(_total_label(band)) or any(re.search(_LABEL, text) for text in band.said())


def _pair_edges(band: _Band) -> list[list[float]] | None:
    """Columns of a row of labels with their values: right and left of each label, and nowhere else."""
    found, said = band.clusters(_BETWEEN), band.said()
    is_label = [bool(re.search(_LABEL, text)) or (not n and len(text) <= _LONGEST_LABEL) for n, text in enumerate(said)]
    gaps = [(*span, *label) for span, label in zip(pairwise(found), pairwise(is_label), strict=True)]
    if any(two[0] - one[1] > _APART * band.size for one, two, before, after in gaps if not (before or after)):
        return None
    return [[(one[1] + two[0]) / 2 for one, two, before, after in gaps if before or after]]


def _region_edges(ruled: _Ruled, first: int, last: int, kind: str) -> list[list[float]] | None:
    """Columns of a header and the rows below it, row by row; None where they are not clear."""
    bands = list(ruled.bands[first:last])
    total = _total_label(bands[-1]) if len(bands) > 1 else None
    rows = [*bands[:-1], bands[-1].within(total[1], ruled.right)] if total else bands
    columns = _columns(ruled, rows, kind)
    if columns is None or _are_mixed(ruled, first, last, columns):
        return None
    edges = [left for left, _ in columns[1:]]
    found = [edges for _ in bands]
    if total:
        behind = [x for x in edges if x > total[1]]
        beside = rows[-1].box[:, 0].min() if len(rows[-1].box) else ruled.right
        found[-1] = [x for n, x in enumerate(behind) if n + 1 == len(behind) or behind[n + 1] > beside]
    return found


def _columns(ruled: _Ruled, rows: list[_Band], kind: str) -> list[tuple[float, float]] | None:
    """Left and right of the columns; None where one has no label of its own."""
    box = np.concatenate([row.box for row in rows])
    head = rows[0]
    ends = ruled.ends(head.top + _NEAR, rows[-1].bottom + 2 * _NEAR)
    ends = [x for x in ends if not any(row.crosses(x) for row in rows)]
    if ruled.is_pieced:
        edges = ends
    else:
        spans = box[np.argsort(box[:, 0], kind="stable")][:, [0, 2]]
        reach = np.maximum.accumulate(spans[:, 1])
        gaps = np.flatnonzero(spans[1:, 0] - reach[:-1] >= _NARROWEST)
        white = zip(reach[gaps].tolist(), spans[gaps + 1, 0].tolist(), strict=True)
        edges = [next((x for x in ends if start <= x <= end), (start + end) / 2) for start, end in white]
    drawn = ruled.rules[(ruled.rules[:, 0] > head.top + _NEAR) & (ruled.rules[:, 0] < rows[-1].bottom - _NEAR), 1:]
    found: list[tuple[float, float]] = []
    start: float | None = None
    for left, right in pairwise([ruled.left, *edges, ruled.right]):
        if any(row.within(left, right).text for row in rows):
            found.append((left if start is None else start, right))
            start = None
        elif start is None and (not found or (np.abs(drawn - left) <= _NEAR).any()):
            start = left  # what is blank lies at the side of a rule that begins or ends there
        elif start is None:
            found[-1] = found[-1][0], right
    # A label that goes on beside the rows below the header stands at their side.
    is_label = [bool(head.within(*column).text) and ruled.is_closed(head.bottom, *column) for column in found]
    if not any(is_label):
        return None
    leading = is_label.index(True)
    columns = _labelled(rows, found[leading:])
    is_clear = all(len(head.within(*column).clusters(_APART)) == 1 for column in columns or [])
    return [*found[:leading], *columns] if columns and is_clear and leading <= _LEADING[kind] else None


def _labelled(rows: list[_Band], columns: list[tuple[float, float]]) -> list[tuple[float, float]] | None:
    """Put what stands beside the label of its column to it; None where it may stand under either of two labels.

    Texts of one row stand in two columns: where the column at one side is filled beside them, they are of the other.
    """
    found: list[tuple[float, float]] = []
    start: float | None = None
    for number, (left, right) in enumerate(columns):
        if rows[0].within(left, right).text:
            found.append((left if start is None else start, right))
            start = None
            continue
        beside = [row for row in rows[1:] if row.within(left, right).text]
        before = any(row.within(*found[-1]).text for row in beside)
        after = number + 1 < len(columns) and any(row.within(*columns[number + 1]).text for row in beside)
        is_last = number + 1 == len(columns)
        if before and not after and not is_last and start is None:
            start = left
        elif not before and (after or is_last) and start is None:
            found[-1] = found[-1][0], right
        else:
            return None
    return found


def _are_mixed(ruled: _Ruled, first: int, last: int, columns: list[tuple[float, float]]) -> bool:
    """Whether a cell holds the texts of two columns or the figures of two rows, or a rule ends within it."""
    inside = (ruled.rules[:, 0] > ruled.bands[first].top + _NEAR) & (
        ruled.rules[:, 0] < ruled.bands[last - 1].bottom - _NEAR
    )
    for left, right in columns:
        reach = np.minimum(ruled.rules[inside, 2], right) - np.maximum(ruled.rules[inside, 1], left)
        if ((reach > _INSIDE) & (reach < right - left - _INSIDE)).any():
            return True
        for cell in ruled.cells(first, last, left, right):
            if not cell.text:
                continue
            for line in np.split(cell.box, np.flatnonzero(np.diff(cell.box[:, 1]) > cell.size / 2) + 1):
                if (line[1:, 0] - line[:-1, 2] > _APART * cell.size).any():
                    return True
            if sum(bool(re.search(_FIGURE, line)) for line in cell.lines()) > 1:
                return True
    return False
