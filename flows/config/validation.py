"""What pydantic finds wrong, in words for the person who wrote the file or the option."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ValidationError

from flows.config.addresses import without_secrets

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


_EXPECTED: Final[dict[str, str]] = {
    "string_type": "a text, in quotes",
    "string_too_short": "a text of at least {min_length} characters",
    "string_too_long": "a text of at most {max_length} characters",
    "string_pattern_mismatch": "a text of the form {pattern}",
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "finite_number": "a number that is not infinite",
    "bool": "true or false",
    "greater_than_equal": "at least {ge}",
    "greater_than": "more than {gt}",
    "less_than_equal": "at most {le}",
    "less_than": "less than {lt}",
    "enum": "{expected}",
    "literal_error": "{expected}",
    "list_type": "a list, in square brackets",
    "tuple_type": "a list, in square brackets",
    "set_type": "a list, in square brackets",
    "too_short": "a list of at least {min_length}",
    "too_long": "a list of at most {max_length}",
    "dict_type": "a table of keys and values",
    "mapping_type": "a table of keys and values",
    "model_type": "a table of keys and values",
    "model_attributes_type": "a table of keys and values",
    "path_type": "a path, in quotes",
    "date": "a day, such as 2025-12-31",
    "datetime": "a moment, such as 2025-12-31T08:00:00",
    "none_required": "nothing",
}
"""What pydantic's errors expect, by their type or by what it begins with (`int_parsing`, `int_from_float`)."""


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
        hints: By pydantic's error type, words that follow the key in place of ours.
        described_by: Adds what the key means, from the description of the field.

    Example:
        >>> class Night(BaseModel, extra="forbid"):
        ...     hour: int
        >>> try:
        ...     Night.model_validate({"hour": "late", "our": 2})
        ... except ValidationError as error:
        ...     for line in problems_of(error, "a night"):
        ...         print(line)
        hour: expected a whole number, found 'late'
        our is not a key of a night: remove it or fix the spelling
    """
    known = {
        "missing": "is missing: add it",
        "extra_forbidden": f"is not a key of {what}: remove it or fix the spelling",
        **(hints or {}),
    }
    return [_in_words(item, known) + _meaning(item, described_by) for item in error.errors()]


def _in_words(item: ErrorDetails, hints: Mapping[str, str]) -> str:
    key = ".".join(str(part) for part in item["loc"] if part != "[key]")
    message = _message(item)
    if not key:
        return message
    if hint := hints.get(item["type"]):
        return f"{key} {hint}"
    return f"{key}: {message}" + ("" if "found" in message else f", found {without_secrets(repr(item['input']))}")


def _message(item: ErrorDetails) -> str:
    """Say what was expected; the message of a validator of ours, or what pydantic says, where that is not known."""
    type_ = item["type"]
    expected = _EXPECTED.get(type_) or _EXPECTED.get(type_.partition("_")[0])
    if expected is None:
        return item["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    if type_ in ("string_too_short", "too_short") and item.get("ctx", {}).get("min_length") == 1:
        return "must not be empty"
    return "expected " + expected.format_map(item.get("ctx", {}))


def _meaning(item: ErrorDetails, model: type[BaseModel] | None) -> str:
    field = model.model_fields.get(str(item["loc"][0])) if model and item["loc"] else None
    return f"; meaning: {field.description}" if field is not None and field.description else ""
