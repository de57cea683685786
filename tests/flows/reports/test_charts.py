"""What the charts count, read back from the drawing: each mark says what it stands for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from flows.reports import charts
from flows.reports.charts import Drawn
from flows.reports.pages import page_texts
from warehouse.contract.schemas import polars_schema
from warehouse.contract.views import AllForms, AllIndicators

EN = page_texts("quality_page")["en"]


def forms(*rows: Mapping[str, Any]) -> pl.DataFrame:
    given = [{"status": "published", **row} for row in rows]
    return pl.DataFrame(given, schema_overrides={name: polars_schema(AllForms)[name] for name in given[0]})


def marks(drawn: Drawn | None) -> list[str]:
    """Return what each mark of a drawing says that it stands for."""
    assert drawn is not None
    return sorted(re.findall(r'aria-label="([^"]*)" role="graphics-symbol"', drawn.svg))


FORM: dict[str, Any] = {
    "execution_rate_pct": None,
    "total_score_points": None,
    "rating": None,
    "rating_derived": None,
}


def test_rates_above_the_whole_have_a_bar_of_their_own_and_a_hundred_has_not() -> None:
    rates = ["100", "100.01", "0", "-1", "90", "89.9999"]
    drawn = charts.rates(forms(*({**FORM, "execution_rate_pct": Decimal(rate)} for rate in rates)), EN)
    found = [re.sub(r"; status: published|count: ", "", mark) for mark in marks(drawn)]
    assert sorted(found) == sorted(["%: &lt; 0; 1", "%: 0–10; 1", "%: 80–90; 1", "%: 90–100; 2", "%: &gt; 100; 1"])


def test_scores_count_published_beside_held() -> None:
    rows = [{**FORM, "total_score_points": Decimal(97), "status": status} for status in ("published", "held", "held")]
    assert marks(charts.scores(forms(*rows), EN)) == [
        "points: 95–100; count: 1; status: published",
        "points: 95–100; count: 2; status: held back",
    ]


def test_ratings_are_the_printed_ones_else_those_of_the_score() -> None:
    pairs = [("优", "良"), (None, "良"), ("A", None)]
    drawn = charts.ratings(forms(*({**FORM, "rating": one, "rating_derived": other} for one, other in pairs)), EN)
    assert [mark.split(";")[0].split(": ")[-1] for mark in marks(drawn)] == ["优", "良"]


def test_rate_and_score_places_each_form_or_counts_many(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = forms(*[{**FORM, "execution_rate_pct": Decimal(50), "total_score_points": Decimal(70)}] * 3)
    assert len(marks(charts.rate_and_score(rows, EN))) == 3
    monkeypatch.setattr(charts, "MOST_POINTS", 2)
    assert len(marks(charts.rate_and_score(rows, EN))) == 1


def test_weights_are_mean_shares_over_all_forms_of_a_status() -> None:
    rows = [("a", "output", 60), ("a", "benefit", 20), ("b", "output", 10)]
    given = [
        {"form_id": form, "status": "published", "level_1_type": kind, "weight_points": Decimal(points)}
        for form, kind, points in rows
    ]
    schema = {name: polars_schema(AllIndicators)[name] for name in given[0]}
    found = marks(charts.weights(pl.DataFrame(given, schema=schema), EN))
    assert [re.findall(r"[\d.]+", mark)[0] for mark in found] == ["12.5", "87.5"]


OF_INDICATORS = (charts.weights, charts.over_achievement)


@pytest.mark.parametrize("draw", [charts.rates, charts.scores, charts.ratings, charts.rate_and_score, *OF_INDICATORS])
def test_nothing_to_show_is_not_a_chart(draw: Callable[[pl.DataFrame, Mapping[str, str]], Drawn | None]) -> None:
    empty = (AllIndicators if draw in OF_INDICATORS else AllForms).create_empty()
    assert draw(empty, EN) is None


def test_drawing_has_no_address_and_the_colours_of_the_page() -> None:
    drawn = charts.rates(forms({**FORM, "execution_rate_pct": Decimal(50)}), EN)
    assert drawn is not None
    assert "://" not in drawn.svg
    assert "currentColor" in drawn.svg
    assert drawn.title == "Execution rate"
    assert drawn.meaning.startswith("1 forms")
