"""What the number of an actual is said of, where that may be something else than the indicator's own quantity.

不合格率4% does not attain a 合格率 of 95%, nor 日均1000人 1000人, nor 节约0.2万元 a cost of at most 50万元.
Whether it is the indicator's own is decided by the indicator's name and target: see `of_another`.
"""

from __future__ import annotations

from typing import Final

import polars as pl

_STATED: Final = r"(?:约|为|达到?|达成|是|在|[:=≥>])*\d"
_RATE: Final = rf"([不未]?\p{{Han}}{{2}}率|(?:不?满意|知晓|认可|支持|完成)度){_STATED}"
_OFF: Final = r"(偏差|误差)(?:率|为|值|约)*\d"
_AVERAGE: Final = r"([人日月户周天校班场次车亩村季旬镇乡]均)\p{Han}{0,4}\d"
_CONTRARY: Final = (
    r"(减收|亏损|亏空|损失|流失|裁减|裁员|淘汰|退出|节约|节省|节支|报名|最多时|高峰|可容纳|容量|提前"
    r"|核定|编制|批复|申报|预算)\p{Han}{0,4}\d"
)
SAVED: Final = ("节约", "节省", "节支")
"""Of a limit they say that it was kept, not what was spent."""
_SCOPE: Final = r"(全国|全省|全市|全县|全区|全州|全旗)"
_WORKS_BEGUN: Final = "(开工|动工|在建|正在建设|建设中|立项|招标|中标|规划|申请|受理|投稿)"
_ONLY_BEGUN: Final = rf"{_WORKS_BEGUN}\p{{Han}}{{0,3}}\d|\d\p{{Han}}{{1,3}}?(?:已|均|均已|全部|正在)?{_WORKS_BEGUN}$"
"""Of what was to be built or granted: 开工3个 are not 3 that were built, 受理3件 not 3 that were granted."""
_SHARE_THAT: Final = r"\d%的?\p{Han}{0,3}(合格|达标|满意|通过)$"
"""90%合格 is the other way round beside 不合格率."""
_NEGATED: Final = r"[不未非](?:合格|达标|满意|通过|及时|准确|完整)"
_BEGUN: Final = "(开工|动工|启动|签订|招标|立项|中标|主体|一期|首批)"
_NEGATIVE: Final = "^不|^未|偏差|误差|差错|错误|失败|投诉|流失|缺陷|故障|事故|违规|人均|日均|月均|户均|周均|天均"
_PASSED: Final = "合格|通过|达标"
_CHANGES: Final = ["up", "down"]
_ABOUT: Final = ("target_about", "actual_about")
_BY_THE_TIME: Final = "^[日月周天季旬]均$"
"""An average of a part of the year: 24场 is not held against 月均2场."""


def subjects(plain: pl.Expr, number_text: pl.Expr, is_date: pl.Expr, is_rank: pl.Expr) -> pl.Expr:
    """Return the word that says what the number, date or place of a cleaned text is of; null for most texts.

    Args:
        plain: The text, where dates and places are looked for.
        number_text: The part of it where its number is looked for.
        is_date: Whether a date is read.
        is_rank: Whether a place is read.

    Example:
        >>> frame = pl.DataFrame({"t": ["不合格率4%", "日均1000人", "节约0.2万元", "合格率达96%", "22场"]})
        >>> text, no = pl.col("t"), pl.lit(False)
        >>> frame.select(subjects(text, text, no, no)).to_series().to_list()
        ['不合格率', '日均', '节约', '合格率', None]
    """
    return (
        pl.when(is_date)
        .then(plain.str.replace_all(r"\([^()]*\)", "").str.extract(_BEGUN))
        .when(is_rank)
        .then(plain.str.extract(_SCOPE))
        .otherwise(
            pl.coalesce(
                *(number_text.str.extract(pattern) for pattern in (_RATE, _OFF, _AVERAGE, _CONTRARY)),
                *(number_text.str.extract(_ONLY_BEGUN, group) for group in (1, 2)),
                number_text.str.extract(_SHARE_THAT),
            )
        )
    )


def said_year(plain: pl.Expr) -> pl.Expr:
    """Return the year that a cleaned text begins with (2022年96%), Int32; null where it names none there.

    Example:
        >>> frame = pl.DataFrame({"t": ["2022年96%", "截至2022年底96%", "96%(2022年90%)"]})
        >>> frame.select(said_year(pl.col("t"))).to_series().to_list()
        [2022, 2022, None]
    """
    return plain.str.extract(r"^(?:截[至止]到?|至|到)?(20\d\d)年").cast(pl.Int32)


def of_another(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `is_of_another`: the actual's number is not of what the target asks for.

    It is of another rate than the name's, an average, a loss, a saving or a beginning that neither name nor target
    speaks of, of another year than the form's, a change (提高1%) where a level is asked for, or the other way round.

    Args:
        frame: Indicators with the columns of `attainment.compare`, `name_own_rate`, `name_changes`, `fiscal_year`.
    """
    frame = _by_subject(frame)
    kind = pl.col("target_kind")
    counted = kind.is_in(["quantitative", "rank"])
    year = pl.col("fiscal_year").cast(pl.Int32)
    other_year = (pl.col("actual_year") != pl.coalesce("target_year", year)) & counted
    later = (pl.col("target_year") > year) & pl.col("actual_year").is_null() & counted
    changes = pl.col("target_direction").is_in(_CHANGES) | pl.col("name_changes").fill_null(False)
    change = pl.col("actual_direction").is_in(_CHANGES) & ~changes.fill_null(False)
    new = pl.col("actual_squeezed").str.contains("新增|新建|增收|增加值")
    level = (pl.col("actual_direction") == "to") & changes & (pl.col("target_direction") != "to").fill_null(True)
    part = (kind == "date") & pl.col("target_value").is_null() & (pl.col("actual_unit_base") == "%")
    part = part & (pl.col("actual_value") < 100) & pl.col("actual_date").is_not_null()
    some = frame.select(pl.any_horizontal(change, level).fill_null(False).alias("some"))["some"]
    changed = (counted & ((change & ~new) | level)).fill_null(False) if some.any() else pl.lit(False)
    another = (
        pl.col("is_of_another")
        | _is_average(frame, counted)
        | other_year.fill_null(False)
        | later.fill_null(False)
        | part.fill_null(False)
    )
    return frame.with_columns((another | changed).alias("is_of_another"))


def _is_average(frame: pl.DataFrame, counted: pl.Expr) -> pl.Series:
    """Tell for each row whether the target alone is an average of a part of the year (月均2场)."""
    named = frame.lazy().filter(pl.col("target_about").is_not_null() & counted)
    rows = named.select("row", "indicator_name", *(pl.col(name).cast(pl.String) for name in _ABOUT)).filter(
        pl.col("target_about").str.contains(_BY_THE_TIME)
        & ~pl.col("actual_about").str.contains(_BY_THE_TIME).fill_null(False)
        & ~pl.col("indicator_name").str.contains("[日月周天季旬]均|平均").fill_null(False)
    )
    return pl.zeros(frame.height, dtype=pl.Boolean, eager=True).scatter(rows.collect()["row"], True)


def _by_subject(frame: pl.DataFrame) -> pl.DataFrame:
    """Hold the few subjects that are named against name and target."""
    about = pl.col("actual_about").cast(pl.String)
    some = frame.filter(about.is_not_null()).select(
        "row",
        about.alias("about"),
        pl.concat_str(
            pl.col("indicator_name").fill_null(""), pl.lit("\x01"), pl.col("target_squeezed").fill_null("")
        ).alias("asked"),
        "name_own_rate",
        (pl.col("target_kind") == "date").alias("by_date"),
        pl.col("actual_date").is_not_null().alias("is_date"),
        (pl.col("target_kind") == "rank").alias("by_rank"),
        pl.col("target_unit_base").fill_null("").alias("unit"),
    )
    if some.is_empty():
        return frame.with_columns(pl.lit(False).alias("is_of_another"))
    core = pl.col("about").str.replace("[率度]$", "").str.replace("均$", "")
    negative = pl.col("about").str.contains(_NEGATIVE)
    # 不合格率 does not ask for a 合格率
    asked = pl.when(negative).then("asked").otherwise(pl.col("asked").str.replace_all(_NEGATED, ""))
    named = asked.str.contains(core, literal=False)
    passed = core.str.contains(f"^(?:{_PASSED})$") & asked.str.contains(_PASSED)
    is_rate = pl.col("about").str.contains("[率度]$")
    doubtful = (
        pl.when("by_date")
        .then("is_date")
        .when("by_rank")
        .then(asked.str.contains(_SCOPE))
        .when(is_rate & ~negative)
        .then(pl.col("name_own_rate").fill_null(False))
        .when(core.is_in(["合格", "达标", "满意", "通过"]))
        .then(pl.col("asked").str.contains(_NEGATED))
        .otherwise(True)
    )
    per = pl.col("about").str.contains("均$") & pl.col("unit").str.contains("/")
    found = some.with_columns((~named & ~passed & doubtful & ~per).alias("is_of_another")).select(
        "row", "is_of_another"
    )
    joined = frame.join(found, on="row", how="left", maintain_order="left")
    return joined.with_columns(pl.col("is_of_another").fill_null(False))
