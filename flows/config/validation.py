"""What pydantic finds wrong, in words for the person who wrote the file or the option."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError

from flows.config.addresses import without_secrets

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


def problems_of(
    error: ValidationError,
    what: str,
    *,
    hints: Mapping[str, str] | None = None,
    described_by: type[BaseModel] | None = None,
) -> list[str]:
    """Return one line for each problem: the key, what is wrong, and what was found or what to do.

    Args:
        error: What pydantic raised.
        what: What the keys belong to, such as "a correction", for a key that it does not know.
        hints: By pydantic's error type, words that follow the key in place of pydantic's message.
        described_by: Adds what is expected, from the description of the field.

    Example:
        >>> class Night(BaseModel, extra="forbid"):
        ...     hour: int
        >>> try:
        ...     Night.model_validate({"hour": "late", "our": 2})
        ... except ValidationError as error:
        ...     for line in problems_of(error, "a night"):
        ...         print(line)
        hour: Input should be a valid integer, unable to parse string as an integer, found 'late'
        our is not a key of a night: remove it or fix the spelling
    """
    known = {
        "missing": "is missing: add it",
        "extra_forbidden": f"is not a key of {what}: remove it or fix the spelling",
        **(hints or {}),
    }
    return [_in_words(item, known) + _expected(item, described_by) for item in error.errors()]


def _in_words(item: ErrorDetails, hints: Mapping[str, str]) -> str:
    key = ".".join(str(part) for part in item["loc"])
    message = item["msg"].removeprefix("Value error, ")
    if not key:
        return message
    if hint := hints.get(item["type"]):
        return f"{key} {hint}"
    return f"{key}: {message}" + ("" if "found" in message else f", found {without_secrets(repr(item['input']))}")


def _expected(item: ErrorDetails, model: type[BaseModel] | None) -> str:
    field = model.model_fields.get(str(item["loc"][0])) if model and item["loc"] else None
    return f"; expected: {field.description}" if field is not None and field.description else ""
