from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.expectations.build import outcomes, total_line

CENT = Decimal("0.01")


def _sums(budget: str, executed: str, rate: str, score: str = "") -> dict[str, object]:
    cells = {"initial_budget": budget, "annual_budget": budget, "executed": executed, "execution_rate": rate}
    return {"funding": {1: cells | {"score": score}, 2: None, 3: None, 4: None}}


@pytest.mark.parametrize(
    ("budget", "executed", "rate", "verdict"),
    [
        ("452.40", "452.20", "99.95", "pass"),
        ("306.24", "305.07", "99.61", "pass"),
        ("27.60", "27.55", "99.81", "pass"),
        ("452.40", "452.20", "99.96", "pass"),
        ("452.40", "452.20", "99.97", "fail"),
        ("452.40", "452.20", "99.94", "fail"),
        ("4753.66", "3824.26", "100%", "fail"),
        ("434.16", "421.14", "85.89", "fail"),
        ("300", "259.45", "86.5%", "pass"),
        ("880", "880", "1", "pass"),
        ("880", "440", "0.5", "pass"),
        ("880", "440", "50%", "pass"),
    ],
)
def test_rate_is_held_against_the_interval_of_the_amounts(budget: str, executed: str, rate: str, verdict: str) -> None:
    change = _sums(budget, executed, rate)
    if rate in ("1", "0.5"):
        change["funding"][1]["execution_rate_pct"] = Decimal(rate) * 100  # type: ignore[index]
    assert outcomes("R10", change) == [verdict]


def test_rate_in_yuan_is_held_against_the_narrow_interval() -> None:
    right, wrong = (
        _sums("250000.00", "215457.6", rate) | {"forms": {"currency_unit": "元"}} for rate in ("86.18%", "86.19%")
    )
    assert outcomes("R10", right, wrong) == ["pass", "fail"]


@settings(max_examples=5, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.integers(100, 10**9),
            st.integers(0, 10**9),
            st.integers(0, 2),
            st.sampled_from([ROUND_DOWN, ROUND_HALF_UP]),
        ),
        min_size=5,
        max_size=15,
    )
)
def test_rate_and_score_of_true_amounts_are_never_accused(rows: list[tuple[int, int, int, str]]) -> None:
    changes = []
    for budget, part, places, how in rows:
        true_budget, true_executed = Decimal(budget), Decimal(min(part, budget))
        share = true_executed / true_budget
        unit = Decimal(1).scaleb(-places)
        rate, score = (share * 100).quantize(unit, how), (share * 10).quantize(CENT, how)
        printed = [(amount / 10_000).quantize(CENT, ROUND_HALF_UP) for amount in (true_budget, true_executed)]
        budgeted, spent = (f"{amount:f}" for amount in printed)
        changes.append(_sums(budgeted, spent, f"{rate:f}", f"{score:f}"))
    for rule in ("R10", "R11", "R15"):
        assert "fail" not in outcomes(rule, *changes)


@pytest.mark.parametrize(
    ("rate", "executed", "score", "verdict"),
    [
        ("45.17", "45.17", "4.52", "pass"),
        ("45.17", "45.17", "4.51", "pass"),
        ("45.17", "45.17", "4.5", "pass"),
        ("86.20", "86.20", "8.62", "pass"),
        ("86.20", "86.20", "9", "fail"),
        ("99.95", "99.95", "9.99", "pass"),
        ("99.95", "99.95", "10.00", "pass"),
        ("99.88", "99.88", "10", "pass"),
        ("100.00", "100.00", "9.00", "fail"),
    ],
)
def test_execution_score_is_weight_times_rate(rate: str, executed: str, score: str, verdict: str) -> None:
    assert outcomes("R11", total_line(execution_rate=rate, executed=executed, score=score)) == [verdict]


def test_execution_score_from_a_right_rounded_rate_passes_and_from_a_wrong_one_fails() -> None:
    right = total_line(execution_rate="87%", executed="86.83", score="8.70")
    wrong = total_line(execution_rate="100%", executed="80.45", score="10.00")
    assert outcomes("R11", right, wrong) == ["pass", "fail"]


def test_execution_score_above_full_rate_is_capped_at_the_weight() -> None:
    assert outcomes("R11", total_line(execution_rate="102.59", executed="102.59", score="10.00")) == ["pass"]


def test_money_sums_in_whole_units_allow_for_rounding_only_of_several_parts() -> None:
    rounded = {
        "funding": {
            1: {"initial_budget": "20", "annual_budget": "20", "executed": "20"},
            2: {"initial_budget": "12", "annual_budget": "12", "executed": "12"},
            3: {"initial_budget": "7", "annual_budget": "7", "executed": "7"},
            4: {"initial_budget": "", "annual_budget": "", "executed": ""},
        }
    }
    alone = {"funding": {**rounded["funding"], 2: dict.fromkeys(rounded["funding"][2], "19"), 3: None}}
    assert outcomes("R13", rounded, alone) == ["pass", "fail"]


def test_expressions_are_whole_numbers() -> None:
    from expectations.rounding import fine

    frame = pl.DataFrame({"v": [Decimal("9.9900")]}, schema={"v": pl.Decimal(18, 4)})
    assert frame.select(fine(pl.col("v"))).item() == 999_000
