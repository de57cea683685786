"""Rows that a page break cuts within, though a rule closes them on both pages, as word processors draw them."""

from __future__ import annotations

import polars as pl
import pytest

from tests.support.assembled import NAMES, names, one, texts
from tests.transforms.build_cells import FUNDING, GOALS, HEAD, INDICATOR_HEADER, INDICATORS, TOTAL, grid, lines
from transforms.assemble import Assembled, read_forms


def test_rest_of_a_header_on_the_next_page_is_not_a_line_of_the_money() -> None:
    first = grid([*HEAD, INDICATOR_HEADER, *INDICATORS, *TOTAL, FUNDING[0]])
    rest = grid([["", "", "", "", "", "", "（%）", ""], ["", *FUNDING[1][1:]], ["", *FUNDING[2][1:]]], page=2)
    fields = read_forms(pl.concat([lines("项目支出绩效自评表"), first, rest])).fields
    assert texts(fields, "funding", "source_label") == ["年度资金总额：", "其中：当年财政拨款"]
    assert texts(fields, "funding", "annual_budget") == ["10.00", "10.00"]


def cut(above: list[str], below: list[str]) -> Assembled:
    """A form whose last indicator a page break cuts."""
    first = grid([*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, *INDICATORS[:2], above])
    return read_forms(pl.concat([lines("项目支出绩效自评表"), first, grid([below, *TOTAL], page=2)]))


@pytest.mark.parametrize(
    ("values", "rest"), [(("≥90", "95%"), ("%", "")), (("≥90", "95"), ("%", "%")), (("≥90%", "95"), ("", "%"))]
)
def test_row_that_is_cut_within_its_texts_is_one(values: tuple[str, str], rest: tuple[str, str]) -> None:
    found = cut(
        ["满意度指", "服务对", "居民满", *values, "10", "10", ""], ["标", "象满意度指标", "意度", *rest, "", "", ""]
    )
    assert names(found) == NAMES
    assert texts(found.fields, "indicators", "target")[-1] == "≥90%"
    assert texts(found.fields, "indicators", "actual")[-1] == "95%"
    assert texts(found.fields, "indicators", "level_2_label")[-1] == "服务对象满意度指标"


def test_rest_of_a_row_with_figures_of_its_own_is_reported() -> None:
    above = ["产出指标", "时效指标", "工程完", "2023年", "2023年", "10", "10", ""]
    found = cut(above, ["", "", "工时间", "12月30日", "12月20日", "", "", ""])
    assert names(found) == [*NAMES[:2], "工程完"]
    assert one(found.fields, "unexplained_figures") == "工时间"


def test_row_without_points_under_a_level_of_its_own_is_a_row() -> None:
    found = cut(INDICATORS[2], ["满意度指标", "满意度指标", "商户满意度", "≥80%", "85%", "", "", ""])
    assert names(found) == [*NAMES, "商户满意度"]
    assert one(found.fields, "unexplained_figures") is None


def test_line_of_the_money_that_is_cut_within_is_one() -> None:
    line = ["", "上年", "5.00", "5.00", "5.00", "-", "100", "-"]
    first = grid([*HEAD, *GOALS, INDICATOR_HEADER, *INDICATORS, *TOTAL, *FUNDING[:2], line])
    rest = ["", "结转资金", "", "", "", "", "%", ""]
    other = ["", "其他资金", "2.00", "2.00", "2.00", "-", "100%", "-"]
    fields = read_forms(pl.concat([lines("项目支出绩效自评表"), first, grid([rest, other], page=2)])).fields
    assert texts(fields, "funding", "source_label") == ["年度资金总额：", "上年结转资金", "其他资金"]
    assert texts(fields, "funding", "execution_rate") == ["90%", "100%", "100%"]


def test_rest_of_a_total_is_reported() -> None:
    total = ["总分", "<", "<", "<", "<", "100", "94.0", ""]
    first = grid([*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, *INDICATORS, total])
    rest = grid([["", "", "", "", "", "", "5", ""]], page=2)
    fields = read_forms(pl.concat([lines("项目支出绩效自评表"), first, rest])).fields
    assert one(fields, "unexplained_figures") == "5"


def test_header_with_marks_that_is_cut_within_is_one() -> None:
    upper = ["一级指标", "二级指标", "三级指标", "年度指标值", "②实际完成", "分值", "得", "偏差原因"]
    first = grid([*HEAD, *FUNDING, *GOALS, upper])
    rest = grid([["", "", "", "", "值", "", "分", ""], *INDICATORS, *TOTAL], page=2)
    fields = read_forms(pl.concat([lines("项目支出绩效自评表"), first, rest])).fields
    assert texts(fields, "indicators", "score") == ["45", "30", "10"]


def test_money_below_the_rating_does_not_make_the_total_a_subtotal() -> None:
    rating = ["评价等级", "<", "<", "<", "☑优 □良 □中 □差", "<", "<", "<"]
    money = [
        ["年初预算数", "<", "<", "566.33", "546.33", "15", "5", ""],
        ["全年执行数", "<", "<", "498", "478", "15", "5", ""],
    ]
    found = read_forms(
        pl.concat(
            [
                lines("项目支出绩效自评表"),
                grid([*HEAD, *GOALS, INDICATOR_HEADER, *INDICATORS, *TOTAL, rating, *money]),
            ]
        )
    )
    assert one(found.fields, "total_score") == "94"


def test_title_label_and_score_of_a_header_that_is_cut_are_labels_of_their_own_and_one_together() -> None:
    upper = ["一级指标", "二级指", "三级", "预期指", "实", "权", "得分", "未完成原"]
    lower = ["", "标", "指标", "标值（A）", "际完成值（B）", "重（分）", "", "因及拟采取的改进措施"]
    first = grid([*HEAD, *FUNDING, *GOALS, upper])
    fields = read_forms(pl.concat([first, grid([lower, *INDICATORS, *TOTAL], page=2)])).fields
    assert texts(fields, "indicators", "actual") == ["9条", "95%", "95%"]


def test_form_without_a_title_whose_labels_are_not_known_is_not_taken_for_targets() -> None:
    header = ["一级指标", "二级指标", "三级指标", "年度指标值", "甲", "乙", "丙", "丁"]
    found = read_forms(grid([*HEAD, *GOALS, header, *INDICATORS, *TOTAL]))
    assert found.fields.is_empty()
    assert found.others["kind"].to_list() == [None]


def test_side_label_of_the_money_that_is_cut_is_not_a_line() -> None:
    upper = ["项目资金（万", *FUNDING[0][1:6], "执行率（%", "得分"]
    first = grid([*HEAD, *GOALS, INDICATOR_HEADER, *INDICATORS, *TOTAL, upper])
    below = [["元）", "", "", "", "", "", "）", ""], ["^", *FUNDING[1][1:]], ["^", *FUNDING[2][1:]]]
    fields = read_forms(pl.concat([lines("项目支出绩效自评表"), first, grid(below, page=2)])).fields
    assert texts(fields, "funding", "source_label") == ["年度资金总额：", "其中：当年财政拨款"]
    assert one(fields, "unexplained_text") == "元）"
