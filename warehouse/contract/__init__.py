"""The one contract of every table: column names, types, meaning, unit and printed Chinese label.

Everything that must agree about a table is derived from here: Polars schemas, Arrow schemas with field metadata, the
check that a frame obeys its table, the dictionary page and `datapackage.json`. `form_tables`, `tables` and `reference`
have what is published, `views` the views over it, `stages` what is handed from stage to stage, `ledger_tables` what
only the ledger has, `vocabulary` and `codes.toml` the closed lists, `zh.toml` the dictionary in Chinese.
"""

from warehouse.contract.form_tables import FORM_TABLES, Evidence, Forms, Funding, Indicators, Leftovers
from warehouse.contract.metadata import PUBLISHED, arrow_schema
from warehouse.contract.reference import Codes, Regions, Rules, codes, regions
from warehouse.contract.schemas import TableType, conform, empty, polars_schema
from warehouse.contract.stages import Cells, Fields
from warehouse.contract.tables import (
    DATASET_TABLES,
    TABLES,
    Checks,
    Corrections,
    Documents,
    Occurrences,
    Pages,
    Revisions,
    RuleCounts,
    RuleResults,
    Sources,
)
from warehouse.contract.version import CONTRACT_VERSION
from warehouse.contract.views import VIEWS

__all__ = [
    "CONTRACT_VERSION",
    "DATASET_TABLES",
    "FORM_TABLES",
    "PUBLISHED",
    "TABLES",
    "VIEWS",
    "Cells",
    "Checks",
    "Codes",
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
    "Regions",
    "Revisions",
    "RuleCounts",
    "RuleResults",
    "Rules",
    "Sources",
    "TableType",
    "arrow_schema",
    "codes",
    "conform",
    "empty",
    "polars_schema",
    "regions",
]
