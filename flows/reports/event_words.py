"""What happened, in Chinese: the ledger keeps one English sentence for each event."""

from __future__ import annotations

import re
from typing import Final

from flows.reports.labels import code_label
from warehouse.contract import FORM_TABLES
from warehouse.contract.metadata import column_about

_FORM: Final = r"(?P<form>\S+)"
_SENTENCES: Final = (
    (rf"form {_FORM} is form (?P<other>\S+) found again", "表 {form} 与表 {other} 相同，为再次出现"),
    (
        rf"form {_FORM} gave way to form (?P<other>[^\s:]+): published again with other content",
        "表 {form} 已由表 {other} 取代：重新公布，内容有变",
    ),
    (rf"form {_FORM} was held back \((?P<why>.*?)\) and is published now", "表 {form} 原暂不发布（{why}），现已发布"),
    (rf"form {_FORM} is held back now: (?P<why>[^;]*)", "表 {form} 现暂不发布：{why}"),
    (rf"form {_FORM} is no longer there", "表 {form} 不再收录"),
    (r"document (?P<form>\S+) is taken out of publication: ", "文件 {form} 由人工撤下："),
    (r"document (?P<form>\S+) is put back: ", "文件 {form} 由人工恢复："),
    (r"document (?P<form>\S+) is gone from source ", "文件 {form} 不再见于来源 "),
    (r"document (?P<form>\S+) is back in source ", "文件 {form} 又见于来源 "),
    (
        r"rolled back: release (?P<form>\S+) is shown until another one is asked for",
        "已固定为批次 {form}，直至另行指定",
    ),
    (r"release (?P<form>\S+) is shown, and from now on what each run makes", "现为批次 {form}，此后随每次运行更新"),
    (r"source (?P<form>\S+) was (?P<was>\w+), is (?P<now>\w+) now", "来源 {form} 由“{was}”转为“{now}”"),
)
"""How an event begins, and what that is in Chinese; what follows is kept, but for the words below."""

_PARTS: Final = (
    (r"; since then: ", "；其间变化："),
    (r"\((\d+) fields: ", r"（\1 处："),
    (r"nothing(?= -> )|(?<= -> )nothing", "无"),
    (r"; \.\.\.\)$", "……）"),
    (r"(?<=\S)\)$", "）"),
    (r"\bno reason given\b", "未注明原因"),
    (r"\bcritical_rule: ", "违反关键规则 "),
)
_COLUMN: Final = re.compile(r"(?:(?<=： )|(?<=：)|(?<=; )|(?<=: ))([a-z][a-z_]+)(?= .*?->)")


def event_zh(message: str) -> str:
    """Return the sentence of an event in Chinese. What a person or a server wrote in it, such as a reason, stays.

    Example:
        >>> event_zh("form a-001 is held back now: critical_rule: R15")
        '表 a-001 现暂不发布：违反关键规则 R15'
        >>> event_zh("source hubei was fresh, is overdue now: nothing new for 40 days")
        '来源 hubei 由“正常”转为“逾期”：nothing new for 40 days'
        >>> event_zh("form a-001 gave way to form b-001: published again with other content (1 fields: "
        ...          "total_score_points 90.0000 -> nothing)")
        '表 a-001 已由表 b-001 取代：重新公布，内容有变（1 处：总分 90.0000 -> 无）'
    """
    for pattern, chinese in _SENTENCES:
        if (found := re.match(pattern, message)) is None:
            continue
        parts = found.groupdict()
        for state in ("was", "now"):
            if state in parts:
                parts[state] = code_label("source_state", parts[state], "zh")
        rest = message[found.end() :]
        if "was" in parts:
            return chinese.format(**parts) + re.sub(r"^: ", "：", rest)
        said = chinese.format(**parts)
        by_person = said.endswith(("：", " "))
        return said + rest if by_person else _in_words(said + rest)
    return message


def _in_words(said: str) -> str:
    for pattern, chinese in _PARTS:
        said = re.sub(pattern, chinese, said)
    return _COLUMN.sub(lambda found: _column_zh(found[1]), said).replace(" （", "（")


def _column_zh(column: str) -> str:
    tables = (name for name, table in FORM_TABLES.items() if column in table.columns())
    table = next(tables, None)
    return column_about(table, column, "zh").name if table else column
