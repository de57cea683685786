"""Small real PDFs for tests, drawn with ReportLab in the coordinates that reading gives: points from the top left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reportlab.lib.colors import Color, black, white
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

SONG = "STSong-Light"
"""A font that is named in the PDF but not embedded, as many offices print."""

A4 = (595.0, 842.0)
LINE_STYLES = ("lines", "rectangles", "cell_borders", "double", "dashed", "one_path", "frames", "grey")


def song() -> str:
    """Register the Song font and give its name."""
    if SONG not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(SONG))
    return SONG


@dataclass(frozen=True)
class Cell:
    """A cell to draw: its place in the grid, its spans and its lines of text."""

    row: int
    column: int
    row_span: int = 1
    column_span: int = 1
    text: str = ""


class Sheet:
    """A PDF that is drawn page by page.

    The pen's coordinates are those of the page as displayed; `rotation` and `crop` (left, bottom, right, top in user
    space) change what a viewer shows, not what the tests say.
    """

    def __init__(
        self,
        path: Path,
        size: tuple[float, float] = A4,
        *,
        rotation: int = 0,
        crop: tuple[float, float, float, float] | None = None,
        font: str | None = None,
    ) -> None:
        self.path = path
        self.font = font or song()
        self._canvas = Canvas(str(path), pagesize=size, invariant=1)
        self._size, self._rotation, self._crop = size, rotation, crop
        self._begin()

    def _begin(self) -> None:
        width, height = self._size
        canvas = self._canvas
        # ReportLab swaps the sides of the media box of a page that it turns by a quarter.
        canvas.setPageSize((height, width) if self._rotation in (90, 270) else (width, height))
        left, bottom, right, top = self._crop or (0.0, 0.0, width, height)
        if self._crop:
            canvas.setCropBox(self._crop)
        if self._rotation:
            canvas.setPageRotation(self._rotation)
        # From here on: x to the right and y upwards on the displayed page, from its bottom left corner.
        if self._rotation == 90:
            canvas.transform(0, 1, -1, 0, right, bottom)
            self.height = right - left
        elif self._rotation == 180:
            canvas.transform(-1, 0, 0, -1, right, top)
            self.height = top - bottom
        elif self._rotation == 270:
            canvas.transform(0, -1, 1, 0, left, top)
            self.height = right - left
        else:
            canvas.translate(left, bottom)
            self.height = top - bottom

    @property
    def canvas(self) -> Canvas:
        """The ReportLab canvas, y upwards."""
        return self._canvas

    def y(self, top: float) -> float:
        """The canvas' y of a distance from the top."""
        return self.height - top

    def line(
        self,
        x0: float,
        top: float,
        x1: float,
        bottom: float,
        width: float = 0.5,
        color: Color = black,
        dash: Sequence[float] = (),
    ) -> None:
        self._canvas.setLineWidth(width)
        self._canvas.setStrokeColor(color)
        self._canvas.setDash(list(dash))
        self._canvas.line(x0, self.y(top), x1, self.y(bottom))
        self._canvas.setDash([])

    def fill(self, x0: float, top: float, x1: float, bottom: float, color: Color = black) -> None:
        self._canvas.setFillColor(color)
        self._canvas.rect(x0, self.y(bottom), x1 - x0, bottom - top, stroke=0, fill=1)
        self._canvas.setFillColor(black)

    def outline(self, x0: float, top: float, x1: float, bottom: float, width: float = 0.5) -> None:
        self._canvas.setLineWidth(width)
        self._canvas.setStrokeColor(black)
        self._canvas.rect(x0, self.y(bottom), x1 - x0, bottom - top, stroke=1, fill=0)

    def text(
        self, x: float, baseline: float, text: str, size: float = 9, *, turn: float = 0, mode: int = 0, font: str = ""
    ) -> None:
        """Print a string from x at a baseline; `turn` is counter-clockwise, `mode` the text render mode."""
        canvas = self._canvas
        canvas.saveState()
        canvas.translate(x, self.y(baseline))
        canvas.rotate(turn)
        pen = canvas.beginText(0, 0)
        pen.setFont(font or self.font, size)
        pen.setTextRenderMode(mode)
        pen.textOut(text)
        pen.setTextRenderMode(0)
        canvas.drawText(pen)
        canvas.restoreState()

    def table(
        self,
        x: Sequence[float],
        y: Sequence[float],
        cells: Sequence[Cell],
        style: str = "lines",
        size: float = 8,
        sides: str = "ltrb",
    ) -> None:
        """Draw a table; `sides` names the outer borders that are drawn."""
        for cell in cells:
            box = (x[cell.column], y[cell.row], x[cell.column + cell.column_span], y[cell.row + cell.row_span])
            self._borders(box, style, (x[0], y[0], x[-1], y[-1]), sides)
            for i, line in enumerate(cell.text.split("\n") if cell.text else []):
                self.text(box[0] + 2, box[1] + 2 + size + i * size * 1.2, line, size)

    def _borders(
        self, box: tuple[float, float, float, float], style: str, whole: tuple[float, ...], sides: str
    ) -> None:
        x0, top, x1, bottom = box
        edges = {
            "l": (x0, top, x0, bottom),
            "t": (x0, top, x1, top),
            "r": (x1, top, x1, bottom),
            "b": (x0, bottom, x1, bottom),
        }
        outer = dict(zip("ltrb", (x0 == whole[0], top == whole[1], x1 == whole[2], bottom == whole[3]), strict=True))
        edges = {side: edge for side, edge in edges.items() if side in sides or not outer[side]}
        if style == "one_path":
            self._canvas.setLineWidth(0.5)
            path = self._canvas.beginPath()
            for a, b, c, d in edges.values():
                path.moveTo(a, self.y(b))
                path.lineTo(c, self.y(d))
            self._canvas.drawPath(path, stroke=1, fill=0)
            return
        if style == "frames" and len(edges) == 4:
            path = self._canvas.beginPath()
            path.rect(x0, self.y(bottom), x1 - x0, bottom - top)
            path.rect(x0 + 0.7, self.y(bottom - 0.7), x1 - x0 - 1.4, bottom - top - 1.4)
            self._canvas.drawPath(path, stroke=0, fill=1, fillMode=0)
            return
        for a, b, c, d in edges.values():
            if style == "rectangles":
                self.fill(a - 0.3, b - 0.3, c + 0.3, d + 0.3)
            elif style == "double":
                for shift in (-0.9, 0.9):
                    dx, dy = (shift, 0.0) if a == c else (0.0, shift)
                    self.line(a + dx, b + dy, c + dx, d + dy, 0.4)
            elif style == "dashed":
                self._dashes(a, b, c, d)
            elif style == "grey":
                self.line(a, b, c, d, 0.75, Color(0.8, 0.8, 0.8))
            elif style == "cell_borders":
                inset = 0.4
                self.line(
                    a + inset * (a == x0), b + inset * (b == top), c - inset * (c == x1), d - inset * (d == bottom), 0.6
                )
            else:
                self.line(a, b, c, d)

    def _dashes(self, a: float, b: float, c: float, d: float) -> None:
        """A dashed line as some producers draw it: each dash a line of its own."""
        length = max(c - a, d - b)
        at = 0.0
        while at < length:
            end = min(at + 3.0, length)
            if a == c:
                self.line(a, b + at, c, b + end)
            else:
                self.line(a + at, b, a + end, d)
            at += 5.0

    def next_page(self) -> None:
        self._canvas.showPage()
        self._begin()

    def save(self) -> Path:
        self._canvas.showPage()
        self._canvas.save()
        return self.path


def filled_grid(rows: int, columns: int) -> list[Cell]:
    """Cells of one box each with a form word and its place as text."""
    return [Cell(r, c, text=f"指标{r}-{c}") for r in range(rows) for c in range(columns)]


WHITE = white

X, Y = (50.0, 150.0, 250.0, 400.0), (100.0, 130.0, 160.0, 200.0)
CELLS = (
    Cell(0, 0, 2, 1, "一级指标"),
    Cell(0, 1, 1, 2, "绩效 wide"),
    Cell(1, 1, 1, 1, ""),
    Cell(1, 2, 2, 1, "≥30000.00\n(人次)"),
    Cell(2, 0, 1, 2, "word one\ntwo"),
)
"""The cells of a small table with spans, within the lines `X` and `Y`."""
