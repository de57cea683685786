from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from flows.config.settings import Settings, load_settings
from flows.reports.settings_page import settings_markdown
from tests.support.paths import ROOT

_ROW = re.compile(r"^\| `(\w+)` \| `(JIXIAO_\w+)` \| (.+?) \| (.+?) \| (.+?) \|$", re.M)


def _settings(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str | None]]:
    for name, field in model.model_fields.items():
        yield (*path, name), field.description
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _settings(field.annotation, (*path, name))


def _row(path: tuple[str, ...]) -> str:
    return f"| `{path[-1]}` | `JIXIAO_{'__'.join(path).upper()}` |"


def test_settings_page_is_the_generated_one() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert page == settings_markdown(), "run: uv run jixiao settings > docs/settings.md"


def test_every_setting_says_what_it_means_and_is_on_the_page() -> None:
    page, found = settings_markdown(), list(_settings(Settings))
    assert len(found) > 40
    assert [path for path, meaning in found if not meaning] == []
    tables = {path[:end] for path, _ in found for end in range(1, len(path))}
    assert [path for path, _ in found if path not in tables and _row(path) not in page] == []
    assert [path for path in tables if f"## [{'.'.join(path)}]\n" not in page] == []


def test_defaults_of_the_page_in_a_file_change_nothing(tmp_path: Path) -> None:
    lines = []
    for line in settings_markdown().splitlines():
        if line.startswith("## ["):
            lines.append(line.removeprefix("## "))
        elif (row := _ROW.match(line)) and row[4].startswith("`"):
            lines.append(f"{row[1]} = {row[4].strip('`')}")
    file = tmp_path / "jixiao.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    assert load_settings(file).model_dump() == load_settings().model_dump()


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("JIXIAO_WORKERS", "3", 3),
        ("JIXIAO_LIMITS__DOCUMENT_PAGES", "7", 7),
        ("JIXIAO_LIMITS__DOCUMENT_PAGES", "none", None),
        ("JIXIAO_RULES__REASON_BELOW_PCT", "85", 85),
        ("JIXIAO_RULES__BANDS__PARTLY", "50", 50),
        ("JIXIAO_RULES__SEVERITIES", '{"R08": "info"}', {"R08": "info"}),
        ("JIXIAO_NIGHTLY__SOURCES", '["hubei"]', ("hubei",)),
        ("JIXIAO_NIGHTLY__TIME_LIMIT_MINUTES", "none", None),
        ("JIXIAO_PREFECT__PORT", "4300", 4300),
    ],
)
def test_variable_of_the_page_sets_the_setting(
    variable: str, value: str, expected: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"| `{variable}` |" in settings_markdown()
    monkeypatch.setenv(variable, value)
    found: Any = load_settings()
    for name in variable.removeprefix("JIXIAO_").lower().split("__"):
        found = getattr(found, name)
    assert found == expected


def test_limit_is_off_by_the_word_none_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "jixiao.toml"
    file.write_text('[limits]\ndocument_seconds = "none"\n', encoding="utf-8")
    assert load_settings(file).limits.document_seconds is None
