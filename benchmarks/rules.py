"""How well the rules tell broken forms from right ones: `python -m benchmarks.rules --count 1000`.

Makes forms as printed fields (no PDFs), every second one breaking one known rule, normalises and checks them. Prints
Markdown: recall for each violation, false alarms for each rule on the forms that break none.
"""

from __future__ import annotations

import argparse
import sys

import polars as pl

from benchmarks import markdown
from benchmarks.corpus.fields import document_id, fields_of
from benchmarks.corpus.violations import BREAKERS, forms
from expectations.check import check
from expectations.settings import RuleSettings
from transforms.normalise import normalise


def judge(seed: int, count: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the forms (document_id, violation, rules that must notice) and the rules that fail on them."""
    made = forms(seed, count)
    about = pl.DataFrame(
        {
            "document_id": [document_id(number) for number in range(len(made))],
            "violation": [name for *_, name in made],
            "rules": [list(BREAKERS[name].rules) if name else [] for *_, name in made],
        },
        schema_overrides={"rules": pl.List(pl.String)},
    )
    tables = normalise(fields_of([(form, family.layout) for form, family, _ in made]))
    failed = (
        check(tables, RuleSettings())
        .checks.filter(pl.col("status").cast(pl.String) == "fail")
        .select("document_id", "rule_id", pl.col("severity").cast(pl.String), "message")
    )
    return about, failed


def recall(about: pl.DataFrame, failed: pl.DataFrame) -> pl.DataFrame:
    """Return for each violation how many forms break it and on how many a rule that must notice did."""
    noticed = (
        about.explode("rules")
        .join(failed.select("document_id", rules="rule_id").unique(), on=["document_id", "rules"])
        .select("document_id")
        .unique()
        .with_columns(noticed=True)
    )
    return (
        about.filter(pl.col("violation") != "")
        .join(noticed, on="document_id", how="left")
        .group_by("violation", rules=pl.col("rules").list.join(" or "))
        .agg(forms=pl.len(), noticed=pl.col("noticed").fill_null(False).sum())
        .with_columns(recall_pct=(pl.col("noticed") / pl.col("forms") * 100).round(1))
        .sort("recall_pct", "violation")
    )


def false_alarms(about: pl.DataFrame, failed: pl.DataFrame) -> pl.DataFrame:
    """Return for each rule on how many forms that break none it fails all the same."""
    clean = about.filter(pl.col("violation") == "")
    return (
        failed.join(clean, on="document_id", how="semi")
        .group_by("rule_id", "severity")
        .agg(forms=pl.col("document_id").n_unique(), example=pl.col("message").first())
        .with_columns(of_clean_pct=(pl.col("forms") / clean.height * 100).round(2))
        .sort("severity", "rule_id")
    )


def report(seed: int, count: int) -> str:
    """Return the report as Markdown."""
    about, failed = judge(seed, count)
    broken = (about["violation"] != "").sum()
    return (
        f"{about.height} forms, {broken} of them break one rule (seed {seed}).\n\n"
        f"### Recall by violation\n\n{markdown.table(recall(about, failed))}\n\n"
        f"### Rules that fail on forms that break none\n\n{markdown.table(false_alarms(about, failed))}\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rules", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    given = parser.parse_args()
    sys.stdout.write(report(given.seed, given.count))


if __name__ == "__main__":
    main()
