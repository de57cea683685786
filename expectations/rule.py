"""What a rule is: one statement about one record, with everything that is said about it in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import polars as pl

from expectations.not_applicable import REASONS
from expectations.settings import RuleSettings, Severity

Table = Literal["forms", "funding", "indicators"]
Outcome = Literal["pass", "fail", "not_applicable"]

STATUS: Final = pl.Enum(("pass", "fail", "not_applicable"))
"""The three outcomes of a rule, the values of every status column."""

RECORD_ID: Final[Mapping[Table, str]] = {"forms": "form_id", "funding": "funding_id", "indicators": "indicator_id"}
"""The column that names a record of each table."""


@dataclass(frozen=True)
class Measure:
    """What a rule measures on each row of its table's frame (`frames.prepare`), as expressions.

    `not_applicable` holds conditions by reason code: the first that holds is the reason why the rule does not judge the
    row. `broken` is asked of the other rows; where it is null the row is not judged either (`not_measured`), so
    a missing input can never look like a pass. `observed` and `expected` are texts, made only for rows that fail.
    `columns` are further columns that a `Native` expectation judges.
    """

    broken: pl.Expr
    observed: pl.Expr
    expected: pl.Expr
    not_applicable: Mapping[str, pl.Expr] = field(default_factory=dict)
    columns: Mapping[str, pl.Expr] = field(default_factory=dict)


@dataclass(frozen=True)
class Native:
    """An expectation of Great Expectations that judges a measured column itself, not the rule's status.

    Its count of unexpected rows must be the number of rows that the rule's measure fails.
    """

    expectation: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Example:
    """A form that the rule is tried on: the good form of `example.py` with some cells changed."""

    outcome: Outcome
    changes: Mapping[str, Any]


@dataclass(frozen=True)
class Rule:
    """One rule of the catalogue.

    `version` goes up when the meaning changes. `severity` is the default; a run may set another. `place` is the column
    whose cell a finding points to. The messages may name `{observed}`, `{expected}` and `{name}` (of the indicator or
    the line of funding); of `REMARK_RULES` also `{noted}`: what is observed, with the reader's notes in Chinese.
    """

    id: str
    version: int
    severity: Severity
    table: Table
    title_en: str
    title_zh: str
    source: str
    why: str
    why_zh: str
    inputs: tuple[str, ...]
    place: str
    measure: Callable[[RuleSettings], Measure]
    message_zh: str
    message_en: str
    examples: tuple[Example, ...]
    native: Native | None = None

    @property
    def status_column(self) -> str:
        """Name of the column with the outcome; its values are those of `STATUS`."""
        return status_name(self.id)

    @property
    def reason_column(self) -> str:
        """Name of the column with the reason code of a row that was not judged; null elsewhere."""
        return f"{self.id.lower()}_reason"

    def severity_in(self, settings: RuleSettings) -> Severity:
        """Return the severity that the run gives the rule."""
        return settings.severities.get(self.id, self.severity)


def status_name(rule_id: str) -> str:
    """Return the name of the column with a rule's outcome.

    Example:
        >>> status_name("R07")
        'r07_status'
    """
    return f"{rule_id.lower()}_status"


def outcome_columns(rule: Rule, settings: RuleSettings) -> tuple[pl.Expr, pl.Expr]:
    """Return the status and the reason column of a rule.

    Raises:
        KeyError: A reason code has no text in `not_applicable.REASONS`.
    """
    measure = rule.measure(settings)
    unknown = [code for code in measure.not_applicable if code not in REASONS]
    if unknown:
        raise KeyError(f"{rule.id}: no text for the reasons {unknown}")
    codes = pl.Enum([*measure.not_applicable, "not_measured"])
    reason: Any = pl.when(pl.lit(False)).then(pl.lit(None, codes))
    for code, condition in measure.not_applicable.items():
        reason = reason.when(condition.fill_null(False)).then(pl.lit(code, codes))
    reason = reason.when(measure.broken.is_null()).then(pl.lit("not_measured", codes)).otherwise(pl.lit(None, codes))
    status = (
        pl.when(reason.is_not_null())
        .then(pl.lit("not_applicable", STATUS))
        .when(measure.broken)
        .then(pl.lit("fail", STATUS))
        .otherwise(pl.lit("pass", STATUS))
    )
    return status.alias(rule.status_column), reason.alias(rule.reason_column)
