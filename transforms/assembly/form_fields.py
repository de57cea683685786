"""The fields that a form states once: title, year, names, unit of the amounts, goals, totals and rating."""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.assembly.columns import Block
from transforms.assembly.grades import BOXED_GRADE, BOXES, GRADE, GRADES
from transforms.assembly.labels import any_of, bare_key, label_key, vocabulary
from transforms.assembly.places import FORM, NOTE, PLACE
from transforms.assembly.spread_pairs import values_below, with_options
from warehouse.contract.vocabulary import AMOUNTS

INLINE: Final = (
    "project_name",
    "department",
    "implementing_unit",
    "whole_unit",
    "fiscal_year",
    "total_score",
    "rating",
)
"""Fields that may stand behind their label and a colon in one cell or line."""
GOAL_FIELDS: Final = ["expected_goal_text", "actual_goal_text"]
YEAR: Final = r"(?:19|20)\d\d|[二２][〇○零Ｏ0０]..年"
YEAR_LINE: Final = (
    r"^[（(〔【\[]?\s*(?:(?:[1１]\s*[9９]|[2２]\s*[0０])(?:\s*\d){2}|二[〇○零].{2})\s*年?\s*度?\s*[)）〕】\]]?$"
)
YEAR_RANGE: Final = (
    r"^[（(〔【\[]?\s*(?:(?:评价|自评|绩效|预算|报告|所属|统计|执行)\p{Han}{0,3}\s*[:：]\s*)?(?:19|20)\d\d\s*年\s*\d{1,2}\s*月?(?:\s*\d{1,2}\s*日)?\s*[-—－–~～至到]{1,2}\s*"
    r"(?:(?:19|20)\d\d\s*年)?\s*\d{1,2}\s*月(?:\s*\d{1,2}\s*日|底|末)?\s*[)）〕】\]]?$"
)
UNIT_AFTER_LABEL: Final = (
    r"单位[:：]?(?:(?:人民币|RMB)|(?:[%％]|[个人次台套户家项件处分])[、,，/／])*[:：]?\s*((?:百|千|万|亿)?元(?:[、,，/／和或](?:百|千|万|亿)?元)*"
    r"(?:[（(][^（()）]{0,4}(?:[港澳台日外]币|美金|[美欧日港澳加韩]元)[)）])?)"
)
_LONGEST_UNIT_LABEL: Final = 40
_UNIT_IN_LINE: Final = r"[\s（(](?:金额|资金|货币)?单位\s*[:：]\s*(?:人民币)?(?:百|千|万|亿)?元\s*(?:[)）\s]|$)"
"""Behind other fields in a line of any length: 填报单位：甲 填表人：乙 …… 单位：万元."""

PLACE_NAMED_YUAN: Final = r"单位\s*[:：]?\s*(?:百|千|万|亿)?元[\p{Han}--[人整角填编制表日项及和或与]]"
"""单位：元氏县教育局 is an office."""
_YUAN: Final = "(?:百|千|万|亿|百万|千万)?元"
UNIT_IN_BRACKETS: Final = rf"[（(【〔\[](?:单位[:：]?)?(?:人民币|RMB|CNY)?({_YUAN}|万|亿)(?:[)）】〕\]]|$)"
UNIT_IN_HALF_BRACKETS: Final = rf"^[^（(【\[]*(?:资金|金额|总额|预算数?|执行数?|支出数?|经费)({_YUAN})[)）】\]]$"
"""The opening bracket is missing: it was not typed, or not recognised in a scan."""
UNIT_BEHIND: Final = rf"(?:资金|预算|金额)[/／]?({_YUAN})$|[（(]?以({_YUAN})为(?:计量)?单位[)）]?$"
"""项目资金/万元, 项目资金（以万元为单位）."""
SENTENCE: Final = r"[，。；,;]|.{25,}"
TOTAL_AND_RATING: Final = (
    r"^([\d０-９.．]+\s*分?)\s*[,，、;；/]?\s*[（(]?\s*(?:评?[价定]?等[级次]?\s*[:：]?)?\s*"
    rf"({GRADES})\s*[)）]?$"
)
NUMBER: Final = r"^[-－]?\s*[\d０-９,.．\s]+\s*(?:分|%)?$"
LABEL_AND_FIGURE: Final = r"^[^:\d]{2,8}:\d"
NO_TEXT: Final = r"^[-－—–―─一/／\\·….\s]*$"
_GOAL_IN_CELL: Final = r"(?s)^\s*([^:：\n]{2,20}?)\s*[:：]\s*(.+)$"
_NEXT_LABEL: Final = r"\s+(\p{Han}{2,8}\s*[:：])"
_NEXT_UNIT: Final = r"[)）]\s*((?:金额|资金|货币)?单位\s*[:：])"
_A_YEAR: Final = r"(?:19|20)\d\d\s*年度?"
_LONE_YEAR: Final = rf"\s+([（(]?{_A_YEAR}[)）]?)(\s*(?:\x1f|$))"
_YEAR_BEHIND: Final = rf"(?:\s+{_A_YEAR}|\s*[（(]{_A_YEAR}[)）])\s*$"
_ACHIEVED: Final = "完成|实现|达成"


def form_field(
    frame: pl.DataFrame, column: pl.Expr | str, text: pl.Expr | str = "text", label: pl.Expr | str | None = None
) -> pl.DataFrame:
    """Return rows of `fields` for the table forms; the parts of one field stand in the order of the frame."""
    name = pl.col(column) if isinstance(column, str) else column
    value = pl.col(text) if isinstance(text, str) else text
    said = pl.lit(None, pl.String) if label is None else (pl.col(label) if isinstance(label, str) else label)
    return frame.select(
        *FORM,
        table_name=pl.lit("forms"),
        record_number=pl.lit(0, pl.Int32),
        column_name=name,
        label=said,
        printed_text=value,
        **{c: pl.col(c) for c in PLACE},
        order=pl.col("row_index").cast(pl.Int64) * 1000 + pl.col("column_number").fill_null(0),
    )


def _first(frame: pl.DataFrame, *sort: str) -> pl.DataFrame:
    return frame.sort(*FORM, *sort, maintain_order=True).unique(
        [*FORM, "column_name"], keep="first", maintain_order=True
    )


def read_pairs(cells: pl.DataFrame) -> pl.DataFrame:
    """Read `label | value` and `label: value`: the fields of the header, a total or rating beside its label.

    Looks everywhere but in the indicator rows. The first place wins that holds a value; personal data are left.
    Returns rows of `fields` without part numbers.
    """
    outside = cells.filter((pl.col("section").fill_null("head") != "indicators") & ~pl.col("is_total").fill_null(False))
    beside = (
        _with_lone_goals(outside)
        .filter(
            pl.col("form_field").is_not_null(),
            pl.col("right_number").is_not_null(),
            ~pl.col("right_is_label").fill_null(False),
            # A goal label above its text is read as a column.
            ~(
                pl.col("form_field").is_in([*GOAL_FIELDS, "adjusted_goal_text"])
                & (pl.col("is_header") | (pl.col("section") == "goals").fill_null(False))
            ),
            ~pl.col("is_header") | pl.col("form_field").is_in(["project_name", "department", "implementing_unit"]),
        )
        .select(
            "document_id",
            "page_number",
            *FORM[1:],
            label="text",
            column_name="form_field",
            cell_number="right_number",
            rank="form_rank",
        )
    )
    values = cells.drop("form_number", "label", strict=False)
    is_rating = pl.col("column_name") == "rating"
    key = ["document_id", "page_number", "cell_number"]
    beside = pl.concat(
        [
            beside.filter(~is_rating).join(values, on=key),
            beside.filter(is_rating).join(with_options(values), on=key),
        ]
    )
    below = values_below(outside)

    with_totals = cells.filter((pl.col("section").fill_null("head") != "indicators") | pl.col("is_total"))
    inside = (
        _parted(with_totals)
        .filter(pl.col("text").str.contains(r"^.{2,20}?[:：].+"))
        .with_columns(
            label=pl.col("text").str.extract(r"^(.{2,20}?)[:：]", 1),
            text=pl.col("text").str.extract(r"^.{2,20}?[:：]\s*(.*)$", 1).str.strip_chars_end(),
        )
    )
    inside = _keyed(inside)
    field, rank = vocabulary()["form"].match("own_key", "own_bare")
    is_office = field.is_in(["department", "implementing_unit", "whole_unit"])
    text = pl.when(is_office).then(pl.col("text").str.replace(_YEAR_BEHIND, "")).otherwise("text")
    inside = inside.with_columns(column_name=field, rank=rank, text=text).filter(pl.col("column_name").is_in(INLINE))
    inside = pl.concat([inside, _goals_in_cells(outside).select(inside.columns)])
    # 评价结论 may introduce a whole sentence instead of a rating.
    is_long = pl.col("text").str.contains(SENTENCE) & ~pl.col("text").str.contains(BOXES)
    sentence = (pl.col("column_name") == "rating") & is_long
    beside, inside = beside.filter(~sentence), inside.filter(~sentence)
    fields = pl.concat(
        [
            form_field(f, "column_name", label="label").with_columns(f["rank"], is_blank=f["text"] == "")
            for f in (beside, below, inside)
        ]
    )
    is_part = (pl.col("column_name") == "project_name") & label_key(pl.col("label")).str.contains("^(?:子|一级)项目")
    apart = _office_and_unit(fields).with_columns(is_part=is_part)
    return _first(apart, "is_blank", "is_part", "order").drop("rank", "is_blank", "is_part")


def _office_and_unit(fields: pl.DataFrame) -> pl.DataFrame:
    """Call 部门名称 the department and 单位名称 the unit in a form that prints both and no other label of the two."""
    key, is_whole = label_key(pl.col("label")), pl.col("column_name") == "whole_unit"
    office = is_whole & key.str.contains("部门") & ~key.str.contains("单位")
    unit = is_whole & key.str.contains("单位") & ~key.str.contains("部门")
    named = pl.col("column_name").is_in(["department", "implementing_unit"]).any().over(FORM)
    both = office.any().over(FORM) & unit.any().over(FORM) & ~named
    return fields.with_columns(
        column_name=pl.when(both & office)
        .then(pl.lit("department"))
        .when(both & unit)
        .then(pl.lit("implementing_unit"))
        .otherwise("column_name")
    )


def _with_lone_goals(cells: pl.DataFrame) -> pl.DataFrame:
    """Name the expected goal where its text alone stands right of a label at the side, as 年度总体目标."""
    alone = (pl.col("key") != "").sum().over("row_index") == 2
    is_lone = (
        pl.col("form_field").is_null()
        & pl.col("goal_side_field").is_not_null()
        & ~pl.col("key").str.contains(_ACHIEVED)
        & pl.col("table_number").is_not_null()
        & alone
    )
    return cells.with_columns(
        form_field=pl.when(is_lone).then(pl.lit("expected_goal_text")).otherwise("form_field"),
        form_rank=pl.when(is_lone).then(pl.lit(len(GOAL_FIELDS) * 1000)).otherwise("form_rank"),
    )


def _goals_in_cells(cells: pl.DataFrame) -> pl.DataFrame:
    """Read goals that stand behind their label and a colon in a row of their own: 年度总体目标：……

    A cell with the label of another goal within it is left: nobody can tell where the first one ends.
    """
    words = vocabulary()
    alone = (pl.col("key") != "").sum().over("row_index") == 1
    label, goal = (pl.col("text").str.extract(_GOAL_IN_CELL, group) for group in (1, 2))
    parts = _keyed(
        cells.filter(
            alone, pl.col("table_number").is_not_null(), pl.col("text").str.contains(_GOAL_IN_CELL)
        ).with_columns(label=label, text=goal)
    )
    field, rank = words["form"].match("own_key", "own_bare")
    side = words["goal_side"].match("own_key", "own_bare")[0]
    is_expected = side.is_not_null() & ~pl.col("own_key").str.contains(_ACHIEVED)
    another = rf"(?:{any_of([*words['form'].labels(*GOAL_FIELDS), *words['goal_side'].fields])})\s*[:：]"
    return parts.with_columns(
        column_name=pl.coalesce(field, pl.when(is_expected).then(pl.lit("expected_goal_text"))),
        rank=pl.coalesce(rank, pl.lit(len(GOAL_FIELDS) * 1000)),
    ).filter(pl.col("column_name").is_in(GOAL_FIELDS), ~pl.col("text").str.contains(another))


def _keyed(cells: pl.DataFrame) -> pl.DataFrame:
    """Add the keys of `label`, by which the vocabulary knows it: `own_key`, `own_bare`."""
    return cells.with_columns(own_key=label_key(pl.col("label"))).with_columns(own_bare=bare_key(pl.col("own_key")))


def _parted(cells: pl.DataFrame) -> pl.DataFrame:
    """Part texts in which several labels with a colon stand one behind the other: 主管部门：甲 实施单位：乙.

    A part begins with a known label behind white space or a mark, with any short label and its colon behind white
    space, or with a year alone: 填报单位：甲 2023年度 单位：元. One row for each part; other texts stay whole.
    """
    words = vocabulary()
    known = any_of([*words["form"].labels(*INLINE), *words["personal"].fields], between=r"\s*")
    begins = rf"[\s,，;；。、]+((?:{known})(?:[(（][^()（）]{{0,8}}[)）])?\s*[:：])"
    by_known = _parted_after_label(cells, {begins: "\x1f$1"})
    return _parted_after_label(by_known, {_NEXT_LABEL: "\x1f$1", _NEXT_UNIT: ")\x1f$1", _LONE_YEAR: "\x1f$1$2"})


def _parted_after_label(cells: pl.DataFrame, marks: dict[str, str]) -> pl.DataFrame:
    """Part texts with several colons where a pattern says so, behind the first label: that may have white space."""
    text = pl.col("text")
    label, rest = (text.str.extract(r"(?s)^([^:：]*[:：])(.*)$", group) for group in (1, 2))
    for pattern, mark in marks.items():
        rest = rest.str.replace_all(pattern, mark)
    has_more = text.str.count_matches("[:：]") > 1
    return cells.with_columns(text=pl.when(has_more).then(label + rest).otherwise(text).str.split("\x1f")).explode(
        "text"
    )


def read_titles(cells: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Read title, year and currency unit from the lines and cells around the header.

    The year comes from a line of its own, from the title otherwise, from a label otherwise. The unit of the amounts
    comes from `单位: 万元` or from the brackets of a label of the whole funding block, else from brackets in other
    labels that agree. Where labels of the first kind name different units, the field has a part for each of two.
    """
    titles = rows.filter(
        pl.col("kind").is_in(["title", "title_start"]), pl.col("block_start") == pl.col("block_start").min().over(FORM)
    ).select("row_index")
    head = cells.filter(pl.col("section").fill_null("head") == "head")
    title = form_field(head.join(titles, on="row_index", how="semi"), pl.lit("title"))

    single = head.filter(pl.len().over("row_index") == 1)
    says_year = pl.col("text").str.contains(YEAR_LINE) | pl.col("text").str.contains(YEAR_RANGE)
    line = form_field(single.filter(says_year), pl.lit("fiscal_year"))
    in_title = form_field(
        head.join(titles, on="row_index", how="semi").filter(pl.col("text").str.contains(YEAR)), pl.lit("fiscal_year")
    )
    near = form_field(single.filter(pl.col("text").str.contains(r"(?:19|20)\d\d\s*年\s*度")), pl.lit("fiscal_year"))
    year = pl.concat([f.with_columns(choice=pl.lit(i)) for i, f in enumerate((line, in_title, near))])

    not_indicators = cells.filter(pl.col("section").fill_null("head").is_in(["head", "funding", "management"]))
    said = _naming_units(not_indicators)
    units = form_field(said, pl.lit("currency_unit"), "unit", "text").with_columns(said["is_of_part"])
    is_one = pl.col("printed_text").n_unique().over(*FORM, "is_of_part") == 1
    unit = _first(units.filter(is_one | ~pl.col("is_of_part")), "is_of_part", "order")
    other = _first(units.filter(~pl.col("is_of_part")).join(unit, on=[*FORM, "printed_text"], how="anti"), "order")
    unit, other = unit.drop("is_of_part"), other.drop("is_of_part")
    year = _first(year, "choice", "order").drop("choice")
    # Where forms of a document name two units, none of them holds for a form that names none.
    agreed = unit.filter(pl.col("printed_text").n_unique().over("document_id") == 1)
    above = said.filter(pl.col("table_number").is_null()).join(agreed, on="document_id", how="semi")
    untitled = cells.select(FORM).unique().join(title, on=FORM, how="anti")
    return pl.concat(
        [
            title,
            year,
            unit,
            other,
            _of_form_before(unit, above, cells),
            _year_of_document(year, cells).join(untitled, on=FORM, how="semi"),
        ]
    )


def _naming_units(cells: pl.DataFrame) -> pl.DataFrame:
    """Cells and lines that name a unit of money, with `unit`, and whether it is that of a part of the amounts only.

    A label names the unit of all amounts where it says 单位, or stands over or beside the whole funding block.
    """
    text = pl.col("text").str.replace_all(PLACE_NAMED_YUAN, "").str.replace_all(r"\s", "")
    after_label = text.str.extract(UNIT_AFTER_LABEL, 1)
    in_brackets = pl.coalesce(
        text.str.extract(UNIT_IN_BRACKETS, 1),
        text.str.extract(UNIT_IN_HALF_BRACKETS, 1),
        text.str.extract(UNIT_BEHIND, 1),
        text.str.extract(UNIT_BEHIND, 2),
    )
    is_short = pl.col("text").str.len_chars() <= _LONGEST_UNIT_LABEL
    is_head_line = pl.col("table_number").is_null() & pl.col("text").str.contains(_UNIT_IN_LINE)
    in_funding = (pl.col("section") == "funding").fill_null(False)
    is_about_money = (
        (pl.col("section") != "head").fill_null(True)
        | pl.col("text").str.contains("资金|预算|金额")
        | pl.col("table_number").is_null()
    )
    is_of_column = pl.col("funding_field").is_in(AMOUNTS).fill_null(False)
    is_of_block = in_funding & ~is_of_column & ((pl.col("row_span") > 1) | pl.col("is_alone"))
    return (
        cells.with_columns(is_alone=(pl.len() == 1).over("row_index"))
        .with_columns(
            unit=pl.coalesce(after_label, pl.when(is_about_money).then(in_brackets)),
            is_of_part=after_label.is_null() & ~is_of_block.fill_null(False),
        )
        .filter(pl.col("unit").is_not_null(), is_short | is_head_line)
    )


def _year_of_document(year: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """The year of forms that print none, where all forms of the document that print one print the same."""
    said = pl.col("printed_text").str.replace_all(r"\s", "").str.extract_all(r"(?:19|20)\d\d")
    years = year.select("document_id", year=said).explode("year").drop_nulls("year").unique()
    one = years.filter(pl.len().over("document_id") == 1)
    return _of_form_before(year, year, cells).join(one, on="document_id", how="semi")


def _of_form_before(fields: pl.DataFrame, holding: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """A field of forms that print none, from the form before: 单位：万元 above one table holds for the next.

    Args:
        fields: the field, of the forms that print it.
        holding: the forms whose field holds for those after them too.
        cells: cells of `Layout`, of all forms.
    """
    held = holding.select(FORM).unique().with_columns(is_held=True)
    stated = fields.join(held, on=FORM, how="left").with_columns(pl.col("is_held").fill_null(False), has_own=True)
    forms = cells.select(FORM).unique().join(stated, on=FORM, how="left").sort(FORM)
    return (
        forms.with_columns(pl.exclude(*FORM, "has_own").forward_fill().over("document_id"))
        .filter(pl.col("has_own").is_null(), "is_held")
        .select(fields.columns)
    )


def read_goals(block: Block) -> pl.DataFrame:
    """Read the goals that stand below their labels; text that runs over pages gives a part for each page.

    A note below both is part of neither.
    """
    is_note = pl.col("text").str.contains(NOTE) & (pl.col("column_count") > 1)
    values = block.values.filter(pl.col("field").is_in(GOAL_FIELDS), ~is_note)
    # A cell below both labels belongs to the first.
    values = values.sort("row_index", "column_x0").unique(
        ["document_id", "page_number", "cell_number"], keep="first", maintain_order=True
    )
    return form_field(values, "field", label="label")


def read_totals(block: Block) -> pl.DataFrame:
    """Read the row of totals: what stands below the weights, what stands below the scores, a rating beside them.

    A number or a mark whose cell covers both columns is the total score. What is not a number is handed on as it is
    printed where no number stands in its column, so that a total that cannot be read is known to be one: 见说明, 1OO.
    """
    totals = block.values.filter(
        "is_total",
        pl.col("key") != "",
        pl.col("total_field").is_null(),
        pl.col("form_field").is_null() | pl.col("key").str.contains(r"\d"),
        ~pl.col("key").str.contains(LABEL_AND_FIGURE),
    )
    is_rating = label_key(pl.col("text")).str.contains(GRADE) | pl.col("text").str.contains(BOXED_GRADE)
    is_mark = pl.col("text").str.contains(NO_TEXT)
    cells = (
        totals.filter(~is_rating, ~is_mark)
        .group_by("document_id", "page_number", "cell_number", maintain_order=True)
        .agg(pl.exclude("field", "label").first(), field=pl.col("field"), label=pl.col("label").first())
    )
    weight, score = pl.col("field").list.contains("weight"), pl.col("field").list.contains("score")
    fields = cells.with_columns(
        is_number=pl.col("text").str.contains(NUMBER),
        column_name=pl.when(score | (pl.col("text").str.contains(NUMBER) & ~weight & (pl.col("column_count") > 1)))
        .then(pl.lit("total_score"))
        .when(weight)
        .then(pl.lit("total_weight")),
    ).filter(pl.col("column_name").is_not_null())
    read = fields.filter(pl.col("is_number") | ~pl.col("is_number").any().over(*FORM, "column_name"))
    words = totals.filter(is_rating)
    number_fields = form_field(read, "column_name", label="label")
    rating = form_field(
        words.unique(["document_id", "page_number", "cell_number"], keep="first", maintain_order=True), pl.lit("rating")
    )
    # Sub-totals stand above the total.
    last = pl.concat([number_fields, rating]).sort(*FORM, "order")
    return last.unique([*FORM, "column_name"], keep="last", maintain_order=True)


def split_totals(fields: pl.DataFrame) -> pl.DataFrame:
    """Part a total and a rating that stand in one cell: 97.1分 优, 97.1（优）.

    The rating of such a cell counts where the form prints none by itself.

    Args:
        fields: Rows of `fields` for the table forms, without part numbers.
    """
    text = pl.col("printed_text").str.strip_chars()
    score, grade = text.str.extract(TOTAL_AND_RATING, 1), text.str.extract(TOTAL_AND_RATING, 2)
    both = fields.with_columns(score=score, grade=grade).filter(
        pl.col("column_name") == "total_score", pl.col("grade").is_not_null()
    )
    if both.is_empty():
        return fields
    ratings = both.with_columns(column_name=pl.lit("rating"), printed_text="grade").drop("score", "grade")
    rated = fields.filter(pl.col("column_name") == "rating", pl.col("printed_text").str.strip_chars() != "")
    added = ratings.join(rated, on=FORM, how="anti")
    unrated = fields.join(added, on=[*FORM, "column_name"], how="anti")
    is_total = pl.col("column_name") == "total_score"
    return pl.concat(
        [
            unrated.with_columns(
                printed_text=pl.when(is_total).then(pl.coalesce(score, text)).otherwise("printed_text")
            ),
            added,
        ]
    )
