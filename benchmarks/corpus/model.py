"""What a generated document is made of: the form as data, the blocks that print it, and its truth."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class FundingLine:
    """A row of the funding block as printed; None: the layout has no such column."""

    source: str
    initial: str | None = None
    budget: str | None = None
    executed: str | None = None
    weight: str | None = None
    rate: str | None = None
    score: str | None = None
    deviation: str | None = None
    extra: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Indicator:
    """An indicator row as printed; `extra` holds columns that are no published field (method, second score)."""

    level1: str | None
    level2: str | None
    name: str
    target: str
    actual: str
    weight: str | None = None
    score: str | None = None
    deviation: str | None = None
    operator: str | None = None
    unit: str | None = None
    extra: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Form:
    """One form as printed. Everything is text; None: not printed in this layout."""

    title: str | None
    year: str | None
    project: str | None
    department: str | None
    unit: str | None
    currency: str | None
    funding: tuple[FundingLine, ...]
    goal_expected: str | None
    goal_actual: str | None
    indicators: tuple[Indicator, ...]
    total_weight: str | None = None
    total_score: str | None = None
    rating: str | None = None
    violates: tuple[str, ...] = ()
    extra: dict[str, str] = field(default_factory=dict)

    def truth(self) -> dict[str, Any]:
        """Return what a reader of the form must find, in the shape of the reference truth."""
        return {
            "title": self.title,
            "year": self.year,
            "project": self.project,
            "department": self.department,
            "unit": self.unit,
            "currency": self.currency,
            "funding": [
                {
                    "source": line.source,
                    "initial": line.initial,
                    "budget": line.budget,
                    "executed": line.executed,
                    "weight": line.weight,
                    "rate": line.rate,
                    "score": line.score,
                    **({"deviation": line.deviation} if line.deviation is not None else {}),
                }
                for line in self.funding
            ],
            "goal_expected": self.goal_expected,
            "goal_actual": self.goal_actual,
            "indicators": [
                {
                    "level1": row.level1,
                    "level2": row.level2,
                    "name": row.name,
                    "target": row.target,
                    "actual": row.actual,
                    "weight": row.weight,
                    "score": row.score,
                    "deviation": row.deviation,
                    **({"target_nature": row.operator} if row.operator is not None else {}),
                    **({"target_unit": row.unit} if row.unit is not None else {}),
                }
                for row in self.indicators
                if row.name
            ],
            "total_weight": self.total_weight,
            "total_score": self.total_score,
            "rating": self.rating,
            "violates": list(self.violates),
        }


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell; cells that a span covers are not written, as in HTML."""

    text: str = ""
    rows: int = 1
    columns: int = 1
    align: Align = "center"
    is_label: bool = False
    is_vertical: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A ruled table: rows of cells over columns of relative widths."""

    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[float, ...]
    repeat: tuple[int, int] | None = None
    """Rows (first, past the last) that a producer prints again on each further page of the table."""
    breaks: tuple[int, ...] = ()
    """Rows that begin a new page, where the producer can."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text outside tables."""

    text: str
    size: float = 10
    align: Align = "left"
    is_bold: bool = False
    space_after: float = 4


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph of running text."""

    text: str


@dataclass(frozen=True, slots=True)
class PageBreak:
    """The next block begins on a new page."""


def stacked(text: str) -> str:
    """Return a label one character below the other; what stands in brackets stays together.

    Example:
        >>> stacked("产出指标（50分）")
        '产\\n出\\n指\\n标\\n（50分）'
    """
    name = re.split(r"[（(\d]", text, maxsplit=1)[0]
    return "\n".join([*name, text[len(name) :]] if text != name else name)


Block = Table | Line | Prose | PageBreak


@dataclass(frozen=True, slots=True)
class Style:
    """How a document is set. Producers take what they know and say in `features` what they did."""

    is_landscape: bool = False
    size: float = 9
    font: str = "serif"
    lines: str = "lines"
    """lines, rectangles, cells, double, dashed, white_over_black, open_sides, hairline, grey, across (no line down)"""
    cut: str = "rows"
    """rows: a page ends between rows; lines: anywhere between two lines of text."""
    label: str = "once"
    """once: a merged label stands in the middle of its rows, wherever pages end; each: in the middle of every part."""
    repeat_header: bool = False
    page_mark: str = ""
    """Printed at the foot of each page, with {n} for its number."""
    running_head: str = ""
    """Printed at the head of each page."""
    margin: float = 40
    padding: float = 3
    is_shaded: bool = False
    is_doubled: bool = False
    """Bold by printing every character twice."""
    watermark: str = ""
    hidden_text: str = ""
    """Text that is in the file but cannot be seen."""
    stamp: str = ""
    rotate: int = 0
    """90 or 270: the page is stored sideways with a rotation that shows it upright."""
    crop: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A PDF to be made, with the truth of its forms."""

    name: str
    blocks: tuple[Block, ...]
    style: Style
    truth: tuple[dict[str, Any], ...]
    layout: str = ""
    features: tuple[str, ...] = ()
