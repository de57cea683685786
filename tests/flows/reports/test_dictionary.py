from __future__ import annotations

from flows.reports.dictionary import dictionary_markdown
from tests.support.paths import ROOT
from warehouse.contract import TABLES


def test_dictionary_markdown_names_every_column_with_its_meaning() -> None:
    page = dictionary_markdown()
    for name, table in TABLES.items():
        assert f"\n## {name}\n" in page
        for column_name, column in table.columns().items():
            assert column.description
            assert f"| {column_name} |" in page or f"| **{column_name}** |" in page


def test_dictionary_page_is_the_generated_one() -> None:
    page = ROOT / "docs" / "dictionary.md"
    assert page.read_text(encoding="utf-8") == dictionary_markdown(), (
        "run: uv run jixiao dictionary > docs/dictionary.md"
    )
