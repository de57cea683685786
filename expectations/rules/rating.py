"""Rules on the rating (section G of the rule book)."""

from __future__ import annotations

from typing import Final

import polars as pl

from expectations.expressions import is_blank, number
from expectations.rule import Example, Measure, Rule
from expectations.rules.authorities import MOF_2020, PRINTED_NOTES
from expectations.settings import RuleSettings

_score = pl.col("total_score_points")
_printed = (
    pl.col("rating").str.replace_all(r"\s", "").str.extract(r"^[“\"]?([优良中差])[”\"]?(?:[（(【].*|等级?|级)?$", 1)
)
_due = (
    pl.when(_score >= 90)
    .then(pl.lit("优"))
    .when(_score >= 80)
    .then(pl.lit("良"))
    .when(_score >= 60)
    .then(pl.lit("中"))
    .otherwise(pl.lit("差"))
)
_NO_SCORE: Final = {
    "total_score_not_printed": _score.is_null() & is_blank(pl.col("total_score_text")),
    "total_score_not_read": _score.is_null(),
}


def _r60(_: RuleSettings) -> Measure:
    return Measure(
        not_applicable=_NO_SCORE,
        broken=(_score < 0) | (_score > 100),
        observed=number(_score),
        expected=pl.lit("0–100"),
    )


def _r61(_: RuleSettings) -> Measure:
    return Measure(
        not_applicable={"rating_not_printed": is_blank(pl.col("rating"))}
        | _NO_SCORE
        | {"local_rating_words": _printed.is_null()},
        broken=_printed != _due,
        observed=_printed,
        expected=_due,
    )


def _r105(_: RuleSettings) -> Measure:
    return Measure(
        not_applicable={"rating_not_printed": is_blank(pl.col("rating_text"))},
        broken=pl.col("rating").is_null(),
        observed=pl.col("rating_text").str.replace_all(r"\s+", " "),
        expected=pl.lit("一项"),
    )


def _options(printed: str) -> list[dict[str, str]]:
    return [{"column_name": "rating", "printed_text": printed}]


RULES: Final = (
    Rule(
        id="R60",
        version=1,
        severity="warning",
        table="forms",
        title_en="The total score lies between 0 and 100, where the four ratings are defined",
        title_zh="自评总分在 0 至 100 之间",
        source=f"{MOF_2020}; {PRINTED_NOTES}: 优(90-100) 良(80-89) 中(60-79) 差(0-59)",
        why="90 to 100 is 优, 80 to below 90 良, 60 to below 80 中, below 60 差; outside no rating exists.",
        why_zh="90 至 100 为优，80 至 90 以下为良，60 至 80 以下为中，60 以下为差；此外没有等级。",
        inputs=("forms.total_score_points",),
        place="total_score",
        measure=_r60,
        message_zh="自评总分应在 {expected} 之间，表中为 {observed}",
        message_en="the total score should lie within {expected}; the form says {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"forms": {"total_score": "101.00"}}),
            Example("not_applicable", {"forms": {"total_score": None}}),
        ),
    ),
    Rule(
        id="R61",
        version=1,
        severity="warning",
        table="forms",
        title_en="The printed rating is the one that the printed total score gives",
        title_zh="评分等级与自评总分相符",
        source=f"{MOF_2020}; {PRINTED_NOTES}",
        why="Rating and score are published together; other words (优秀, 合格) are local and not judged (R62).",
        why_zh="等级与得分一同公布；“优秀”“合格”等为地方用语，不判（R62）。",
        inputs=("forms.rating", "forms.total_score_points"),
        place="rating",
        measure=_r61,
        message_zh="按自评总分，评分等级应为“{expected}”，表中为“{observed}”",
        message_en="by the total score the rating should be “{expected}”; the form says “{observed}”",
        examples=(
            Example("pass", {}),
            Example("fail", {"forms": {"rating": "良"}}),
            Example("not_applicable", {"forms": {"rating": "优秀"}}),
        ),
    ),
    Rule(
        id="R105",
        version=1,
        severity="warning",
        table="forms",
        title_en="Of the options for the rating exactly one is marked",
        title_zh="评分等级的选项恰好勾选一项",
        source="templates of published forms",
        why="Where none or several of the printed options are marked, the rating is not known and stays null.",
        why_zh="印出的等级选项未勾选或多选的，等级不明，留作空值。",
        inputs=("forms.rating", "evidence.printed_text"),
        place="rating",
        measure=_r105,
        message_zh="评分等级“{observed}”未勾选或多选，等级不明",
        message_en="of the options for the rating none or several are marked: “{observed}”",
        examples=(
            Example("pass", {"evidence": _options("☑优 □良 □中 □差")}),
            Example("fail", {"forms": {"rating": None}, "evidence": _options("□优 □良 □中 □差")}),
            Example("not_applicable", {"forms": {"rating": None}}),
        ),
    ),
)
