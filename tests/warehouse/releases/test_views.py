"""The views of a release: what they say of forms, exactly, and that they are the same in DuckDB."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import duckdb
import polars as pl
import pytest

from tests.support.builders import document_id, form_id
from tests.support.views import Row, finding, form, indicator, tables, views_of
from warehouse import contract
from warehouse.contract.read_from import EVIDENCE, READ_FROM
from warehouse.contract.views import macros, select_of


def one(rows: pl.DataFrame, **key: str) -> dict[str, Any]:
    return rows.row(by_predicate=pl.all_horizontal(pl.col(k) == v for k, v in key.items()), named=True)


def test_all_forms_has_published_and_held_with_what_holds_them() -> None:
    made = tables(
        [form("a")],
        [form("b")],
        checks=[
            finding("b", "R15", "critical"),
            finding("b", "R02", "critical"),
            finding("b", "R02", "critical", record="i1"),
            finding("a", "R30", "warning"),
            finding("a", "R31", "info", status="not_applicable"),
        ],
    )
    forms = views_of(made)["all_forms"]
    published, held = one(forms, form_id=form_id("a")), one(forms, form_id=form_id("b"))
    assert (published["status"], published["held_by"], published["warning_findings"]) == ("published", None, 1)
    assert (held["status"], held["held_by"], held["critical_findings"]) == ("held", "R02, R15", 3)
    assert published["info_findings"] == published["critical_findings"] == 0
    assert held["archive_path"] == f"raw/{document_id('b')[:2]}/{document_id('b')}.pdf"


def test_blank_is_null_in_every_view() -> None:
    texts = [name for name, column in contract.Forms.columns().items() if isinstance(column.dtype, pl.String)]
    blank = dict.fromkeys(texts, "") | {"rating": " ", "title": "　\n"}
    made = tables(
        [form("a", **{name: text for name, text in blank.items() if not name.endswith("_id")})],
        indicators=[indicator("a", indicator_name="", target_text="　", actual_text="\n")],
        evidence=[evidence("a", "forms", "title", printed_text="")],
        checks=[{**finding("a", "D01", "info"), "form_id": "", "observed": ""}],
    )
    for name, rows in views_of(made).items():
        blanks = rows.select(pl.col(pl.String).drop_nulls().str.strip_chars().eq("").any())
        assert not any(blanks.row(0)) if blanks.height else True, name
    assert views_of(made)["findings"]["form_id"].to_list() == [None]
    assert views_of(made)["projects"].height == 0
    assert views_of(made)["all_forms"]["title"].to_list() == [None]


def evidence(name: str, table: str, column: str, record: str | None = None, **values: Any) -> Row:
    given = {
        "form_id": form_id(name),
        "table_name": table,
        "record_id": record or form_id(name),
        "column_name": column,
        "part_number": 1,
        "page_number": 1,
        "printed_text": "x",
    }
    return given | values


@pytest.mark.parametrize(
    ("budget", "executed", "rate"),
    [
        ("3.00", "1.00", "33.3333"),
        ("3.00", "2.00", "66.6667"),
        ("800.00", "0.01", "0.0013"),  # a tie: 0.00125 is rounded away from zero
        ("100.00", "-1.00", "-1.0000"),
        ("0.01", "9999999999999999.99", "99999999999999999900.0000"),
        ("9999999999999999.99", "9999999999999999.98", "100.0000"),
        ("0.00", "1.00", None),
        ("-1.00", "1.00", None),
        (None, "1.00", None),
        ("1.00", None, None),
    ],
)
def test_recomputed_rate_is_exact(budget: str | None, executed: str | None, rate: str | None) -> None:
    amounts = {
        "annual_budget_cny": budget and Decimal(budget),
        "executed_cny": executed and Decimal(executed),
        "execution_rate_pct": Decimal("33.30"),
    }
    (row,) = views_of(tables([form("a", **amounts)]))["all_forms"].to_dicts()
    assert row["recomputed_rate_pct"] == (rate and Decimal(rate))
    assert row["rate_difference_pct"] == (rate and Decimal("33.30") - Decimal(rate))
    assert row["unspent_cny"] == (budget and executed and Decimal(budget) - Decimal(executed))
    assert row["annual_budget_wan"] == (budget and Decimal(budget) / 10000)


def test_amounts_at_the_ends_of_their_range_break_no_view() -> None:
    most = Decimal("9999999999999999.99")
    extremes = {"annual_budget_cny": most, "executed_cny": -most, "initial_budget_cny": -most}
    points = {
        "total_score_points": Decimal("99999999999999.9999"),
        "execution_rate_pct": Decimal("-99999999999999.9999"),
    }
    made = tables([form("a", **extremes, **points), form("b", **extremes, **points)], [form("c", **extremes, **points)])
    found = views_of(made)
    assert found["all_forms"]["unspent_cny"].unique().to_list() == [2 * most]
    assert found["department_year"]["annual_budget_cny"].to_list() == [3 * most]
    assert found["department_year"]["mean_score_points"].to_list() == [Decimal("99999999999999.9999")]


@pytest.mark.parametrize(
    ("department", "unit", "given", "expected"),
    [
        ("湖北省武汉市江岸区教育局", "某某中心", None, ("420102", "湖北省武汉市江岸区", "printed")),
        ("武汉市教育局", "江岸区某小学", None, ("420102", "湖北省武汉市江岸区", "printed")),
        ("北京市朝阳区教委", None, None, ("110105", "北京市朝阳区", "printed")),
        ("219-池州市贵池区某镇", "219001-池州市贵池区某镇", None, ("341702", "安徽省池州市贵池区", "printed")),
        ("（05）武汉市 江岸区教育局", None, None, ("420102", "湖北省武汉市江岸区", "printed")),
        ("朝阳区教委", None, None, (None, None, None)),  # there are two of that name
        ("武汉市教育局", "长沙市某中心", None, (None, None, None)),  # they contradict each other
        ("上海市财政局", "静安区某中心", None, ("310106", "上海市静安区", "printed")),
        ("某某局", "某某中心", "湖北省武汉市", ("420100", "湖北省武汉市", "source")),
        ("长沙市教育局", "长沙市某中心", "420100", ("420100", "湖北省武汉市", "source")),
        ("长沙市教育局", "长沙市某中心", "中部某地", (None, "中部某地", "source")),
        (None, None, None, (None, None, None)),
    ],
)
def test_region_is_that_of_the_source_else_derived_from_the_printed_unit(
    department: str | None, unit: str | None, given: str | None, expected: tuple[str | None, ...]
) -> None:
    made = tables([form("a", department=department, implementing_unit=unit)], regions={"a": given} if given else None)
    (row,) = views_of(made)["all_forms"].to_dicts()
    assert (row["region_code"], row["region"], row["region_basis"]) == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("benefit", "quantity", ("benefit", "printed")),
        (None, "timeliness", ("output", "second_level")),
        (None, "sustainable_impact", ("benefit", "second_level")),
        (None, "satisfaction", ("satisfaction", "second_level")),
        (None, "ecological_cost", ("cost", "second_level")),
        (None, "cost", (None, None)),
        (None, None, (None, None)),
    ],
)
def test_first_level_falls_back_on_the_second_and_says_so(
    first: str | None, second: str | None, expected: tuple[str | None, str | None]
) -> None:
    made = tables([form("a")], indicators=[indicator("a", level_1_type=first, level_2_type=second)])
    (row,) = views_of(made)["all_indicators"].to_dicts()
    assert (row["level_1_type"], row["level_1_basis"]) == expected


def test_all_indicators_mark_full_scores_and_copied_targets() -> None:
    five = Decimal(5)
    made = tables(
        [form("a")],
        [form("b")],
        indicators=[
            indicator("a", 1, weight_points=five, score_points=five, actual_text="12"),
            indicator("a", 2, weight_points=five, score_points=Decimal(4), actual_text="≥10"),
            indicator("a", 3, weight_points=five, actual_text=""),
            indicator("b", 1, weight_points=Decimal(0), score_points=Decimal(0)),
        ],
        checks=[finding("a", "R28", "warning", record=f"{form_id('a')}-i002")],
    )
    rows = views_of(made)["all_indicators"].sort("status", "indicator_number")
    assert rows["is_full_score"].to_list() == [True, False, None, None]
    assert rows["is_copied_target"].to_list() == [False, True, None, None]
    assert rows["status"].to_list() == ["published"] * 3 + ["held"]


def test_all_funding_has_the_lines_of_published_and_held() -> None:
    def line(name: str, executed: str) -> Row:
        key = {"funding_id": f"{form_id(name)}-f01", "form_id": form_id(name), "line_number": 1, "source_type": "total"}
        return {**key, "annual_budget_cny": Decimal(3), "executed_cny": Decimal(executed), "deviation_text": ""}

    made = tables([form("a")], [form("b", project_name="项目乙")], funding=[line("a", "1"), line("b", "6")])
    rows = views_of(made)["all_funding"].sort("status")
    columns = ["status", "project_name", "recomputed_rate_pct", "deviation_text"]
    assert rows.select(columns).rows() == [
        ("published", "项目甲", Decimal("33.3333"), None),
        ("held", "项目乙", Decimal(200), None),
    ]


def test_projects_have_the_year_before_beside_them() -> None:
    made = tables(
        [
            form("a", fiscal_year=2022, project_name="2022年某项目", annual_budget_cny=Decimal(100)),
            form("b", fiscal_year=2023, project_name="某项目（2023年度）", annual_budget_cny=Decimal(150)),
            form("c", fiscal_year=2023, project_name="另一项目", annual_budget_cny=Decimal(7)),
            form("d", fiscal_year=2023, project_name="另 一项目", annual_budget_cny=Decimal(8)),
        ],
        [
            form("e", fiscal_year=2023, project_name="某项目", annual_budget_cny=Decimal(999)),
            form("f", fiscal_year=2025, project_name="某项目"),
            form("g", fiscal_year=None),
        ],
    )
    rows = views_of(made)["projects"].sort("project_year_id")
    found = {(row["project_key"], row["fiscal_year"]): row for row in rows.to_dicts()}
    key = "|某某中心|某项目"
    assert set(found) == {(key, 2022), (key, 2023), (key, 2025), ("|某某中心|另一项目", 2023)}
    assert found[key, 2023]["previous_form_ids"] == form_id("a")
    assert found[key, 2023]["budget_change_cny"] == 50
    assert (found[key, 2023]["form_count"], found[key, 2023]["status"]) == (1, "published")
    assert found[key, 2022]["previous_form_ids"] is None
    assert (found[key, 2025]["status"], found[key, 2025]["previous_form_ids"]) == ("held", None)
    summed = found["|某某中心|另一项目", 2023]
    assert (summed["form_count"], summed["annual_budget_cny"], summed["execution_rate_pct"]) == (2, 15, None)


def test_department_year_counts_all_forms() -> None:
    hundred = {"annual_budget_cny": Decimal(100)}
    made = tables(
        [
            form(
                "a", **hundred, executed_cny=Decimal(50), execution_rate_pct=Decimal(50), total_score_points=Decimal(95)
            )
        ],
        [
            form("b", **hundred, executed_cny=Decimal(150), execution_rate_pct=Decimal(150), department="某 某局"),
            form("c", executed_cny=Decimal(1), execution_rate_pct=Decimal(99)),
        ],
        checks=[finding("b", "R15", "critical")],
    )
    (row,) = views_of(made)["department_year"].to_dicts()
    assert (row["form_count"], row["published_count"], row["held_count"], row["amounts_count"]) == (3, 1, 2, 2)
    assert (row["annual_budget_cny"], row["executed_cny"], row["unspent_cny"]) == (200, 200, 0)
    assert row["recomputed_rate_pct"] == 100
    assert (row["impossible_rate_count"], row["wrong_rate_count"], row["critical_findings"]) == (1, 0, 1)
    assert (row["scored_count"], row["mean_score_points"], row["excellent_count"]) == (1, 95, 0)


def test_findings_say_rule_project_and_what_is_printed() -> None:
    made = tables(
        [form("a")],
        indicators=[indicator("a", 2, indicator_name="指标二")],
        checks=[
            finding("a", "R28", "warning", record=f"{form_id('a')}-i002", observed="≥10", message="某问题"),
            finding("a", "R31", "info", status="not_applicable"),
        ],
    )
    (row,) = views_of(made)["findings"].to_dicts()
    assert (row["rule_zh"], row["rule_en"], row["indicator_name"]) == ("规则R28", "rule R28", "指标二")
    assert (row["project_name"], row["printed"], row["message_zh"]) == ("项目甲", "≥10", "某问题")


def test_evidence_of_leads_from_a_derived_column_to_the_pdf() -> None:
    record = f"{form_id('a')}-i001"
    made = tables(
        [form("a")],
        indicators=[indicator("a")],
        evidence=[
            evidence("a", "indicators", column, record) for column in ("target_text", "actual_text", "score_points")
        ],
    )
    rows = views_of(made)["evidence_of"]
    met = rows.filter(pl.col("feeds").str.split(" | ").list.contains("is_met"))
    assert met["column_name"].to_list() == ["actual_text", "target_text"]
    assert met["archive_path"].unique().to_list() == [f"raw/{document_id('a')[:2]}/{document_id('a')}.pdf"]


def test_read_from_names_columns_that_there_are() -> None:
    from transforms.normalising.evidence import FROM_TOTAL_ROW, PUBLISHED

    printed = {table: set(names.values()) for table, names in PUBLISHED.items()}
    printed["forms"] |= set(FROM_TOTAL_ROW.values())
    assert {table: set(columns) for table, columns in EVIDENCE.items()} == printed
    for table, columns in READ_FROM.items():
        assert set(columns) <= set(contract.FORM_TABLES[table].columns())
        assert {source for sources in columns.values() for source in sources} <= printed[table]


def test_views_are_the_same_when_duckdb_runs_their_sql_over_plain_tables() -> None:
    made = tables(
        [
            form("a", department="湖北省财政厅", annual_budget_cny=Decimal(3), executed_cny=Decimal(1)),
            form("b", fiscal_year=2022),
        ],
        [form("c", fiscal_year=None)],
        indicators=[indicator("a", actual_text="12"), indicator("c")],
        evidence=[evidence("a", "forms", "title"), evidence("c", "forms", "title")],
        checks=[finding("c", "R15", "critical")],
    )
    with duckdb.connect() as database:
        database.execute(macros())
        database.execute("CREATE SCHEMA quarantine")
        for (place, name), rows in made.items():
            database.register("incoming", rows.collect().to_arrow())
            database.execute(f"CREATE TABLE {'quarantine.' if place == 'quarantine' else ''}{name} AS FROM incoming")
        for view in contract.VIEWS:
            database.execute(f"CREATE VIEW {view} AS {select_of(view)}")
        for view, expected in views_of(made).items():
            found = pl.DataFrame(database.sql(f"FROM {view}").to_arrow_table()).cast(expected.schema)
            assert found.sort(contract.VIEWS[view].primary_key()).equals(expected), view
