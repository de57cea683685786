from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any, Final

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from expectations.settings import exact
from flows.config.corrections import Correction
from flows.config.settings import Settings
from flows.config.sources import KINDS
from flows.config.validation import problems_of


class Inner(BaseModel):
    depth: int = Field(ge=1)


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(description="what it is called")
    parts: list[Inner] = Field(default=[])
    place: str = ""

    @field_validator("place")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value == "nowhere":
            raise ValueError("expected a place, found 'nowhere'")
        return value

    @model_validator(mode="after")
    def _is_whole(self) -> Thing:
        if self.name == "half":
            raise ValueError("half a thing is not a thing")
        return self


def problems(values: Any, **options: Any) -> list[str]:
    with pytest.raises(ValidationError) as raised:
        Thing.model_validate(values)
    return problems_of(raised.value, "a thing", **options)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, ["name is missing: add it"]),
        ({"name": "a", "nmae": 1}, ["nmae is not a key of a thing: remove it or fix the spelling"]),
        ({"name": 3}, ["name: expected a text, in quotes, found 3"]),
        ({"name": "half"}, ["half a thing is not a thing"]),
        ({"name": "a", "place": "nowhere"}, ["place: expected a place, found 'nowhere'"]),
        (
            {"name": "a", "parts": [{"depth": 1}, {"depth": 0}]},
            ["parts.1.depth: expected at least 1, found 0"],
        ),
        ({"nmae": 1, "parts": 2}, None),
    ],
)
def test_problems_of_name_the_key_and_what_was_found(values: dict[str, Any], expected: list[str] | None) -> None:
    found = problems(values)
    if expected is None:
        assert {line.split()[0].strip(":") for line in found} == {"name", "nmae", "parts"}
    else:
        assert found == expected


def _keys(model: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    """Give the path of every setting of a model."""
    for name, field in model.model_fields.items():
        yield (name,)
        if isinstance(inner := field.annotation, type) and issubclass(inner, BaseModel):
            yield from ((name, *keys) for keys in _keys(inner))


WRONG: Final[tuple[Any, ...]] = (
    None,
    True,
    -1,
    0,
    1.5,
    "",
    "?",
    10**30,
    float("nan"),
    [],
    ["?", 3],
    {},
    {"?": "?"},
    {"?": {"?": 1}},
)
NOT_OURS: Final = re.compile(
    r"Input should|Value error|unable to|a valid [^r]|Extra inputs|Decimal|instance of|NoneType"
)


@pytest.mark.parametrize("model", [Settings, Correction, *KINDS.values()])
def test_problems_of_any_wrong_value_are_in_our_words(model: type[BaseModel]) -> None:
    found: list[str] = []
    for keys, value in product(_keys(model), WRONG):
        table: Any = value
        for key in reversed(keys):
            table = {key: table}
        try:
            model.model_validate(exact(table))
        except ValidationError as error:
            found += [problem for problem in problems_of(error, "it") if problem.startswith(keys[0])]
    assert len(found) > len(model.model_fields)
    assert [problem for problem in found if NOT_OURS.search(problem)] == []


def test_problems_of_hints_replace_the_message_and_descriptions_are_added() -> None:
    assert problems({"name": 3}, hints={"string_type": "must be in quotes"}) == ["name must be in quotes"]
    assert problems({}, described_by=Thing) == ["name is missing: add it; meaning: what it is called"]
    assert problems({"name": "half"}, described_by=Thing) == ["half a thing is not a thing"]
