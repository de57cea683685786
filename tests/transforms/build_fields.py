"""Fields of made-up forms, as assembly would give them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from warehouse import contract

DOCUMENT = "a" * 64
Row = dict[str, object]


def field(
    table: str,
    record: int,
    column: str,
    text: str,
    *,
    document: str = DOCUMENT,
    form: int = 1,
    part: int = 1,
    label: str | None = None,
    page: int = 1,
    confidence: float | None = None,
) -> Row:
    """Return one row of `contract.Fields`; the box tells the row apart."""
    return {
        "document_id": document,
        "form_number": form,
        "table_name": table,
        "record_number": record,
        "column_name": column,
        "part_number": part,
        "label": label,
        "printed_text": text,
        "page_number": page,
        "x0": float(record),
        "top": float(part),
        "x1": float(record + 1),
        "bottom": float(part + 1),
        "confidence": confidence,
    }


def fields_of(rows: Iterable[Row]) -> pl.DataFrame:
    """Return a frame that obeys `contract.Fields`."""
    frame = pl.DataFrame(list(rows), schema=contract.polars_schema(contract.Fields), orient="row")
    return contract.conform(frame, contract.Fields)


def records(table: str, rows: Iterable[Mapping[str, str]], *, document: str = DOCUMENT, form: int = 1) -> list[Row]:
    """Return the fields of several records of one table, numbered from 1."""
    return [
        field(table, number, column, text, document=document, form=form)
        for number, row in enumerate(rows, 1)
        for column, text in row.items()
    ]


def header(texts: Mapping[str, str], *, document: str = DOCUMENT, form: int = 1) -> list[Row]:
    """Return the fields of a form's header."""
    return [field("forms", 0, column, text, document=document, form=form) for column, text in texts.items()]


def indicator(target: str, actual: str, **other: str) -> dict[str, str]:
    """Return an output indicator with its target and actual."""
    return {
        "level_1_label": "产出指标",
        "level_2_label": "数量指标",
        "indicator_name": "完成数量",
        "target": target,
        "actual": actual,
        "weight": "10",
        "score": "10",
    } | other
