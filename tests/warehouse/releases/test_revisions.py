from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from tests.support.builders import (
    NOW,
    VERSION,
    MadeUpForm,
    critical_held,
    document_id,
    form_id,
    ingest,
    publish,
    tables,
)
from warehouse import contract
from warehouse.releases.identity import resolve
from warehouse.releases.revisions import revisions
from warehouse.warehouse import Warehouse


def revised(
    documents: dict[str, Sequence[MadeUpForm]],
    edit: Callable[[dict[str, pl.DataFrame]], dict[str, pl.DataFrame]] = lambda made: made,
) -> pl.DataFrame:
    """Documents in the order in which they were seen -> what changed."""
    lazy = {name: frame.lazy() for name, frame in edit(tables(documents)).items()}
    seen = pl.DataFrame(
        {"document_id": [document_id(name) for name in documents], "seen_number": list(range(len(documents)))}
    ).with_columns(stated_at=pl.lit(None, pl.Datetime("us", "UTC")), first_seen_at=pl.lit(NOW))
    found = revisions(lazy, resolve(lazy, seen).successions, seen)
    return contract.conform(found, contract.Revisions)


def changes(found: pl.DataFrame) -> list[tuple[str | None, ...]]:
    return found.select("table_name", "record_name", "column_name", "before", "after").rows()


def test_revisions_of_other_figures_has_a_row_for_each_field() -> None:
    found = revised({"a": [MadeUpForm(score="90")], "b": [MadeUpForm(score="91.5", goal="未完成")]})
    assert changes(found) == [
        ("forms", "", "actual_goal_text", "完成", "未完成"),
        ("forms", "", "total_score_points", "90.0000", "91.5000"),
    ]
    (row,) = found.unique("new_form_id").to_dicts()
    assert (row["old_form_id"], row["new_form_id"]) == (form_id("a"), form_id("b"))
    assert (row["old_document_id"], row["new_document_id"]) == (document_id("a"), document_id("b"))
    assert (row["fiscal_year"], row["project_name"], row["seen_at"]) == (2023, "项目甲", NOW)


def test_revisions_of_a_record_that_is_gone_has_its_fields() -> None:
    found = revised({"a": [MadeUpForm(indicators=3)], "b": [MadeUpForm(indicators=2)]})
    assert changes(found) == [
        ("indicators", "指标3", "actual_text", "12", None),
        ("indicators", "指标3", "indicator_name", "指标3", None),
        ("indicators", "指标3", "target_text", "≥10", None),
        ("indicators", "指标3", "weight_points", "5.0000", None),
    ]


def test_revisions_line_put_in_between_does_not_change_the_others() -> None:
    def renumber(made: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
        of_b = pl.col("form_id") == form_id("b")
        moved = pl.col("indicator_name").replace({"指标1": "新指标", "指标2": "指标1", "指标3": "指标2"})
        named = pl.when(of_b).then(moved).otherwise("indicator_name")
        return {**made, "indicators": made["indicators"].with_columns(indicator_name=named)}

    found = revised({"a": [MadeUpForm(indicators=2)], "b": [MadeUpForm(indicators=3)]}, renumber)
    assert set(found["record_name"]) == {"新指标"}


def test_revisions_same_name_twice_is_kept_apart() -> None:
    def same(made: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
        is_last = (pl.col("form_id") == form_id("b")) & (pl.col("indicator_number") == 2)
        text = pl.when(is_last).then(pl.lit("13")).otherwise("actual_text")
        return {**made, "indicators": made["indicators"].with_columns(indicator_name=pl.lit("指标"), actual_text=text)}

    found = revised({"a": [MadeUpForm(indicators=2)], "b": [MadeUpForm(indicators=2)]}, same)
    assert changes(found) == [("indicators", "指标 #2", "actual_text", "12", "13")]


def test_revisions_value_that_could_not_be_read_is_reported_as_printed() -> None:
    def unread(made: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
        of_b = pl.col("form_id") == form_id("b")
        funding = made["funding"].with_columns(
            executed_cny=pl.when(~of_b).then("executed_cny"), executed_text=pl.when(of_b).then(pl.lit("见附件"))
        )
        return {**made, "funding": funding}

    found = revised({"a": [MadeUpForm()], "b": [MadeUpForm()]}, unread)
    assert changes(found) == [("funding", "", "executed_cny", "12.34", "见附件")]


def test_revisions_of_copies_and_of_single_forms_is_empty() -> None:
    assert revised({"a": [MadeUpForm()], "b": [MadeUpForm()], "c": [MadeUpForm("q")]}).is_empty()


def test_publish_tells_revisions_as_table_and_event(warehouse: Warehouse) -> None:
    for name, score in (("a", "90"), ("b", "91"), ("c", "92")):
        ingest(warehouse, {name: [MadeUpForm(score=score)]})
        release = publish(warehouse, VERSION, critical_held, now=NOW).release
    table = release.scan("revisions").collect()
    steps = [(form_id("a"), form_id("b")), (form_id("b"), form_id("c"))]
    assert set(table.select("old_form_id", "new_form_id").rows()) == set(steps)
    messages = warehouse.ledger.events().filter(kind="revision")["message"].to_list()
    assert "(1 fields: total_score_points 90.0000 -> 91.0000)" in messages[0]
    assert any("(1 fields: total_score_points 91.0000 -> 92.0000)" in message for message in messages)
