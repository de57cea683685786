"""The account of characters: every page of a document, and why a document has no form."""

from __future__ import annotations

import polars as pl
import pytest

from tests.transforms.build_cells import INDICATOR_HEADER, form, grid, lines
from transforms.account import Account, account
from transforms.assemble import read_forms
from transforms.assembly.fates import FATES
from transforms.reading.page_marks import PageMark, write
from warehouse.contract import Cells, Pages, conform, empty

DOCUMENT = "a" * 64


def written(cells: pl.DataFrame, page: int) -> int:
    text = cells.filter(pl.col("page_number") == page)["text"].str.replace_all(r"\s", "")
    return int(text.str.len_chars().sum())


def accounted(cells: pl.DataFrame, *marks: PageMark) -> Account:
    documents = pl.DataFrame({"document_id": [DOCUMENT], "reader": ["pdfium"], "page_marks": [write(marks)]})
    return account(documents, cells, read_forms(cells))


def test_account_of_a_form_balances_and_has_no_verdict() -> None:
    cells = form()
    shown = written(cells, 1)
    made = accounted(cells, PageMark("read", shown, 3, True), PageMark("outside", 40, 0, False))
    pages = conform(made.pages, Pages)
    assert pages["kind"].to_list() == ["form", "outside"]
    assert pages["character_count"].to_list() == [shown + 3, 40]
    assert pages.select(pl.sum_horizontal(f"{fate}_characters" for fate in FATES)).to_series().to_list() == [
        shown + 3,
        40,
    ]
    assert pages["furniture_characters"].to_list() == [3, 0]
    assert made.verdicts.is_empty()


def test_account_says_how_a_page_lies() -> None:
    turned = form().with_columns(page_turn=pl.lit(90, pl.Int32))
    made = accounted(turned, PageMark("read", written(turned, 1), 0, True), PageMark("outside", 9, 0, False))
    assert conform(made.pages, Pages)["rotation"].to_list() == [90, None]
    made = accounted(form(), PageMark("read", written(form(), 1), 0, True))
    assert made.pages["rotation"].to_list() == [0]


def test_account_that_does_not_balance_fails_the_document() -> None:
    cells = form()
    made = accounted(cells, PageMark("read", written(cells, 1) + 2, 0, True))
    assert made.verdicts["reason"].str.starts_with("characters_lost: page 1").to_list() == [True]


@pytest.mark.parametrize(
    ("levels", "code"),
    [
        (("质量指标", "时效 指标", "成本指标(10分)"), "form_not_read: page 2 prints rows of indicators"),
        (("质量指标", "质量指标", "成本指标"), "no_form: other"),
        (("质量", "时效", "成本"), "no_form: other"),
    ],
)
def test_account_of_the_rest_of_a_form_whose_head_is_gone_is_form_not_read(levels: tuple[str, ...], code: str) -> None:
    cells = grid([[level, "合格率", "≥95%", "97%", "10", "10"] for level in levels], page=2)
    made = accounted(cells, PageMark("blank", 0, 0, False), PageMark("read", written(cells, 2), 0, False))
    assert [reason.startswith(code) for reason in made.verdicts["reason"]] == [True]


def test_account_of_a_document_that_says_self_evaluation_without_a_form_is_form_not_read() -> None:
    made = accounted(empty(Cells), PageMark("blank", 0, 0, False), PageMark("outside", 90, 0, True))
    assert made.verdicts["reason"].str.starts_with("form_not_read: page 2 says").to_list() == [True]


@pytest.mark.parametrize(
    ("title", "kind"),
    [("项目支出绩效目标申报表", "target_table"), ("项目绩效运行监控表", "monitoring_form"), ("固定资产明细", "other")],
)
def test_account_of_another_document_is_not_a_form_with_its_kind(title: str, kind: str) -> None:
    header = ["一级指标", "二级指标", "三级指标", "指标值"] if kind != "other" else ["序号", "名称", "数量", "用途"]
    rows = [["名称及编码", "道路养护", "<", "<"], header, ["产出指标", "数量指标", "养护里程", "≥20公里"]]
    if kind == "other":
        rows = [header, ["1", "空调", "20", "办公"]]
    cells = pl.concat([lines(title), grid(rows)])
    made = accounted(cells, PageMark("read", written(cells, 1), 0, False))
    assert made.verdicts["reason"].str.starts_with(f"no_form: {kind}").to_list() == [True]
    assert made.pages["kind"].to_list() == ["outside"]


@pytest.mark.parametrize(("other_page", "code"), [(False, "no_form: list_of_results"), (True, "form_not_read: page 2")])
def test_account_of_a_table_of_projects_is_a_list_unless_another_page_says_more(other_page: bool, code: str) -> None:
    header = ["序号", "项目名称", "全年预算数", "全年执行数", "执行率", "自评得分"]
    rows = [header, ["1", "道路养护", "10.00", "9.00", "90%", "95"], ["2", "河道保洁", "8.00", "8.00", "100%", "97"]]
    cells = pl.concat([lines("2023年度项目支出绩效自评结果公开表"), grid(rows)])
    made = accounted(cells, PageMark("read", written(cells, 1), 0, True), PageMark("outside", 90, 0, other_page))
    assert [reason.startswith(code) for reason in made.verdicts["reason"]] == [True]


def test_account_of_achieved_targets_with_points_under_the_title_of_a_target_table_is_form_not_read() -> None:
    header = ["三级指标", "指标值", "实际完成值", "分值", "得分"]
    rows = [["项目名称", "道路养护", "<", "<", "<"], header, ["养护里程", "≥20公里", "21公里", "10", "10"]]
    cells = pl.concat([lines("项目绩效目标表"), grid(rows)])
    made = accounted(cells, PageMark("read", written(cells, 1), 0, False))
    assert made.verdicts["reason"].str.starts_with("form_not_read: page 1 prints a table").to_list() == [True]


def next_to(*states: str, cells: pl.DataFrame) -> tuple[list[str], list[str]]:
    """Account for a document of some pages; give the unread pages that forms name, and the kinds of the pages."""
    count = {number: written(cells, number) for number in range(1, len(states) + 1)}
    marks = [PageMark(s, count[n] if s == "read" else 0, 0, s == "read") for n, s in enumerate(states, 1)]
    made = accounted(cells, *marks)
    assert made.verdicts.is_empty()
    unread = made.fields.filter(pl.col("column_name") == "unread_pages")["printed_text"].to_list()
    return unread, made.pages["kind"].to_list()


@pytest.mark.parametrize("state", ["failed", "picture", "unreadable"])
def test_account_form_that_may_continue_on_a_page_that_is_not_known_says_so(state: str) -> None:
    whole = form()
    without_total = whole.filter(pl.col("row_number").fill_null(0) < pl.col("row_number").max())
    assert next_to("read", state, cells=whole) == ([], ["form", "unreadable"])
    assert next_to("read", state, cells=without_total) == (["2"], ["form", "unreadable"])
    assert next_to("read", "blank", state, cells=without_total)[0] == []


def test_account_form_without_title_after_a_page_that_is_not_known_says_so() -> None:
    second = form().with_columns(page_number=pl.lit(2, pl.Int32))
    assert next_to("failed", "read", cells=second)[0] == []
    assert next_to("failed", "read", cells=second.filter(pl.col("table_number").is_not_null()))[0] == ["1"]


def test_account_page_between_and_page_after_are_both_reported() -> None:
    rows = [["满意度指标", "服务对象满意度指标", "来访者满意度", "≥90%", "95%", "10", "10", ""]]
    later = grid([INDICATOR_HEADER, *rows], page=3)
    first = form().filter(pl.col("row_number").fill_null(0) < pl.col("row_number").max())
    made = next_to("read", "failed", "read", "failed", cells=pl.concat([first, later]))[0]
    assert made == ["2 | 4"]


def test_account_of_a_page_that_failed_without_a_form_is_never_no_form() -> None:
    made = accounted(empty(Cells), PageMark("outside", 90, 0, False), PageMark("failed", 0, 0, False))
    assert made.verdicts["reason"].str.starts_with("page_failed: page 2").to_list() == [True]


def test_account_of_a_glanced_page_is_outside_and_not_unread() -> None:
    without_total = form().filter(pl.col("row_number").fill_null(0) < pl.col("row_number").max())
    assert next_to("read", "glanced", cells=without_total) == ([], ["form", "outside"])


def test_account_without_marks_has_no_pages() -> None:
    documents = pl.DataFrame(
        {"document_id": [DOCUMENT], "reader": ["pdfium"], "page_marks": [None]},
        schema_overrides={"page_marks": pl.String},
    )
    assert account(documents, form(), read_forms(form())).pages.is_empty()


@pytest.mark.parametrize(
    ("confidence", "reason"),
    [(0.2, "form_not_read: page 2 is a picture of a table"), (0.95, "no_form: other")],
)
def test_account_of_a_scanned_table_that_is_rubbish_is_form_not_read(confidence: float, reason: str) -> None:
    cells = grid([["戶∞", "乚乚", "丨一"], ["昍", "卜", "吅"]]).with_columns(
        confidence=pl.lit(confidence, pl.Float64), page_number=pl.lit(2, pl.Int32)
    )
    made = accounted(cells, PageMark("glanced", 0, 0, False), PageMark("recognised", 0, 0, False))
    assert made.verdicts["reason"].str.starts_with(reason).to_list() == [True]


def test_account_of_a_picture_that_was_not_recognised_is_form_not_read() -> None:
    made = accounted(empty(Cells), PageMark("outside", 90, 0, False), PageMark("picture", 0, 0, False))
    assert made.verdicts["reason"].str.starts_with("form_not_read: page 2 is a picture that").to_list() == [True]
    made = accounted(empty(Cells), PageMark("outside", 90, 0, False), PageMark("glanced", 0, 0, False))
    assert made.verdicts["reason"].str.starts_with("no_form: other").to_list() == [True]


@pytest.mark.parametrize(
    ("confidence", "reason"), [(1.0, "form_not_read: page 1 prints rows of indicators"), (None, "no_form: other")]
)
def test_account_of_a_picture_whose_levels_ran_together_with_names_is_form_not_read(
    confidence: float | None, reason: str
) -> None:
    rows = [["质量指标合格率", "97%"], ["时效指标按期完成", "8月"], ["效益指标社会效益指标就业", "20人"]]
    cells = grid(rows).with_columns(confidence=pl.lit(confidence, pl.Float64))
    state = "read" if confidence is None else "recognised"
    made = accounted(cells, PageMark(state, written(cells, 1), 0, False))
    assert made.verdicts["reason"].str.starts_with(reason).to_list() == [True]


@pytest.mark.parametrize(
    ("confidence", "reason"), [(0.2, "form_not_read: page 1 is a picture of a table"), (0.95, "no_form: target_table")]
)
def test_account_of_a_target_table_in_a_picture_that_is_read_in_part_is_form_not_read(
    confidence: float, reason: str
) -> None:
    rows = [["名称及编码", "道路养护", "<", "<"], ["一级指标", "二级指标", "三级指标", "指标值"]]
    rows += [["产出指标", "数量指标", "养护里程", "≥20公里"]]
    cells = pl.concat([lines("项目支出绩效目标申报表", "供自评时使用"), grid(rows)]).with_columns(
        confidence=pl.when(pl.col("text").is_in(rows[-1])).then(pl.lit(confidence, pl.Float64)).otherwise(0.9)
    )
    made = accounted(cells, PageMark("recognised", written(cells, 1), 0, False))
    assert made.verdicts["reason"].str.starts_with(reason).to_list() == [True]
