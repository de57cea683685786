"""Which printed cells each column is read from: the columns under which `evidence` has their places.

A column that is its own evidence is not listed. `read_from` in the metadata of a column and `feeds` in the view
`evidence_of` come from here.
"""

from __future__ import annotations

from typing import Final

EVIDENCE: Final[dict[str, tuple[str, ...]]] = {
    "forms": (
        "title",
        "fiscal_year",
        "project_name",
        "department",
        "implementing_unit",
        "currency_unit",
        "expected_goal_text",
        "actual_goal_text",
        "initial_budget_cny",
        "annual_budget_cny",
        "executed_cny",
        "execution_rate_pct",
        "execution_weight_points",
        "execution_score_points",
        "total_weight_points",
        "total_score_points",
        "rating",
    ),
    "funding": (
        "source_label",
        "initial_budget_cny",
        "annual_budget_cny",
        "executed_cny",
        "weight_points",
        "execution_rate_pct",
        "score_points",
        "deviation_text",
    ),
    "indicators": (
        "level_1_label",
        "level_2_label",
        "indicator_name",
        "target_text",
        "target_operator",
        "target_unit",
        "actual_text",
        "weight_points",
        "score_points",
        "deviation_text",
    ),
}
"""The columns that `evidence` names, by table."""

_TARGET: Final = ("target_text", "target_operator", "target_unit")
_COMPARED: Final = (*_TARGET, "actual_text", "indicator_name")
_AMOUNTS: Final = ("initial_budget", "annual_budget", "executed")

_DERIVED: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "forms": {
        "total_weight_text": ("total_weight_points",),
        "total_score_text": ("total_score_points",),
        "rating_derived": ("total_score_points",),
    },
    "funding": {
        "source_type": ("source_label",),
        **{f"{name}_{kind}": (f"{name}_cny",) for name in _AMOUNTS for kind in ("text", "reason")},
        **{f"weight_{kind}": ("weight_points",) for kind in ("text", "reason")},
        **{f"execution_rate_{kind}": ("execution_rate_pct",) for kind in ("text", "reason")},
        **{f"score_{kind}": ("score_points",) for kind in ("text", "reason")},
    },
    "indicators": {
        "level_1_type": ("level_1_label",),
        "level_1_caption_points": ("level_1_label",),
        "level_2_type": ("level_2_label",),
        "target_text": _TARGET,
        "target_unit": ("target_unit", "target_text"),
        "target_operator": ("target_operator", "target_text", "indicator_name"),
        "is_operator_printed": ("target_operator", "target_text"),
        **{
            f"target_{name}": _TARGET
            for name in ("kind", "value", "value_high", "date", "date_operator", "reason", "value_base", "unit_base")
        },
        **{
            f"actual_{name}": ("actual_text",)
            for name in ("operator", "value", "value_high", "unit", "date", "reason", "value_base", "unit_base", "band")
        },
        **dict.fromkeys(("attainment_ratio", "is_met", "attainment_basis", "attainment_reason"), _COMPARED),
        **{f"weight_{kind}": ("weight_points",) for kind in ("text", "reason")},
        **{f"score_{kind}": ("score_points",) for kind in ("text", "reason")},
        "deviation_label": ("deviation_text",),
    },
}

READ_FROM: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    table: {**{column: (column,) for column in columns}, **_DERIVED[table]} for table, columns in EVIDENCE.items()
}
"""By table and column: the columns of `evidence` that it is read from. A column that is not here (ids, counts, what
concerns the layout) has no place of its own."""

VIEW_OF: Final[dict[str, str]] = {
    "all_forms": "forms",
    "all_funding": "funding",
    "all_indicators": "indicators",
}
"""The table that the columns of a view are those of, where they have the same names."""

_VIEW_DERIVED: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "all_forms": {
        "adjusted_cny": ("annual_budget_cny", "initial_budget_cny"),
        "unspent_cny": ("annual_budget_cny", "executed_cny"),
        "initial_budget_wan": ("initial_budget_cny",),
        "annual_budget_wan": ("annual_budget_cny",),
        "executed_wan": ("executed_cny",),
        "adjusted_wan": ("annual_budget_cny", "initial_budget_cny"),
        "unspent_wan": ("annual_budget_cny", "executed_cny"),
        "recomputed_rate_pct": ("executed_cny", "annual_budget_cny"),
        "rate_difference_pct": ("execution_rate_pct", "executed_cny", "annual_budget_cny"),
        "project_key": ("project_name", "implementing_unit", "department"),
    },
    "all_funding": {"recomputed_rate_pct": ("executed_cny", "annual_budget_cny")},
    "all_indicators": {
        "level_1_type": ("level_1_label", "level_2_label"),
        "level_1_basis": ("level_1_label", "level_2_label"),
        "is_copied_target": ("actual_text",),
        "is_full_score": ("score_points", "weight_points"),
    },
}


def read_from(table: str, column: str) -> tuple[str, ...]:
    """Return the columns of `evidence` that have the places of a column; none where it has no place.

    Example:
        >>> read_from("indicators", "is_met")
        ('target_text', 'target_operator', 'target_unit', 'actual_text', 'indicator_name')
        >>> read_from("all_forms", "unspent_cny")
        ('annual_budget_cny', 'executed_cny')
        >>> read_from("documents", "reason")
        ()
    """
    if column in (derived := _VIEW_DERIVED.get(table, {})):
        return derived[column]
    return READ_FROM.get(VIEW_OF.get(table, table), {}).get(column, ())


def feeds() -> list[tuple[str, str, tuple[str, ...]]]:
    """List for each table and column of `evidence` the columns that it feeds, its own first.

    Example:
        >>> [columns for table, column, columns in feeds() if (table, column) == ("forms", "total_score_points")]
        [('total_score_points', 'total_score_text', 'rating_derived')]
    """
    return [
        (table, source, (source, *(c for c, places in READ_FROM[table].items() if source in places and c != source)))
        for table, sources in EVIDENCE.items()
        for source in sources
    ]
