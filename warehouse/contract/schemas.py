"""What is derived from a table of the contract: its Polars schema, and the check that a frame obeys it."""

from __future__ import annotations

import dataframely as dy
import polars as pl

TableType = type[dy.Schema]


def polars_schema(table: TableType) -> pl.Schema:
    """Return the exact Polars schema of a table.

    Example:
        >>> from warehouse.contract import Forms
        >>> polars_schema(Forms)["executed_cny"]
        Decimal(precision=18, scale=2)
    """
    return pl.Schema({name: column.dtype for name, column in table.columns().items()})


def empty(table: TableType) -> pl.DataFrame:
    """Return a frame of the table with no rows."""
    return pl.DataFrame(schema=polars_schema(table))


def conform(frame: pl.DataFrame, table: TableType) -> pl.DataFrame:
    """Check that a frame obeys its table and put the columns in order.

    Every column of the contract must be there with its exact type; columns that the contract does not name are
    an error, never dropped.

    Raises:
        ValueError: A column is missing, unknown, or of another type; the message names it.
        dataframely.exc.ValidationError: A key repeats, a null stands where none may, or a value is not in its
            closed list; the message names the rule and how many rows.
    """
    schema = polars_schema(table)
    wrong = [f"{n} is missing" for n in schema if n not in frame.columns]
    wrong += [f"{n} is not in the contract" for n in frame.columns if n not in schema]
    wrong += [
        f"{n} is {frame.schema[n]}, expected {t}"
        for n, t in schema.items()
        if n in frame.columns and frame.schema[n] != t
    ]
    if wrong:
        raise ValueError(f"{table.__name__} does not obey its contract: " + "; ".join(wrong))
    return table.validate(frame.select(schema.names()))
