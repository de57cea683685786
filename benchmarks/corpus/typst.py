"""Writes documents in Typst's markup and has Typst set them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.corpus.html import FONTS, split
from benchmarks.corpus.model import Block, Cell, Document, Line, PageBreak, Prose, Style, Table, stacked
from benchmarks.corpus.reportlab import place

STROKES = {
    "lines": "0.6pt",
    "dashed": '(thickness: 0.6pt, dash: "dashed")',
    "dotted": '(thickness: 0.8pt, dash: "densely-dotted")',
    "hairline": "0.1pt",
    "grey": "0.6pt + luma(60%)",
    "thick": "1.5pt",
    "open_sides": "0.6pt",
}
STYLES = tuple(STROKES)


def _string(text: str) -> str:
    return " + linebreak() + ".join(json.dumps(part, ensure_ascii=False) for part in text.split("\n"))


def _fit(text: str, width: float, size: float) -> str:
    """Break runs without a space that are wider than their cell; Typst would let them run over its edge."""
    lines, here = [""], 0.0
    for char in text:
        step = size * (1.0 if ord(char) > 0x2000 else 0.6)
        if char == "\n" or (here + step > width and not (ord(char) > 0x2E80 and char not in "，。；：）")):
            lines.append("")
            here = 0.0
        if char != "\n":
            lines[-1] += char
            here = step if here + step > width else here + step
    return "\n".join(lines)


def _cell(cell: Cell, style: Style, width: float) -> str:
    text = stacked(cell.text) if cell.is_vertical else _fit(cell.text, width, style.size)
    options = [f"rowspan: {cell.rows}", f"colspan: {cell.columns}", f"align: {cell.align} + horizon"]
    if cell.is_label and style.is_shaded:
        options.append("fill: luma(90%)")
    if style.cut == "rows":
        options.append("breakable: false")
    content = _string(text)
    if cell.is_label and style.is_doubled:
        content = f"strong({content})"
    return f"table.cell({', '.join(options)}, {content})"


def _table(table: Table, style: Style, *, is_next: bool, has_next: bool) -> str:
    columns = ", ".join(f"{width}fr" for width in table.widths)
    stroke = STROKES.get(style.lines, STROKES["lines"])
    if style.lines == "open_sides":
        last = len(table.widths) - 1
        stroke = f"(x, y) => (left: if x > 0 {{ {stroke} }}, right: if x < {last} {{ {stroke} }}, y: {stroke})"
    usable = (841.9 if style.is_landscape else 595.3) - 2 * style.margin
    cells: list[list[str]] = [[] for _ in table.rows]
    for placed in place(table):
        wide = sum(table.widths[placed.column : placed.column + placed.cell.columns]) / sum(table.widths) * usable
        cells[placed.row].append(_cell(placed.cell, style, wide - 2 * style.padding - 1))
    head = table.repeat[1] if style.repeat_header and table.repeat and table.repeat[0] == 0 else 0
    parts = [f"table.header({', '.join(c for row in cells[:head] for c in row)})"] if head else []
    parts += [c for row in cells[head:] for c in row]
    made = f"table(columns: ({columns}), stroke: {stroke}, inset: {style.padding}pt, {', '.join(parts)})"
    return f"#block(above: {'0pt' if is_next else '0.8em'}, below: {'0pt' if has_next else '0.8em'}, {made})\n"


def _block(block: Block, style: Style) -> str:
    match block:
        case Line():
            weight = ', weight: "bold"' if block.is_bold else ""
            return f"#align({block.align}, text(size: {block.size}pt{weight}, {_string(block.text)}))\n"
        case Prose():
            return f"#par(first-line-indent: (amount: 2em, all: true), text(size: 10.5pt, {_string(block.text)}))\n"
        case PageBreak():
            return "#pagebreak()\n"
        case Table():
            parts = split(block) if style.repeat_header else (block,)
            last = len(parts) - 1
            return "".join(
                _table(part, style, is_next=number > 0, has_next=number < last) for number, part in enumerate(parts)
            )


def markup(document: Document) -> str:
    """Return the document as Typst markup."""
    style = document.style
    mark = ""
    if style.page_mark:
        before, after = (json.dumps(part, ensure_ascii=False) for part in style.page_mark.split("{n}"))
        mark = f", footer: context align(center, {before} + counter(page).display() + {after})"
    if style.running_head:
        mark += f", header: text(9pt, {_string(style.running_head)})"
    if style.watermark:
        mark += f", background: rotate(-35deg, text(54pt, luma(87%), {_string(style.watermark)}))"
    flipped = "true" if style.is_landscape else "false"
    head = (
        f'#set page(paper: "a4", flipped: {flipped}, margin: {style.margin}pt{mark})\n'
        f'#set text(font: "{FONTS[style.font]}", size: {style.size}pt, lang: "zh", region: "cn", '
        'top-edge: "ascender", bottom-edge: "descender")\n'
        "#set par(leading: 0.1em)\n#set block(spacing: 0.8em)\n"
    )
    return head + "".join(_block(block, style) for block in document.blocks)


def typst(documents: Sequence[Document], folder: Path) -> None:
    """Write each document as a PDF made by Typst."""
    import typst as compiler  # only this producer needs it

    for document in documents:
        target = folder / f"{document.name}.pdf"
        target.write_bytes(compiler.compile(markup(document).encode()))
