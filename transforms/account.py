"""The account of what is printed: the table `pages`, and why a document has no form.

Every page of a document is there, also those that were not read into cells; its characters add up, or the document is
not published.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from transforms.assemble import Assembled
from transforms.assembly.fates import FATES
from transforms.assembly.labels import bare_key, label_key, vocabulary
from transforms.assembly.unseen_pages import with_unseen_neighbours
from transforms.reading.glance import SELF_EVALUATION
from warehouse import contract
from warehouse.contract import ids
from warehouse.contract.page_marks import read_page_marks

LOST: Final = "characters_lost"
NOT_READ: Final = "form_not_read"
NO_FORM: Final = "no_form"
PAGE_FAILED: Final = "page_failed"

KINDS: Final = {
    "target_table": "a target table (目标表)",
    "monitoring_form": "a monitoring form (监控表)",
    "evaluation": "an evaluation by experts, a third party or an office (评价表, 复核表)",
    "list_of_results": "a list of projects or results (清单, 汇总表)",
}
"""What a document without a form may hold instead."""

_BOX: Final = ["x0", "top", "x1", "bottom"]
_PAGE: Final = ["document_id", "page_number"]
_IN_CELLS: Final = ("read", "recognised")
_UNSEEN: Final = ("picture", "unreadable", "failed")
_FEWEST_LEVELS: Final = 3
"""Second levels of indicators, each another one, from which a table is a part of a form though no head is there."""

_FEWEST_RESULTS: Final = 2
_LEGIBLE: Final = 0.5
_MOSTLY: Final = 0.75
"""Share of a recognised page's characters that stand in legible cells; below it, nobody can say what the page holds."""


@dataclass(frozen=True, slots=True)
class Account:
    """What became of every character, and of documents without a form.

    Attributes:
        pages: `contract.Pages`.
        verdicts: One row for each document that is not simply published: document_id, `reason`. It begins with
            `no_form` (and what the document is instead), `form_not_read` (what was seen), `page_failed` or
            `characters_lost`.
        fields: The fields of what was assembled; a form next to a page of which nothing is known says so.
    """

    pages: pl.DataFrame
    verdicts: pl.DataFrame
    fields: pl.DataFrame


def account(documents: pl.DataFrame, cells: pl.DataFrame, assembled: Assembled) -> Account:
    """Account for every character of documents.

    Args:
        documents: `document_id`, `reader` and `page_marks` of each; marks that are null leave the document without
            rows.
        cells: `contract.Cells` of these documents.
        assembled: What `read_forms` made of them.

    Returns:
        See `Account`. A document whose text says 自评, or that has a table which looks like a form, and that gave no
        form, is `form_not_read`; other documents without a form are `no_form` with their kind.
    """
    marks = read_page_marks(documents)
    counted = _counted(cells, assembled.fates)
    pages = _pages(marks, counted, assembled, documents)
    forms = assembled.fields.select("document_id").unique()
    without = documents.select("document_id").join(forms, on="document_id", how="anti")
    lost = _lost(marks, counted, cells)
    others = without.join(lost, on="document_id", how="anti")
    verdicts = pl.concat([lost, _without_form(others, marks, counted, assembled, cells)])
    unseen = marks.filter(pl.col("state").is_in(_UNSEEN))
    return Account(pages, verdicts.sort("document_id"), with_unseen_neighbours(assembled.fields, unseen))


def _counted(cells: pl.DataFrame, fates: pl.DataFrame) -> pl.DataFrame:
    """Return characters by page and fate: document_id, page_number, one column for each fate, lowest_confidence,
    turn."""
    bare = pl.col("text").str.replace_all(r"\s", "")
    written, named = bare.str.len_chars().cast(pl.Int32), bare.str.contains("|".join(SELF_EVALUATION))
    once = fates.unique([*_PAGE, *_BOX], keep="first", maintain_order=True)
    accounted = (
        cells.select(
            *_PAGE,
            *_BOX,
            "confidence",
            "page_turn",
            count=written,
            says=named,
        )
        .filter(pl.col("count") > 0)
        .join(once, on=[*_PAGE, *_BOX], how="left")
        .with_columns(pl.col("fate").fill_null("outside"))
    )
    return accounted.group_by(_PAGE).agg(
        *(pl.col("count").filter(pl.col("fate") == fate).sum().alias(fate) for fate in FATES),
        lowest_confidence=pl.col("confidence").min(),
        says=pl.col("says").any(),
        surely=pl.col("count").filter(pl.col("confidence") >= _LEGIBLE).sum(),
        turn=pl.col("page_turn").first(),
    )


def _pages(marks: pl.DataFrame, counted: pl.DataFrame, assembled: Assembled, documents: pl.DataFrame) -> pl.DataFrame:
    of_form = assembled.fields.select(*_PAGE, "form_number").unique().with_columns(ids.form_id())
    begins = pl.col("page_number") == pl.col("page_number").min().over("document_id", "form_number")
    on_page = (
        of_form.with_columns(begins=begins)
        .sort(*_PAGE, "form_number")
        .group_by(_PAGE, maintain_order=True)
        .agg(form_ids=pl.col("form_id").str.join(" "), begins=pl.col("begins").any())
    )
    lost = assembled.others.filter(pl.col("kind").is_null()).select(_PAGE).unique().with_columns(has_lost_form=True)
    in_cells = pl.col("state").is_in(_IN_CELLS)
    unread = pl.when(in_cells).then(0).otherwise(pl.col("characters"))
    joined = (
        marks.join(counted, on=_PAGE, how="left")
        .join(on_page, on=_PAGE, how="left")
        .join(lost, on=_PAGE, how="left")
        .join(documents.select("document_id", "reader"), on="document_id", how="left")
        .with_columns(pl.col(fate).fill_null(0) for fate in FATES)
        .with_columns(
            outside=pl.col("outside") + unread,
            furniture=pl.col("furniture") + pl.col("aside"),
        )
    )
    schema = contract.polars_schema(contract.Pages)
    kind = (
        pl.when(pl.col("begins"))
        .then(pl.lit("form"))
        .when(pl.col("form_ids").is_not_null())
        .then(pl.lit("continuation"))
        .when(pl.col("state").is_in(_UNSEEN))
        .then(pl.lit("unreadable"))
        .when((pl.sum_horizontal(FATES) == 0) & (pl.col("state") != "glanced"))
        .then(pl.lit("blank"))
        .otherwise(pl.lit("outside"))
    )
    reader = (
        pl.when(pl.col("state") == "recognised")
        .then(pl.lit("ocr"))
        .when(in_cells)
        .then(pl.when(pl.col("reader") == "ocr").then(pl.lit("pdfium")).otherwise("reader"))
    )
    return (
        joined.with_columns(
            kind=kind,
            reader=reader,
            character_count=pl.sum_horizontal(FATES),
            rotation=pl.when(in_cells).then(pl.col("turn").fill_null(0)),
            has_lost_form=pl.col("has_lost_form").fill_null(False),
            **{f"{fate}_characters": pl.col(fate) for fate in FATES},
        )
        .select(schema.names())
        .cast(schema)
        .sort(_PAGE)
    )


def _lost(marks: pl.DataFrame, counted: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """Return the documents of which a page shows other characters than its cells have.

    Pages that are printed in two halves are held together, document by document.
    """
    halved = cells.filter(pl.col("seam_page").is_not_null()).select("document_id").unique()
    read = marks.filter(pl.col("state") == "read").join(
        counted.select(*_PAGE, accounted=pl.sum_horizontal(FATES)), on=_PAGE, how="left"
    )
    read = read.with_columns(pl.col("accounted").fill_null(0)).with_columns(
        page_number=pl.when(pl.col("document_id").is_in(halved["document_id"].to_list()))
        .then(1)
        .otherwise("page_number")
    )
    sums = read.group_by(_PAGE).agg(pl.col("characters").sum(), pl.col("accounted").sum())
    wrong = sums.filter(pl.col("characters") != pl.col("accounted")).sort(_PAGE)
    return wrong.unique("document_id", keep="first", maintain_order=True).select(
        "document_id",
        reason=pl.format(
            "{}: page {} shows {} characters, but {} were read into cells; please report it with the PDF",
            pl.lit(LOST),
            "page_number",
            "characters",
            "accounted",
        ),
    )


def _illegible(marks: pl.DataFrame, counted: pl.DataFrame) -> pl.DataFrame:
    """Return the first page of each document that is a picture of which too little could be recognised.

    Columns: document_id, illegible (the page), has_table.
    """
    pages = marks.join(counted, on=_PAGE, how="left")
    written = pl.sum_horizontal(pl.col(fate).fill_null(0) for fate in FATES)
    is_recognised = pl.col("state") == "recognised"
    is_illegible = pl.col("state").is_in(["picture", "unreadable"]) | (
        is_recognised & (written > 0) & (pl.col("surely").fill_null(0) < _MOSTLY * written)
    )
    return (
        pages.filter(is_illegible)
        .sort(~is_recognised, "page_number")
        .group_by("document_id", maintain_order=True)
        .agg(illegible=pl.col("page_number").first(), has_table=is_recognised.first())
    )


def _in_tables(documents: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """Return the cells of tables of some documents, with the keys of what they print: `key`, `bare`."""
    inside = cells.filter(pl.col("table_number").is_not_null()).join(
        documents.select("document_id"), on="document_id", how="semi", maintain_order="left"
    )
    return inside.with_columns(key=label_key(pl.col("text"))).with_columns(bare=bare_key(pl.col("key")))


def _headless(inside: pl.DataFrame) -> pl.DataFrame:
    """Return the first page of each document whose table prints second levels of indicators: document_id, headless.

    In a picture whose rules are seen in part, cells run together: there a level may stand amid other text.
    """
    levels = sorted(level for level in vocabulary()["level_2"].fields if level.endswith("指标"))
    key = pl.col("bare")
    amid = key.str.extract_many(levels, leftmost=True)
    found = pl.when(pl.col("confidence").is_not_null()).then(amid).otherwise(pl.concat_list(key))
    labels = inside.select(*_PAGE, key=found).explode("key").filter(pl.col("key").is_in(levels))
    pages = labels.group_by(_PAGE).agg(pl.col("key").n_unique()).filter(pl.col("key") >= _FEWEST_LEVELS)
    return pages.group_by("document_id").agg(headless=pl.col("page_number").min())


def _lists(inside: pl.DataFrame) -> pl.DataFrame:
    """Return the pages with a table that lists projects: 项目名称 over names, beside results of each.

    A row of the table has that label and at least two of 序号, the rate, the score and the rating, each over another
    text. One row for each page: document_id, page_number, kind.
    """
    words = vocabulary()
    field = words["form"].match("key", "bare")[0]
    is_result = (
        (pl.col("key") == "序号")
        | field.is_in(["total_score", "rating"])
        | (words["funding"].match("key", "bare")[0] == "execution_rate").fill_null(False)
    )
    row = [*_PAGE, "table_number", "row_number"]
    heads = (
        inside.group_by(row)
        .agg(
            has_names=(field == "project_name").fill_null(False).any(),
            results=is_result.sum(),
            filled=(pl.col("key") != "").sum(),
        )
        .sort(row)
        .with_columns(below=pl.col("filled").shift(-1).over(*_PAGE, "table_number"))
        .filter("has_names", pl.col("results") >= _FEWEST_RESULTS, pl.col("below") >= pl.col("filled") - 1)
    )
    return heads.select(*_PAGE, kind=pl.lit("list_of_results")).unique(maintain_order=True)


def _without_form(
    documents: pl.DataFrame, marks: pl.DataFrame, counted: pl.DataFrame, assembled: Assembled, cells: pl.DataFrame
) -> pl.DataFrame:
    others = assembled.others.sort(_PAGE)
    titled = others.filter(pl.col("kind").is_not_null())
    inside = _in_tables(documents, cells)
    named = pl.concat([titled, _lists(inside)])
    tables = others.filter(pl.col("kind").is_null()).group_by("document_id").agg(table=pl.col("page_number").min())
    titles = titled.group_by("document_id").agg(is_list=(pl.col("kind") == "list_of_results").any())
    kinds = named.group_by("document_id", maintain_order=True).agg(pl.col("kind").first())
    kinds = kinds.join(titles, on="document_id", how="left")
    seen = counted.filter(pl.col("lowest_confidence").is_not_null() & pl.col("says")).select(_PAGE)
    says = pl.concat([marks.filter("says_self_evaluation").select(_PAGE), seen]).join(
        named.select(_PAGE).unique(), on=_PAGE, how="anti"
    )
    said = says.group_by("document_id").agg(page=pl.col("page_number").min())
    failed = marks.filter(state="failed").group_by("document_id").agg(failed=pl.col("page_number").min())
    accounted = (
        documents.join(tables, on="document_id", how="left")
        .join(failed, on="document_id", how="left")
        .join(kinds, on="document_id", how="left")
        .join(said, on="document_id", how="left")
        .join(_headless(inside), on="document_id", how="left")
        .join(_illegible(marks, counted), on="document_id", how="left")
    )
    instead = pl.col("kind").replace_strict(KINDS, default="other", return_dtype=pl.String)
    reason = (
        pl.when(pl.col("table").is_not_null())
        .then(
            pl.format(
                "{}: page {} prints a table with labels of a form, but no self-evaluation form could be read from it",
                pl.lit(NOT_READ),
                "table",
            )
        )
        .when(pl.col("page").is_not_null() & ~pl.col("is_list").fill_null(False))
        .then(
            pl.format(
                "{}: page {} says 自评, but no self-evaluation form could be read from the document",
                pl.lit(NOT_READ),
                "page",
            )
        )
        .when(pl.col("failed").is_not_null())
        .then(
            pl.format(
                "{}: page {} cannot be read; what stands there is not known, and no form was read from the other pages",
                pl.lit(PAGE_FAILED),
                "failed",
            )
        )
        .when(pl.col("illegible").is_not_null())
        .then(
            pl.format(
                "{}: page {} is a picture {}; fetch a better copy",
                pl.lit(NOT_READ),
                "illegible",
                pl.when("has_table")
                .then(pl.lit("of a table of which too little could be recognised"))
                .otherwise(pl.lit("that could not be recognised, or shows labels of a form without a table")),
            )
        )
        .when(pl.col("headless").is_not_null() & pl.col("kind").is_null())
        .then(
            pl.format(
                "{}: page {} prints rows of indicators, but not the head of the form that they belong to",
                pl.lit(NOT_READ),
                "headless",
            )
        )
        .when(pl.col("kind").is_not_null())
        .then(pl.format("{}: {}: the document is not a self-evaluation form but {}", pl.lit(NO_FORM), "kind", instead))
        .otherwise(
            pl.format("{}: other: the document was read, but no self-evaluation form was found in it", pl.lit(NO_FORM))
        )
    )
    return accounted.select("document_id", reason=reason)
