from __future__ import annotations

import pytest

from flows.browse.data import ReleaseData
from flows.browse.search import SORTS, STATUSES, Filters, choices, neighbours, search


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (Filters(), 7),
        (Filters(words="除雪"), 1),
        (Filters(words="融雪剂 北原县"), 1),  # a name of an indicator, and one of the unit
        (Filters(words="除雪 茶园"), 0),
        (Filters(words="OVER-BUDGET"), 1),
        (Filters(words=".*"), 0),  # no pattern
        (Filters(year="2022"), 2),
        (Filters(year="none"), 0),
        (Filters(year="x"), 0),
        (Filters(department="临泽市"), 3),
        (Filters(department="照明"), 1),
        (Filters(region="51"), 0),
        (Filters(status="held"), 1),
        (Filters(status="published"), 6),
        (Filters(status="findings"), 4),
        (Filters(status="clean"), 3),
        (Filters(rule="R15"), 1),
        (Filters(rule="R15", status="published"), 0),
        (Filters(rule="R03' OR 1=1"), 0),
    ],
)
def test_search_gives_what_fits_all_filters(data: ReleaseData, filters: Filters, count: int) -> None:
    assert search(data, filters).height == count


def test_search_by_id_finds_the_form(data: ReleaseData, held_form: str) -> None:
    assert search(data, Filters(words=held_form))["form_id"].to_list() == [held_form]


@pytest.mark.parametrize("sort", [name for name in SORTS if name])
def test_search_sorts_and_loses_nothing(data: ReleaseData, sort: str) -> None:
    found = search(data, Filters(sort=sort))
    assert sorted(found["form_id"]) == sorted(data.forms["form_id"])
    (first, *_), is_descending = SORTS[sort]
    known = found[first].drop_nulls()
    assert known.to_list() == known.sort(descending=is_descending).to_list()


def test_filters_of_takes_only_what_can_be() -> None:
    asked = {"words": "  水 ", "status": "nonsense", "sort": "drop", "year": "2" * 999, "colour": "red"}
    filters = Filters.of(asked)
    assert (filters.words, filters.status, filters.sort, len(filters.year)) == ("水", "", "", 200)


def test_filters_query_and_of_are_inverse() -> None:
    filters = Filters(words="a&b=c 水", department="x/y", rule="R15", status=STATUSES[0])
    from urllib.parse import parse_qsl

    assert Filters.of(dict(parse_qsl(filters.query().removeprefix("?")))) == filters
    assert Filters().query() == ""
    assert Filters(sort="score").is_empty
    assert not filters.is_empty


def test_choices_are_what_the_forms_have(data: ReleaseData) -> None:
    offered = choices(data)
    assert offered.years == ["2023", "2022", "2021"]
    assert ("R15", 1) in offered.rules
    assert set(offered.departments) == set(data.forms["department"])


def test_neighbours_follow_the_list(data: ReleaseData) -> None:
    ids = data.forms["form_id"].to_list()
    assert neighbours(data.forms, ids[0]) == (1, None, ids[1])
    assert neighbours(data.forms, ids[-1]) == (len(ids), ids[-2], None)
    assert neighbours(data.forms, "nothing") == (None, None, None)
