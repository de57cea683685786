"""The eight audit questions of docs/questions.md, each answered by its query on a release."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.questions import QUESTIONS, answer, questions
from tests.support.views import finding, form, indicator, tables, views_of

FIVE, TEN = Decimal(5), Decimal(10)


def money(budget: int, executed: int, rate: int | None = None, score: int | None = None) -> dict[str, Any]:
    return {
        "annual_budget_cny": Decimal(budget),
        "executed_cny": Decimal(executed),
        "execution_rate_pct": None if rate is None else Decimal(rate),
        "total_score_points": None if score is None else Decimal(score),
    }


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The views of a small release as Parquet, below `data/published`."""
    folder = tmp_path_factory.mktemp("questions") / "data" / "published"
    made = tables(
        [
            form("a", **money(1_000_000, 700_000, 70, 98), fiscal_year=2022, department="湖北省财政厅"),
            form("b", **money(2_000_000, 1_900_000, 95, 96), fiscal_year=2023, department="湖北省财政厅"),
            form("c", **money(500_000, 250_000, 55, 99), project_name="项目乙"),
            form("e", **money(0, 0, 100), project_name="项目丁"),
            form("f", **money(0, 0, 0), project_name="项目戊"),
        ],
        [form("d", **money(100_000, 120_000, 120, 100), project_name="项目丙", department="长沙市财政局")],
        indicators=[
            indicator("a", 1, level_1_type="output", level_2_type="quantity", weight_points=TEN, score_points=TEN,
                      attainment_ratio=Decimal("12.5"), target_text="≥8个", actual_text="100个"),
            indicator("a", 2, level_2_type="quantity", weight_points=TEN, score_points=FIVE, actual_text="≥95%"),
            indicator("b", 1, level_1_type="output", level_2_type="quantity", weight_points=FIVE, score_points=FIVE),
            indicator("d", 1, level_1_type="benefit", level_2_type="social_benefit", weight_points=FIVE,
                      attainment_ratio=Decimal(10), actual_text="20次"),
            indicator("e", 1, level_1_type="cost", attainment_reason="direction_unknown", target_value_base=FIVE,
                      actual_value_base=5 * TEN, actual_text="50次"),
            indicator("e", 2, level_1_type="cost", attainment_reason="direction_unknown", target_value_base=FIVE,
                      actual_value_base=5 * TEN - 1, actual_text="49次"),
        ],
        checks=[finding("a", "R28", "warning", record="x"), finding("d", "R15", "critical"),
                finding("a", "R28", "warning", record=indicator("a", 2)["indicator_id"])],
    )  # fmt: skip
    for name, rows in views_of(made).items():
        (folder / name).mkdir(parents=True)
        rows.write_parquet(folder / name / "all.parquet")
    return folder.parents[1]


def test_there_are_eight_questions_and_their_chinese_page_has_the_same_queries() -> None:
    assert len(QUESTIONS) == 8
    assert list(questions("questions.zh-CN.md").items()) == list(QUESTIONS.items())


def test_rates_that_do_not_come_from_the_amounts(release: Path) -> None:
    rows = answer(release, "执行率与金额不符")
    assert [(row[2], row[4], row[5], row[8:11]) for row in rows] == [
        ("项目乙", "published", None, (55, 50, 5)),
        ("项目丙", "held", "R15", (120, 120, 0)),
        ("项目丁", "published", None, (100, None, None)),
    ]


def test_tenfold_over_achievement_of_published_and_held(release: Path) -> None:
    assert [row[5:9] for row in answer(release, "超额完成十倍以上")] == [
        ("100个", Decimal("12.5"), None, "published"),
        ("20次", 10, None, "held"),
        ("50次", None, "direction_unknown", "published"),
    ]


def test_share_of_full_scores_by_level(release: Path) -> None:
    assert answer(release, "各级指标满分比例") == [("output", "quantity", 3, 66.7)]


def test_rate_and_score(release: Path) -> None:
    assert [row[:3] for row in answer(release, "执行率与总分")] == [
        ("below 60", 1, 99),
        ("60 to 90", 1, 98),
        ("90 to 100", 1, 96),
        ("above 100", 1, 100),
    ]


def test_spread_of_weights(release: Path) -> None:
    assert answer(release, "分值分布") == [("benefit", 1, 5, 5, 5, 1, 0), ("output", 3, 5, 10, 10, 2, 1)]


def test_copied_targets(release: Path) -> None:
    assert answer(release, "照抄指标值") == [("湖北省财政厅", 2022, 2, 1)]


def test_projects_over_years(release: Path) -> None:
    (row,) = answer(release, "项目各年变化")
    assert row[2:7] == (2023, 70, 1_000_000, 2_000_000, 1_000_000)


def test_unspent_by_region(release: Path) -> None:
    assert answer(release, "各区划未执行金额") == [
        ("湖北省", "420000", 2, 40, 300),
        ("not known", None, 3, 25, 50),
        ("湖南省长沙市", "430100", 1, -2, 10),
    ]
