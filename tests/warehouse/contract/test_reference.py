"""All lists are closed: each value that a column can have is in the table `codes`, in both languages."""

from __future__ import annotations

import re

import polars as pl
import pytest

from expectations.dataset import REASONS as DATASET_REASONS
from expectations.listing import reason_codes
from expectations.not_applicable import REASONS
from tests.support.paths import ROOT
from transforms.normalising.attainment_cases import CASES
from warehouse import contract
from warehouse.contract.metadata import column_about, column_metadata, table_about
from warehouse.contract.vocabulary import CLOSED_LISTS


def in_list(name: str) -> set[str]:
    return set(contract.codes().filter(list_name=name)["code"])


def test_codes_obey_their_contract() -> None:
    contract.conform(pl.concat([contract.codes(), reason_codes()]), contract.Codes)
    contract.conform(contract.regions(), contract.Regions)
    assert {*reason_codes()["code"]} == {*REASONS, *DATASET_REASONS}


@pytest.mark.parametrize(("values", "name"), CLOSED_LISTS.items(), ids=lambda it: it if isinstance(it, str) else "")
def test_codes_have_each_closed_list_in_its_order(values: tuple[str, ...], name: str) -> None:
    assert contract.codes().filter(list_name=name)["code"].to_list() == list(values)


def test_columns_of_closed_lists_name_their_list() -> None:
    for table, schema in contract.PUBLISHED.items():
        for column, dtype in contract.polars_schema(schema).items():
            listed = column_metadata(table)[column].get("list")
            assert (listed is not None) == isinstance(dtype, pl.Enum)


def test_codes_have_each_reason_that_reading_values_can_give() -> None:
    """What stands as a code in the source of `normalising` where a reason is made."""
    found: set[str] = set()
    for module in ("value_text", "value_grammar", "values", "money", "indicators", "attainment", "comparability"):
        source = (ROOT / "transforms" / "normalising" / f"{module}.py").read_text("utf-8")
        for match in re.finditer(r'\.then\(pl\.lit\("([a-z_]+)"\)\)|\.otherwise\(pl\.lit\("([a-z_]+)"\)\)', source):
            found.add(match[1] or match[2])
    found |= {case.reason for case in CASES if isinstance(case.reason, str)}
    reasons = in_list("value_reason") | in_list("attainment_reason")
    other_columns = {"percent", "up", "down", *in_list("target_kind")}
    assert found - reasons - other_columns == set()
    assert len(found & reasons) > 25


def test_codes_have_each_reason_of_documents() -> None:
    from transforms.account import KINDS

    assert {*KINDS, "other"} == in_list("no_form_kind")
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    table = page.partition("## Reasons why an input fails")[2].partition("\n## ")[0]
    listed = {code for row in re.findall(r"^\| (`[^|]*) \|", table, re.M) for code in re.findall(r"`([a-z_]+)`", row)}
    of_sources = {"not_found", "forbidden", "robots", "cut"}
    assert listed - of_sources <= in_list("document_reason")


def test_every_table_and_column_is_said_in_both_languages() -> None:
    for name, table in contract.PUBLISHED.items():
        for language in ("en", "zh"):
            assert table_about(name, language).meaning
            assert all(column_about(name, column, language).meaning for column in table.columns())


@pytest.mark.parametrize(
    ("code", "full_name", "level", "parent"),
    [
        ("420000", "湖北省", "province", None),
        ("420100", "湖北省武汉市", "prefecture", "420000"),
        ("420102", "湖北省武汉市江岸区", "county", "420100"),
        ("310115", "上海市浦东新区", "county", "310000"),
        ("429004", "湖北省仙桃市", "county", "420000"),
        ("441900", "广东省东莞市", "prefecture", "440000"),
    ],
)
def test_regions_have_full_names_and_parents(code: str, full_name: str, level: str, parent: str | None) -> None:
    assert contract.regions().filter(region_code=code).row(0)[2:] == (full_name, level, parent)
    assert contract.regions().height > 3000
