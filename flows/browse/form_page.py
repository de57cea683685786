"""What the page of a form shows: its values, where each stands, and the findings about them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from flows.browse.data import OneForm
from flows.browse.pictures import NoPicture, PageSize, Pictures
from flows.browse.readings import reading
from flows.reports.labels import code_label, coded, column_label
from flows.reports.pages import page_texts

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "project": ("project_name", "department", "implementing_unit", "fiscal_year", "title"),
    "money": (
        "currency_unit",
        "initial_budget_cny",
        "annual_budget_cny",
        "executed_cny",
        "execution_rate_pct",
        "execution_weight_points",
        "execution_score_points",
    ),
    "result": ("total_weight_points", "total_score_points", "rating"),
    "goals": ("expected_goal_text", "actual_goal_text"),
}
"""Columns of `forms`, by the part of the page that shows them."""

FUNDING: Final = (
    "source_label",
    "initial_budget_cny",
    "annual_budget_cny",
    "executed_cny",
    "execution_rate_pct",
    "weight_points",
    "score_points",
    "deviation_text",
)
INDICATORS: Final = (
    "level_1_label",
    "level_2_label",
    "target_operator",
    "target_text",
    "target_unit",
    "actual_text",
    "weight_points",
    "score_points",
    "deviation_text",
)
_UNIT: Final = re.compile(r" ?[(（](?:yuan|元|%)[)）]$")
"""Of the value as it is published, which is not the one that the form prints."""

_OPENING: Final = re.compile(r"^[^：:]*[：:]\s*")
"""Page and project, which a finding names first and its form's page need not say."""

_GRAVITY: Final = ("critical", "warning", "info")


@dataclass(slots=True)
class Pin:
    """A finding at a value or at a box."""

    rule_id: str
    severity: str
    number: int


@dataclass(slots=True)
class Value:
    """A value of the page.

    Attributes:
        id: Its place in the page's address.
        label: What it is.
        printed: As printed; null where it is not printed but worked out.
        read: What was understood, in words; '' where that says the same.
        boxes: Numbers of the boxes where it stands.
        pins: Findings about it.
    """

    id: str
    label: str
    printed: str | None
    read: str
    boxes: list[int] = field(default_factory=list)
    pins: list[Pin] = field(default_factory=list)


@dataclass(slots=True)
class Box:
    """A place on a page, in points from its top left corner as displayed."""

    number: int
    page_number: int
    x0: float
    top: float
    x1: float
    bottom: float
    values: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    pins: list[Pin] = field(default_factory=list)

    @property
    def severity(self) -> str:
        """The gravest of its findings; '' where there is none."""
        return min((pin.severity for pin in self.pins), key=_GRAVITY.index, default="")

    @property
    def rules(self) -> str:
        """The rules that fail there, the gravest first."""
        ordered = sorted(self.pins, key=lambda pin: (_GRAVITY.index(pin.severity), pin.rule_id))
        return " ".join(dict.fromkeys(pin.rule_id for pin in ordered))


@dataclass(slots=True)
class Page:
    """A page of the PDF.

    Attributes:
        number: From 1.
        size: Where it can be drawn.
        problem: Why it cannot: `missing` or `unreadable`; '' where it can.
        boxes: The places on it.
        is_lacking: Its picture lacks Chinese characters, for want of a font.
    """

    number: int
    size: PageSize | None
    problem: str
    boxes: list[Box]
    is_lacking: bool = False


@dataclass(slots=True)
class Record:
    """A line of money or an indicator."""

    id: str
    name: str
    values: list[Value]
    notes: list[tuple[str, str]] = field(default_factory=list)


def form_facts(form: OneForm, pictures: Pictures, language: str) -> dict[str, Any]:
    """Gather what the page of a form shows.

    Args:
        form: The form.
        pictures: Knows how large its pages are.
        language: `en` or `zh`.
    """
    boxes, of_place = _boxes(form.evidence)
    findings = _findings(form.findings, language)
    values = _Values(form, of_place, findings, language)
    about = form.about
    groups: dict[str, list[Value]] = {
        name: values.row("forms", about["form_id"], columns, about) for name, columns in GROUPS.items()
    }
    groups["money"] += _worked_out(about, language, ("recomputed_rate_pct", "unspent_cny"))
    groups["result"] += _worked_out(about, language, ("rating_derived",))
    funding = [
        Record(row["funding_id"], str(row["line_number"]), values.row("funding", row["funding_id"], FUNDING, row))
        for row in form.funding.iter_rows(named=True)
    ]
    indicators = [
        Record(
            row["indicator_id"],
            str(row["indicator_number"]),
            values.row("indicators", row["indicator_id"], ("indicator_name", *INDICATORS), row),
            _attainment(row, language),
        )
        for row in form.indicators.iter_rows(named=True)
    ]
    _pin_boxes(form, boxes, of_place, findings)
    facts = {
        "form": about,
        "status": code_label("form_status", about["status"], language),
        "layout": code_label("template", about["template"], language),
        "groups": groups,
        "funding": funding,
        "indicators": indicators,
        "findings": findings,
        "no_font": page_texts("commands")[language]["no_font"],
    }
    _name_boxes(boxes, _all_values(facts))
    facts["pages"] = _pages(about, boxes.values(), pictures)
    leave_out_boxes(facts)
    return facts


def leave_out_boxes(facts: Mapping[str, Any]) -> None:
    """Take from the values the boxes on pages that are not shown."""
    shown = {box.number for page in facts["pages"] if page.size is not None for box in page.boxes}
    for value in _all_values(facts):
        value.boxes = [number for number in value.boxes if number in shown]


def _all_values(facts: Mapping[str, Any]) -> list[Value]:
    records = [record for name in ("funding", "indicators") for record in facts[name]]
    return [value for part in (*facts["groups"].values(), *(one.values for one in records)) for value in part]


def _boxes(evidence: pl.DataFrame) -> tuple[dict[int, Box], list[int]]:
    """Number the places: the boxes, and for each row of evidence the number of its box (0: it has no place)."""
    boxes: dict[tuple[Any, ...], Box] = {}
    of_place = []
    for row in evidence.select("page_number", "x0", "top", "x1", "bottom").iter_rows():
        if None in row:
            of_place.append(0)
            continue
        box = boxes.setdefault(row, Box(len(boxes) + 1, *row))
        of_place.append(box.number)
    return {box.number: box for box in boxes.values()}, of_place


def _findings(rows: pl.DataFrame, language: str) -> list[dict[str, Any]]:
    return [
        {
            "number": number,
            "rule_id": row["rule_id"],
            "title": row[f"rule_{language}"] or "",
            "severity": str(row["severity"]),
            "severity_name": code_label("severity", row["severity"], language),
            "message": _OPENING.sub("", row[f"message_{language}"] or ""),
            "page_number": row["page_number"],
            "values": {},
        }
        for number, row in enumerate(rows.iter_rows(named=True), start=1)
    ]


class _Values:
    """Makes the values of a page."""

    def __init__(self, form: OneForm, of_place: Sequence[int], findings: list[dict[str, Any]], language: str) -> None:
        self._language = language
        self._findings = findings
        self._of_place = of_place
        keys = form.evidence.select("table_name", "record_id", "column_name").rows()
        self._texts: list[str | None] = form.evidence["printed_text"].to_list()
        self._places: dict[tuple[str, str, str], list[int]] = {}
        for place, key in enumerate(keys):
            self._places.setdefault(key, []).append(place)
        parts: list[int] = form.evidence["part_number"].to_list()
        for found in self._places.values():
            found.sort(key=parts.__getitem__)
        self._pins: dict[int, list[int]] = {}
        for finding, place in form.pairs.iter_rows():
            self._pins.setdefault(place, []).append(finding)

    def row(self, table: str, record_id: str, columns: Sequence[str], row: Mapping[str, Any]) -> list[Value]:
        """Return the values of a record that its form has cells for."""
        return [self.of(table, record_id, c, row) for c in columns if (table, record_id, c) in self._places]

    def of(self, table: str, record_id: str, column: str, row: Mapping[str, Any]) -> Value:
        """Return one value, and note it at the findings that are about it."""
        places = self._places.get((table, record_id, column), [])
        printed = "".join(text for place in places if (text := self._texts[place]))
        value = Value(
            id=f"form.{column}" if table == "forms" else f"{record_id}.{column}",
            label=_UNIT.sub("", column_label(table, column, self._language)),
            printed=printed,
            read=reading(table, column, row, printed, self._language),
            boxes=sorted({number for place in places if (number := self._of_place[place])}),
        )
        for index in sorted({index for place in places for index in self._pins.get(place, [])}):
            finding = self._findings[index]
            finding["values"][value.id] = value.label
            value.pins.append(Pin(finding["rule_id"], finding["severity"], finding["number"]))
        return value


def _worked_out(about: Mapping[str, Any], language: str, columns: Sequence[str]) -> list[Value]:
    """Return values that are printed nowhere."""
    return [
        Value(f"form.{column}", column_label("all_forms", column, language), None, said)
        for column in columns
        if about[column] is not None and (said := coded("all_forms", column, about[column], language))
    ]


def _attainment(row: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    """Say how the target was reached, as far as that is known."""
    columns = ("is_met", "attainment_ratio", "attainment_reason")
    return [
        (column_label("indicators", column, language), coded("indicators", column, row[column], language))
        for column in columns
        if row[column] is not None
    ]


def _pin_boxes(
    form: OneForm, boxes: Mapping[int, Box], of_place: Sequence[int], findings: Sequence[Mapping[str, Any]]
) -> None:
    """Note at each box what was found about what stands there, each finding once."""
    for finding, place in form.pairs.iter_rows():
        box, about = boxes.get(of_place[place]), findings[finding]
        if box is not None and about["number"] not in {pin.number for pin in box.pins}:
            box.pins.append(Pin(about["rule_id"], about["severity"], about["number"]))


def _name_boxes(boxes: Mapping[int, Box], values: Iterable[Value]) -> None:
    """Note at each box the values that stand there."""
    for value in values:
        for number in value.boxes:
            boxes[number].values.append(value.id)
            boxes[number].labels.append(f"{value.label}: {value.printed or '—'}")


def _pages(about: Mapping[str, Any], boxes: Iterable[Box], pictures: Pictures) -> list[Page]:
    """Return the pages of a form, each with the boxes that values of this page of the program lead to."""
    problem, sizes, lacking = "", list[PageSize](), set[int]()
    on_page: dict[int, list[Box]] = {}
    for box in boxes:
        if box.values:
            on_page.setdefault(box.page_number, []).append(box)
    numbers = sorted({*range(about["page_first"], about["page_last"] + 1), *on_page})
    try:
        sizes = pictures.sizes(about["document_id"])
        lacking = pictures.lacking(about["document_id"], numbers)
    except NoPicture as error:
        if not sizes:
            problem = "missing" if error.is_missing else "unreadable"
    return [
        Page(
            number,
            sizes[number - 1] if number <= len(sizes) else None,
            problem or ("" if number <= len(sizes) else "unreadable"),
            on_page.get(number, []),
            number in lacking,
        )
        for number in numbers
    ]
