"""Writes documents in LaTeX, as longtables with merged cells, and has XeLaTeX set them."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.corpus.html import FONTS, split
from benchmarks.corpus.model import Block, Document, Line, PageBreak, Prose, Style, Table
from benchmarks.corpus.reportlab import LEADING, Placed, place, register_font, row_heights

RULES = {"lines": "0.4pt", "hairline": "0.2pt", "thick": "1.2pt", "grey": "0.4pt"}
STYLES = tuple(RULES)
_SPECIAL = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"} | {
    char: "\\" + char for char in "&%$#_{}"
}
_ALIGN = {"left": r"\raggedright", "center": r"\centering", "right": r"\raggedleft"}


def _escape(text: str) -> str:
    return re.sub(r"[\\~^&%$#_{}]", lambda found: _SPECIAL[found.group()], text)


def _content(placed: Placed, heights: list[float], width: float, style: Style) -> str:
    """The lines of a cell, in the middle of its row; at the top of several rows, as a page may end between them."""
    cell, leading = placed.cell, style.size * LEADING
    high = len(placed.lines) * leading
    room = max(heights[placed.row], high + 2 * style.padding)
    bold = r"\bfseries " if cell.is_label and style.is_doubled else ""
    side = cell.align[0]
    lines = r"\\".join(rf"\makebox[{width:.2f}pt][{side}]{{{bold}{_escape(line)}}}" for line in placed.lines)
    box = rf"\parbox[t]{{{width:.2f}pt}}{{\lineskiplimit=-99pt {lines}}}"
    return rf"\smash{{\raisebox{{-{(room - high) / 2 + 0.8 * leading:.2f}pt}}{{{box}}}}}"


def _table(table: Table, style: Style) -> str:
    usable = (841.9 if style.is_landscape else 595.3) - 2 * style.margin
    whole = sum(table.widths)
    edges = [0.0]
    for width in table.widths:
        edges.append(edges[-1] + width / whole * usable)
    cells = place(table)
    heights = row_heights(table, cells, edges, style)
    starts = {(placed.row, placed.column): placed for placed in cells}
    over = {
        (row, placed.column): placed for placed in cells for row in range(placed.row, placed.row + placed.cell.rows)
    }
    written = []
    for row, height in enumerate(heights):
        parts, lines, column = [], [], 0
        while column < len(table.widths):
            placed = over[row, column]
            end = column + placed.cell.columns
            width = edges[end] - edges[column] - 2 * style.padding
            text = _content(placed, heights, width, style) if (row, column) in starts else ""
            if column == 0:
                text = rf"\rule[-{height:.2f}pt]{{0pt}}{{{height:.2f}pt}}" + text
            left = "|" if column == 0 and style.lines != "open_sides" else ""
            parts.append(rf"\multicolumn{{{placed.cell.columns}}}{{{left}p{{{width:.2f}pt}}|}}{{{text}}}")
            if placed.row + placed.cell.rows == row + 1:
                lines.append(rf"\cline{{{column + 1}-{end}}}")
            column = end
        written.append(" & ".join(parts) + r"\\" + " ".join(lines))
    columns = "|" + "".join(
        f"p{{{edges[i + 1] - edges[i] - 2 * style.padding:.2f}pt}}|" for i in range(len(table.widths))
    )
    head = table.repeat[1] if style.repeat_header and table.repeat and table.repeat[0] == 0 else 0
    top = rf"\cline{{1-{len(table.widths)}}}"
    begin = top + "\n" + "\n".join(written[:head]) + ("\n\\endhead\n" if head else "")
    lengths = {"tabcolsep": f"{style.padding}pt", "arrayrulewidth": RULES.get(style.lines, "0.4pt")}
    lengths |= {"LTpre": "0pt", "LTpost": "0pt"}
    set_ = "".join(rf"\setlength{{\{name}}}{{{value}}}" for name, value in lengths.items())
    body = begin + "\n".join(written[head:])
    return rf"{{{set_}\renewcommand{{\arraystretch}}{{0}}\begin{{longtable}}{{{columns}}}{body}\end{{longtable}}}}"


def _block(block: Block, style: Style) -> str:
    match block:
        case Line():
            size = rf"\fontsize{{{block.size}}}{{{block.size * 1.3:.1f}}}\selectfont"
            bold = r"\bfseries" if block.is_bold else ""
            return rf"{{\noindent\parbox{{\textwidth}}{{{_ALIGN[block.align]}{size}{bold} {_escape(block.text)}}}\par}}"
        case Prose():
            return rf"{{\fontsize{{10.5}}{{14}}\selectfont\hspace*{{2em}}{_escape(block.text)}\par}}"
        case PageBreak():
            return r"\newpage"
        case Table():
            parts = split(block) if style.repeat_header else (block,)
            return "\n".join(_table(part, style) for part in parts)


def source(document: Document) -> str:
    """Return the document as LaTeX."""
    style = document.style
    before, after = (style.page_mark or "{n}").split("{n}")
    foot = rf"{_escape(before)}\thepage{_escape(after)}" if style.page_mark else ""
    size = f"{style.size}", f"{style.size * LEADING:.2f}"
    grey = r"\arrayrulecolor[gray]{0.6}" if style.lines == "grey" else ""
    body = "\n\n".join(_block(block, style) for block in document.blocks)
    return rf"""\documentclass{{article}}
\usepackage[a4paper,{"landscape," if style.is_landscape else ""}margin={style.margin}pt,footskip=18pt]{{geometry}}
\usepackage{{xeCJK,longtable,array,colortbl,fancyhdr}}
\setmainfont{{{FONTS["serif"]}}}\setCJKmainfont[AutoFakeBold]{{{FONTS[style.font]}}}
\xeCJKsetup{{PunctStyle=plain,CJKecglue={{}},CJKspace=true}}
\pagestyle{{fancy}}\fancyhf{{}}\renewcommand{{\headrulewidth}}{{0pt}}\cfoot{{{foot}}}\lhead{{{_escape(style.running_head)}}}
\setlength{{\parindent}}{{0pt}}\setlength{{\LTleft}}{{0pt}}{grey}
\begin{{document}}\fontsize{{{size[0]}}}{{{size[1]}}}\selectfont
{body}
\end{{document}}
"""


def latex(documents: Sequence[Document], folder: Path) -> None:
    """Write each document as a PDF made by XeLaTeX, found as `xelatex` on the path.

    Raises:
        FileNotFoundError: There is no XeLaTeX.
    """
    program = shutil.which("xelatex")
    if program is None:
        raise FileNotFoundError(
            "XeLaTeX is not installed: install the package `texlive-xetex`, or leave out this producer"
        )
    register_font()
    with tempfile.TemporaryDirectory() as scratch:
        for document in documents:
            Path(scratch, "form.tex").write_text(source(document), encoding="utf-8")
            for _ in range(2):  # longtable learns its widths in the first run
                run = [program, "-interaction=nonstopmode", "-halt-on-error", "form.tex"]
                subprocess.run(run, cwd=scratch, check=True, capture_output=True, timeout=120)
            shutil.copy(Path(scratch, "form.pdf"), folder / f"{document.name}.pdf")
