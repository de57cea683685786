"""Rows and labels that a page break cuts in two.

The first row of a page may be the rest of the last row of the page before. Nothing on the page says so: it shows
in what the two rows hold, and in rules that do not close.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.assembly.labels import bare_key, label_key, vocabulary

NEW_NAME: Final = r"^(?:指标\s*\d|[其共]中|[…\.]{2,}|\d+\s*[、.．:：)）]|[（(]\d+[)）]|[一二三四五六七八九十]+、|[★☆])"
NEW_FUNDING_LABEL: Final = (
    r"^[★\s]*(?:其中|[一二三四五六七八九十\d]+[、.．]|年度|上年|当年|本年|以前|其[他它]|中央|省|自治区|市|县|区|乡|镇|地方|财政|一般"
    r"|政府|单位|社会|自筹|银行|事业|合计|总)"
)
CAPTION: Final = r"^[（(]?\s*\d*(?:\.\d+)?\s*分?\s*[)）]?$"


def is_filled(column: str) -> pl.Expr:
    """Whether a text column holds anything; a missing text counts as none."""
    return pl.col(column).fill_null("").str.strip_chars() != ""


def _is_unfinished(column: str) -> pl.Expr:
    """Whether a text opens more brackets than it closes."""
    return pl.col(column).fill_null("").str.count_matches("[(（]") > pl.col(column).fill_null("").str.count_matches(
        "[)）]"
    )


def continues_row(name: str, values: tuple[str, ...], points: tuple[str, ...], new_name: str) -> pl.Expr:
    """Whether a row is the rest of the row before it, which stands at the end of the page before.

    Reads for each column `c` the texts `c` and `c_before`, for the name and the values `c_full_before` (the text before
    fills its cell to the bottom, so that it may go on), and the flags `is_page_start` (first row of its page, in a
    table that carries the one before on), `is_open` (no rule closes the row before below, nor this row above) and
    `is_slack_below` (single values of the row before stand at the top of a cell with room below).

    Args:
        name: the column that names the row.
        values: columns whose texts may run over the break, target and actual first.
        points: columns that hold one number a row and are never cut.
        new_name: pattern of names that always begin a row.
    """

    def before(c: str) -> pl.Expr:
        return is_filled(f"{c}_before")

    def both(columns: tuple[str, ...]) -> pl.Expr:
        return pl.sum_horizontal([(is_filled(c) & before(c)).cast(pl.Int32) for c in columns] or [pl.lit(0)])

    def some(columns: tuple[str, ...]) -> pl.Expr:
        return pl.any_horizontal([is_filled(c) for c in columns] or [pl.lit(False)])

    def some_before(columns: tuple[str, ...]) -> pl.Expr:
        return pl.any_horizontal([before(c) for c in columns] or [pl.lit(False)])

    texts = (name, *values)
    single = (*values[:2], *points)
    may_go_on = pl.all_horizontal(
        [~(is_filled(c) & before(c)) | pl.col(f"{c}_full_before").fill_null(True) for c in texts]
    )
    unfinished = pl.any_horizontal([is_filled(c) & _is_unfinished(f"{c}_before") for c in texts])
    starts_new = pl.col(name).fill_null("").str.contains(new_name)
    target, actual = (pl.col(c).fill_null("") for c in values[:2])
    whole_values = is_filled(values[0]) & is_filled(values[1]) & (target.str.contains(r"\d") | (target == actual))

    nameless = (
        ~is_filled(name)
        & before(name)
        & ~(some(points) & some_before(points) & (both(values) > 0))
        & (may_go_on | (both(single) == 0))
    )
    name_late = is_filled(name) & ~before(name) & ~some(single) & some_before(single)
    name_only = is_filled(name) & ~some(single) & some_before(single)
    runs_over = (
        is_filled(name) & ~some(points) & some_before(points) & (pl.col("is_slack_below") | unfinished) & ~whole_values
    )
    split = is_filled(name) & before(name) & ~some_before(single) & some(single) & pl.col("is_open")
    open_ended = pl.col("is_open") & (both(single) == 0)
    cut_after_name = name_only | runs_over | split | open_ended
    return (
        pl.col("is_page_start")
        & (both(points) == 0)
        & (nameless | may_go_on & (name_late | unfinished & ~some(points) | cut_after_name & ~starts_new))
    ).fill_null(False)


def _known(context: str, text: pl.Expr) -> pl.Expr:
    labels = list(vocabulary()[context].fields)
    key = label_key(text)
    return key.is_in(labels) | bare_key(key).is_in(labels)


def continues_label(context: str, text: str, before: str) -> pl.Expr:
    """Whether a level label at the top of a page is the rest of the label before it: 质量 | 指标, 产出指标 | (50分).

    A label printed again after the break is whole, and so is the label before it.

    Args:
        context: level_1 or level_2 of the vocabulary.
        text: column with the label at the top of the page.
        before: column with the last label of the page before.
    """
    first, second = pl.col(before).fill_null(""), pl.col(text).fill_null("")
    joined = first + second
    halves = _known(context, joined) & ~(_known(context, first) & _known(context, second))
    caption = _known(context, first) & second.str.contains(CAPTION)
    unknown = pl.col("is_open") & ~_known(context, first) & ~_known(context, second)
    return pl.col("is_page_start") & (first != "") & (second != "") & (halves | caption | unknown)
