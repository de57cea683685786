"""Writes documents as flat OpenDocument text and has LibreOffice print them."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from benchmarks.corpus.html import FONTS, split
from benchmarks.corpus.model import Block, Cell, Document, Line, PageBreak, Prose, Table, stacked
from benchmarks.corpus.reportlab import place

BORDERS = {
    "lines": "0.6pt solid #000000",
    "double": "1.5pt double #000000",
    "dashed": "0.75pt dashed #000000",
    "hairline": "0.05pt solid #000000",
    "grey": "0.75pt solid #999999",
    "open_sides": "0.6pt solid #000000",
}
STYLES = tuple(BORDERS)
NAMESPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{path}:1.0"'
    for name, path in (("office", "office"), ("style", "style"), ("text", "text"), ("table", "table"))
)
FO = 'xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"'


class Writer:
    """Collects the automatic styles and the body of one document."""

    def __init__(self, document: Document) -> None:
        self.style = document.style
        self.width = (841.9 if self.style.is_landscape else 595.3) - 2 * self.style.margin
        self.styles: list[str] = []
        self.breaks = False
        self.body = "".join(self._block(block) for block in document.blocks)

    def _paragraph(self, name: str, text: str, size: float, align: str, *, bold: bool = False, after: float = 0) -> str:
        head = 'fo:break-before="page" ' if self.breaks else ""
        self.breaks = False
        weight = ' fo:font-weight="bold" style:font-weight-asian="bold"' if bold else ""
        self.styles.append(
            f'<style:style style:name="{name}" style:family="paragraph"><style:paragraph-properties {head}'
            f'fo:text-align="{align}" fo:margin-bottom="{after}pt"/><style:text-properties fo:font-size="{size}pt" '
            f'style:font-size-asian="{size}pt"{weight}/></style:style>'
        )
        return f'<text:p text:style-name="{name}">{escape(text)}</text:p>'

    def _block(self, block: Block) -> str:
        name = f"P{len(self.styles)}"
        match block:
            case Line():
                align = {"left": "start", "center": "center", "right": "end"}[block.align]
                return self._paragraph(name, block.text, block.size, align, bold=block.is_bold, after=block.space_after)
            case Prose():
                return self._paragraph(name, "\u3000\u3000" + block.text, 10.5, "justify", after=6)
            case PageBreak():
                self.breaks = True
                return ""
            case Table():
                parts = split(block) if self.style.repeat_header else (block,)
                made = "".join(self._table(part) for part in parts)
                return made + self._paragraph(f"P{len(self.styles)}", "", 6, "start")

    def _table(self, table: Table) -> str:
        name = f"T{len(self.styles)}"
        head = 'fo:break-before="page" ' if self.breaks else ""
        self.breaks = False
        border = BORDERS.get(self.style.lines, BORDERS["lines"])
        keep = "auto" if self.style.cut == "lines" else "always"
        self.styles.append(
            f'<style:style style:name="{name}" style:family="table"><style:table-properties {head}'
            f'style:width="{self.width}pt" table:align="margins" table:border-model="collapsing" '
            'style:may-break-between-rows="true"/></style:style>'
            f'<style:style style:name="{name}.r" style:family="table-row"><style:table-row-properties '
            f'fo:keep-together="{keep}" style:min-row-height="{self.style.size * 1.6}pt"/></style:style>'
        )
        whole = sum(table.widths)
        columns = ""
        for number, width in enumerate(table.widths):
            self.styles.append(
                f'<style:style style:name="{name}.{number}" style:family="table-column"><style:table-column-properties '
                f'style:column-width="{self.width * width / whole:.2f}pt"/></style:style>'
            )
            columns += f'<table:table-column table:style-name="{name}.{number}"/>'
        grid: dict[tuple[int, int], str] = {}
        for placed in place(table):
            grid[(placed.row, placed.column)] = self._cell(placed.cell, placed.column, len(table.widths), border)
        rows = []
        for row in range(len(table.rows)):
            cells = (grid.get((row, column), "<table:covered-table-cell/>") for column in range(len(table.widths)))
            rows.append(f'<table:table-row table:style-name="{name}.r">{"".join(cells)}</table:table-row>')
        count = table.repeat[1] if self.style.repeat_header and table.repeat and table.repeat[0] == 0 else 0
        top = f"<table:table-header-rows>{''.join(rows[:count])}</table:table-header-rows>" if count else ""
        return f'<table:table table:style-name="{name}">{columns}{top}{"".join(rows[count:])}</table:table>'

    def _cell(self, cell: Cell, column: int, count: int, border: str) -> str:
        name = f"C{len(self.styles)}"
        sides = dict.fromkeys(("left", "right", "top", "bottom"), border)
        if self.style.lines == "open_sides":
            if column == 0:
                sides["left"] = "none"
            if column + cell.columns == count:
                sides["right"] = "none"
        borders = " ".join(f'fo:border-{side}="{value}"' for side, value in sides.items())
        shade = ' fo:background-color="#e6e6e6"' if cell.is_label and self.style.is_shaded else ""
        self.styles.append(
            f'<style:style style:name="{name}" style:family="table-cell"><style:table-cell-properties {borders} '
            f'fo:padding="{self.style.padding}pt" style:vertical-align="middle"{shade}/></style:style>'
        )
        paragraph = "center" if cell.align == "center" else "start"
        weight = "B" if cell.is_label and self.style.is_doubled else ""
        parts = (stacked(cell.text) if cell.is_vertical else cell.text).split("\n")
        text = "".join(
            f'<text:p text:style-name="{paragraph}{weight}">{escape(part)}</text:p>' for part in parts or [""]
        )
        spans = f' table:number-rows-spanned="{cell.rows}" table:number-columns-spanned="{cell.columns}"'
        return f'<table:table-cell table:style-name="{name}"{spans}>{text}</table:table-cell>'

    def text(self) -> str:
        """Return the whole flat document."""
        style = self.style
        size = ("841.9pt", "595.3pt") if style.is_landscape else ("595.3pt", "841.9pt")
        font = FONTS[style.font]
        footer = ""
        if style.page_mark:
            before, after = style.page_mark.split("{n}")
            mark = f"{escape(before)}<text:page-number/>{escape(after)}"
            footer = f'<style:footer><text:p text:style-name="center">{mark}</text:p></style:footer>'
        if style.running_head:
            text = escape(style.running_head)
            footer = f'<style:header><text:p text:style-name="start">{text}</text:p></style:header>' + footer
        fonts = f'style:font-name-asian="{font}" fo:font-family="{font}" style:font-family-asian="{font}"'
        named = "".join(
            f'<style:style style:name="{align}{weight}" style:family="paragraph"><style:paragraph-properties '
            f'fo:text-align="{align}"/>{bold}</style:style>'
            for align in ("center", "start")
            for weight, bold in (
                ("", ""),
                ("B", '<style:text-properties fo:font-weight="bold" style:font-weight-asian="bold"/>'),
            )
        )
        return (
            f'<?xml version="1.0" encoding="UTF-8"?><office:document {NAMESPACES} {FO} office:version="1.3" '
            'office:mimetype="application/vnd.oasis.opendocument.text">'
            f'<office:styles><style:default-style style:family="paragraph"><style:text-properties '
            f'fo:font-size="{style.size}pt" '
            f'style:font-size-asian="{style.size}pt" {fonts}/></style:default-style>{named}</office:styles>'
            '<office:automatic-styles><style:page-layout style:name="L"><style:page-layout-properties '
            f'fo:page-width="{size[0]}" fo:page-height="{size[1]}" fo:margin="{style.margin}pt" '
            f'style:print-orientation="{"landscape" if style.is_landscape else "portrait"}"/>'
            '<style:footer-style><style:header-footer-properties fo:min-height="14pt"/>'
            "</style:footer-style></style:page-layout>"
            f"{''.join(self.styles)}</office:automatic-styles>"
            f'<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="L">{footer}'
            f"</style:master-page></office:master-styles><office:body><office:text>{self.body}</office:text></office:body>"
            "</office:document>"
        )


def libreoffice(documents: Sequence[Document], folder: Path) -> None:
    """Write the documents as PDFs printed by one run of LibreOffice Writer; raises as `convert` does."""
    convert({f"{document.name}.fodt": Writer(document).text() for document in documents}, folder)


def convert(sources: Mapping[str, str], folder: Path) -> None:
    """Print flat OpenDocument files, given by name and text, by one run of LibreOffice.

    Raises:
        FileNotFoundError: There is no `soffice` on the path.
    """
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        raise FileNotFoundError(
            "LibreOffice is not installed: install the package `libreoffice-writer`, or leave it out"
        )
    with tempfile.TemporaryDirectory() as scratch:
        paths = [Path(scratch) / name for name in sources]
        for path in paths:
            path.write_text(sources[path.name], encoding="utf-8")
        profile = f"-env:UserInstallation={Path(scratch).as_uri()}/profile"
        command = [program, profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), *map(str, paths)]
        subprocess.run(command, check=True, capture_output=True, timeout=60 + 20 * len(paths))
