from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from flows.config.settings import SettingsError
from flows.running.selection import Selection, select, selection_of
from warehouse.inventory import DOCUMENTS, FORMS, REGIONS, SIGHTINGS, Inventory


def document(name: str, **known: Any) -> dict[str, Any]:
    """A document that was read and derived at the present versions, and published."""
    return {
        "document_id": name,
        "file_name": f"{name}.pdf",
        "page_count": 2,
        "reading_id": f"reading-{name}",
        "reader_version": "2",
        "derive_version": "rules 2",
        "derived_reading_id": f"reading-{name}",
        "status": "published",
    } | known


INVENTORY = Inventory(
    documents=pl.DataFrame(
        [
            document("a1"),
            document("a2", status="quarantined"),
            document("b1", status="partly_published", reader_version="1"),
            document("b2", derive_version="rules 1"),
            document("c1", status="failed", read_reason="damaged: x", derive_version=None, derived_reading_id=None),
            document("c2", status=None, reading_id=None, reader_version=None, derived_reading_id=None),
            document("c3", derived_reading_id="an older reading"),
        ],
        schema=DOCUMENTS,
    ),
    regions=pl.DataFrame([("a1", "湖北省"), ("a1", "河南省"), ("b1", "湖北省武汉市")], schema=REGIONS, orient="row"),
    sightings=pl.DataFrame(
        [
            ("a1", "file:///in/hubei/2023/a.pdf", datetime(2026, 1, 1, 23, 59, tzinfo=UTC)),
            ("a1", "file:///copies/a.pdf", datetime(2026, 2, 1, tzinfo=UTC)),
            ("a2", "https://example.org/henan/b(1).pdf", datetime(2026, 1, 2, tzinfo=UTC)),
            ("b1", "file:///in/hubei/2024/c.pdf", datetime(2026, 1, 3, tzinfo=UTC)),
        ],
        schema=SIGHTINGS,
        orient="row",
    ),
    forms=pl.DataFrame(
        [("a1", "a1-001", 2022), ("a1", "a1-002", 2023), ("a2", "a2-001", None), ("b1", "b1-001", 2023)],
        schema=FORMS,
        orient="row",
    ),
)


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({"everything": True}, ["a1", "a2", "b1", "b2", "c1", "c2", "c3"]),
        ({"years": (2023,)}, ["a1", "b1"]),
        ({"years": (2021, 2022)}, ["a1"]),
        ({"sources": ("*/hubei/*",)}, ["a1", "b1"]),
        ({"sources": ("hubei",)}, ["a1", "b1"]),
        ({"sources": ("hubei/*",)}, []),
        ({"sources": ("*/202[!4]/?.pdf",)}, ["a1"]),
        ({"sources": ("*b(1).pdf", "/copies/")}, ["a1", "a2"]),
        ({"regions": ("湖北",)}, ["a1", "b1"]),
        ({"regions": ("河南省", "武汉")}, ["a1", "b1"]),
        ({"regions": ("四川省",)}, []),
        ({"documents": ("a", "b1")}, ["a1", "a2", "b1"]),
        ({"forms": ("a1-002",)}, ["a1"]),
        ({"seen_since": date(2026, 1, 2)}, ["a1", "a2", "b1"]),
        ({"seen_until": date(2026, 1, 1)}, ["a1"]),
        ({"seen_since": date(2026, 1, 2), "seen_until": date(2026, 1, 2)}, ["a2"]),
        ({"statuses": ("quarantined",)}, ["a2", "b1"]),
        ({"statuses": ("failed", "pending")}, ["c1", "c2"]),
        ({"outdated": True}, ["b1", "b2", "c2", "c3"]),
        ({"outdated": True, "years": (2023,)}, ["b1"]),
        ({"sources": ("hubei",), "statuses": ("published",)}, ["a1"]),
    ],
)
def test_select_finds_what_all_criteria_hold_for(criteria: dict[str, Any], expected: list[str]) -> None:
    found = select(INVENTORY, Selection(**criteria), reader_version="2", derive_version="rules 2")
    assert found["document_id"].to_list() == expected
    assert found.schema == DOCUMENTS


@pytest.mark.parametrize(
    ("criteria", "message"),
    [
        ({}, "say what to do again"),
        ({"start": "read"}, "say what to do again"),
        ({"seen_since": date(2026, 2, 1), "seen_until": date(2026, 1, 1)}, "no day is in between"),
        ({"everything": True, "years": [2023]}, "all is everything"),
        ({"statuses": ["lost"]}, "lost"),
    ],
)
def test_selection_that_makes_no_sense_is_reported(criteria: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError):
        Selection(**criteria)
    with pytest.raises(SettingsError, match=message):
        selection_of(**criteria)


def test_selection_says_what_it_is() -> None:
    selection = Selection(years=(2022, 2023), sources=("x",), seen_since=date(2026, 1, 1), outdated=True)
    assert selection.described() == "year 2022 or 2023, source x, seen since 2026-01-01, outdated"
