"""The rule book and the dictionary as facts for their pages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from expectations.settings import RuleSettings
from expectations.wording import wording
from flows.reports.dictionary import type_name
from flows.reports.labels import column_label
from warehouse.contract import PUBLISHED, polars_schema
from warehouse.contract.metadata import column_about, column_metadata, table_about, unit_name

if TYPE_CHECKING:
    from expectations.dataset import DatasetRule
    from expectations.rule import Rule


def rule_facts(settings: RuleSettings, counts: Mapping[str, int], language: str, t: Mapping[str, str]) -> list[Any]:
    """Gather what the rule book says.

    Args:
        settings: Severities and thresholds, where they differ from those of the catalogue.
        counts: Forms that break each rule.
        language: `en` or `zh`.
        t: The texts of the page.
    """
    from expectations import dataset
    from expectations.catalogue import RULES

    rules: list[Rule | DatasetRule] = [*RULES, *dataset.RULES]
    facts, found = _facts_of_rules(language), []
    for rule in rules:
        words = wording(rule, settings)
        found.append(
            {
                "id": rule.id,
                "title": words.title(language),
                "why": words.why_zh if language == "zh" else words.why_en,
                "severity": settings.severities.get(rule.id, rule.severity),
                "count": counts.get(rule.id, 0),
                "facts": [(t[name], said) for name, said in facts.get(rule.id, ()) if said],
            }
        )
    return found


@cache
def _facts_of_rules(language: str) -> dict[str, list[tuple[str, str]]]:
    """Return what the catalogue says of each rule on forms: name of the text, and the fact."""
    from expectations.catalogue import RULES
    from expectations.not_applicable import REASONS
    from expectations.rule_book import source_in

    zh = language == "zh"
    separator = "；" if zh else "; "
    found = {}
    for rule in RULES:
        reasons = [REASONS[code][0 if zh else 1] for code in rule.measure(RuleSettings()).not_applicable]
        found[rule.id] = [
            ("inputs", separator.join(_input(name, language) for name in rule.inputs)),
            ("not_judged", separator.join(reasons)),
            ("source", source_in(rule.source, "zh" if zh else "en")),
        ]
    return found


def _input(name: str, language: str) -> str:
    table, _, column = name.partition(".")
    if column not in _GROUPS:
        return column_label(table, column, language)
    return table_about(table, language).name + _GROUPS[column][0 if language == "zh" else 1]


_GROUPS: Final = {
    "*": ("各栏", ": all columns"),
    "*_cny": ("各项金额", ": all amounts"),
    "*_reason": ("各栏的缺失原因", ": all reasons"),
}
"""Names of several columns of a table, in Chinese and English."""


@cache
def dictionary_facts(language: str) -> list[dict[str, Any]]:
    """Gather what the dictionary says: each table and view with its columns."""
    tables = []
    for name, table in PUBLISHED.items():
        types, said, about = polars_schema(table), column_metadata(name), table_about(name, language)
        columns = [
            {
                "name": column,
                "title": column_about(name, column, language).name,
                "type": type_name(types[column], language).replace("`", ""),
                "unit": unit_name(said[column].get("unit", ""), language),
                "printed": said[column].get("source_label", ""),
                "meaning": column_about(name, column, language).meaning,
            }
            for column in table.columns()
        ]
        tables.append({"name": name, "title": about.name, "meaning": about.meaning, "columns": columns})
    return tables
