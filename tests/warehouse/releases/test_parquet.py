from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import MadeUpForm, document_id, frame, tables
from tests.support.contents import contents
from warehouse import contract
from warehouse.releases import parquet as parts
from warehouse.releases.parquet import Written, parquet_bytes, write_tables
from warehouse.releases.views import BY_YEAR
from warehouse.storage.folder import FolderDraft


@pytest.fixture
def releases(tmp_path: Path) -> Path:
    return tmp_path / "releases"


MADE = {"a": [MadeUpForm("p1", year=2022), MadeUpForm("p2")], "b": [MadeUpForm("p3", year=None)]}


def draft_at(folder: Path) -> FolderDraft:
    folder.mkdir(parents=True)
    return FolderDraft(folder, folder.parents[1])


def write(made: dict[str, list[MadeUpForm]], folder: Path, earlier: Written | None = None) -> Written:
    """Write a release into <root>/releases/<name>."""
    written = write_tables(contents(made, {}), draft_at(folder), earlier or Written())
    return replace(written, release_id=folder.name)


def labels(written: Written, table: str) -> list[str]:
    return [Path(part.path).name.split("-")[0] for part in written.tables[table]]


def test_write_tables_splits_forms_by_year_and_keeps_the_column(releases: Path) -> None:
    written = write(MADE, releases / "1")
    assert labels(written, "published/indicators") == ["2022", "2023", "unknown"]
    for part in written.tables["published/indicators"]:
        content = (releases / "1" / part.path).read_bytes()
        rows = pl.read_parquet(content)
        assert (hashlib.sha256(content).hexdigest(), len(content), rows.height) == (part.sha256, part.bytes, part.rows)
        assert Path(part.path).stem.endswith(part.sha256[:16])
        assert rows.schema == contract.polars_schema(contract.Indicators)
        assert rows["fiscal_year"].n_unique() == 1


def test_write_tables_without_year_column_are_split_by_the_form(releases: Path) -> None:
    written = write(MADE, releases / "1")
    assert labels(written, "published/evidence") == ["2022", "2023", "unknown"]
    assert [part.rows for part in written.tables["published/evidence"]] == [1, 1, 1]


def test_write_tables_without_rows_is_one_file_with_the_schema(releases: Path) -> None:
    written = write({}, releases / "1")
    (part,) = written.tables["published/forms"]
    assert pl.read_parquet(releases / "1" / part.path).equals(contract.empty(contract.Forms))


def test_write_tables_same_bytes_as_before_are_linked(releases: Path) -> None:
    first = write(MADE, releases / "1")
    earlier = replace(first, inputs={})  # as if all had been derived again
    second = write(MADE | {"a": [MADE["a"][0], MadeUpForm("p2", score="1")]}, releases / "2", earlier)
    before, after = first.tables["published/forms"], second.tables["published/forms"]
    assert [a.path == b.path for a, b in zip(before, after, strict=True)] == [True, False, True]
    assert (releases / "1" / before[0].path).stat().st_ino == (releases / "2" / after[0].path).stat().st_ino


def test_write_tables_year_without_news_is_not_built(releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = write(MADE, releases / "1")
    built: list[str] = []
    real = parts.parquet_bytes

    def noted(frame: pl.DataFrame, name: str, place: str) -> bytes:
        if name in (*contract.FORM_TABLES, *BY_YEAR):
            built.extend(str(year) for year in frame.get_column("fiscal_year", default=pl.Series()).unique())
        return real(frame, name, place)

    monkeypatch.setattr(parts, "parquet_bytes", noted)
    second = write(MADE | {"c": [MadeUpForm("p4")]}, releases / "2", first)
    assert set(built) == {"2023"}, "years without news were built"
    assert first.tables["published/forms"][2] == second.tables["published/forms"][2]
    assert second.tables["published/forms"][1].rows == 2
    assert first.tables["published/all_indicators"][2] == second.tables["published/all_indicators"][2]
    assert second.tables["published/all_indicators"][1].rows == 6


def test_write_tables_link_not_possible_is_copied(releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = write(MADE, releases / "1")

    def impossible(*_: object) -> None:
        raise OSError("no links on this file system")

    monkeypatch.setattr(Path, "hardlink_to", impossible)
    second = write(MADE, releases / "2", first)
    assert second.tables == first.tables
    for part in second.tables["published/forms"]:
        assert (releases / "2" / part.path).read_bytes() == (releases / "1" / part.path).read_bytes()


def test_write_tables_that_break_the_contract_raise(releases: Path) -> None:
    made = contents(MADE, {})
    broken = {key: rows.drop("title") if "forms" in key else rows for key, rows in made.tables.items()}
    with pytest.raises(ValueError, match="Forms does not obey its contract: title is missing"):
        write_tables(replace(made, tables=broken), draft_at(releases / "1"), Written())


def test_written_manifest_gives_back_what_was_written(releases: Path) -> None:
    written = write(MADE, releases / "1")
    again = Written.of_manifest(json.loads(json.dumps({"release_id": "1", **written.to_manifest()})))
    assert again == written


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
