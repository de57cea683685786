from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.contract import ids
from warehouse.contract.ids import RecordId, make_form_id, make_record_id, parse_id

DOCUMENTS = st.text("0123456789abcdef", min_size=64, max_size=64)
NUMBERS = st.integers(1, 12_345)
FORM = "0123456789abcdef01234567-001"


@settings(deadline=None)
@given(DOCUMENTS, NUMBERS, st.sampled_from(sorted(ids.RECORD_MARKS)), NUMBERS)
def test_ids_are_the_same_by_text_and_by_expression_and_can_be_taken_apart(
    document: str, form_number: int, table: str, number: int
) -> None:
    form = make_form_id(document, form_number)
    record = make_record_id(form, table, number)
    frame = pl.DataFrame({"document_id": document, "form_number": form_number, "record_number": number})
    named = frame.with_columns(ids.form_id()).with_columns(record=ids.record_id(table), own=ids.record_id("forms"))
    assert named.select("form_id", "record", "own").row(0) == (form, record, form)
    assert named.select(ids.is_of_document()).item() is True
    assert re.fullmatch(ids.FORM_ID_PATTERN, form)
    assert parse_id(form) == RecordId(form, "forms", 0)
    assert parse_id(record) == RecordId(form, table, number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        FORM[:-1],
        FORM.upper(),
        f"{FORM}-",
        f"{FORM}-f",
        f"{FORM}-p001",
        f"{FORM}-f01-i001",
        f"{FORM}\n",
        f"{FORM[:-3]}٠٠١",
    ],
)
def test_parse_id_other_texts_are_not_ids(text: str) -> None:
    assert parse_id(text) is None


def test_form_id_unknown_document_or_number_gives_no_id() -> None:
    schema = {"document_id": pl.String, "form_number": pl.Int64}
    frame = pl.DataFrame([(None, 1), ("a" * 64, None)], schema=schema, orient="row")
    assert frame.select(ids.form_id()).to_series().to_list() == [None, None]


def test_page_id_and_foreign_document() -> None:
    frame = pl.DataFrame({"document_id": "b" * 64, "page_number": 7, "form_id": FORM})
    assert frame.select(ids.page_id()).item() == "b" * 24 + "-p007"
    assert frame.select(ids.is_of_document()).item() is False
