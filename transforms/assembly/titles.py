"""Titles of forms: those that go over two lines, and the lines above them that belong to them."""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.assembly.places import EDGE

TITLE: Final = r"(?:自评|绩效评价).{0,14}表(?:\(.{0,20}\))?.{0,4}$|^.{0,40}(?:自评|评价)报告$"
NOT_A_TITLE: Final = r"清单|目录|汇总|一览|^附件|^附表\d*$|[。;；]|如下|详见|^见"
PREFACE: Final = r"^附[件表]|单位:?(?:人民币)?:?(?:百|千|万|亿)?元|编号|公开\d+表|^部门:|^\(?(?:19|20)\d\d年?度?\)?$"

_PREFACE_LINES: Final = 3
_BY_OTHERS: Final = r"(?:专家|第三方|重点|财政|外部|再)(?:绩效)?(?:评价|评审|评分|打分|复核)|复核|抽查|复评"
_OTHER_TITLES: Final = (
    ("monitoring_form", r"(?:监控|监测|跟踪).{0,8}[表单]"),
    ("target_table", r"目标(?:申报|批复|审核|审批|备案|下达|公开|细化|调整)?.{0,4}表"),
    ("evaluation", rf"(?:{_BY_OTHERS}).{{0,10}}[表书]|评价指标体系"),
    ("list_of_results", r"(?:清单|汇总|一览|结果统计|统计|目录).{0,4}(?:表|$)"),
)
_SELF_AND_OTHERS: Final = r"自评表?(?:情况)?(?:及|和|与|、|暨|以及|并).{0,6}(?:复核|抽查|审核)"
_LONGEST_TITLE: Final = 45


def other_title(column: str) -> pl.Expr:
    """Return what a title names that is not a self-evaluation form: a kind of `documents.KINDS`, else null.

    A form on which an office that checks again has columns of its own (自评及复核表) is a self-evaluation.

    Example:
        >>> titles = pl.DataFrame({"t": ["项目绩效运行监控表", "绩效目标申报表", "绩效目标自评表", "自评结果汇总表"]})
        >>> titles.select(other_title("t"))["t"].to_list()
        ['monitoring_form', 'target_table', None, 'list_of_results']
    """
    key = pl.col(column)
    is_both = key.str.contains(_SELF_AND_OTHERS)
    is_title = (key.str.len_chars() <= _LONGEST_TITLE) & ~key.str.contains(r"[。;；，,]|如下|详见|^见|^附件\d*$")
    is_self = key.str.contains("自评") & ~key.str.contains(r"清单|汇总|一览|统计|目录|监控")
    is_self &= is_both | ~key.str.contains("复核|抽查")
    kinds = [pl.when(key.str.contains(pattern)).then(pl.lit(kind)) for kind, pattern in _OTHER_TITLES]
    return pl.when(is_title & ~is_self).then(pl.coalesce(kinds)).alias(column)


def is_by_others(column: str) -> pl.Expr:
    """Whether a title says that others judged the project: experts, a third party, an office that checks again.

    Example:
        >>> titles = pl.DataFrame({"t": ["绩效评价专家评分表", "绩效自评复核表", "绩效自评表", "绩效评价指标评分表"]})
        >>> titles.select(is_by_others("t"))["t"].to_list()
        [True, True, False, False]
    """
    return (other_title(column) == "evaluation").fill_null(False) & pl.col(column).str.contains(_BY_OTHERS)


def find_wrapped_titles(rows: pl.DataFrame) -> pl.DataFrame:
    """Call a line a title that ends one whose first line alone says nothing yet: 绩效自 | 评表."""
    names = ("first_key", "kind", "row_top", "row_bottom", "table_number", "text_count")
    before = [pl.col(c).shift(1).over("document_id", "page_number").alias(f"{c}_before") for c in names]
    height = pl.col("row_bottom") - pl.col("row_top")
    height_before = pl.col("row_bottom_before") - pl.col("row_top_before")
    joined = pl.col("first_key_before") + pl.col("first_key")
    ends_title = (
        pl.all_horizontal(pl.col(c).is_null() for c in ("kind", "kind_before", "table_number", "table_number_before"))
        & joined.str.contains(TITLE)
        & ~joined.str.contains(NOT_A_TITLE)
        & (pl.col("first_key").str.len_chars() < pl.col("first_key_before").str.len_chars())
        & ((height - height_before).abs() < 0.15 * height)
        & (pl.col("row_top") - pl.col("row_bottom_before") < height)
        & (height > pl.col("line_height"))
    )
    return (
        rows.with_columns(before)
        .with_columns(kind=pl.when(ends_title).then(pl.lit("title")).otherwise("kind"))
        .select(pl.exclude("^.*_before$"))
    )


def find_prefaces(rows: pl.DataFrame) -> pl.DataFrame:
    """Find the lines above a title that belong to it.

    `kind` is title_start for the first line of a title of two lines, preface for a line with a unit, a number or 附件
    above it. Adds `block_start`, the row_index of the first of these lines, or the row's own.
    """
    names = ("kind", "row_top", "row_bottom", "row_x0", "row_x1", "table_number")
    for _ in range(_PREFACE_LINES):
        following = [pl.col(c).shift(-1).over("document_id", "page_number").alias(f"{c}_next") for c in names]
        height = pl.col("row_bottom") - pl.col("row_top")
        height_next = pl.col("row_bottom_next") - pl.col("row_top_next")
        middle, middle_next = pl.col("row_x0") + pl.col("row_x1"), pl.col("row_x0_next") + pl.col("row_x1_next")
        is_line = pl.col("table_number").is_null() & pl.col("kind").is_null()
        is_preface = pl.col("first_key").str.contains(PREFACE)
        begins_title = (
            (pl.col("kind_next") == "title")
            & pl.col("table_number_next").is_null()
            & ((middle - middle_next).abs() < 4 * EDGE)
            & ((height - height_next).abs() < 0.15 * height_next)
            & (pl.col("row_top_next") - pl.col("row_bottom") < height_next)
            & (height_next > pl.col("line_height"))
        )
        above = pl.col("kind_next").is_in(["title", "title_start", "preface", "project", "other_title"])
        rows = (
            rows.with_columns(following)
            .with_columns(
                kind=pl.when(is_line & above & is_preface)
                .then(pl.lit("preface"))
                .when(is_line & begins_title)
                .then(pl.lit("title_start"))
                .otherwise("kind")
            )
            .select(pl.exclude("^.*_next$"))
        )
    goes_on = pl.col("kind").shift(1).over("document_id", "page_number").is_in(["title_start", "preface"])
    return rows.with_columns(block=(~goes_on.fill_null(False)).cum_sum()).with_columns(
        block_start=pl.col("row_index").min().over("block")
    )
