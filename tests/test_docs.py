"""What the pages say of files, links and the house must be there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from tests.support.paths import ROOT

PAGES: Final = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
_LINK: Final = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)")
_FILE: Final = re.compile(r"`((?:flows|transforms|expectations|warehouse|tests|benchmarks|docs)/[\w./-]*)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_a_page_lead_to_files(page: Path) -> None:
    links = _LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


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
        "_SECTIONS": "expectations/rule_book.py",
        "RunPlan": "flows/running/run.py",
        "within_flow": "flows/orchestration/tasks.py",
        "READER_VERSION": "transforms/read.py",
    }.items():
        assert f"`{name}`" in page
        assert f"`{path}`" in page
        assert re.search(rf"\b{name}\b", (ROOT / path).read_text(encoding="utf-8"))
