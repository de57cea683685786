"""The year of a form that prints none: that of its document, where nothing says another one."""

from __future__ import annotations

import polars as pl

from tests.support.assembled import one
from tests.transforms.build_cells import FUNDING, GOALS, HEAD, INDICATOR_HEADER, INDICATORS, TOTAL, grid, lines
from transforms.assemble import read_forms


def with_years(*forms: tuple[str | None, str]) -> list[str | None]:
    """The years read of forms, each on its page: the year below its title, or neither, and its project's name."""
    parts = []
    for page, (year, project) in enumerate(forms, 1):
        if year:
            parts.append(lines("项目支出绩效自评表", year, page=page))
        head = [["项目名称", project, *["<"] * 6], *HEAD[1:]]
        parts.append(grid([*head, *FUNDING, *GOALS, INDICATOR_HEADER, *INDICATORS, *TOTAL], page=page))
    fields = read_forms(pl.concat(parts)).fields
    return [one(fields, "fiscal_year", number) for number in range(1, len(forms) + 1)]


def test_untitled_form_has_the_year_of_its_document() -> None:
    assert with_years(("2023年度", "甲"), (None, "乙")) == ["2023年度", "2023年度"]


def test_untitled_form_has_no_year_where_its_document_has_two() -> None:
    assert with_years(("2023年度", "甲"), ("2022年度", "乙"), (None, "丙")) == ["2023年度", "2022年度", None]
