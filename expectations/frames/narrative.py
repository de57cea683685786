"""Numbers in the text on what was done, held against the form's indicators (rule R76)."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import polars as pl

from expectations.settings import RuleSettings

_DIGITS: Final = r"[0-9][0-9,]*(?:\.[0-9]+)?"
_SCALE: Final = r"[百千]?万亿|[百千]?万|亿|千|百"
NUMBER: Final = rf"[^，。；;、,：:！!？?\n]{{0,24}}?{_DIGITS}\s*(?:{_SCALE})?[^0-9，。；;、,：:\s]{{0,6}}"
"""A number with up to 24 characters before it, within its clause, and up to six after it."""

PARTS: Final = (
    r"^(?<before>[^0-9]*?(?:[A-Za-z]+[0-9]+[^0-9]*?)?)"
    rf"(?<digits>{_DIGITS})\s*(?<scale>{_SCALE})?"
    r"(?<after>[^0-9]*)$"
)
SCALES: Final = {"百": 100, "千": 1000, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8, "万亿": 10**12}
CALENDAR: Final = r"^(?:年|月|日|号|时|点|季度|周年|届|级)"
DURATION: Final = r"^(?:个月|小时|分钟|秒|毫秒)"
"""A duration speaks of an indicator only where that is measured in the same unit."""

NOT_DONE: Final = r"上年|去年|前年|往年|同期|原计划|计划|预计|目标|下年|明年"
"""Words before a number that is not the year's result."""

VALUE: Final = pl.Decimal(38, 8)
PERMUTED_DIGITS: Final = 3
"""Digits, zeros not counted, from which the same digits in another order are more than chance."""

NEAR_SHARE: Final = Decimal("0.7")
"""Share of a name's pairs of characters that the text must hold before a near number counts as the same thing, or one
of few digits in another order (150 and 510)."""

PERMUTED_SHARE: Final = Decimal("0.3")
"""The same for permuted digits, where the digits speak for themselves; a matching unit does too."""


def numbers_in(forms: pl.DataFrame, column: str, other_time: str) -> pl.DataFrame:
    """Return one row for each number in the texts of a column: form_id, number_id, before, digits, scale, after, value.

    Left out are dates, numbering, and numbers after words of another time or plan (`other_time`, a pattern).
    """
    text = pl.col(column).str.replace_many(list("０１２３４５６７８９．％"), list("0123456789.%"))
    found = (
        forms.select("form_id", text.str.extract_all(NUMBER).alias("piece"))
        .explode("piece")
        .drop_nulls("piece")
        .with_columns(pl.col("piece").str.extract_groups(PARTS))
        .unnest("piece")
        .drop_nulls("digits")
        .with_columns(pl.col("digits").str.replace_all(",", ""), pl.col("after").fill_null("").str.strip_chars())
    )
    plain = pl.col("digits").str.contains(r"^[0-9]{1,15}(?:\.[0-9]{1,8})?$")
    scale = pl.col("scale").replace_strict(SCALES, default=1, return_dtype=pl.Int64).fill_null(1)
    numbering = pl.col("after").str.contains(r"^[.、)）]") | pl.col("before").str.contains(
        r"第$|No\.?$|^[-－~～至到—]$"
    )
    return (
        found.filter(
            plain
            & ~pl.col("after").str.contains(CALENDAR)
            & ~numbering
            & ~pl.col("before").str.contains(other_time).fill_null(False)
        )
        .with_columns(
            (pl.col("digits").cast(VALUE) * scale).cast(VALUE).alias("value"),
            pl.coalesce(pl.col("scale"), pl.lit("")).alias("scale_text"),
        )
        .with_row_index("number_id")
    )


def signature(digits: pl.Expr) -> pl.Expr:
    """Return the digits of a whole number in order of size: equal for numbers that are permutations of each other."""
    return digits.str.split("").list.sort().list.join("")


def whole_digits(value: pl.Expr) -> pl.Expr:
    """Return the digits of a value without decimals; null where it has some."""
    text = value.cast(pl.String)
    return pl.when(text.str.contains(r"\.0*$")).then(text.str.replace(r"\.0*$", ""))


def _pairs_of_characters(text: pl.Expr) -> pl.Expr:
    characters = text.str.replace_all(r"[^\p{Han}A-Za-z]|指标[0-9]*", "").str.split("")
    return characters.list.eval(pl.concat_str(pl.element(), pl.element().shift(-1))).list.drop_nulls().list.unique()


def with_overlap(candidates: pl.DataFrame) -> pl.DataFrame:
    """Add `shared`, the share of the name's pairs of characters that stand in the text around the number."""
    around = pl.concat_str("before", "after")
    return (
        candidates.with_columns(
            _pairs_of_characters(pl.col("indicator_name").fill_null("")).alias("name_pairs"),
            _pairs_of_characters(around).alias("text_pairs"),
        )
        .with_columns(
            pl.col("name_pairs").list.set_intersection("text_pairs").list.len().alias("common"),
            pl.col("name_pairs").list.len().alias("pairs"),
        )
        .with_columns((pl.col("common") * 100 // pl.col("pairs").clip(lower_bound=1)).alias("shared_pct"))
        .drop("name_pairs", "text_pairs")
    )


def contradictions(forms: pl.DataFrame, indicators: pl.DataFrame, settings: RuleSettings) -> pl.DataFrame:
    """Return what the rule on narratives needs of each indicator that its form's text could speak of.

    Grain: indicator_id; only indicators with a number as actual, of forms whose text holds a number.
    `narrative_number`: the number of the text, as printed, that contradicts the actual; null where none does.

    A number contradicts an actual when it is not equal to it (within the rounding of either) and either has the same
    three or more digits in another order and a matching unit or name (both, and a strongly matching name, where fewer
    than three are not zero), or lies within `narrative_share_pct` of it and the text around it names the indicator, or
    is a percentage right behind the indicator's whole name (群众满意度达到61%). Not
    when the text states the actual itself, nor when the number is another indicator's actual or any target of the form,
    nor when the words before it speak of a plan or of another year.
    """
    numbers = numbers_in(forms.filter(pl.col("actual_goal_text").str.contains(r"\d")), "actual_goal_text", NOT_DONE)
    indicators = indicators.with_columns(with_scale("actual"), with_scale("target"))
    spoken_of = indicators.filter(pl.col("actual_value").is_not_null() & (pl.col("actual_value") > 0)).join(
        numbers.select("form_id").unique(), on="form_id", how="semi"
    )
    rows = spoken_of.select(
        "form_id",
        "indicator_id",
        "indicator_name",
        pl.col("actual_value").cast(VALUE),
        "actual_scaled",
        pl.coalesce("actual_unit", "target_unit", pl.lit("")).alias("unit"),
        pl.col("actual_text")
        .str.extract(r"\.([0-9]+)", 1)
        .str.len_chars()
        .fill_null(0)
        .clip(upper_bound=8)
        .alias("places"),
    ).with_columns(pl.col("unit").str.replace(r"^[百千]?万亿?|^亿", "").str.slice(0, 1).alias("unit_mark"))
    stated = known_values(indicators)
    free = numbers.join(stated, on=["form_id", "value"], how="anti")
    free = free.with_columns(
        pl.col("after").str.slice(0, 1).alias("unit_mark"), pl.col("after").str.contains(DURATION).alias("is_duration")
    )
    candidates = pl.concat([_permuted(free, rows), _near(free, rows, settings), _named_shares(free, rows)])
    own = _own_values(numbers, rows)
    found = (
        candidates.join(own, on="indicator_id", how="anti")
        .sort("indicator_id", "number_id")
        .unique("indicator_id", keep="first", maintain_order=True)
        .select("indicator_id", pl.concat_str("digits", "scale_text", "after").alias("narrative_number"))
    )
    return rows.select("indicator_id").join(found, on="indicator_id", how="left")


def with_scale(side: str) -> pl.Expr:
    """Return a value times the scale in front of its unit (万台套): what a text would say, whatever the base unit."""
    scale = pl.coalesce(f"{side}_unit", "target_unit").str.extract(rf"^({_SCALE})", 1)
    factor = scale.replace_strict(SCALES, default=1, return_dtype=pl.Int64).fill_null(1)
    fits = pl.col(f"{side}_value").abs() < 10**14
    return pl.when(fits).then(pl.col(f"{side}_value") * factor).cast(VALUE).alias(f"{side}_scaled")


def known_values(indicators: pl.DataFrame) -> pl.DataFrame:
    """Return every actual and target of the forms, as printed, with its scale and in the base unit."""
    columns = [f"{side}_{what}" for side in ("actual", "target") for what in ("value", "scaled", "value_base")]
    return (
        pl.concat([indicators.select("form_id", pl.col(name).cast(VALUE).alias("value")) for name in columns])
        .drop_nulls()
        .unique()
    )


def _own_values(numbers: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the indicators whose own actual the text states, exactly or rounded: nothing contradicts them."""
    pairs = numbers.select("form_id", "value").join(
        rows.select("form_id", "indicator_id", "actual_scaled", "actual_value", "places"), on="form_id"
    )
    half = pl.col("places").replace_strict(
        {place: Decimal(5).scaleb(-place - 1) for place in range(9)}, return_dtype=VALUE
    )
    scale = pl.when(pl.col("actual_value") > 0).then(
        (pl.col("actual_scaled").cast(pl.Float64) / pl.col("actual_value").cast(pl.Float64)).round(0)
    )
    near = (pl.col("value") - pl.col("actual_scaled")).abs().cast(pl.Float64) <= half.cast(pl.Float64) * scale
    return pairs.filter((pl.col("value") == pl.col("actual_value")) | near).select("indicator_id").unique()


def _permuted(numbers: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    keyed = numbers.with_columns(whole_digits(pl.col("value")).alias("whole")).drop_nulls("whole")
    keyed = keyed.with_columns(signature(pl.col("whole")).alias("key"))
    other = rows.with_columns(whole_digits(pl.col("actual_scaled")).alias("whole")).drop_nulls("whole")
    other = other.with_columns(signature(pl.col("whole")).alias("key"))
    long_enough = pl.col("key").str.len_chars() >= PERMUTED_DIGITS
    pairs = keyed.filter(long_enough).join(other, on=["form_id", "key"], suffix="_row")
    pairs = pairs.filter(pl.col("value") != pl.col("actual_scaled"))
    same_unit = (pl.col("unit_mark") == pl.col("unit_mark_row")) & (pl.col("unit_mark") != "")
    few_digits = pl.col("key").str.strip_chars_start("0").str.len_chars() < PERMUTED_DIGITS
    named = pl.col("shared_pct") >= int(PERMUTED_SHARE * 100)
    well_named = (pl.col("shared_pct") >= int(NEAR_SHARE * 100)) & (pl.col("common") >= 2)
    names_it = pl.when(few_digits).then(same_unit & well_named).otherwise(named | (same_unit & (pl.col("common") >= 1)))
    judged = with_overlap(pairs).filter(names_it & _same_measure())
    return judged.select("indicator_id", "number_id", "digits", "scale_text", "after")


def _same_measure() -> pl.Expr:
    """Tell whether a number that is a duration stands against an indicator in its unit; other numbers pass."""
    return ~pl.col("is_duration") | pl.col("after").str.starts_with(pl.col("unit"))


def _near(numbers: pl.DataFrame, rows: pl.DataFrame, settings: RuleSettings) -> pl.DataFrame:
    marked = rows.filter(pl.col("unit_mark") != "")
    pairs = numbers.join(marked, on=["form_id", "unit_mark"], suffix="_row")
    difference = (pl.col("value") - pl.col("actual_scaled")).abs()
    near = (difference * 100 <= pl.col("actual_scaled") * settings.narrative_share_pct) & (difference > 0)
    judged = with_overlap(pairs.filter(near & _same_measure())).filter(
        (pl.col("shared_pct") >= int(NEAR_SHARE * 100)) & (pl.col("common") >= 2)
    )
    return judged.select("indicator_id", "number_id", "digits", "scale_text", "after")


_LEAST_NAME: Final = 4
_OF_A_PART: Final = "其中|部分|个别"
"""Before a name: the rate is of a part (其中城区群众满意度45%), and may differ from that of all."""


def _named_shares(numbers: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the percentages that stand right behind the whole name of a rate, but bounds and rates of a part."""
    said = pl.col("before").str.replace(r"(?:达到了?|达|约为|约|为|是|[：:])+$", "").str.replace_all(r"\s", "")
    shares = numbers.filter(
        pl.col("after").str.contains(r"^[%％](?:$|[^以及左])")
        & ~pl.col("before").str.contains(r"(?:[≥>]|超过|高于|不低于|不少于|至少|提高|提升|增长)[^，。；]{0,3}$")
        & ~pl.col("before").str.contains(_OF_A_PART)
    ).with_columns(said.alias("said"))
    plain = (
        pl.col("indicator_name")
        .str.replace(r"^指标\d*[.:：、]?", "")
        .str.replace_all(r"[（(][^（）()]*[）)]|[★☆\s]", "")
    )
    rates = rows.with_columns(plain.alias("plain")).filter(
        (pl.col("unit_mark") == "%")
        & pl.col("plain").str.contains("[率度]$")
        & (pl.col("plain").str.len_chars() >= _LEAST_NAME)
    )
    pairs = shares.join(rates, on="form_id", suffix="_row").filter(pl.col("said").str.ends_with(pl.col("plain")))
    differs = pairs.filter(pl.col("value") != pl.col("actual_scaled"))
    return differs.select("indicator_id", "number_id", "digits", "scale_text", "after")
