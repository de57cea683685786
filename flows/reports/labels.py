"""What columns and codes are called on pages for people, in English and Chinese."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final

from warehouse.contract import codes, polars_schema
from warehouse.contract.metadata import PUBLISHED, column_about
from warehouse.exporting.words import list_for

_UNITS: Final = {"_cny": " (yuan)", "_wan": " (10 000 yuan)", "_pct": " (%)", "_points": "", "_text": "", "_label": ""}
_RECORDS: Final = {
    "forms": {"en": "form", "zh": "自评表"},
    "funding": {"en": "line of money", "zh": "资金"},
    "indicators": {"en": "indicator", "zh": "指标"},
}


@cache
def column_label(table: str, column: str, language: str) -> str:
    """Return what a column is called.

    Example:
        >>> column_label("forms", "executed_cny", "en"), column_label("forms", "executed_cny", "zh")
        ('Executed (yuan)', '全年执行数（元）')
        >>> column_label("forms", "no_longer_there", "zh")
        'no_longer_there'
    """
    if table not in PUBLISHED or column not in PUBLISHED[table].columns():
        return column
    if language == "zh":
        return column_about(table, column, "zh").name
    ending = next((ending for ending in _UNITS if column.endswith(ending)), "")
    words = column.removesuffix(ending).replace("_", " ")
    return words[:1].upper() + words[1:] + _UNITS.get(ending, "")


def record_label(table: str, language: str) -> str:
    """Return what one row of a table of forms is called.

    Example:
        >>> record_label("funding", "en"), record_label("funding", "zh")
        ('line of money', '资金')
    """
    return _RECORDS[table][language]


def code_label(list_name: str, code: Any, language: str) -> str:
    """Return what a code of a closed list or a reason is called; the code itself where the list does not have it.

    Example:
        >>> code_label("severity", "critical", "zh"), code_label("severity", "unheard_of", "zh")
        ('关键', 'unheard_of')
    """
    return _codes(language).get((list_name, str(code)), str(code))


@cache
def _codes(language: str) -> dict[tuple[str, str], str]:
    rows = codes().select("list_name", "code", f"label_{language}").iter_rows()
    return {(name, code): label for name, code, label in rows}


def coded(table: str, column: str, value: Any, language: str) -> str:
    """Return a value in words: codes by their labels, numbers without zeros that say nothing.

    Example:
        >>> coded("indicators", "target_operator", ">=", "zh"), coded("forms", "executed_cny", Decimal("1234.50"), "en")
        ('不低于', '1,234.5')
    """
    if isinstance(value, str) and table in PUBLISHED and column in PUBLISHED[table].columns():
        name = list_for(column, polars_schema(PUBLISHED[table])[column])
        return code_label(name, value, language) if name else value
    return shown(value, language)


_YES_NO: Final = {"en": {True: "yes", False: "no"}, "zh": {True: "是", False: "否"}}
_ZEROS: Final = re.compile(r"(\.\d*?)0+$")


def shown(value: Any, language: str) -> str:
    """Return a value as people write it; '' for null.

    Example:
        >>> shown(Decimal("1234567.8900"), "en"), shown(Decimal("5.00"), "en"), shown(True, "zh"), shown(None, "en")
        ('1,234,567.89', '5', '是', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return _YES_NO[language][value]
    if isinstance(value, Decimal):
        return _ZEROS.sub(r"\1", f"{value:,f}").rstrip(".")
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
