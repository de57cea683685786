"""The one contract of every table: column names, types, meaning, unit and printed Chinese label.

Everything that must agree about a table is derived from here: Polars schemas, Arrow schemas with field metadata, the
check that a frame obeys its table, the dictionary page and `datapackage.json`. `tables` has what is published,
`stages` what is handed from stage to stage, `ledger_tables` what only the ledger has, `vocabulary` the closed lists.
"""

from warehouse.contract.schemas import TableType, arrow_schema, conform, empty, polars_schema
from warehouse.contract.stages import Cells, Fields
from warehouse.contract.tables import (
    DATASET_TABLES,
    FORM_TABLES,
    TABLES,
    Checks,
    Corrections,
    Documents,
    Evidence,
    Forms,
    Funding,
    Indicators,
    Leftovers,
    Occurrences,
    Pages,
    Revisions,
    RuleCounts,
    RuleResults,
    Sources,
)

__all__ = [
    "DATASET_TABLES",
    "FORM_TABLES",
    "TABLES",
    "Cells",
    "Checks",
    "Corrections",
    "Documents",
    "Evidence",
    "Fields",
    "Forms",
    "Funding",
    "Indicators",
    "Leftovers",
    "Occurrences",
    "Pages",
    "Revisions",
    "RuleCounts",
    "RuleResults",
    "Sources",
    "TableType",
    "arrow_schema",
    "conform",
    "empty",
    "polars_schema",
]
