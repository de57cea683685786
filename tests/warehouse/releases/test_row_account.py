from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.contract.vocabulary import DOCUMENT_STATUSES
from warehouse.errors import AccountDoesNotBalance
from warehouse.releases.row_account import FORM_OUTCOMES, require_covered, row_account


def seen_documents(states: list[tuple[str, int]]) -> pl.DataFrame:
    rows = [(f"d{i}", state, forms) for i, (state, forms) in enumerate(states)]
    return pl.DataFrame(
        rows, schema={"document_id": pl.String, "state": pl.String, "form_count": pl.Int32}, orient="row"
    )


def outcomes_of(outcomes: list[str]) -> pl.DataFrame:
    return pl.DataFrame(
        {"form_id": [f"f{i}" for i in range(len(outcomes))], "outcome": outcomes},
        schema={"form_id": pl.String, "outcome": pl.String},
    )


def statuses_of(statuses: list[str]) -> pl.DataFrame:
    return pl.DataFrame(
        {"document_id": [f"d{i}" for i in range(len(statuses))], "status": statuses},
        schema={"document_id": pl.String, "status": pl.Enum(DOCUMENT_STATUSES)},
    )


@given(
    st.lists(st.sampled_from(DOCUMENT_STATUSES), max_size=20),
    st.lists(st.sampled_from(FORM_OUTCOMES), max_size=20),
    st.integers(0, 3),
)
@settings(deadline=None)
def test_row_account_of_complete_tables_balances(statuses: list[str], outcomes: list[str], pending: int) -> None:
    states = [("derived", 0)] * len(statuses) + [("pending", 0)] * pending
    if statuses:
        states[0] = ("derived", len(outcomes))
    else:
        outcomes = []
    counts = dict(row_account(seen_documents(states), statuses_of(statuses), outcomes_of(outcomes)).iter_rows())
    assert counts["documents_seen"] == len(statuses) + pending
    assert counts["documents_pending"] == pending
    assert counts["forms_read"] == len(outcomes)
    assert sum(counts[f"forms_{name}"] for name in FORM_OUTCOMES) == len(outcomes)


@given(st.lists(st.sampled_from(DOCUMENT_STATUSES), min_size=1, max_size=9), st.integers(0, 8))
@settings(deadline=None)
def test_row_account_with_a_lost_document_raises(statuses: list[str], lost: int) -> None:
    kept = [status for i, status in enumerate(statuses) if i != lost % len(statuses)]
    with pytest.raises(AccountDoesNotBalance, match=f"documents seen {len(statuses)}, but published"):
        row_account(seen_documents([("derived", 0)] * len(statuses)), statuses_of(kept), outcomes_of([]))


def test_row_account_with_a_lost_form_says_the_numbers() -> None:
    with pytest.raises(AccountDoesNotBalance, match=r"forms read 3, but published 1 \+ quarantined 1 .* = 2"):
        row_account(
            seen_documents([("derived", 3)]), statuses_of(["published"]), outcomes_of(["published", "quarantined"])
        )


def test_row_account_of_nothing_has_all_items() -> None:
    account = row_account(seen_documents([]), statuses_of([]), outcomes_of([]))
    assert account["count"].to_list() == [0] * account.height
    assert account["item"].to_list()[0] == "documents_seen"


def test_require_covered_with_pending_document_raises() -> None:
    seen = seen_documents([("derived", 1), ("pending", 0)])
    require_covered(seen, pl.Series(["d0"]))
    with pytest.raises(AccountDoesNotBalance, match="1 documents are not read or not derived"):
        require_covered(seen, pl.Series(["d0", "d1"]))


def test_require_covered_with_document_never_seen_raises() -> None:
    with pytest.raises(AccountDoesNotBalance, match="such as dX"):
        require_covered(seen_documents([("derived", 1)]), pl.Series(["dX", "dX"]))


def test_require_covered_of_nothing_passes() -> None:
    require_covered(seen_documents([]), pl.Series([], dtype=pl.String))
