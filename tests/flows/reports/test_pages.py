from __future__ import annotations

import string
from copy import deepcopy
from importlib import resources

import pytest
from jinja2 import Environment, UndefinedError, nodes

from flows.config.choices import Language
from flows.reports import pages
from flows.reports.charts import LEVELS
from flows.reports.pages import page_texts, render_page
from warehouse.contract.vocabulary import DOCUMENT_STATUSES
from warehouse.releases.row_account import FORM_OUTCOMES

CHARTS = {"rates", "scores", "ratings", "rate_and_score", "weights", "over_achievement"}
IN_CHARTS = {*CHARTS, *(f"{name}_meaning" for name in CHARTS), *LEVELS}
IN_CHARTS |= {"points", "times", "count_axis", "rate_axis", "score_axis", "share_axis", "forms"}
VERSIONS = {"version_dataset_rules", "version_derive_version", "version_jixiao"}
CHANGES = {"new", "gone", "now_published", "now_held"}

FROM_DATA = {
    "quality_page": {
        *DOCUMENT_STATUSES,
        *FORM_OUTCOMES,
        "critical",
        "warning",
        "info",
        *IN_CHARTS,
        *CHANGES,
        *VERSIONS,
    },
    "diff_page": {"published", "quarantine", "schema"},
    "changes": set(),
}
"""What a page looks up by a value of the data (`t[value]`), and what its charts say."""

WITHOUT_PAGE = {"heads", "commands", "dictionary", "forms_table"}
"""Texts of the tables in a terminal, of commands, of a page in Markdown, and of the library that orders a table."""


def _files(folder: str, ending: str) -> set[str]:
    found = (entry.name for entry in resources.files("flows.reports").joinpath(folder).iterdir())
    return {name.removesuffix(ending) for name in found if name.endswith(ending)}


def _named_in_template(page: str) -> set[str]:
    source = resources.files("flows.reports").joinpath("templates", f"{page}.html").read_text("utf-8")
    tree = Environment(autoescape=True).parse(source)
    name = "c" if page == "changes" else "t"  # a part of other pages
    return {
        node.attr
        for node in tree.find_all(nodes.Getattr)
        if isinstance(node.node, nodes.Name) and node.node.name == name
    }


def test_every_page_of_the_package_has_a_template_and_texts() -> None:
    assert _files("templates", ".html") == _files("texts", ".toml") - WITHOUT_PAGE == FROM_DATA.keys()


@pytest.mark.parametrize("page", FROM_DATA)
def test_every_text_is_there_in_each_language_and_used(page: str) -> None:
    texts = page_texts(page)
    assert texts.keys() == {language.value for language in Language}
    wanted = _named_in_template(page) | FROM_DATA[page]
    assert {language: set(keys) ^ wanted for language, keys in texts.items()} == {"en": set(), "zh": set()}
    assert [key for keys in texts.values() for key, text in keys.items() if not text.strip()] == []
    assert not texts["en"].keys() & set(dir(dict))  # a template would see the method


@pytest.mark.parametrize("page", FROM_DATA)
def test_texts_of_each_language_have_the_same_places_for_numbers(page: str) -> None:
    places = [
        {
            key: {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
            for key, text in keys.items()
        }
        for keys in page_texts(page).values()
    ]
    assert places[0] == places[1]


def test_render_page_what_nobody_gives_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="before"):
        render_page("diff_page", "en", after="b", counts=[])


def test_render_page_a_missing_text_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = deepcopy(page_texts("diff_page"))
    del texts["en"]["title"]
    monkeypatch.setattr(pages, "page_texts", lambda _: texts)
    with pytest.raises(UndefinedError, match="title"):
        render_page("diff_page", "en", before="a", after="b", counts=[])
