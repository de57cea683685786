from __future__ import annotations

import pytest

from flows.reports.dictionary import dictionary_markdown
from tests.support.paths import ROOT
from warehouse.contract import PUBLISHED
from warehouse.contract.metadata import column_about


def test_dictionary_markdown_names_every_column_with_its_meaning() -> None:
    page = dictionary_markdown()
    for name, table in PUBLISHED.items():
        assert f"\n## {name}\n" in page
        for column_name, column in table.columns().items():
            assert column.description
            assert f"| {column_name} |" in page or f"| **{column_name}** |" in page


def test_dictionary_in_chinese_names_every_column_once_in_its_table() -> None:
    page = dictionary_markdown("zh")
    for name, table in PUBLISHED.items():
        assert f"\n## {name} " in page
        names = [column_about(name, column, "zh").name for column in table.columns()]
        assert len(set(names)) == len(names), name
        assert all(f"| {shown} |" in page for shown in names)


def test_dictionary_says_what_blank_is() -> None:
    assert "department in charge, as printed; '' where the cell is blank, null where the form has none" in (
        dictionary_markdown(only="forms")
    )
    assert "''" not in dictionary_markdown(only="all_forms")


@pytest.mark.parametrize(("language", "file"), [("en", "dictionary.md"), ("zh", "dictionary.zh-CN.md")])
def test_dictionary_page_is_the_generated_one(language: str, file: str) -> None:
    page = ROOT / "docs" / file
    assert page.read_text(encoding="utf-8") == dictionary_markdown(language), "run: just docs"
