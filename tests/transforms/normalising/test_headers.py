from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.normalising.headers import fiscal_year, rating


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("(2023年度)", 2023),
        ("（2022 年度）", 2022),
        ("2019年度)", 2019),
        ("2021年中央对地方专项转移支付区域绩效目标自评表", 2021),
        ("二〇二二年度", 2022),
        ("二○二二年", 2022),
        ("2022", 2022),
        ("２０２２年", 2022),
        ("22年度", 2022),
        ("2022-2023年度", 2023),
        ("2022、2023年度", None),
        ("2022年度、2023年度", None),
        ("2022-2023学年", None),
        ("（2022—2023学年度）", None),
        ("2023学年", None),
        ("（2022年结转、2023年度）", 2023),
        ("2021-2023年度", 2023),
        ("“十四五”（2021-2025年）", None),
        ("2021-2025年度", None),
        ("2021年编制的2020年度自评表", 2020),
        ("部门预算项目支出绩效自评表（2023年度）", 2023),
        ("报表编号:510000_0013zp", None),
        ("219001", None),
        ("2023年7月至2024年6月", 2024),
        ("2023.7-2024.6", 2024),
        ("2024.1-12", 2024),
        ("2023—24年", 2024),
        ("2024-2023年度", None),
        ("2023年和2024年", None),
        ("2024年项目支出绩效自评表（财预〔2023〕10号）", 2024),
        ("粤财〔2023〕45号", None),
        ("填报日期：2025年3月10日", None),
        ("2025年填报2024年项目", 2024),
        ("2023年提前下达2024年资金项目", 2024),
        ("2023年结转资金", 2023),
        ("2023号", None),
        ("第2023期", None),
        ("", None),
    ],
)
def test_fiscal_year_text_names_the_year(text: str, year: int | None) -> None:
    assert pl.DataFrame({"t": [text]}).select(fiscal_year(pl.col("t"))).item() == year


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("优", "优"),
        (" 良 ", "良"),
        ("优秀", "优秀"),
        ("优☑ 良□ 中□ 差□", "优"),
        ("优□ 良■ 中□ 差□", "良"),
        ("☑优 □良 □中 □差", "优"),
        ("□优√良□中□差", "良"),
        ("优（√）良（ ）中（ ）差（ ）", "优"),
        ("优（90-100分）☑ 良（80-90分）□", "优"),
        ("优□良□中□差□", None),
        ("优☑良☑", None),
        ("优 √良 中 差", "良"),
        ("优√ 良 中 差", "优"),
        ("优√良中差", None),
        ("×优 √良", "良"),
        ("评价等级：优", "优"),
        ("甲等", "甲等"),
        ("", None),
        ("—", None),
    ],
)
def test_rating_printed_or_ticked_word(text: str, grade: str | None) -> None:
    assert pl.DataFrame({"t": [text]}).select(rating(pl.col("t"))).item() == grade


@settings(deadline=None)
@given(st.lists(st.text(alphabet="优良中差☑□√()（）年度0123456789 -", max_size=15), min_size=1, max_size=20))
def test_header_any_text_does_not_raise(texts: list[str]) -> None:
    frame = pl.DataFrame({"t": texts}).select(
        fiscal_year(pl.col("t")).alias("year"), rating(pl.col("t")).alias("grade")
    )
    assert frame.height == len(texts)
    assert frame["year"].drop_nulls().is_between(1900, 2099).all()
