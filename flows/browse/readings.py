"""What was understood of a printed text, in words, for people who compare the two."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from flows.reports.labels import code_label, coded, shown

_KINDS: Final = {
    "level_1_label": "level_1_type",
    "level_2_label": "level_2_type",
    "source_label": "source_type",
}
"""Printed labels, and the column with the kind that each was taken for."""

_DECIMAL: Final = re.compile(r"-?\d+\.\d+")
_UNITS: Final = {"_cny": {"en": " yuan", "zh": " 元"}, "_pct": {"en": " %", "zh": "%"}}


def reading(table: str, column: str, row: Mapping[str, Any], printed: str, language: str) -> str:
    """Say what was understood of a cell; '' where that is the same as what is printed.

    Args:
        table: `forms`, `funding` or `indicators`.
        column: The column under which `evidence` has the cell.
        row: The record, as a row of the view over all of them.
        printed: The text of the cell.
        language: `en` or `zh`.

    Example:
        >>> from decimal import Decimal
        >>> row = {"executed_cny": Decimal("1584000.00"), "executed_reason": None}
        >>> reading("funding", "executed_cny", row, "158.40", "en")
        '1,584,000 yuan'
        >>> reading("funding", "executed_cny", {"executed_cny": None, "executed_reason": "blank"}, "-", "zh")
        '未填'
    """
    if table == "indicators" and column in ("target_text", "actual_text"):
        said = _target(row, language) if column == "target_text" else _actual(row, language)
    elif column in _KINDS:
        kind = row.get(_KINDS[column])
        said = "" if kind is None else coded(table, _KINDS[column], kind, language)
    else:
        said = _plain(column, row, language)
    return "" if _squeezed(said) == _squeezed(printed) else said


def _plain(column: str, row: Mapping[str, Any], language: str) -> str:
    value = row.get(column)
    if value is None:
        stem = next((column.removesuffix(end) for end in ("_cny", "_pct", "_points") if column.endswith(end)), column)
        reason = row.get(f"{stem}_reason")
        return "" if reason is None else code_label("value_reason", reason, language)
    unit = next((unit for ending, unit in _UNITS.items() if column.endswith(ending)), {language: ""})
    return shown(value, language) + unit[language]


def _target(row: Mapping[str, Any], language: str) -> str:
    if row["target_date"] is not None:
        return _joined(_operator(row["target_date_operator"], language), shown(row["target_date"], language))
    if row["target_value"] is not None:
        return _quantity("target", row, language)
    if row["target_reason"] is not None:
        return code_label("value_reason", row["target_reason"], language)
    return "" if row["target_kind"] is None else code_label("target_kind", row["target_kind"], language)


def _actual(row: Mapping[str, Any], language: str) -> str:
    if row["actual_date"] is not None:
        return shown(row["actual_date"], language)
    if row["actual_value"] is not None:
        return _quantity("actual", row, language)
    if row["actual_reason"] is not None:
        return code_label("value_reason", row["actual_reason"], language)
    return shown(row["actual_band"], language)


def _quantity(side: str, row: Mapping[str, Any], language: str) -> str:
    high = row[f"{side}_value_high"]
    value = shown(row[f"{side}_value"], language) + ("" if high is None else f"–{shown(high, language)}")
    return _joined(_operator(row[f"{side}_operator"], language), value, row[f"{side}_unit"] or "")


def _operator(operator: str | None, language: str) -> str:
    return "" if operator is None else code_label("operator", operator, language)


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _squeezed(text: str) -> str:
    """Return a text without what makes no difference to its reader: white space, commas, `%`, zeros at the end."""
    bare = "".join(text.split()).replace(",", "").removesuffix("%")
    return bare.rstrip("0").rstrip(".") if _DECIMAL.fullmatch(bare) else bare
