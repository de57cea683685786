from __future__ import annotations

import pytest

from expectations.catalogue import RULES
from expectations.rule_book import FILES, Language, page
from tests.support.paths import DOCS


@pytest.mark.parametrize("language", ["en", "zh"])
def test_page_is_what_docs_hold(language: Language) -> None:
    text = page(language)
    assert (DOCS / FILES[language]).read_text(encoding="utf-8") == text, "run: python -m expectations.rule_book docs"
    assert all(f"### {rule.id} " in text for rule in RULES)
