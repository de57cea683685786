"""The text of a target or an actual made ready to be read: frames, marks and remarks left out, blank texts known."""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.normalising.folding import is_blank
from transforms.normalising.numbers import CHINESE, NUMBER
from transforms.normalising.two_bounds import both_bounds_kept
from transforms.normalising.units import unit_pattern
from transforms.normalising.vocabulary import words

_UNFILLED: Final = r"\*\*|××|(?:^|[≥≤<>=])[〇△□]{2,}|[XxＸ]{2}|…|\.{3,}|_{2,}|字以内\)"
_CLAUSE_END: Final = r"[。;；,!、.:]+$"
_LIST_MARK: Final = r"^(?:指标|目标|任务)?(?:\(\d{1,2}\)|\d{1,2}[、:.)])([^\d%‰.].*)$"
_NAMED_MARK: Final = r"^(?:(?:指标|目标|任务)(?:\(\d{1,2}\)|\d{1,2}[、:)])|\(\d{1,2}\))(\d.*)$"
_EARNED: Final = r"^(.+)\((?:得|计|满分)?\d{1,3}(?:\.\d+)?分\)$"
_PRIME: Final = r"(\d)[\"'“”‘’](\d)"
"""A quotation mark between two figures parts them: 2'30" is not 230."""
_PRIME_BEHIND: Final = "^([^\"'“”‘’「」]*\\d)[\"'’”]+$"
"""Minutes or feet: 5'."""
_PER_AREA: Final = r"((?:^|[\d./万亿])[hkcd]?[mM])"
_NONE_SUCH: Final = (
    r"^(?:因?(?:本|该|此)?(?:项目|年度?|指标|单位|部门|项)?(?:暂时|暂|均|都|并)?(?:不涉及|不适用|无此项|没有此项|无该项|无此指标|未设置?)"
    r"(?:此|该|本)?(?:项|指标|项指标|项内容|内容|项目|情况)?)$"
)
"""The row asks for nothing: 不涉及, 本项目不适用此指标."""
_CAPTIONS: Final = r"^(?:年度|全年|预期|年初|实际)?(?:目标|指标|完成)值$|^(?:年度指标|目标|指标)$"
_WITH_BOUND: Final = r"\((?:含|包含|包括)(?:本数|该数|\d[\d.,]*[^\d()]{0,4})?\)"
"""The bound itself counts: 90%以上(含90%). (含线上) is a remark."""
_HALVES: Final = {
    f"{numeral}{between}": f"{digit}.5{rest}"
    for numeral, digit in {"一": "1", "二": "2", "两": "2", "三": "3", "四": "4", "五": "5"}.items()
    for between, rest in {"年半": "年", "天半": "天", "个半月": "个月", "个半小时": "个小时"}.items()
} | {
    f"十{numeral}{between}": f"十{numeral}{between}" for numeral in "一二三四五" for between in ("年半", "天半", "个半")
}
"""一年半 is 1.5年; 十一年半 is left as it is."""
_HALF: Final = r"(\d)(个?)(年|月|天|小时|学年)半"
_NAME_NUMBERS: Final = (
    (r"\d{1,3}(?:[-~至到]\d{1,3})?(?:周岁|岁)(?:\(含\)|及)?(?:以[上下内])?([\p{Han}--[以及含的]])", "${1}"),
    (r"第(?:\d+|[一二三四五六七八九十]+)(?:批次?|轮|届|次|期)([^\d]*\d)", "${1}"),
    (r"[456]G(网络|基站|信号|用户|应用|项目|覆盖)", "${1}"),
    (
        r"(?:1(?:10|19|20|22|2[1-3]\d\d)|9[56]\d{3})(热线|工单|来电|诉求|平台|指挥|接警|接处警|警务|急救|报警|服务|便民|政务|市民|系统|联动|举报|救护|投诉|消防|宣传)",
        "${1}",
    ),
    (r"[12]型(糖尿病)|[12]类(疫苗)", "${1}${2}"),
    (r"(?:^|[^\d.])\d{1,2}号(线|楼|井|桥|泵|路|院|地块|机|炉|公路|隧道)", "${1}"),
    (r"(?:^|[^\dA-Za-z.])(?:[A-Z]{1,3}\d{1,4}){1,2}(\p{Han}.*\d)", "${1}"),
    (r"[1-5]A级?(景区|旅游|风景)", "${1}"),
    (r"(?:985|211|863|973)(高校|大学|院校|工程|计划)", "${1}"),
    (r"(?:^|[^\d.])\d{1,2}(?:\.5)?级(?:及?以[上下])?([\p{Han}--[及以含]])", "${1}"),
    (r"[1-5]类(水)|\d度(抗震|设防)", "${1}${2}"),
    (r"(?:^|[^\dA-Za-z.])[A-Z][A-Za-z]{1,7}-?\d{1,5}(\p{Han}.*\d)", "${1}"),
    (r"\d{1,4}(?:kV|KV|千伏)(\p{Han}.*\d)", "${1}"),
    (r"(?:^|[^\d.])\d{1,2}·\d{1,2}(\p{Han}.*\d)", "${1}"),
)
"""Numbers that belong to a name: 65岁以上老年人, 第1批, 5G基站."""
_PLAIN_BOUNDS: Final = (
    *((sign * 2, sign) for sign in "≥≤<>"),
    (r">(?:/|或者?)=", "≥"),
    (r"<(?:/|或者?)=", "≤"),
    (r"([大小高低多少]于)(?:或者|及|和|、|/)等于", "${1}等于"),
    ("(于|过)[上下]限", "${1}"),
)
"""Bounds that are written twice or in a roundabout way."""
_MISREAD_WORDS: Final = (
    (rf"((?:不得?|不能|不应)[少低高大小多早晚迟]|[低高])干(等于|\d|{CHINESE})", "${1}于${2}"),
    (r"不底于", "不低于"),
    (r"超讨", "超过"),
)
"""于 and 过 as OCR reads them: 不少干5次."""
_VALUE: Final = r"^([^()≥≤<>=]*\d[^()≥≤<>=]*)"
_SIGN_BEHIND: Final = (
    rf"{_VALUE}\((≥|≤|>|<|不超过|不少于|不低于|不高于|不大于|不小于|不多于|至少|至多|最[多少高低]|[上下]限)\)$"
)
_WORD_BEHIND: Final = rf"{_VALUE}\((及?以[上下内]|之内|封顶)\)$"
"""A bound in brackets behind the number: 5次(≤), 5次(以内)."""
_REAL: Final = r"实(?:际|发|补|有|到|付|支|缴|拨|为)(?:\p{Han}{0,4}?[:]?|为)\d"
_PLANNED: Final = (
    (rf"^[^()]*\d[^()\d]*\(({_REAL}[^()]*)\)$", "${1}"),
    (
        r"^(?:年初|年度|全年|原|应)?(?:计划|目标|指标|任务|预期|预算|应)\p{Han}{0,4}[:]?\d[\d.,]*[^\d,;/()]{0,4}[,;/、]?"
        rf"({_REAL}[^\d]{{0,6}}$|{_REAL}[\d.]*[^\d]*$)",
        "${1}",
    ),
    (
        r"^(?:年初|年度|全年|原)?(?:计划|目标|指标|任务)\p{Han}{0,3}[:]?\d[\d.]*[^\d,;/()]{0,4}[,;/]"
        r"((?:已|全年|年度)?完成\p{Han}{0,2}[:]?\d[\d.]*[^\d]*)$",
        "${1}",
    ),
)
"""What was planned and what was done: 计划20场,实际18场."""
_BOUNDED: Final = "不[少低高大超多]|至少|最[多少]|以[上下内]|超过"
_DATE_INSIDE: Final = (
    r"(?:(?:19|20)\d\d(?:-(?:19|20)\d\d)?年度?(?:\d{1,2}月份?(?:\d{1,2}[日号])?)?|\d{1,2}月份?\d{1,2}[日号]|\d{1,2}月[份底末前])"
    r"(?:之?前|[底末])?"
)
_JOINS_ON: Final = r"^(?:[-~至到、和或及与]|以及)+\d"
"""A text that continues what stood before it."""
_PER: Final = r"((?:每[^()\d,每一二两三四五六七八九十半]{1,3})+)"
_PER_BEHIND: Final = rf"^([^()]*\d[^()]*)(?:\({_PER}\)|,{_PER})$"
"""What a sum is per, behind it: 100元(每人每天), 2次,每月."""
_UNIT_NAMED: Final = r"\((?:计量)?单位[:]?([^()\d]+)\)$"
_RIVAL: Final = rf"^[^()]*\d[\d.,]*([^\d()]{{0,6}})\({NUMBER}([^\d()]{{0,6}})\)$"
"""A second number in brackets: of the same unit it is a rival (18(20), 30%(25%)), of another a remark."""

_DEED: Final = "(?:已|实际|仅|只)*(?:完成|建成|竣工|完工)了?"
_DONE_IN_BRACKETS: Final = (
    rf"^[^()\d]*({NUMBER})[^\d()]{{0,6}}\((?:其中)?[:,]?"
    rf"(?:{_DEED}({NUMBER})[^\d()%‰]{{0,4}}|({NUMBER})[^\d()%‰]{{0,3}}?{_DEED})\)$"
)
"""3个(完成2个): of the two numbers it is not known which was reached."""


def clean(folded: pl.Expr) -> pl.Expr:
    """Leave out what only frames the value: quotes, list marks (指标1:), brackets around all, the end of a clause.

    Digits that belong to a name or a unit are written otherwise: PM2.5, m2; so are 1年半 (1.5年), 5W人次 (5万人次). Of
    what was planned and what was done only the latter stays (计划20场,实际18场); a bound in brackets is joined: 5次(≤).
    """
    plain = (
        folded.str.replace_all(_PRIME, "${1}\x01${2}")
        .str.replace(_PRIME_BEHIND, "${1}\x01")
        .str.replace_all("[\"'“”‘’「」]", "")
        .str.replace(_LIST_MARK, "${1}")
        .str.replace(_NAMED_MARK, "${1}")
    )
    plain = plain.str.replace(r"^\([^()]*(?:\*\*|××|[Xx]{2})[^()]*\)([^()].*)$", "${1}")
    plain = plain.str.replace(_EARNED, "${1}").str.replace_all(_WITH_BOUND, "(含)")
    for pattern, kept in (*_PLAIN_BOUNDS, *_MISREAD_WORDS, *_PLANNED):
        plain = plain.str.replace(pattern, kept)
    plain = plain.str.replace(_SIGN_BEHIND, "${2}${1}").str.replace(_WORD_BEHIND, "${1}${2}")
    plain = plain.str.replace_all(r"\((?:含|包含|包括)[^()]+\)", "")
    plain = plain.str.replace_all(r"\((?:不含|不包含|不包括)[^()]*\)", "(不含)").str.replace_all(r"PM(?:2\.5|10)", "PM")
    for digit, power in (("2", "²"), ("3", "³")):
        plain = plain.str.replace_all(rf"{_PER_AREA}{digit}([^\d.]|$)", rf"${{1}}{power}${{2}}")
    plain = plain.str.replace_all(r"(\d)[.](%)", "${1}${2}").str.replace_all(
        r"(\d)[Ww](人|元|户|亩|件|次|平方|株|只|吨)", "${1}万${2}"
    )
    plain = (
        plain.str.replace("([千万])人口", "${1}人")
        .str.replace(r"/\(([^()\d]+)\)", "/${1}")
        .str.replace_all("/每", "/")
        .str.replace(r"^([^-]*\d[^\d-]{0,5})--(\d)", "${1}~${2}")
        .str.replace(_HALF, "${1}.5${2}${3}")
        .str.replace(r"(\d)个半(年|月|小时|学时)", "${1}.5个${2}")
        .str.replace_many(_HALVES, leftmost=True)
        .str.replace(r"(\d|十|百|千)来([\p{Han}])", "${1}${2}")
    )
    plain = plain.str.replace(r"^指标\d{0,2}[:.、]?$", "").str.replace(r"^\(([^()]*)\)$", "${1}")
    trimmed = plain.str.replace(_CLAUSE_END, "").str.replace(r"^(?:指标值|目标值|实际完成值|完成值)[:=]?", "")
    return (
        pl.when((trimmed == "") & ~plain.str.contains("^(?:指标值|目标值|实际完成值|完成值)$"))
        .then(plain)
        .otherwise(trimmed)
    )


def void(plain: pl.Expr) -> pl.Expr:
    """Return why a cleaned text holds no value: blank, not_applicable, template_text, question; null where it may."""
    return (
        pl.when(plain.str.contains(_NONE_SUCH) | plain.is_in(["暂无", "×", "x", "X", "无指标", "无内容"]))
        .then(pl.lit("not_applicable"))
        .when(is_blank(plain))
        .then(pl.lit("blank"))
        .when(plain.str.contains(f"{_UNFILLED}|{_CAPTIONS}"))
        .then(pl.lit("template_text"))
        .when(plain.str.contains(r"^是否|[?吗]$"))
        .then(pl.lit("question"))
    )


def number_texts(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `number_text`: the text that a number is looked for in.

    `frame` holds `plain` (a cleaned text) and `date_rest`; one row in, one row out, in order. It is what follows a
    deadline, else all; without remarks in brackets (95.5%(191/200)), without clauses that follow the first and hold no
    further value (12次,每月一次), without dates and the numbers of names (65岁以上老年人) beside another number.

    Example:
        >>> frame = pl.DataFrame({"plain": ["95.5%(191/200)", "12次,每月一次", "20件(套)", "65岁以上老人体检率≥70%"]})
        >>> number_texts(frame.with_columns(date_rest=pl.lit(None, pl.String)))["number_text"].to_list()
        ['95.5%', '12次', '20件(套)', '老人体检率≥70%']
    """
    # step by step: each step names the text several times, and nested they would multiply
    text = pl.col("number_text")
    frame = frame.with_columns(both_bounds_kept(pl.coalesce("date_rest", "plain")).alias("number_text"))
    frame = frame.with_columns(text.str.replace(_UNIT_NAMED, "(${1})").str.replace(_PER_BEHIND, "${1}${2}${3}"))
    frame = frame.with_columns(_without_remarks(text).alias("number_text"))
    frame = frame.with_columns(_first_clause(text).alias("number_text"))
    frame = frame.with_columns(text.str.replace_all(_DATE_INSIDE, "").alias("undated"))
    # 12月1日-31日 and 9月、12月 are several days, of which none is a quantity
    alone = pl.col("undated").str.contains(r"\d") & ~pl.col("undated").str.contains(_JOINS_ON)
    text = pl.when(alone & pl.col("date_rest").is_null()).then("undated").otherwise(text)
    for pattern, kept in _NAME_NUMBERS:
        text = text.str.replace(pattern, kept)
    return frame.with_columns(text.alias("number_text")).drop("undated")


def _without_remarks(text: pl.Expr) -> pl.Expr:
    """Leave out brackets that hold a remark; a unit in brackets, a rival number and (不含) stay."""
    pair, done = text.str.extract_groups(_RIVAL).struct, text.str.extract_groups(_DONE_IN_BRACKETS).struct
    outer, inner = pair.field("1"), pair.field("2")
    rivals = ((outer == inner) | (inner == "") | (outer == "")).fill_null(False)
    rivals = rivals | (done.field("1") != pl.coalesce(done.field("2"), done.field("3"))).fill_null(False)
    bare = text.str.replace_all(r"([^(])\([^()]*[\d,;:每共其约按等XY√×][^()]*\)", "${1}")
    for _ in range(2):
        inner = bare.str.extract(r"[%‰\p{Han}]\(([^()]+)\)")
        keep = inner.str.contains(rf"^(?:不?含|百分比|{unit_pattern()})$")
        bare = (
            pl.when(inner.is_not_null() & ~keep)
            .then(bare.str.replace(r"([%‰\p{Han}])\([^()]+\)", "${1}"))
            .otherwise(bare)
        )
    return pl.when(rivals).then(text).otherwise(bare)


def _first_clause(text: pl.Expr) -> pl.Expr:
    """Return the first clause where what follows holds no other value; else the whole text."""
    parts = text.str.extract_groups(r"^((?:[^,;。，；]|,\d{3})*\d(?:[^,;。，；]|,\d{3})*)[,;。，；](.+)$").struct
    first, rest = parts.field("1"), parts.field("2")
    plain = ~rest.str.contains(r"\d|[≥≤<>]|其中|^[%‰]$")
    part = rest.str.contains(r"^(?:其中|较|比|同比|环比|与)[^≥≤<>=,;。]*$") & ~rest.str.contains(_BOUNDED)
    # 累计22场,其中2023年18场: which of the two is asked for is not known
    part = part & ~(first.str.contains("累计") & rest.str.contains(r"本年|当年|今年|20\d\d年"))
    share = rest.str.contains(r"^(?:完成率|达标率|执行率|占比?|达成率)[^\d]{0,4}\d+(?:\.\d+)?%$")
    often = rest.str.contains(r"^(?:平均)?每(?:年|月|季度?|周|天|日)[^\d]{0,6}(?:\d+|[一两二三四五六])[^\d]{1,4}$")
    return pl.when((plain | part | share | often).fill_null(False)).then(first).otherwise(text)


def zero_words(plain: pl.Expr) -> pl.Expr:
    """Tell whether a cleaned text says that nothing was found or is wanted: 无, 零投诉, 未发生安全事故.

    Example:
        >>> frame = pl.DataFrame({"t": ["无", "无重大安全事故", "未发生", "无障碍设施", "零距离"]})
        >>> frame.select(zero_words(pl.col("t"))).to_series().to_list()
        [True, True, True, False, False]
    """
    unwanted = "|".join(words("head_nouns").filter(pl.col("role") == "event")["printed"])
    bare = plain.str.contains(r"^(?:无|零|没有|未发生|不发生|未出现|不出现|没有发生|零发生|无发生|未接到|未收到|杜绝)$")
    named = plain.str.contains(
        rf"^(?:均|全年|本年度?|全程|期间)?(?:无|零|没有|杜绝|未发生|不发生|未出现|不出现|未接到|未收到|未产生|未发现|未见|没有发现|没有发生|没有出现)"
        rf"[^\d,;。率]{{0,10}}(?:{unwanted}|问题|事件)(?:发生|现象|事件|情况|问题)?$"
    )
    return bare | named
