"""Columns of a table that is ruled across only: from the labels of its headers and the white between its texts.

The table is taken block by block, from one rule over its whole width to the next. Each block that heads money, goals or
indicators rules those below it. Wherever the white does not say clearly what is a column, there is no table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from transforms.reading.page import Bools, Floats, Ints, Page

HEADS: Final = (
    ("indicators", ("指标",), ("分值", "权重", "得分"), ("实际", "完成")),
    ("money", ("预算",), ("执行", "支出"), ("数", "率", "金额")),
    ("goals", ("目标",), ("完成情况", "实际")),
)
"""Kind of a block -> sets of words; a block that prints one of each heads that kind."""

_LABEL: Final = (
    r"^(?:项目|专项|政策|资金|预算|主管|实施|承担|单位|部门|年度|自评|评价|填报|联系|负责)"
    r".{0,8}(?:名称|部门|单位|主体|年度|得分|总分|等级|结论|结果|电话|负责人|联系人|编码|代码)$|^(?:主管部门|实施单位|总分|等级|年度|电话)$"
)
_TOTAL: Final = r"(?:自评)?(?:总分|合计|总计|总得分|得分合计)[:：]?$"
_BRACKETS: Final = r"[(（][^()（）]*[)）]|[:：*]"
_DIGITS: Final = r"\d{2}|\d[.%]"
_LONGEST_LABEL: Final = 12
_FIGURE: Final = r"^[-\d.,%％]+$"
_FEWEST_RULES: Final = 6
_FEWEST_LABELS: Final = 4
_WHOLE: Final = 0.97
_NEAR: Final = 2.0
_INSIDE: Final = 6.0
_LONG: Final = 20.0
_BETWEEN: Final = 0.6
_APART: Final = 0.9
"""White within a cell and between two cells, in font sizes."""

_NARROWEST: Final = 2.0


@dataclass(frozen=True, slots=True)
class _Block:
    """What stands between two rules over the whole width: its characters, top to bottom, left to right."""

    top: float
    bottom: float
    box: Floats
    text: str
    size: float
    rules: Floats

    def clusters(self, apart: float) -> list[tuple[float, float]]:
        """Left and right of what stands together, whatever its line; `apart` in font sizes."""
        spans = self.box[np.argsort(self.box[:, 0], kind="stable")][:, [0, 2]].tolist()
        found: list[tuple[float, float]] = []
        for left, right in spans:
            if found and left - found[-1][1] < apart * self.size:
                found[-1] = found[-1][0], max(found[-1][1], right)
            else:
                found.append((left, right))
        return found

    def first_row(self) -> _Block:
        """What stands above the first rule within the block."""
        first = self.rules[:, 0].min() if len(self.rules) else self.bottom
        above = (self.box[:, 1] + self.box[:, 3]) / 2 < first
        return _Block(self.top, first, self.box[above], self.said(above), self.size, self.rules[:0])

    def within(self, left: float, right: float) -> Bools:
        """Which characters have their centre between two edges."""
        middle = (self.box[:, 0] + self.box[:, 2]) / 2
        return np.asarray((middle > left) & (middle < right), dtype=np.bool_)

    def said(self, chosen: Bools) -> str:
        """The text of some characters, line by line."""
        return "".join(self.text[i] for i in np.flatnonzero(chosen).tolist())

    def crosses(self, x: float) -> bool:
        """Whether a character stands on a line down the block."""
        return bool(((self.box[:, 0] < x) & (self.box[:, 2] > x)).any())


def find_columns(page: Page) -> tuple[Floats, Floats] | None:
    """Find the columns of a page's table that has rules across, but none between its columns.

    Args:
        page: With its text and its lines.

    Returns:
        Horizontal and vertical lines as in `Page`; None where the page has no such table, where the total of the
        indicators is not on it, or where the white leaves a doubt.
    """
    rules = page.horizontal
    if len(rules) < _FEWEST_RULES:
        return None
    left, right = float(rules[:, 1].min()), float(rules[:, 2].max())
    inner = (page.vertical[:, 0] > left + _INSIDE) & (page.vertical[:, 0] < right - _INSIDE)
    if (inner & (page.vertical[:, 2] - page.vertical[:, 1] > _LONG)).any():
        return None
    blocks = _blocks(page, left, right)
    kinds = [_kind(block) for block in blocks]
    if kinds.count("indicators") != 1 or len(blocks) < _FEWEST_RULES:
        return None
    total = _total(blocks, kinds.index("indicators"))
    if total is None:
        return None
    kinds[total + 1 :] = ["tail"] * len(kinds[total + 1 :])
    lines: list[tuple[float, float, float]] = []
    for first, last in _regions(kinds):
        region = blocks[first:last]
        is_alone = kinds[first] in (None, "tail")
        edges = _head_edges(region[0]) if is_alone else _edges(region, kinds[first] == "indicators")
        if edges is None:
            return None
        for block, inside in zip(region, edges, strict=True):
            lines += [(x, block.top, block.bottom) for x in (left, *inside, right)]
    return rules, np.array(lines, dtype=np.float64)


def _total(blocks: list[_Block], head: int) -> int | None:
    """The block of the totals below the header of the indicators."""
    for at in range(head + 1, len(blocks)):
        first = blocks[at].clusters(_BETWEEN)[0]
        if re.match(_TOTAL, blocks[at].said(blocks[at].within(*first))):
            return at
    return None


def _blocks(page: Page, left: float, right: float) -> list[_Block]:
    rules = page.horizontal[np.argsort(page.horizontal[:, 0], kind="stable")]
    is_whole = rules[:, 2] - rules[:, 1] >= _WHOLE * (right - left)
    edges: list[float] = []
    for y in rules[is_whole, 0].tolist():
        if not edges or y - edges[-1] > _NEAR:
            edges.append(y)
    ink = (page.codes > 32) & (page.char_angle == 0)
    box, codes = page.char_box[ink], page.codes[ink]
    middle = (box[:, 1] + box[:, 3]) / 2
    order = np.lexsort((box[:, 0], np.rint(middle)))
    box, codes, middle = box[order], codes[order], middle[order]
    found = []
    for top, bottom in pairwise(edges):
        inside = (middle > top) & (middle < bottom) & (box[:, 2] > left) & (box[:, 0] < right)
        partial = rules[~is_whole & (rules[:, 0] > top + _NEAR) & (rules[:, 0] < bottom - _NEAR)]
        if inside.any():
            height = float(np.median(box[inside, 3] - box[inside, 1]))
            text = codes[inside].astype("<u4").tobytes().decode("utf-32-le", "replace")
            found.append(_Block(top, bottom, box[inside], text, height, partial))
    return found


def _kind(block: _Block) -> str | None:
    """What a block heads."""
    head = block.first_row()
    for kind, *sets in HEADS:
        if not all(any(word in head.text for word in words) for words in sets):
            continue
        is_row = not re.search(_DIGITS, head.text) and len(head.clusters(_BETWEEN)) >= _FEWEST_LABELS
        if kind != "indicators" or is_row:
            return kind
    return None


def _regions(kinds: list[str | None]) -> Iterator[tuple[int, int]]:
    """First and last block (one past) of what belongs together: a block that heads others with those below it."""
    start = 0
    for at in range(1, len(kinds) + 1):
        if at == len(kinds) or kinds[at] is not None or kinds[start] is None:
            yield start, at
            start = at


def _head_edges(block: _Block) -> list[list[float]] | None:
    """Columns of a block of labels with their values: right and left of each label, and nowhere else."""
    found = block.clusters(_BETWEEN)
    said = [re.sub(_BRACKETS, "", block.said(block.within(*span))) for span in found]
    is_label = [bool(re.search(_LABEL, text)) or (not n and len(text) <= _LONGEST_LABEL) for n, text in enumerate(said)]
    gaps = [(*span, *label) for span, label in zip(pairwise(found), pairwise(is_label), strict=True)]
    if any(two[0] - one[1] > _APART * block.size for one, two, before, after in gaps if not (before or after)):
        return None
    return [[(one[1] + two[0]) / 2 for one, two, before, after in gaps if before or after]]


def _edges(region: list[_Block], is_strict: bool) -> list[list[float]] | None:
    """Columns of a header and the blocks below it, block by block; None where they are not clear."""
    head = region[0].first_row()
    labels = head.clusters(_BETWEEN)
    fit = [block for block in region if 2 * len(block.clusters(_BETWEEN)) >= len(labels)]
    spans = np.concatenate([block.box[:, [0, 2]] for block in fit])
    spans = spans[np.argsort(spans[:, 0], kind="stable")]
    reach = np.maximum.accumulate(spans[:, 1])
    gap: Ints = np.flatnonzero(spans[1:, 0] - reach[:-1] >= _NARROWEST)
    starts = np.unique(np.concatenate([np.empty(0), *(block.rules[:, 1:].ravel() for block in region)]))
    edges = []
    for i in gap.tolist():
        drawn = starts[(starts > reach[i]) & (starts < spans[i + 1, 0])]
        edges.append(float(drawn[0]) if len(drawn) else float(reach[i] + spans[i + 1, 0]) / 2)
    if is_strict:
        column = np.searchsorted(edges, [left for left, _ in labels])
        is_one_each = len(set(column.tolist())) == len(labels)
        stubs = len(edges) + 1 - len(labels)  # a label down the left side of all rows
        if not is_one_each or stubs not in (0, 1) or (stubs and 0 in column) or any(head.crosses(x) for x in edges):
            return None
    found = [[x for x in edges if not block.crosses(x)] for block in region]
    if any(_is_mixed(block, inside, edges) for block, inside in zip(region, found, strict=True)):
        return None
    return found


def _is_mixed(block: _Block, inside: list[float], edges: list[float]) -> bool:
    """Whether a cell of a block holds the texts of two columns, or the figures of two rows."""
    rows = np.sort(block.rules[:, 0])
    for left, right in zip([-np.inf, *inside], [*inside, np.inf], strict=True):
        chosen = block.within(left, right)
        if not chosen.any():
            continue
        row = np.searchsorted(rows, (block.box[:, 1] + block.box[:, 3]) / 2)
        covers = sum(left < x < right for x in edges)
        for number in np.unique(row[chosen]).tolist():
            part = np.flatnonzero(chosen & (row == number))
            own = _Block(0, 0, block.box[part], "".join(block.text[i] for i in part.tolist()), block.size, block.rules)
            if covers and len(own.clusters(_APART)) > 1:
                return True
            step = np.flatnonzero(np.diff(own.box[:, 1]) > block.size / 2) + 1
            lines = ["".join(own.text[i] for i in line.tolist()) for line in np.split(np.arange(len(part)), step)]
            if sum(bool(re.search(_FIGURE, line)) for line in lines) > 1:
                return True
    return False
