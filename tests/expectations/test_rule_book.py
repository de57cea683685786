from __future__ import annotations

import re

import pytest

from expectations.catalogue import RULES
from expectations.rule import Rule
from expectations.rule_book import FILES, messages, page
from tests.support.paths import DOCS
from warehouse.contract.vocabulary import LanguageCode


@pytest.mark.parametrize("language", ["en", "zh"])
def test_page_is_what_docs_hold(language: LanguageCode) -> None:
    text = page(language)
    assert (DOCS / FILES[language]).read_text(encoding="utf-8") == text, "run: python -m expectations.rule_book docs"
    assert all(f"### {rule.id} " in text for rule in RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_speaks_the_chinese_of_a_finance_office(rule: Rule) -> None:
    said = rule.title_zh + rule.message_zh + rule.why_zh
    assert not re.search(r"[≥≤≠→]|扣留|暂扣|收入库|\bif\b", rule.message_zh + rule.title_zh)
    assert "扣留" not in said
    assert "暂扣" not in said


def test_messages_on_the_examples_hold_no_signs_of_programming() -> None:
    for rule_id, message in messages(list(RULES), "zh").items():
        printed = re.sub(r"“[^”]*”|指标值[^，。]*|完成值[^，。]*", "", message)
        assert not re.search(r"[≠→]|[≥≤<>] ?\d", printed), (rule_id, message)
