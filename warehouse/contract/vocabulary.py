"""The closed lists that the contract's columns take their values from, and what reading and checking must agree on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

LanguageCode = Literal["en", "zh"]
"""The languages of labels, messages and pages."""

PLACES: Final = ("published", "quarantine")
"""The folders of a release that have the tables of forms: those that passed, and those that were held back."""

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
PAGE_KINDS: Final = ("form", "continuation", "outside", "blank", "unreadable")
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
FORM_STATUSES: Final = ("published", "held")
LEVEL_1_BASES: Final = ("printed", "second_level")
REGION_BASES: Final = ("source", "printed")
REGION_LEVELS: Final = ("province", "prefecture", "county")

CLOSED_LISTS: Final[Mapping[tuple[str, ...], str]] = {
    DOCUMENT_STATUSES: "document_status",
    FORM_STATUSES: "form_status",
    READERS: "reader",
    FUNDING_TYPES: "funding_type",
    LEVEL_1_TYPES: "level_1_type",
    LEVEL_1_BASES: "level_1_basis",
    LEVEL_2_TYPES: "level_2_type",
    REGION_BASES: "region_basis",
    REGION_LEVELS: "region_level",
    PAGE_KINDS: "page_kind",
    TARGET_KINDS: "target_kind",
    OPERATORS: "operator",
    ATTAINMENT_BASES: "attainment_basis",
    RATINGS: "rating",
    SEVERITIES: "severity",
    CHECK_STATUSES: "check_status",
    CORRECTION_ACTIONS: "correction_action",
    CORRECTION_STATUSES: "correction_status",
    SOURCE_STATES: "source_state",
}
"""Name of each closed list that a published column takes its values from: `list_name` in the table `codes`."""

AMOUNTS: Final = ("initial_budget", "annual_budget", "executed")
"""The amounts of a line of money: their printed texts until they are normalised, then `<amount>_cny`."""

UNITS_DIFFER: Final = "units_differ"
"""Reason of an amount for which the form names two units, and what stands for its unit until then."""

WITHHELD: Final = "withheld_by_correction"
"""Reason of a value that a person withholds by a correction: it was looked at, and is not an unread cell."""

BLANK_MARKS: Final = (
    *("-", "--", "---", "----", "－", "–", "—", "——", "―", "一", "/", "//", "\\"),
    *("、", ".", "。", "*", "**", "…", "……", "...", "·", "_", "__"),
    *("N/A", "n/a", "NA", "不适用", "无指标", "未设置"),
)
"""What a cell holds that means nothing, wherever it stands. 一 alone is how a dash comes out of OCR.

Source: published forms."""

BLANK_WORDS: Final = ("无", "暂无", "没有", "空")
"""Words that mean nothing where a number or a reason belongs; in a target 无 can mean none at all.

Source: published forms."""

YUAN_PER_UNIT: Final[Mapping[str, int]] = {
    "万亿元": 10**12,
    "千亿元": 10**11,
    "百亿元": 10**10,
    "十亿元": 10**9,
    "亿元": 10**8,
    "千万元": 10**7,
    "百万元": 10**6,
    "十万元": 10**5,
    "万元": 10**4,
    "千元": 10**3,
    "百元": 100,
    "元": 1,
}
"""Units of money and the yuan in one, the longest first."""

ASSUMED_CURRENCY_UNIT: Final = "万元"
"""Unit of the amounts of a form that prints none: that of the Ministry's template."""
