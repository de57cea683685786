"""The frames that the rules measure: each table with what its rules need to know of the rest of the form."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import polars as pl

from expectations.expressions import decimals, is_blank
from expectations.frames import certainty
from expectations.frames import funding as funding_frame
from expectations.frames.goals import missed_targets, money_in_texts
from expectations.frames.narrative import contradictions
from expectations.rule import Table
from expectations.settings import RuleSettings
from warehouse.contract.vocabulary import AMOUNTS

POOLED: Final = r"整合|统筹"
METHOD: Final = r"计算方法|评分标准|评分方法|评分细则|评分规则|计分|赋分|评价标准|评分依据|得分说明"
"""Headers of a column that says how a score comes about."""

BANDS: Final = (
    r"按?区间|分档|分段|分级赋分|档次|执行率[^，。；]{0,12}(?:以上|≥|>=|达到|不低于)[^，。；]{0,14}(?:满分|得\s*\d)"
)
"""Words that say that budget execution is scored by bands, not by proportion."""

BONUS: Final = r"加分|附加分|附加项|奖励分|奖励项"
EXECUTION: Final = (
    r"^[★☆]*(?:指标)?[0-9一二三四五六]*[.、:：]?"
    r"(?:(?:项目|部门)?预算(?:资金)?(?:执行|完成)(?:率|情况|进度)?|(?:项目)?资金(?:执行|支出|支付)(?:率|进度))$"
)
"""Names of an indicator that is the execution of the budget."""

DEDUCTION: Final = r"扣分|减分"
EMPTY_REASON: Final = (
    r"^(?:已|均已|全部|基本|按时|按期|如期|按计划|均|已按时|已按期|已全部)*(?:完成|达成|达标|落实|实现)"
    r"(?:年度|预期|全年)?(?:目标|指标|任务|绩效目标|计划)?了?$"
    r"|^(?:正常|一切正常|执行正常|完成正常|正常完成|良好|完成良好|符合|符合要求|达到预期|达到预期目标|按要求完成|完成较好|完成情况较好|同上|见上|略)$"
    r"|^(?:无|没有|不存在|未发生|未出现|未产生)(?:明显|较大|重大)?(?:的)?(?:偏差|差异|偏离|问题)(?:情况|原因)?$"
    r"|^偏差(?:率|值)?(?:为)?(?:0|零)%?$"
    r"|^(?:无偏差|没有偏差|无|暂无)?(?:暂)?(?:无需|不需要?|暂无|没有|无)(?:要)?(?:整改|改进|说明|填写|解释|原因|措施|意见|情况|改进措施|整改措施)+$"
    r"|^(?:客观|主观|其他|其它|各种|多种|特殊|自身|历史)(?:原因|因素)$|^(?:因|由于)?未(?:完成|达标|达到|实现)(?:目标|指标)?$"
    r"|^[-—－–_/\\、]+$"
)
"""Notes beside a row that give no reason (rule R50): 无偏差, 已完成, 正常, 无需整改, 客观原因."""

SHARES_SUM: Final = (Decimal("0.985"), Decimal("1.015"))
"""Weights that sum to about one are printed as shares of one."""


def unread(value: pl.Expr, reason: pl.Expr) -> pl.Expr:
    """Tell whether a cell holds something that could not be read; a value that a correction withholds is not one."""
    return value.is_null() & (reason.fill_null("blank") != "blank")


def _unread(name: str, reason: str) -> pl.Expr:
    return unread(pl.col(name), pl.col(reason))


def gives_reason(text: pl.Expr) -> pl.Expr:
    """Tell whether a note gives a reason: it is not blank, and does not only say that all is well.

    Example:
        >>> notes = pl.DataFrame({"t": ["无", "无偏差", "已完成。", "无需整改", "雨季施工推迟", None]})
        >>> notes.select(gives_reason(pl.col("t")))["t"].to_list()
        [False, False, False, False, True, False]
    """
    plain = text.str.replace_all(r"[\s。．.，,；;！!（）()]", "")
    return is_blank(text).not_() & ~plain.str.contains(EMPTY_REASON).fill_null(False) & (plain != "").fill_null(False)


def _labels() -> pl.Expr:
    names = ("level_1_label", "level_2_label", "indicator_name")
    return pl.concat_str(*names, separator=" ", ignore_nulls=True)


def _points_of_indicators(indicators: pl.DataFrame) -> pl.DataFrame:
    """Return what the forms' indicators add up to, one row for each form that has any."""
    weight, score = pl.col("weight_points"), pl.col("score_points")
    return indicators.group_by("form_id").agg(
        pl.len().alias("indicator_rows"),
        pl.col("weight_text").is_not_null().any().alias("has_weight_column"),
        pl.col("score_text").is_not_null().any().alias("has_score_column"),
        pl.col("deviation_text").is_not_null().any().alias("has_reason_column"),
        weight.sum().alias("indicator_weights"),
        score.sum().alias("indicator_scores"),
        weight.is_not_null().sum().alias("weights_read"),
        score.is_not_null().sum().alias("scores_read"),
        _unread("weight_points", "weight_reason").sum().alias("weights_unread"),
        _unread("score_points", "score_reason").sum().alias("scores_unread"),
        *_blanks(weight, score),
        *(
            points.filter(pl.col("is_bonus")).sum().alias(f"bonus_{name}")
            for name, points in (("weights", weight), ("scores", score))
        ),
        (pl.col("is_execution") & (weight > 0)).any().alias("has_execution_indicator"),
        decimals(pl.col("score_text").filter(score.is_not_null())).max().alias("score_decimals"),
        *(
            weight.filter(pl.col("level_1_type") == level).sum().alias(f"{level}_weights")
            for level in ("output", "benefit", "satisfaction", "cost")
        ),
        *(
            (pl.col("level_1_type") == level).sum().alias(f"{level}_rows")
            for level in ("output", "benefit", "satisfaction", "cost")
        ),
        pl.col("level_1_type").is_null().sum().alias("level_1_unknown_rows"),
        pl.col("level_1_type").is_in(["decision", "management", "execution"]).sum().alias("unusual_level_rows"),
        pl.col("level_1_label").is_not_null().any().alias("has_level_1"),
        pl.col("level_2_label").is_not_null().any().alias("has_level_2"),
        pl.col("target_date").filter(~_over_years()).dt.year().min().alias("target_year_first"),
        pl.col("target_date").filter(~_over_years()).dt.year().max().alias("target_year_last"),
        pl.col("actual_date").filter(_before_its_year()).dt.year().min().alias("actual_year_before"),
    )


def _before_its_year() -> pl.Expr:
    """Tell whether something was done in a year before the one of its deadline, which is the form's."""
    done, until = pl.col("actual_date").dt.year(), pl.col("target_date").dt.year()
    return (done < until) & (until == pl.col("fiscal_year")) & ~_over_years()


def _over_years() -> pl.Expr:
    """Tell whether a target runs from one year to another (2022年6月-2024年6月): its end is not a slip of the year."""
    years = r"((?:19|20)\d\d)[^;；。,，]{0,8}?[-—–~～至到]+\s*((?:19|20)\d\d)"
    span = pl.col("target_text").str.extract_groups(years).struct
    return (span.field("1") != span.field("2")).fill_null(False)


def _blanks(weight: pl.Expr, score: pl.Expr) -> list[pl.Expr]:
    """Return how much the blank weights and scores of a form could hold: a score at most its weight, a weight at least
    its score. Rows that say 其中 and carry neither are parts of the row above them.
    """
    is_part = pl.col("plain_name").str.contains("^其中").fill_null(False) & score.is_null()
    no_weight = weight.is_null() & pl.col("weight_text").is_not_null() & ~is_part
    no_score = score.is_null()
    return [
        (no_weight & ~(pl.col("is_bonus") & score.is_not_null())).sum().alias("weights_blank"),
        score.filter(no_weight & ~pl.col("is_bonus")).sum().alias("weights_blank_least"),
        (no_score & (weight > 0)).sum().alias("scores_blank"),
        weight.filter(no_score & (weight > 0)).sum().alias("scores_blank_most"),
        (no_score & pl.col("score_text").is_not_null() & pl.col("weight_text").is_null())
        .sum()
        .alias("scores_blank_unweighted"),
    ]


def _weight_scale(tables: Mapping[str, pl.DataFrame], lines: pl.DataFrame) -> pl.DataFrame:
    """Return the forms that print their weights as shares of one (0.2 for 20 points), one row for each: `form_id`.

    All weights together, or those of the indicators alone, sum to one, none of them exceeds one, and a printed total
    is one or 100.
    """
    low, high = (pl.lit(bound, pl.Decimal(38, 4)) for bound in SHARES_SUM)
    rows = (
        tables["indicators"]
        .group_by("form_id")
        .agg(
            pl.col("weight_points").sum().cast(pl.Decimal(38, 4)).alias("rows"),
            pl.col("weight_points").max().alias("most"),
            pl.col("weight_points").count().alias("count"),
        )
    )
    execution = lines.filter("is_total").select("form_id", pl.col("weight_points").alias("execution"))
    whole = pl.col("rows") + pl.col("unnamed_weight_points").fill_null(0)
    both = whole + pl.col("execution").fill_null(0)
    total = pl.col("total_weight_points")
    return (
        tables["forms"]
        .select("form_id", "total_weight_points", "unnamed_weight_points")
        .join(rows, on="form_id")
        .join(execution, on="form_id", how="left")
        .filter(
            (pl.col("most") <= 1)
            & (pl.col("count") > 1)
            & (both.is_between(low, high) | whole.is_between(low, high))
            & (total.is_null() | total.is_between(low, high) | (total == 100))
        )
        .select("form_id")
    )


def _in_points(frame: pl.DataFrame, shares: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    """Return a frame with the weights of forms that print shares of one as points of a hundred."""
    if shares.is_empty():
        return frame
    is_share = pl.col("form_id").is_in(shares["form_id"].implode())
    scaled = (
        pl.when(is_share & (pl.col(name) <= 1)).then((pl.col(name) * 100).cast(frame.schema[name])).otherwise(name)
        for name in columns
    )
    return frame.with_columns(expression.alias(name) for expression, name in zip(scaled, columns, strict=True))


def _methods(leftovers: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Return what forms print beside the published columns: one row for each form with leftovers or reasons."""
    label, text = pl.col("label").fill_null(""), pl.col("printed_text")
    printed = leftovers.group_by("form_id").agg(
        pl.col("label").str.contains(POOLED).fill_null(False).any().alias("has_pooled_column"),
        label.str.contains(METHOD).any().alias("has_scoring_method"),
        (text.str.contains("执行|预算") & text.str.contains(BANDS)).any().alias("says_bands"),
    )
    notes = lines.group_by("form_id").agg(
        pl.col("deviation_text").str.contains(BANDS).fill_null(False).any().alias("notes_bands")
    )
    return printed.join(notes, on="form_id", how="full", coalesce=True).select(
        "form_id",
        pl.col("has_pooled_column").fill_null(False),
        pl.col("has_scoring_method").fill_null(False),
        (pl.col("says_bands").fill_null(False) | pl.col("notes_bands").fill_null(False)).alias("has_execution_bands"),
    )


def _blocks() -> list[pl.Expr]:
    """Return what the rows under one first-level and one second-level label add up to, on each of them.

    A second-level label counts on its own under each first level.
    """
    weight, score = pl.col("weight_points"), pl.col("score_points")
    levels = {"block": ["form_id", "level_1_label"], "sub_block": ["form_id", "level_1_label", "level_2_label"]}
    found = []
    for name, keys in levels.items():
        found += [
            weight.sum().over(keys).alias(f"{name}_weights"),
            weight.is_not_null().sum().over(keys).alias(f"{name}_weights_read"),
            _unread("weight_points", "weight_reason").sum().over(keys).alias(f"{name}_weights_unread"),
            (pl.col("indicator_number") == pl.col("indicator_number").min().over(keys)).alias(f"is_first_of_{name}"),
        ]
    block = levels["block"]
    return [
        *found,
        score.sum().over(block).alias("block_scores"),
        _unread("score_points", "score_reason").sum().over(block).alias("block_scores_unread"),
    ]


_FALSE_WITHOUT_ROWS: Final = (
    "is_recognised",
    "names_money",
    "has_pooled_column",
    "has_scoring_method",
    "has_execution_bands",
    "has_execution_indicator",
    "has_weight_column",
    "has_score_column",
    "has_reason_column",
    "has_annual_column",
    "has_initial_column",
    "has_rate_column",
    "has_execution_weight_column",
    "has_execution_score_column",
    "has_funding_reason_column",
    "funding_reason_given",
)
"""Flags of a form that are false where it has no rows to tell them from."""

_ABOUT_FORM: Final = (
    "document_id",
    "template",
    "title",
    "department",
    "implementing_unit",
    "currency_unit",
    "has_weight_column",
    "has_score_column",
    "has_reason_column",
    "has_annual_column",
    "has_scoring_method",
    "score_decimals",
    "execution_weight_points",
    "unnamed_weight_points",
    "unnamed_score_points",
)
"""What lines and indicators take from their form."""


def prepare(tables: Mapping[str, pl.DataFrame], settings: RuleSettings) -> dict[Table, pl.DataFrame]:
    """Return the three frames that the rules measure.

    Same rows as the tables `forms`, `funding` and `indicators`, none dropped, in the order of their keys. To the
    columns of the contract come: to each form what its funding lines and indicators add up to; to each line and
    indicator its form's document, template, unit and the like. Rows whose form is not in `forms` are an error of the
    caller, they would have no document.

    Raises:
        ValueError: A line or an indicator belongs to no form of `forms`.
    """
    forms, indicators = tables["forms"], tables["indicators"]
    for name in ("funding", "indicators"):
        strangers = tables[name].join(forms, on="form_id", how="anti").height
        if strangers:
            raise ValueError(f"{strangers} rows of {name} belong to no form: give the forms of the same documents")
    lines = funding_frame.marked_lines(tables["funding"], forms.select("form_id", "currency_unit"))
    shares = _weight_scale(tables, lines)
    lines = _in_points(lines, shares, ("weight_points",))
    forms = _in_points(forms, shares, ("execution_weight_points", "total_weight_points", "unnamed_weight_points"))
    indicators = _described(_in_points(indicators, shares, ("weight_points",)))
    form = _of_forms(forms, lines, indicators, tables, settings)
    about_form = form.select("form_id", *_ABOUT_FORM)
    return {
        "forms": form,
        "funding": lines.join(about_form.drop("currency_unit"), on="form_id", how="left", maintain_order="left")
        .join(form.select("form_id", *(f"{name}_parts" for name in AMOUNTS)), on="form_id", how="left")
        .sort("funding_id"),
        "indicators": indicators.join(about_form, on="form_id", how="left")
        .join(_marked(contradictions(forms, indicators, settings), "is_spoken_of"), on="indicator_id", how="left")
        .join(_marked(missed_targets(forms, indicators), "is_goal_of"), on="indicator_id", how="left")
        .with_columns(
            pl.col("is_goal_of").fill_null(False),
            # the actual written once more does not give a reason
            (
                gives_reason(pl.col("deviation_text"))
                & (pl.col("deviation_text") != pl.col("actual_text")).fill_null(True)
            ).alias("has_reason"),
            pl.col("is_spoken_of").fill_null(False),
            *_blocks(),
        )
        .sort("indicator_id"),
    }


def _described(indicators: pl.DataFrame) -> pl.DataFrame:
    """Add to indicators what their names and labels say: `is_bonus`, `plain_name`, `is_deduction`, `is_execution`."""
    name = pl.col("indicator_name").str.replace_all(r"\s", "")
    is_execution = (pl.col("level_1_type").cast(pl.String) == "execution").fill_null(False)
    return indicators.with_columns(
        _labels().str.contains(BONUS).alias("is_bonus"),
        name.str.replace(r"^[★☆]*(?:指标)?\d*[:：.、]?", "").alias("plain_name"),
        _labels().str.contains(DEDUCTION).alias("is_deduction"),
        (is_execution | name.str.contains(EXECUTION).fill_null(False)).alias("is_execution"),
    )


def _of_forms(
    forms: pl.DataFrame,
    lines: pl.DataFrame,
    indicators: pl.DataFrame,
    tables: Mapping[str, pl.DataFrame],
    settings: RuleSettings,
) -> pl.DataFrame:
    """Add to forms what their parts add up to and hold; `base_`: the annual budget, else the initial one."""
    return (
        forms.join(_points_of_indicators(indicators), on="form_id", how="left")
        .join(funding_frame.of_forms(lines, settings), on="form_id", how="left")
        .join(_methods(tables["leftovers"], lines), on="form_id", how="left")
        .join(certainty.of_forms(tables["evidence"], settings), on="form_id", how="left")
        .join(_printed_ratings(tables["evidence"]), on="form_id", how="left")
        .join(_marked(money_in_texts(forms, lines, indicators), "names_money"), on="form_id", how="left")
        .with_columns(
            *(pl.col(name).fill_null(False) for name in _FALSE_WITHOUT_ROWS),
            pl.col("funding_lines").fill_null(0),
            pl.col("indicator_rows").fill_null(0),
        )
        .with_columns(
            *(
                pl.when("has_annual_column").then(pl.col(annual)).otherwise(pl.col(initial)).alias(f"base_{suffix}")
                for suffix, annual, initial in (
                    ("cny", "annual_budget_cny", "initial_budget_cny"),
                    ("text", "total_annual_budget_text", "total_initial_budget_text"),
                    ("reason", "total_annual_budget_reason", "total_initial_budget_reason"),
                )
            )
        )
        .sort("form_id")
    )


def _printed_ratings(evidence: pl.DataFrame) -> pl.DataFrame:
    """Return for each form with a cell for its rating: form_id, rating_text as printed, be an option chosen or not."""
    ratings = evidence.filter(pl.col("table_name") == "forms", pl.col("column_name") == "rating")
    return ratings.sort("form_id", "part_number").group_by("form_id").agg(rating_text=pl.col("printed_text").str.join())


def _marked(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Mark rows with a flag, which the rows that they are joined to lack."""
    return rows.with_columns(pl.lit(True).alias(name))
