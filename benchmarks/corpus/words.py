"""The invented words of `words.toml`: places, bodies, projects, indicators, sentences."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

Measure = tuple[str, str, int, int]
"""Name, unit, and the range of the target."""
MEASURES: Final = ("quantity", "quality", "economic")


@dataclass(frozen=True, slots=True)
class Field:
    """What a field of public service runs and measures."""

    department: str
    units: tuple[str, ...]
    projects: tuple[str, ...]
    quantity: tuple[Measure, ...]
    quality: tuple[Measure, ...]
    time: tuple[str, ...]
    economic: tuple[Measure, ...]
    social: tuple[str, ...]
    ecological: tuple[str, ...]
    lasting: tuple[str, ...]
    public: tuple[str, ...]
    sentences: tuple[str, ...]


def _measure(text: str) -> Measure:
    name, unit, low, high = text.split(",")
    return name, unit, int(low), int(high)


def _field(found: dict[str, Any]) -> Field:
    values: dict[str, Any] = {}
    for column in fields(Field):
        value = found[column.name]
        if column.name in MEASURES:
            value = [_measure(text) for text in value]
        values[column.name] = value if isinstance(value, str) else tuple(value)
    return Field(**values)


_WORDS = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))

FIELDS: Final = tuple(_field(found) for found in _WORDS["fields"])
PLACES: Final[tuple[str, ...]] = tuple(_WORDS["places"])
TOWNS: Final[tuple[str, ...]] = tuple(_WORDS["towns"])
BLANKS: Final[tuple[str, ...]] = tuple(_WORDS["blanks"])
OPENINGS: Final[tuple[str, ...]] = tuple(_WORDS["openings"])
ENDINGS: Final[tuple[str, ...]] = tuple(_WORDS["endings"])
REASONS: Final[tuple[str, ...]] = tuple(_WORDS["reasons"])
OVER_REASONS: Final[tuple[str, ...]] = tuple(_WORDS["over_reasons"])
REPORT: Final[tuple[str, ...]] = tuple(_WORDS["report"])
ASPECTS: Final = tuple(tuple(text.split("|")) for text in _WORDS["aspects"])
"""Aspect of fund management, what was done, problems and measures."""
