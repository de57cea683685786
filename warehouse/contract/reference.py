"""The tables that explain the others: rules, codes and regions, and the lists that the last two are made from."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Final

import dataframely as dy
import polars as pl

from warehouse.contract.columns import closed, count, text
from warehouse.contract.schemas import polars_schema
from warehouse.contract.vocabulary import REGION_LEVELS, SEVERITIES

_FOLDER: Final = resources.files("warehouse.contract")
_MUNICIPALITIES: Final = ("11", "12", "31", "50")
"""Provinces without prefectures: their districts stand right below them."""


class Rules(dy.Schema):
    """One row for each rule that forms, or the dataset as a whole, are checked by."""

    rule_id = text("stable id of the rule, such as R07", key=True)
    rule_version = count("goes up when the meaning of the rule changes")
    severity = closed(SEVERITIES, "severity in this release: a setting may change it", null=False)
    default_severity = closed(SEVERITIES, "severity where no setting changes it", null=False)
    table_name = text("table whose records are judged", null=False)
    title_zh = text("the rule in Chinese", null=False)
    title_en = text("the rule in English", null=False)
    why_zh = text("why it is checked, in Chinese", null=False)
    why_en = text("why it is checked, in English", null=False)
    source = text("regulation or reasoning that the rule follows; null: not stated")
    inputs = text("columns that it compares, as table.column, joined by ' | '; null: a rule on the whole dataset")


class Codes(dy.Schema):
    """One row for each value of a closed list, and for each reason code."""

    list_name = text("the list: that of a column is in its metadata (`list`)", key=True)
    code = text("the value in the data", key=True)
    code_number = count("order in the list, from 1")
    label_zh = text("what it is called in Chinese", null=False)
    label_en = text("what it is called in English", null=False)
    meaning_zh = text("what it means, in Chinese; null: the label says all")
    meaning_en = text("what it means, in English; null: the label says all")


class Regions(dy.Schema):
    """One row for each administrative division of GB/T 2260, from province to county."""

    region_code = text("six digits of GB/T 2260", key=True)
    region_name = text("official name", null=False)
    full_name = text("with the divisions that it belongs to: 湖北省武汉市江岸区", null=False)
    level = closed(REGION_LEVELS, "province (municipalities too), prefecture, county", null=False)
    parent_code = text("code of the division that it belongs to; null for a province")


@cache
def codes() -> pl.DataFrame:
    """Return the lists that the contract itself knows (`Codes`), in their order.

    Example:
        >>> codes().filter(list_name="rating", code="优")["label_en"].item()
        'excellent'
    """
    lists = tomllib.loads(_FOLDER.joinpath("codes.toml").read_text("utf-8"))
    rows = [
        (name, code, number, *texts, *[None] * (4 - len(texts)))
        for name, entries in lists.items()
        for number, (code, texts) in enumerate(entries.items(), 1)
    ]
    return pl.DataFrame(rows, schema=dict(polars_schema(Codes)), orient="row")


@cache
def regions() -> pl.DataFrame:
    """Return the administrative divisions (`Regions`).

    Source: GB/T 2260 with its changes to 2025: provinces, prefectures and counties; without economic zones, and without
    the divisions of Hong Kong, Macao and Taiwan.

    Example:
        >>> regions().filter(region_code="420102")["full_name"].item()
        '湖北省武汉市江岸区'
    """
    listed = pl.read_csv(_FOLDER.joinpath("regions.csv").read_bytes(), schema_overrides={"region_code": pl.String})
    code = pl.col("region_code")
    province, prefecture = code.str.head(2) + "0000", code.str.head(4) + "00"
    names = listed.select("region_code", name="region_name")
    is_province, is_prefecture = code.str.ends_with("0000"), code.str.ends_with("00")
    has_prefecture = prefecture.is_in(listed["region_code"].implode()) & ~code.str.head(2).is_in(_MUNICIPALITIES)
    parent = pl.when(is_prefecture | ~has_prefecture).then(province).otherwise(prefecture)
    return (
        listed.with_columns(
            level=pl.when(is_province)
            .then(pl.lit("province"))
            .when(is_prefecture)
            .then(pl.lit("prefecture"))
            .otherwise(pl.lit("county")),
            parent_code=pl.when(~is_province).then(parent),
            province=pl.when(~is_province).then(province),
            prefecture=pl.when(~is_prefecture & has_prefecture).then(prefecture),
        )
        .join(names.rename({"region_code": "province", "name": "in_province"}), on="province", how="left")
        .join(names.rename({"region_code": "prefecture", "name": "in_prefecture"}), on="prefecture", how="left")
        .with_columns(full_name=pl.concat_str("in_province", "in_prefecture", "region_name", ignore_nulls=True))
        .select(polars_schema(Regions).names())
        .cast(polars_schema(Regions))
        .sort("region_code")
    )
