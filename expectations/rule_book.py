"""The rule book as a page: docs/rules.md and docs/rules.zh-CN.md are what `page` returns."""

from __future__ import annotations

import sys
import tomllib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

import polars as pl

from expectations import dataset, example
from expectations.catalogue import MODULES, RULES
from expectations.check import failing, measure
from expectations.not_applicable import REASONS
from expectations.rule import Rule
from expectations.settings import RuleSettings
from expectations.wording import wording
from warehouse.contract.vocabulary import LanguageCode

FILES: Final[dict[LanguageCode, str]] = {"en": "rules.md", "zh": "rules.zh-CN.md"}


@cache
def texts(language: LanguageCode) -> dict[str, Any]:
    """Return the texts of the page in a language, from `rule_book.toml`."""
    book = resources.files("expectations").joinpath("rule_book.toml").read_text("utf-8")
    found: dict[str, dict[str, Any]] = tomllib.loads(book)
    return found[language]


def source_in(source: str, language: LanguageCode) -> str:
    """Return the source of a rule in a language."""
    for english, other in texts(language).get("sources", {}).items():
        source = source.replace(english, other)
    return source


def messages(rules: list[Rule], language: LanguageCode) -> dict[str, str]:
    """Return what each rule says about its own bad example."""
    settings = RuleSettings()
    bad = [next(case for case in rule.examples if case.outcome == "fail") for rule in rules]
    forms = [example.tables(case.changes, number=number) for number, case in enumerate(bad, 1)]
    tables = {name: pl.concat([form[name] for form in forms]) for name in forms[0]}
    measured = measure(tables, settings)
    column = "message" if language == "zh" else "message_en"
    found = {}
    for number, rule in enumerate(rules, 1):
        said = failing(rule, measured[rule.table], settings).filter(pl.col("form_id").str.ends_with(f"-{number:03d}"))
        found[rule.id] = str(said.collect()[column][0])
    return found


def _rule(rule: Rule, language: LanguageCode, said: str) -> list[str]:
    words = texts(language)
    zh = language == "zh"
    said_of = wording(rule, RuleSettings())
    title, why = said_of.title(language), said_of.why_zh if zh else said_of.why_en
    severity = f"{words['severities'][rule.severity]} `{rule.severity}`" if zh else f"`{rule.severity}`"
    judges = f"{words['judges']}{words['tables'][rule.table] if zh else ''} `{rule.table}`"
    codes = rule.measure(RuleSettings()).not_applicable
    reasons = "; ".join(f"{REASONS[code][0 if zh else 1]} (`{code}`)" for code in codes)
    lines = [
        f"### {rule.id} {title}",
        "",
        f"{severity} · {judges} · {words['version']} {rule.version}",
        "",
        why,
        "",
        f"- {words['source']}: {source_in(rule.source, language)}",
        f"- {words['inputs']}: {', '.join(f'`{name}`' for name in rule.inputs)}",
    ]
    if reasons:
        lines.append(f"- {words['not']}: {reasons}")
    return [*lines, f"- {words['says']}: “{said}”" if not zh else f"- {words['says']}：「{said}」", ""]


def _settings(language: LanguageCode) -> list[str]:
    words = texts(language)
    lines = [words["settings"], "", words["setting"], "|---|---|---|"]
    for name, field in RuleSettings.model_fields.items():
        default: Any = getattr(RuleSettings(), name)
        entries = default.items() if isinstance(default, dict) else ()
        shown = "; ".join(f"{key}: {_shown(value)}" for key, value in entries)
        meaning = words["settings_meaning"][name] if language == "zh" else field.description
        lines.append(f"| `{name}` | {shown or _shown(default) or '—'} | {meaning} |")
    return [*lines, ""]


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ""
    if hasattr(value, "model_dump"):
        return ", ".join(f"{key} {inner}" for key, inner in value.model_dump().items())
    return str(value)


def page(language: LanguageCode) -> str:
    """Return the rule book as Markdown, the same text for the same catalogue."""
    zh, words = language == "zh", texts(language)
    said = messages(list(RULES), language)
    lines = [words["opening"], words["conventions"]]
    for module in MODULES:
        lines += [f"## {words['sections'][module.__name__.rpartition('.')[2]]}", ""]
        for rule in module.RULES:
            lines += _rule(rule, language, said[rule.id])
    lines += [words["dataset"], ""]
    for checked in dataset.RULES:
        severity = f"{words['severities'][checked.severity]} `{checked.severity}`" if zh else f"`{checked.severity}`"
        said_of = wording(checked, RuleSettings())
        lines += [f"### {checked.id} {said_of.title(language)}", "", severity, ""]
        lines += [said_of.why_zh if zh else said_of.why_en, ""]
    lines += _settings(language)
    return "\n".join(lines).rstrip() + "\n"


def write(folder: Path) -> None:
    """Write both pages into a folder."""
    for language, name in FILES.items():
        (folder / name).write_text(page(language), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
