"""Writes documents as HTML, and has WeasyPrint or Chromium print them."""

from __future__ import annotations

import html
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.corpus.model import Block, Cell, Document, Line, PageBreak, Prose, Style, Table, stacked
from benchmarks.corpus.reportlab import place

FONTS = {
    "serif": "Noto Serif CJK SC",
    "sans": "Noto Sans CJK SC",
    "ming": "AR PL UMing CN",
    "hei": "WenQuanYi Zen Hei",
}
BORDERS = {
    "lines": "0.75pt solid #000",
    "cells": "0.75pt solid #000",
    "double": "2.4pt double #000",
    "dashed": "0.75pt dashed #000",
    "hairline": "0.25pt solid #000",
    "grey": "0.75pt solid #999",
    "open_sides": "0.75pt solid #000",
}
STYLES = tuple(BORDERS)
BREAK = ' style="break-before: page"'


def _css(style: Style) -> str:
    border = BORDERS.get(style.lines, BORDERS["lines"])
    mark = ""
    if style.page_mark:
        before, after = (f'"{part}"' for part in style.page_mark.split("{n}"))
        mark = f"@bottom-center {{ content: {before} counter(page) {after}; font-size: 9pt }}"
    if style.running_head:
        mark += f'@top-left {{ content: "{style.running_head}"; font-size: 9pt }}'
    collapse = "separate" if style.lines == "cells" else "collapse"
    return f"""
@page {{ size: A4 {"landscape" if style.is_landscape else "portrait"}; margin: {style.margin}pt; {mark} }}
* {{ box-sizing: border-box }}
body {{ font-family: "{FONTS[style.font]}"; font-size: {style.size}pt; line-height: 1.3; margin: 0 }}
table {{ width: 100%; table-layout: fixed; border-collapse: {collapse}; border-spacing: 0; margin-bottom: 10pt }}
td {{ border: {border}; padding: {style.padding}pt; overflow-wrap: anywhere; vertical-align: middle;
 text-align: center }}
td.left {{ text-align: left }}
td.label {{ {"background: #e6e6e6;" if style.is_shaded else ""} {"font-weight: bold" if style.is_doubled else ""} }}
td.first {{ border-left: none }} td.last {{ border-right: none }}
td.upright span {{ display: inline-block; writing-mode: vertical-rl; text-orientation: upright; line-height: 1.2;
 white-space: nowrap }}
tr {{ break-inside: {"auto" if style.cut == "lines" else "avoid"} }}
p {{ margin: 0 }} p.prose {{ text-indent: 2em; font-size: 10.5pt; margin-bottom: 6pt; text-align: justify }}
.break {{ break-before: page }} table.next {{ margin-top: -10.75pt }}
.watermark {{ position: fixed; top: 40%; left: 15%; font-size: 54pt; color: #ddd;
 transform: rotate(-35deg); z-index: -1 }}
.stamp {{ position: absolute; top: 30pt; right: 60pt; width: 84pt; height: 84pt; border: 2pt solid #d22;
 border-radius: 50% }}
.stamped {{ position: absolute; top: -14pt; right: 0; color: #d22; font-size: 9pt }}
"""


def _cell(cell: Cell, classes: list[str], *, upright: bool) -> str:
    text = html.escape(cell.text).replace("\n", "<br>")
    if cell.is_vertical:
        if upright and all("\u4e00" <= char <= "\u9fff" for char in cell.text):
            classes.append("upright")
            text = f"<span>{text}</span>"
        else:
            text = html.escape(stacked(cell.text)).replace("\n", "<br>")
    if cell.align == "left":
        classes.append("left")
    if cell.is_label:
        classes.append("label")
    spans = (f' rowspan="{cell.rows}"' if cell.rows > 1 else "") + (
        f' colspan="{cell.columns}"' if cell.columns > 1 else ""
    )
    return f'<td class="{" ".join(classes)}"{spans}>{text}</td>'


def split(table: Table) -> tuple[Table, ...]:
    """Cut a table above the header row that is to be repeated, so that this row is a table's first."""
    if table.repeat is None:
        return (table,)
    at = table.repeat[0]
    return (
        Table(table.rows[:at], table.widths),
        Table(table.rows[at:], table.widths, (0, table.repeat[1] - at), tuple(row - at for row in table.breaks)),
    )


def _table(table: Table, style: Style, *, upright: bool, is_next: bool = False) -> str:
    whole = sum(table.widths)
    cols = "".join(f'<col style="width: {100 * width / whole:.3f}%">' for width in table.widths)
    rows: dict[int, list[str]] = {}
    for placed in place(table):
        classes = []
        if style.lines == "open_sides":
            if placed.column == 0:
                classes.append("first")
            if placed.column + placed.cell.columns == len(table.widths):
                classes.append("last")
        rows.setdefault(placed.row, []).append(_cell(placed.cell, classes, upright=upright))
    written = [
        f"<tr{BREAK if number in table.breaks else ''}>{''.join(rows.get(number, []))}</tr>"
        for number in range(len(table.rows))
    ]
    head = table.repeat[1] if table.repeat and style.repeat_header and table.repeat[0] == 0 else 0
    thead = f"<thead>{''.join(written[:head])}</thead>" if head else ""
    name = ' class="next"' if is_next else ""
    return f"<table{name}><colgroup>{cols}</colgroup>{thead}<tbody>{''.join(written[head:])}</tbody></table>"


def _block(block: Block, style: Style, *, upright: bool) -> str:
    match block:
        case Line():
            bold = "font-weight: bold;" if block.is_bold else ""
            css = f"{bold} font-size: {block.size}pt; text-align: {block.align}; margin-bottom: {block.space_after}pt"
            return f'<p style="{css}">{html.escape(block.text)}</p>'
        case Prose():
            return f'<p class="prose">{html.escape(block.text)}</p>'
        case PageBreak():
            return '<div class="break"></div>'
        case Table():
            parts = split(block) if style.repeat_header else (block,)
            return "".join(
                _table(part, style, upright=upright, is_next=number > 0) for number, part in enumerate(parts)
            )


def page(document: Document, *, upright: bool = False) -> str:
    """Return the document as a page of HTML; `upright` sets vertical labels as vertical text."""
    style = document.style
    body = "".join(_block(block, style, upright=upright) for block in document.blocks)
    if style.watermark:
        body = f'<div class="watermark">{html.escape(style.watermark)}</div>' + body
    if style.stamp:
        body += f'<div class="stamp"></div><div class="stamped">{html.escape(style.stamp)}</div>'
    name = html.escape(document.name)
    head = f'<meta charset="utf-8"><title>{name}</title><style>{_css(style)}</style>'
    return f'<!doctype html><html lang="zh-CN">{head}{body}</html>'


def unmapped(documents: Sequence[Document], folder: Path) -> None:
    """Write each document as a PDF made by WeasyPrint whose fonts do not say which characters their glyphs are."""
    from weasyprint import HTML

    for document in documents:
        pdf = HTML(string=page(document)).write_pdf(uncompressed_pdf=True)
        (folder / f"{document.name}.pdf").write_bytes(pdf.replace(b"/ToUnicode", b"/NoUnicode"))


def weasyprint(documents: Sequence[Document], folder: Path) -> None:
    """Write each document as a PDF made by WeasyPrint."""
    from weasyprint import HTML  # slow to load, and only this producer needs it
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    for document in documents:
        HTML(string=page(document)).write_pdf(folder / f"{document.name}.pdf", font_config=fonts)


CHROMIUM_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--no-pdf-header-footer",
)  # fmt: skip


def chromium(documents: Sequence[Document], folder: Path) -> None:
    """Write each document as a PDF printed by a headless Chromium, found as `chromium` on the path.

    Raises:
        FileNotFoundError: There is no Chromium.
    """
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        raise FileNotFoundError("Chromium is not installed: install the package `chromium`, or leave out this producer")
    with tempfile.TemporaryDirectory() as scratch:
        for document in documents:
            source = Path(scratch) / f"{document.name}.html"
            upright = document.style.font in ("serif", "sans")  # the others lack what vertical text needs
            source.write_text(page(document, upright=upright), encoding="utf-8")
            target = folder / f"{document.name}.pdf"
            subprocess.run(
                [
                    program,
                    *CHROMIUM_FLAGS,
                    f"--user-data-dir={scratch}/profile",
                    f"--print-to-pdf={target}",
                    source.as_uri(),
                ],
                check=True,
                capture_output=True,
                timeout=120,
            )
