"""Where the forms of a document begin and end, and what other tables are that look like forms."""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.assembly.places import TABLE

_SAME_FORM: Final = r"[(（]?(?:续|接上表|接上页)(?:表|页|前|上)?[\d一二三四五六七八九十]{0,2}[)）]?$"
_TITLES: Final = ("title", "other_title")
_BODIES: Final = ("indicator_header", "funding_header", "goal_header")
_DISQUALIFIES: Final = ("monitoring_form", "target_table", "evaluation")
_PERIODIC: Final = "monitoring_form"
_TARGETS: Final = "target_table"


def _runs(rows: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each run of heads (titles, project rows) followed by a run of bodies: a candidate.

    Money after indicators, in a new table or for the second time, begins one of its own, though no head is known there.
    """
    head = pl.col("kind").is_in([*_TITLES, "project"]).fill_null(False)
    body = pl.col("kind").is_in(_BODIES).fill_null(False)
    # A document that states total points sets no targets alone.
    total = (pl.col("first_is_total") & pl.col("first_key").str.contains("分")).fill_null(False)
    marks = rows.with_columns(has_total=total.any().over("document_id")).filter(head | body).with_columns(is_head=head)
    begins = pl.col("is_head") & ~pl.col("is_head").shift(1).over("document_id").fill_null(False)
    marks = marks.with_columns(head_run=begins.cum_sum().over("document_id"))
    same_table = pl.all_horizontal(pl.col(c) == pl.col(c).shift(1) for c in TABLE).fill_null(False)
    opens = ~pl.col("carries_on").fill_null(False) & ~same_table
    is_money = pl.col("kind") == "funding_header"
    seen = is_money.cum_sum().over("document_id", "head_run") > 1
    another = (pl.col("kind").shift(1).over("document_id") == "indicator_header") & is_money & (opens | seen)
    again = _heads_again()
    marks = marks.with_columns(run=(begins | another.fill_null(False) | again).cum_sum().over("document_id"))
    kind, index = pl.col("kind"), pl.col("row_index")
    before_project = index < index.filter(kind == "project").first().fill_null(2**31)
    indicators, funding = kind == "indicator_header", kind == "funding_header"
    return marks.group_by("document_id", "run", maintain_order=True).agg(
        first=index.first(),
        page_number=pl.col("page_number").first(),
        project=index.filter(kind == "project").last(),
        title_first=index.filter(kind == "title").first(),
        title_before_project=index.filter((kind == "title") & before_project).last(),
        other_title=index.filter(kind == "other_title").last(),
        last_title=kind.filter(kind.is_in(_TITLES)).last(),
        title_kind=pl.col("other_kind").filter(kind.is_in(_TITLES)).last(),
        says_goes_on=pl.col("first_key").filter(kind == "title").str.contains(_SAME_FORM).any(),
        project_text=pl.col("project_text").filter(kind == "project").last(),
        has_project=(kind == "project").any(),
        has_title=(kind == "title").any(),
        has_funding=funding.any(),
        has_goal=(kind == "goal_header").any(),
        has_indicators=indicators.any(),
        has_actual=(indicators & pl.col("has_actual")).any(),
        has_score=(indicators & pl.col("has_score") & pl.col("has_target")).any(),
        has_points=(indicators & pl.col("has_score")).any() | pl.col("has_total").any(),
        is_periodic=pl.col("is_periodic").fill_null(False).any(),
    )


def _heads_again() -> pl.Expr:
    """Whether a title begins another run of heads: a project stands before it, and below it another one.

    A page of instructions, or a list, that prints the label of the project too has no body of its own, but its project
    is not that of the form behind it.
    """
    index, run = pl.col("row_index"), ("document_id", "head_run")
    is_project = pl.col("kind") == "project"
    is_title = pl.col("kind").is_in(_TITLES)
    last = index.filter(is_project).max().over(run)
    title = index.filter(is_title & (index < last)).max().over(run)
    before = index.filter(is_project & (index < title)).max().over(run)
    text = pl.col("project_text")
    differs = text.filter(index == before).first().over(run) != text.filter(index == last).first().over(run)
    first = index.filter(is_title & (index > before)).min().over(run)
    return ((index == first) & differs).fill_null(False)


def _candidates(runs: pl.DataFrame) -> pl.DataFrame:
    """Put runs together that carry one another on: one row for each candidate, with what it shows."""
    indicators_only = ~pl.col("has_funding") & ~pl.col("has_goal")
    is_other = pl.col("last_title") == "other_title"
    repeats = (pl.col("project_text") == pl.col("project_text").shift(1).over("document_id")).fill_null(False)
    carries_on = (
        (pl.col("run") > pl.col("run").min().over("document_id"))
        & ~is_other.fill_null(False)
        & (
            (~pl.col("has_project") & indicators_only)
            | (pl.col("says_goes_on") & (~pl.col("has_project") | repeats))
            | (repeats & indicators_only)
        )
    )
    runs = runs.with_columns(form_run=(~carries_on).cum_sum().over("document_id"))
    return runs.group_by("document_id", "form_run", maintain_order=True).agg(
        start=pl.coalesce("title_before_project", "title_first", "project", "first").first(),
        other_start=pl.col("other_title").first(),
        page_number=pl.col("page_number").first(),
        title_kind=pl.when(pl.col("last_title").first() == "other_title").then(pl.col("title_kind").first()),
        has_project=pl.col("has_project").any(),
        has_title=pl.col("has_title").any(),
        has_funding=pl.col("has_funding").any(),
        has_goal=pl.col("has_goal").any(),
        has_indicators=pl.col("has_indicators").any(),
        has_actual=pl.col("has_actual").any(),
        has_score=pl.col("has_score").any(),
        has_points=pl.col("has_points").any(),
        is_periodic=pl.col("is_periodic").any(),
    )


def _judged(candidates: pl.DataFrame) -> pl.DataFrame:
    """Add `is_form`, and `kind`: what a candidate is that is not a form, as far as it can be known."""
    names = pl.col("has_project") | pl.col("has_title") | pl.col("has_funding")
    by_indicators = pl.col("has_indicators") & (pl.col("has_actual") | pl.col("has_score")) & names
    by_title = (
        pl.col("has_title")
        & (pl.col("has_indicators") | pl.col("has_funding"))
        & (pl.col("has_project") | pl.col("has_goal") | (pl.col("has_indicators") & pl.col("has_funding")))
    )
    other = (
        pl.when(pl.col("title_kind").is_in(_DISQUALIFIES))
        .then("title_kind")
        .when(pl.col("is_periodic") & ~pl.col("has_title"))
        .then(pl.lit(_PERIODIC))
    )
    return candidates.with_columns(other=other).with_columns(
        is_form=pl.col("other").is_null() & (by_indicators | by_title),
        kind=pl.when(~_is_wrongly_titled()).then(
            pl.coalesce(
                "other",
                pl.when(
                    pl.col("has_indicators") & ~pl.col("has_title") & pl.col("has_project") & ~pl.col("has_points")
                ).then(pl.lit(_TARGETS)),
                "title_kind",
            )
        ),
    )


def _is_wrongly_titled() -> pl.Expr:
    """Whether the title says that targets are set, but what was achieved and its points are there: nobody knows."""
    return ((pl.col("title_kind") == _TARGETS) & pl.col("has_actual") & pl.col("has_score")).fill_null(False)


def find_forms(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Number the forms of each document.

    A form begins with its title or, without one, with its project row; it begins only once the form before it has
    shown a funding, goal or indicator header, so that a title printed again on each page starts nothing. A title that
    says that it goes on (续), or a head that repeats the project of the form before above indicators only, carries
    that form on. What shows no indicator header, and no funding header below a title, is not a form; nor is a
    target table, a monitoring form or an evaluation by others.

    Returns:
        The rows with `form_number`, null where no form is; and one row for each table that looks like a form but is
        another: `document_id`, `page_number`, `kind`.
    """
    forms = _judged(_candidates(_runs(rows)))
    starts = (
        forms.with_columns(
            form_number=pl.when("is_form")
            .then(pl.col("is_form").cum_sum().over("document_id").cast(pl.Int32))
            .otherwise(0),
            row_index=pl.when(pl.col("title_kind").is_not_null()).then("other_start").otherwise("start"),
        )
        .select("document_id", "form_number", "row_index")
        .join(rows.select("row_index", "block_start"), on="row_index")
        .select("document_id", "form_number", row_index="block_start")
    )
    numbered = (
        rows.join(starts, on=["document_id", "row_index"], how="left", maintain_order="left")
        .with_columns(pl.col("form_number").forward_fill().over("document_id"))
        .with_columns(form_number=pl.when(pl.col("form_number") > 0).then("form_number"))
    )
    looks_like_form = pl.col("has_indicators") | (pl.col("has_funding") & (pl.col("has_title") | pl.col("has_project")))
    others = forms.filter(~pl.col("is_form"), looks_like_form | pl.col("title_kind").is_not_null()).select(
        "document_id", "page_number", "kind"
    )
    return numbered, others
