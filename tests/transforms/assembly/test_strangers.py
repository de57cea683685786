"""Tables right behind a form that are none of it never give it indicators."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest

from tests.support.assembled import NAMES, names, one, texts
from tests.transforms.build_cells import FUNDING, GOALS, HEAD, INDICATOR_HEADER, INDICATORS, TOTAL, grid, lines
from transforms.assemble import Assembled, read_forms

SCORED = [*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, *INDICATORS, *TOTAL]
UNSCORED = [
    ["项目名称", "河道保洁", "<", "<", "<", "<"],
    ["年度总体目标", "预期目标", "<", "实际完成情况", "<", "<"],
    ["^", "清理河道十条", "<", "已清理河道九条", "<", "<"],
    ["一级指标", "二级指标", "三级指标", "指标值", "全年实际完成值", "未完成原因和改进措施"],
    *[[*row[:5], row[7]] for row in INDICATORS],
]
LIST = [
    ["序号", "项目名称", "实施单位", "金额", "完成情况", "备注"],
    ["1", "城南桥", "区一所", "120.5", "已完工", ""],
    ["2", "城北路", "区二所", "30", "在建", ""],
]
PERSONS = [["姓名", "单位", "职务", "职称", "电话", "签名"], ["张三", "区一所", "科长", "工程师", "123", ""]]
BARE = [["城南桥", "区一所", "桥梁", "120.5", "已完工", "无"], ["城北路", "区二所", "道路", "30", "在建", "无"]]
TARGETS = [
    ["一级指标", "二级指标", "三级指标", "指标值", "指标说明", "备注"],
    ["产出指标", "数量指标", "下年清理河道", "≥12条", "", ""],
]


def behind(form: Sequence[Sequence[str]], table: Sequence[Sequence[str]], *, uneven: bool = False) -> Assembled:
    """A form and, on the next page, as wide a table; `uneven`: with other columns."""
    wide = [[*row, *[""] * (len(form[0]) - len(row))] for row in table]
    next_page = grid(wide, page=2)
    if uneven:
        left, width = 50.0, next_page["x1"].max() - 50.0
        next_page = next_page.with_columns(((pl.col(c) - left) / width) ** 1.35 * width + left for c in ("x0", "x1"))
    return read_forms(pl.concat([lines("项目支出绩效自评表"), grid(form), next_page]))


@pytest.mark.parametrize("form", [SCORED, UNSCORED], ids=["scored", "unscored"])
@pytest.mark.parametrize("table", [LIST, PERSONS], ids=["list", "persons"])
def test_table_with_a_header_of_its_own_is_not_of_the_form(form: list[list[str]], table: list[list[str]]) -> None:
    found = behind(form, table)
    assert names(found) == NAMES
    assert one(found.fields, "total_score") == ("94" if form is SCORED else None)
    assert one(found.fields, "unexplained_figures") is None


def test_table_without_a_header_and_with_other_columns_is_reported() -> None:
    found = behind(UNSCORED, BARE, uneven=True)
    assert names(found) == NAMES
    assert one(found.fields, "unexplained_figures") == "120.5 | 30"


def test_targets_of_another_year_are_reported() -> None:
    found = behind(UNSCORED, TARGETS)
    assert names(found) == NAMES
    assert one(found.fields, "unexplained_figures") == "≥12条"


def test_targets_below_the_total_in_the_same_table_are_not_of_the_form() -> None:
    wide = [[*row, "", ""] for row in TARGETS]
    found = read_forms(pl.concat([lines("项目支出绩效自评表"), grid([*SCORED, *wide])]))
    assert names(found) == NAMES
    assert one(found.fields, "total_score") == "94"
    assert one(found.fields, "unexplained_figures") is None


@pytest.mark.parametrize("level", ["效益指标", "", "决策情况"])
def test_rows_that_go_on_in_the_same_columns_are_of_the_form(level: str) -> None:
    found = behind(UNSCORED, [[level, "社会效益指标", "受益人数", "≥12人", "12人", "无"]])
    assert names(found) == [*NAMES, "受益人数"]
    assert texts(found.fields, "indicators", "actual")[-1] == "12人"
