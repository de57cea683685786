"""What a layout family is, and labels that several of them share."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TypeVar

from benchmarks.corpus.layouts import Layout, Pair

T = TypeVar("T")


def pick(rng: Random, *choices: T) -> T:
    """Return one of the choices."""
    return rng.choice(choices)


@dataclass(frozen=True, slots=True)
class Family:
    """A layout and how the forms set in it are filled in."""

    layout: Layout
    title: str
    """May hold {year}, {place}, {project}."""
    dialects: tuple[str, ...] = ("shanghai",)
    currency: str | None = "万元"
    lines: tuple[tuple[str, str], ...] = ()
    """Label and kind (total, current, carried, other) of each funding line."""
    execution_weight: int | None = 10
    levels: tuple[tuple[str, int], ...] = (("产出指标", 50), ("效益指标", 30), ("满意度指标", 10))
    captions: str = ""
    """Printed after a first level's label, with {points}."""
    decimals: int = 2
    rate: str = "{:.2f}"
    sub_mark: str = "-"
    sub_rate: bool = True
    header_total: bool = False
    prints_total: bool = True
    prints_rating: bool = False
    numbered: str = ""
    """Put before indicator names, with {n}: 指标{n}："""
    has_project: bool = True
    weight_in_label: bool = False
    """The weight of execution stands in the label of the funding block, not in a column."""


def usual_lines(rng: Random, *, colon: bool = True) -> tuple[tuple[str, str], ...]:
    return (
        (pick(rng, "年度资金总额", "年度资金总额：" if colon else "年度资金总额"), "total"),
        (pick(rng, "其中：当年财政拨款", "其中：本年财政拨款", "其中：财政拨款", "其中:当年财政拨款"), "current"),
        ("上年结转资金", "carried"),
        (pick(rng, "其他资金", "其他资金", "单位资金"), "other"),
    )


def level_columns() -> tuple[Pair, ...]:
    return (("一级指标", "level1"), ("二级指标", "level2"), ("三级指标", "name"))


def usual_header(rng: Random) -> tuple[tuple[Pair, ...], ...]:
    return (
        ((pick(rng, "项目名称", "项目名称", "政策（项目）名称"), "project"),),
        ((pick(rng, "主管部门", "主管部门及代码"), "department"), (pick(rng, "实施单位", "项目实施单位"), "unit")),
    )


def with_contact(rng: Random, header: tuple[tuple[Pair, ...], ...]) -> tuple[tuple[Pair, ...], ...]:
    """Some forms print a contact and a telephone number, which are not published."""
    return (*header, (("项目负责人", "contact"), ("联系电话", "phone"))) if rng.random() < 0.25 else header


def usual_levels(rng: Random) -> tuple[tuple[str, int], ...]:
    return pick(
        rng,
        (("产出指标", 50), ("效益指标", 30), ("满意度指标", 10)),
        (("产出指标", 50), ("效益指标", 40)),
        (("产出指标", 60), ("效益指标", 20), ("满意度指标", 10)),
    )
