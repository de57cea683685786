from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from expectations.catalogue import RULES
from expectations.settings import RuleSettings
from flows.browse.app import ROOM, Pages
from flows.browse.data import Shelf
from flows.browse.form_page import GROUPS
from flows.browse.pictures import Pictures
from flows.browse.search import SORTS
from flows.reports.pages import page_texts
from flows.stopping import Stop
from tests.flows.browse.conftest import Client, client_of
from tests.support.builders import MadeUpForm, form_id, ingest, publish
from warehouse.contract import PUBLISHED
from warehouse.warehouse import Warehouse

LOOKED_UP = {"status_published", "status_held", "status_findings", "status_clean", "missing", "unreadable"}
LOOKED_UP |= {f"sort_{name or 'year'}" for name in SORTS} | {f"{name}_heading" for name in GROUPS}
LOOKED_UP |= {"release_before", "release_after", "not_found", "cannot_show", "no_such_page", "no_such_form"}
LOOKED_UP |= {"released_meanwhile", "inputs", "not_judged", "source"}
"""Texts that are looked up by a name that is worked out, or by the program."""

HOSTILE = "<script>alert(1)</script>{{7*7}}[b]x[/b]**y**\x07\u202egnp.exe"


class _Ids(HTMLParser):
    """The ids of a page, and the places within it that it links to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        for name, value in attrs:
            if name == "id" and value:
                self.ids.append(value)
            if name == "href" and value and value.startswith("#"):
                self.targets.append(value[1:])


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("path", ["/", "/rules", "/dictionary", "/changes", "/form/{held}", "/nothing", "/form/x"])
def test_pages_are_whole_and_their_inner_links_lead_somewhere(
    client: Client, held_form: str, path: str, language: str
) -> None:
    answer = client.get(path.format(held=held_form), params={"lang": language})
    assert answer.status_code == (404 if path in ("/nothing", "/form/x") else 200)
    assert f'lang="{"zh-CN" if language == "zh" else "en"}"' in answer.text
    found = _Ids(answer.text)
    assert len(found.ids) == len(set(found.ids))
    assert set(found.targets) <= set(found.ids)
    assert " style=" not in answer.text
    assert "<script>" not in answer.text
    assert "://" not in answer.text


def test_search_filters_stand_in_the_address(client: Client, held_form: str) -> None:
    page = client.get("/", params={"rule": "R15", "lang": "zh", "words": '"><b>'}).text
    assert "&#34;&gt;&lt;b&gt;" in page
    assert '<option value="R15" selected>' in page
    page = client.get("/", params={"rule": "R15"}).text
    assert f'href="/form/{held_form}?rule=R15"' in page
    assert client.get(f"/form/{held_form}?rule=R15").text.count('rel="next"') == 0
    assert 'rel="prev"' in client.get(f"/form/{held_form}").text


def test_search_that_finds_nothing_says_what_to_do_and_a_lost_page_leads_back(client: Client) -> None:
    empty = client.get("/", params={"words": "不存在的项目", "lang": "zh"}).text
    assert ("请减少关键词或条件" in empty, "<table" in empty) == (True, False)
    lost = client.get("/nothing").text
    assert '<a href="/">All forms</a>' in lost
    assert '<p class="release"><a' in lost  # of no release


@pytest.mark.parametrize("number", ["0", "-1", "9" * 30, "x", "2", ""])
def test_search_any_page_number_gives_a_page(client: Client, number: str) -> None:
    answer = client.get("/", params={"page": number})
    assert (answer.status_code, answer.text.count('<tr role="row">')) == (200, 8)


def test_record_id_leads_to_its_place_in_the_form(client: Client, held_form: str) -> None:
    answer = client.get(f"/form/{held_form}-i002")
    assert (answer.status_code, answer.headers["Location"]) == (307, f"/form/{held_form}#{held_form}-i002")
    assert f'id="{held_form}-i002"' in client.get(f"/form/{held_form}").text


def test_form_page_shows_picture_and_boxes(client: Client, held_form: str) -> None:
    page = client.get(f"/form/{held_form}").text
    (picture,) = re.findall(r'<img src="([^"]+)"', page)
    answer = client.get(picture)
    assert (answer.headers["content-type"], answer.content[:4]) == ("image/png", b"\x89PNG")
    assert "immutable" in answer.headers["Cache-Control"]
    assert page.count("data-box=") > 60
    assert "Breaks" not in page
    assert client.get(picture.replace("/1.png", "/99.png")).status_code == 404


@pytest.mark.parametrize(("language", "said"), [("en", "fonts-noto-cjk; Fedora"), ("zh", "图中缺少汉字")])
def test_form_page_says_where_its_picture_lacks_characters(
    client: Client,
    pictures: Pictures,
    held_form: str,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    said: str,
) -> None:
    for lacking in (set[int](), {1}):
        monkeypatch.setattr(pictures, "lacking", lambda *_, found=lacking: found)
        page = client.get(f"/form/{held_form}", params={"lang": language}).text
        assert page.count(said) == len(lacking)
        assert "<img" in page


def test_rule_book_has_every_rule_and_dictionary_every_column(client: Client) -> None:
    rules = client.get("/rules").text
    assert [rule.id for rule in RULES if f'id="{rule.id}"' not in rules] == []
    assert 'href="/?rule=R15"' in rules
    dictionary = client.get("/dictionary", params={"lang": "zh"}).text
    wanted = [f'id="{table}.{column}"' for table in PUBLISHED for column in PUBLISHED[table].columns()]
    assert [place for place in wanted if place not in dictionary] == []


def test_nothing_published_and_unknown_release_say_what_to_do(tmp_path: Path, client: Client) -> None:
    house = Warehouse(tmp_path)
    empty = client_of(house, Pictures(house.archive, Stop())).get("/")
    assert (empty.status_code, "nothing is published yet" in empty.text) == (503, True)
    unknown = client.get("/", params={"release": "x"})
    assert (unknown.status_code, "there is no release x" in unknown.text) == (404, True)


def test_follows_a_new_release_and_keeps_the_one_asked_for(tmp_path: Path) -> None:
    house = Warehouse(tmp_path / "data")
    ingest(house, {"a": [MadeUpForm(project=HOSTILE)], "b": [MadeUpForm(project="项目乙")]}, held={form_id("b"): "坏"})
    publish(house)
    client = client_of(house, Pictures(house.archive, Stop()))
    first = house.releases.current()
    assert first is not None
    assert client.get("/").text.count('<tr role="row">') == 3
    ingest(house, {"c": [MadeUpForm(project="项目丙", score="88")]})
    publish(house)
    assert client.get("/").text.count('<tr role="row">') == 4
    old = client.get("/", params={"release": first.release_id}).text
    assert old.count('<tr role="row">') == 3
    assert f"release={first.release_id}" in old
    changes = client.get("/changes").text
    assert ("项目丙" in changes, "项目乙" in changes) == (True, False)
    page = client.get(f"/form/{form_id('a')}").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}[b]x[/b]**y**\\x07\\u202egnp.exe" in page
    assert "does not have this PDF" in page
    assert "\u202e" not in page + client.get("/").text


def test_release_that_was_removed_meanwhile_is_said(tmp_path: Path) -> None:
    house = Warehouse(tmp_path / "data")
    ingest(house, {"a": [MadeUpForm()]})
    publish(house)
    client = client_of(house, Pictures(house.archive, Stop()))
    release = house.releases.current()
    assert release is not None
    shutil.rmtree(release.path / "published" / "all_forms")
    answer = client.get("/")
    assert (answer.status_code, "cannot be read" in answer.text) == (503, True)


def test_severities_of_the_settings_stand_in_the_rule_book(house: Warehouse, pictures: Pictures) -> None:
    settings = RuleSettings(severities={"R01": "info"})
    client = Client(Pages(Shelf(house), pictures, "en", settings).app())
    section = client.get("/rules").text.split('id="R01"')[1].split("</section>")[0]
    assert "badge info" in section


def test_every_text_is_there_in_each_language_and_used() -> None:
    texts = page_texts("browse", ROOM)
    assert texts["en"].keys() == texts["zh"].keys()
    named = set[str]()
    for entry in resources.files(ROOM).joinpath("templates").iterdir():
        tree = Environment(autoescape=True).parse(entry.read_text("utf-8"))
        named |= {
            node.attr
            for node in tree.find_all(nodes.Getattr)
            if isinstance(node.node, nodes.Name) and node.node.name == "t"
        }
    assert texts["en"].keys() == named | LOOKED_UP
    assert not texts["en"].keys() & set(dir(dict))  # a template would see the method
    places = [{key: sorted(re.findall(r"{\w+}", text)) for key, text in one.items()} for one in texts.values()]
    assert places[0] == places[1]
