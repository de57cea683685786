from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from flows.browse.server import served
from flows.config.settings import load_settings
from flows.stopping import Stop
from tests.support.browser import Watched, opened, watched, without_script
from tests.support.builders import MadeUpForm, form_id, ingest, publish
from tests.support.commands import run
from warehouse.warehouse import Warehouse

HOSTILE = "<script>document.title='owned'</script><img src=x onerror=alert(1)>{{7*7}}[b]x[/b]\x07\u202etxt.exe"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with opened() as browser:
        yield browser


@pytest.fixture(scope="module")
def address(house: Warehouse) -> Iterator[str]:
    with served(house, load_settings(None), "zh", Stop(), port=0) as address:
        yield address


@pytest.fixture(scope="module")
def hostile_house(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse of made-up forms with hostile texts, two releases, and no PDF in the archive."""
    house = Warehouse(tmp_path_factory.mktemp("hostile") / "data")
    held = {form_id("b"): f"page 1, x: {HOSTILE}"}
    ingest(house, {"a": [MadeUpForm(project=HOSTILE)], "b": [MadeUpForm(unit=HOSTILE)]}, held=held)
    publish(house)
    ingest(house, {"c": [MadeUpForm(project=f"new {HOSTILE}")]})
    publish(house)
    return house


@pytest.fixture(scope="module")
def other_address(hostile_house: Warehouse) -> Iterator[str]:
    with served(hostile_house, load_settings(None), "en", Stop(), port=0) as address:
        yield address


def _sound(seen: Watched, *, errors: int = 0) -> None:
    """A page that shows what it should: nothing from outside, nothing on the console, within its window, no finding."""
    assert seen.outside == []
    assert len(seen.said(errors)) == errors, seen.console
    assert not seen.overflows()
    assert seen.axe() == []  # which itself may write to the console


LONG = (pytest.mark.long, pytest.mark.slow)
OTHERS = [pytest.param(path, marks=LONG) for path in ("rules", "changes", "dictionary", "nothing")]


@pytest.mark.parametrize("path", ["", "form/{held}", *OTHERS])
@pytest.mark.parametrize(("width", "dark", "language"), [(1280, False, "zh"), (390, True, "en")])
def test_pages_are_sound(
    browser: Browser, address: str, held_form: str, path: str, width: int, dark: bool, language: str
) -> None:
    with watched(browser, address, width=width, dark=dark) as seen:
        seen.page.goto(f"{address}{path.format(held=held_form)}?lang={language}")
        _sound(seen, errors=1 if path == "nothing" else 0)  # Chromium says that it is a 404


@pytest.mark.parametrize("path", ["", "changes", f"form/{form_id('b')}"])
def test_hostile_texts_stay_text(browser: Browser, other_address: str, path: str) -> None:
    with watched(browser, other_address, width=390) as seen:
        if path.startswith("form"):  # of the release in which it is held
            seen.page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        seen.page.goto(other_address + path)
        _sound(seen)
        assert "owned" not in seen.page.title() or "<script>" in seen.page.title()
        assert seen.page.locator("main script, main img").count() == 0
        shown = seen.page.locator("body").inner_text()
        assert "{{7*7}}[b]x[/b]\\x07\\u202etxt.exe" in shown
        assert "\u202e" not in shown
        if path.startswith("form"):
            assert "does not have this PDF" in shown


def test_search_by_keyboard_then_form_then_back(browser: Browser, address: str) -> None:
    with watched(browser, address) as seen:
        page = seen.page
        page.goto(address)
        page.get_by_role("searchbox").fill("临泽市")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("words="))
        rows = page.get_by_role("row")
        expect(rows).to_have_count(4)
        page.get_by_label("违反规则").select_option("R16")
        page.get_by_role("button", name="查询").click()
        expect(rows).to_have_count(2)
        page.get_by_role("link", name="背街小巷路灯节能改造").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("背街小巷路灯节能改造")
        page.get_by_role("link", name="返回列表").click()
        expect(rows).to_have_count(2)
        _sound(seen)


def test_values_and_boxes_light_up_both_ways(browser: Browser, address: str, held_form: str) -> None:
    with watched(browser, address, width=1400) as seen:
        page = seen.page
        page.goto(f"{address}form/{held_form}")
        value = page.locator('[id="form.execution_rate_pct"]')
        number = value.get_attribute("data-boxes")
        box = page.locator(f'[data-box="{number}"]')
        value.hover()
        expect(box).to_have_class(re.compile(r"\blit\b"))
        page.mouse.move(0, 0)
        expect(box).not_to_have_class(re.compile(r"\blit\b"))
        box.hover()
        expect(value).to_have_class(re.compile(r"\blit\b"))
        value.focus()
        expect(box).to_have_class(re.compile(r"\blit\b"))
        page.keyboard.press("Enter")
        expect(box).to_have_class(re.compile(r"\bchosen\b"))
        expect(page).to_have_url(re.compile(r"#form\.execution_rate_pct$"))
        expect(box).to_be_focused()  # and back again by the same key
        page.keyboard.press("Enter")
        expect(value).to_be_focused()
        assert box.locator("text").text_content() == "R15"
        assert seen.console == []


def test_box_stands_where_the_value_is_printed(browser: Browser, address: str, held_form: str) -> None:
    with watched(browser, address, width=1400) as seen:
        page = seen.page
        page.goto(f"{address}form/{held_form}")
        rect = page.locator("[data-box] rect").first.bounding_box()
        paper = page.locator(".paper img").bounding_box()
        assert rect is not None
        assert paper is not None
        assert paper["x"] <= rect["x"] < rect["x"] + rect["width"] <= paper["x"] + paper["width"]
        assert paper["height"] / paper["width"] == pytest.approx(842 / 595, rel=0.01)
        page.wait_for_function("document.querySelector('.paper img').naturalWidth > 1000")


def test_link_to_an_indicator_marks_it(browser: Browser, address: str, held_form: str) -> None:
    with watched(browser, address, width=1400) as seen:
        seen.page.goto(f"{address}form/{held_form}-i004")
        expect(seen.page).to_have_url(re.compile(f"/form/{held_form}#{held_form}-i004$"))
        expect(seen.page.locator(f'[id="{held_form}-i004"]')).to_be_in_viewport()
        expect(seen.page.locator(".box.chosen").first).to_be_in_viewport()


def test_pages_work_without_their_script(browser: Browser, address: str, held_form: str) -> None:
    with without_script(browser) as page:
        page.goto(f"{address}form/{held_form}")
        page.locator('[id="form.rating"]').click()
        expect(page).to_have_url(re.compile("#box-"))


def test_printed_page_has_badges_and_no_controls(
    browser: Browser, address: str, held_form: str, tmp_path: Path
) -> None:
    with watched(browser, address) as seen:
        seen.page.goto(f"{address}form/{held_form}")
        seen.page.emulate_media(media="print")
        expect(seen.page.get_by_role("navigation").first).to_be_hidden()
        badge = seen.page.locator(".badge").first
        assert badge.evaluate("one => getComputedStyle(one).printColorAdjust") == "exact"
        seen.page.pdf(path=tmp_path / "page.pdf")
        assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.long
def test_report_with_form_pages_is_sound_without_the_program(
    browser: Browser, house: Warehouse, held_form: str, tmp_path: Path
) -> None:
    target = tmp_path / "report.html"
    assert run("report", "-w", house.location, "-o", target, "--with-forms", "held", "-l", "zh").exit_code == 0
    for width, dark in ((1280, True), (390, False)):
        with watched(browser, tmp_path.as_uri(), width=width, dark=dark) as seen:
            page = seen.page
            page.goto(target.as_uri())
            _sound(seen)
            page.get_by_role("searchbox").fill("除雪")
            expect(page.get_by_role("status")).to_contain_text("1")
            page.get_by_role("link", name="冬春季道路除雪保障").first.click()
            expect(page).to_have_url(re.compile(f"report-forms/{held_form}.html$"))
            _sound(seen)
            page.locator('[id="form.execution_rate_pct"]').click()
            expect(page.locator(".box.chosen")).to_have_count(1)
            page.wait_for_function("document.querySelector('.paper img').naturalWidth > 1000")
            page.get_by_role("link", name="返回报告").click()
            expect(page).to_have_url(re.compile("report.html$"))


@pytest.mark.long
def test_table_of_the_report_is_searched_and_put_in_order_by_keyboard(
    browser: Browser, house: Warehouse, tmp_path: Path
) -> None:
    target = tmp_path / "report.html"
    assert run("report", "-w", house.location, "-o", target, "-l", "en").exit_code == 0
    with watched(browser, tmp_path.as_uri()) as seen:
        page = seen.page
        page.goto(target.as_uri())
        amounts = page.locator("#forms tbody td:nth-child(4)")
        first = amounts.all_inner_texts()
        smallest_first = sorted(first, key=lambda amount: float(amount.replace(",", "")))
        assert smallest_first != sorted(first)  # 1,240.00 is more than 38.50
        page.get_by_role("columnheader", name="budget").get_by_role("button").focus()
        for expected in (smallest_first, smallest_first[::-1], first):
            page.keyboard.press("Enter")
            expect(amounts).to_have_text(expected)
        page.get_by_role("searchbox").fill("除雪 r15")
        expect(page.get_by_role("status")).to_have_text("Forms 1 to 1 of 1 (of 7 in all)")
        page.emulate_media(media="print")
        expect(page.get_by_role("searchbox")).to_be_hidden()
        page.emulate_media(media="screen")
        page.get_by_role("searchbox").fill("nothing of the kind")
        expect(page.locator("#forms")).to_contain_text("No form fits.")
        _sound(seen)


def test_printed_report_has_all_forms(browser: Browser, house: Warehouse, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    assert run("report", "-w", house.location, "-o", target, "-l", "en").exit_code == 0
    row = re.search(r"<tr><td>2023</td>.*?</tr>", target.read_text("utf-8"))
    assert row is not None
    target.write_text(target.read_text("utf-8").replace(row[0], row[0] * 100), "utf-8")
    with watched(browser, tmp_path.as_uri()) as seen:
        seen.page.goto(target.as_uri())
        rows = seen.page.locator("#forms tbody tr")
        expect(rows).to_have_count(25)
        seen.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        expect(rows).to_have_count(106)
        seen.page.evaluate("dispatchEvent(new Event('afterprint'))")
        expect(rows).to_have_count(25)


def test_report_can_be_read_without_its_script(browser: Browser, house: Warehouse, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    assert run("report", "-w", house.location, "-o", target, "-l", "zh").exit_code == 0
    with without_script(browser) as page:
        page.goto(target.as_uri())
        expect(page.locator("#forms tbody tr")).to_have_count(7)
        expect(page.locator("#forms tbody tr").first).to_be_visible()


def test_report_on_a_phone_has_room_for_words(browser: Browser, house: Warehouse, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    assert run("report", "-w", house.location, "-o", target, "-l", "zh").exit_code == 0
    with watched(browser, tmp_path.as_uri(), width=390) as seen:
        seen.page.goto(target.as_uri())
        widths = seen.page.locator("td.text").evaluate_all("cells => cells.map(cell => cell.clientWidth)")
        assert min(widths) >= 0.6 * 390  # a narrower one is a line for each character
        assert not seen.overflows()


def test_hostile_texts_stay_text_in_the_table_of_the_report(
    browser: Browser, hostile_house: Warehouse, tmp_path: Path
) -> None:
    target = tmp_path / "report.html"
    assert run("report", "-w", hostile_house.location, "-o", target, "-l", "en").exit_code == 0
    with watched(browser, tmp_path.as_uri(), width=390) as seen:
        page = seen.page
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        page.goto(target.as_uri())
        for heading in page.get_by_role("columnheader").get_by_role("button").all():
            heading.press("Enter")
        page.get_by_role("searchbox").fill("<script>document.title='owned'</script> onerror=alert(1)>{{7*7}}")
        expect(page.get_by_role("status")).to_contain_text("Forms 1 to")
        assert "{{7*7}}[b]x[/b]\\x07\\u202etxt.exe" in page.locator("#forms tbody").inner_text()
        assert page.locator("#forms img, #forms script").count() == 0
        assert "owned" not in page.title()
        _sound(seen)


def test_comparison_is_sound(browser: Browser, tmp_path: Path) -> None:
    house = Warehouse(tmp_path / "data")
    ids = []
    for name in "ab":
        ingest(house, {name: [MadeUpForm(project=f"{name} {HOSTILE}")]})
        ids.append(publish(house).release.release_id)
    assert run("diff", *ids, "-w", house.location, "--html", tmp_path / "diff.html").exit_code == 0
    for width, dark in ((1280, True), (390, False)):
        with watched(browser, tmp_path.as_uri(), width=width, dark=dark) as seen:
            seen.page.goto((tmp_path / "diff.html").as_uri())
            _sound(seen)
            assert "{{7*7}}[b]x[/b]\\x07\\u202etxt.exe" in seen.page.locator("body").inner_text()
