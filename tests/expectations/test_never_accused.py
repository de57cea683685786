"""Right forms in odd layouts, which no critical rule may hold back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from expectations.catalogue import RULES
from expectations.check import measure
from tests.expectations.build import SETTINGS, forms, outcomes, total_line

RIGHT: dict[str, dict[str, Any]] = {
    "good form": {},
    "no weights": {"indicators": {"*": {"weight": None}}, "forms": {"total_weight": None}},
    "neither weights nor scores": {
        "indicators": {"*": {"weight": None, "score": None}},
        "forms": {"total_weight": None, "total_score": None, "rating": None, "template": "transfer_unscored"},
        "funding": {"*": {"weight": None, "score": None}},
    },
    "no totals": {"forms": {"total_weight": None, "total_score": None, "rating": None}},
    "execution carries no weight": {
        "funding": {"*": {"weight": None, "score": None}},
        "indicators": {1: {"weight": "30.00", "score": "30.00"}},
        "forms": {"total_score": "100.00"},
    },
    "sub-rows repeat weight and score": {"funding": {2: {"weight": "10", "score": "10"}}},
    "only the initial budget": {"funding": {"*": {"annual_budget": None}}},
    "no unit": {"forms": {"currency_unit": None}},
    "adjusted budget": {"funding": {1: {"initial_budget": "90.00"}, 2: {"initial_budget": "70.00"}}},
    "no rates": {"funding": {"*": {"execution_rate": ""}}},
    "no lines below the total": {"funding": {2: None, 3: None, 4: None}},
    "blank lines below the total": {
        "funding": {number: dict.fromkeys(("initial_budget", "annual_budget", "executed"), "") for number in (2, 3, 4)}
    },
    "blank parts count as zero": {
        "funding": {
            2: dict.fromkeys(("initial_budget", "annual_budget"), "100.00")
            | {"executed": "99.50", "execution_rate": "99.50"},
            3: dict.fromkeys(("initial_budget", "annual_budget", "executed"), ""),
            4: dict.fromkeys(("initial_budget", "annual_budget", "executed"), "-"),
        }
    },
    "two levels of money": {
        "funding": {
            2: {"source_label": "其中：财政拨款"},
            3: {"source_label": "其中：一般公共预算", "source_type": "other", "initial_budget": "50.00"}
            | {"annual_budget": "50.00", "executed": "49.50"},
            4: {"source_label": "政府性基金", "source_type": "other", "initial_budget": "30.00"}
            | {"annual_budget": "30.00", "executed": "30.00"},
            5: {"source_label": "上年结转资金", "source_type": "carried_over", "initial_budget": "20.00"}
            | {"annual_budget": "20.00", "executed": "20.00"},
        }
    },
    "two splits of the same money": {
        "funding": {
            3: {"source_label": "其他资金"},
            4: {
                "source_label": "按支出性质分：其中：基本支出",
                "initial_budget": "60.00",
                "annual_budget": "60.00",
                "executed": "59.50",
            },
            5: {"source_label": "项目支出", "initial_budget": "40.00", "annual_budget": "40.00", "executed": "40.00"},
        }
    },
    "unnamed rows hold points": {
        "indicators": {1: None},
        "forms": {
            "unnamed_row_count": 1,
            "unnamed_weight_points": Decimal("20.0000"),
            "unnamed_score_points": Decimal("20.0000"),
        },
    },
    "rows of which without weights": {
        "indicators": {6: {"indicator_name": "其中：线上", "target": "3场", "actual": "3场"}}
    },
    "total rounded to one decimal": {"forms": {"total_score": "99.9"}},
    "total rounded to a whole": {"forms": {"total_score": "100"}},
    "nothing budgeted and nothing spent": {
        "funding": {
            "*": {"initial_budget": "0.00", "annual_budget": "0.00", "executed": "0.00", "execution_rate": "0.00"},
            1: {"score": "0.00"},
        },
        "forms": {"total_score": "90.00"},
    },
    "a part of minus nothing": {"funding": {4: {"executed": "-0.00"}}},
    "region without a project": {
        "forms": {"project_name": None, "template": "transfer_unscored"},
        "indicators": {"*": {"weight": None, "score": None}},
    },
    "department instead of unit": {"forms": {"implementing_unit": ""}},
    "blank score of execution": {"funding": {1: {"score": ""}}, "forms": {"total_score": "99.95"}},
    "pooled funds": {
        "funding": {1: {"execution_rate": "50.00", "score": "5.00"}},
        "forms": {"total_score": "95.00"},
        "leftovers": [{"label": "其中：统筹整合资金"}],
    },
    "execution rate as an indicator too": {
        "indicators": {
            1: {"weight": "10.00", "score": "10.00"},
            6: {"level_1_label": "预算执行率", "level_1_type": "execution"}
            | {
                "indicator_name": "预算执行率",
                "target": "100%",
                "actual": "99.50%",
                "weight": "10.00",
                "score": "9.95",
            },
        },
        "forms": {"total_weight": "90.00", "total_score": "89.95", "rating": None},
    },
}
CENTRAL: dict[str, Any] = {"forms": {"title": "转移支付绩效自评表"}, "funding": {1: {"score": "9.00"}}}
BENIGN = {"execution rate as an indicator too": {"R01"}}


@pytest.fixture(scope="module")
def broken() -> dict[str, set[str]]:
    """Critical rules that each right form breaks."""
    measured = measure(forms(*RIGHT.values()), SETTINGS)
    found: dict[str, set[str]] = {name: set() for name in RIGHT}
    for rule in RULES:
        if rule.severity == "critical":
            failing = measured[rule.table].filter(pl.col(rule.status_column) == "fail")["form_id"].unique()
            for number, name in enumerate(RIGHT, 1):
                if any(form_id.endswith(f"-{number:03d}") for form_id in failing):
                    found[name].add(rule.id)
    return found


@pytest.mark.parametrize("name", RIGHT)
def test_right_form_breaks_no_critical_rule(name: str, broken: dict[str, set[str]]) -> None:
    assert broken[name] == BENIGN.get(name, set())


@pytest.mark.parametrize(
    ("rule", "change", "said"),
    [
        ("R02", {"forms": {"total_weight": None}, "indicators": {1: {"weight": "30.00"}}}, "fail"),
        ("R02", {"forms": {"total_weight": None}, "funding": {1: {"weight": ""}}}, "total_weight_not_printed"),
        ("R02", {"funding": {1: {"weight": ""}}}, "execution_weight_blank"),
        ("R02", {"funding": {"*": {"weight": None}}}, "execution_weight_not_printed"),
        ("R02", {"funding": {"*": {"weight": None, "score": None}}}, "fail"),
        ("R02", {"funding": {"*": {"weight": None}}, "indicators": {1: {"weight": "19.00"}}}, "fail"),
        ("R02", {"indicators": {1: {"weight": "壹"}}}, "weight_not_read"),
        ("R02", {"indicators": {1: {"weight": ""}}}, "weight_blank"),
        ("R07", {"indicators": {1: {"score": "廿"}}}, "score_not_read"),
        ("R07", {"indicators": {1: {"score": ""}}}, "score_blank"),
        ("R07", {"funding": {1: {"score": "/"}}, "forms": {"total_score": "99.00"}}, "execution_score_blank"),
        ("R07", {"forms": {"total_score": "九十"}}, "total_score_not_read"),
        ("R10", {"funding": {1: {"executed": "约九十"}}}, "amount_not_read"),
        ("R10", {"funding": {1: {"execution_rate": "不详"}}}, "rate_not_read"),
        ("R10", {"funding": {1: {"annual_budget": "0"}}}, "budget_zero"),
        (
            "R13",
            {"funding": {3: {"executed": "若干", "annual_budget": "若干", "initial_budget": "若干"}}},
            "amount_not_read",
        ),
        (
            "R13",
            {
                "funding": {
                    3: {
                        "source_label": "其中：省级",
                        "executed": "5.00",
                        "annual_budget": "5.00",
                        "initial_budget": "5.00",
                    }
                }
            },
            "nested_parts",
        ),
        ("R11", CENTRAL, "scored_by_bands"),
    ],
)
def test_unreadable_or_ambiguous_input_is_a_reason_and_no_pass(rule: str, change: dict[str, Any], said: str) -> None:
    assert outcomes(rule, change) == [said]


def test_two_splits_each_must_add_up() -> None:
    wrong = {
        **RIGHT["two splits of the same money"]["funding"],
        5: {"source_label": "项目支出"} | dict.fromkeys(("initial_budget", "annual_budget", "executed"), "30.00"),
    }
    assert outcomes("R13", {"funding": wrong}) == ["fail"]


def test_money_that_does_not_add_up_by_three_hundredths_fails() -> None:
    rows = {
        1: {"executed": "7165.32", "annual_budget": "8000.00"},
        2: {"executed": "7000.29", "annual_budget": "7800.00"},
        3: {"executed": "165.00", "annual_budget": "200.00"},
    }
    assert outcomes("R13", {"funding": rows | {4: {"executed": "0.00"}}}) == ["fail"]


def test_execution_above_the_budget_fails_without_a_printed_rate() -> None:
    assert outcomes("R15", total_line(executed="102.59", execution_rate="")) == ["fail"]


@pytest.mark.parametrize(("budget", "executed"), [("1", "2"), ("100", "101"), ("100.00", "100.01"), ("100", "100.02")])
def test_execution_above_the_budget_by_however_little_fails(budget: str, executed: str) -> None:
    assert outcomes("R15", total_line(annual_budget=budget, executed=executed, execution_rate="100")) == ["fail"]
    without_unit = total_line(annual_budget=budget, executed=executed, execution_rate="100")
    assert outcomes("R15", without_unit | {"forms": {"currency_unit": None}}) == ["fail"]


def test_money_by_level_of_government_is_one_level_and_must_add_up() -> None:
    labels = {2: "其中：中央财政资金", 3: "地方资金", 4: "其他资金"}
    right = {number: {"source_label": label, "source_type": "other"} for number, label in labels.items()}
    wrong = {**right, 3: right[3] | {"executed": "10.00"}}
    assert outcomes("R13", {"funding": right}, {"funding": wrong}) == ["pass", "fail"]


def test_year_in_a_title_is_a_number_of_its_own() -> None:
    code = {"forms": {"title": "51004521R000000019262-2023年科技培训自评表"}}
    span = {"forms": {"title": "2022-2023年度项目支出绩效自评表"}}
    assert outcomes("R77", code, span, {"forms": {"title": "19262号项目自评表"}}) == [
        "pass",
        "pass",
        "year_not_in_title",
    ]
