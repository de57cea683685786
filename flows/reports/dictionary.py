"""The data dictionary as a page in English or Chinese, from the contract: nothing is said here that it does not say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from warehouse.contract import PUBLISHED, VIEWS, codes, polars_schema
from warehouse.contract.metadata import column_about, column_metadata, list_of, table_about

_TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "head": """# Data dictionary

Every table and view of a release, under `<warehouse>/published/<table>/`; the first five also under
`<warehouse>/quarantine/` for forms that were held back. `jixiao dictionary` prints this page from the contract
(`warehouse/contract/`), with `--language zh` in Chinese; the same is in the metadata of the Parquet files. Bold columns
are the key.

**Which one to use.** `published` holds only the forms that break no critical rule: use its `forms`, `funding` and
`indicators` when figures must be right. When the question is about what was printed, right or wrong (which rates cannot
be, how many forms of a department), use the views (`all_forms`, `all_indicators`, `findings`, `projects`,
`department_year`, `evidence_of`): they have all forms, with `status` and `held_by`.

**Blank cells.** In the tables a text column is `''` where the cell is blank, and null where the form has no such cell,
if its meaning says so; other text columns are never `''` unless their meaning says when. In the views blank is null.
""",
        "columns": "| column | type | unit | printed as | read from | meaning |",
        "view": "A view.",
        "lists": "## Closed lists",
        "lists_note": "The table `codes` has them all, with every reason code, in both languages.",
        "codes": "| list | values |",
        "never": ", never null",
        "list": "list ",
    },
    "zh": {
        "head": """# 数据字典

每次发布的全部表和视图，位于 `<数据目录>/published/<表>/`；前五张表另有 `<数据目录>/quarantine/`，为暂不发布的自评表。
本页由 `jixiao dictionary --language zh` 从约定（`warehouse/contract/`）生成，Parquet 文件的元数据内容相同。
粗体为主键。

**用哪一张。** `published` 中只有未违反关键规则的自评表：要求数字可靠时，用其中的 `forms`、`funding`、`indicators`。
问题涉及所印内容本身、无论对错的（哪些执行率不可能成立、某部门有多少张表），用视图（`all_forms`、`all_indicators`、
`findings`、`projects`、`department_year`、`evidence_of`）：含全部自评表，附 `status` 和 `held_by`。

**未填的单元格。** 说明中写明的文字字段，单元格未填为空文字（`''`），表中没有此栏为空值；
其他文字字段除说明中写明的以外，不会是空文字。视图中未填均为空值。
""",
        "columns": "| 字段 | 名称 | 类型 | 单位 | 表中标签 | 读自 | 说明 |",
        "view": "视图。",
        "lists": "## 封闭名录",
        "lists_note": "表 `codes` 收录全部名录和原因代码，附中英文。",
        "codes": "| 名录 | 取值 |",
        "never": "，非空",
        "list": "名录 ",
    },
}
_UNITS_ZH: Final = {
    "yuan": "元",
    "10 000 yuan": "万元",
    "points": "分",
    "percent": "%",
    "percentage points": "百分点",
    "year": "年",
    "pages": "页",
    "bytes": "字节",
    "days": "天",
    "documents": "份",
    "forms": "张",
    "indicators": "项",
    "rows": "行",
    "characters": "字",
    "degrees": "度",
    "findings": "处",
    "years": "年",
    "points (1/72 inch)": "点（1/72 英寸）",
}
_TYPES: Final = {
    "text": "文字",
    "timestamp (UTC)": "时间（UTC）",
    "boolean": "是否",
    "date": "日期",
}


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
    texts = _TEXTS[language]
    sections = [_section(name, language) for name in PUBLISHED]
    return "\n".join([texts["head"], *sections, *_lists(language), ""])


def _section(name: str, language: str) -> str:
    texts, about = _TEXTS[language], table_about(name, language)
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
    texts = _TEXTS[language]
    label = f"label_{language}"
    values = pl.format("`{}` {}", "code", label) if language == "zh" else pl.format("`{}` ({})", "code", label)
    rows = codes().group_by("list_name", maintain_order=True).agg(values.str.join(", "))
    table = [f"| {name} | {shown} |".replace("\n", " ") for name, shown in rows.iter_rows()]
    return [texts["lists"], "", texts["lists_note"], "", texts["codes"], "| --- | --- |", *table]


def unit_name(unit: str, language: str) -> str:
    """Name a unit of the contract; '' stays ''.

    Example:
        >>> unit_name("yuan", "zh"), unit_name("yuan", "en")
        ('元', 'yuan')
    """
    return _UNITS_ZH[unit] if language == "zh" and unit else unit


def type_name(dtype: pl.DataType, language: str = "en") -> str:
    """Name a type as a reader of Parquet knows it; a closed list by its name in `codes`.

    Example:
        >>> type_name(pl.Decimal(18, 2)), type_name(pl.String(), "zh")
        ('decimal(18, 2)', '文字')
    """
    if (name := list_of(dtype)) is not None:
        return _TEXTS[language]["list"] + f"`{name}`"
    if isinstance(dtype, pl.Decimal):
        return f"decimal({dtype.precision}, {dtype.scale})"
    if isinstance(dtype, pl.Datetime):
        english = "timestamp (UTC)"
    else:
        english = {pl.String: "text", pl.Int32: "int32", pl.Int64: "int64", pl.Float64: "float64"}.get(
            dtype.base_type(), str(dtype).lower()
        )
    return _TYPES.get(english, english) if language == "zh" else english
