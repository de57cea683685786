"""What tables and columns are called and mean in Chinese."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from warehouse.contract.read_from import VIEW_OF


def _units() -> dict[str, str]:
    return {unit: str(name) for unit, name in _texts()["units"].items()}


@cache
def _texts() -> dict[str, dict[str, list[str]]]:
    content = resources.files("warehouse.contract").joinpath("zh.toml").read_text("utf-8")
    return tomllib.loads(content)


def unit_zh(unit: str) -> str:
    """Return the Chinese name of a unit of the contract.

    Raises:
        KeyError: zh.toml does not name it.

    Example:
        >>> unit_zh("10 000 yuan")
        '万元'
    """
    name: str = _units()[unit]
    return name


def table_zh(table: str) -> tuple[str, str]:
    """Return the Chinese name of a table and what it holds.

    Example:
        >>> table_zh("findings")[0]
        '问题清单'
    """
    name, meaning = _texts()["tables"][table]
    return name, meaning


def column_zh(table: str, column: str) -> tuple[str, str]:
    """Return the Chinese name of a column and what it means.

    What a table does not say for itself is that of the table whose columns it shows, else what all tables share.

    Raises:
        KeyError: Nothing is said of the column.

    Example:
        >>> column_zh("all_forms", "unspent_cny")
        ('未执行数（元）', '全年预算数减全年执行数；缺任一项的为空')
    """
    texts = _texts()
    for place in (table, VIEW_OF.get(table), "*"):
        if place is not None and (found := texts.get(place, {}).get(column)):
            name, meaning = found
            return name, meaning
    raise KeyError(f"zh.toml says nothing of {table}.{column}")
