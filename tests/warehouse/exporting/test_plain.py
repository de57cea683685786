from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest

from tests.warehouse.exporting.conftest import HOSTILE, Export
from warehouse import contract
from warehouse.releases.release import Release


def test_csv_has_a_byte_order_mark_chinese_heads_and_no_formula(export: Export, forms: pl.DataFrame) -> None:
    folder = export("csv")
    content = (folder / "all_forms.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(content.decode("utf-8-sig").splitlines()))
    assert len(rows) == forms.height
    names = {row["项目名称"] for row in rows}
    assert {"'=1.00(个)", "'+cmd|' /C calc'!A0", "'@SUM(A1)", "'-5%", "https://example.gov.cn/x"} <= names
    assert {row["状态"] for row in rows} == {"已发布", "暂不发布"}
    for path in folder.glob("*.csv"):
        for row in csv.reader(path.read_text("utf-8-sig").splitlines()):
            assert not any(cell[:1] in ("=", "+", "@") for cell in row), path.name
    assert "撇号" in (folder / "说明.txt").read_text("utf-8-sig")


def test_csv_read_by_pandas_and_polars_gives_values_and_nulls(export: Export, forms: pl.DataFrame) -> None:
    path = export("csv", "en") / "all_forms.csv"
    by_pandas = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    assert by_pandas["form_id"].tolist() == forms["form_id"].to_list()
    assert "99.5000" in set(by_pandas["total_score_points"])
    by_polars = pl.read_csv(path, schema_overrides={"total_score_points": pl.Decimal(18, 4)})
    assert by_polars["total_score_points"].to_list() == forms["total_score_points"].to_list()
    assert by_polars["annual_budget_cny"].null_count() == forms.height


def test_csv_keeps_blank_apart_from_null(export: Export) -> None:
    raw = (export("csv", "en") / "checks.csv").read_text("utf-8-sig").splitlines()
    assert '""' not in raw[1]
    assert ",," in raw[1]


def tables_of(release: Release) -> list[tuple[str, str]]:
    listed = [tuple(name.split("/", 1)) for name in release.manifest["tables"]]
    return [(place, table) for place, table in listed]


def test_parquet_is_one_file_a_table_and_equal_to_the_release(export: Export, release: Release) -> None:
    folder = export("parquet")
    files = {path.stem for path in folder.glob("*.parquet")}
    expected = {table if place == "published" else f"quarantine.{table}" for place, table in tables_of(release)}
    assert files == expected
    for place, table in tables_of(release):
        path = folder / f"{table if place == 'published' else f'quarantine.{table}'}.parquet"
        key = contract.PUBLISHED[table].primary_key()
        assert pl.read_parquet(path).sort(key).equals(release.scan(table, place).collect().sort(key)), table
        metadata = pq.read_metadata(path).metadata
        assert metadata[b"jixiao.release"].decode() == release.release_id


@pytest.mark.parametrize("published", [False, True])
def test_parquet_of_published_forms_has_nothing_of_those_held_back(export: Export, published: bool) -> None:
    folder = export("parquet", published=published)
    forms = pl.read_parquet(folder / "all_forms.parquet")
    assert (forms["status"].cast(pl.String) == "held").any() is not published
    assert (folder / "quarantine.forms.parquet").exists() is not published
    years = pl.read_parquet(folder / "department_year.parquet")
    assert years["held_count"].sum() == (0 if published else 1)
    for name in ("all_indicators", "evidence_of", "all_funding", "findings", "checks"):
        rows = pl.read_parquet(folder / f"{name}.parquet")
        strangers = rows.filter(pl.col("form_id") != "").join(forms, on="form_id", how="anti")
        assert strangers.is_empty(), name


def test_parquet_read_by_pandas_and_pyarrow(export: Export, forms: pl.DataFrame) -> None:
    path = export("parquet") / "all_forms.parquet"
    by_pandas = pd.read_parquet(path)
    assert by_pandas["total_score_points"].tolist()[0] == Decimal(str(forms["total_score_points"][0]))
    assert by_pandas["status"].astype(str).value_counts().to_dict() == {"published": forms.height - 1, "held": 1}
    table = pq.read_table(path)
    assert str(table.schema.field("unspent_cny").type) == "decimal128(20, 2)"
    assert set(table["project_name"].to_pylist()) >= set(HOSTILE)


def test_export_over_something_is_refused(export: Export, tmp_path: Path) -> None:
    from flows.config.settings import SettingsError

    (tmp_path / "zh.csv").mkdir()
    with pytest.raises(SettingsError, match="is there already"):
        export("csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["zh.csv"]
