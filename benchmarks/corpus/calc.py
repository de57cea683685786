"""Writes documents as flat OpenDocument spreadsheets and has LibreOffice Calc print them, as offices do with Excel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from benchmarks.corpus.html import FONTS
from benchmarks.corpus.libreoffice import convert
from benchmarks.corpus.model import Cell, Document, Line, PageBreak, Prose, Table, stacked
from benchmarks.corpus.reportlab import place, register_font, row_heights, wrap

BORDERS = {"lines": "0.75pt solid #000000", "hairline": "0.05pt solid #000000", "grey": "0.75pt solid #808080"}
STYLES = tuple(BORDERS)
UNITS = 240
SLACK = 1.25
"""Rows are set higher than measured: the fonts differ."""
SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "style", "text", "table")
)
FO = 'xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"'


def _edges(table: Table) -> list[int]:
    whole = sum(table.widths)
    return [round(UNITS * sum(table.widths[:number]) / whole) for number in range(len(table.widths) + 1)]


class Sheet:
    """Collects the rows of the one sheet that holds the whole document."""

    def __init__(self, document: Document) -> None:
        self.style = document.style
        self.width = (841.9 if self.style.is_landscape else 595.3) - 2 * self.style.margin
        tables = [block for block in document.blocks if isinstance(block, Table)]
        self.edges = sorted({0, UNITS, *(edge for table in tables for edge in _edges(table))})
        self.styles: dict[str, str] = {}
        self.rows: list[str] = []
        self.breaks = False
        for block in document.blocks:
            match block:
                case Line():
                    self._text(block.text, block.size, block.align, bold=block.is_bold)
                case Prose():
                    self._text("\u3000\u3000" + block.text, 10.5, "left")
                case PageBreak():
                    self.breaks = True
                case Table():
                    self._table(block)
        self.columns = "".join(
            f'<table:table-column table:style-name="{self._column(b - a)}"/>'
            for a, b in zip(self.edges, self.edges[1:], strict=False)
        )

    def _named(self, kind: str, family: str, properties: str) -> str:
        """Return the name of the style with these properties, made at its first use."""
        key = f'style:family="{family}">{properties}'
        if key not in self.styles:
            self.styles[key] = f"{kind}{len(self.styles)}"
        return self.styles[key]

    def _column(self, units: int) -> str:
        width = f'style:column-width="{self.width * units / UNITS:.2f}pt"'
        return self._named("co", "table-column", f"<style:table-column-properties {width}/>")

    def _row(self, cells: str, height: float) -> None:
        head = ' fo:break-before="page"' if self.breaks else ""
        self.breaks = False
        name = self._named(
            "ro",
            "table-row",
            f'<style:table-row-properties style:row-height="{height:.1f}pt" '
            f'style:use-optimal-row-height="false"{head}/>',
        )
        self.rows.append(f'<table:table-row table:style-name="{name}">{cells}</table:table-row>')

    def _look(self, size: float, align: str, border: str, *, bold: bool, shaded: bool = False) -> str:
        side = {"left": "start", "center": "center", "right": "end"}[align]
        shade = ' fo:background-color="#e6e6e6"' if shaded else ""
        weight = ' fo:font-weight="bold" style:font-weight-asian="bold"' if bold else ""
        font = FONTS[self.style.font]
        return self._named(
            "ce",
            "table-cell",
            f'<style:table-cell-properties fo:border="{border}" fo:wrap-option="wrap" style:vertical-align="middle" '
            f'fo:padding="1pt"{shade}/><style:paragraph-properties fo:text-align="{side}"/>'
            f'<style:text-properties fo:font-size="{size}pt" style:font-size-asian="{size}pt" fo:font-family="{font}" '
            f'style:font-family-asian="{font}"{weight}/>',
        )

    def _cell(self, text: str, look: str, rows: int, columns: int) -> str:
        spans = f' table:number-rows-spanned="{rows}" table:number-columns-spanned="{columns}"'
        lines = "".join(f"<text:p>{escape(part)}</text:p>" for part in text.split("\n")) if text else ""
        kind = ' office:value-type="string"' if text else ""
        return f'<table:table-cell table:style-name="{look}"{kind}{spans}>{lines}</table:table-cell>'

    def _text(self, text: str, size: float, align: str, *, bold: bool = False) -> None:
        look = self._look(size, align, "none", bold=bold)
        count = len(self.edges) - 1
        cell = self._cell(text, look, 1, count) + "<table:covered-table-cell/>" * (count - 1)
        self._row(cell, len(wrap(text, self.width * 0.9, size)) * size * 1.5 + 4)

    def _table(self, table: Table) -> None:
        edges = [self.edges.index(edge) for edge in _edges(table)]
        cells = place(table)
        points = [self.width * edge / UNITS for edge in _edges(table)]
        heights = row_heights(table, cells, points, self.style)
        covered = {
            (row, column): self._look(self.style.size, "center", self._border(), bold=False)
            for row in range(len(table.rows))
            for column in range(len(self.edges) - 1)
        }
        grid = {key: f'<table:covered-table-cell table:style-name="{look}"/>' for key, look in covered.items()}
        for placed in cells:
            cell: Cell = placed.cell
            first, last = edges[placed.column], edges[placed.column + cell.columns]
            bold = cell.is_label and self.style.is_doubled
            shaded = cell.is_label and self.style.is_shaded
            look = self._look(self.style.size, cell.align, self._border(), bold=bold, shaded=shaded)
            text = stacked(cell.text) if cell.is_vertical else cell.text
            grid[(placed.row, first)] = self._cell(text, look, cell.rows, last - first)
        for row, height in enumerate(heights):
            if row in table.breaks:
                self.breaks = True
            self._row("".join(grid[(row, column)] for column in range(len(self.edges) - 1)), height * SLACK)
        self._row("<table:table-cell/>", 10)

    def _border(self) -> str:
        return BORDERS.get(self.style.lines, BORDERS["lines"])

    def text(self) -> str:
        """Return the whole flat spreadsheet."""
        style = self.style
        size = ("841.9pt", "595.3pt") if style.is_landscape else ("595.3pt", "841.9pt")
        named = "".join(f'<style:style style:name="{name}" {key}</style:style>' for key, name in self.styles.items())
        footer = '<style:footer style:display="false"/>'
        if style.page_mark:
            before, after = style.page_mark.split("{n}")
            mark = f"{escape(before)}<text:page-number/>{escape(after)}"
            footer = f"<style:footer><text:p>{mark}</text:p></style:footer>"
        head = '<style:header style:display="false"/>'
        if style.running_head:
            head = f"<style:header><text:p>{escape(style.running_head)}</text:p></style:header>"
        return (
            f'<?xml version="1.0" encoding="UTF-8"?><office:document {SPACES} {FO} office:version="1.3" '
            'office:mimetype="application/vnd.oasis.opendocument.spreadsheet"><office:automatic-styles>'
            '<style:page-layout style:name="L"><style:page-layout-properties '
            f'fo:page-width="{size[0]}" fo:page-height="{size[1]}" fo:margin="{style.margin}pt" style:scale-to-X="1" '
            f'style:scale-to-Y="0" style:print-orientation="{"landscape" if style.is_landscape else "portrait"}"/>'
            '</style:page-layout><style:style style:name="ta" style:family="table" style:master-page-name="Default">'
            f'<style:table-properties table:display="true"/></style:style>{named}</office:automatic-styles>'
            '<office:master-styles><style:master-page style:name="Default" style:page-layout-name="L">'
            f"{head}{footer}</style:master-page></office:master-styles><office:body><office:spreadsheet>"
            f'<table:table table:name="表1" table:style-name="ta">{self.columns}{"".join(self.rows)}</table:table>'
            "</office:spreadsheet></office:body></office:document>"
        )


def calc(documents: Sequence[Document], folder: Path) -> None:
    """Write the documents as PDFs printed by one run of LibreOffice Calc; raises as `libreoffice.convert` does."""
    register_font()
    convert({f"{document.name}.fods": Sheet(document).text() for document in documents}, folder)
