"""Rules on the cells a form must hold (section I of the rule book)."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from expectations.expressions import any_of, is_blank, lacks_unit, listed, number
from expectations.rule import Example, Measure, Rule
from expectations.settings import RuleSettings

WITHOUT_PROJECT: Final = r"^(transfer|whole|flat)"
"""Templates that have no cell for a project: a transfer to a region, a whole department."""

UNFILLED: Final = (
    r"\*\*|……|\.{4,}|…$|[×xX]{3,}|[≥≤>＞<＜=＝]\s*[×xX_＿○〇△□]{2,}|^[×xX○〇△□]{2,}|字以内"
    r"|_{3,}|^\s*[_＿]{2,}|＿{2,}|对照年度目标"
)
"""Text that the empty template prints and the author should have replaced."""

STUB: Final = r"^[★☆]*指标\s*\d*\s*[:：.、]?\s*[/\-—]*$"
"""A name that is only the template's numbering: 指标2:"""


def is_unfilled(text: pl.Expr) -> pl.Expr:
    """Tell whether a text still holds what the empty template prints.

    Example:
        >>> texts = pl.DataFrame({"t": ["(≥**人)", "指标2：", "发放补贴12次", None]})
        >>> texts.select(is_unfilled(pl.col("t")))["t"].to_list()
        [True, True, False, False]
    """
    return text.str.contains(UNFILLED).fill_null(False) | text.str.contains(STUB).fill_null(False)


EXAMPLE: Final = r"(?:示例|范例|样例|填写举例|填报举例)[)）】\]]?$"
"""The title of a form that shows how one is filled in."""

STAND_IN: Final = r"^[（(【\[]请?(?:填写|填列|填报|输入)|^某某|^[×xXＸ○〇]{2,}"
"""A name that stands in for the one that is to be filled in: （填写项目全称）, 某某单位, XX项目."""


def _unnamed(text: pl.Expr) -> pl.Expr:
    return is_blank(text) | text.str.contains(STAND_IN).fill_null(False)


def _empty(text: pl.Expr) -> pl.Expr:
    return text.str.strip_chars().is_in(["", "-", "－", "—", "——", "/", "\\"]).fill_null(False)


_no_money = (pl.col("funding_lines") == 0) & ~pl.col("has_execution_indicator")
"""The form has no funding block, and no weight of budget execution that would need one."""


def _r73(_: RuleSettings) -> Measure:
    missing = {
        "项目名称": (is_blank(pl.col("project_name")) & ~pl.col("template").str.contains(WITHOUT_PROJECT))
        | pl.col("project_name").str.contains(STAND_IN).fill_null(False)
        | pl.col("title").str.contains(EXAMPLE).fill_null(False),
        "实施单位": _unnamed(pl.col("implementing_unit")) & _unnamed(pl.col("department")),
        "年度": pl.col("fiscal_year").is_null(),
        "预算数": pl.col("base_cny").is_null() & ~_no_money & ~lacks_unit("base_reason"),
        "执行数": pl.col("executed_cny").is_null() & ~_no_money & ~lacks_unit("total_executed_reason"),
    }
    return Measure(
        broken=any_of(list(missing.values())),
        observed=listed([pl.when(gone).then(pl.lit(label)) for label, gone in missing.items()]),
        expected=pl.lit("、".join(missing)),
    )


def _r86(_: RuleSettings) -> Measure:
    return Measure(
        broken=pl.col("indicator_rows") == 0,
        observed=number(pl.col("indicator_rows")),
        expected=pl.lit("1"),
    )


def _r87(_: RuleSettings) -> Measure:
    return Measure(broken=_no_money, observed=pl.lit("0"), expected=pl.lit("1"))


def _r74(_: RuleSettings) -> Measure:
    cells = [pl.col(name) for name in ("indicator_name", "target_text", "actual_text", "deviation_text")]
    return Measure(
        broken=any_of([is_unfilled(cell) for cell in cells]),
        observed=listed([pl.when(is_unfilled(cell)).then(cell) for cell in cells]),
        expected=pl.lit(""),
    )


def _r78(_: RuleSettings) -> Measure:
    name = pl.col("indicator_name").str.replace_all(r"\s", "")
    return Measure(
        not_applicable={"no_execution_weight": (pl.col("execution_weight_points").fill_null(0) == 0)},
        broken=name.str.contains(
            r"预算(资金)?执行(进度|率)|资金执行率|资金支付(完成|进度)?率|预算完成率|支出进度"
        ).fill_null(False),
        observed=pl.col("indicator_name"),
        expected=pl.lit(""),
    )


def _r95(_: RuleSettings) -> Measure:
    target, actual = pl.col("target_text"), pl.col("actual_text")
    return Measure(
        not_applicable={
            "not_scored": pl.col("score_points").is_null(),
            "target_blank": target.is_null() & actual.is_null(),
        },
        broken=_empty(target) | _empty(actual),
        observed=pl.format("{} / {}", target.fill_null(""), actual.fill_null("")),
        expected=pl.lit("指标值 / 完成值"),
    )


def _r96(_: RuleSettings) -> Measure:
    return Measure(
        broken=pl.col("unnamed_row_count") > 0,
        observed=number(pl.col("unnamed_row_count")),
        expected=pl.lit("0"),
    )


def _r97(_: RuleSettings) -> Measure:
    return Measure(
        broken=pl.col("unknown_columns").is_not_null(),
        observed=pl.col("unknown_columns"),
        expected=pl.lit("已知的栏目"),
    )


def _first(**row: Any) -> dict[str, Any]:
    return {"indicators": {1: row}}


RULES: Final = (
    Rule(
        id="R73",
        version=4,
        severity="critical",
        table="forms",
        title_en="The key cells are filled: project, unit or department, year, budget and executed of the total line",
        title_zh="项目名称、单位、年度、预算数合计和执行数合计均已填写",
        source="template of the ministry",
        why="Without them nobody can say whose money it was. Forms without a cell for a project (transfers to regions, "
        "whole departments) need none; a form without any funding block needs no amounts (R87), unless it "
        "weighs execution. A name that stands in for another (XX项目, （填写项目全称）), or a title that "
        "says 填写示例, is that of an example, whose figures are nobody's.",
        why_zh="缺了这些，就说不清是谁的钱。占位的名称（XX项目、（填写项目全称））和标题注明填写示例的表是样例，数字不是任何单位的。没有项目名称栏的表（区域转移支付、部门整体）不要求项目名称；"
        "没有资金栏且预算执行不计分的表不要求金额（由 R87 提醒）。",
        inputs=(
            "forms.project_name",
            "forms.implementing_unit",
            "forms.department",
            "forms.fiscal_year",
            "forms.title",
            "forms.*_cny",
        ),
        place="project_name",
        measure=_r73,
        message_zh="缺少必填项：{observed}",
        message_en="required cells are missing: {observed}",
        examples=(
            Example("pass", {"forms": {"template": "transfer_unscored", "project_name": None}}),
            Example("fail", {"forms": {"project_name": ""}}),
        ),
    ),
    Rule(
        id="R86",
        version=2,
        severity="critical",
        table="forms",
        title_en="A form has indicators",
        title_zh="表中至少有一个指标",
        source="template of the ministry",
        why="Without indicators nothing is evaluated; most likely they could not be read. Rows without a name are kept "
        "among the leftovers (R96) and are not indicators.",
        why_zh="没有指标就谈不上自评，多半是未能识别。没有名称的行另存一处（见 R96），不算指标。",
        inputs=("forms.indicator_count",),
        place="title",
        measure=_r86,
        message_zh="表中没有指标",
        message_en="the form has no indicators",
        examples=(
            Example("pass", {}),
            Example("fail", {"indicators": {"*": None}, "forms": {"unnamed_row_count": 8}}),
        ),
    ),
    Rule(
        id="R87",
        version=1,
        severity="warning",
        table="forms",
        title_en="A form has a funding block",
        title_zh="表中有资金栏",
        source="template of the ministry",
        why="Without it nobody can say how much money was spent. Where budget execution is weighed, R73 holds the form "
        "back.",
        why_zh="没有资金栏，看不出花了多少钱。预算执行计分的，由 R73 判为暂不发布。",
        inputs=("funding.funding_id",),
        place="title",
        measure=_r87,
        message_zh="表中没有资金栏",
        message_en="the form has no funding block",
        examples=(
            Example("pass", {}),
            Example("fail", {"funding": {"*": None}}),
        ),
    ),
    Rule(
        id="R74",
        version=3,
        severity="warning",
        table="indicators",
        title_en="No text of the empty template is left: **, ……, 指标2:, (100字以内)",
        title_zh="没有遗留模板文字（**、……、指标2:、100字以内）",
        source="published forms",
        why="A placeholder says nothing; the row was not filled.",
        why_zh="占位文字不是内容，该行没有填写。",
        inputs=(
            "indicators.indicator_name",
            "indicators.target_text",
            "indicators.actual_text",
            "indicators.deviation_text",
        ),
        place="indicator_name",
        measure=_r74,
        message_zh="遗留模板文字：{observed}",
        message_en="text of the empty template is left: {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", _first(indicator_name="补助人数(≥**人)")),
        ),
    ),
    Rule(
        id="R78",
        version=1,
        severity="info",
        table="indicators",
        title_en="The execution rate is not scored a second time as an indicator",
        title_zh="预算执行率不重复设为指标",
        source="own rule",
        why="It has a row of its own; as an indicator it counts twice.",
        why_zh="预算执行率另有一行，再设为指标就重复计分。",
        inputs=("indicators.indicator_name", "forms.execution_weight_points"),
        place="indicator_name",
        measure=_r78,
        message_zh="指标“{name}”与预算执行率重复",
        message_en="indicator “{name}” repeats the execution rate",
        examples=(
            Example("pass", {}),
            Example("fail", _first(indicator_name="预算资金执行率")),
            Example("not_applicable", {"funding": {1: {"weight": None}}}),
        ),
    ),
    Rule(
        id="R95",
        version=1,
        severity="warning",
        table="indicators",
        title_en="A scored row has a target and an actual",
        title_zh="有得分的指标填写了指标值和完成值",
        source="template of the ministry",
        why="A score without target or actual cannot be followed.",
        why_zh="只有得分，没有指标值或完成值，无法核对。",
        inputs=("indicators.target_text", "indicators.actual_text", "indicators.score_points"),
        place="target",
        measure=_r95,
        message_zh="指标“{name}”有得分，但指标值或完成值未填",
        message_en="indicator “{name}” is scored, but its target or actual is blank",
        examples=(
            Example("pass", {}),
            Example("fail", _first(actual="")),
            Example("not_applicable", {"indicators": {"*": {"score": None}}}),
        ),
    ),
    Rule(
        id="R96",
        version=1,
        severity="warning",
        table="forms",
        title_en="Every row with a target, an actual, a weight or a score has a name",
        title_zh="填有数值的指标行都有名称",
        source="template of the ministry",
        why="A row without a name says nothing; it is kept among the leftovers and its points count in the sums.",
        why_zh="没有名称的行说明不了什么；它另存一处，分值和得分仍计入合计。",
        inputs=("forms.unnamed_row_count",),
        place="title",
        measure=_r96,
        message_zh="有 {observed} 行指标未填名称",
        message_en="{observed} rows have no name",
        examples=(
            Example("pass", {}),
            Example("fail", {"forms": {"unnamed_row_count": 2}}),
        ),
    ),
    Rule(
        id="R97",
        version=1,
        severity="warning",
        table="forms",
        title_en="Every column that holds something has a header that is known",
        title_zh="有内容的栏目名称均可识别",
        source="vocabulary of labels",
        why="What stands under an unknown header is kept among the leftovers, and is in no published column.",
        why_zh="栏目名称无法识别时，其内容另存一处，不进入任何发布的字段。",
        inputs=("forms.unknown_columns",),
        place="title",
        measure=_r97,
        message_zh="栏目“{observed}”无法识别",
        message_en="the column “{observed}” is not known",
        examples=(
            Example("pass", {}),
            Example("fail", {"forms": {"unknown_columns": "神秘的一栏"}}),
        ),
    ),
)
