from __future__ import annotations

import io
import os
import re
import subprocess
import sys

import polars as pl
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import MadeUpForm, document_id, frame, tables
from warehouse import contract
from warehouse.releases.parquet import Part, Written, parquet_bytes

MADE = {"a": [MadeUpForm("p1", year=2022), MadeUpForm("p2")], "b": [MadeUpForm("p3", year=None)]}


def test_written_without_a_file_forgets_what_its_label_was_made_from() -> None:
    forms, lines, whole = (
        Part(f"published/{name}-0123456789abcdef.parquet", 1, 1, "s")
        for name in ("forms/2023-00000000", "funding/2022-00000000", "codes/all")
    )
    of_tables = {"published/forms": [forms], "published/funding": [lines], "published/codes": [whole]}
    written = Written("1", of_tables, {"2023-00000000": "a", "2022-00000000": "b"})
    left = written.without([forms.path, whole.path])
    assert left.tables == {"published/forms": [], "published/funding": [lines], "published/codes": []}
    assert left.inputs == {"2022-00000000": "b"}


def test_parquet_bytes_carry_description_unit_and_label() -> None:
    content = parquet_bytes(tables(MADE)["forms"], "forms", "quarantine")
    schema = pq.read_schema(io.BytesIO(content))
    field = schema.field("executed_cny")
    assert field.metadata[b"unit"] == b"yuan"
    assert field.metadata[b"source_label"].decode() == "全年执行数"
    assert all(schema.field(name).metadata[b"description"] for name in schema.names)
    assert all(schema.field(name).metadata[b"description_zh"] for name in schema.names)
    assert schema.field("rating_derived").metadata[b"list"] == b"rating"
    assert schema.field("rating_derived").metadata[b"read_from"] == b"total_score_points"
    assert [name for name in schema.names if not schema.field(name).nullable][:2] == ["form_id", "document_id"]
    assert schema.field("title").nullable
    said = pq.read_metadata(io.BytesIO(content)).metadata
    assert said[b"jixiao.table"] == b"quarantine/forms"
    assert said[b"jixiao.name_zh"].decode() == "自评表"
    assert said[b"jixiao.license"] == b"CC-BY-4.0"
    assert re.fullmatch(rb"[0-9a-f]{12}", said[b"jixiao.contract"])


@given(st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_parquet_bytes_do_not_depend_on_the_order_of_rows(seed: int) -> None:
    for name in ("forms", "indicators", "evidence"):
        rows = tables(MADE)[name]
        mixed = rows.sample(fraction=1, shuffle=True, seed=seed)
        assert parquet_bytes(mixed, name) == parquet_bytes(rows, name)


def test_parquet_bytes_of_occurrences_have_the_own_document_first() -> None:
    own, other = sorted(map(document_id, "ab"), reverse=True)
    rows = frame(
        contract.Occurrences,
        [
            {"form_id": f"{own[:24]}-001", "document_id": d, "form_number": 1, "page_first": 1, "page_last": 1}
            for d in (other, own)
        ],
    )
    assert pl.read_parquet(parquet_bytes(rows, "occurrences"))["document_id"].to_list() == [own, other]


SCRIPT = """
import hashlib
import polars as pl
from tests.support.builders import MadeUpForm, tables
from warehouse.releases.parquet import parquet_bytes
rows = tables({"a": [MadeUpForm(indicators=300)] * 40})["indicators"]
rows = pl.concat([rows.with_columns(indicator_id=pl.col("indicator_id") + f"-{i}") for i in range(20)])
print(hashlib.sha256(parquet_bytes(rows, "indicators")).hexdigest(), rows.height)
"""


def test_parquet_bytes_do_not_depend_on_process_and_threads() -> None:
    got = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env=os.environ
            | {"POLARS_MAX_THREADS": threads, "PYTHONHASHSEED": threads, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "4")
    }
    assert len(got) == 1
    assert got.pop().split()[1] == "240000"
