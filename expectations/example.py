"""A good form as tables, and the same with some cells changed: what rules are explained with and tried on.

The cells are given as printed; this small reader of plain figures stands in for the real normalising, which the rules
must not depend on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

import polars as pl

from expectations.expressions import BLANKS, UNIT_NOT_PRINTED
from warehouse import contract
from warehouse.contract.ids import make_record_id

DOCUMENT_ID: Final = "0" * 63 + "1"
_NUMBER: Final = re.compile(r"^[-+]?[\d,]+(\.\d+)?$")
_TARGET: Final = re.compile(r"^(≥|≤|>=|<=|>|<|=)?([\d.,]+)(.*)$")
_SIGNS: Final = {"≥": ">=", "≤": "<="}
_BANDS: Final = {"达成指标": 1, "完成": 1, "是": 1, "部分达成": 2, "基本达到": 2, "未达成": 3, "否": 3}

FORM: Final[Mapping[str, Any]] = {
    "template": "mof_standard",
    "title": "项目支出绩效自评表",
    "fiscal_year": 2023,
    "project_name": "科技培训项目",
    "department": "某市科学技术局",
    "implementing_unit": "某市科技服务中心",
    "currency_unit": "万元",
    "expected_goal_text": "全年开展培训不少于10场，服务企业不少于100家。",
    "actual_goal_text": "全年开展了科技培训10场，服务企业110家，参训人员反映良好。",
    "total_weight": "100.00",
    "total_score": "99.95",
    "rating": "优",
    "rating_derived": "优",
    "indicator_count": 5,
    "unnamed_row_count": 0,
    "page_first": 1,
    "page_last": 2,
}
_AMOUNTS: Final = ("initial_budget", "annual_budget", "executed")
FUNDING: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("年度资金总额", "total", ("100.00", "100.00", "99.50", "10.00", "99.50", "9.95")),
    ("其中：当年财政拨款", "current_appropriation", ("80.00", "80.00", "79.50", "-", "99.38", "-")),
    ("上年结转资金", "carried_over", ("20.00", "20.00", "20.00", "-", "100.00", "-")),
    ("其他资金", "other", ("0.00", "0.00", "0.00", "-", "0.00", "-")),
)
INDICATORS: Final[tuple[tuple[str, str, str, str, str, str, str, str], ...]] = (
    ("产出指标", "output", "数量指标", "quantity", "开展培训场次", "≥10.00场", "10.00场", "20.00"),
    ("产出指标", "output", "质量指标", "quality", "培训合格率", "≥90%", "95%", "20.00"),
    ("产出指标", "output", "时效指标", "timeliness", "培训开展及时性", "及时", "达成指标", "10.00"),
    ("效益指标", "benefit", "社会效益指标", "social_benefit", "服务企业数", "≥100.00家", "110.00家", "30.00"),
    ("满意度指标", "satisfaction", "服务对象满意度指标", "satisfaction", "参训人员满意度", "≥90%", "98%", "10.00"),
)


def tables(changes: Mapping[str, Any] | None = None, *, number: int = 1) -> dict[str, pl.DataFrame]:
    """Return the tables of one form that obeys every rule, with the changes made.

    Args:
        changes: by table, then by line or indicator number ("*": all of them), the cells that differ. A cell is given
            as printed under its short name (`executed`, `weight`, `score`, `target`, `actual`, ...) or under a column
            name of the contract. None takes the column away from the form; a row that is None is left out; a row
            number that the good form lacks adds a row.
        number: form number, for several forms in one set of tables.

    Example:
        >>> tables({"indicators": {1: {"score": "18.00"}}})["indicators"]["score_points"].to_list()[0]
        Decimal('18.0000')
    """
    changes = changes or {}
    form_id = f"{DOCUMENT_ID[-24:]}-{number:03d}"
    form = dict(FORM) | dict(changes.get("forms", {}))
    year = form["fiscal_year"]
    unit = {"元": Decimal(1), None: None}.get(form["currency_unit"], Decimal(10_000))
    lines = _rows(
        [
            {"source_label": label, "source_type": kind}
            | dict(zip((*_AMOUNTS, "weight", "execution_rate", "score"), cells, strict=True))
            for label, kind, cells in FUNDING
        ],
        changes.get("funding", {}),
        {"source_label": "其他", "source_type": "other"},
    )
    names = ("level_1_label", "level_1_type", "level_2_label", "level_2_type", "indicator_name", "target", "actual")
    reason = {"deviation_text": "", "deviation_label": "偏差原因分析及改进措施"}
    rows = _rows(
        [dict(zip((*names, "weight"), row, strict=True)) | {"score": row[-1]} | reason for row in INDICATORS],
        changes.get("indicators", {}),
        {"level_1_label": "产出指标", "level_1_type": "output", "level_2_label": "数量指标", "level_2_type": "quantity"}
        | {"weight": "", "score": ""}
        | reason,
    )
    funding = [_line(row, form_id, year, place, unit) for place, row in lines]
    indicators = [_indicator(row, form_id, year, place) for place, row in rows]
    total = next((row for row in funding if row["source_type"] == "total"), None) or {}
    for name in ("initial_budget_cny", "annual_budget_cny", "executed_cny", "execution_rate_pct"):
        form.setdefault(name, total.get(name))
    form.setdefault("execution_weight_points", total.get("weight_points"))
    form.setdefault("execution_score_points", total.get("score_points"))
    for name in ("total_weight", "total_score"):
        printed = form.pop(name)
        form[f"{name}_text"], form[f"{name}_points"] = printed, _points(printed)
    form |= {"form_id": form_id, "document_id": DOCUMENT_ID, "form_number": number}
    evidence = [
        _place(form_id, "forms", form_id, column, 1 if column in ("project_name", "executed_cny") else 2)
        for column in ("project_name", "executed_cny", "total_score_points", "total_weight_points")
    ]
    evidence += [_place(form_id, "indicators", row["indicator_id"], "score_points", 2) for row in indicators]
    for seen in changes.get("evidence", ()):
        evidence.append(_seen(form_id, seen, indicators))
    found = {
        "forms": [form],
        "funding": funding,
        "indicators": indicators,
        "leftovers": list(changes.get("leftovers", [])),
        "evidence": evidence,
    }
    for place, row in enumerate(found["leftovers"], 1):
        found["leftovers"][place - 1] = {
            "leftover_id": make_record_id(form_id, "leftovers", place),
            "form_id": form_id,
            "leftover_number": place,
            "kind": "unknown_column",
            "printed_text": "",
        } | row
    return {name: _frame(found[name], table) for name, table in contract.FORM_TABLES.items()}


def _frame(rows: list[dict[str, Any]], table: contract.TableType) -> pl.DataFrame:
    schema = contract.polars_schema(table)
    columns = {name: [row.get(name) for row in rows] for name in schema}
    return contract.conform(pl.DataFrame(columns, schema=schema), table)


def _rows(
    good: list[dict[str, Any]], changes: Mapping[Any, Any], blank: Mapping[str, Any]
) -> list[tuple[int, dict[str, Any]]]:
    numbers = range(1, max([len(good), *(key for key in changes if isinstance(key, int))]) + 1)
    every = changes.get("*", {})
    found = []
    for number in numbers:
        change = changes.get(number, {})
        if every is not None and change is not None:
            row = dict(good[number - 1]) if number <= len(good) else dict(blank)
            found.append((number, row | dict(every) | dict(change)))
    return found


def _points(printed: str | None) -> Decimal | None:
    text = (printed or "").rstrip("%").replace(",", "")
    return Decimal(text) if _NUMBER.match(text) else None


def _cell(row: dict[str, Any], name: str, value_column: str, value: Decimal | None) -> None:
    printed = row.pop(name, None)
    row.setdefault(f"{name}_text", printed)
    row.setdefault(value_column, value)
    if printed is not None and row[value_column] is None:
        row.setdefault(f"{name}_reason", "blank" if printed in BLANKS else "not_a_number")


def _line(row: dict[str, Any], form_id: str, year: int | None, number: int, unit: Decimal | None) -> dict[str, Any]:
    for name in _AMOUNTS:
        printed = str(row.get(name) or "")
        bare = printed.removesuffix("元").removesuffix("万")
        factor = Decimal(10_000) if printed.endswith(("万元", "万")) else Decimal(1) if bare != printed else unit
        amount = _points(bare)
        if amount and factor is None:
            row[f"{name}_reason"] = UNIT_NOT_PRINTED
        known = amount is not None and (factor is not None or amount == 0)
        cents = (Decimal(amount or 0) * (factor or 1)).quantize(Decimal("0.01"), ROUND_HALF_UP) if known else None
        _cell(row, name, f"{name}_cny", cents)
    _cell(row, "weight", "weight_points", _points(row.get("weight")))
    _cell(row, "execution_rate", "execution_rate_pct", _points(row.get("execution_rate")))
    _cell(row, "score", "score_points", _points(row.get("score")))
    return row | {
        "funding_id": make_record_id(form_id, "funding", number),
        "form_id": form_id,
        "fiscal_year": year,
        "line_number": number,
    }


def _indicator(row: dict[str, Any], form_id: str, year: int | None, number: int) -> dict[str, Any]:
    _cell(row, "weight", "weight_points", _points(row.get("weight")))
    _cell(row, "score", "score_points", _points(row.get("score")))
    target, actual = row.pop("target", None), row.pop("actual", None)
    values: dict[str, Any] = {"target_text": target, "actual_text": actual, "target_kind": "missing"}
    if target:
        found = _TARGET.match(target)
        values |= {"target_kind": "quantitative" if found else "qualitative"}
        if found:
            sign, digits, unit = found.groups()
            values |= {
                "target_operator": _SIGNS.get(sign, sign) or None,
                "target_value": Decimal(digits.replace(",", "")),
                "target_unit": unit or None,
                "target_unit_base": unit or None,
                "is_operator_printed": True if sign else None,
            }
            values["target_value_base"] = values["target_value"]
    found = re.match(r"^[≥≤<>=]*([\d.,]+)(.*)$", actual or "")
    if found:
        digits, unit = found.groups()
        value = Decimal(digits.replace(",", ""))
        values |= {"actual_value": value, "actual_unit": unit or None}
        values |= {"actual_value_base": value, "actual_unit_base": unit or None}
    elif actual:
        values["actual_band"] = 1 if actual == target else _BANDS.get(actual)
    values |= _attainment(values)
    return (
        values
        | row
        | {
            "indicator_id": make_record_id(form_id, "indicators", number),
            "form_id": form_id,
            "fiscal_year": year,
            "indicator_number": number,
        }
    )


def _attainment(values: Mapping[str, Any]) -> dict[str, Any]:
    goal, done, operator = (values.get(name) for name in ("target_value", "actual_value", "target_operator"))
    if goal is None or done is None or operator is None:
        return {}
    met = {
        ">=": done >= goal,
        ">": done > goal,
        "=": done >= goal if goal else done == 0,
        "<": done < goal,
        "<=": done <= goal,
    }[operator]
    upper, lower = (goal, done) if operator in ("<", "<=") else (done, goal)
    ratio = None if lower == 0 else (upper / lower).quantize(Decimal("0.000001"), ROUND_HALF_UP)
    return {"is_met": met, "attainment_ratio": ratio}


def _seen(form_id: str, seen: Mapping[str, Any], indicators: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the place of a further cell: `column_name`, `row` where an indicator's, and what differs."""
    if "row" not in seen:
        return _place(form_id, "forms", form_id, seen["column_name"], 2) | dict(seen)
    record = indicators[seen["row"] - 1]["indicator_id"]
    place = _place(form_id, "indicators", record, seen["column_name"], 2) | {"part_number": 2}
    return place | {name: value for name, value in seen.items() if name != "row"}


def _place(form_id: str, table: str, record: str, column: str, page: int) -> dict[str, Any]:
    return {
        "form_id": form_id,
        "table_name": table,
        "record_id": record,
        "column_name": column,
        "part_number": 1,
        "page_number": page,
        "x0": 10.0,
        "top": 10.0,
        "x1": 20.0,
        "bottom": 20.0,
        "printed_text": "",
    }
