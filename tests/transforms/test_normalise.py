from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.build_fields import DOCUMENT, Row, field, fields_of, header, indicator, records
from transforms.normalise import normalise
from warehouse import contract

FORM_ID = DOCUMENT[:24] + "-001"
MONEY = {"initial_budget": "100.00", "annual_budget": "90.00", "executed": "45.00", "execution_rate": "50%"}


def whole_form(document: str = DOCUMENT, form: int = 1) -> list[Row]:
    """A form with every part: header, money, indicators, leftovers."""
    head = {
        "title": "项目支出绩效自评表",
        "fiscal_year": "（2022 年度）",
        "project_name": "公路养护",
        "department": "",
        "currency_unit": "单位：万元",
        "expected_goal_text": "养护好",
        "total_weight": "100",
        "total_score": "89.5分",
        "rating": "优□ 良☑ 中□ 差□",
        "template": "mof_standard",
    }
    lines = [
        {"source_label": "年度资金总额", **MONEY, "weight": "10", "score": "5"},
        {"source_label": "其中：财政拨款", **MONEY, "weight": "—", "score": "—"},
        {"source_label": "上年结转", "initial_budget": "", "annual_budget": "/", "executed": "abc"},
    ]
    rows = [
        indicator("≥12公里", "12.5公里"),
        indicator("及时", "达成指标", deviation="无"),
        {"indicator_name": "其中：桥", "target": "1.5万元", "actual": "1.5", "weight": "", "score": "x"},
    ]
    left = [
        field("leftovers", 1, "unknown_column", "备注内容", document=document, form=form, label="备注", page=2),
        field("leftovers", 2, "unnamed_row:target", "≥5个", document=document, form=form, page=2),
        field("leftovers", 2, "unnamed_row:weight", "4", document=document, form=form, page=2),
        field("leftovers", 2, "unnamed_row:score", "3.5", document=document, form=form, page=2),
        field("leftovers", 3, "unnamed_row:weight", "6分", document=document, form=form, page=3),
    ]
    return (
        header(head, document=document, form=form)
        + records("funding", lines, document=document, form=form)
        + records("indicators", rows, document=document, form=form)
        + left
    )


@pytest.fixture(scope="module")
def tables() -> dict[str, pl.DataFrame]:
    return normalise(fields_of(whole_form()))


def test_normalise_tables_obey_the_contract(tables: dict[str, pl.DataFrame]) -> None:
    assert list(tables) == list(contract.FORM_TABLES)
    for name, frame in tables.items():
        contract.conform(frame, contract.FORM_TABLES[name])


def test_normalise_no_fields_gives_empty_tables() -> None:
    for name, frame in normalise(contract.empty(contract.Fields)).items():
        assert contract.conform(frame, contract.FORM_TABLES[name]).height == 0


def test_normalise_form_has_header_and_total_row(tables: dict[str, pl.DataFrame]) -> None:
    form = tables["forms"].row(0, named=True)
    assert (form["form_id"], form["fiscal_year"], form["template"]) == (FORM_ID, 2022, "mof_standard")
    assert (form["page_first"], form["page_last"]) == (1, 3)
    assert (form["department"], form["implementing_unit"], form["currency_unit"]) == ("", None, "万元")
    assert (form["annual_budget_cny"], form["executed_cny"]) == (Decimal(900_000), Decimal(450_000))
    assert (form["execution_rate_pct"], form["execution_weight_points"], form["execution_score_points"]) == (50, 10, 5)
    assert (form["total_weight_points"], form["total_score_points"], form["total_score_text"]) == (
        Decimal(100),
        Decimal("89.5"),
        "89.5分",
    )
    assert (form["rating"], form["rating_derived"]) == ("良", "良")


def test_normalise_unnamed_rows_are_counted_and_summed(tables: dict[str, pl.DataFrame]) -> None:
    form = tables["forms"].row(0, named=True)
    assert (form["indicator_count"], form["unnamed_row_count"]) == (3, 2)
    assert (form["unnamed_weight_points"], form["unnamed_score_points"]) == (Decimal(10), Decimal("3.5"))
    left = tables["leftovers"].select("leftover_id", "kind", "label", "printed_text", "page_number").rows()
    assert left == [
        (f"{FORM_ID}-x001", "unknown_column", "备注", "备注内容", 2),
        (f"{FORM_ID}-x002", "unnamed_row", None, "≥5个 | 4 | 3.5", 2),
        (f"{FORM_ID}-x003", "unnamed_row", None, "6分", 3),
    ]


def test_normalise_funding_keeps_text_and_says_why_not_read(tables: dict[str, pl.DataFrame]) -> None:
    total, part, carried = tables["funding"].iter_rows(named=True)
    assert [r["source_type"] for r in (total, part, carried)] == ["total", "current_appropriation", "carried_over"]
    assert (total["funding_id"], total["initial_budget_cny"]) == (f"{FORM_ID}-f01", Decimal(1_000_000))
    assert (part["weight_points"], part["weight_reason"], part["weight_text"]) == (None, "blank", "—")
    assert (carried["annual_budget_reason"], carried["executed_reason"]) == ("blank", "not_a_number")
    assert (carried["executed_text"], carried["execution_rate_text"], carried["execution_rate_reason"]) == (
        "abc",
        None,
        None,
    )


def test_normalise_indicator_is_typed(tables: dict[str, pl.DataFrame]) -> None:
    road, _, bridge = tables["indicators"].iter_rows(named=True)
    assert (road["indicator_id"], road["fiscal_year"]) == (f"{FORM_ID}-i001", 2022)
    assert (road["level_1_type"], road["level_2_type"]) == ("output", "quantity")
    assert (road["target_value_base"], road["target_unit_base"]) == (Decimal(12_000), "米")
    assert (road["attainment_ratio"], road["is_met"]) == (Decimal("1.041667"), True)
    assert (bridge["level_1_label"], bridge["weight_reason"], bridge["score_reason"]) == (None, "blank", "not_a_number")


def test_normalise_every_reading_is_evidence(tables: dict[str, pl.DataFrame]) -> None:
    evidence = tables["evidence"]
    of_form = evidence.filter(pl.col("table_name") == "forms")
    assert set(of_form["column_name"]) >= {
        "fiscal_year",
        "project_name",
        "executed_cny",
        "execution_weight_points",
        "rating",
    }
    copied = of_form.filter(pl.col("column_name") == "executed_cny").row(0, named=True)
    own = evidence.filter((pl.col("record_id") == f"{FORM_ID}-f01") & (pl.col("column_name") == "executed_cny")).row(
        0, named=True
    )
    places = ("page_number", "x0", "top", "x1", "bottom", "printed_text")
    assert [copied[p] for p in places] == [own[p] for p in places]
    for name in ("forms", "funding", "indicators"):
        columns = set(contract.polars_schema(contract.FORM_TABLES[name]))
        assert set(evidence.filter(pl.col("table_name") == name)["column_name"]) <= columns
    ids = {"forms": "form_id", "funding": "funding_id", "indicators": "indicator_id"}
    for name, key in ids.items():
        assert set(evidence.filter(pl.col("table_name") == name)["record_id"]) <= set(tables[name][key])


@settings(deadline=None, max_examples=5)
@given(st.randoms(use_true_random=False))
def test_normalise_row_order_never_matters(random: object) -> None:
    rows = whole_form() + whole_form("b" * 64, 2)
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    straight, mixed = normalise(fields_of(rows)), normalise(fields_of(shuffled))
    for name in contract.FORM_TABLES:
        keys = contract.FORM_TABLES[name].primary_key()
        assert straight[name].sort(keys).equals(mixed[name].sort(keys))
    for name in ("forms", "funding", "indicators", "leftovers"):
        assert straight[name].equals(mixed[name])


def test_normalise_documents_together_are_as_each_alone() -> None:
    one, two = whole_form(), whole_form("b" * 64, 2)
    both = normalise(fields_of(one + two))
    alone = [normalise(fields_of(rows)) for rows in (one, two)]
    for name in contract.FORM_TABLES:
        keys = contract.FORM_TABLES[name].primary_key()
        assert both[name].sort(keys).equals(pl.concat([t[name] for t in alone]).sort(keys))


def test_normalise_cut_cell_is_joined_and_both_places_kept() -> None:
    fields = fields_of(
        [
            field("indicators", 1, "indicator_name", "设备", part=1, page=1),
            field("indicators", 1, "indicator_name", "购置数", part=2, page=2),
            field("indicators", 1, "target", "≥12台", page=2),
        ]
    )
    tables = normalise(fields)
    assert tables["indicators"]["indicator_name"].to_list() == ["设备购置数"]
    places = tables["evidence"].filter(pl.col("column_name") == "indicator_name").sort("part_number")
    assert places.select("part_number", "page_number", "printed_text").rows() == [(1, 1, "设备"), (2, 2, "购置数")]


def test_normalise_operator_and_unit_columns_are_joined() -> None:
    rows = [
        {"indicator_name": "a", "target_operator": "≧", "target": "735", "target_unit": "人次", "actual": "735"},
        {"indicator_name": "b", "target_operator": "", "target": "90", "target_unit": "%", "actual": "100"},
        {"indicator_name": "c", "target_operator": "定性", "target": "优", "target_unit": "", "actual": "优"},
        {"indicator_name": "d", "target_operator": "═", "target": "100%", "target_unit": "%", "actual": "98%"},
        {"indicator_name": "e", "target_operator": "反向", "target": "3", "target_unit": "次", "actual": "4"},
        {"indicator_name": "f", "target_operator": "≤", "target": "30", "target_unit": "(万元)", "actual": "28"},
    ]
    tables = normalise(fields_of(records("indicators", rows)))
    found = tables["indicators"].select(
        "target_text", "target_operator", "is_operator_printed", "target_value", "target_unit"
    )
    assert found.rows() == [
        ("≧735人次", ">=", True, Decimal(735), "人次"),
        ("90", None, None, Decimal(90), "%"),
        ("优", None, None, None, None),
        ("═100%", "=", True, Decimal(100), "%"),
        ("3", "<=", True, Decimal(3), "次"),
        ("≤30(万元)", "<=", True, Decimal(30), "万元"),
    ]
    assert tables["indicators"]["is_met"].to_list() == [True, None, True, False, False, True]
    evidence = tables["evidence"].filter(pl.col("record_id").str.ends_with("i001"))
    assert set(evidence["column_name"]) >= {"target_operator", "target_text", "target_unit"}


def test_normalise_year_of_the_title_counts_where_no_other_is_printed() -> None:
    fields = fields_of(
        header({"title": "2021年区域绩效目标自评表"}) + records("indicators", [indicator("年底", "9月")])
    )
    tables = normalise(fields)
    assert tables["forms"]["fiscal_year"].to_list() == [2021]
    assert tables["indicators"]["target_date"].to_list() == [date(2021, 12, 31)]
    assert "fiscal_year" in tables["evidence"]["column_name"].to_list()


def test_normalise_date_without_any_year_has_a_reason() -> None:
    row = normalise(fields_of(records("indicators", [indicator("9月前", "")])))["indicators"].row(0, named=True)
    assert (row["target_kind"], row["target_date"], row["target_reason"]) == ("date", None, "fiscal_year_missing")


@pytest.mark.parametrize(
    ("header_unit", "label", "source", "text", "yuan", "printed_unit"),
    [
        ("元", None, "合计", "5", 5, "元"),
        (None, None, "合计", "5", None, None),
        (None, None, "合计", "5万元", 50_000, None),
        (None, "全年预算数（元）", "合计", "5", 5, "元"),
        (None, None, "合计（万元）", "5", 50_000, "万元"),
        ("万元", None, "合计", "5元", 5, "万元"),
        ("元", "全年预算数（万元）", "合计", "5", None, "元"),
        ("元", None, "合计（万元）", "5", None, "元"),
        ("元万元", None, "合计", "5", None, None),
        ("元万元", None, "合计", "5万元", 50_000, None),
        ("元万元", None, "合计", "0", 0, None),
        (None, "全年预算数（元）", "合计（万元）", "5", None, "元"),
    ],
)
def test_normalise_amount_takes_the_nearest_unit(
    header_unit: str | None, label: str | None, source: str, text: str, yuan: int | None, printed_unit: str | None
) -> None:
    rows = [field("funding", 1, "source_label", source), field("funding", 1, "annual_budget", text, label=label)]
    rows += header({"currency_unit": header_unit}) if header_unit else []
    form = normalise(fields_of(rows))["forms"].row(0, named=True)
    assert (form["annual_budget_cny"], form["currency_unit"]) == (None if yuan is None else Decimal(yuan), printed_unit)


def test_normalise_amount_between_two_units_says_so() -> None:
    amounts = {"source_label": "合计", "initial_budget": "5", "annual_budget": "5元", "executed": "0"}
    rows = [*records("funding", [amounts]), *header({"currency_unit": "元万元"})]
    line = normalise(fields_of(rows))["funding"].row(0, named=True)
    reasons = [line[f"{name}_reason"] for name in ("initial_budget", "annual_budget", "executed")]
    assert reasons == ["units_differ", None, None]


@pytest.mark.parametrize(("others", "yuan"), [(["元", "元"], 5), (["元", "万元"], None), ([], None)])
def test_normalise_amount_without_a_unit_has_that_of_the_other_forms_when_they_agree(
    others: list[str], yuan: int | None
) -> None:
    rows = records("funding", [{"source_label": "合计", "annual_budget": "5"}])
    for number, unit in enumerate(others, start=2):
        rows += header({"currency_unit": unit}, form=number)
    rows += header({"currency_unit": "亿元"}, document="b" * 64)  # another document says nothing about this one
    form = normalise(fields_of(rows))["forms"].filter(form_id=FORM_ID).row(0, named=True)
    assert (form["annual_budget_cny"], form["currency_unit"]) == (None if yuan is None else Decimal(yuan), None)


@pytest.mark.parametrize(
    ("labels", "amount"),
    [(["其他", "合计"], 2), (["转移支付"], 1), (["中央补助", "地方资金"], None), (["合计", "总额"], 2)],
)
def test_normalise_money_of_the_form_is_that_of_the_total_row(labels: list[str], amount: int | None) -> None:
    lines = [{"source_label": label, "executed": f"{n}元"} for n, label in enumerate(labels, 1)]
    form = normalise(fields_of(records("funding", lines)))["forms"].row(0, named=True)
    assert form["executed_cny"] == amount


@pytest.mark.parametrize(
    ("score", "rating"),
    [("100", "优"), ("90", "优"), ("89.99", "良"), ("80", "良"), ("60", "中"), ("59.9", "差"), ("", None), ("x", None)],
)
def test_normalise_rating_is_derived_from_the_total(score: str, rating: str | None) -> None:
    form = normalise(fields_of(header({"total_score": score})))["forms"].row(0, named=True)
    assert (form["rating_derived"], form["rating"]) == (rating, None)


def test_normalise_field_of_no_table_is_left_over_not_lost() -> None:
    rows = [*whole_form(), field("indicators", 1, "colour", "红"), field("appendix", 1, "x", "附件")]
    left = normalise(fields_of(rows))["leftovers"].select("leftover_number", "kind", "label", "printed_text").rows()
    assert left[3:] == [(4, "other_cell", "appendix.x", "附件"), (5, "other_cell", "indicators.colour", "红")]


def test_normalise_doubtful_percentage_from_ocr_is_not_published_as_a_number() -> None:
    rows = [field("indicators", 1, "target", "290%", confidence=0.99), field("indicators", 2, "target", "290%")]
    found = normalise(fields_of(rows))["indicators"].select("target_value", "target_reason", "target_text").rows()
    assert found == [(None, "ocr_ambiguous", "290%"), (Decimal(290), None, "290%")]


printed = st.text(max_size=12) | st.text(alphabet="0123456789.,%≥≤-年月日前元万亿(）优☑□ ", max_size=10)
columns = st.sampled_from(
    [("forms", c) for c in ("fiscal_year", "rating", "total_score", "currency_unit", "title")]
    + [("funding", c) for c in ("source_label", "executed", "annual_budget", "execution_rate", "weight")]
    + [("indicators", c) for c in ("level_1_label", "target", "target_unit", "target_operator", "actual", "weight")]
    + [("leftovers", c) for c in ("unnamed_row:weight", "other_cell")]
)


@settings(deadline=None, max_examples=16)
@given(st.dictionaries(st.tuples(columns, st.integers(1, 3)), printed, max_size=25))
def test_normalise_any_printed_text_gives_tables_of_the_contract(cells: dict[tuple[tuple[str, str], int], str]) -> None:
    rows = {
        (table, 0 if table == "forms" else record, column): text for ((table, column), record), text in cells.items()
    }
    tables = normalise(fields_of(field(*key, text) for key, text in rows.items()))
    for name, frame in tables.items():
        contract.conform(frame, contract.FORM_TABLES[name])


def test_normalise_score_column_that_prints_the_rate_gives_the_score() -> None:
    rows = {"source_label": "年度财政资金总额", "annual_budget": "10", "executed": "9", "weight": "20"}
    fields = fields_of(records("funding", [{**rows, "execution_rate": "90%", "score": "90%"}]))
    labelled = fields.with_columns(
        label=pl.when(pl.col("column_name") == "score").then(pl.lit("得分（20分*执行率）")).otherwise("label")
    )
    line = normalise(labelled)["funding"]
    assert line["score_points"].to_list() == [Decimal("18.0000")]
    assert line["score_reason"].to_list() == [None]
    assert normalise(fields)["funding"]["score_points"].to_list() == [None]


@pytest.mark.parametrize("cell", ["", "年度"])
def test_normalise_year_cell_without_a_year_leaves_the_title_as_its_only_evidence(cell: str) -> None:
    tables = normalise(fields_of(header({"title": "2023年度自评表", "fiscal_year": cell})))
    evidence = contract.conform(tables["evidence"], contract.Evidence)
    assert tables["forms"]["fiscal_year"].to_list() == [2023]
    assert evidence.filter(column_name="fiscal_year")["printed_text"].to_list() == ["2023年度自评表"]


def test_normalise_month_of_the_same_year_is_a_date() -> None:
    fields = fields_of(
        header({"fiscal_year": "（2022年度）"}) + records("indicators", [indicator("当年8月底前", "当年7月")])
    )
    row = normalise(fields)["indicators"].row(0, named=True)
    assert (row["target_kind"], row["target_operator"]) == ("date", "<=")
    assert (row["target_date"], row["actual_date"], row["is_met"]) == (date(2022, 8, 31), date(2022, 7, 31), True)


@pytest.mark.parametrize(
    ("first", "second", "executed"),
    [
        ({"source_label": "项目总投资"}, {"source_label": "年度资金总额"}, "450000.00"),
        ({"source_label": "上年资金总额"}, {"source_label": "年度资金总额"}, "450000.00"),
        ({"source_label": "合计"}, {"source_label": "资金总额", "weight": "10", "score": "5"}, "450000.00"),
        ({"source_label": "合计"}, {"source_label": "总计"}, "3000000.00"),
    ],
)
def test_normalise_total_of_the_form_is_the_scored_one_or_that_of_the_year(
    first: dict[str, str], second: dict[str, str], executed: str
) -> None:
    more = {"initial_budget": "500.00", "annual_budget": "500.00", "executed": "300.00"}
    rows = [*records("funding", [first | more, second | MONEY]), *header({"currency_unit": "单位：万元"})]
    form = normalise(fields_of(rows))["forms"].row(0, named=True)
    assert str(form["executed_cny"]) == executed


def test_normalise_no_total_where_two_say_different_things() -> None:
    one = {"source_label": "合计", "annual_budget": "100", "executed": "80"}
    other = {"source_label": "总计", "annual_budget": "90", "executed": "85"}
    rows = [*records("funding", [one, other]), *header({"currency_unit": "单位：万元"})]
    assert normalise(fields_of(rows))["forms"]["executed_cny"].to_list() == [None]
