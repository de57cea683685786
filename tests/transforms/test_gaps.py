from __future__ import annotations

import polars as pl

from tests.transforms.build_fields import fields_of, indicator, records
from transforms.gaps import GAPS_SCHEMA, vocabulary_gaps
from transforms.normalise import normalise
from warehouse import contract


def test_vocabulary_gaps_unknown_entries_are_counted() -> None:
    rows = [
        indicator("≥12咚咚", "13咚咚"),
        indicator("≥12个", "13个", level_1_label="怪指标"),
        indicator("闪闪发光", "达成指标", level_2_label="奇指标"),
        indicator("闪闪发光", "基本达到", level_1_label="(50分)"),
        indicator("", "这是一个很长很长的句子没有词表装得下", level_1_label=""),
    ]
    lines = [{"source_label": "彩票"}, {"source_label": "合计"}]
    gaps = vocabulary_gaps(normalise(fields_of(records("indicators", rows) + records("funding", lines))))
    assert gaps.schema == GAPS_SCHEMA
    assert sorted(gaps.rows()) == [
        ("funding_source", "彩票", 1),
        ("level_1", "怪指标", 1),
        ("level_2", "奇指标", 1),
        ("unit", "咚咚", 2),
        ("word", "闪闪发光", 2),
    ]
    assert gaps["count"].is_sorted(descending=True)


def test_vocabulary_gaps_empty_tables_have_none() -> None:
    empty = {name: contract.empty(table) for name, table in contract.FORM_TABLES.items()}
    assert vocabulary_gaps(empty).equals(pl.DataFrame(schema=GAPS_SCHEMA))
