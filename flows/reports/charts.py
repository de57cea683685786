"""The charts of the report of a release, as SVG that a page takes in: published forms beside those that are held back.

Each takes the rows of a view (`all_forms`, `all_indicators`) and gives an SVG text whose texts and lines have the
colour of the page around it, so that it can be read in a dark page too; null when no row has what it shows. Rates and
points become floating-point numbers here: they place marks on a drawing and are published nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import altair as alt
import polars as pl

COLOURS: Final = {"published": "#2f8f6b", "held": "#c8453b"}
_TEXTS: Final = {"published": "published", "held": "held_mark"}
LEVELS: Final = ("output", "benefit", "satisfaction", "cost", "decision", "management", "execution")
MOST_POINTS: Final = 2000
"""Forms that are drawn one by one; more of them are counted in squares."""
WIDTH: Final = 330
HEIGHT: Final = 190
_LABELS: Final = 88
"""Room for the longest name of a kind: where no Chinese font is installed the names cannot be measured."""
_SIDE_BY_SIDE: Final = 7
"""Names of steps that have room beside each other; more of them are written askew."""
_NAMESPACES: Final = re.compile(r' xmlns(:\w+)?="[^"]*"')
"""Which SVG within HTML does not need."""


@dataclass(frozen=True)
class Drawn:
    """A chart: its heading, what it shows in a sentence for those who cannot see it, and its SVG."""

    title: str
    meaning: str
    svg: str


def rates(forms: pl.DataFrame, t: Mapping[str, str]) -> Drawn | None:
    """Count forms by execution rate, in steps of ten percent, with one bar above 100 % and one below 0 %."""
    return _in_steps(forms, "execution_rate_pct", (0, 10), t, "rates", "%")


def scores(forms: pl.DataFrame, t: Mapping[str, str]) -> Drawn | None:
    """Count forms by total score, in steps of five points; all below 60 in one bar, all above 100 in another."""
    return _in_steps(forms, "total_score_points", (60, 5), t, "scores", t["points"])


def ratings(forms: pl.DataFrame, t: Mapping[str, str]) -> Drawn | None:
    """Count forms by rating; the printed one where there is one, else the one that follows from the score."""
    order = ["优", "良", "中", "差"]
    rating = pl.coalesce(
        pl.when(pl.col("rating").is_in(order)).then(pl.col("rating")), pl.col("rating_derived").cast(pl.String)
    )
    return _bars(forms.filter(rating.is_not_null()), rating, order, {}, t, "ratings", "")


def rate_and_score(forms: pl.DataFrame, t: Mapping[str, str]) -> Drawn | None:
    """Place each form by its execution rate and its total score; many forms are counted in squares."""
    shown = forms.select(
        rate=pl.col("execution_rate_pct").cast(pl.Float64).clip(0, 120),
        score=pl.col("total_score_points").cast(pl.Float64).clip(0, 120),
        status=_status(t),
    ).drop_nulls()
    if shown.is_empty():
        return None
    x, y = (alt.Axis(title=t[f"{name}_axis"]) for name in ("rate", "score"))
    if shown.height <= MOST_POINTS:
        chart = (
            alt.Chart(shown)
            .mark_point(size=28, filled=True, opacity=0.6)
            .encode(
                x=alt.X("rate:Q", axis=x),
                y=alt.Y("score:Q", axis=y, scale=alt.Scale(zero=False)),
                color=_colour(t),
                shape=alt.Shape("status:N", legend=None, sort=_names(t)),
            )
        )
    else:
        counted = (
            shown.with_columns((pl.col("rate") // 4 * 4), (pl.col("score") // 4 * 4))
            .group_by("rate", "score")
            .len("forms")
            .with_columns(rate_end=pl.col("rate") + 4, score_end=pl.col("score") + 4)
        )
        chart = (
            alt.Chart(counted)
            .mark_rect()
            .encode(
                x=alt.X("rate:Q", axis=x),
                x2="rate_end:Q",
                y=alt.Y("score:Q", axis=y, scale=alt.Scale(zero=False)),
                y2="score_end:Q",
                color=alt.Color("forms:Q", title=t["forms"], scale=alt.Scale(type="log", range=["#b9d3ea", "#17426b"])),
            )
        )
    return Drawn(t["rate_and_score"], t["rate_and_score_meaning"].format(count=f"{shown.height:,}"), _svg(chart))


def weights(indicators: pl.DataFrame, t: Mapping[str, str]) -> Drawn | None:
    """Show how the points of forms are spread over the kinds of indicators: the mean share of each, by status."""
    shares = (
        indicators.filter(pl.col("level_1_type").is_not_null(), pl.col("weight_points") > 0)
        .with_columns(points=pl.col("weight_points").cast(pl.Float64), kind=pl.col("level_1_type").cast(pl.String))
        .group_by("form_id", "status", "kind")
        .agg(pl.col("points").sum())
        .with_columns(share=100 * pl.col("points") / pl.col("points").sum().over("form_id"))
    )
    if shares.is_empty():
        return None
    forms = shares.group_by("status").agg(forms=pl.col("form_id").n_unique())
    means = (
        shares.group_by("status", "kind")
        .agg(pl.col("share").sum())
        .join(forms, on="status")
        .select(
            share=pl.col("share") / pl.col("forms"),
            kind=pl.col("kind").replace_strict({level: t[level] for level in LEVELS}),
            status=_status(t),
        )
    )
    chart = (
        alt.Chart(means)
        .mark_bar()
        .encode(
            x=alt.X("share:Q", title=t["share_axis"]),
            y=alt.Y("kind:N", title=None, sort=[t[level] for level in LEVELS], axis=alt.Axis(minExtent=_LABELS)),
            yOffset=alt.YOffset("status:N", sort=_names(t)),
            color=_colour(t),
        )
    )
    return Drawn(t["weights"], t["weights_meaning"].format(count=f"{shares['form_id'].n_unique():,}"), _svg(chart))


def over_achievement(indicators: pl.DataFrame, t: Mapping[str, str]) -> Drawn | None:
    """Count indicators by how many times their target they reached: 1 is as planned, 10 and more in one bar."""
    ratio = pl.col("attainment_ratio").cast(pl.Float64)
    ends = [0.5, 0.8, 1.0, 1.2, 1.5, 2.0, 5.0, 10.0]
    order = ["< 0.5", *(f"{low:g}–{high:g}" for low, high in pairwise(ends)), "≥ 10"]
    shown = indicators.filter(ratio.is_not_null(), ratio >= 0)
    step = pl.lit(order[0])
    for low, name in zip([0.0, *ends], order, strict=True):
        step = pl.when(ratio >= low).then(pl.lit(name)).otherwise(step)
    return _bars(shown, step, order, {}, t, "over_achievement", t["times"])


def _in_steps(
    forms: pl.DataFrame, column: str, first_and_width: tuple[int, int], t: Mapping[str, str], what: str, unit: str
) -> Drawn | None:
    """Count forms by steps of one width up to 100, which belongs to the last one, and by what lies outside of them."""
    first, width = first_and_width
    value = pl.col(column).cast(pl.Float64)
    step = (
        pl.when(value > 100)
        .then(pl.lit("> 100"))
        .when(value < first)
        .then(pl.lit(f"< {first}"))
        .otherwise((value.clip(first, 99.99) // width * width).cast(pl.Int64).cast(pl.String))
    )
    names = {str(start): f"{start}–{start + width}" for start in range(first, 100, width)}
    return _bars(forms.filter(value.is_not_null()), step, [f"< {first}", *names, "> 100"], names, t, what, unit)


def _bars(
    rows: pl.DataFrame,
    step: pl.Expr,
    order: Sequence[str],
    names: Mapping[str, str],
    t: Mapping[str, str],
    what: str,
    unit: str,
) -> Drawn | None:
    """Count rows by step and status, as bars side by side in the order given; `names` is what a step is called."""
    if rows.is_empty():
        return None
    counted = rows.select(step=step, status=_status(t)).group_by("step", "status").len("count")
    there = [name for name in order if name in {*counted["step"]}]
    first, last = order.index(there[0]), order.index(there[-1])
    shown = [names.get(name, name) for name in order[first : last + 1]]
    chart = (
        alt.Chart(counted.with_columns(pl.col("step").replace(dict(names))))
        .mark_bar()
        .encode(
            x=alt.X(
                "step:N",
                title=unit or None,
                sort=shown,
                scale=alt.Scale(domain=shown),
                axis=alt.Axis(labelAngle=0 if len(shown) <= _SIDE_BY_SIDE else -45),
            ),
            xOffset=alt.XOffset("status:N", sort=_names(t)),
            y=alt.Y("count:Q", title=t["count_axis"], axis=alt.Axis(tickMinStep=1, format=",d")),
            color=_colour(t),
        )
    )
    return Drawn(t[what], t[f"{what}_meaning"].format(count=f"{rows.height:,}"), _svg(chart))


def _names(t: Mapping[str, str]) -> list[str]:
    return [t[text] for text in _TEXTS.values()]


def _status(t: Mapping[str, str]) -> pl.Expr:
    return pl.col("status").cast(pl.String).replace_strict({status: t[text] for status, text in _TEXTS.items()})


def _colour(t: Mapping[str, str]) -> alt.Color:
    scale = alt.Scale(domain=_names(t), range=[*COLOURS.values()])
    return alt.Color("status:N", scale=scale, legend=None)  # the page has one for all: texts are not measured here


def _svg(chart: alt.Chart) -> str:
    """Draw a chart for a page of HTML; its texts and lines take the colour of the page."""
    import vl_convert

    line: dict[str, Any] = {"gridOpacity": 0.15, "gridColor": "currentColor", "tickColor": "currentColor"}
    axis = {**line, "domainColor": "currentColor", "labelColor": "currentColor", "titleColor": "currentColor"}
    plain = (
        chart.properties(width=WIDTH, height=HEIGHT, background="transparent")
        .configure(font="sans-serif", view=alt.ViewConfig(stroke=None))
        .configure_axis(**axis, titleFontWeight="normal")
        .configure_legend(labelColor="currentColor", titleColor="currentColor")
    )
    drawn: str = vl_convert.vegalite_to_svg(plain.to_dict())
    return _NAMESPACES.sub("", drawn)
