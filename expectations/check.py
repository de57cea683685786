"""Checking forms: measures in Polars, verdicts by Great Expectations, findings from the same measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from expectations.catalogue import RULES, rules_of, verify
from expectations.expressions import filled, is_blank
from expectations.frames.prepare import prepare
from expectations.rule import RECORD_ID, Rule, Table, outcome_columns
from expectations.settings import RuleSettings
from expectations.suites import TABLES, RuleResult, judge
from warehouse import contract
from warehouse.contract.remarks import REMARK_RULES, remarks_zh

NAME_COLUMN: Final[Mapping[Table, str]] = {
    "forms": "project_name",
    "funding": "source_label",
    "indicators": "indicator_name",
}


@dataclass(frozen=True)
class Checked:
    """What checking found: `checks` (contract.Checks) and `rule_counts` (contract.RuleCounts)."""

    checks: pl.DataFrame
    rule_counts: pl.DataFrame


class CountsDiffer(RuntimeError):
    """Great Expectations and the findings do not count the same; nothing of such a run may be published."""


def measure(tables: Mapping[str, pl.DataFrame], settings: RuleSettings) -> dict[Table, pl.DataFrame]:
    """Return each table's frame with the measures of all its rules: status, reason and columns for native expectations.

    Same rows as the tables, by key.
    """
    frames = prepare(tables, settings)
    measured: dict[Table, pl.DataFrame] = {}
    for table in TABLES:
        columns: list[pl.Expr] = []
        for rule in rules_of(table):
            columns += outcome_columns(rule, settings)
            columns += [value.alias(name) for name, value in rule.measure(settings).columns.items()]
        measured[table] = frames[table].with_columns(columns)
    return measured


def failing(rule: Rule, measured: pl.DataFrame, settings: RuleSettings) -> pl.LazyFrame:
    """Return what a rule says of the rows that break it: ids, observed, expected and both messages."""
    measure_of_rule = rule.measure(settings)
    return (
        measured.lazy()
        .filter(pl.col(rule.status_column) == "fail")
        .select(
            "document_id",
            "form_id",
            pl.col(RECORD_ID[rule.table]).alias("record_id"),
            pl.col(NAME_COLUMN[rule.table]).alias("name"),
            measure_of_rule.observed.cast(pl.String).alias("observed"),
            *([remarks_zh(measure_of_rule.observed).alias("noted")] if rule.id in REMARK_RULES else []),
            measure_of_rule.expected.cast(pl.String).alias("expected"),
        )
        .with_columns(
            filled(rule.message_zh).alias("message"),
            filled(rule.message_en).alias("message_en"),
            pl.lit(rule.id).alias("rule_id"),
            pl.lit(rule.place).alias("place"),
        )
        .drop("name", "noted", strict=False)
    )


def _not_judged(rule: Rule, measured: pl.DataFrame, forms: pl.DataFrame) -> pl.LazyFrame:
    """Return one row for each form none of whose records the rule could judge."""
    status, reason = pl.col(rule.status_column), pl.col(rule.reason_column)
    by_form = measured.lazy().select("form_id", status, reason)
    if rule.table == "forms":
        silent = by_form.filter(status == "not_applicable").select("form_id", reason.cast(pl.String).alias("reason"))
    else:
        judged = by_form.filter(status != "not_applicable").select("form_id").unique()
        reasons = by_form.group_by("form_id").agg(reason.drop_nulls().first().cast(pl.String).alias("reason"))
        silent = (
            forms.lazy()
            .select("form_id")
            .join(judged, on="form_id", how="anti")
            .join(reasons, on="form_id", how="left")
            .with_columns(pl.col("reason").fill_null("no_records"))
        )
    return silent.join(forms.lazy().select("form_id", "document_id"), on="form_id", how="left").with_columns(
        pl.lit(rule.id).alias("rule_id")
    )


def _stem(column: pl.Expr) -> pl.Expr:
    return column.str.replace(r"_(text|cny|points|pct|value|label)$", "")


def _with_pages(failing: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Add the page on which the finding's cell is printed: the cell's, else the record's, else the form's first."""
    places = tables["evidence"].join(failing.select("record_id").unique(), on="record_id", how="semi")
    cells = places.group_by("record_id", _stem(pl.col("column_name")).alias("place")).agg(
        pl.col("page_number").min().alias("cell_page")
    )
    records = places.group_by("record_id").agg(pl.col("page_number").min().alias("record_page"))
    return (
        failing.join(cells, on=["record_id", "place"], how="left")
        .join(records, on="record_id", how="left")
        .join(tables["forms"].select("form_id", "page_first", "project_name"), on="form_id", how="left")
        .with_columns(pl.coalesce("cell_page", "record_page", "page_first").alias("page_number"))
    )


def _checks(
    measured: Mapping[Table, pl.DataFrame], tables: Mapping[str, pl.DataFrame], settings: RuleSettings
) -> pl.DataFrame:
    forms = measured["forms"].select("form_id", "document_id")
    broken = pl.concat(
        pl.collect_all([failing(rule, measured[rule.table], settings) for rule in RULES]), how="vertical"
    )
    silent = pl.concat(
        pl.collect_all([_not_judged(rule, measured[rule.table], forms) for rule in RULES]), how="vertical"
    )
    name = pl.when(~is_blank(pl.col("project_name"))).then("project_name")
    where = pl.format("第{}页 {}：{}", "page_number", name.fill_null("本表"), "message")
    where_en = pl.format("page {}, {}: {}", "page_number", name.fill_null("this form"), "message_en")
    found = _with_pages(broken, tables).select(
        "document_id",
        "form_id",
        "rule_id",
        "record_id",
        pl.lit("fail").alias("status"),
        "page_number",
        "observed",
        "expected",
        where.alias("message"),
        where_en.alias("message_en"),
        pl.lit(None, pl.String).alias("reason"),
    )
    unjudged = silent.select(
        "document_id",
        "form_id",
        "rule_id",
        pl.col("form_id").alias("record_id"),
        pl.lit("not_applicable").alias("status"),
        "reason",
    )
    schema = contract.polars_schema(contract.Checks)
    return (
        pl.concat([found, unjudged], how="diagonal")
        .join(_about_rules(settings), on="rule_id", how="left")
        .with_columns(pl.col("page_number").cast(schema["page_number"]))
        .select(pl.col(name).cast(dtype) for name, dtype in schema.items())
        .sort("document_id", "form_id", "rule_id", "record_id")
    )


def _about_rules(settings: RuleSettings) -> pl.DataFrame:
    rows = [(rule.id, rule.version, rule.severity_in(settings), rule.table) for rule in RULES]
    return pl.DataFrame(
        rows,
        orient="row",
        schema={"rule_id": pl.String, "rule_version": pl.Int32, "severity": pl.String, "table_name": pl.String},
    )


def _rule_counts(measured: Mapping[Table, pl.DataFrame], settings: RuleSettings) -> pl.DataFrame:
    """Return for each document and rule how many records passed, failed and were not judged."""
    documents = measured["forms"].select("document_id").unique()
    names = {"pass": "passed", "fail": "failed", "not_applicable": "not_applicable"}
    parts = []
    for table in TABLES:
        rules = rules_of(table)
        wide = (
            measured[table]
            .group_by("document_id")
            .agg(
                (pl.col(rule.status_column) == status).sum().cast(pl.Int64).alias(f"{rule.id}.{name}")
                for rule in rules
                for status, name in names.items()
            )
        )
        wide = documents.join(wide, on="document_id", how="left")
        parts += [
            wide.select(
                "document_id",
                pl.lit(rule.id).alias("rule_id"),
                *(pl.col(f"{rule.id}.{name}").fill_null(0).alias(name) for name in names.values()),
            )
            for rule in rules
        ]
    schema = contract.polars_schema(contract.RuleCounts)
    return (
        pl.concat(parts)
        .join(_about_rules(settings), on="rule_id", how="left")
        .select(pl.col(name).cast(dtype) for name, dtype in schema.items())
        .sort("document_id", "rule_id")
    )


def _hold_equal(verdicts: Mapping[str, RuleResult], checks: pl.DataFrame, counts: pl.DataFrame) -> None:
    """Hold the three counts of broken records equal: Great Expectations', the findings' and the documents'."""
    found: dict[str, int] = dict(
        checks.filter(pl.col("status").cast(pl.String) == "fail").group_by("rule_id").len().iter_rows()
    )
    summed: dict[str, int] = dict(counts.group_by("rule_id").agg(pl.col("failed").sum()).iter_rows())
    wrong = [
        f"{rule.id}: Great Expectations counts {verdicts[rule.id].unexpected}, the findings {found.get(rule.id, 0)}, "
        f"the documents {summed.get(rule.id, 0)}"
        for rule in RULES
        if len({verdicts[rule.id].unexpected, found.get(rule.id, 0), summed.get(rule.id, 0)}) > 1
    ]
    if wrong:
        raise CountsDiffer("; ".join(wrong))


def check(tables: Mapping[str, pl.DataFrame], settings: RuleSettings, data_docs: Path | None = None) -> Checked:
    """Judge the given forms by every rule of the catalogue.

    Grain: `checks` has one row for each record that fails a rule and one for each form none of whose records the rule
    could judge; `rule_counts` one row for each document and rule, with the records that passed, failed and were not
    judged. Nothing depends on the order of the rows or on which forms are checked together.

    Args:
        tables: the form tables of the contract (`contract.FORM_TABLES`), whole forms.
        settings: severities and thresholds.
        data_docs: a folder for Great Expectations' own report, when wanted.

    Raises:
        ValueError: The settings name an unknown rule, or rows belong to no form.
        ContractBroken: The tables break the contract.
        CountsDiffer: Great Expectations and the findings count differently.
    """
    verify(settings)
    if tables["forms"].is_empty():
        return Checked(contract.empty(contract.Checks), contract.empty(contract.RuleCounts))
    measured = measure(tables, settings)
    verdicts = judge(measured, settings, data_docs)
    checks = _checks(measured, tables, settings)
    counts = _rule_counts(measured, settings)
    _hold_equal(verdicts, checks, counts)
    return Checked(checks, counts)
