"""The rule book as a page: docs/rules.md and docs/rules.zh-CN.md are what `page` returns."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import polars as pl

from expectations import dataset, example
from expectations.catalogue import MODULES, RULES
from expectations.check import failing, measure
from expectations.not_applicable import REASONS
from expectations.rule import Rule
from expectations.rules.authorities import ARITHMETIC, PRINTED_NOTES
from expectations.settings import RuleSettings
from expectations.wording import wording
from warehouse.contract.vocabulary import LanguageCode

FILES: Final[dict[LanguageCode, str]] = {"en": "rules.md", "zh": "rules.zh-CN.md"}

_SECTIONS: Final = {
    "weights": ("Weights", "分值"),
    "totals": ("Scores and totals", "得分与合计"),
    "budget": ("Budget execution", "预算执行"),
    "funding": ("Lines of money", "资金各行"),
    "quantities": ("Numbers, dates and ranks", "数量、时间与位次指标"),
    "over_achievement": ("Over-achievement", "超额完成"),
    "words": ("Words", "定性指标"),
    "deviations": ("Reasons for deviations", "偏差原因"),
    "rating": ("Rating", "评分等级"),
    "levels": ("Levels", "指标类别"),
    "required_cells": ("Cells that must be filled", "必填内容"),
    "narrative": ("Texts and years", "文字与年份"),
    "texts": ("What the form says twice, and names", "重复填写的内容与名称"),
    "pages": ("What was not understood", "未能读懂的内容"),
    "recognised": ("Figures and names recognised from pictures", "扫描识别的数字和名称"),
    "unread_cells": ("Cells not read, cells blank", "未能识别和未填的内容"),
    "plausibility": ("What looks wrong in a row", "指标行中的疑点"),
}
_SEVERITY: Final = {"critical": "关键", "warning": "警告", "info": "提示"}
_TABLE: Final = {"forms": "整表", "funding": "资金行", "indicators": "指标行"}

_OPENING: Final = {
    "en": """# The rule book

Generated from the rule catalogue (`python -m expectations.rule_book docs`); a test holds this page equal to it.

Every form is judged by every rule. A rule has three outcomes: **pass**, **fail**, and **not applicable** with a reason.
It judges only what was printed and read: a missing input is never a pass. Severities:

- `critical` holds the form back (it goes to `quarantine/` with its reasons),
- `warning` and `info` travel with the published form.

Severities and thresholds are settings: the `[rules]` table of `jixiao.toml`.

```toml
[rules]
reason_below_pct = 85
[rules.severities]
R61 = "critical"
```
""",
    "zh": """# 规则手册

本页由规则目录生成（`python -m expectations.rule_book docs`），测试保证两者一致。

每张表都按全部规则判定，结果有三种：**通过**、**不通过**、**不适用**（附原因）。只判定表中印有且读出的内容，
缺少所需数据时绝不算通过。级别：

- `critical`（关键）：该表暂不发布，连同原因放入 `quarantine/`；
- `warning`（警告）和 `info`（提示）：随表发布。

级别和界限均可在 `jixiao.toml` 的 `[rules]` 表中设置。

```toml
[rules]
reason_below_pct = 85
[rules.severities]
R61 = "critical"
```
""",
}
_CONVENTIONS: Final = {
    "en": """## How printed values are compared

- **R51** Blank is an empty cell and also `-`, `—`, `/`, `无`, `0`, `暂无`.
- **R62** Ratings in other words (优秀, 合格) are kept as printed and not judged.
- **R65** A printed amount stands for every value within half a unit of its last digit. A printed rate or score is right
  when rounding half up or cutting off some value in the resulting interval gives it.
- **R67** Decimal arithmetic and whole numbers throughout, half up; no floating point for money or points.
- **R80, R81** Counts add, rates are weighted by money, inapplicable indicators are left out and the rest scaled to 100:
  rules for those who aggregate the dataset, not checks of a form.
""",
    "zh": """## 如何比较印出的数

- **R51** 空白包括空单元格和 `-`、`—`、`/`、`无`、`0`、`暂无`。
- **R62** 其他等级用语（优秀、合格等）照原样保留，不判定。
- **R65** 印出的金额代表末位半个单位以内的所有数。由此得到的区间中，只要有一个数四舍五入或截尾后
  等于印出的执行率或得分，即为正确。
- **R67** 全部用十进制或整数计算，四舍五入；金额和分值不用浮点数。
- **R80、R81** 绝对数直接相加，相对数按资金额度加权平均；不适用的指标剔除后按 100 分折算。
  这是使用数据集时的规则，不检查单表。
""",
}
_WORDS: Final = {
    "en": {
        "settings": "## Settings",
        "setting": "| setting | default | meaning |",
        "dataset": "## The dataset as a whole",
        "judges": "judges each row of",
        "source": "Source",
        "inputs": "Inputs",
        "not": "Not applicable when",
        "says": "It says",
        "version": "version",
    },
    "zh": {
        "settings": "## 设置",
        "setting": "| 设置 | 默认值 | 含义 |",
        "dataset": "## 数据集整体",
        "judges": "判定",
        "source": "依据",
        "inputs": "所用数据",
        "not": "不适用的情形",
        "says": "报告示例",
        "version": "版本",
    },
}


_SOURCES_ZH: Final = {
    ARITHMETIC: "表内运算",
    PRINTED_NOTES: "各地已公布表格所附说明",
    "own rule": "本项目规则",
    "vocabulary of labels": "栏目名称词表",
    "template of the ministry": "财政部通行表式",
    "templates of published forms": "已公布表格的表式",
    "published forms": "已公布的表格",
    "Sichuan form text; elsewhere the same threshold as a default": "四川省表格所附说明；其他地区以同一界限为默认值",
    "Hubei and Jinan": "湖北省、济南市",
}
_SETTINGS_ZH: Final = {
    "severities": "按规则编号设置级别，未列的用目录中的级别",
    "score_tolerance": "得分与应得分允许相差的分数（R65）",
    "total_tolerance_per_row": "合计与各项之和每行允许相差的分数（R07）",
    "total_tolerance_most": "合计与各项之和最多允许相差的分数（R07）",
    "money_tolerance_per_row": "资金合计每行允许相差的数，以所印单位计（R13）",
    "coarse_score_pct": "取整的得分与应得分相差达到分值的百分之几算错（R66）",
    "single_weight_most": "单个指标分值的上限（R08）",
    "reason_below_pct": "执行率低于多少应说明原因（R16）",
    "over_explain_pct": "超过指标值百分之几应说明原因（R30）",
    "over_low_target_pct": "超过指标值百分之几视为指标值偏低（R30）",
    "over_magnitude": "达到指标值多少倍视为可能笔误（R93）",
    "bands": "定性指标各档下限，占分值的百分比（R40）",
    "regional_bands": "主管部门、实施单位或标题中出现该地名时采用的各档下限（R40）",
    "execution_bands": "预算执行的区间：执行率从该数起，得分值的百分之几；低于最低一档得 0 分（R12）",
    "ocr_certainty": "识别把握的下限：低于此值的数字须由表内勾稽关系证实（R55），名称予以列出（R100）",
    "wide_limit": "上限为完成值多少倍视为过宽（R32）",
    "goal_shortest": "实际完成情况最少字数（R75）",
    "narrative_share_pct": "文字中的数与完成值相差多少以内视为说的是同一件事（R76）",
    "target_change_pct": "指标值逐年变化的上限，百分比（D02）",
    "shrink_pct": "各表两次发布之间允许减少的行数，百分比（D03）",
    "quarantine_pct": "暂不发布的表所占比例的上限（D04）",
    "drift_pct": "各项占比两次发布之间允许变化的百分点（D05）",
    "drift_least_rows": "两次发布中该表至少有这么多行，才比较占比（D05）",
}


def source_in(source: str, language: LanguageCode) -> str:
    """Return the source of a rule in a language."""
    if language == "en":
        return source
    for english, chinese in _SOURCES_ZH.items():
        source = source.replace(english, chinese)
    return source


def messages(rules: list[Rule], language: LanguageCode) -> dict[str, str]:
    """Return what each rule says about its own bad example."""
    settings = RuleSettings()
    bad = [next(case for case in rule.examples if case.outcome == "fail") for rule in rules]
    forms = [example.tables(case.changes, number=number) for number, case in enumerate(bad, 1)]
    tables = {name: pl.concat([form[name] for form in forms]) for name in forms[0]}
    measured = measure(tables, settings)
    column = "message" if language == "zh" else "message_en"
    found = {}
    for number, rule in enumerate(rules, 1):
        said = failing(rule, measured[rule.table], settings).filter(pl.col("form_id").str.ends_with(f"-{number:03d}"))
        found[rule.id] = str(said.collect()[column][0])
    return found


def _rule(rule: Rule, language: LanguageCode, said: str) -> list[str]:
    words = _WORDS[language]
    zh = language == "zh"
    said_of = wording(rule, RuleSettings())
    title, why = said_of.title(language), said_of.why_zh if zh else said_of.why_en
    severity = f"{_SEVERITY[rule.severity]} `{rule.severity}`" if zh else f"`{rule.severity}`"
    judges = f"{words['judges']}{_TABLE[rule.table]} `{rule.table}`" if zh else f"{words['judges']} `{rule.table}`"
    codes = rule.measure(RuleSettings()).not_applicable
    reasons = "; ".join(f"{REASONS[code][0 if zh else 1]} (`{code}`)" for code in codes)
    lines = [
        f"### {rule.id} {title}",
        "",
        f"{severity} · {judges} · {words['version']} {rule.version}",
        "",
        why,
        "",
        f"- {words['source']}: {source_in(rule.source, language)}",
        f"- {words['inputs']}: {', '.join(f'`{name}`' for name in rule.inputs)}",
    ]
    if reasons:
        lines.append(f"- {words['not']}: {reasons}")
    return [*lines, f"- {words['says']}: “{said}”" if not zh else f"- {words['says']}：「{said}」", ""]


def _settings(language: LanguageCode) -> list[str]:
    words = _WORDS[language]
    lines = [words["settings"], "", words["setting"], "|---|---|---|"]
    for name, field in RuleSettings.model_fields.items():
        default: Any = getattr(RuleSettings(), name)
        entries = default.items() if isinstance(default, dict) else ()
        shown = "; ".join(f"{key}: {_shown(value)}" for key, value in entries)
        meaning = _SETTINGS_ZH[name] if language == "zh" else field.description
        lines.append(f"| `{name}` | {shown or _shown(default) or '—'} | {meaning} |")
    return [*lines, ""]


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ""
    if hasattr(value, "model_dump"):
        return ", ".join(f"{key} {inner}" for key, inner in value.model_dump().items())
    return str(value)


def page(language: LanguageCode) -> str:
    """Return the rule book as Markdown, the same text for the same catalogue."""
    zh = language == "zh"
    said = messages(list(RULES), language)
    lines = [_OPENING[language], _CONVENTIONS[language]]
    for module in MODULES:
        english, chinese = _SECTIONS[module.__name__.rpartition(".")[2]]
        lines += [f"## {chinese if zh else english}", ""]
        for rule in module.RULES:
            lines += _rule(rule, language, said[rule.id])
    lines += [_WORDS[language]["dataset"], ""]
    for checked in dataset.RULES:
        severity = f"{_SEVERITY[checked.severity]} `{checked.severity}`" if zh else f"`{checked.severity}`"
        said_of = wording(checked, RuleSettings())
        lines += [f"### {checked.id} {said_of.title(language)}", "", severity, ""]
        lines += [said_of.why_zh if zh else said_of.why_en, ""]
    lines += _settings(language)
    return "\n".join(lines).rstrip() + "\n"


def write(folder: Path) -> None:
    """Write both pages into a folder."""
    for language, name in FILES.items():
        (folder / name).write_text(page(language), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
