"""Whatever the cells hold, the rules judge or give a reason; they never raise."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from expectations.catalogue import RULES
from expectations.check import check
from tests.expectations.build import SETTINGS, forms
from warehouse import contract

TEXTS = (
    "",
    "—",
    "0",
    "无",
    "1e5",
    "９９．５",
    "1,2,3",
    "．",
    "100%%",
    "…",
    "指标1：",
    "\n",
    "五十",
    "≥",
    "9" * 25 + ".99",
    "是",
)
FIXED = ("source_type", "target_kind", "template")


def _odd(value: Any, dtype: pl.DataType, chance: random.Random) -> Any:
    share = chance.random()
    if share < 0.1:
        return None
    if share < 0.16 and dtype == pl.String:
        return chance.choice(TEXTS)
    if share < 0.16 and isinstance(dtype, pl.Decimal):
        largest = Decimal(10) ** ((dtype.precision or 38) - dtype.scale) - 1
        return chance.choice([largest, -largest, Decimal(0), Decimal(1).scaleb(-dtype.scale), Decimal(-1)])
    return value


@pytest.mark.parametrize("seed", range(3))
def test_check_odd_cells_never_raise_and_obey_the_contract(seed: int) -> None:
    chance = random.Random(seed)
    cases = [case.changes for rule in RULES for case in rule.examples]
    tables = forms(*chance.sample(cases, 40))
    for name in ("forms", "funding", "indicators"):
        optional = [
            column
            for column, about in contract.FORM_TABLES[name].columns().items()
            if about.nullable and column not in FIXED
        ]
        tables[name] = tables[name].with_columns(
            pl.Series(
                c, [_odd(v, tables[name].schema[c], chance) for v in tables[name][c]], dtype=tables[name].schema[c]
            )
            for c in optional
        )
    checked = check(tables, SETTINGS)
    assert contract.conform(checked.checks, contract.Checks).height == checked.checks.height
    assert checked.rule_counts["rule_id"].n_unique() == len(RULES)
