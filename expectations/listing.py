"""The rules and their reason codes as tables of the contract."""

from __future__ import annotations

import polars as pl

from expectations.catalogue import RULES
from expectations.dataset import REASONS as DATASET_REASONS
from expectations.dataset import RULES as DATASET_RULES
from expectations.dataset import DatasetRule
from expectations.not_applicable import REASONS
from expectations.rule import Rule
from expectations.settings import RuleSettings
from expectations.wording import wording
from warehouse import contract

REASON_LIST = "rule_reason"
"""Name of the list of reasons why a rule does not judge a record."""


def rules_table(settings: RuleSettings) -> pl.DataFrame:
    """Return `contract.Rules`: the rules on forms and those on the dataset, with the severity and the
    thresholds that the settings give.

    Example:
        >>> rules_table(RuleSettings()).filter(rule_id="R28")["title_zh"].item()
        '完成值为实际数，不照抄指标值的符号'
    """
    on_forms = [(*_about(rule), *wording(rule, settings), rule.source, " | ".join(rule.inputs)) for rule in RULES]
    on_dataset = [(*_about(rule), *wording(rule, settings), None, None) for rule in DATASET_RULES]
    schema = contract.polars_schema(contract.Rules)
    columns = [name for name in schema if name != "severity"]
    rows = pl.DataFrame(
        [*on_dataset, *on_forms],
        schema={name: pl.Int32 if name == "rule_version" else pl.String for name in columns},
        orient="row",
    )
    given = pl.col("rule_id").replace_strict(dict(settings.severities), default=None, return_dtype=pl.String)
    severity = pl.coalesce(given, "default_severity") if settings.severities else pl.col("default_severity")
    return rows.with_columns(severity=severity).select(schema.names()).cast(schema).sort("rule_id")


def _about(rule: Rule | DatasetRule) -> tuple[str, int, str, str]:
    return rule.id, rule.version, rule.severity, rule.table


def reason_codes() -> pl.DataFrame:
    """Return the reasons why a rule does not judge a record, as rows of `contract.Codes`.

    Example:
        >>> reason_codes().filter(code="no_indicators")["label_en"].item()
        'the form has no indicators'
    """
    only_of_dataset = {code: said for code, said in DATASET_REASONS.items() if code not in REASONS}
    rows = [
        (REASON_LIST, code, number, zh, en, None, None)
        for number, (code, (zh, en)) in enumerate((REASONS | only_of_dataset).items(), 1)
    ]
    return pl.DataFrame(rows, schema=dict(contract.polars_schema(contract.Codes)), orient="row")
