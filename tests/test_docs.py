"""What the pages say of files, links and the house must be there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from flows.config.settings import load_settings
from tests.support.paths import ROOT
from transforms.account import KINDS, LOST, NO_FORM, NOT_READ

PAGES: Final = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
_LINK: Final = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)")
_CHINESE: Final = ".zh-CN.md"
_FILE: Final = re.compile(r"`((?:flows|transforms|expectations|warehouse|tests|benchmarks|docs)/[\w./-]*)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_a_page_lead_to_files(page: Path) -> None:
    links = _LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", [one for one in PAGES if _CHINESE in one.name], ids=lambda page: page.name)
def test_chinese_page_and_its_twin_lead_to_each_other_and_it_to_other_chinese_pages(page: Path) -> None:
    twin = page.with_name(page.name.replace(_CHINESE, ".md"))
    if twin.name == "dictionary.md":  # what a command prints, where there is no other page
        return
    assert page.name in _LINK.findall(twin.read_text(encoding="utf-8"))
    targets = [page.parent / link for link in _LINK.findall(page.read_text(encoding="utf-8")) if link.endswith(".md")]
    in_english = {target for target in targets if target.with_suffix(_CHINESE).exists()}
    assert in_english == {twin}


@pytest.mark.parametrize("name", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_files_that_a_page_names_are_there(name: str) -> None:
    named = _FILE.findall((ROOT / name).read_text(encoding="utf-8"))
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_names_that_the_architecture_gives_are_in_the_files_beside_them() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for name, path in {
        "COMMANDS": "flows/cli.py",
        "KINDS": "flows/config/sources.py",
        "MODULES": "expectations/catalogue.py",
        "sections": "expectations/rule_book.toml",
        "RunPlan": "flows/running/run.py",
        "within_flow": "flows/orchestration/tasks.py",
        "READER_VERSION": "transforms/read.py",
    }.items():
        assert f"`{name}`" in page
        assert f"`{path}`" in page
        assert re.search(rf"\b{name}\b", (ROOT / path).read_text(encoding="utf-8"))


def _settings_examples() -> list[tuple[str, str]]:
    """List the examples of `jixiao.toml` on the pages: those of other files begin with a table of their entries."""
    return [
        (page.name, example)
        for page in PAGES
        for example in re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        if not example.startswith("[[")
    ]


def test_pages_have_examples_of_settings() -> None:
    assert {"own-reports.md", "own-reports.zh-CN.md", "operations.md"} <= {name for name, _ in _settings_examples()}


@pytest.mark.parametrize(("name", "example"), _settings_examples(), ids=lambda value: str(value)[:12])
def test_example_of_settings_loads(name: str, example: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text(example, encoding="utf-8")
    load_settings(file)


def test_operations_say_what_to_do_about_every_reason_of_a_document() -> None:
    modules = ["transforms/read.py", "transforms/account.py", "transforms/reading/ocr/engine.py"]
    found = "".join((ROOT / path).read_text(encoding="utf-8") for path in (*modules, "flows/running/reader.py"))
    codes = {*re.findall(r'"([a-z]+(?:_[a-z]+)+|damaged|encrypted): ', found), LOST, NOT_READ}
    assert {"reader_timeout", "needs_ocr", "page_failed"} < codes
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert {code for code in codes if not re.search(rf"^\| .*`{code}`.* \|", page, re.M)} == set()
    assert {kind for kind in (*KINDS, "other") if f"| `{NO_FORM}: {kind}` |" not in page} == set()
