from __future__ import annotations

import duckdb
import polars as pl
import pytest

from tests.warehouse.exporting.conftest import HOSTILE, Export
from warehouse import contract
from warehouse.releases.release import Release


def test_database_has_tables_views_and_their_rows(export: Export, release: Release) -> None:
    with duckdb.connect(str(export("duckdb")), read_only=True) as database:
        for name in contract.TABLES:
            ((count,),) = database.sql(f"SELECT count(*) FROM {name}").fetchall()
            assert count == release.manifest["tables"][f"published/{name}"]["rows"], name
        for name, view in contract.VIEWS.items():
            schema = contract.polars_schema(view)
            found = pl.DataFrame(database.sql(f"FROM {name}").to_arrow_table()).cast(schema).sort(view.primary_key())
            assert found.equals(release.scan(name).collect().sort(view.primary_key())), name


def test_database_has_keys_enums_and_comments_in_the_language(export: Export) -> None:
    with duckdb.connect(str(export("duckdb")), read_only=True) as database:
        keys = database.sql(
            "SELECT table_name FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY' AND schema_name = 'main'"
        ).fetchall()
        assert ("forms",) in keys
        assert ("indicators",) in keys
        types = dict(
            database.sql("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'funding'").fetchall()
        )
        assert types["source_type"].startswith("ENUM('total'")
        assert types["executed_cny"] == "DECIMAL(18,2)"
        comments = dict(
            database.sql("SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'all_forms'").fetchall()
        )
        assert comments["unspent_cny"] == "未执行数（元）：全年预算数减全年执行数；缺任一项的为空"
        ((table,),) = database.sql("SELECT comment FROM duckdb_tables() WHERE table_name = 'rules'").fetchall()
        assert table.startswith("规则：每条规则一行")
        said = database.sql("SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'notes'")
        assert said.fetchall()


def test_database_has_views_with_chinese_names_and_values(export: Export) -> None:
    with duckdb.connect(str(export("duckdb")), read_only=True) as database:
        statuses = database.sql('SELECT "状态", count(*) FROM "自评表" GROUP BY 1 ORDER BY 2').fetchall()
        assert statuses == [("暂不发布", 1), ("已发布", 9)]
        names = {name for (name,) in database.sql('SELECT "项目名称" FROM "自评表"').fetchall()}
        assert set(HOSTILE) <= names
        assert database.sql('SELECT "级别", "规则编号" FROM "问题清单"').fetchall() == [("关键", "R06")]
        ((said,),) = database.sql(
            "SELECT comment FROM duckdb_columns() WHERE table_name = '自评表' AND column_name = '总分'"
        ).fetchall()
        assert said == "表中所印总分"
        for twin in ("资金", "指标"):
            assert database.sql(f'SELECT count(*) FROM "{twin}"').fetchall() != [(0,)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_database_of_published_forms_has_nothing_of_those_held_back(export: Export, language: str) -> None:
    with duckdb.connect(str(export("duckdb", language, published=True)), read_only=True) as database:
        assert database.sql("SELECT count(*) FROM quarantine.forms").fetchall() == [(0,)]
        assert database.sql("SELECT DISTINCT status FROM all_forms").fetchall() == [("published",)]
        assert database.sql("SELECT count(*) FROM findings").fetchall() == [(0,)]
