"""Draws documents with ReportLab's canvas: full say over where pages end and how lines are drawn."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from benchmarks.corpus.model import Cell, Document, Line, PageBreak, Prose, Style, Table, stacked

FONT = "STSong-Light"
LEADING = 1.3
Box = tuple[float, float, float, float]


@dataclass(slots=True)
class Placed:
    """A cell with its place: columns and rows, and its edges down the whole table before pages are cut."""

    cell: Cell
    row: int
    column: int
    lines: list[str] = field(default_factory=list)
    top: float = 0.0
    bottom: float = 0.0
    ink: list[tuple[float, str]] = field(default_factory=list)
    """Upper edge and text of each line."""
    each: bool = False
    """The text is printed in every part of the cell that has room for it."""
    is_drawn: bool = False


def _width(text: str, size: float) -> float:
    return float(pdfmetrics.stringWidth(text, FONT, size))


def register_font() -> None:
    """Make the font known, whose widths measure text for other producers too."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))


def wrap(text: str, width: float, size: float) -> list[str]:
    """Break a text into lines that fit, at any character, as CJK setting does; a newline always breaks."""
    lines = []
    for part in text.split("\n"):
        line = ""
        for char in part:
            if line and _width(line + char, size) > width:
                lines.append(line)
                line = ""
            line += char
        lines.append(line)
    return lines


def place(table: Table) -> list[Placed]:
    """Give every cell its first row and column, as HTML does with spans."""
    taken: set[tuple[int, int]] = set()
    found = []
    for row, cells in enumerate(table.rows):
        column = 0
        for cell in cells:
            while (row, column) in taken:
                column += 1
            found.append(Placed(cell, row, column))
            taken |= {(r, c) for r in range(row, row + cell.rows) for c in range(column, column + cell.columns)}
            column += cell.columns
    if taken != {(r, c) for r in range(len(table.rows)) for c in range(len(table.widths))}:
        raise ValueError("the cells of the table do not cover its grid")
    return found


def row_heights(table: Table, cells: list[Placed], edges: list[float], style: Style) -> list[float]:
    """Return the height of each row: its tallest cell, and the last row of a span takes what is missing.

    Breaks the text of each cell into lines on the way.
    """
    heights = [style.size * LEADING + 2 * style.padding] * len(table.rows)
    for placed in sorted(cells, key=lambda c: c.cell.rows):
        width = edges[placed.column + placed.cell.columns] - edges[placed.column] - 2 * style.padding
        text = stacked(placed.cell.text) if placed.cell.is_vertical else placed.cell.text
        placed.lines = wrap(text, width, style.size)
        needed = len(placed.lines) * style.size * LEADING + 2 * style.padding
        covered = range(placed.row, placed.row + placed.cell.rows)
        missing = needed - sum(heights[r] for r in covered)
        if missing > 0:
            heights[covered[-1]] += missing
    return heights


class Writer:
    """Draws one document."""

    def __init__(self, document: Document) -> None:
        self.style = document.style
        width, height = A4
        self.width, self.height = (height, width) if self.style.is_landscape else (width, height)
        self.buffer = BytesIO()
        self.media = (self.height, self.width) if self.style.rotate else (self.width, self.height)
        # ReportLab itself swaps the sides of a page that is shown turned.
        self.canvas = Canvas(self.buffer, pagesize=(self.width, self.height), invariant=1)
        self.canvas.setTitle(document.name)
        self.page = 0
        self.y = 0.0
        self._begin_page()
        for block in document.blocks:
            match block:
                case Line():
                    self._line(block)
                case Prose():
                    self._prose(block)
                case PageBreak():
                    self._next_page()
                case Table():
                    self._table(block)
        self._end_page()
        self.canvas.save()

    def bytes(self) -> bytes:
        """Return the PDF."""
        return self.buffer.getvalue()

    def _begin_page(self) -> None:
        self.page += 1
        self.y = self.style.margin
        self.bottom = self.height - self.style.margin
        if self.style.rotate:
            self.canvas.setPageRotation(self.style.rotate)
            if self.style.rotate == 90:
                self.canvas.transform(0, 1, -1, 0, self.media[0], 0)
            else:
                self.canvas.transform(0, -1, 1, 0, 0, self.media[1])
        if self.style.crop:
            self.canvas.setCropBox((12, 18, self.media[0] - 12, self.media[1] - 18))

    def _end_page(self) -> None:
        if self.style.page_mark:
            text = self.style.page_mark.format(n=self.page)
            self._text(text, (self.width - _width(text, 9)) / 2, self.height - 22, 9)
        if self.style.running_head:
            self._text(self.style.running_head, self.style.margin, 24, 9)
        if self.style.watermark:
            self.canvas.saveState()
            self.canvas.setFillGray(0.85)
            self.canvas.translate(self.width / 2, self.height / 2)
            self.canvas.rotate(35)
            self.canvas.setFont(FONT, 54)
            self.canvas.drawCentredString(0, 0, self.style.watermark)
            self.canvas.restoreState()
        if self.style.hidden_text:
            for share in (0.3, 0.45, 0.6):
                text = self.canvas.beginText(self.width * share, self.height * (1 - share))
                text.setFont(FONT, 9)
                text.setTextRenderMode(3)
                text.textOut(self.style.hidden_text)
                self.canvas.drawText(text)
        if self.style.stamp and self.page == 1:
            self._stamp(self.style.stamp)
        self.canvas.showPage()

    def _next_page(self) -> None:
        self._end_page()
        self._begin_page()

    def _stamp(self, text: str) -> None:
        canvas = self.canvas
        canvas.saveState()
        canvas.setStrokeColorRGB(0.85, 0.1, 0.1)
        canvas.setFillColorRGB(0.85, 0.1, 0.1)
        canvas.setLineWidth(1.5)
        canvas.circle(self.width - 120, self.height - 110, 42)
        canvas.setFont(FONT, 9)
        canvas.drawRightString(self.width - self.style.margin, self.height - 24, text)
        canvas.restoreState()

    def _text(self, text: str, x: float, baseline: float, size: float, *, bold: bool = False) -> None:
        self.canvas.setFont(FONT, size)
        self.canvas.setFillGray(0)
        self.canvas.drawString(x, self.height - baseline, text)
        if bold and self.style.is_doubled:
            self.canvas.drawString(x + 0.3, self.height - baseline, text)

    def _line(self, line: Line) -> None:
        usable = self.width - 2 * self.style.margin
        for text in wrap(line.text, usable, line.size):
            if self.y + line.size * LEADING > self.bottom:
                self._next_page()
            spare = usable - _width(text, line.size)
            x = self.style.margin + {"left": 0.0, "center": spare / 2, "right": spare}[line.align]
            self._text(text, x, self.y + line.size, line.size, bold=line.is_bold)
            self.y += line.size * LEADING
        self.y += line.space_after

    def _prose(self, prose: Prose) -> None:
        self._line(Line("\u3000\u3000" + prose.text, 10.5, space_after=6))

    def _table(self, table: Table) -> None:
        usable = self.width - 2 * self.style.margin
        scale = usable / sum(table.widths)
        edges = [self.style.margin]
        for width in table.widths:
            edges.append(edges[-1] + width * scale)
        cells = place(table)
        heights = row_heights(table, cells, edges, self.style)
        tops = [0.0]
        for height in heights:
            tops.append(tops[-1] + height)
        for cell in cells:
            cell.top, cell.bottom = tops[cell.row], tops[cell.row + cell.cell.rows]
            cell.ink = list(self._ink(cell, cell.top, cell.bottom))
            cell.each = self.style.label == "each" and cell.cell.rows > 1
        repeat = table.repeat if self.style.repeat_header else None
        band = [c for c in cells if repeat and repeat[0] <= c.row < repeat[1]]
        band_height = tops[repeat[1]] - tops[repeat[0]] if repeat else 0.0
        start = 0.0
        if self.y + min(tops[-1], sum(heights[:3])) > self.bottom:
            self._next_page()
        while start < tops[-1]:
            extra = band_height if repeat and start >= tops[repeat[1]] else 0.0
            room = self.bottom - self.y - extra
            whole = min([tops[row] for row in table.breaks if tops[row] > start] + [tops[-1]])
            end = whole if whole - start <= room else self._cut(start, start + room, tops)
            if extra:
                self._part(band, edges, band[0].top, band[0].bottom)
            if end < tops[-1]:
                self._push(start, end, tops, cells)
            self._part(cells, edges, start, end)
            start = end
            if start < tops[-1]:
                self._next_page()
        self.y += 10

    def _ink(self, placed: Placed, top: float, bottom: float) -> Iterator[tuple[float, str]]:
        """Yield the upper edge and text of each line of a cell, set in the middle between two edges."""
        height = len(placed.lines) * self.style.size * LEADING
        y = top + (bottom - top - height) / 2
        for line in placed.lines:
            yield y, line
            y += self.style.size * LEADING

    def _cut(self, start: float, limit: float, tops: list[float]) -> float:
        """Return where the page ends: at the last row edge that fits, or inside of a row."""
        rows = [top for top in tops if start < top <= limit]
        near = 2 * self.style.size * LEADING
        if rows and (self.style.cut == "rows" or limit - rows[-1] < near):
            return rows[-1]
        after = next(top for top in tops if top > limit)
        return limit if after - limit >= near / 2 or not rows else rows[-1]

    def _push(self, start: float, cut: float, tops: list[float], cells: list[Placed]) -> None:
        """Move lines that a page end would cut, and all below it, down; the row at the cut grows by as much."""
        step = self.style.size * LEADING
        grow = 0.0
        for c in cells:
            if c.top < cut < c.bottom:
                needed = len(c.lines) * step
                c.each = c.each and (c.is_drawn or max(cut - max(c.top, start), c.bottom - cut) >= needed)
                moved = [y for y, _ in c.ink if y + step > cut + 0.01]
                by = max(0.0, cut + self.style.padding - moved[0]) if moved and moved[0] < cut + 0.01 else 0.0
                c.ink = [(y + by, text) if y + step > cut + 0.01 else (y, text) for y, text in c.ink]
                grow = max(grow, by)
        for c in cells:
            if c.top > cut + 0.01:
                c.top += grow
                c.ink = [(y + grow, text) for y, text in c.ink]
            if c.bottom > cut + 0.01:
                c.bottom += grow
        tops[:] = [top + grow if top > cut + 0.01 else top for top in tops]

    def _part(self, cells: list[Placed], edges: list[float], start: float, end: float) -> None:
        """Draw what lies between two heights of the table, at the current height of the page."""
        shift = self.y - start
        boxes = []
        for c in cells:
            if c.bottom <= start + 0.01 or c.top >= end - 0.01:
                continue
            top, bottom = max(c.top, start), min(c.bottom, end)
            box = (edges[c.column], top + shift, edges[c.column + c.cell.columns], bottom + shift)
            boxes.append((box, c.cell))
        self._rules(boxes, edges)
        for c in cells:
            if c.bottom <= start + 0.01 or c.top >= end - 0.01:
                continue
            if c.each:
                top, bottom = max(c.top, start), min(c.bottom, end)
                has_room = bottom - top >= len(c.lines) * self.style.size * LEADING
                ink = list(self._ink(c, top, bottom)) if has_room else []
            else:
                ink = [(y, text) for y, text in c.ink if start <= y + 0.05 < end]
            c.is_drawn = c.is_drawn or bool(ink)
            for y, text in ink:
                self._cell_line(c, edges, y + shift, text)
        self.y += end - start

    def _cell_line(self, placed: Placed, edges: list[float], y: float, text: str) -> None:
        size, padding = self.style.size, self.style.padding
        left = edges[placed.column] + padding
        spare = edges[placed.column + placed.cell.columns] - padding - left - _width(text, size)
        x = left + {"left": 0.0, "center": spare / 2, "right": spare}[placed.cell.align]
        self._text(text, x, y + size, size, bold=placed.cell.is_label)

    def _rules(self, boxes: list[tuple[Box, Cell]], edges: list[float]) -> None:
        canvas, kind = self.canvas, self.style.lines
        canvas.saveState()
        if self.style.is_shaded:
            canvas.setFillGray(0.9)
            for (x0, top, x1, bottom), cell in boxes:
                if cell.is_label:
                    canvas.rect(x0, self.height - bottom, x1 - x0, bottom - top, stroke=0, fill=1)
        canvas.setStrokeGray(0.6 if kind == "grey" else 0)
        canvas.setFillGray(0)
        canvas.setLineWidth({"hairline": 0.1, "double": 0.4}.get(kind, 0.6))
        if kind == "dashed":
            canvas.setDash(3, 2)
        if kind == "cells":
            for (x0, top, x1, bottom), _ in boxes:
                canvas.rect(x0, self.height - bottom, x1 - x0, bottom - top)
        elif kind == "white_over_black":
            self._emulated_spans([box for box, _ in boxes], edges)
        else:
            for x0, y0, x1, y1 in self._segments([box for box, _ in boxes], edges):
                self._segment(x0, y0, x1, y1)
        canvas.restoreState()

    def _segments(self, boxes: list[Box], edges: list[float]) -> list[Box]:
        """Return the lines around the boxes, joined into as few straight lines as there can be."""
        raw: dict[tuple[str, float], list[tuple[float, float]]] = {}
        for x0, top, x1, bottom in boxes:
            raw.setdefault(("h", round(top, 2)), []).append((x0, x1))
            raw.setdefault(("h", round(bottom, 2)), []).append((x0, x1))
            for x in (x0, x1) if self.style.lines != "across" else ():
                if self.style.lines == "open_sides" and x in (edges[0], edges[-1]):
                    continue
                raw.setdefault(("v", round(x, 2)), []).append((top, bottom))
        found = []
        for (way, at), spans in raw.items():
            spans.sort()
            low, high = spans[0]
            for a, b in [*spans[1:], (math.inf, math.inf)]:
                if a > high + 0.1:
                    found.append((low, at, high, at) if way == "h" else (at, low, at, high))
                    low, high = a, b
                high = max(high, b)
        return found

    def _segment(self, x0: float, y0: float, x1: float, y1: float) -> None:
        canvas, height = self.canvas, self.height
        if self.style.lines == "rectangles":
            canvas.rect(x0 - 0.25, height - y1 - 0.25, x1 - x0 + 0.5, y1 - y0 + 0.5, stroke=0, fill=1)
        elif self.style.lines == "double":
            dx, dy = (0.8, 0.0) if x0 == x1 else (0.0, 0.8)
            canvas.line(x0 - dx, height - y0 - dy, x1 - dx, height - y1 - dy)
            canvas.line(x0 + dx, height - y0 + dy, x1 + dx, height - y1 + dy)
        else:
            canvas.line(x0, height - y0, x1, height - y1)

    def _emulated_spans(self, boxes: list[Box], edges: list[float]) -> None:
        """Draw the whole grid in black, then white over what lies inside of merged cells, then their borders."""
        canvas, height = self.canvas, self.height
        ys = sorted({y for _, top, _, bottom in boxes for y in (top, bottom)})
        for y in ys:
            canvas.line(edges[0], height - y, edges[-1], height - y)
        for x in edges:
            canvas.line(x, height - ys[0], x, height - ys[-1])
        for x0, top, x1, bottom in boxes:
            canvas.setStrokeGray(1)
            for y in ys:
                if top + 0.1 < y < bottom - 0.1:
                    canvas.line(x0, height - y, x1, height - y)
            for x in edges:
                if x0 + 0.1 < x < x1 - 0.1:
                    canvas.line(x, height - top, x, height - bottom)
            canvas.setStrokeGray(0)
            canvas.rect(x0, height - bottom, x1 - x0, bottom - top)


def render(document: Document) -> bytes:
    """Return the document as a PDF, the same bytes each time."""
    register_font()
    return Writer(document).bytes()


def style_lines() -> tuple[str, ...]:
    """Return the line styles that this producer can draw."""
    return ("lines", "rectangles", "cells", "double", "dashed", "white_over_black", "open_sides", "hairline", "grey")


__all__ = ["Style", "render", "style_lines", "wrap"]
