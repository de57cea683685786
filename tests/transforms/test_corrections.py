from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.transforms.build_fields import DOCUMENT, Row, field, fields_of, header, indicator, records
from transforms.corrections import DECISIONS, NOT_WITHHOLDABLE, apply, judge_evidence, no_decisions, settled
from transforms.normalise import normalise
from transforms.normalising.evidence import PUBLISHED
from warehouse import contract
from warehouse.contract.vocabulary import WITHHELD

FORM = f"{DOCUMENT[:24]}-001"
LINE = {
    "source_label": "年度资金总额",
    "annual_budget": "154.40",
    "executed": "1 58.40",
    "weight": "10",
    "execution_rate": "100",
    "score": "10",
}


def decided(table: str, record: int, column: str, expected: str, text: str | None = None, form: str = FORM) -> Row:
    """Return a row of `DECISIONS`: replace by the text, or withhold without one."""
    return {
        "form_id": form,
        "table_name": table,
        "record_number": record,
        "column_name": column,
        "action": "replace" if text is not None else "withhold",
        "expected_text": expected,
        "corrected_text": text,
        "reason": "a digit slipped",
        "decided_by": "Zhang",
        "decided_on": date(2026, 1, 5),
    }


def decisions(*rows: Row) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=DECISIONS)


def made_up() -> pl.DataFrame:
    return fields_of(
        header({"title": "2023年度自评表", "project_name": "除雪", "currency_unit": "万元", "total_score": "99"})
        + records("funding", [LINE])
        + records("indicators", [indicator("≥20公里", "25公里"), indicator("≥90%", "95%", score="10.5")])
        + [field("indicators", 2, "deviation", "因暴雪"), field("indicators", 2, "deviation", "延期", part=2, page=2)]
    )


def read(*rows: Row) -> tuple[dict[str, pl.DataFrame], dict[str, list[Any]]]:
    """Normalise the made-up form with corrections; give its tables and what became of each correction."""
    fields, applied = apply(made_up(), decisions(*rows))
    tables = normalise(fields)
    for name, frame in tables.items():
        contract.conform(frame, contract.FORM_TABLES[name])
    return tables, contract.conform(applied, contract.Corrections).to_dict(as_series=False)


def test_apply_replacement_gives_the_value_and_keeps_what_is_printed() -> None:
    tables, applied = read(decided("funding", 1, "executed", "158.40", "154.40"))
    line = tables["funding"].row(0, named=True)
    assert (line["executed_cny"], line["executed_text"], line["executed_reason"]) == (
        Decimal("1544000.00"),
        "154.40",
        None,
    )
    assert tables["forms"]["executed_cny"].to_list() == [Decimal("1544000.00")]
    assert tables["evidence"].filter(column_name="executed_cny")["printed_text"].unique().to_list() == ["1 58.40"]
    assert (applied["status"], applied["observed_text"]) == (["applied"], ["1 58.40"])
    assert applied["record_id"] == [f"{FORM}-f01"]


def test_apply_other_text_than_expected_is_refused_and_changes_nothing() -> None:
    tables, applied = read(decided("funding", 1, "executed", "153.40", "154.40"))
    assert (applied["status"], applied["observed_text"]) == (["refused"], ["1 58.40"])
    for name, frame in normalise(made_up()).items():
        assert_frame_equal(tables[name], frame)


@pytest.mark.parametrize(
    "row",
    [
        decided("funding", 2, "executed", "158.40", "1"),
        decided("funding", 1, "initial_budget", "158.40", "1"),
        decided("indicators", 1, "deviation", "", "x"),
        decided("funding", 1, "executed", "158.40", "1", form=f"{DOCUMENT[:24]}-002"),
    ],
)
def test_apply_place_that_the_form_lacks_is_not_found(row: Row) -> None:
    _, applied = read(row)
    assert (applied["status"], applied["observed_text"]) == (["not_found"], [None])


def test_apply_withheld_amount_is_unread_with_its_reason() -> None:
    tables, _ = read(decided("funding", 1, "executed", "158.40"))
    line = tables["funding"].row(0, named=True)
    assert (line["executed_cny"], line["executed_reason"]) == (None, WITHHELD)
    assert line["annual_budget_reason"] is None
    assert tables["forms"]["executed_cny"].to_list() == [None]
    assert "1 58.40" in tables["evidence"]["printed_text"].to_list()


def test_apply_withheld_actual_takes_the_attainment_with_it() -> None:
    tables, _ = read(decided("indicators", 2, "actual", "95%"), decided("indicators", 2, "score", "10.5"))
    first, second = tables["indicators"].rows(named=True)
    assert (second["actual_value"], second["attainment_ratio"], second["is_met"], second["score_points"]) == (None,) * 4
    assert {second[f"{c}_reason"] for c in ("actual", "attainment", "score")} == {WITHHELD}
    assert (first["is_met"], first["attainment_reason"], first["score_reason"]) == (True, None, None)
    assert second["target_value"] == Decimal(90)


def test_apply_withheld_text_is_null() -> None:
    tables, _ = read(decided("forms", 0, "project_name", "除雪"), decided("forms", 0, "total_score", "99"))
    form = tables["forms"].row(0, named=True)
    assert (form["project_name"], form["total_score_points"], form["rating_derived"]) == (None, None, None)


@pytest.mark.parametrize(("text", "published"), [("因设备", "因设备"), (None, None), ("", "")])
def test_apply_field_that_a_page_break_cuts_is_corrected_whole(text: str | None, published: str | None) -> None:
    tables, applied = read(decided("indicators", 2, "deviation", "因暴雪延期", text))
    assert applied["status"] == ["applied"]
    assert tables["indicators"]["deviation_text"].to_list() == [None, published]
    parts = tables["evidence"].filter(column_name="deviation_text").sort("part_number")["printed_text"]
    assert parts.to_list() == ["因暴雪", "延期"]
    assert tables["forms"]["page_last"].to_list() == [2]


def test_apply_corrected_text_of_a_scan_is_not_taken_for_ocr() -> None:
    row = indicator("≥90%", "290%") | {"indicator_name": "合格率"}
    scanned = fields_of([dict(r) | {"confidence": 0.9} for r in records("indicators", [row])])
    unread = normalise(scanned)["indicators"].row(0, named=True)
    fields, _ = apply(scanned, decisions(decided("indicators", 1, "actual", "290%", "90%")))
    read_now = normalise(fields)["indicators"].row(0, named=True)
    assert unread["actual_value"] is None
    assert read_now["actual_value"] == Decimal(90)


def test_judge_evidence_year_of_the_title_is_not_a_field_of_its_own() -> None:
    fields = made_up()
    corrections = decisions(decided("forms", 0, "fiscal_year", "2023年度自评表", "2022"))
    assert apply(fields, corrections)[1]["status"].to_list() == ["not_found"]
    assert judge_evidence(normalise(fields)["evidence"], corrections)["status"].to_list() == ["not_found"]


_PLACES = [
    (table, record, column)
    for table, columns in PUBLISHED.items()
    for record in ((0,) if table == "forms" else (1, 2, 3))
    for column in columns
]


@st.composite
def corrections_of(draw: st.DrawFn) -> pl.DataFrame:
    """Draw decisions on places that there are and are not, with texts that are printed there and not."""
    printed = {
        (r["table_name"], r["record_number"], r["column_name"]): r["printed_text"]
        for r in made_up().filter(part_number=1).to_dicts()
    }
    places = draw(st.lists(st.sampled_from(_PLACES), unique=True, max_size=6))
    rows = []
    for place in places:
        expected = draw(st.sampled_from([printed.get(place, ""), "", "7"]))
        may_withhold = place[2] not in NOT_WITHHOLDABLE
        text = draw(st.sampled_from(["", "12", "≥3个", "无", *([None] if may_withhold else [])]))
        rows.append(decided(*place, expected, text))
    return decisions(*rows)


@pytest.mark.long
@settings(max_examples=12, deadline=None)
@given(corrections_of())
def test_apply_any_corrections_keeps_fields_and_evidence_and_accounts_for_each(corrections: pl.DataFrame) -> None:
    fields = made_up()
    laid, applied = apply(fields, corrections)
    assert_frame_equal(laid.select(fields.columns), fields)
    assert applied.height == corrections.height
    tables = normalise(laid)
    evidence = normalise(fields)["evidence"]
    titled = (pl.col("table_name") == "forms") & (pl.col("column_name") == "fiscal_year")
    copied = (pl.col("table_name") == "forms") & pl.col("column_name").str.contains("_cny|_pct|execution_")
    own = ~titled & ~copied
    assert_frame_equal(tables["evidence"].filter(own), evidence.filter(own))
    assert_frame_equal(judge_evidence(tables["evidence"], corrections), applied)
    for name, frame in tables.items():
        contract.conform(frame, contract.FORM_TABLES[name])


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(made_up().height)))
def test_apply_without_corrections_is_the_identity(order: list[int]) -> None:
    fields = made_up()[order]
    same, applied = apply(fields, no_decisions())
    assert same is fields
    assert_frame_equal(applied, contract.empty(contract.Corrections))


def test_apply_correction_to_what_is_printed_changes_nothing() -> None:
    fields = made_up()
    whole = fields.filter(pl.len().over("table_name", "record_number", "column_name") == 1)
    rows = [
        decided(r["table_name"], r["record_number"], r["column_name"], r["printed_text"], r["printed_text"])
        for r in whole.to_dicts()
    ]
    tables = normalise(apply(fields, decisions(*rows))[0])
    for name, frame in normalise(fields).items():
        assert_frame_equal(tables[name], frame)


def test_settled_takes_the_certainty_of_the_ocr_from_what_a_person_decided_and_from_nothing_else() -> None:
    doubted = made_up().with_columns(confidence=pl.lit(0.3))
    assert_frame_equal(settled(doubted), doubted)
    for text in ("158.40", None):
        placed, _ = apply(doubted, decisions(decided("funding", 1, "executed", "1 58.40", text)))
        sure = settled(placed).filter(pl.col("confidence").is_null())
        assert sure.select("table_name", "record_number", "column_name").rows() == [("funding", 1, "executed")]
