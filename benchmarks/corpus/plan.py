"""Decides what documents a corpus holds: which layout, shape, producer and style, from a seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from benchmarks.corpus import calc, html, latex, libreoffice, reportlab, typst, violations, words
from benchmarks.corpus.families import FAMILIES, Family
from benchmarks.corpus.invent import Inventor
from benchmarks.corpus.layouts import blocks
from benchmarks.corpus.model import Block, Cell, Document, Form, Line, PageBreak, Prose, Style, Table

LINES = {
    "reportlab": reportlab.style_lines(),
    "weasyprint": html.STYLES,
    "chromium": html.STYLES,
    "libreoffice": libreoffice.STYLES,
    "typst": typst.STYLES,
    "calc": calc.STYLES,
    "latex": latex.STYLES,
    "scan": ("lines",),
    "unmapped": ("lines",),
}
IMAGES = ("scan", "scan", "scan", "unmapped")
"""What has no text to read: scans, and a font that does not say which characters its glyphs are."""
PRODUCERS = tuple(name for name in LINES if name not in IMAGES)
SHAPES = (
    "single",
    "single",
    "several",
    "untitled_next",
    "list_page",
    "in_report",
    "many_rows",
    "long_goals",
    "total_alone",
    "label_again",
    "landscape",
    "no_form",
)
MARKS = ("", "", "- {n} -", "—{n}—", "— {n} —", "第 {n} 页")


class Planner:
    """Plans one document."""

    def __init__(self, seed: int, number: int, family: str, producer: str, shape: str) -> None:
        self.rng = Random(f"{seed}/{number}")
        self.producer, self.shape = producer, shape
        self.family = self._varied(FAMILIES[family](self.rng))
        self.inventor = Inventor(self.rng, self.family)
        self.style = self._style()
        self.name = f"{number:03d}-{self.family.layout.name}-{shape}-{producer}"

    def _varied(self, family: Family) -> Family:
        rng, layout = self.rng, family.layout
        layout = replace(layout, has_free_grid=rng.random() < 0.35, breaks_before_total=self.shape == "total_alone")
        layout = replace(
            layout,
            has_title_row=rng.random() < 0.12 and self.shape != "untitled_next",
            has_two_tables=rng.random() < 0.08 and layout.sections[-1] != "notes",
            is_spaced=rng.random() < 0.15,
        )
        if self.producer == "libreoffice":
            layout = replace(layout, is_vertical=False)  # Writer clips the last lines of tall labels that a page cuts
        if "fund_management" in layout.sections:
            layout = replace(layout, fund_management=words.ASPECTS[: rng.randint(3, len(words.ASPECTS))])
        return replace(family, layout=layout)

    def _style(self) -> Style:
        rng = self.rng
        wide = len(self.family.layout.indicators) > 9
        landscape = self.shape == "landscape" or (wide and rng.random() < 0.5) or rng.random() < 0.08
        only_here = self.producer == "reportlab"
        return Style(
            is_landscape=landscape,
            size=rng.choice((7.5, 8, 8)) if wide and not landscape else rng.choice((8, 9, 9, 10, 10.5)),
            font=rng.choice(tuple(html.FONTS)),
            lines=rng.choice(("lines", *LINES[self.producer])),
            cut=rng.choice(("rows", "lines", "lines")),
            label=rng.choice(("once", "each")),
            repeat_header=rng.random() < 0.3,
            page_mark=rng.choice(MARKS),
            running_head="内部资料 注意保管" if self.producer not in IMAGES and rng.random() < 0.08 else "",
            margin=rng.choice((36, 40, 54, 72)) if not wide else 36,
            padding=rng.choice((2, 3, 4)),
            is_shaded=rng.random() < 0.2,
            is_doubled=rng.random() < 0.3,
            watermark=rng.choice(("内部资料", "样表"))
            if self.producer not in (*IMAGES, "latex") and rng.random() < 0.06
            else "",
            stamp="单位公章专用"
            if self.producer in ("reportlab", "weasyprint", "chromium") and rng.random() < 0.08
            else "",
            hidden_text="此处文字不可见" if only_here and rng.random() < 0.12 else "",
            rotate=rng.choice((90, 270)) if only_here and landscape and rng.random() < 0.5 else 0,
            crop=only_here and rng.random() < 0.15,
        )

    def document(self) -> Document:
        """Return the document with its truth."""
        parts, forms = getattr(self, f"_{self.shape}")()
        features = [self.shape, f"lines:{self.style.lines}", f"cut:{self.style.cut}"]
        features += [
            name
            for name, is_on in (
                ("landscape", self.style.is_landscape),
                ("repeated_header", self.style.repeat_header),
                ("watermark", bool(self.style.watermark)),
                ("stamp", bool(self.style.stamp)),
                ("rotated", bool(self.style.rotate)),
                ("crop_box", self.style.crop),
                ("shaded", self.style.is_shaded),
                ("free_grid", self.family.layout.has_free_grid),
                ("vertical_labels", self.family.layout.is_vertical),
                ("title_in_table", self.family.layout.has_title_row),
                ("two_tables", self.family.layout.has_two_tables),
                ("spaced_labels", self.family.layout.is_spaced),
                ("hidden_text", bool(self.style.hidden_text)),
                ("running_head", bool(self.style.running_head)),
            )
            if is_on
        ]
        return Document(
            self.name,
            tuple(block for part in parts for block in part),
            self.style,
            tuple(form.truth() for form in forms),
            self.family.layout.name if forms else "none",
            tuple(features),
        )

    def _set(self, form: Form, *, with_title: bool = True) -> tuple[Block, ...]:
        return blocks(form, self.family.layout, with_title=with_title)

    def _single(self) -> tuple[list[tuple[Block, ...]], list[Form]]:
        form = self.inventor.form()
        return [self._set(form)], [form]

    _landscape = _total_alone = _single

    def _several(self) -> tuple[list[tuple[Block, ...]], list[Form]]:
        forms = [self.inventor.form() for _ in range(self.rng.randint(2, 4))]
        breaks: tuple[Block, ...] = (PageBreak(),) if self.rng.random() < 0.4 else ()
        parts = [self._set(forms[0])]
        for form in forms[1:]:
            parts += [breaks, self._set(form)]
        return parts, forms

    def _untitled_next(self) -> tuple[list[tuple[Block, ...]], list[Form]]:
        first, second = self.inventor.form(), self.inventor.form()
        is_named_above = "{currency}" in "".join(mark.text for mark in self.family.layout.marks)
        untitled = replace(second, title=None, year=None)
        if is_named_above:
            untitled = replace(untitled, currency=None)
        return [self._set(first), self._set(second, with_title=False)], [first, untitled]

    def _list_page(self) -> tuple[list[tuple[Block, ...]], list[Form]]:
        parts, forms = self._several()
        rows = [tuple(Cell(text, is_label=True) for text in ("序号", "项目名称", "实施单位", "自评得分"))]
        for number, form in enumerate(forms, 1):
            rows.append(tuple(Cell(t or "") for t in (str(number), form.project, form.unit, form.total_score)))
        page = (
            Line("附件", 12),
            Line("项目支出绩效自评清单", 15, "center", is_bold=True, space_after=8),
            Table(tuple(rows), (0.6, 3.0, 3.0, 1.0)),
            PageBreak(),
        )
        return [page, *parts], forms

    def _report(self) -> tuple[Block, ...]:
        rng = self.rng
        field = rng.choice(words.FIELDS)
        heads = ("一、基本情况", "二、预算执行情况", "三、绩效自评工作开展情况", "四、存在的问题和下一步打算")
        made: list[Block] = [
            Line(rng.choice(words.PLACES) + field.department + "部门决算说明", 16, "center", is_bold=True)
        ]
        for head in heads:
            made.append(Line(head, 12, is_bold=True))
            made += [Prose(text) for text in rng.sample(words.REPORT, rng.randint(1, 3))]
            if rng.random() < 0.7:
                made.append(self._other_table())
        return tuple(made)

    def _other_table(self) -> Table:
        rng = self.rng
        heads = rng.choice(
            (
                ("科目编码", "科目名称", "年初预算数", "决算数"),
                ("项目", "预算数", "执行数", "差异说明"),
                ("资产类别", "数量", "账面原值（万元）", "使用状况"),
            )
        )
        rows = [tuple(Cell(text, is_label=True) for text in heads)]
        for number in range(rng.randint(2, 7)):
            amounts = [f"{rng.randint(100, 900000) / 100:.2f}" for _ in range(2)]
            rows.append(
                tuple(
                    Cell(text) for text in (str(2010101 + number), rng.choice(("办公费", "差旅费", "维修费")), *amounts)
                )
            )
        return Table(tuple(rows), (1.0, 1.6, 1.0, 1.4))

    def _in_report(self) -> tuple[list[tuple[Block, ...]], list[Form]]:
        form = self.inventor.form()
        after: tuple[Block, ...] = (Prose(self.rng.choice(words.REPORT)), self._other_table())
        breaks: tuple[Block, ...] = (PageBreak(),) if self.rng.random() < 0.6 else ()
        return [self._report(), breaks, self._set(form), after], [form]

    def _no_form(self) -> tuple[list[tuple[Block, ...]], list[Form]]:
        return [self._report(), (Prose(self.rng.choice(words.REPORT)),)], []

    def _many_rows(self) -> tuple[list[tuple[Block, ...]], list[Form]]:
        form = self.inventor.form(rows=self.rng.randint(16, 26))
        return [self._set(form)], [form]

    def _long_goals(self) -> tuple[list[tuple[Block, ...]], list[Form]]:
        self.style = replace(self.style, cut="lines")
        if "goals" not in self.family.layout.sections or self.producer in ("calc", "latex"):  # no rows over a page high
            return self._many_rows()
        form = self.inventor.form(sentences=self.rng.randint(25, 60))
        return [self._set(form)], [form]

    def _label_again(self) -> tuple[list[tuple[Block, ...]], list[Form]]:
        form = self.inventor.form(rows=self.rng.randint(6, 14))
        first = form.indicators[0].level1
        count = sum(1 for row in form.indicators if row.level1 == first)
        layout = replace(self.family.layout, splits=(self.rng.randint(1, max(1, count - 1)),))
        return [blocks(form, layout)], [form]


def plan(seed: int, count: int, producers: Sequence[str] = PRODUCERS, scans: int = 0) -> Iterator[Document]:
    """Yield the documents of a corpus: every family, shape and producer comes up in turn; at the end some scans."""
    rng = Random(seed)
    families: list[str] = []
    shapes: list[str] = []
    for number in range(count + scans):
        if not families:
            families = rng.sample(list(FAMILIES), len(FAMILIES))
        if not shapes:
            shapes = rng.sample(SHAPES, len(SHAPES))
        is_scan = number >= count
        producer = (
            IMAGES[number % len(IMAGES)] if is_scan else producers[(number + number // len(producers)) % len(producers)]
        )
        shape = "landscape" if is_scan and number % 3 == 0 else "single" if is_scan else shapes.pop()
        yield Planner(seed, number, families.pop(), producer, shape).document()


def plan_violations(seed: int, count: int, producers: Sequence[str] = PRODUCERS) -> Iterator[Document]:
    """Yield documents of one form each; every second form breaks one rule, which its truth names."""
    for number, (form, family, name) in enumerate(violations.forms(seed, count)):
        producer = producers[number % len(producers)]
        rng = Random(f"{seed}/{number}")
        style = Style(size=rng.choice((8, 9)), cut=rng.choice(("rows", "lines")), lines=rng.choice(LINES[producer]))
        yield Document(
            f"{number:04d}-{family.layout.name}-{name or 'clean'}-{producer}",
            blocks(form, family.layout),
            style,
            (form.truth(),),
            family.layout.name,
            (name or "clean",),
        )
