"""The closed lists that the contract's columns take their values from."""

from __future__ import annotations

from typing import Final

DOCUMENT_STATUSES: Final = ("published", "partly_published", "quarantined", "no_form", "failed")
READERS: Final = ("pdfium", "pdfplumber", "ocr")
FUNDING_TYPES: Final = ("total", "current_appropriation", "carried_over", "other")
LEVEL_1_TYPES: Final = ("output", "benefit", "satisfaction", "cost", "decision", "management", "execution")
LEVEL_2_TYPES: Final = (
    "quantity",
    "quality",
    "timeliness",
    "cost",
    "economic_benefit",
    "social_benefit",
    "ecological_benefit",
    "sustainable_impact",
    "satisfaction",
    "economic_cost",
    "social_cost",
    "ecological_cost",
)
TARGET_KINDS: Final = ("quantitative", "qualitative", "date", "rank", "missing")
OPERATORS: Final = (">=", ">", "=", "<", "<=")
ATTAINMENT_BASES: Final = ("measured", "stated", "worded")
RATINGS: Final = ("优", "良", "中", "差")
SEVERITIES: Final = ("critical", "warning", "info")
CHECK_STATUSES: Final = ("fail", "not_applicable")
CORRECTION_ACTIONS: Final = ("replace", "withhold")
CORRECTION_STATUSES: Final = ("applied", "refused", "not_found")
SOURCE_STATES: Final = ("fresh", "overdue", "shrinking", "failing")
FETCHED: Final = ("pdf", "zip")
