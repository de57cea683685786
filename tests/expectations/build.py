"""Forms to try rules on: the good form of the catalogue's examples, with cells changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from expectations import example
from expectations.catalogue import RULES
from expectations.frames.prepare import prepare
from expectations.rule import outcome_columns
from expectations.settings import RuleSettings

SETTINGS = RuleSettings()


def forms(*changes: Mapping[str, Any]) -> dict[str, pl.DataFrame]:
    """Return the tables of one form for each change, numbered from 1."""
    parts = [example.tables(change, number=number) for number, change in enumerate(changes, 1)]
    return {name: pl.concat([part[name] for part in parts]) for name in parts[0]}


def outcomes(rule_id: str, *changes: Mapping[str, Any], settings: RuleSettings = SETTINGS) -> list[str]:
    """Return what a rule says of each form: `fail` if any record fails, else `pass` if any passes, else why not."""
    rule = next(rule for rule in RULES if rule.id == rule_id)
    frame = prepare(forms(*changes), settings)[rule.table]
    measured = frame.select("form_id", *outcome_columns(rule, settings))
    found = []
    for number in range(1, len(changes) + 1):
        rows = measured.filter(pl.col("form_id").str.ends_with(f"-{number:03d}"))
        statuses = set(rows[rule.status_column].cast(pl.String))
        reasons = sorted(set(rows[rule.reason_column].cast(pl.String).drop_nulls()))
        found.append("fail" if "fail" in statuses else "pass" if "pass" in statuses else "/".join(reasons))
    return found


def total_line(**cells: str | None) -> dict[str, Any]:
    """Return changes of the total line of the funding block."""
    return {"funding": {1: cells}}
