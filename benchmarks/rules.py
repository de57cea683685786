"""How well the rules tell broken forms from right ones: `python -m benchmarks.rules --count 1000`.

Makes forms as printed fields (no PDFs), every second one breaking one known rule, normalises and checks them. Prints
Markdown: for each violation its rule's recall, and on how many of the forms that break none the rule fails too. With
`--unusual`, makes forms that are right and look in some way as few do: no rule may accuse them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from benchmarks import accuracy, markdown
from benchmarks.corpus import unusual
from benchmarks.corpus.fields import document_id, fields_of
from benchmarks.corpus.violations import BREAKERS, forms
from expectations.catalogue import RULES
from expectations.check import check
from expectations.settings import RuleSettings
from transforms.normalise import normalise

Tables = Mapping[str, pl.DataFrame]


def invented(seed: int, count: int) -> tuple[pl.DataFrame, Tables]:
    """Return the forms (document_id, violation: '' for none) and their tables, without PDFs."""
    made = forms(seed, count)
    ids = [document_id(number) for number in range(len(made))]
    about = pl.DataFrame({"document_id": ids, "violation": [name for *_, name in made]})
    return about, normalise(fields_of([(form, family.layout) for form, family, _ in made]))


def printed(folder: Path) -> tuple[pl.DataFrame, Tables]:
    """Return the same for the PDFs that `benchmarks.corpus violations` wrote, as the reader finds them."""
    paths = sorted(folder.glob("*.pdf"))
    tables, ids, _ = accuracy.read(paths, "pdfium")
    truths = [json.loads(path.with_suffix(".json").read_text(encoding="utf-8")) for path in paths]
    names = ["".join(form["violates"]) for form, *_ in truths]
    return pl.DataFrame({"document_id": [ids[path.name] for path in paths], "violation": names}), tables


def failures(tables: Tables) -> pl.DataFrame:
    """Return the rules that fail: document_id, rule_id, message."""
    checks = check(tables, RuleSettings()).checks
    return checks.filter(pl.col("status").cast(pl.String) == "fail").select("document_id", "rule_id", "message")


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


def report(about: pl.DataFrame, tables: Tables) -> str:
    """Return the report as Markdown."""
    failed = failures(tables)
    clean = (about["violation"] == "").sum()
    alarms = _false_alarms(about, failed)
    judged = scores(about, failed)
    shown = f"\n### False alarms\n\n{markdown.table(alarms)}\n" if alarms.height else ""
    return (
        f"{about.height} forms: {clean} break no rule, {about.height - clean} break one rule each; "
        f"{judged['noticed'].sum()} of these are noticed. {alarms['forms'].sum()} false alarms.\n\n"
        f"{markdown.table(judged)}\n{shown}"
    )


def unusual_findings(seed: int, count: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the unusual forms (document_id, kind) and what fails on them.

    Findings: document_id, kind, rule_id, severity, `is_asked` (the kind is meant to make the rule ask), message.
    """
    made = unusual.forms(seed, count)
    about = pl.DataFrame(
        {"document_id": [document_id(n) for n in range(len(made))], "kind": [name for *_, name in made]}
    )
    tables = normalise(fields_of([(form, family.layout) for form, family, _ in made]))
    severities = pl.DataFrame(
        [(rule.id, rule.severity) for rule in RULES], schema=["rule_id", "severity"], orient="row"
    )
    asked = pl.DataFrame(
        [(name, rule) for name, kind in unusual.KINDS.items() for rule in kind.asks],
        schema={"kind": pl.String, "rule_id": pl.String},
        orient="row",
    ).with_columns(is_asked=True)
    found = (
        failures(tables)
        .join(about, on="document_id")
        .join(severities, on="rule_id")
        .join(asked, on=["kind", "rule_id"], how="left")
        .with_columns(pl.col("is_asked").fill_null(False))
    )
    return about, found


def unusual_report(seed: int, count: int) -> str:
    """Return the report on unusual forms as Markdown."""
    about, found = unusual_findings(seed, count)
    counts = {
        name: found.filter(condition)["document_id"].n_unique()
        for name, condition in {
            "critical": pl.col("severity") == "critical",
            "unasked": (pl.col("severity") == "warning") & ~pl.col("is_asked"),
            "asked": (pl.col("severity") == "warning") & pl.col("is_asked"),
        }.items()
    }
    wrong = found.filter((pl.col("severity") != "info") & ~pl.col("is_asked"))
    shown = f"\n{markdown.table(wrong.select('kind', 'rule_id', 'severity', 'message'))}\n" if wrong.height else ""
    return (
        f"{about.height} unusual forms of {about['kind'].n_unique()} kinds: a critical rule accuses "
        f"{counts['critical']}; warnings stand on {counts['unasked']} "
        f"({counts['unasked'] / max(1, about.height) * 100:.1f} %). Not counted: {counts['asked']} forms of kinds that "
        f"a warning is meant to ask about.\n{shown}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rules", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--pdfs", type=Path, help="judge a folder of `benchmarks.corpus violations` instead")
    parser.add_argument("--unusual", action="store_true", help="judge right forms that look unusual instead")
    given = parser.parse_args()
    if given.unusual:
        sys.stdout.write(unusual_report(given.seed, given.count))
        return
    sys.stdout.write(report(*(printed(given.pdfs) if given.pdfs else invented(given.seed, given.count))))


if __name__ == "__main__":
    main()
