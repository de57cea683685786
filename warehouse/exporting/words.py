"""The words of an export in its language: heads of columns, names of values, and the notes that come with the files."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

import polars as pl

from warehouse import contract
from warehouse.contract.metadata import LICENSE, column_about, column_metadata, list_of, table_about, unit_name
from warehouse.contract.remarks import REMARK_COLUMNS, REMARK_RULES, remarks_zh

NOTES: Final = {
    "en": (
        "What this is",
        "Self-evaluation forms of fiscal projects (财政项目支出绩效自评表), read from the published PDFs by jixiao.",
        "Forms: {forms}.",
        "A form that breaks a critical rule is held back (status held, held_by names the rules); its figures are as "
        "printed, right or wrong. For sums that must be right, take published forms only.",
        "An empty cell means that the form prints nothing there, or that it could not be read for sure: the columns "
        "with 'reason' in their name say which.",
        "Texts are as printed. Nothing here is a formula or a link: what begins with =, +, - or @ is text{guard}.",
        "Amounts are in yuan, those with wan in their name in 10 000 yuan. Rates are in percent.",
        "Release: {release}",
        "Licence of the tables: {license}. The PDFs are documents of the bodies that published them.",
    ),
    "zh": (
        "说明",
        "财政项目支出绩效自评表数据，由 jixiao 从公开的 PDF 读取。",
        "收录范围：{forms}。",
        "违反关键规则的自评表暂不发布（状态为“暂不发布”，暂不发布原因列出规则编号），其数字为表中所印，可能有误。要求数字可靠的汇总，请只用已发布的表。",
        "空单元格表示表中未填，或不能可靠读取：名称含“缺失原因”的栏目说明是哪一种。",
        "文字均为表中所印。没有任何单元格是公式或链接：以 =、+、-、@ 开头的是文字{guard}。",
        "金额单位为元，名称含“万元”的为万元；执行率为百分数。",
        "发布批次：{release}",
        "数据许可：{license}。PDF 原件属于公布单位。",
    ),
}
"""Lines of the notes. The first is their title."""

_FORMS: Final = {
    "en": {False: "all, published and held back", True: "published ones only"},
    "zh": {False: "全部自评表，含已发布与暂不发布", True: "仅已发布的自评表"},
}
_GUARD: Final = {"en": ", and has an apostrophe (') in front", "zh": "，前面加了一个撇号（'）"}


def notes(language: str, release_id: str, *, published_only: bool, guarded: bool = False) -> list[str]:
    """Return the lines of the notes.

    Args:
        language: `en` or `zh`.
        release_id: The release.
        published_only: Forms that are held back are left out.
        guarded: Texts that a spreadsheet could take for formulas have an apostrophe in front.
    """
    facts = {
        "forms": _FORMS[language][published_only],
        "guard": _GUARD[language] if guarded else "",
        "release": release_id,
        "license": LICENSE["name"],
    }
    return [line.format(**facts) for line in NOTES[language]]


def head(table: str, column: str, language: str) -> str:
    """Return what stands above a column.

    Example:
        >>> head("all_forms", "executed_wan", "zh"), head("all_forms", "executed_wan", "en")
        ('全年执行数（万元）', 'executed_wan')
    """
    return column_about(table, column, language).name


def in_words(rows: pl.LazyFrame, language: str, reasons: Mapping[str, str] = MappingProxyType({})) -> pl.LazyFrame:
    """Give codes their Chinese names and yes and no theirs where the language is Chinese, as texts; else leave codes.

    Args:
        rows: Rows of a table or view.
        language: `en` or `zh`.
        reasons: Chinese names of the reasons why rules do not judge, which the contract does not know.

    Example:
        >>> from warehouse.contract.vocabulary import SEVERITIES
        >>> rows = pl.LazyFrame({"severity": ["critical"]}, schema={"severity": pl.Enum(SEVERITIES)})
        >>> in_words(rows, "zh").collect().item()
        '关键'
        >>> in_words(pl.LazyFrame({"target_reason": ["blank"], "is_met": [False]}), "zh").collect().row(0)
        ('未填', '否')
    """
    named = []
    for column, dtype in rows.collect_schema().items():
        if (name := list_for(column, dtype)) is not None:
            text = pl.col(column).cast(pl.String)
            named.append(_one_by_one(text, names_of(name)).alias(column) if language == "zh" else text)
        elif isinstance(dtype, pl.Boolean) and language == "zh":
            yes = pl.col(column)
            named.append(pl.when(yes).then(pl.lit("是")).when(~yes).then(pl.lit("否")).alias(column))
    return rows.with_columns(*named, *(_named_zh(rows, reasons) if language == "zh" else []))


def _named_zh(rows: pl.LazyFrame, reasons: Mapping[str, str]) -> list[pl.Expr]:
    """Give names of tables and the reader's notes in Chinese, for the columns of rows that have them."""
    columns = rows.collect_schema().names()
    tables = {name: table_about(name, "zh").name for name in contract.PUBLISHED} | {"dataset": "数据集"}
    named = [_one_by_one(pl.col("table_name"), tables).alias("table_name")] if "table_name" in columns else []
    if "kind" in columns and rows.collect_schema()["kind"] == pl.String:
        named.append(_one_by_one(pl.col("kind"), names_of("leftover_kind") | names_of("source_kind")).alias("kind"))
    if "reason" in columns and "rule_id" in columns:
        named.append(_one_by_one(pl.col("reason"), reasons).alias("reason"))
    named += [remarks_zh(pl.col(column)) for column in REMARK_COLUMNS if column in columns]
    for column in ("printed", "observed"):
        if column in columns and "rule_id" in columns:
            noted = pl.when(pl.col("rule_id").is_in(REMARK_RULES)).then(remarks_zh(pl.col(column)))
            named.append(noted.otherwise(column).alias(column))
    return named


def _one_by_one(text: pl.Expr, names: Mapping[str, str]) -> pl.Expr:
    """Give values their names row by row: `Expr.replace` would have the whole column in memory, in a sink too."""
    other = text
    for code, name in names.items():
        other = pl.when(text == code).then(pl.lit(name)).otherwise(other)
    return other


def list_for(column: str, dtype: pl.DataType) -> str | None:
    """Return the list of codes that a column takes its values from, also where its type does not say so; else null.

    Example:
        >>> list_for("target_reason", pl.String()), list_for("template", pl.String()), list_for("title", pl.String())
        ('value_reason', 'template', None)
    """
    if column in ("template", "attainment_reason"):
        return column
    return "value_reason" if column.endswith("_reason") else list_of(dtype)


@cache
def names_of(list_name: str) -> dict[str, str]:
    """Return the Chinese name of each value of a closed list."""
    return dict(contract.codes().filter(list_name=list_name).select("code", "label_zh").iter_rows())


def dictionary_rows(tables: list[str], language: str) -> list[tuple[str, ...]]:
    """Return the dictionary of some tables: table, column, unit, printed label, meaning, each in the language."""
    rows: list[tuple[str, ...]] = []
    for table in tables:
        said = column_metadata(table)
        for column in contract.PUBLISHED[table].columns():
            about = column_about(table, column, language)
            label = said[column].get("source_label", "")
            rows.append(
                (
                    table_about(table, language).name,
                    about.name,
                    column,
                    unit_name(said[column].get("unit", ""), language),
                    label,
                    about.meaning,
                )
            )
    return rows
