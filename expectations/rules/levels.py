"""Rules on the levels of indicators (section I of the rule book)."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from expectations.expressions import is_blank, listed
from expectations.rule import Example, Measure, Rule
from expectations.rules.authorities import MOF_2020, MOF_2021
from expectations.settings import RuleSettings

PARENTS: Final = {
    "quantity": ("output",),
    "quality": ("output",),
    "timeliness": ("output",),
    "cost": ("output", "cost"),
    "economic_benefit": ("benefit",),
    "social_benefit": ("benefit",),
    "ecological_benefit": ("benefit",),
    "sustainable_impact": ("benefit",),
    "satisfaction": ("satisfaction", "benefit"),
    "economic_cost": ("cost",),
    "social_cost": ("cost",),
    "ecological_cost": ("cost",),
}
"""Second level -> the first levels that it stands under; plain costs stood under output until 2021."""

_CHINESE: Final = {"output": "产出指标", "benefit": "效益指标", "satisfaction": "满意度指标", "cost": "成本指标"}
_level_1 = pl.col("level_1_type").cast(pl.String)
_level_2 = pl.col("level_2_type").cast(pl.String)
_bare_label = pl.col("level_1_label").str.replace_all(r"[\d.()（）\s分]", "")

_IN_BRACKETS: Final = r"[（(【\[][^（()）【】\[\]]*[)）】\]]"
_BESIDE_THE_NAME: Final = r"[（(]?[一二三四五六七八九十\d]+[）)]?[、.．:：]|[★☆*\s\d.分]"
_JOINED_BY_THE_FORM: Final = r"[、，,/／;；+\-—]|[和及与或]"
_BARE: Final = "数量|质量|时效|成本|产出|效益|满意度|经济效益|社会效益|生态效益|可持续影响|服务对象满意度"
_BARE_NAMES: Final = rf"^(?:{_BARE}){{2,}}$|^项目\S{{2,4}}项目\S{{2,4}}$"
_ONE_NAME: Final = r"^(?:产出(?:数量|质量|时效|成本|效益)|成本效益)$"


def _names_two(label: str) -> pl.Expr:
    """Whether a label says 指标 twice (数量指标质量指标, 数质量量指指标标) or names two levels without the word.

    A label that joins its names by a mark or a word is printed so, and one whose type is known is one name.
    """
    name = pl.col(label).str.replace_all(_IN_BRACKETS, "").str.replace_all(_BESIDE_THE_NAME, "")
    says_twice = name.str.contains("指.*指") & name.str.contains("标.*标")
    is_two = says_twice | (name.str.contains(_BARE_NAMES) & ~name.str.contains(_ONE_NAME))
    is_unknown = pl.col(label.replace("label", "type")).is_null()
    return (is_unknown & is_two & ~name.str.contains(_JOINED_BY_THE_FORM)).fill_null(False)


def _r70(_: RuleSettings) -> Measure:
    return Measure(
        not_applicable={
            "no_level_column": is_blank(_bare_label),
            "not_first_of_block": ~pl.col("is_first_of_block"),
        },
        broken=_level_1.is_null(),
        observed=pl.col("level_1_label"),
        expected=pl.lit("产出/效益/满意度/成本指标"),
    )


def _r71(_: RuleSettings) -> Measure:
    allowed = pl.lit(False)
    expected: Any = pl.when(pl.lit(False)).then(pl.lit(""))
    for level, parents in PARENTS.items():
        allowed = allowed | ((_level_2 == level) & _level_1.is_in(parents))
        expected = expected.when(_level_2 == level).then(pl.lit("/".join(_CHINESE[parent] for parent in parents)))
    return Measure(
        not_applicable={
            "level_unknown": _level_1.is_null() | _level_2.is_null(),
            "unusual_first_levels": _level_1.is_in(["decision", "management", "execution"]),
        },
        broken=~allowed,
        observed=pl.format("{}（{}）", pl.col("level_2_label"), pl.col("level_1_label")),
        expected=expected,
    )


def _r72(_: RuleSettings) -> Measure:
    no_output, no_benefit = pl.col("output_rows") == 0, pl.col("benefit_rows") == 0
    return Measure(
        not_applicable={
            "no_indicators": pl.col("indicator_rows") == 0,
            "no_level_column": ~pl.col("has_level_1"),
            "level_unknown": pl.col("level_1_unknown_rows") > 0,
            "unusual_first_levels": pl.col("unusual_level_rows") > 0,
        },
        broken=no_output | no_benefit,
        observed=listed([pl.when(no_output).then(pl.lit("产出指标")), pl.when(no_benefit).then(pl.lit("效益指标"))]),
        expected=pl.lit("产出指标、效益指标"),
    )


def _r103(_: RuleSettings) -> Measure:
    first, second = _names_two("level_1_label"), _names_two("level_2_label")
    return Measure(
        not_applicable={"no_level_column": is_blank(pl.col("level_1_label")) & is_blank(pl.col("level_2_label"))},
        broken=first | second,
        observed=listed([pl.when(first).then("level_1_label"), pl.when(second).then("level_2_label")]),
        expected=pl.lit("一个类别"),
    )


def _r104(_: RuleSettings) -> Measure:
    return Measure(
        not_applicable={"no_level_column": is_blank(pl.col("level_2_label"))},
        broken=pl.col("level_1_label").is_null(),
        observed=pl.col("level_2_label"),
        expected=pl.lit(""),
    )


RULES: Final = (
    Rule(
        id="R70",
        version=1,
        severity="warning",
        table="indicators",
        title_en="The first level is one of those in use: output, benefit, satisfaction, cost and local variants",
        title_zh="一级指标属于通行类别",
        source=f"{MOF_2020}; {MOF_2021}; published forms",
        why="An unknown first level cannot be counted with others; the list may have to grow. Points in the label "
        "(产出指标(50分)) do not matter.",
        why_zh="不在名录中的一级指标无法与其他表合计，名录可能需要补充。标注的分值（产出指标(50分)）不影响判定。",
        inputs=("indicators.level_1_label", "indicators.level_1_type"),
        place="level_1",
        measure=_r70,
        message_zh="一级指标“{observed}”不在通行类别（{expected}）中",
        message_en="the first level “{observed}” is not one of those in use ({expected})",
        examples=(
            Example("pass", {}),
            Example("fail", {"indicators": {1: {"level_1_label": "其他事项", "level_1_type": None}}}),
            Example("not_applicable", {"indicators": {"*": {"level_1_label": None, "level_1_type": None}}}),
        ),
    ),
    Rule(
        id="R71",
        version=1,
        severity="warning",
        table="indicators",
        title_en="The second level stands under the right first level",
        title_zh="二级指标归属的一级指标正确",
        source=f"{MOF_2021}; {MOF_2020}",
        why="A cost filed under benefit distorts the sums of both.",
        why_zh="成本指标归入效益指标，两边的合计都会失真。",
        inputs=("indicators.level_1_type", "indicators.level_2_type"),
        place="level_2",
        measure=_r71,
        message_zh="指标“{name}”的二级指标{observed}应归入{expected}",
        message_en="indicator “{name}”: {observed} should stand under {expected}",
        examples=(
            Example("pass", {}),
            Example("fail", {"indicators": {1: {"level_2_label": "经济成本指标", "level_2_type": "economic_cost"}}}),
            Example("not_applicable", {"indicators": {"*": {"level_2_label": None, "level_2_type": None}}}),
        ),
    ),
    Rule(
        id="R72",
        version=1,
        severity="warning",
        table="forms",
        title_en="A form has at least one output and one benefit indicator",
        title_zh="至少设置一个产出指标和一个效益指标",
        source=f"{MOF_2021}: 原则上每一项目均应设置产出指标和效益指标",
        why="Without a benefit the form does not say what the money was good for.",
        why_zh="没有效益指标，就看不出钱花得值不值。",
        inputs=("indicators.level_1_type",),
        place="title",
        measure=_r72,
        message_zh="缺少{observed}",
        message_en="missing: {observed} (a form has both output and benefit indicators)",
        examples=(
            Example("pass", {"indicators": {5: None}}),
            Example("fail", {"indicators": {4: None}}),
            Example("not_applicable", {"indicators": {"*": {"level_1_label": None, "level_1_type": None}}}),
        ),
    ),
    Rule(
        id="R103",
        version=1,
        severity="critical",
        table="indicators",
        title_en="The label of a level names one level",
        title_zh="指标类别栏每格只有一个类别",
        source="own rule; template of the ministry",
        why="Two names in one label are two cells that the reader took for one. Which rows stand under which level is "
        "then unknown, and rows beside them may be joined in the same way. A label that joins its names itself "
        "(经济效益、社会效益指标) is printed so.",
        why_zh="一格中有两个类别名称，说明相邻两格被并读，指标行归属不明，同行的数字也可能被并读。"
        "表中自行并列的（经济效益、社会效益指标）不在此列。",
        inputs=(
            "indicators.level_1_label",
            "indicators.level_1_type",
            "indicators.level_2_label",
            "indicators.level_2_type",
        ),
        place="level_2",
        measure=_r103,
        message_zh="指标“{name}”的类别“{observed}”含有两个类别名称",
        message_en="indicator “{name}”: the level “{observed}” holds two names",
        examples=(
            Example("pass", {}),
            Example("fail", {"indicators": {1: {"level_2_label": "数量指标质量指标", "level_2_type": None}}}),
            Example("not_applicable", {"indicators": {"*": {"level_1_label": None, "level_2_label": None}}}),
        ),
    ),
    Rule(
        id="R104",
        version=1,
        severity="warning",
        table="indicators",
        title_en="An indicator with a second level has a first level",
        title_zh="有二级指标的，应有一级指标",
        source="template of the ministry",
        why="Second levels stand under first ones. Where the first is missing, its column was not read, or the form "
        "left it out.",
        why_zh="二级指标归属于一级指标。缺一级指标的，或是该栏未读出，或是表中漏填。",
        inputs=("indicators.level_1_label", "indicators.level_2_label"),
        place="level_2",
        measure=_r104,
        message_zh="指标“{name}”有二级指标“{observed}”，没有一级指标",
        message_en="indicator “{name}” has the second level “{observed}”, but no first level",
        examples=(
            Example("pass", {}),
            Example("fail", {"indicators": {1: {"level_1_label": None, "level_1_type": None}}}),
            Example("not_applicable", {"indicators": {"*": {"level_2_label": None, "level_2_type": None}}}),
        ),
    ),
)
