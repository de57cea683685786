"""What each client reads of a release: decimals, dates, closed lists, nulls and Chinese, the same in all of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import duckdb
import pandas as pd
import polars as pl
import pyarrow.dataset as ds
import pytest
from openpyxl import load_workbook

from flows.commands.export import write_export
from flows.config.choices import ExportFormat
from tests.support.builders import (
    NOW,
    VERSION,
    MadeUpForm,
    checks,
    document_id,
    form_id,
    publish,
    read,
    rule_counts,
    see,
    tables,
)
from tests.support.spark import printed_by_spark
from warehouse.releases.release import Release
from warehouse.warehouse import Warehouse

RARE: Final = "龘𠮷〇㎡“甲”，\n=1+1"
LARGEST: Final = Decimal("9999999999999999.99")
FORMS: Final = ("project_name", "status", "fiscal_year", "annual_budget_cny", "executed_cny", "rating_derived")
EXPECTED_FORMS: Final = [
    (RARE, "published", 2023, LARGEST, Decimal("0.01"), "优"),
    (None, "published", None, None, Decimal("-0.10"), None),
    ("暂缓", "held", 2022, Decimal("0.00"), None, "差"),
]
INDICATORS: Final = ("level_1_type", "target_date", "is_met", "attainment_ratio", "actual_text", "weight_points")
EXPECTED_INDICATORS: Final = [
    ("output", date(2023, 2, 28), True, Decimal("0.333333"), "完成", Decimal("0.1000")),
    ("satisfaction", None, None, None, None, None),
    ("benefit", date(1899, 12, 31), False, Decimal("-1.000000"), "≥95%", Decimal("33.3333")),
]

Rows = list[tuple[Any, ...]]


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Three forms whose values are hard to keep: large, small, negative, blank and rare."""
    warehouse = Warehouse(tmp_path_factory.mktemp("clients") / "data")
    made = {name: [MadeUpForm(indicators=1)] for name in "abc"}
    see(warehouse, made)
    read(warehouse, list(made))
    derived = tables(made)
    derived["forms"] = _with(
        derived["forms"],
        project_name=[RARE, "", "暂缓"],
        fiscal_year=[2023, None, 2022],
        annual_budget_cny=[LARGEST, None, Decimal(0)],
        executed_cny=[Decimal("0.01"), Decimal("-0.10"), None],
        rating_derived=["优", None, "差"],
    )
    derived["indicators"] = _with(
        derived["indicators"],
        fiscal_year=[2023, None, 2022],
        level_1_type=["output", "satisfaction", "benefit"],
        target_date=[date(2023, 2, 28), None, date(1899, 12, 31)],
        is_met=[True, None, False],
        attainment_ratio=[Decimal("0.333333"), None, Decimal(-1)],
        actual_text=["完成", "", "≥95%"],
        weight_points=[Decimal("0.1"), None, Decimal("33.3333")],
    )
    held = {form_id("c"): "暂缓"}
    pending = warehouse.ledger.underived(VERSION, [document_id(name) for name in made])
    owners = {form_id("c"): document_id("c")}
    warehouse.ledger.add_derived(VERSION, pending, derived, checks(held, owners), rule_counts(made), derived_at=NOW)
    return publish(warehouse).release


def _with(rows: pl.DataFrame, **values: list[Any]) -> pl.DataFrame:
    return rows.with_columns(pl.Series(name, given, rows.schema[name]) for name, given in values.items())


def by_duckdb(folder: Path, columns: tuple[str, ...]) -> Rows:
    return duckdb.sql(f"SELECT {', '.join(columns)} FROM '{folder}/*.parquet' ORDER BY form_id").fetchall()


def by_polars(folder: Path, columns: tuple[str, ...]) -> Rows:
    return pl.scan_parquet(folder / "*.parquet").sort("form_id").select(columns).collect().rows()


def by_pandas(folder: Path, columns: tuple[str, ...]) -> Rows:
    frame = pd.read_parquet(folder, dtype_backend="pyarrow").sort_values("form_id")[list(columns)]
    return [tuple(None if value is pd.NA else value for value in row) for row in frame.itertuples(index=False)]


def by_pandas_with_objects(folder: Path, columns: tuple[str, ...]) -> Rows:
    frame = pd.read_parquet(folder).sort_values("form_id")[list(columns)]
    return [tuple(None if pd.isna(value) else value for value in row) for row in frame.itertuples(index=False)]


def by_pyarrow(folder: Path, columns: tuple[str, ...]) -> Rows:
    table = ds.dataset(folder, format="parquet").to_table().sort_by("form_id").select(columns)
    return [tuple(row.values()) for row in table.to_pylist()]


CLIENTS: Final = [by_duckdb, by_polars, by_pandas, by_pandas_with_objects, by_pyarrow]


@pytest.mark.parametrize("client", CLIENTS)
def test_client_reads_the_same_values(client: Callable[[Path, tuple[str, ...]], Rows], release: Release) -> None:
    assert in_order(client(release.path / "published" / "all_forms", FORMS)) == in_order(EXPECTED_FORMS)
    found = client(release.path / "published" / "all_indicators", INDICATORS)
    assert in_order(found) == in_order(EXPECTED_INDICATORS)


def in_order(rows: Rows) -> Rows:
    """Sort rows, whose keys are sums of made-up names, by what they hold."""
    return sorted(rows, key=repr)


@pytest.mark.slow
@pytest.mark.long
def test_spark_reads_the_same_values(release: Release, tmp_path: Path) -> None:
    wanted = {"all_forms": FORMS, "all_indicators": INDICATORS}
    code = f"""
from pyspark.sql import SparkSession
spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
for view, columns in {wanted}.items():
    rows = spark.read.parquet(f"{release.path}/published/{{view}}").select(*columns).collect()
    print(ascii(sorted((tuple(row) for row in rows), key=repr)))
"""
    expected = [ascii(in_order(rows)) for rows in (EXPECTED_FORMS, EXPECTED_INDICATORS)]
    assert printed_by_spark(code, tmp_path).splitlines() == expected


def test_workbook_keeps_values_that_excel_can_hold_and_has_the_others_as_text(release: Release, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    write_export(release, path, ExportFormat.xlsx, "en", published_only=False)
    book = load_workbook(path)

    def rows(sheet: str, columns: tuple[str, ...]) -> Rows:
        heads = [cell.value for cell in book[sheet][1]]
        found = [dict(zip(heads, row, strict=True)) for row in book[sheet].iter_rows(min_row=2, values_only=True)]
        return [tuple(row[column] for column in columns) for row in found]

    assert in_order(rows("forms", FORMS)) == in_order(
        [
            (RARE, "published", 2023, "9999999999999999.99", 0.01, "优"),
            (None, "published", None, None, -0.1, None),
            ("暂缓", "held", 2022, 0, None, "差"),
        ]
    )
    found = [
        tuple(value.date().isoformat() if hasattr(value, "date") else value for value in row)
        for row in rows("indicators", INDICATORS)
    ]
    assert in_order(found) == in_order(
        [
            ("output", "2023-02-28", True, 0.333333, "完成", 0.1),
            ("satisfaction", None, None, None, None, None),
            ("benefit", "1899-12-31", False, -1, "≥95%", 33.3333),
        ]
    )
