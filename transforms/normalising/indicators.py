"""The table `indicators`: target and actual read, brought to the base unit and compared."""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.normalising.attainment import assumed_operator, compare, is_cost, name_directions
from transforms.normalising.dates import deadline
from transforms.normalising.folding import fold, is_blank
from transforms.normalising.levels import level_types, types_of_one_column
from transforms.normalising.money import parse_points
from transforms.normalising.numbers import CHINESE
from transforms.normalising.operators import operator_words
from transforms.normalising.value_grammar import DEGREE_CODES
from transforms.normalising.values import VALUE_SCHEMA, parse_values, text_key
from transforms.normalising.vocabulary import words
from transforms.normalising.wide import records
from warehouse import contract
from warehouse.contract import ids
from warehouse.contract.vocabulary import OPERATORS

FIELDS: Final = (
    "level_1_label",
    "level_2_label",
    "indicator_name",
    "target",
    "target_operator",
    "target_unit",
    "actual",
    "weight",
    "score",
    "deviation",
)
_BESIDE: Final = [("target", "is_ocr"), ("actual", "is_ocr"), ("deviation", "label")]


def indicator_rows(joined: pl.DataFrame, forms: pl.DataFrame) -> pl.DataFrame:
    """Return `contract.Indicators` plus `form`.

    Args:
        joined: Fields with their parts joined (`wide.join_pages`), of this table only.
        forms: `form`, `form_id`, `fiscal_year`.

    A target whose operator stands in a column of its own is published joined with it and its unit (`≧735人次`). An
    operator that is not printed is taken from the indicator's name and kind (`attainment.assumed_operator`) and marked
    so.
    Dates without a year are in the form's. Source: indicator block, rules R20 to R29, R40, R41.
    """
    wide = records(joined, FIELDS, _BESIDE)
    wide = wide.join(forms.select("form", "form_id", "fiscal_year"), on="form", how="left", maintain_order="left")
    wide = _levels(_points(_target_text(wide)))
    wide = _fields_of_units(_read_both(name_directions(wide)))
    wide = _operators(_dates(wide))
    wide = compare(wide)
    return _publish(wide)


def _target_text(wide: pl.DataFrame) -> pl.DataFrame:
    """Join operator, value and unit that stand in columns of their own.

    `target_text` is what is published: joined where an operator is printed in its column, else the value's cell alone.
    `target_full` is what is read: with the unit of its column in any case. What the value's own cell repeats is not
    joined again. `column_operator`: an operator that only the column can tell (反向).
    """
    parts = ["target", "target_operator", "target_unit"]
    if wide["target_operator"].null_count() == wide.height and wide["target_unit"].null_count() == wide.height:
        return wide.drop("target_operator", "target_unit").with_columns(
            pl.col("target").alias("target_text"),
            pl.col("target").alias("target_full"),
            pl.lit(None, dtype=pl.String).alias("column_operator"),
        )
    texts = wide.select(parts).unique()
    value, operator, unit = (fold(pl.col(c).fill_null("")) for c in parts)
    bare_unit = unit.str.replace(r"^\((.*)\)$", "${1}")
    has_digits = value.str.contains(rf"\d|^{CHINESE}$")
    placed = value.str.contains("[前第]")
    is_sign = operator.is_in(list(operator_words("before"))) & has_digits & ~value.str.contains(r"^[≥≤<>=]") & ~placed
    dated = bare_unit.is_in(["年月", "年月日", "日期", "时间"]) | (
        bare_unit.is_in(["年", "月", "日"]) & value.str.contains("[年月日]")
    )
    no_unit = is_blank(bare_unit, amount=True) | value.str.ends_with(bare_unit) | ~has_digits | dated
    shown_operator = pl.when(is_sign).then(pl.col("target_operator").str.strip_chars()).otherwise(pl.lit(""))
    shown_unit = pl.when(~no_unit).then(pl.col("target_unit").str.strip_chars()).otherwise(pl.lit(""))
    full = pl.when(pl.col("target").is_not_null()).then(pl.concat_str(shown_operator, "target", shown_unit))
    joined = texts.with_columns(
        full.alias("target_full"),
        pl.when(is_sign).then(full).otherwise("target").alias("target_text"),
        operator.replace_strict(operator_words("column"), default=None, return_dtype=pl.String).alias(
            "column_operator"
        ),
    )
    with_text = wide.join(joined, on=parts, how="left", nulls_equal=True, maintain_order="left")
    return with_text.drop("target_operator", "target_unit")


def _points(wide: pl.DataFrame) -> pl.DataFrame:
    for name in ("weight", "score"):
        texts = wide.select(pl.col(name).alias("text")).drop_nulls().unique()
        read = parse_points(texts, percent=name == "weight")
        wide = wide.join(
            read.rename({"text": name, "points": f"{name}_points", "reason": f"{name}_reason"}),
            on=name,
            how="left",
            maintain_order="left",
        )
    return wide


def _levels(wide: pl.DataFrame) -> pl.DataFrame:
    for level in (1, 2):
        label = f"level_{level}_label"
        types = level_types(wide[label], level).rename(
            {"label": label, "type": f"level_{level}_type", "points": f"level_{level}_points"}
        )
        wide = wide.join(types, on=label, how="left", maintain_order="left")
    first, second = pl.col("level_1_label"), pl.col("level_2_label")
    only = pl.when(first.is_null()).then(second).when(second.is_null()).then(first)
    wide = wide.with_columns(only.alias("only_label"))
    if wide["only_label"].null_count() < wide.height:
        one = types_of_one_column(wide["only_label"]).rename({"label": "only_label"})
        wide = wide.join(one, on="only_label", how="left", maintain_order="left").with_columns(
            pl.coalesce(f"level_{level}_type", f"type_{level}").alias(f"level_{level}_type") for level in (1, 2)
        )
        wide = wide.drop("type_1", "type_2")
    return wide.drop("only_label")


_ASKS_FOR_A_DATE: Final = "时间$|日期|截止|完成时限|完成期限"
_LIKE_A_DATE: Final = (
    r"^\s*[\d０-９]{1,6}(?:[.．,，/／\-－—~～至]+[\d０-９]{1,4}){0,5}\s*"
    r"(?:之?前.{0,8}|[^\d０-９年月日季度]{0,2}完成.{0,6})?\s*$"
    r"|^\s*[≥≤<>=＜＞]{1,2}\s*[\d０-９]{1,2}[.．][\d０-９]{2}\s*$"
)

_NOT_KEPT: Final = ("text", "is_ocr", "is_dated", "unit_known", "is_known_word")


def _read_both(wide: pl.DataFrame) -> pl.DataFrame:
    """Read each distinct text once and put what it means beside every row that prints it."""
    sides = {"target": ("target_full", "target_is_ocr"), "actual": ("actual", "actual_is_ocr")}
    asked = (pl.col("level_2_type").cast(pl.String) == "timeliness").fill_null(False)
    asked = asked | pl.col("indicator_name").str.contains(_ASKS_FOR_A_DATE).fill_null(False)
    wide = wide.with_columns(
        asked.alias("asked"), *(pl.col(ocr).fill_null(False) for _, ocr in sides.values())
    ).with_row_index("row")
    for side, (text, _) in sides.items():
        like = wide.filter("asked").select("row", text).filter(pl.col(text).str.contains(_LIKE_A_DATE))["row"]
        is_dated = pl.zeros(wide.height, dtype=pl.Boolean, eager=True).scatter(like, True)
        wide = wide.with_columns(is_dated.alias(f"{side}_is_dated"))
    wide = wide.drop("row", "asked")
    wide = wide.with_columns(
        text_key(text, ocr, f"{side}_is_dated").alias(f"{side}_key") for side, (text, ocr) in sides.items()
    )
    texts = pl.concat(
        [
            wide.select(
                pl.col(text).alias("text"),
                pl.col(ocr).alias("is_ocr"),
                pl.col(f"{side}_is_dated").alias("is_dated"),
                pl.col(f"{side}_key").alias("key"),
            )
            for side, (text, ocr) in sides.items()
        ]
    )
    read = parse_values(texts.drop_nulls().unique("key").drop("key")).with_columns(text_key("text").alias("key"))
    kept = [c for c in VALUE_SCHEMA if c not in _NOT_KEPT]
    for side in sides:
        one = read.select(pl.col("key").alias(f"{side}_key"), *(pl.col(c).alias(f"{side}_{c}") for c in kept))
        wide = wide.join(one, on=f"{side}_key", how="left", maintain_order="left")
        wide = _doubt(wide, side)
    return wide.drop("target_key", "actual_key")


def _fields_of_units(wide: pl.DataFrame) -> pl.DataFrame:
    """Give 度 the meaning of its row: degrees where the name speaks of heat, kilowatt hours where of power."""
    name = pl.col("indicator_name").fill_null("")
    field = (
        pl.when(name.str.contains("温|供暖|供热|采暖|热力"))
        .then(pl.lit("℃"))
        .when(name.str.contains("电|能耗|能源"))
        .then(pl.lit("千瓦时"))
    )
    for side in ("target", "actual"):
        is_degree = pl.col(f"{side}_unit_base") == "度"
        if not wide.select(is_degree.any()).item():
            continue
        degree = pl.when(is_degree).then(field)
        code = degree.replace_strict(DEGREE_CODES, default=None, return_dtype=pl.UInt32)
        wide = wide.with_columns(
            pl.coalesce(degree, f"{side}_unit_base").alias(f"{side}_unit_base"),
            pl.coalesce(code, f"{side}_unit_code").alias(f"{side}_unit_code"),
        )
    return wide


def _doubt(wide: pl.DataFrame, side: str) -> pl.DataFrame:
    """Take back 290% where the indicator is a share of a whole: it may be a misread ≥90%, from whatever text layer."""
    capped = "|".join(words("capped_names")["printed"])
    looks = wide.select(pl.int_range(pl.len()).alias("row"), "indicator_name", f"{side}_may_be_sign", f"{side}_value")
    rows = looks.filter(
        pl.col(f"{side}_may_be_sign")
        & pl.col(f"{side}_value").is_not_null()
        & pl.col("indicator_name").str.contains(capped)
    )["row"]
    if rows.is_empty():
        return wide
    doubtful = pl.zeros(wide.height, dtype=pl.Boolean, eager=True).scatter(rows, True)
    gone = ("value", "base", "unit", "unit_base", "unit_kind", "unit_code", "operator", "bound")
    return wide.with_columns(
        *(pl.when(~doubtful).then(f"{side}_{c}").alias(f"{side}_{c}") for c in gone),
        pl.when(doubtful).then(pl.lit("ocr_ambiguous")).otherwise(f"{side}_reason").alias(f"{side}_reason"),
    )


def _dates(wide: pl.DataFrame) -> pl.DataFrame:
    for side in ("target", "actual"):
        month, day = pl.col(f"{side}_month"), pl.col(f"{side}_day")
        year = pl.coalesce(f"{side}_year", "fiscal_year")
        until = pl.col(f"{side}_date_operator").cast(pl.String)
        date = deadline(year, month, day, until, pl.col(f"{side}_is_year"))
        if side == "actual":
            date = deadline(year, month, day, pl.lit(None, dtype=pl.String), pl.col(f"{side}_is_year"))
            # a bare 2023 may be a date as well as a number: an actual is not taken for one
            date = pl.when(~pl.col("actual_is_bare_year")).then(date)
        wide = wide.with_columns(pl.when(month.is_not_null()).then(date).alias(f"{side}_date"))
        wide = wide.with_columns(
            pl.when(month.is_not_null() & year.is_null())
            .then(pl.lit("fiscal_year_missing"))
            .when(month.is_not_null() & pl.col(f"{side}_date").is_null())
            .then(pl.lit("not_a_date"))
            .otherwise(f"{side}_reason")
            .alias(f"{side}_reason")
        )
    return wide


def _operators(wide: pl.DataFrame) -> pl.DataFrame:
    cost = is_cost(pl.col("level_1_type"), pl.col("level_2_type"))
    wide = wide.with_columns(cost.alias("is_cost"))
    measured = pl.col("target_kind").is_in(["quantitative", "date"])
    from_column = pl.when(measured).then("column_operator").cast(pl.Enum(OPERATORS))
    printed = pl.coalesce("target_operator", from_column)
    assumed = assumed_operator()
    dated = (pl.col("target_kind") == "date") & pl.col("target_value").is_null()
    return wide.with_columns(
        pl.coalesce(printed, assumed).alias("operator"),
        pl.coalesce("target_date_operator", pl.when(dated).then(pl.coalesce(printed, assumed))).alias(
            "target_date_operator"
        ),
        pl.when(pl.coalesce(printed, assumed).is_not_null()).then(printed.is_not_null()).alias("is_operator_printed"),
    )


def _publish(wide: pl.DataFrame) -> pl.DataFrame:
    return wide.with_columns(
        ids.record_id("indicators").alias("indicator_id"),
        pl.col("record_number").alias("indicator_number"),
        pl.col("level_1_points").alias("level_1_caption_points"),
        pl.col("actual").alias("actual_text"),
        pl.col("target_kind").fill_null("missing"),
        pl.col("operator").alias("target_operator"),
        pl.col("target_high").alias("target_value_high"),
        pl.when(pl.col("actual_value").is_not_null())
        .then(
            pl.coalesce(
                "actual_bound",
                pl.when(pl.col("actual_is_between") | (pl.col("actual_kind") == "rank")).then("actual_operator"),
            )
        )
        .alias("actual_operator"),
        pl.col("actual_high").alias("actual_value_high"),
        pl.col("target_base").alias("target_value_base"),
        pl.col("actual_base").alias("actual_value_base"),
        pl.col("weight").alias("weight_text"),
        pl.col("score").alias("score_text"),
        pl.col("deviation").alias("deviation_text"),
    ).select(*contract.polars_schema(contract.Indicators).names(), "form")
