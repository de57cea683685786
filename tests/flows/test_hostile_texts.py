"""Texts of strangers through what the command line writes: each stays text, and JSON keeps it whole."""

from __future__ import annotations

import json
import logging
import re

import pytest

from flows.commands.terminal import print_rows
from flows.orchestration.json_log import JsonFormatter
from flows.printable import markdown
from flows.progress import JsonLines
from tests.support.builders import MadeUpForm, form_id, ingest, publish
from tests.support.commands import run
from warehouse.warehouse import Warehouse

CODES = "\x1b[31m\x1b]8;;http://e\x07\x7f\x9b31m\u200f\u202egnp.exe\u2028"
MARKUP = "<script>alert(1)</script>{{7*7}}[red]x[/red][link=file:///e]y[/link]**b**[m](http://e)|`q`"
HOSTILE = f"={MARKUP}{CODES}z"
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Two releases of forms whose project and unit are hostile; one form is held back, with a hostile sentence."""
    house = Warehouse(tmp_path_factory.mktemp("hostile") / "data")
    forms = {"a": [MadeUpForm(project=HOSTILE)], "b": [MadeUpForm(unit=HOSTILE, goal=HOSTILE)]}
    ingest(house, forms, held={form_id("b"): f"page 1, x: {HOSTILE}"})
    publish(house)
    ingest(house, {"c": [MadeUpForm(project=f"new {HOSTILE}")]})
    publish(house)
    return house


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("command", ["quarantine", "diff", "diff --rows", "diff --json", "quarantine --json"])
def test_commands_print_nothing_that_a_terminal_obeys(house: Warehouse, command: str, language: str) -> None:
    name, *options = command.split()
    releases = [release.release_id for release in house.releases.kept()] if name == "diff" else []
    if name == "quarantine":
        options += ["--language", language]
    done = run(name, *releases, *options, "-w", house.location)
    assert done.exit_code == 0
    assert OBEYED.findall((done.stdout + done.stderr).replace("\t", " ")) == []
    if command == "diff --json":
        assert f"new {HOSTILE}" in _texts(json.loads(done.stdout))


def _texts(found: object) -> list[str]:
    if isinstance(found, dict):
        return [text for one in found.values() for text in _texts(one)]
    if isinstance(found, list):
        return [text for one in found for text in _texts(one)]
    return [found] if isinstance(found, str) else []


def test_tables_of_a_terminal_show_markup_as_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setenv("NO_COLOR", "1")
    print_rows([{"project_name": HOSTILE}], nothing="")
    shown = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)  # of the heads, which are bold
    assert MARKUP in shown
    assert OBEYED.findall(shown) == []


def test_lines_of_logs_are_json_that_a_terminal_does_not_obey(capsys: pytest.CaptureFixture[str]) -> None:
    JsonLines().warn(HOSTILE)
    record = logging.LogRecord("jixiao", logging.INFO, "", 0, "%s", (HOSTILE,), None)
    for line in (capsys.readouterr().err.removesuffix("\n"), JsonFormatter().format(record)):
        assert OBEYED.findall(line) == []
        assert json.loads(line)["message"] == HOSTILE


def test_markdown_of_a_run_has_no_markup_of_others() -> None:
    assert not re.search(r"(?<!\\)[<>|`*\[\]{}]", markdown(HOSTILE))
