"""Rules on the account of what is printed: what the reader did not understand is never passed over."""

from __future__ import annotations

from typing import Final

import polars as pl

from expectations.rule import Example, Measure, Rule
from expectations.settings import RuleSettings


def _there(column: str) -> Measure:
    return Measure(broken=pl.col(column).is_not_null(), observed=pl.col(column), expected=pl.lit(""))


def _r45(_: RuleSettings) -> Measure:
    return _there("unread_columns")


def _r46(_: RuleSettings) -> Measure:
    return _there("unexplained_figures")


def _r47(_: RuleSettings) -> Measure:
    return _there("unexplained_text")


def _r48(_: RuleSettings) -> Measure:
    return _there("unread_pages")


def _r54(_: RuleSettings) -> Measure:
    return _there("witnesses_differ")


def _r51(_: RuleSettings) -> Measure:
    return _there("doubted_texts")


def _r49(_: RuleSettings) -> Measure:
    return _there("inferred_columns")


RULES: Final = (
    Rule(
        id="R45",
        version=2,
        severity="critical",
        table="forms",
        title_en="No column that the form may need is unknown or beyond the page's edge",
        title_zh="必要栏目均已识别，表格没有超出页面",
        source="vocabulary of labels",
        why="An unknown column may hold the actual values, scores or weights that the form seems not to have. So may "
        "the part of a table that lies beyond the edge of its page, which no viewer shows.",
        why_zh="未识别的栏目可能正是表中缺少的完成值、得分或分值；表格超出页面的部分不显示，也可能有这些内容。",
        inputs=("forms.unread_columns",),
        place="title",
        measure=_r45,
        message_zh="必要栏目未能读出（{observed}）",
        message_en="an essential column was not read ({observed})",
        examples=(
            Example("pass", {}),
            Example("fail", {"forms": {"unread_columns": "实际完成值: 年末情形"}}),
        ),
    ),
    Rule(
        id="R46",
        version=1,
        severity="critical",
        table="forms",
        title_en="Every figure in the money, the goals and the indicators is a value or part of a label",
        title_zh="资金、目标和指标各栏中的数字均已读出",
        source="own rule",
        why="A figure that nothing explains may be the one that a published column lacks, or has wrong.",
        why_zh="无法归类的数字，可能正是某个发布字段缺少或误读的数字。",
        inputs=("forms.unexplained_figures",),
        place="title",
        measure=_r46,
        message_zh="有未能归类的数字：{observed}",
        message_en="figures that are neither value nor label: {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"forms": {"unexplained_figures": "12100册"}}),
        ),
    ),
    Rule(
        id="R47",
        version=1,
        severity="warning",
        table="forms",
        title_en="Every text in the money, the goals and the indicators is a value or a label",
        title_zh="资金、目标和指标各栏中的文字均已读出",
        source="own rule",
        why="Text that nothing explains is kept among the leftovers, and is in no published column.",
        why_zh="无法归类的文字另存一处，不进入任何发布的字段。",
        inputs=("forms.unexplained_text",),
        place="title",
        measure=_r47,
        message_zh="有未能归类的文字：{observed}",
        message_en="text that is neither value nor label: {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"forms": {"unexplained_text": "神秘的一段"}}),
        ),
    ),
    Rule(
        id="R48",
        version=2,
        severity="critical",
        table="forms",
        title_en="Every page on which the form stands, or may stand, was read",
        title_zh="表所在及可能延续到的各页均已读出",
        source="own rule",
        why="A page that is passed over may hold indicators or money of the form. A page before or after it counts "
        "where nothing shows that the form begins or ends beside it.",
        why_zh="漏读的页上可能有该表的指标或资金。前后相邻的页未读出，而表的起止不明的，也算漏读。",
        inputs=("forms.unread_pages",),
        place="title",
        measure=_r48,
        message_zh="第 {observed} 页未读出任何内容",
        message_en="nothing was read from page {observed}, on which the form may continue",
        examples=(
            Example("pass", {}),
            Example("fail", {"forms": {"unread_pages": "2"}}),
        ),
    ),
    Rule(
        id="R49",
        version=1,
        severity="info",
        table="forms",
        title_en="Columns are known by their headers",
        title_zh="各栏均由栏目名称识别",
        source="vocabulary of labels",
        why="Where a header is not known but the form's own figures prove its column, it is read and the proof given.",
        why_zh="栏目名称无法识别、但由表内数字可以证明的，照读并列出依据。",
        inputs=("forms.inferred_columns",),
        place="title",
        measure=_r49,
        message_zh="由表内数字推定的栏目：{noted}",
        message_en="columns proved by the form's own figures: {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"forms": {"inferred_columns": "实得 = score: 5 figures and 0 of execution add up to 97"}}),
        ),
    ),
    Rule(
        id="R54",
        version=2,
        severity="critical",
        table="forms",
        title_en="The picture of the page shows the figures that its text says",
        title_zh="页面上显示的数字与文本层的数字一致",
        source="own rule",
        why="Text that is covered, white or clipped, and fonts whose map is wrong, say figures that no reader sees. A "
        "figure that is struck out no longer counts.",
        why_zh="被遮盖、白色或裁去的文字，以及字体映射错误，会给出读者看不到的数字。划去的数字不再算数。",
        inputs=("forms.witnesses_differ",),
        place="title",
        measure=_r54,
        message_zh="页面显示与文本层不一致，或数字已被划去：{noted}",
        message_en="the picture of the page shows other figures than its text, or strikes them out: {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"forms": {"witnesses_differ": "1100.00 (unseen)"}}),
        ),
    ),
    Rule(
        id="R51",
        version=1,
        severity="warning",
        table="forms",
        title_en="The picture of the page shows the words that its text says",
        title_zh="页面上显示的文字与文本层的文字一致",
        source="own rule",
        why="A font whose map has a wrong entry says another character than it prints; figures are looked at by R54.",
        why_zh="字体映射中个别字有误时，文本层的字与印出的字不同；数字另由R54核对。",
        inputs=("forms.doubted_texts",),
        place="title",
        measure=_r51,
        message_zh="页面显示与文本层可能不一致：{noted}",
        message_en="the picture of the page may show other characters than its text: {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"forms": {"doubted_texts": "加咮 (shows 强)"}}),
        ),
    ),
)
