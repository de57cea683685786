"""Rules on the dataset as a whole: what no single form can show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from expectations.check import Checked, CountsDiffer
from expectations.expressions import filled, number
from expectations.rule import STATUS, status_name
from expectations.settings import RuleSettings, Severity
from expectations.suites import judge_statuses
from warehouse import contract
from warehouse.contract import ids
from warehouse.contract.metadata import table_about

Tables = Mapping[str, pl.DataFrame]
IDENTITY: Final = ("department", "implementing_unit", "project_name")
"""What a form is known by, beside its year: forms that print the same here are one form to the warehouse."""

NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "forms": ("form_id", "document_id", "fiscal_year", *IDENTITY),
    "indicators": ("indicator_id", "form_id", "fiscal_year", "indicator_name", "target_value_base", "target_unit_base"),
    "pages": ("document_id", "page_number", "form_ids", "has_lost_form"),
}
"""Columns that the rules of `WITHIN` look at."""

COMPARED: Final[Mapping[str, tuple[str, ...]]] = {
    "forms": ("rating_derived", "template", "currency_unit", "total_score_points"),
    "funding": ("line_number",),
    "indicators": ("is_met", "target_kind", "level_1_type", "score_points"),
}
"""Columns that the rules of `BETWEEN_RELEASES` look at; of `funding` they only count the rows."""

ROW: Final = {
    "document_id": pl.String,
    "form_id": pl.String,
    "table_name": pl.String,
    "record_id": pl.String,
    "observed": pl.String,
    "expected": pl.String,
    "is_broken": pl.Boolean,
}
"""Columns of what a rule on the dataset looks at: one row for each record judged, passes included."""


@dataclass(frozen=True)
class DatasetRule:
    """One rule on the dataset.

    `look` returns rows of `ROW` for all that it judges, or the reason why it cannot judge. Where `table` is not given
    at all, the rule is left out.
    """

    id: str
    version: int
    severity: Severity
    title_en: str
    title_zh: str
    why: str
    why_zh: str
    message_zh: str
    message_en: str
    look: Callable[[Tables, Tables | None, RuleSettings], pl.DataFrame | str]
    table: str = "forms"


_HAS_TARGET: Final = (pl.col("target_value_base") > 0) & pl.col("fiscal_year").is_not_null()
_MAY_HAVE_FORM: Final = pl.col("form_ids").is_not_null() | pl.col("has_lost_form")


def needed(tables: Mapping[str, pl.LazyFrame]) -> dict[str, pl.DataFrame]:
    """Read of a whole dataset no more than the rules of `WITHIN` look at: few columns, and rows that can be judged.

    Args:
        tables: `forms`, `indicators` and `pages` of the contract.

    Returns:
        The same tables with the columns of `NEEDED`, sorted by the first of them.
    """
    judged = {
        "forms": tables["forms"],
        "indicators": tables["indicators"].filter(_HAS_TARGET),
        "pages": tables["pages"].filter(_MAY_HAVE_FORM),
    }
    return {
        name: rows.select(NEEDED[name]).sort(NEEDED[name][0], maintain_order=True).collect(engine="streaming")
        for name, rows in judged.items()
    }


def _plain(text: pl.Expr) -> pl.Expr:
    """Return a name without white space, punctuation and the code in front of it: equal for spellings of one name."""
    return (
        text.fill_null("")
        .str.replace_all(r"[\s，,。、：:；;（）()“”\"'《》〈〉\-—_\[\]【】·]", "")
        .str.replace(r"^[0-9A-Z]{3,}", "")
    )


def _whose() -> list[pl.Expr]:
    unit = pl.when(_plain(pl.col("implementing_unit")) != "").then("implementing_unit").otherwise("department")
    return [_plain(pl.col("project_name")).alias("project"), _plain(unit).alias("unit")]


def _rows(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(dtype) for name, dtype in ROW.items())


def _duplicates(tables: Tables, _previous: Tables | None, _settings: RuleSettings) -> pl.DataFrame | str:
    printed = pl.struct(pl.col(name).fill_null("").str.replace_all(r"\s", "") for name in IDENTITY)
    known = (
        tables["forms"]
        .with_columns(*_whose(), printed.alias("printed"))
        .filter((pl.col("project") != "") & (pl.col("unit") != ""))
    )
    same = ["fiscal_year", "project", "unit"]
    # one spelling in several documents is one form, found again or published again
    spellings = pl.col("printed").n_unique().over(same)
    count = pl.max_horizontal(spellings, pl.len().over(*same, "document_id").max().over(same))
    return _rows(
        known.with_columns(
            pl.lit("forms").alias("table_name"),
            pl.col("form_id").alias("record_id"),
            count.cast(pl.String).alias("observed"),
            pl.lit("1").alias("expected"),
            (count > 1).alias("is_broken"),
        )
    )


def _changed_targets(tables: Tables, _previous: Tables | None, settings: RuleSettings) -> pl.DataFrame | str:
    forms = tables["forms"].select("form_id", "document_id", *_whose())
    key = ["project", "unit", "indicator", "target_unit_base"]
    targets = (
        tables["indicators"]
        .join(forms, on="form_id")
        .with_columns(_plain(pl.col("indicator_name")).alias("indicator"))
        .filter(_HAS_TARGET & (pl.col("project") != "") & (pl.col("unit") != ""))
    )
    targets = targets.unique([*key, "fiscal_year", "target_value_base"], keep="first", maintain_order=True)
    targets = targets.filter(pl.len().over(*key, "fiscal_year") == 1)
    before = targets.select(
        *key, (pl.col("fiscal_year") + 1).alias("fiscal_year"), pl.col("target_value_base").alias("before")
    )
    both = targets.join(before, on=[*key, "fiscal_year"], nulls_equal=True)
    if both.is_empty():
        return "one_year_only"
    change = (pl.col("target_value_base") - pl.col("before")).abs() * 100
    return _rows(
        both.with_columns(
            pl.lit("indicators").alias("table_name"),
            pl.col("indicator_id").alias("record_id"),
            number(pl.col("target_value_base")).alias("observed"),
            number(pl.col("before")).alias("expected"),
            (change > pl.col("before") * settings.target_change_pct).alias("is_broken"),
        )
    )


def _named(
    names: Mapping[str, tuple[str, str]], table: list[str], now: list[str], then: list[str], broken: list[bool]
) -> pl.DataFrame:
    """Return rows of `ROW` that are about no record: each by its id, with what it is called in Chinese and English."""
    size = len(names)
    return pl.DataFrame(
        {
            "document_id": [""] * size,
            "form_id": [""] * size,
            "table_name": table,
            "record_id": [*names],
            "observed": now,
            "expected": then,
            "is_broken": broken,
            "name_zh": [zh for zh, _ in names.values()],
            "name_en": [en for _, en in names.values()],
        },
        schema=ROW | {"name_zh": pl.String, "name_en": pl.String},
    )


def _shrunk(tables: Tables, previous: Tables | None, settings: RuleSettings) -> pl.DataFrame | str:
    if previous is None:
        return "no_previous_release"
    names = [name for name in COMPARED if name in previous]
    now, then = [tables[name].height for name in names], [previous[name].height for name in names]
    least = [height * (100 - settings.shrink_pct) / 100 for height in then]
    broken = [height < bound for height, bound in zip(now, least, strict=True)]
    said = {name: (table_about(name, "zh").name, name) for name in names}
    return _named(said, names, [str(height) for height in now], [f"{bound:f}" for bound in least], broken)


def _quarantined(tables: Tables, _previous: Tables | None, settings: RuleSettings) -> pl.DataFrame | str:
    if "quarantined_forms" not in tables:
        return "quarantine_not_given"
    held, passed = tables["quarantined_forms"].height, tables["forms"].height
    if held + passed == 0:
        return "no_records"
    broken = held * 100 > settings.quarantine_pct * (held + passed)
    share = f"{held}/{held + passed}"
    return _named({"D04": ("", "")}, ["forms"], [share], [f"{settings.quarantine_pct}%"], [broken])


def _lost_forms(tables: Tables, _previous: Tables | None, _settings: RuleSettings) -> pl.DataFrame | str:
    """Judge the pages that print a form, or a table that looks like one."""
    judged = tables["pages"].filter(_MAY_HAVE_FORM)
    page = pl.col("page_number").cast(pl.String)
    return _rows(
        judged.with_columns(
            pl.lit("").alias("form_id"),
            pl.lit("pages").alias("table_name"),
            ids.page_id().alias("record_id"),
            page.alias("observed"),
            pl.lit("").alias("expected"),
            pl.col("has_lost_form").alias("is_broken"),
        )
    )


_SHARES: Final[Mapping[str, tuple[str, str]]] = {
    "forms.rating_derived=优": ("按总分应评“优”的自评表", "forms with a score that gives 优"),
    "forms.template=unknown": ("格式未知的自评表", "forms of an unknown layout"),
    "forms.currency_unit=null": ("未注明金额单位的自评表", "forms without a unit of money"),
    "forms.total_score_points=null": ("没有总分的自评表", "forms without a total score"),
    "indicators.is_met=true": ("已完成的指标", "indicators that were met"),
    "indicators.is_met=null": ("完成与否无法判定的指标", "indicators not known to be met or missed"),
    "indicators.target_kind=missing": ("没有指标值的指标", "indicators without a target"),
    "indicators.level_1_type=null": ("一级指标不明的指标", "indicators without a known first level"),
    "indicators.score_points=null": ("没有得分的指标", "indicators without a score"),
}
"""Shares that should move slowly, in Chinese and in English."""


def _shares(tables: Tables) -> dict[str, tuple[str, int, int]]:
    """Return shares that should move slowly: name -> table, rows that count, rows."""
    measures: dict[str, tuple[str, pl.Expr]] = {
        "forms.rating_derived=优": ("forms", pl.col("rating_derived").cast(pl.String) == "优"),
        "forms.template=unknown": ("forms", pl.col("template") == "unknown"),
        "forms.currency_unit=null": ("forms", pl.col("currency_unit").is_null()),
        "forms.total_score_points=null": ("forms", pl.col("total_score_points").is_null()),
        "indicators.is_met=true": ("indicators", pl.col("is_met")),
        "indicators.is_met=null": ("indicators", pl.col("is_met").is_null()),
        "indicators.target_kind=missing": ("indicators", pl.col("target_kind").cast(pl.String) == "missing"),
        "indicators.level_1_type=null": ("indicators", pl.col("level_1_type").is_null()),
        "indicators.score_points=null": ("indicators", pl.col("score_points").is_null()),
    }
    return {
        name: (table, int(tables[table].select(share.fill_null(False).sum()).item()), tables[table].height)
        for name, (table, share) in measures.items()
    }


def _drifted(tables: Tables, previous: Tables | None, settings: RuleSettings) -> pl.DataFrame | str:
    if previous is None:
        return "no_previous_release"
    now, then = _shares(tables), _shares(previous)
    names = [name for name in now if min(now[name][2], then[name][2]) >= settings.drift_least_rows]
    if not names:
        return "too_few_records"
    tenths = {name: [round(1000 * part / rows) for _, part, rows in (now[name], then[name])] for name in names}
    return _named(
        {name: _SHARES[name] for name in names},
        [now[name][0] for name in names],
        [f"{tenths[name][0] / 10}%" for name in names],
        [f"{tenths[name][1] / 10}% ± {settings.drift_pct}" for name in names],
        [abs(tenths[name][0] - tenths[name][1]) > settings.drift_pct * 10 for name in names],
    )


RULES: Final = (
    DatasetRule(
        id="D01",
        version=2,
        severity="warning",
        title_en="A unit reports a project once a year",
        title_zh="同一单位同一年度的同一项目只有一张表",
        why="Spellings differ in brackets, spaces and codes; two forms of one project count its money twice. A form "
        "that is found again or published again with the same names is one form.",
        why_zh="名称的括号、空格、编码写法不同；同一项目的两张表会把钱算两次。名称完全相同的再次发布算同一张表。",
        message_zh="同一单位、年度、项目共有 {observed} 张表",
        message_en="there are {observed} forms of the same unit, year and project",
        look=_duplicates,
    ),
    DatasetRule(
        id="D02",
        version=2,
        severity="warning",
        title_en="A target does not jump from one year to the next",
        title_zh="同一指标的指标值逐年变化不大",
        why="A target halved after a missed year, or doubled, deserves a question: {target_change_pct} % or less is "
        "let pass.",
        why_zh="上年未完成后指标值减半，或成倍增加，都值得一问；变化在 {target_change_pct}% 以内的不问。",
        message_zh="指标值由上年的 {expected} 变为 {observed}",
        message_en="the target was {expected} a year before and is {observed} now",
        look=_changed_targets,
    ),
    DatasetRule(
        id="D03",
        version=1,
        severity="critical",
        title_en="A table does not lose rows from one release to the next",
        title_zh="各表行数不少于上一次发布",
        why="Published rows do not vanish of themselves; a loss of more than {shrink_pct} % is a fault of the run "
        "until someone says otherwise.",
        why_zh="已发布的行不会自行消失；减少超过 {shrink_pct}% 即视为运行有误，除非有人确认。",
        message_zh="{name_zh}的行数应不少于 {expected}，现为 {observed}",
        message_en="{name_en} should have at least {expected} rows; it has {observed}",
        look=_shrunk,
    ),
    DatasetRule(
        id="D04",
        version=1,
        severity="warning",
        title_en="At most {quarantine_pct} % of the forms are held back",
        title_zh="暂不发布的表占比不超过 {quarantine_pct}%",
        why="A sudden share of bad forms is more likely a fault of the reader than of the authors.",
        why_zh="问题表突然增多，更可能是读取有误。",
        message_zh="暂不发布的表占 {observed}，应不超过 {expected}",
        message_en="{observed} forms are held back; it should be at most {expected}",
        look=_quarantined,
    ),
    DatasetRule(
        id="D05",
        version=2,
        severity="warning",
        title_en="Shares that should be steady do not drift between releases",
        title_zh="各项占比与上一次发布相近",
        why="Drift in how much is read, met or rated shows a change of layouts, of the reader or of the source. Asked "
        "about are moves of more than {drift_pct} percentage points, in tables of {drift_least_rows} rows or more.",
        why_zh="读出、完成或评优的占比变化，说明版式、读取程序或来源有变。"
        "行数达到 {drift_least_rows} 的表，变化超过 {drift_pct} 个百分点的，予以提示。",
        message_zh="{name_zh}占 {observed}，上次为 {expected}",
        message_en="the share of {name_en} is {observed}; it was {expected}",
        look=_drifted,
    ),
    DatasetRule(
        id="D06",
        version=1,
        severity="warning",
        title_en="Every table that looks like a form is one that was read",
        title_zh="凡形似自评表的表格均已读出",
        why="A table with the labels of a form of which nothing was read may be a form that is missing.",
        why_zh="表格有自评表的栏目却未读出任何内容，可能漏了一张表。",
        message_zh="第 {observed} 页有形似自评表的表格，但未能读出",
        message_en="page {observed} prints a table that looks like a form, but none was read from it",
        look=_lost_forms,
        table="pages",
    ),
)
"""Every rule on the dataset, by id."""

VERSION: Final = " ".join(f"{rule.id}.{rule.version}" for rule in RULES)
"""Changes when a rule comes, goes or changes its meaning."""

BETWEEN_RELEASES: Final = tuple(rule for rule in RULES if rule.id in ("D03", "D05"))
"""Rules that compare two releases. What they find depends on what was published before, so the run reports it and
it is not published."""

WITHIN: Final = tuple(rule for rule in RULES if rule not in BETWEEN_RELEASES)
"""Rules that one dataset obeys or breaks, whatever was published before."""

REASONS: Final[dict[str, tuple[str, str]]] = {
    "no_previous_release": ("没有上一次发布可比", "there is no earlier release"),
    "quarantine_not_given": ("未提供暂不发布的表", "the forms held back were not given"),
    "one_year_only": ("没有连续两年的同一指标", "no indicator has targets in two years running"),
    "no_records": ("没有可供判定的行", "there is nothing to judge"),
    "too_few_records": ("行数太少，占比没有意义", "too few rows for a share to mean something"),
}
"""Reason code -> what it means in Chinese and in English."""


def check_dataset(
    tables: Tables, previous: Tables | None, settings: RuleSettings, rules: Sequence[DatasetRule] = RULES
) -> Checked:
    """Judge the dataset that is about to be published.

    Grain of `checks`: one row for each record that fails, with empty document_id and form_id where it is not about one
    form; one row for each rule that could not be applied (record_id is the rule's id). Of `rule_counts`: one row for
    each rule that could be applied, with an empty document_id.

    Args:
        tables: `forms`, `funding` and `indicators` as they will be published, the whole of them; `quarantined_forms`
            for rule D04 and `pages` for rule D06, where wanted. The rules of `WITHIN` need only what `needed`
            gives, those of `BETWEEN_RELEASES` only the columns of `COMPARED`.
        previous: the same tables of the last release; None for the first.
        settings: thresholds and severities.
        rules: which rules to apply.

    Raises:
        CountsDiffer: Great Expectations and the findings count differently.
    """
    parts = [contract.empty(contract.Checks)]
    wide = []
    severities: dict[str, Severity] = {}
    rules = [rule for rule in rules if rule.table in tables]
    for rule in rules:
        seen = rule.look(tables, previous, settings)
        severity = settings.severities.get(rule.id, rule.severity)
        if isinstance(seen, str):
            parts.append(_conformed(_not_judged(seen, rule), rule, severity))
            continue
        severities[rule.id] = severity
        status = pl.when("is_broken").then(pl.lit("fail", STATUS)).otherwise(pl.lit("pass", STATUS))
        wide.append(seen.select("record_id", status.alias(status_name(rule.id))))
        broken = seen.filter("is_broken").with_columns(
            pl.lit("fail").alias("status"),
            pl.lit(None, pl.String).alias("reason"),
            filled(rule.message_zh).alias("message"),
            filled(rule.message_en).alias("message_en"),
        )
        parts.append(_conformed(broken, rule, severity))
    checks = pl.concat(parts)
    statuses = pl.concat(wide, how="diagonal") if wide else pl.DataFrame()
    verdicts = judge_statuses("dataset", statuses, severities) if statuses.height else {}
    found = checks.filter(pl.col("status").cast(pl.String) == "fail")
    for rule_id, verdict in verdicts.items():
        count = found.filter(pl.col("rule_id") == rule_id).height
        if count != verdict.unexpected:
            raise CountsDiffer(f"{rule_id}: Great Expectations counts {verdict.unexpected}, the findings {count}")
    counts = [
        {
            "document_id": "",
            "rule_id": rule.id,
            "rule_version": rule.version,
            "severity": severities[rule.id],
            "table_name": "dataset",
            "passed": judged.filter(pl.col(status_name(rule.id)) == "pass").height,
            "failed": judged.filter(pl.col(status_name(rule.id)) == "fail").height,
            "not_applicable": 0,
        }
        for rule, judged in zip([rule for rule in rules if rule.id in severities], wide, strict=True)
    ]
    rule_counts = pl.DataFrame(counts, schema=contract.polars_schema(contract.RuleCounts))
    return Checked(checks.sort("rule_id", "document_id", "form_id", "record_id"), rule_counts)


def _not_judged(reason: str, rule: DatasetRule) -> pl.DataFrame:
    row = {"document_id": "", "form_id": "", "table_name": "forms", "record_id": rule.id}
    return pl.DataFrame([row | {"status": "not_applicable", "reason": reason}])


def _conformed(rows: pl.DataFrame, rule: DatasetRule, severity: Severity) -> pl.DataFrame:
    schema = contract.polars_schema(contract.Checks)
    full = rows.with_columns(
        pl.lit(rule.id).alias("rule_id"), pl.lit(rule.version).alias("rule_version"), pl.lit(severity).alias("severity")
    )
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in schema.items() if name not in full.columns]
    return full.with_columns(missing).select(pl.col(name).cast(dtype) for name, dtype in schema.items())
