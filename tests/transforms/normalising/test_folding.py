from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.normalising.folding import fold, is_blank, join_parts, squeeze


def folded(text: str) -> str:
    return str(pl.DataFrame({"t": [text]}).select(fold(pl.col("t"))).item())


@pytest.mark.parametrize(
    ("printed", "plain"),
    [
        ("１２．５％", "12.5%"),
        ("≧735 人次", "≥735人次"),
        ("═100", "=100"),
        (">= 90%", "≥90%"),
        ("＜＝3", "≤3"),
        ("－5", "-5"),
        ("—", "-"),
        ("8 980 000", "8980000"),
        ("≥8 980 000（次）", "≥8980000(次)"),
        ("1 200.50", "1200.50"),
        ("12 3", "12\x013"),
        ("10 20 30", "10\x0120\x0130"),
        ("a\u3000b\u00a0c\n", "abc"),
    ],
)
def test_fold_spelling_becomes_plain(printed: str, plain: str) -> None:
    assert folded(printed) == plain


@settings(deadline=None)
@given(st.text(max_size=40))
def test_fold_any_text_is_stable(text: str) -> None:
    once = folded(text)
    assert folded(once) == once or "\x01" in once


@pytest.mark.parametrize("mark", ["", " ", "-", "—", "——", "－", "/", "、", "一", "N/A", "…", "……", "\\"])
def test_is_blank_mark_is_blank(mark: str) -> None:
    assert pl.DataFrame({"t": [mark]}).select(is_blank(fold(pl.col("t")))).item()


@pytest.mark.parametrize(("text", "amount", "blank"), [("无", False, False), ("无", True, True), ("0", True, False)])
def test_is_blank_none_at_all_depends_on_the_place(text: str, amount: bool, blank: bool) -> None:
    assert pl.DataFrame({"t": [text]}).select(is_blank(pl.col("t"), amount=amount)).item() is blank


@pytest.mark.parametrize(
    ("parts", "joined"),
    [
        (["质量", "指标"], "质量指标"),
        (["服务器 ", " 宕机"], "服务器宕机"),
        (["data", "base"], "data base"),
        (["12", "个"], "12个"),
        (["完成", "", "12"], "完成12"),
        (["（", "5"], "（5"),
        (["", ""], ""),
    ],
)
def test_join_parts_cut_text_is_whole_again(parts: list[str], joined: str) -> None:
    assert pl.DataFrame({"t": [parts]}).select(join_parts(pl.col("t"))).item() == joined


def test_squeeze_spaces_go_and_punctuation_stays() -> None:
    assert pl.DataFrame({"t": [" 经济 效益（指标）。"]}).select(squeeze(pl.col("t"))).item() == "经济效益（指标）。"
