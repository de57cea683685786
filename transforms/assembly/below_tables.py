"""Totals and ratings that stand below the tables of a form, in lines of text.

A last page may hold nothing of its form but the last row of a table without rules: 评分等级 | 优. What is printed there
as a label with its value beside it is read; a label whose value cannot be read is never passed over.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.assembly.form_fields import form_field
from transforms.assembly.grades import BOXES, GRADE, GRADES
from transforms.assembly.labels import any_of, vocabulary
from transforms.assembly.places import FORM, PLACE
from transforms.assembly.proofs import NUMBER

_STATED: Final = ("rating", "total_score")
_BOX: Final = ["document_id", *PLACE[:-1]]
_LONGEST: Final = 30
_SENTENCE: Final = r"[。；，;,]|.{25,}"
_POINTS: Final = r"^\d{1,3}(?:\.\d{1,4})?\s*分?$"
_OF_SCORE: Final = "得分|自评|评分|评价"
_BANDS: Final = 0.5
"""How far the middles of two texts of one line lie apart at most, as a share of the height of one."""


def _labels(*fields: str) -> str:
    return any_of(vocabulary()["form"].labels(*fields))


def _below(cells: pl.DataFrame) -> pl.DataFrame:
    """Return the short lines of each form between its last table and the first sentence below it.

    Adds `band` (texts beside one another share it), `at` and `count` (place in the band, texts in it), `named`: rating
    or total_score where the text is such a label, and `next_text` in the band.
    """
    in_form = (pl.col("section").fill_null("head") != "head") & pl.col("table_number").is_not_null()
    ends = cells.filter(in_form).group_by(FORM).agg(last_row=pl.col("row_index").max())
    middle, height = (pl.col("top") + pl.col("bottom")) / 2, pl.col("bottom") - pl.col("top")
    same = (
        ((middle - middle.shift(1)).abs() < _BANDS * height)
        & (pl.col("x0") > pl.col("x1").shift(1))
        & (pl.col("page_number") == pl.col("page_number").shift(1))
    )
    is_sentence = pl.col("text").str.contains("。", literal=True) | (pl.col("text").str.len_chars() > _LONGEST)
    return (
        cells.filter(pl.col("table_number").is_null(), pl.col("key") != "")
        .join(ends, on=FORM, maintain_order="left")
        .filter(pl.col("row_index") > pl.col("last_row"))
        .filter(~is_sentence.cum_max().over(FORM))
        .with_columns(band=(~same.over(FORM).fill_null(False)).cum_sum().over(FORM))
        .with_columns(
            at=pl.int_range(pl.len()).over(*FORM, "band"),
            count=pl.len().over(*FORM, "band"),
            named=pl.when(pl.col("form_field").is_in(_STATED)).then("form_field"),
        )
    )


def read_below(cells: pl.DataFrame) -> pl.DataFrame:
    """Read ratings and total scores beside, or right behind, their label in lines below the tables of a form.

    Nothing else may stand in the line. A total is a score where its label says so: 总分 alone may be the weights'.

    Args:
        cells: `Layout.cells`.

    Returns:
        Rows of `fields` for the table forms, without part numbers; the first place of a field alone.
    """
    below = _below(cells).with_columns(plain=pl.col("text").str.replace_all(r"\s", "").str.replace("[:：]", ""))
    value = pl.col("text").shift(-1).over(*FORM, "band").str.strip_chars()
    beside = [pl.col(c).shift(-1).over(*FORM, "band").alias(c) for c in PLACE]
    pairs = below.with_columns(*beside, label="text", value=value, column_name="named").filter(
        pl.col("count") == 2, pl.col("at") == 0
    )
    parted = [
        below.filter(pl.col("count") == 1).with_columns(
            label=pl.col("plain").str.extract(rf"^({_labels(field)}){word}", 1),
            value=pl.col("plain").str.extract(rf"^(?:{_labels(field)})({word})", 1),
            column_name=pl.lit(field),
        )
        for field, word in (("rating", f"(?:{GRADES})$"), ("total_score", _POINTS.strip("^")))
    ]
    is_rating = (pl.col("column_name") == "rating") & (
        pl.col("value").str.replace_all(r"\s", "").str.contains(f"{GRADE}|{BOXES}")
    )
    is_score = (
        (pl.col("column_name") == "total_score")
        & pl.col("value").str.contains(_POINTS)
        & pl.col("label").str.contains(_OF_SCORE)
    )
    found = pl.concat([f.select(pairs.columns) for f in (pairs, *parted)]).filter(is_rating | is_score)
    return form_field(found.sort("row_index", maintain_order=True), "column_name", "value", "label").unique(
        [*FORM, "column_name"], keep="first", maintain_order=True
    )


def unread_below(cells: pl.DataFrame, fields: pl.DataFrame) -> pl.DataFrame:
    """Return the labels of totals and ratings that the form lacks, with what stands beside them, and other values.

    In a table, the label alone where no sentence stands beside it, and a word of rating below the indicators.

    Args:
        cells: `Layout.cells`.
        fields: What was read, with form and `column_name`.

    Returns:
        Document and place of each text.
    """
    below = _below(cells)
    begins = pl.col("key").str.extract(rf"^({_labels('rating')}|{_labels('total_score')})[\d:]", 1)
    named = pl.coalesce("named", begins.replace_strict(vocabulary()["form"].fields, default=None))
    total = pl.when(pl.col("total_field").is_not_null()).then(pl.lit("total_score"))
    said = below.with_columns(column_name=pl.coalesce(named, total))
    rated = said.filter(
        pl.col("column_name").is_not_null().any().over(*FORM, "band"),
        pl.col("text").str.contains(rf"(?:^|\s)(?:{GRADES})\s*$"),
    )
    said = pl.concat([said, rated.with_columns(column_name=pl.lit("rating"))])
    known = fields.filter(pl.col("column_name").is_in(_STATED)).select(*FORM, "column_name", "printed_text")
    lacking = said.filter(pl.col("column_name").is_not_null()).join(known, on=[*FORM, "column_name"], how="anti")
    unread = below.join(lacking.select(*FORM, "band").unique(), on=[*FORM, "band"], how="semi")
    other = (
        read_below(cells)
        .join(known.rename({"printed_text": "known_text"}), on=[*FORM, "column_name"])
        .filter(_core("printed_text") != _core("known_text"))
    )
    graded = cells.filter(
        pl.col("table_number").is_not_null(),
        (pl.col("section") == "tail").fill_null(False),
        pl.col("text").str.strip_chars().str.contains(rf"{GRADE}|[:：]\s*(?:{GRADES})$"),
    )
    graded = graded.join(known.filter(pl.col("column_name") == "rating"), on=FORM, how="anti")
    in_table = (
        cells.filter(
            pl.col("table_number").is_not_null(),
            pl.col("form_field").is_in(_STATED),
            ~pl.col("in_header").fill_null(False),
            ~pl.col("section").is_in(["funding", "goals", "indicators"]).fill_null(False),
            ~pl.col("right_text").fill_null("").str.contains(_SENTENCE),
        )
        .with_columns(column_name="form_field")
        .join(known, on=[*FORM, "column_name"], how="anti")
    )
    return pl.concat([f.select(_BOX) for f in (unread, other, in_table, graded)]).unique()


def _core(column: str) -> pl.Expr:
    """Return what a total or a rating says: its figure, or its word; null where it has boxes."""
    text = pl.col(column).str.replace_all(r"\s", "")
    figure = text.str.extract(r"(\d+(?:\.\d+)?)", 1).cast(NUMBER, strict=False).cast(pl.String)
    return pl.when(~text.str.contains(BOXES)).then(pl.coalesce(figure, text.str.extract("([优良中差])", 1)))
