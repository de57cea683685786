"""The table `indicators`: target and actual read, brought to the base unit and compared."""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.normalising.attainment import assumed_operator, compare, is_cost
from transforms.normalising.dates import deadline
from transforms.normalising.folding import fold, is_blank
from transforms.normalising.levels import level_types
from transforms.normalising.money import parse_points
from transforms.normalising.numbers import CHINESE
from transforms.normalising.operators import operator_words
from transforms.normalising.value_grammar import OCR_TWO
from transforms.normalising.values import VALUE_SCHEMA, parse_values
from transforms.normalising.vocabulary import words
from transforms.normalising.wide import records
from warehouse import contract
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
    operator that is not printed is taken from the kind of indicator (`attainment.assumed_operator`) and marked so.
    Dates without a year are in the form's. Source: indicator block, rules R20 to R29, R40, R41.
    """
    wide = records(joined, FIELDS, _BESIDE)
    wide = wide.join(forms.select("form", "form_id", "fiscal_year"), on="form", how="left", maintain_order="left")
    wide = _levels(_points(_target_text(wide)))
    wide = _read_both(wide)
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
    is_sign = operator.is_in(list(operator_words("before"))) & has_digits & ~value.str.contains(r"^[≥≤<>=]")
    no_unit = is_blank(bare_unit, amount=True) | value.str.ends_with(bare_unit) | ~has_digits
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
    return wide


def _read_both(wide: pl.DataFrame) -> pl.DataFrame:
    """Read each distinct text once and put what it means beside every row that prints it."""
    sides = {"target": ("target_full", "target_is_ocr"), "actual": ("actual", "actual_is_ocr")}
    texts = pl.concat(
        [wide.select(pl.col(t).alias("text"), pl.col(o).fill_null(False).alias("is_ocr")) for t, o in sides.values()]
    )
    read = parse_values(texts.drop_nulls().unique())
    for side, (text, ocr) in sides.items():
        names = {c: f"{side}_{c}" for c in VALUE_SCHEMA if c not in ("text", "is_ocr")}
        one = read.rename({"text": text, "is_ocr": ocr, **names})
        wide = wide.with_columns(pl.col(ocr).fill_null(False)).join(
            one, on=[text, ocr], how="left", maintain_order="left"
        )
        if read.select(pl.col("text").str.contains(OCR_TWO).any()).item():
            wide = _doubt(wide, side, text)
    return wide


def _doubt(wide: pl.DataFrame, side: str, text: str) -> pl.DataFrame:
    """Take back 290% where the indicator is a share of a whole: it may be a misread ≥90%, from whatever text layer."""
    share = pl.col("indicator_name").str.contains("|".join(words("capped_names")["printed"]))
    doubtful = (share & pl.col(text).str.contains(OCR_TWO)).fill_null(False) & pl.col(f"{side}_value").is_not_null()
    gone = ("value", "base", "unit", "unit_base", "unit_kind", "operator")
    return wide.with_columns(
        *(pl.when(~doubtful).then(f"{side}_{c}").alias(f"{side}_{c}") for c in gone),
        pl.when(doubtful).then(pl.lit("ocr_ambiguous")).otherwise(f"{side}_reason").alias(f"{side}_reason"),
    )


def _dates(wide: pl.DataFrame) -> pl.DataFrame:
    for side in ("target", "actual"):
        month, day = pl.col(f"{side}_month"), pl.col(f"{side}_day")
        year = pl.coalesce(f"{side}_year", "fiscal_year")
        date = deadline(year, month, day, pl.col(f"{side}_operator").cast(pl.String), pl.col(f"{side}_is_year"))
        if side == "actual":
            date = deadline(year, month, day, pl.lit(None, dtype=pl.String), pl.col(f"{side}_is_year"))
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
    measured = pl.col("target_kind").is_in(["quantitative", "rank", "date"])
    from_column = pl.when(measured).then("column_operator").cast(pl.Enum(OPERATORS))
    printed = pl.coalesce("target_operator", from_column)
    assumed = assumed_operator(
        pl.col("target_kind"),
        pl.col("target_value"),
        pl.col("is_cost"),
        pl.col("indicator_name"),
        pl.col("target_direction"),
    )
    return wide.with_columns(
        pl.coalesce(printed, assumed).alias("operator"),
        pl.when(pl.coalesce(printed, assumed).is_not_null()).then(printed.is_not_null()).alias("is_operator_printed"),
    )


def _publish(wide: pl.DataFrame) -> pl.DataFrame:
    form_number = pl.col("record_number").cast(pl.String).str.zfill(3)
    return wide.with_columns(
        pl.concat_str("form_id", pl.lit("-i"), form_number).alias("indicator_id"),
        pl.col("record_number").alias("indicator_number"),
        pl.col("level_1_points").alias("level_1_caption_points"),
        pl.col("actual").alias("actual_text"),
        pl.col("target_kind").fill_null("missing"),
        pl.col("operator").alias("target_operator"),
        pl.col("target_high").alias("target_value_high"),
        pl.col("target_base").alias("target_value_base"),
        pl.col("actual_base").alias("actual_value_base"),
        pl.col("weight").alias("weight_text"),
        pl.col("score").alias("score_text"),
        pl.col("deviation").alias("deviation_text"),
    ).select(*contract.polars_schema(contract.Indicators).names(), "form")
