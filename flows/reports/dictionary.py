"""The data dictionary as a page in English or Chinese, from the contract: nothing is said here that it does not say."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from flows.reports.pages import page_texts
from warehouse.contract import PUBLISHED, VIEWS, codes, polars_schema
from warehouse.contract.metadata import column_about, column_metadata, list_of, table_about, unit_name


def dictionary_markdown(language: str = "en", only: str | None = None) -> str:
    """Write the dictionary of all published tables and views as Markdown, one section for each.

    Args:
        language: `en` or `zh`.
        only: One table or view, a name of `PUBLISHED`, without the introduction; None: all of them.

    Example:
        >>> "## indicators" in dictionary_markdown()
        True
        >>> dictionary_markdown("zh", "rules").splitlines()[0]
        '## rules 规则'
    """
    if only is not None:
        return _section(only, language)
    texts = _texts(language)
    sections = [_section(name, language) for name in PUBLISHED]
    return "\n".join([texts["head"], *sections, *_lists(language), ""])


def _section(name: str, language: str) -> str:
    texts, about = _texts(language), table_about(name, language)
    types, said = polars_schema(PUBLISHED[name]), column_metadata(name)
    title = f"## {name}" if language == "en" else f"## {name} {about.name}"
    lines = [title, "", *([texts["view"]] if name in VIEWS else []), about.meaning, "", texts["columns"]]
    lines.append("|" + " --- |" * (texts["columns"].count("|") - 1))
    for column_name, column in PUBLISHED[name].columns().items():
        shown = f"**{column_name}**" if column.primary_key else column_name
        column_said, in_words = said[column_name], column_about(name, column_name, language)
        unit = column_said.get("unit", "")
        source = column_said.get("read_from", "")
        cells = [
            shown,
            *([in_words.name] if language == "zh" else []),
            type_name(types[column_name], language) + ("" if column.nullable else texts["never"]),
            unit_name(unit, language),
            column_said.get("source_label", ""),
            "" if source == column_name else source.replace(" | ", ", "),
            in_words.meaning.replace("|", "\\|"),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _lists(language: str) -> Sequence[str]:
    texts = _texts(language)
    label = f"label_{language}"
    values = pl.format("`{}` {}", "code", label) if language == "zh" else pl.format("`{}` ({})", "code", label)
    rows = codes().group_by("list_name", maintain_order=True).agg(values.str.join(", "))
    table = [f"| {name} | {shown} |".replace("\n", " ") for name, shown in rows.iter_rows()]
    return [texts["lists"], "", texts["lists_note"], "", texts["codes"], "| --- | --- |", *table]


def type_name(dtype: pl.DataType, language: str = "en") -> str:
    """Name a type as a reader of Parquet knows it; a closed list by its name in `codes`.

    Example:
        >>> type_name(pl.Decimal(18, 2)), type_name(pl.String(), "zh")
        ('decimal(18, 2)', '文字')
    """
    if (name := list_of(dtype)) is not None:
        return _texts(language)["list"] + f"`{name}`"
    if isinstance(dtype, pl.Decimal):
        return f"decimal({dtype.precision}, {dtype.scale})"
    if isinstance(dtype, pl.Datetime):
        english = "timestamp (UTC)"
    else:
        english = {pl.String: "text", pl.Int32: "int32", pl.Int64: "int64", pl.Float64: "float64"}.get(
            dtype.base_type(), str(dtype).lower()
        )
    return page_texts("dictionary")["zh_types"].get(english, english) if language == "zh" else english


def _texts(language: str) -> dict[str, str]:
    return page_texts("dictionary")[language]
