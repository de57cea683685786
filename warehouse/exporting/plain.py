"""Exports as plain files in a folder: csv for spreadsheets, and one Parquet file a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import polars as pl

from warehouse import contract
from warehouse.contract.metadata import table_metadata
from warehouse.exporting.content import Content
from warehouse.exporting.croissant import croissant
from warehouse.exporting.words import head, in_words, notes

_FORMULA: Final = r"^[\s　]*[=+\-@＝＋－＠]|^[\t\r\n]"
"""What a spreadsheet could take for a formula, or skips before it looks for one."""
RULE_REASON: Final = "rule_reason"
"""The list of reasons why a rule does not judge, which a release has from the rules."""

NOTES_NAME: Final = {"en": "README.txt", "zh": "说明.txt"}


def write_csv(content: Content, folder: Path, language: str) -> None:
    """Write each table as a csv file: UTF-8 with a byte order mark, a head in the language, notes beside them.

    A text that a spreadsheet could take for a formula has an apostrophe in front; numbers are as they are. Null is an
    empty field, and '' is a quoted one.

    Args:
        content: What is exported.
        folder: An empty folder.
        language: `en` or `zh`.
    """
    of_rules = content.table("codes").filter(list_name=RULE_REASON).select("code", "label_zh").collect()
    for place, name, rows in content.tables():
        guarded = in_words(rows, language, dict(of_rules.iter_rows())).with_columns(guard(pl.col(pl.String)))
        heads = {column: head(name, column, language) for column in contract.PUBLISHED[name].columns()}
        guarded.rename(heads).sink_csv(folder / f"{file_stem(place, name)}.csv", include_bom=True)
    said = notes(language, content.release.release_id, published_only=content.published_only, guarded=True)
    (folder / NOTES_NAME[language]).write_text("\n".join(said) + "\n", "utf-8-sig")


def guard(text: pl.Expr) -> pl.Expr:
    """Put an apostrophe before a text that a spreadsheet could take for a formula.

    Example:
        >>> pl.select(guard(pl.Series(["=1.00(个)", "-5%", " @x", "5=5", "", None]))).to_series().to_list()
        ["'=1.00(个)", "'-5%", "' @x", '5=5', '', None]
    """
    return text.str.replace(_FORMULA, "'${0}")


def write_parquet(content: Content, folder: Path) -> None:
    """Write each table as one Parquet file, with the contract's metadata and the release, and `croissant.json` of all.

    Args:
        content: What is exported.
        folder: An empty folder.
    """
    written: dict[Path, tuple[str, str]] = {}
    for place, name, rows in content.tables():
        table = contract.PUBLISHED[name]
        metadata = {**table_metadata(name, place), "jixiao.release": content.release.release_id}
        path = folder / f"{file_stem(place, name)}.parquet"
        rows.sink_parquet(path, compression="zstd", arrow_schema=contract.arrow_schema(table), metadata=metadata)
        written[path] = (place, name)
    described = croissant(content.release.release_id, content.release.manifest["created_at"], written)
    (folder / "croissant.json").write_text(json.dumps(described, ensure_ascii=False, indent=1) + "\n", "utf-8")


def file_stem(place: str, name: str) -> str:
    """Return the name of a table's file without its ending.

    Example:
        >>> file_stem("published", "forms"), file_stem("quarantine", "forms")
        ('forms', 'quarantine.forms')
    """
    return f"quarantine.{name}" if place == "quarantine" else name
