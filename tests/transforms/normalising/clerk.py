"""Spellings with the reading of a careful clerk, and what the tables say of them.

A list is a CSV file with target, actual, operator, value, unit, kind, is_met and note. kind `unread`: no value is read.
A blank operator or unit is not compared; a blank is_met must not be judged. The note may say `level 2`, `name`,
`operator column`, `unit column` of the row, `in base units`, `base unit`, `actual value` and `attainment` of its
reading.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

import polars as pl

from tests.transforms.build_fields import fields_of, header, records
from transforms.normalise import normalise

DATA: Final = Path(__file__).parents[2] / "data" / "values"
_LEVEL_1: Final = {
    "经济效益指标": "效益指标",
    "社会效益指标": "效益指标",
    "生态效益指标": "效益指标",
    "可持续影响指标": "效益指标",
    "服务对象满意度指标": "满意度指标",
}


def spellings(name: str) -> list[dict[str, str]]:
    """Return the rows of a list, blanks as ''."""
    return pl.read_csv(DATA / f"{name}.csv", infer_schema=False).fill_null("").to_dicts()


def note(row: dict[str, str], key: str) -> str | None:
    """Return what a row's note says of `key`."""
    found = re.search(rf"(?:^|; ?){key}:? ([^;]*)", row["note"])
    return None if found is None else found.group(1).strip()


def indicators(rows: list[dict[str, str]]) -> pl.DataFrame:
    """Return the table of these spellings, as indicators of one form of 2023, in order."""
    fields = []
    for row in rows:
        level = note(row, "level 2") or "数量指标"
        field = {
            "level_1_label": note(row, "level 1") or _LEVEL_1.get(level, "产出指标"),
            "level_2_label": level,
            "indicator_name": note(row, "name") or "完成数量",
            "target": row["target"],
            "actual": row["actual"],
        }
        for column, key in (("target_operator", "operator column"), ("target_unit", "unit column")):
            printed = note(row, key)
            if printed is not None:
                field[column] = "" if printed == "(blank)" else printed
        fields.append(field)
    return normalise(fields_of(header({"fiscal_year": "2023年度"}) + records("indicators", fields)))["indicators"]


def differences(row: dict[str, str], found: dict[str, object]) -> tuple[list[str], list[str]]:
    """Compare one spelling: what is read wrongly, and what is not read."""
    wrong: list[str] = []
    unread: list[str] = []

    def hold(what: str, want: object, got: object) -> None:
        if got != want:
            (unread if got is None else wrong).append(f"{what} {got}, not {want}")

    kind, value = row["kind"], found["target_value"]
    if kind in ("unread", "qualitative"):
        if value is not None or (kind == "unread" and found["target_date"] is not None):
            wrong.append(f"value {value} {found['target_date']}, not unread")
    elif kind == "missing":
        hold("kind", "missing", found["target_kind"])
    elif kind == "date":
        hold("date", row["value"], None if found["target_date"] is None else str(found["target_date"]))
    else:
        _hold_number(row, found, hold)
    if row["operator"] and kind != "missing":
        hold("operator", row["operator"], found["target_operator"])
    actual = note(row, "actual value")
    if actual is not None:
        hold("actual", Decimal(actual), found["actual_value"])
    hold("is_met", {"true": True, "false": False, "": None}[row["is_met"]], found["is_met"])
    ratio = note(row, "attainment")
    if ratio is not None and found["attainment_ratio"] is not None:
        hold("ratio", Decimal(ratio), found["attainment_ratio"])
    return wrong, unread


def _hold_number(row: dict[str, str], found: dict[str, object], hold: object) -> None:
    assert callable(hold)
    low, _, high = row["value"].partition("..")
    in_base = note(row, "in base units")
    base = _decimal(found["target_value_base"])
    same_in_base = in_base is not None and base is not None and abs(base - Decimal(in_base)) < Decimal("0.00001")
    value = _decimal(found["target_value"])
    if not same_in_base:
        near = value is not None and abs(value - Decimal(low)) < Decimal("0.0000001")
        hold("value", Decimal(low), Decimal(low) if near else value)
        if row["unit"]:
            hold("unit", row["unit"], found["target_unit"])
    if high or found["target_value_high"] is not None:
        hold("high", _decimal(high), found["target_value_high"])
    if note(row, "base unit") is not None:
        hold("base unit", note(row, "base unit"), found["target_unit_base"])
    if value is not None:
        hold("kind", row["kind"], found["target_kind"])


def _decimal(text: object) -> Decimal | None:
    try:
        return Decimal(str(text))
    except InvalidOperation:
        return None
