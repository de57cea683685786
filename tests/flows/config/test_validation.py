from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

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
        ({"name": 3}, ["name: Input should be a valid string, found 3"]),
        ({"name": "half"}, ["half a thing is not a thing"]),
        ({"name": "a", "place": "nowhere"}, ["place: expected a place, found 'nowhere'"]),
        (
            {"name": "a", "parts": [{"depth": 1}, {"depth": 0}]},
            ["parts.1.depth: Input should be greater than or equal to 1, found 0"],
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


def test_problems_of_hints_replace_the_message_and_descriptions_are_added() -> None:
    assert problems({"name": 3}, hints={"string_type": "must be in quotes"}) == ["name must be in quotes"]
    assert problems({}, described_by=Thing) == ["name is missing: add it; expected: what it is called"]
    assert problems({"name": "half"}, described_by=Thing) == ["half a thing is not a thing"]
