"""All rules, in order."""

from __future__ import annotations

import hashlib
from typing import Final

from expectations.rule import Rule, Table
from expectations.rules import (
    budget,
    deviations,
    funding,
    levels,
    narrative,
    over_achievement,
    pages,
    plausibility,
    quantities,
    rating,
    recognised,
    required_cells,
    texts,
    totals,
    unread_cells,
    weights,
    words,
)
from expectations.settings import RuleSettings

MODULES: Final = (
    weights,
    totals,
    budget,
    funding,
    quantities,
    over_achievement,
    words,
    deviations,
    rating,
    levels,
    required_cells,
    narrative,
    texts,
    pages,
    recognised,
    unread_cells,
    plausibility,
)
"""The modules of rules."""

RULES: Final[tuple[Rule, ...]] = tuple(
    sorted((rule for module in MODULES for rule in module.RULES), key=lambda rule: rule.id)
)
"""Every rule on a form, by id."""

CATALOGUE_VERSION: Final = hashlib.sha256(" ".join(f"{rule.id}.{rule.version}" for rule in RULES).encode()).hexdigest()[
    :12
]
"""Changes when a rule comes, goes or changes its meaning: what was checked by another version is checked again."""


DATASET_RULE_IDS: Final = ("D01", "D02", "D03", "D04", "D05", "D06")
"""Rules on the dataset (`dataset.RULES`), which settings may speak of too."""


def rules_of(table: Table) -> tuple[Rule, ...]:
    """Return the rules that judge the records of a table, by id."""
    return tuple(rule for rule in RULES if rule.table == table)


def verify(settings: RuleSettings) -> None:
    """Check that the settings speak of rules that exist.

    Raises:
        ValueError: A severity is set for an unknown rule; names it and the rules that there are.
    """
    known = {rule.id for rule in RULES} | set(DATASET_RULE_IDS)
    unknown = sorted(set(settings.severities) - known)
    if unknown:
        raise ValueError(f"rules.severities names unknown rules {unknown}; known are {sorted(known)}")
