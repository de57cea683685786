"""Which comparison of target and actual counts: an ordered table of cases, the first that holds decides.

Conditions are expressions on the indicators as `attainment` has prepared them; a null condition does not hold.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import polars as pl

from transforms.normalising.subjects import SAVED


class Case(NamedTuple):
    """What one case concludes.

    Attributes:
        when: Its condition.
        is_met: Whether the target is met; None: not judged.
        reason: Why there is no ratio: a code, or a column of codes.
        basis: What `is_met` rests on; None where nothing is judged.
    """

    when: pl.Expr
    is_met: pl.Expr | None
    reason: pl.Expr | str
    basis: str | None


_MET: Final = pl.lit(True)
_MISSED: Final = pl.lit(False)

# ---- what target and actual are

_KIND: Final = pl.col("target_kind")
_TARGET: Final = pl.col("target_squeezed")
_ACTUAL: Final = pl.col("actual_squeezed")
_IS_TARGET_GONE: Final = _KIND.is_null() | (_KIND == "missing")
_IS_ACTUAL_GONE: Final = pl.col("actual_kind").is_null() | (pl.col("actual_kind") == "missing")
_IS_WORDY: Final = _KIND == "qualitative"
_IS_QUANTITY: Final = _KIND == "quantitative"
_IS_DATE: Final = _KIND == "date"
_IS_COUNTABLE: Final = _KIND.is_in(["quantitative", "rank", "date"])
_IS_MEASURED: Final = pl.col("actual_value").is_not_null()
_ARE_EQUAL: Final = (_TARGET == _ACTUAL) & ~_IS_TARGET_GONE
_IS_UNREAD_TARGET: Final = _IS_COUNTABLE & pl.col("target_value").is_null() & pl.col("target_date").is_null()
_IS_LESS_BETTER: Final = pl.col("is_less_better")

_WANTS_NONE: Final = pl.col("target_is_zero_word").fill_null(False)
_FOUND_NONE: Final = pl.col("actual_is_zero_word").fill_null(False)
_WANTS_ALL: Final = (pl.col("target_statement") == "all").fill_null(False)

_ARE_NUMBERS: Final = _IS_COUNTABLE & pl.col("target_value").is_not_null() & _IS_MEASURED
_CHANGES: Final = ["up", "down"]
_ASKED: Final = pl.when(pl.col("target_direction").is_in(_CHANGES)).then("target_direction").otherwise("name_change")
_CHANGED: Final = pl.col("actual_direction").cast(pl.String)
_ARE_OPPOSED: Final = _CHANGED.is_in(_CHANGES) & (_CHANGED != _ASKED)
_ARE_COMPARED: Final = _ARE_NUMBERS & pl.col("unit_reason").is_null() & ~_ARE_OPPOSED.fill_null(False)
_ARE_DATES: Final = _IS_DATE & pl.col("actual_date").is_not_null() & pl.col("target_date").is_not_null()
_ARE_BOTH: Final = _ARE_DATES & _ARE_COMPARED
"""A deadline with a share (9月底前完成60%)."""

# ---- what the actual says in words

_SAYS: Final = pl.col("actual_statement")
_IS_OF_ANOTHER: Final = _SAYS.is_in(["unmeasured", "other"]).fill_null(False) | pl.col("is_of_another")
_IS_DENIED: Final = _SAYS.is_in(["denied", "beyond"])
_IS_UNSURE: Final = (_SAYS == "unsure") & (pl.col("target_statement") != "unsure").fill_null(True)
_IS_CONDITIONAL: Final = _TARGET.str.contains(r"^(?:如果|[如若](?:有|遇|无|发生|出现|发现|接到)|一旦|遇有|遇到)")
"""The target is of what may happen (如有突发事件,24小时内处置): that nothing happened does not attain it."""
_IS_LATE: Final = (_SAYS == "late") & ~_ARE_EQUAL

BAND: Final = pl.when(_IS_WORDY).then("word_band").otherwise("actual_band")
"""How far words say that the target was reached: 1 is all."""


def _is_stated() -> pl.Expr:
    """Tell whether words alone say how far a number, date or rank was reached."""
    says_so = pl.when(_IS_DATE).then("actual_says_in_time").otherwise("actual_says_done")
    rate = (pl.col("name_rate") == _ACTUAL).fill_null(False) & (pl.col("target_unit_base") == "%")
    worded = _IS_COUNTABLE & ~_IS_MEASURED & pl.col("actual_date").is_null() & pl.col("actual_band").is_not_null()
    return worded & (says_so | rate.fill_null(False) | (pl.col("actual_band") > 1))


_IS_STATED: Final = _is_stated()


def _missing() -> tuple[Case, ...]:
    """Give the cases in which one side is missing, does not apply, or is a question."""
    no_such = _WANTS_NONE & _FOUND_NONE & (_TARGET == "无") & (pl.col("name_way") != "down").fill_null(True)
    return (
        Case(_IS_TARGET_GONE, None, "target_missing", None),
        Case(_IS_ACTUAL_GONE & (pl.col("actual_reason") == "not_applicable"), None, "not_applicable", None),
        Case(_IS_ACTUAL_GONE, None, "actual_missing", None),
        Case(no_such, None, "not_applicable", None),
        Case(_IS_WORDY & (pl.col("target_reason") == "question"), None, "target_not_comparable", None),
    )


def _denied() -> tuple[Case, ...]:
    """Give the cases in which the actual says that the target was not reached."""
    numbered = _IS_MEASURED | pl.col("actual_reason").is_in(["several_numbers", "number_in_sentence", "vague_number"])
    bounded_below = pl.col("operator").is_in(["<", "<="]) & _IS_QUANTITY & numbered
    wants_no, wants_yes = _TARGET.is_in(["无", "没有", "否"]), _TARGET.is_in(["有", "是"])
    return (
        Case(_IS_DENIED & _ARE_EQUAL, None, "denied", None),
        Case((_SAYS == "denied") & bounded_below, None, "denied", None),
        Case(_IS_DENIED & _IS_WORDY, _MISSED, "words", "worded"),
        Case(_IS_DENIED, _MISSED, "denied", "stated"),
        Case(_IS_WORDY & wants_yes & _ACTUAL.is_in(["无", "没有", "否"]), _MISSED, "words", "worded"),
        Case(_IS_WORDY & wants_no & _ACTUAL.is_in(["有", "是"]), _MISSED, "words", "worded"),
    )


def _late_or_unsure() -> tuple[Case, ...]:
    """Give the cases in which the actual is late, not sure, or not what was reached; and of texts that are equal."""
    date_met = pl.col("date_met")
    below = (pl.col("actual_band") > 1) | (pl.col("word_band") > 1)
    of_growth = (_SAYS == "change") & _ARE_NUMBERS & pl.col("target_direction").is_null()
    of_growth = of_growth & ~pl.col("name_changes").fill_null(False)
    saved = pl.col("is_of_another") & pl.col("actual_about").cast(pl.String).is_in(SAVED)
    saved = saved & _IS_LESS_BETTER & pl.col("operator").is_in(["<=", "<"])
    nothing = _FOUND_NONE | (pl.col("actual_value") == 0).fill_null(False)
    return (
        Case(_IS_CONDITIONAL & nothing & ~_ARE_EQUAL, None, "not_the_attainment", None),
        Case(saved, _MET, "not_the_attainment", "stated"),
        Case(_IS_OF_ANOTHER & ~_ARE_EQUAL, None, "not_the_attainment", None),
        Case((_IS_LATE | _IS_UNSURE) & _ARE_DATES & ~date_met, _MISSED, "date", "measured"),
        Case(_IS_LATE & _IS_DATE & ~(_ARE_DATES & date_met).fill_null(False), _MISSED, "denied", "stated"),
        Case(_IS_LATE & _IS_WORDY, _MISSED, "words", "worded"),
        Case(_IS_LATE, None, "not_the_attainment", None),
        Case(_IS_UNSURE & ~_ARE_EQUAL & below & _IS_WORDY, _MISSED, "words", "worded"),
        Case(_IS_UNSURE & ~_ARE_EQUAL & ~(_IS_STATED & (pl.col("actual_band") > 1)), None, "not_the_attainment", None),
        Case(_ARE_EQUAL & (pl.col("target_reason") == "span_of_years"), None, "target_not_comparable", None),
        Case(_ARE_EQUAL & _IS_WORDY & ~(_WANTS_NONE & ~_FOUND_NONE), _MET, "words", "worded"),
        Case(of_growth, None, "not_the_attainment", None),
    )


def _measured() -> tuple[Case, ...]:
    """Give the cases in which numbers or dates are compared."""
    date_met, number_met, why_not = pl.col("date_met"), pl.col("number_met"), pl.col("number_reason")
    against = _ARE_OPPOSED & (pl.col("actual_value") > 0) & (pl.col("target_value") > 0) & ~_IS_LESS_BETTER
    few = pl.col("operator").is_in(["<=", "<"]) & (pl.col("target_value") >= 0)
    unwanted = (pl.col("name_way") == "down") | (_ACTUAL.str.len_chars() > 1)
    none_wanted = _FOUND_NONE & ((pl.col("target_value") == 0) | (few & unwanted)).fill_null(False) & _IS_QUANTITY
    return (
        Case(_ARE_BOTH, date_met & number_met, why_not, "measured"),
        Case(_ARE_DATES & pl.col("is_rough"), None, "rough_date", None),
        Case(_ARE_DATES, date_met, "date", "measured"),
        Case(_ARE_NUMBERS & against, _MISSED, "direction_mismatch", "measured"),
        Case(_ARE_NUMBERS & _ARE_OPPOSED, None, "direction_mismatch", None),
        Case(_ARE_COMPARED, number_met, why_not, "measured"),
        Case(_ARE_NUMBERS & _ARE_EQUAL, _MET, pl.col("unit_reason"), "measured"),
        Case(_ARE_NUMBERS, None, pl.col("unit_reason"), None),
        Case(none_wanted, _MET, "zero_target", "measured"),
        Case(_IS_DATE & _ARE_EQUAL, _MET, "date", "measured"),
    )


def _stated() -> tuple[Case, ...]:
    """Give the cases in which words answer a number, a date or a rank."""
    share = _IS_QUANTITY & ~_IS_MEASURED & (pl.col("target_unit_base") == "%")
    share = share & pl.col("target_value").is_between(0, 100) & ~_IS_LESS_BETTER
    goal = _IS_QUANTITY & ~_IS_MEASURED & pl.col("operator").is_not_null()
    return (
        Case(_IS_DATE & (_SAYS == "early") & ~_IS_UNREAD_TARGET, _MET, "words", "stated"),
        Case((_SAYS == "all") & share, _MET, "words", "stated"),
        Case((_SAYS == "better") & ~_IS_UNREAD_TARGET & _IS_COUNTABLE, _MET, "words", "stated"),
        Case((_SAYS == "worse") & ~_IS_UNREAD_TARGET & _IS_COUNTABLE, _MISSED, "words", "stated"),
        Case((_SAYS == "above_goal") & goal, ~_IS_LESS_BETTER, "words", "stated"),
        Case((_SAYS == "below_goal") & goal, _IS_LESS_BETTER, "words", "stated"),
        Case(_IS_STATED & ~_IS_UNREAD_TARGET, pl.col("actual_band") == 1, "words", "stated"),
        Case(_IS_DATE & ~_ARE_DATES, None, "actual_not_a_date", None),
        Case(_IS_UNREAD_TARGET, None, "target_not_comparable", None),
        Case(_KIND.is_in(["quantitative", "rank"]), None, "actual_not_a_number", None),
    )


def _worded() -> tuple[Case, ...]:
    """Give the cases of a target in words."""
    in_percent = _IS_WORDY & (_WANTS_ALL | (pl.col("target_band") == 1).fill_null(False))
    in_percent = in_percent & (pl.col("actual_unit_base") == "%") & pl.col("actual_bound").is_null()
    actual, graded = pl.col("actual_value"), pl.col("graded")
    holds_a_number = pl.col("target_reason").is_in(
        ["several_numbers", "number_in_sentence", "vague_number", "date_or_number", "span_of_years"]
    )
    return (
        Case(_IS_WORDY & _WANTS_NONE & _IS_MEASURED, actual == 0, "zero_target", "measured"),
        Case(_IS_WORDY & _WANTS_NONE & _FOUND_NONE, _MET, "words", "worded"),
        Case(_IS_WORDY & _WANTS_NONE & (_SAYS == "befell"), _MISSED, "words", "worded"),
        Case(in_percent & (actual >= 100), _MET, "words", "stated"),
        Case(in_percent & (_WANTS_ALL | (actual == 0)), _MISSED, "words", "stated"),
        Case(_IS_WORDY & graded.is_not_null(), graded, "words", "measured"),
        Case(_IS_WORDY & pl.col("restated"), _MET, "words", "worded"),
        Case(holds_a_number & _IS_WORDY, None, "target_not_comparable", None),
        Case(_IS_WORDY & (BAND == 1), _MET, "words", "worded"),
        Case(_IS_WORDY & BAND.is_not_null(), _MISSED, "words", "worded"),
        Case(_IS_WORDY & (pl.col("actual_kind") != "qualitative"), None, "target_not_comparable", None),
    )


CASES: Final = (*_missing(), *_denied(), *_late_or_unsure(), *_measured(), *_stated(), *_worded())
"""In their order. Where none holds, the words are not known."""

HAS_RATIO: Final = (
    _ARE_COMPARED
    & ~_IS_TARGET_GONE
    & ~_IS_ACTUAL_GONE
    & ~(_ARE_DATES & ~_ARE_BOTH).fill_null(False)
    & ~(_IS_DENIED | (_IS_OF_ANOTHER & ~_ARE_EQUAL) | (_IS_UNSURE & ~_ARE_EQUAL)).fill_null(False)
).fill_null(False)
"""Whether the ratio of the numbers says how much was reached."""
