from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.normalising.units import SCALES, known_units, resolve


def resolved(unit: str) -> tuple[str | None, Decimal, bool]:
    row = resolve(pl.Series([unit])).row(0, named=True)
    return row["unit_base"], row["unit_scale"].normalize(), row["unit_known"]


@pytest.mark.parametrize(
    ("unit", "base", "scale", "known"),
    [
        ("万元", "元", "10000", True),
        ("亿元", "元", "100000000", True),
        ("百万元", "元", "1000000", True),
        ("万台套", "台套", "10000", True),
        ("万台(套)", "台套", "10000", True),
        ("%", "%", "1", True),
        ("百分比", "%", "1", True),
        ("百分点", "%", "1", True),
        ("‰", "%", "0.1", True),
        ("千米", "米", "1000", True),
        ("千克", "千克", "1", True),
        ("吨", "千克", "1000", True),
        ("万吨", "千克", "10000000", True),
        ("千瓦时", "千瓦时", "1", True),
        ("千人", "人", "1000", True),
        ("百户", "户", "100", True),
        ("篇/月", "篇/月", "1", True),
        ("元/人*月", "元/人·月", "1", True),
        ("元/人、天", "元/人·天", "1", True),
        ("元/名·月", "元/人·月", "1", True),
        ("万元/公里", "元/公里", "10000", True),
        ("元每人", "元/人", "1", True),
        ("人/次", "人次", "1", True),
        ("万", None, "10000", True),
        ("亿", None, "100000000", True),
        ("粒粒", "粒粒", "1", False),
        ("万粒粒", "粒粒", "10000", False),
        ("千层饼", "千层饼", "1", False),
        ("/亩", "/亩", "1", True),
    ],
)
def test_resolve_unit_has_base_and_scale(unit: str, base: str | None, scale: str, known: bool) -> None:
    assert resolved(unit) == (base, Decimal(scale).normalize(), known)


@settings(deadline=None)
@given(st.sampled_from(sorted(set(SCALES) - {"千", "百", "十"})), st.sampled_from(["台套", "人", "亩", "元", "粒"]))
def test_resolve_scaled_unit_is_exact(scale: str, unit: str) -> None:
    base, size, known = resolved(scale + unit)
    assert (base, size, known) == (unit, Decimal(SCALES[scale]).normalize(), True)


@settings(deadline=None)
@given(st.lists(st.text(max_size=12), max_size=8))
def test_resolve_any_text_gives_one_row_each(units: list[str]) -> None:
    series = pl.Series("u", units, dtype=pl.String)
    found = resolve(series)
    assert sorted(found["unit"]) == sorted({u for u in units if u})
    assert found["unit_scale"].null_count() == 0


def test_known_units_each_printed_form_once() -> None:
    assert not known_units()["printed"].is_duplicated().any()
