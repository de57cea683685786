"""How well the rules tell broken forms from right ones: `python -m benchmarks.rules --count 1000`.

Makes forms as printed fields (no PDFs), every second one breaking one known rule, normalises and checks them. Prints
Markdown: for each violation its rule's recall, and on how many of the forms that break none the rule fails too.
"""

from __future__ import annotations

import argparse
import sys

import polars as pl

from benchmarks import markdown
from benchmarks.corpus.fields import document_id, fields_of
from benchmarks.corpus.violations import BREAKERS, forms
from expectations.catalogue import RULES
from expectations.check import check
from expectations.settings import RuleSettings
from transforms.normalise import normalise


def judge(seed: int, count: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the forms (document_id, violation: '' for none) and the rules that fail on them."""
    made = forms(seed, count)
    about = pl.DataFrame(
        {
            "document_id": [document_id(number) for number in range(len(made))],
            "violation": [name for *_, name in made],
        }
    )
    tables = normalise(fields_of([(form, family.layout) for form, family, _ in made]))
    failed = (
        check(tables, RuleSettings())
        .checks.filter(pl.col("status").cast(pl.String) == "fail")
        .select("document_id", "rule_id", "message")
    )
    return about, failed


def scores(about: pl.DataFrame, failed: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each violation: its rule, how many forms break it, on how many of them the rule fails.

    `false_alarms` is the number of forms that break nothing on which the rule fails all the same.
    """
    rules = pl.DataFrame(
        [(violation.rule, name) for name, violation in BREAKERS.items()], schema=["rule_id", "violation"], orient="row"
    )
    severities = pl.DataFrame(
        [(rule.id, rule.severity) for rule in RULES], schema=["rule_id", "severity"], orient="row"
    )
    failing = failed.select("document_id", "rule_id", noticed=1).unique()
    broken = about.join(rules, on="violation").join(failing, on=["document_id", "rule_id"], how="left")
    return (
        rules.join(severities, on="rule_id")
        .join(
            broken.group_by("violation").agg(forms=pl.len(), noticed=pl.col("noticed").count()),
            on="violation",
        )
        .join(_false_alarms(about, failed).select("rule_id", false_alarms="forms"), on="rule_id", how="left")
        .with_columns(
            pl.col("false_alarms").fill_null(0), recall_pct=(pl.col("noticed") / pl.col("forms") * 100).round(1)
        )
        .select("rule_id", "severity", "violation", "forms", "noticed", "recall_pct", "false_alarms")
        .sort("rule_id", "violation")
    )


def _false_alarms(about: pl.DataFrame, failed: pl.DataFrame) -> pl.DataFrame:
    """Return for each rule that fails on forms that break none: on how many, and an example."""
    clean = about.filter(pl.col("violation") == "")
    return (
        failed.join(clean, on="document_id", how="semi")
        .group_by("rule_id")
        .agg(forms=pl.col("document_id").n_unique(), example=pl.col("message").first())
        .sort("rule_id")
    )


def report(seed: int, count: int) -> str:
    """Return the report as Markdown."""
    about, failed = judge(seed, count)
    clean = (about["violation"] == "").sum()
    alarms = _false_alarms(about, failed)
    told = scores(about, failed)
    shown = f"\n### False alarms\n\n{markdown.table(alarms)}\n" if alarms.height else ""
    return (
        f"{about.height} forms (seed {seed}): {clean} break no rule, {about.height - clean} break one rule each; "
        f"{told['noticed'].sum()} of these are noticed. {alarms['forms'].sum()} false alarms.\n\n"
        f"{markdown.table(told)}\n{shown}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rules", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    given = parser.parse_args()
    sys.stdout.write(report(given.seed, given.count))


if __name__ == "__main__":
    main()
