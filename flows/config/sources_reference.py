"""What `sources.toml` may hold, taken from its model, and an example of it."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Annotated, Any, Final, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from flows.config.sources import KINDS, RemoteSource, Source, WebSource

_TITLES: Final[dict[type[Source], str]] = {
    Source: "Every kind",
    RemoteSource: "Kinds `urls`, `index` and `s3`",
    WebSource: "Kinds `urls` and `index`",
    **{source_type: f"Kind `{kind}`" for kind, source_type in KINDS.items()},
}


def example_file() -> str:
    """Return a `sources.toml` with remarks, one source of each kind."""
    return (Path(__file__).parent / "sources.example.toml").read_text("utf-8")


def keys_markdown() -> str:
    """List every key of `sources.toml` in Markdown: one table for each kind, and those of what kinds have in common.

    Example:
        >>> print(keys_markdown()[:14])
        ### Every kind
    """
    parts = []
    for source_type, title in _TITLES.items():
        inherited = {name for base in source_type.__mro__[1:] for name in getattr(base, "model_fields", {})}
        fields = {name: field for name, field in source_type.model_fields.items() if name not in inherited}
        lines = [f"### {title}", "", "| key | type | default | meaning |", "| --- | --- | --- | --- |"]
        if source_type is Source:
            lines.append(f"| `kind` | text | needed | {', '.join(f'`{kind}`' for kind in KINDS)} |")
        lines += [
            f"| `{name}` | {_type(field.annotation)} | {_default(name, field)} | {_escaped(field.description or '')} |"
            for name, field in fields.items()
        ]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _type(annotation: Any) -> str:
    if get_origin(annotation) is Annotated:
        return _type(get_args(annotation)[0])
    if isinstance(annotation, types.UnionType) or get_origin(annotation) is not None:
        inner = [a for a in get_args(annotation) if a is not types.NoneType]
        return f"list of {_type(inner[0])}s" if get_origin(annotation) is list else _type(inner[0])
    return {str: "text", int: "whole number", float: "number", bool: "yes or no"}[annotation]


def _default(name: str, field: FieldInfo) -> str:
    if name == "name" or field.default is PydanticUndefined:
        return "`jixiao/<version>`" if field.default_factory else "needed"
    if field.default is None or field.default == []:
        return "none"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    return f"`{_escaped(str(field.default))}`"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
