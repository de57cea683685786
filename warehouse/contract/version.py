"""The version of the contract of the published tables, and what of them it stands for."""

from __future__ import annotations

import hashlib
import json
from typing import Final

import polars as pl

from warehouse.contract.schemas import TableType

CONTRACT_VERSION: Final = "1.4.0"
"""Semantic: the first number goes up when a column or table is renamed, removed or retyped, or a value may be null that
could not be; the second when a table, a column or a value of a closed list is new; the third when only words change.
`tests/warehouse/contract/test_version.py` holds it to the fingerprint of the tables."""


def fingerprint(tables: dict[str, TableType]) -> str:
    """Return a fingerprint of tables, columns, types, keys, and which values may be null."""
    about = {
        name: [(column, _type(one.dtype), one.nullable, one.primary_key) for column, one in table.columns().items()]
        for name, table in tables.items()
    }
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]


def _type(dtype: pl.DataType) -> str:
    return f"Enum {dtype.categories.to_list()}" if isinstance(dtype, pl.Enum) else str(dtype)
