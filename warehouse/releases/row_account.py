"""The row account: everything that was taken in is accounted for, or nothing is published."""

from __future__ import annotations

from typing import Final

import polars as pl

from warehouse.contract.vocabulary import DOCUMENT_STATUSES
from warehouse.errors import AccountDoesNotBalance

FORM_OUTCOMES: Final = ("published", "quarantined", "superseded", "duplicate")


def row_account(seen: pl.DataFrame, documents: pl.DataFrame, outcomes: pl.DataFrame) -> pl.DataFrame:
    """Count documents and forms by what became of them.

    Args:
        seen: One row for each document that the ledger has: `document_id`, `state` (derived, failed, pending) and
            `form_count`, as it was counted when the rows were derived.
        documents: The table `documents` of the release: `document_id`, `status`.
        outcomes: One row for each form of the release: `form_id`, `outcome`.

    Returns:
        `item` (documents_seen, documents_published, ..., documents_pending, forms_read, forms_published, ...) and
        `count`, always the same items in the same order. Pending documents, which another run is still working on,
        are part of no release; they are counted and belong to the sum.

    Raises:
        AccountDoesNotBalance: documents seen are not published + partly published + quarantined + no form + failed
            + pending, or forms read are not published + quarantined + superseded + duplicate.

    Example:
        >>> seen = pl.DataFrame({"document_id": ["a"], "state": ["derived"], "form_count": [2]})
        >>> documents = pl.DataFrame({"document_id": ["a"], "status": ["published"]})
        >>> row_account(seen, documents, pl.DataFrame({"form_id": ["f"], "outcome": ["published"]}))
        Traceback (most recent call last):
        ...
        warehouse.errors.AccountDoesNotBalance: the row account does not balance: forms read 2, but published 1 + ...
    """
    status = dict(documents["status"].cast(pl.String).value_counts().iter_rows())
    outcome = dict(outcomes["outcome"].cast(pl.String).value_counts().iter_rows())
    counts = {"documents_seen": seen.height}
    counts |= {f"documents_{name}": status.get(name, 0) for name in DOCUMENT_STATUSES}
    counts["documents_pending"] = seen.filter(state="pending").height
    counts["forms_read"] = int(seen.filter(state="derived")["form_count"].sum())
    counts |= {f"forms_{name}": outcome.get(name, 0) for name in FORM_OUTCOMES}
    faults = [_fault(counts, "documents_seen", "documents_"), _fault(counts, "forms_read", "forms_")]
    if any(faults):
        raise AccountDoesNotBalance(
            "the row account does not balance: "
            + "; ".join(fault for fault in faults if fault)
            + ". Nothing was published. Run again; if it stays, the ledger has lost rows: restore it from a backup"
        )
    return pl.DataFrame({"item": list(counts), "count": list(counts.values())}, schema_overrides={"count": pl.Int64})


def _fault(counts: dict[str, int], total: str, prefix: str) -> str | None:
    parts = {name: count for name, count in counts.items() if name.startswith(prefix) and name != total}
    if counts[total] == sum(parts.values()):
        return None
    counted = " + ".join(f"{name.removeprefix(prefix).replace('_', ' ')} {count}" for name, count in parts.items())
    return f"{total.replace('_', ' ')} {counts[total]}, but {counted} = {sum(parts.values())}"


def require_covered(seen: pl.DataFrame, document_ids: pl.Series) -> None:
    """Make sure that a release would hold some documents.

    Args:
        seen: As for `row_account`.
        document_ids: The documents of this run and those of the current release.

    Raises:
        AccountDoesNotBalance: Some of them are not read, or not derived at the version that is being published.
    """
    accounted = seen.filter(pl.col("state") != "pending")["document_id"]
    wanted = document_ids.unique().sort()
    missing = wanted.filter(~wanted.is_in(accounted.implode()))
    if missing.len():
        raise AccountDoesNotBalance(
            f"{missing.len()} documents are not read or not derived at this version and would be missing, such as "
            f"{missing[0]}. Nothing was published. Derive them first (jixiao backfill --outdated)"
        )
