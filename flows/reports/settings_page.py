"""The page of settings, from their models: nothing is said here that the models do not say."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from flows.config.settings import Settings

_PREFIX: Final = "JIXIAO_"
_HEAD: Final = """# Settings

Every setting of `jixiao.toml`. `jixiao settings` prints this page from the models, which also check the values:
`flows/config/settings.py`, `flows/config/nightly.py` and `expectations/settings.py`.

- An option of the command beats the environment, which beats `jixiao.toml` in the working folder, which beats the
  default. `--config` or `JIXIAO_CONFIG` names another file.
- A name that is not in these tables is an error, and so is a value out of its range. The message names the setting,
  what was found, and what is expected (exit code 2).
- In the environment a list or a table is written as JSON: `JIXIAO_NIGHTLY__SOURCES='["hubei"]'`.
- Text stands in quotation marks in the file. Where the meaning says so, `"none"` switches a limit off.
"""
_WORDS: Final[Mapping[Any, str]] = {
    str: "text",
    int: "whole number",
    float: "number",
    Decimal: "number",
    bool: "true or false",
    Path: "path",
    SecretStr: "text, never shown",
}
_COMPUTED: Final = {"workers": "one for each core"}
"""Defaults that depend on the machine."""


def settings_markdown() -> str:
    """Write all settings as Markdown: one table for each table of `jixiao.toml`.

    Example:
        >>> "| `document_pages` | `JIXIAO_LIMITS__DOCUMENT_PAGES` |" in settings_markdown()
        True
    """
    return "\n".join([_HEAD, *_sections(Settings, (), "At the top of the file", "")])


def _sections(model: type[BaseModel], path: tuple[str, ...], title: str, about: str) -> Iterator[str]:
    """Give the table of a model, then those of the models in it."""
    nested = {name: inner for name, field in model.model_fields.items() if (inner := _model(field.annotation))}
    lines = [f"## {title}", "", *([f"{about[:1].upper()}{about[1:]}.", ""] if about else [])]
    lines += ["| setting | environment | type | default | meaning |", "| --- | --- | --- | --- | --- |"]
    for name, field in model.model_fields.items():
        if name not in nested:
            variable = _PREFIX + "__".join((*path, name)).upper()
            cells = (f"`{name}`", f"`{variable}`", _type_of(field), _default(name, field), field.description or "")
            lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    yield "\n".join([*lines, ""])
    for name, inner in nested.items():
        below = (*path, name)
        yield from _sections(inner, below, f"[{'.'.join(below)}]", model.model_fields[name].description or "")


def _model(annotation: Any) -> type[BaseModel] | None:
    if get_origin(annotation) is Annotated:
        return _model(get_args(annotation)[0])
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _type_of(field: FieldInfo) -> str:
    limits = [words for item in field.metadata for words in _limits(item)]
    return ", ".join([_type(field.annotation), *limits])


def _limits(item: Any) -> Iterator[str]:
    for name, words in (("gt", "above"), ("ge", "at least"), ("lt", "below"), ("le", "at most")):
        if (limit := getattr(item, name, None)) is not None:
            yield f"{words} {limit}"


def _type(annotation: Any) -> str:
    """Name a type as somebody writes it in TOML."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(inner[0])
    if origin is Literal:
        return _choices(inner)
    if origin in (Union, types.UnionType):
        return " or ".join(_type(one) for one in inner if one is not types.NoneType)
    if origin is tuple:
        return f"list of: {_type(inner[0])}"
    if origin is not None and issubclass(origin, Mapping):
        return f"table: {_type(inner[0])} to {_type(inner[1])}"
    if issubclass(annotation, Enum):
        return _choices([item.value for item in annotation])
    if model := _model(annotation):
        return "{" + ", ".join(model.model_fields) + "}"
    return _WORDS[annotation]


def _choices(values: Any) -> str:
    return " or ".join(f"`{value}`" for value in values)


def _default(name: str, field: FieldInfo) -> str:
    if name in _COMPUTED:
        return _COMPUTED[name]
    value = field.get_default(call_default_factory=True)
    return "none" if value is None else f"`{_toml(value)}`"


def _toml(value: Any) -> str:
    """Write a value as it stands in `jixiao.toml`."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Enum):
        return _toml(value.value)
    if isinstance(value, BaseModel):
        return _toml({key: getattr(value, key) for key in type(value).model_fields})
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{_key(key)} = {_toml(inner)}" for key, inner in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(_toml(inner) for inner in value)}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _key(key: Any) -> str:
    return str(key) if str(key).isascii() else f'"{key}"'
