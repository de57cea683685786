"""The number in a text: which one it is, what bounds it, and what it counts.

One number, a range, two bounds (≥60%且≤80%), a share (3/4) or a sum per thing (每亩300) is split from the prose around
it. What stands before it may be an operator; what stands after it is a unit, an operator or both.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import polars as pl

from transforms.normalising.numbers import NUMBER, decimal
from transforms.normalising.operators import FILLER, operator_pattern, operator_words, reached_words
from transforms.normalising.units import known_units, not_unit_pattern, starting_units, unit_pattern
from transforms.normalising.vocabulary import any_of

_NO_UNIT: Final = "[完达开进实以前后内外余多第均及之其已未不无岁起]"
"""Characters that tell that an unlisted word after a number is prose, not a unit."""
_EACH_DEED: Final = any_of("context_words", "each_deed") + "?"
GROUPED_BY_A_POINT: Final = r"^\d{1,3}\.\d{3}$"
"""1.200人 may be 1,200人."""
_CODE: Final = r"^0\d"
"""A number that begins with a nought is a code or a telephone number (0571-88881234), or lost its point."""
_UNREAD_BOUND: Final = (
    "[《》〈〉∠≈≠_≥≤<>=]|不[少低高大小多超得能要]|(?:大|小|高|低|多|少)于|超过"
    r"|严禁|禁止|杜绝|避免|防止|严防|谨防|^[zZ大小]$|[?*#@&^$|~\\]$|^[%‰]$"
)
"""A bound before the number that is not the operator read: an odd sign, two signs, a word that OCR spoiled."""
_BELOW_NOTHING: Final = r"(?:负|零下)(?:[百千万]分之)?$"
"""A minus in words: 负5%, 零下5度."""
_NEGATED: Final = "(?:[不未没勿]|没有)(?:得|能|应|可|要|宜|准|许|允许|会|曾|再|必)?$"
_BESIDE: Final = r"(?:除|除了|不含|不包括|不计|不包含)$"
"""Before a number that is left out: 除3人外."""
_EVERY_SO_OFTEN: Final = r"^(?:年|个?月|天|日|周|星期|季度?)[一两二三四五六七八九十\d]+[次场期轮回]"
_SPOILED: Final = r"^(?:[²³¹⁰⁴-⁹]|[,#?·.*](?:$|[%‰\p{Han}A-Za-z])|[%％][A-Za-z°]|[kKwW]\p{Han}|个(?:亿|[百千]?万))"
"""After a number: an exponent, a point or comma that lost its figures, a spoiled ‰ (%o), a K that may be 千, 3个亿."""
_OUTSIDE: Final = "[^国海户校境室野对课院市省县区内]外$"
"""Beyond it: 8小时外, 5公里以外; 5场校外 is a place."""
_OF_A_NAME: Final = r"^(?:年级|强$|国道|省道|县道|乡道|[号#]|/$|档\p{Han})|制$|无理由"
"""The number is part of a name or an order: 1-6年级, 500强, 318国道, 5号, 8小时工作制, 2档补助."""
_TWICE_SCALED: Final = "^(?:[十百千]?万|亿)(?:[十百千]?万|亿)(?:[^亿]|$)|^[亿万]万?亿万|^亿亿"
"""万万元: the cell has a scale, and so has the column of units."""
_A_MONTH: Final = "^月份?(?:[以之]?[前后])?$"
"""12月 where it is not read as a date (≥12月): December, or twelve months."""
_HALF_OF_TIME: Final = "半(?:个?[年月天日]|个?学?期|个?小时)(?:[^\\d]*)$"
_COMPARED: Final = "较|比|与上年|与去年"
_OF_YEARS: Final = r"(?:[两二三四五]|近[几\d])年(?:内|来|间|期)?(?:累计|共计?|合计|总计|共完成|累计完成)?[≥≤<>=]?$"
"""The number is of several years: 三年共15次, 两年1次."""
_COUNTED: Final = "^[万千百]*(?:[次场人户家项件份期台套起名张辆座处间条]|个(?:[^百]|$))"
_FLOOR: Final = "(?:≥|不少于|不低于|不小于|大于等于|至少)"
_CEILING: Final = "(?:≤|不超过|不高于|不多于|不大于|小于等于|最多)"
_SIZED: Final = "(?:十|百|千|万)?"
_SOME_MORE: Final = r"^(万亿|亿|[百千]?万|千|百)?[余多+]"
"""50余万元 is at least 50万元."""


def find_number(frame: pl.DataFrame) -> pl.DataFrame:
    """Find the one number in `number_text`.

    Adds to `frame`, one row in, one row out, in order:
    is_numeric: the text is prose around one number, range or share; number, number_high (of a range), number_below
    (of a share): exact, null where they do not fit; is_stated: nothing but fillers, an operator and a unit stand around
    the number, or a listed unit or an operator stands right at it; number_operator; number_bound: the operator, null
    where an actual states just that number by it (达到95%); is_between: a lower and an upper bound are printed; unit as
    printed, without brackets; direction: up or down, of a change; to: where the change leads (提高到95%).
    """
    return _around(_split(frame))


@cache
def _each() -> str:
    per = rf"{_SIZED}{unit_pattern()}"
    operator = operator_pattern("before")
    return (
        rf"^(?:平均)?每({per}(?:每{unit_pattern()})?){_EACH_DEED}({operator})?(?:约|共)?({NUMBER})({unit_pattern()})?"
        rf"({operator_pattern('after')})?$"
    )


def _split(frame: pl.DataFrame) -> pl.DataFrame:
    """Split into `lead`, `digits` (`digits_high`, `digits_below`) and `rest`."""
    text = pl.col("number_text")
    each = text.str.extract_groups(_each()).struct
    inner = r"[^\d\x01≥≤<>=]"
    between = text.str.extract_groups(
        rf"^({inner}*?){_FLOOR}({NUMBER})({inner}{{0,5}}?)[,且并及、和]*{_CEILING}({NUMBER})({inner}*)$"
    ).struct
    around = text.str.extract_groups(rf"^()({NUMBER})([^\d\x01≥≤<>=]{{0,5}}?)≤{inner}*≤({NUMBER})({inner}*)$").struct
    ratio = text.str.extract_groups(rf"^([^\d\x01]*?)({NUMBER})/({NUMBER})([^\d\x01]*)$").struct
    span = text.str.extract_groups(
        rf"^([^\d\x01]*?)(-?{NUMBER})([^\d\x01~至到-]{{0,5}})(?:[~至到]+|-+?)(-?{NUMBER})([^\d\x01]*)$"
    ).struct
    one = text.str.extract_groups(rf"^([^\d\x01]*?)([+-]?{NUMBER})([^\d\x01]*)$").struct
    per = pl.concat_str(each.field("4").fill_null(""), pl.lit("/"), each.field("1"), each.field("5").fill_null(""))
    is_each, is_ratio = each.field("3").is_not_null(), ratio.field("2").is_not_null()
    is_between, is_around = between.field("2").is_not_null(), around.field("2").is_not_null()
    is_span = span.field("2").is_not_null() & ~is_ratio

    def pick(each_part: pl.Expr, ratio_part: str, span_part: str, one_part: str) -> pl.Expr:
        return (
            pl.when(is_each)
            .then(each_part)
            .when(is_between)
            .then(between.field(span_part))
            .when(is_around)
            .then(around.field(span_part))
            .when(is_ratio)
            .then(ratio.field(ratio_part))
            .when(is_span)
            .then(span.field(span_part))
            .otherwise(one.field(one_part))
        )

    def of_range(field: str) -> pl.Expr:
        return (
            pl.when(is_each)
            .then(None)
            .when(is_between)
            .then(between.field(field))
            .when(is_around)
            .then(around.field(field))
            .when(is_span)
            .then(span.field(field))
        )

    return frame.with_columns(
        pick(each.field("2").fill_null(""), "1", "1", "1").alias("lead"),
        pick(each.field("3"), "2", "2", "2").alias("digits"),
        pick(per, "4", "5", "3").alias("rest"),
        of_range("4").alias("digits_high"),
        of_range("3").alias("unit_inside"),
        pl.when(is_ratio & ~is_each & ~is_between & ~is_around).then(ratio.field("3")).alias("digits_below"),
        is_each.alias("is_each"),
        ((is_between | is_around) & ~is_each).alias("is_between"),
    )


def _around(frame: pl.DataFrame) -> pl.DataFrame:
    """Tell operator, unit and prose in what stands before and after the number."""
    before = rf"({operator_pattern('before')})[:]?{FILLER}*[¥￥]?$"
    ends = rf"(?:{operator_pattern('after')}|左右|上下|内$)"
    within = rf"^({unit_pattern()})(?:以内|之内|内)"
    rest = pl.col("rest").str.replace(r"\(不?含\)|[,(]?不?含本数\)?", "")
    some_more = rest.str.contains(rf"{_SOME_MORE}|[多余]$|有余|出头|开外")
    rest = rest.str.replace(_SOME_MORE, "${1}").str.replace("(?:[多余]|整)$", "")
    unit_within = rest.str.extract(within)
    bounded = pl.coalesce(unit_within, rest.str.replace(rf"{ends}.*$", ""))
    bracketed = bounded.str.extract(r"^\(([^()]+(?:\([^()]*\))?)\)$")
    frame = frame.with_columns(
        pl.col("lead").str.extract(before).alias("word_before"),
        pl.when(unit_within.is_not_null())
        .then(pl.lit("内"))
        .otherwise(rest.str.extract(rf"({ends})"))
        .alias("word_after"),
        pl.col("lead").str.replace(before, "").str.replace(rf"^{FILLER}+[¥￥]?$|[¥￥]$", "").alias("prose"),
        pl.coalesce(bracketed, bounded).alias("unit_text"),
        (pl.col("is_each") | bracketed.is_not_null()).alias("unit_alone"),
        some_more.alias("some_more"),
        pl.col("rest").str.contains("不含").alias("is_open"),
        pl.col("rest").str.contains("(含)", literal=True).alias("is_closed"),
    )
    frame = _unit(frame)
    unit, unit_text = pl.col("unit"), pl.col("unit_text")
    bare = (pl.col("prose") == "") & ((unit_text == "") | unit.is_not_null())
    at_the_number = (unit.is_not_null() & pl.col("unit_listed")) | (
        pl.col("word_before").is_not_null() & (unit_text == "")
    )
    digits = pl.when(pl.col("prose") != "").then(pl.col("digits").str.strip_chars_start("+-")).otherwise("digits")
    inside = pl.col("unit_inside")
    same_unit = (
        (inside == "") | (inside == unit) | (inside.is_in(["万", "亿", "千", "百"]) & unit.str.starts_with(inside))
    )
    first = pl.col("word_before").replace_strict(operator_words("before"), default=None, return_dtype=pl.String)
    last = pl.col("word_after").replace_strict(
        operator_words("after") | {"内": "<="}, default=None, return_dtype=pl.String
    )
    last = pl.when(pl.col("is_open")).then(last.str.strip_suffix("=")).otherwise(last)
    # 大于95%(含95%)
    first = pl.when(pl.col("is_closed") & first.is_in(["<", ">"])).then(first + "=").otherwise(first)
    # 为90%以上 is a floor; ≥90%以下 and ≥90%(不含) say two things
    first = pl.when((first == "=") & last.is_not_null()).then(None).otherwise(first)
    torn = (first.str.slice(0, 1) != last.str.slice(0, 1)) | (first.str.ends_with("=") & pl.col("is_open"))
    operator = pl.when(pl.col("is_between")).then(pl.lit(">=")).otherwise(pl.coalesce(first, last))
    exact = pl.col("word_before").is_in(list(reached_words())) & last.is_null()
    # 同比-2% is a fall of 2 %
    compared, signed = pl.col("prose").str.contains(_COMPARED), pl.col("digits")
    lower, higher = (pl.col("prose").str.contains(f"{words}(?:出|了|约)?$") for words in ("[少低短]", "[多高长]"))
    odd = _odd(same_unit) | torn.fill_null(False)
    return frame.with_columns(
        pl.col("digits").is_not_null().alias("is_numeric"),
        decimal(digits).alias("number"),
        pl.when(same_unit).then(decimal(pl.col("digits_high"))).alias("number_high"),
        decimal(pl.col("digits_below")).alias("number_below"),
        ((bare | at_the_number) & ~odd).alias("is_stated"),
        operator.alias("number_operator"),
        pl.coalesce(pl.when(~exact).then(operator), pl.when("some_more").then(pl.lit(">="))).alias("number_bound"),
        pl.when(pl.col("word_before").str.contains("^[提增升上降下减缩压削精收回扩].*[到至]$"))
        .then(pl.lit("to"))
        .when(
            pl.col("prose").str.contains(any_of("context_words", "falls"))
            | (compared & (signed.str.starts_with("-") | lower))
        )
        .then(pl.lit("down"))
        .when(
            pl.col("prose").str.contains(any_of("context_words", "rises"))
            | (compared & (signed.str.starts_with("+") | higher))
        )
        .then(pl.lit("up"))
        .alias("direction"),
    )


def _odd(same_unit: pl.Expr) -> pl.Expr:
    """Tell texts whose number is not a quantity of its own.

    A second sign after the number, a day that comes back (每月10日前), an ordinal (第3方), a month of a year that is
    not known (次年3月), a letter that may be a digit (l00%), years (2023-2025, 2023学年), a day of no month (10日前),
    nothing at all (无3次), a point for a comma (1.200人), a fall within a limit (-2%以内), a code (0571), what comes
    after a number of days (30日后), a name (5G, 3D), a negation before the operator (不许超过5%), letters for digits
    (1OO), a code (B2B, B1层), from here to there (由80%到90%), a letter that may stand for 万 or 千 (1.5w), a bound
    that is not read (《5次), a number of several years (三年共15次), a signed count (-5次), a minus after words
    (增长-3%) or in words (负5%), what a spoiled character follows (95,%), an exponent (10²), two scales (万万元),
    once in several years (3年一次).
    """
    lead, rest, prose = pl.col("lead"), pl.col("rest"), pl.col("prose")
    # 增长-3% and 利润-3万元: less than nothing, or a dash; 同比-2% is a fall
    signed = pl.col("digits").str.starts_with("-") | pl.col("digits_high").str.starts_with("-").fill_null(False)
    changes = prose.str.contains(f"{any_of('context_words', 'falls')}|{any_of('context_words', 'rises')}$")
    minus = signed & (prose != "") & (~prose.str.contains(_COMPARED) | changes)
    years = pl.col("digits").str.contains(r"^(?:19|20)\d\d$")
    return (
        rest.str.contains("[≥≤<>=]")
        | (years & rest.str.contains("^[年版款级届型]"))
        | (pl.col("digits").str.contains(GROUPED_BY_A_POINT) & rest.str.contains("^[人个次户件场项台套名家]"))
        | (lead.str.contains("每|^(?:次|隔|下|翌)[年月季日]|后$") & ~pl.col("is_each"))
        | (pl.col("is_each") & rest.str.contains("^[日号]/(?:个?月|年|季)|^月/年|^/(?:周|星期)$"))
        | lead.str.contains(_NEGATED)
        | prose.str.contains(_NEGATED)
        | rest.str.contains(r"^[OoIl]+(?:[^A-Za-z]|$)|^D(?:[^A-Za-z]|$)|^\+[A-Za-z]|^[底末初]$")
        | lead.str.ends_with("第")
        | lead.str.contains("^[无零]|[^全]无$")
        | (lead.str.ends_with("年") & rest.str.starts_with("月"))
        | lead.str.contains("(?:^|[≥≤<>=])[lIOo|]+$")
        | lead.str.contains("(?:^|[^A-Za-z])[A-Za-z]$")
        | (pl.col("digits_high").is_not_null() & lead.str.contains("^[由从自]"))
        | rest.str.contains("^(?:学年|月中|[日号](?:之|以)?前|(?:个?工作|个自然)?[日天月年](?:以|之)?[前后]|[时点]前)")
        | (years & pl.col("digits_high").str.contains(r"^(?:19|20)\d\d$").fill_null(False))
        | (pl.col("digits_high").is_not_null() & ~same_unit).fill_null(False)
        | rest.str.contains("^[wWkK]$")
        | pl.col("prose").str.contains(_UNREAD_BOUND)
        | lead.str.contains(f"{_BELOW_NOTHING}|{_BESIDE}|{_HALF_OF_TIME}")
        | rest.str.contains(f"{_SPOILED}|{_EVERY_SO_OFTEN}|{_TWICE_SCALED}|{_A_MONTH}|{_OUTSIDE}|{_OF_A_NAME}")
        | minus
        | lead.str.contains(_OF_YEARS)
        | (pl.col("digits").str.contains("^[+-]") & rest.str.contains(_COUNTED))
        | (pl.col("digits").str.starts_with("-") & rest.str.contains("(?:以|之)?内$"))
        | pl.col("digits").str.contains(_CODE)
        | lead.str.contains("^[如若]无")
        | (pl.col("digits").is_in(["4", "5", "6"]) & rest.str.contains("^G(?:$|[^A-Za-z])"))
    )


def _unit(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `unit` (null: none, or prose) and `unit_listed`.

    The whole rest where it is a listed unit, a bare scale (万), in brackets or per a thing; else the listed unit that
    it begins with (个 of 个基层医疗机构) unless the two make another word (人份, 方面, 月饼); else, when short, a unit
    that the list does not have.
    """
    text = pl.col("unit_text")
    whole = text.is_in(known_units()["printed"].to_list()) | text.str.contains(rf"^{unit_pattern()}$")
    whole = whole | text.str.contains("^(?:万亿|千万|百万|亿|万)$")
    generic = text.str.extract(r"^((?:万亿|千万|百万|亿|万)?个)[\p{Han}A-Za-z]")
    start = pl.coalesce(generic, text.str.extract(rf"^({starting_units()})"))
    # 件/万人 is not 件: what the unit is per is never left out; 人份 is not 人
    start = pl.when(
        ~text.str.contains(rf"^{unit_pattern()}[/·*×]|^(?:万亿|千万|百万|亿|万)?{not_unit_pattern()}")
    ).then(start)
    short = (
        (text.str.len_chars() <= 6) & text.str.contains(r"^[\p{Han}A-Za-z/·*×()²³°μ]+$") & ~text.str.contains(_NO_UNIT)
    )
    found = (
        pl.when(text == "")
        .then(None)
        .when(whole | pl.col("unit_alone"))
        .then(text)
        .when(start.is_not_null())
        .then(start)
        .when(short)
        .then(text)
    )
    in_yuan = pl.col("lead").str.contains(r"[¥￥]$")
    return frame.with_columns(
        pl.when(in_yuan & found.is_null()).then(pl.lit("元")).otherwise(found).alias("unit"),
        (whole | start.is_not_null()).alias("unit_listed"),
    )
