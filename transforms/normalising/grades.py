"""Grades and classes in order: 优 above 良, Ⅱ类 above Ⅲ类, 一级 above 二级."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import polars as pl

from transforms.normalising.vocabulary import words

_RISES: Final = "等级保护|等保|密评|保护等级|技能|学历|能力成熟度|预案"
"""Names of which a higher level is the better one: 三级 of the protection of information systems is above 二级."""
_UNSURE: Final = "医院|医疗机构|资质|响应|预警|风险|危险|灾害|残疾|护理|地震|防火|抗震|标准化|公路|河道|等级公路"
"""Names of which the order of the levels is not known."""


@cache
def _names() -> str:
    return "|".join(re.escape(name) for name in sorted(words("grades")["printed"], key=len, reverse=True))


def find_grades(plain: pl.Expr) -> pl.Expr:
    """Return the grade that a folded text is or asks for at least; null for other words.

    Example:
        >>> frame = pl.DataFrame({"t": ["良好及以上", "达到Ⅲ类水质", "二级甲等", "优秀率"]})
        >>> frame.select(find_grades(pl.col("t"))).to_series().to_list()
        ['良好', 'Ⅲ类', None, None]
    """
    bound = r"(?:\(含\)|及|或)?(?:以上)?(?:等次|等级|水平|水质|标准|要求)?"
    lead = "(?:达到|达|评为|评定为|获评|获得|获|为|保持|不低于|水质|地表水|地下水|出水|等级|至少|荣获|[≥=])*"
    return plain.str.extract(rf"^{lead}({_names()})(?:等次|等级|水质|标准|水平|工程)?{bound}$", 1)


def rank_grades(grade: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Return scale and rank of a grade that `find_grades` found."""
    rows = words("grades")
    scale = grade.replace_strict(rows["printed"], rows["scale"], default=None, return_dtype=pl.String)
    ranks = rows["rank"].cast(pl.Int32)
    return scale, grade.replace_strict(rows["printed"], ranks, default=None, return_dtype=pl.Int32)


def grade_met(target: tuple[pl.Expr, pl.Expr], actual: tuple[pl.Expr, pl.Expr], name: pl.Expr) -> pl.Expr:
    """Tell whether the actual's grade is as good as the target's; null where the two cannot be put in order.

    Args:
        target: Scale and rank of the target.
        actual: Scale and rank of the actual.
        name: The indicator's name: 三级 of 信息系统安全等级保护 is above 二级, elsewhere below it.
    """
    (scale, wanted), (actual_scale, reached) = target, actual
    name = name.fill_null("")
    level = scale == "level"
    met = (
        pl.when(wanted == reached)
        .then(True)
        .when(level & name.str.contains(_UNSURE))
        .then(None)
        .when(level & name.str.contains(_RISES))
        .then(reached <= wanted)
        .otherwise(reached >= wanted)
    )
    return pl.when(scale == actual_scale).then(met)
