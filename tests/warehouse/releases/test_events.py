from __future__ import annotations

import polars as pl
import pytest

from tests.support.builders import NOW
from warehouse import contract
from warehouse.contract.ledger_tables import Events
from warehouse.releases.events import OUTCOMES, release_events


def outcomes(**forms: tuple[str, str] | str) -> pl.DataFrame:
    rows = []
    for form, reported in forms.items():
        outcome, standing = (reported, form) if isinstance(reported, str) else reported
        rows.append((form, f"doc-{form}", outcome, standing, "R06" if outcome == "quarantined" else None))
    return pl.DataFrame(rows, schema=OUTCOMES.schema, orient="row")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {"f": "published"}, []),
        ({}, {"f": "quarantined"}, []),
        ({"f": "published"}, {"f": "published"}, []),
        ({"f": "quarantined"}, {"f": "published"}, [("released", "f", None)]),
        ({"f": "published"}, {"f": "quarantined"}, [("held", "f", None)]),
        ({"f": "published"}, {}, [("withdrawn", "f", None)]),
        ({"f": "published"}, {"f": ("superseded", "g"), "g": "published"}, [("revision", "f", "g")]),
        ({"f": "published"}, {"f": "published", "g": ("duplicate", "f")}, [("duplicate", "g", "f")]),
        ({"g": ("duplicate", "f"), "f": "published"}, {"g": ("duplicate", "f"), "f": "published"}, []),
        (
            {"f": ("superseded", "g"), "g": "published"},
            {"f": ("superseded", "h"), "g": ("superseded", "h"), "h": "published"},
            [("revision", "f", "h"), ("revision", "g", "h")],
        ),
    ],
)  # fmt: skip
def test_release_events_tells_what_changed(
    before: dict[str, str], after: dict[str, str], expected: list[tuple[str, str, str | None]]
) -> None:
    events = release_events(outcomes(**before), outcomes(**after), at=NOW, release_id="000002-x")
    contract.conform(events, Events)
    assert events.select("kind", "form_id", "other_form_id").rows() == expected
    assert set(events["document_id"]) == {f"doc-{form}" for _, form, _ in expected}
