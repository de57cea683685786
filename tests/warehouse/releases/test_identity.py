from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import MadeUpForm, document_id, form_id, tables
from warehouse.releases.identity import content_of, normalised, resolve

NEVER = pl.lit(None, pl.Datetime("us", "UTC"))


def resolved(documents: dict[str, Sequence[MadeUpForm]]) -> dict[str, tuple[str, str]]:
    """Documents in the order in which they were seen -> form_id -> (outcome, the form that stands for it)."""
    lazy = {name: frame.lazy() for name, frame in tables(documents).items()}
    seen = pl.DataFrame(
        {"document_id": [document_id(name) for name in documents], "seen_number": list(range(len(documents)))},
        schema={"document_id": pl.String, "seen_number": pl.Int64},
    )
    rows = resolve(lazy, seen.with_columns(stated_at=NEVER)).outcomes
    return {form: (outcome, standing) for form, outcome, standing in rows.iter_rows()}


@pytest.mark.parametrize(
    ("stated", "newest"),
    [
        ({"a": datetime(2024, 5, 2), "b": datetime(2024, 5, 1)}, "a"),
        ({"a": datetime(2024, 5, 1), "b": datetime(2024, 5, 2)}, "b"),
        ({"a": datetime(2024, 5, 1), "b": None}, "a"),
        ({"a": None, "b": None}, "the one with the greater document_id"),
    ],
)
def test_resolve_seen_at_once_the_later_date_counts(stated: dict[str, datetime | None], newest: str) -> None:
    lazy = {n: f.lazy() for n, f in tables({"a": [MadeUpForm(score="1")], "b": [MadeUpForm(score="2")]}).items()}
    seen = pl.DataFrame(
        [(document_id(name), 7, moment and moment.replace(tzinfo=UTC)) for name, moment in stated.items()],
        schema={"document_id": pl.String, "seen_number": pl.Int64, "stated_at": pl.Datetime("us", "UTC")},
        orient="row",
    )
    expected = newest if newest in stated else max(stated, key=document_id)
    (other,) = set(stated) - {expected}
    got = resolve(lazy, seen)
    assert dict(got.outcomes.select("form_id", "outcome").iter_rows())[form_id(expected)] == "published"
    assert got.successions.rows() == [(form_id(other), form_id(expected))]


def test_resolve_each_change_of_content_is_a_succession() -> None:
    made = {"a": [MadeUpForm()], "b": [MadeUpForm()], "c": [MadeUpForm(score="1")], "d": [MadeUpForm()]}
    seen = pl.DataFrame({"document_id": [document_id(n) for n in made], "seen_number": [1, 2, 3, 4]})
    got = resolve({n: f.lazy() for n, f in tables(made).items()}, seen.with_columns(stated_at=NEVER))
    assert set(got.successions.rows()) == {(form_id("b"), form_id("c")), (form_id("c"), form_id("d"))}


def test_resolve_same_form_in_two_documents_counts_once() -> None:
    got = resolved({"a": [MadeUpForm()], "b": [MadeUpForm()]})
    assert got == {
        form_id("a"): ("published", form_id("a")),
        form_id("b"): ("duplicate", form_id("a")),
    }


def test_resolve_other_figures_newest_document_counts() -> None:
    got = resolved({"a": [MadeUpForm(score="99")], "b": [MadeUpForm(score="98")]})
    assert got[form_id("a")] == ("superseded", form_id("b"))
    assert got[form_id("b")] == ("published", form_id("b"))


def test_resolve_other_narrative_is_a_revision() -> None:
    got = resolved({"a": [MadeUpForm(goal="购置3520台")], "b": [MadeUpForm(goal="购置3250台")]})
    assert got[form_id("a")] == ("superseded", form_id("b"))


def test_resolve_first_figures_again_the_first_form_stands() -> None:
    got = resolved({"a": [MadeUpForm()], "b": [MadeUpForm(score="1")], "c": [MadeUpForm()]})
    assert got == {
        form_id("a"): ("published", form_id("a")),
        form_id("b"): ("superseded", form_id("a")),
        form_id("c"): ("duplicate", form_id("a")),
    }


@pytest.mark.parametrize("part", [{"year": None}, {"unit": None}, {"unit": " "}])
def test_resolve_key_with_an_unread_part_stands_for_itself(part: dict[str, Any]) -> None:
    form = MadeUpForm(**part)
    got = resolved({"a": [form], "b": [form]})
    assert {outcome for outcome, _ in got.values()} == {"published"}


@pytest.mark.parametrize("other", [MadeUpForm(project="项目丙"), MadeUpForm(year=2022), MadeUpForm(unit="单位丁")])
def test_resolve_other_key_is_another_form(other: MadeUpForm) -> None:
    got = resolved({"a": [MadeUpForm()], "b": [other]})
    assert {outcome for outcome, _ in got.values()} == {"published"}


def test_resolve_brackets_and_spaces_do_not_matter() -> None:
    got = resolved({"a": [MadeUpForm(project="专项（之二） A1")], "b": [MadeUpForm(project="专项(之二)Ａ1")]})
    assert got[form_id("b")] == ("duplicate", form_id("a"))


def test_resolve_marks_in_brackets_keep_forms_apart() -> None:
    got = resolved({"a": [MadeUpForm(project="专项（之二）")], "b": [MadeUpForm(project="专项（之三）")]})
    assert {outcome for outcome, _ in got.values()} == {"published"}


def test_resolve_same_form_twice_in_a_document_counts_once() -> None:
    got = resolved({"a": [MadeUpForm(), MadeUpForm()]})
    assert got[form_id("a", 1)] == ("published", form_id("a", 1))
    assert got[form_id("a", 2)] == ("duplicate", form_id("a", 1))


def test_resolve_key_that_does_not_tell_forms_of_a_document_apart_is_not_a_revision() -> None:
    one, two = MadeUpForm(score="90"), MadeUpForm(score="91")
    got = resolved({"a": [one, two], "b": [two], "c": [MadeUpForm(score="92")]})
    assert got[form_id("a", 1)] == ("published", form_id("a", 1))
    assert got[form_id("a", 2)] == ("published", form_id("a", 2))
    assert got[form_id("b")] == ("duplicate", form_id("a", 2))
    assert got[form_id("c")] == ("published", form_id("c"))


def test_resolve_fewer_indicators_is_a_revision() -> None:
    got = resolved({"a": [MadeUpForm(indicators=3)], "b": [MadeUpForm(indicators=2)]})
    assert got[form_id("a")] == ("superseded", form_id("b"))


def test_resolve_no_forms_gives_no_rows() -> None:
    assert resolved({"a": []}) == {}


forms = st.builds(
    MadeUpForm,
    project=st.sampled_from(["甲", "乙", "甲 "]),
    year=st.sampled_from([2022, 2023, None]),
    score=st.sampled_from(["90", "91"]),
    indicators=st.integers(0, 2),
)


@given(st.lists(st.lists(forms, max_size=3), max_size=5))
@settings(max_examples=60, deadline=None)
def test_resolve_any_documents_each_form_is_stood_for_once(made: list[list[MadeUpForm]]) -> None:
    documents: dict[str, Sequence[MadeUpForm]] = {f"doc{i}": forms for i, forms in enumerate(made)}
    got = resolved(documents)
    assert set(got) == {form_id(name, i) for name, made in documents.items() for i in range(1, len(made) + 1)}
    for form, (outcome, standing) in got.items():
        assert (outcome == "published") == (form == standing)
        assert got[standing][0] == "published"
    published = [form for form, (outcome, _) in got.items() if outcome == "published"]
    content = {form_id(n, i): f for n, made in documents.items() for i, f in enumerate(made, start=1)}
    keys = [(f.project.strip(), f.year, f.score, f.indicators) for f in map(content.__getitem__, published) if f.year]
    assert len(keys) == len(set(keys)), "the same form with the same content is published twice"


@given(st.lists(st.lists(forms, max_size=2), max_size=4), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_resolve_order_of_rows_does_not_matter(made: list[list[MadeUpForm]], random: object) -> None:
    documents: dict[str, Sequence[MadeUpForm]] = {f"doc{i}": forms for i, forms in enumerate(made)}
    eager = tables(documents)
    seen = pl.DataFrame(
        {"document_id": [document_id(n) for n in documents], "seen_number": list(range(len(documents)))},
        schema={"document_id": pl.String, "seen_number": pl.Int64},
    )
    seed = random.randint(0, 1000)  # type: ignore[attr-defined]
    mixed = {n: f.sample(fraction=1, shuffle=True, seed=seed).lazy() for n, f in eager.items()}
    seen = seen.with_columns(stated_at=NEVER)
    one, other = resolve({n: f.lazy() for n, f in eager.items()}, seen), resolve(mixed, seen[::-1])
    assert one.outcomes.equals(other.outcomes)
    assert one.successions.equals(other.successions)


def test_content_of_value_that_was_read_hides_its_spelling() -> None:
    a, b = tables({"a": [MadeUpForm(score="99.50")]}), tables({"a": [MadeUpForm(score="99.5")]})
    one, other = (
        content_of({n: f.lazy() for n, f in made.items()}, pl.Series([form_id("a")]))["content"][0] for made in (a, b)
    )
    assert one == other


@given(st.text("甲乙（）()0189abCD：-", max_size=20), st.integers(0, 20))
@settings(deadline=None)
def test_normalised_width_and_spaces_do_not_matter(text: str, position: int) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    spaced = wide[:position] + " \u3000\n" + wide[position:]
    one, other = pl.select(one=normalised(pl.lit(text)), other=normalised(pl.lit(spaced))).row(0)
    assert one == other
    assert (one is None) == (text == "")
