"""Invents a form's figures and sentences for a family, so that every rule holds."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from benchmarks.corpus import words
from benchmarks.corpus.families import Family
from benchmarks.corpus.model import Form, FundingLine, Indicator
from benchmarks.corpus.words import Field, Measure

CENT = Decimal("0.01")
OVER = {False: (100, 102, 108, 115, 128, 160), True: (100, 102, 108, 115)}
"""Actual in percent of the target."""
BENEFITS = ("经济效益指标", "社会效益指标", "生态效益指标", "可持续影响指标")
MANAGEMENT = {
    "项目决策": (
        ("项目立项", ("立项依据充分性", "绩效目标合理性"), "充分"),
        ("资金落实", ("资金到位率", "到位及时性"), "及时"),
    ),
    "项目管理": (("业务管理", ("管理制度健全性", "制度执行有效性"), "健全"), ("财务管理", ("资金使用合规性",), "合规")),
}


def points(value: Decimal, decimals: int) -> str:
    """Write points: with fixed decimals, or as short as they can be when the form uses none."""
    if decimals == 2:
        return str(value.quantize(CENT))
    text = f"{value.normalize():f}"
    return f"{value:.1f}" if decimals == 1 and "." in text and len(text.split(".")[1]) < 2 else text


def shares(rng: Random, whole: Decimal, count: int, step: Decimal) -> list[Decimal]:
    """Cut a weight into parts of whole steps, none of them nothing, which sum to it exactly."""
    steps = int(whole / step)
    if steps < count:
        raise ValueError(f"{whole} cannot be cut into {count} parts of {step}")
    cuts = sorted(rng.sample(range(1, steps), count - 1))
    return [step * (b - a) for a, b in zip([0, *cuts], [*cuts, steps], strict=True)]


class Inventor:
    """Makes forms of one family."""

    def __init__(self, rng: Random, family: Family, *, is_tidy: bool = False) -> None:
        self.rng = rng
        self.family = family
        self.is_tidy = is_tidy
        """Nothing for any rule to remark upon: no target far exceeded, units always printed, words answered in kind."""

    def form(self, *, rows: int | None = None, sentences: int | None = None, year: int | None = None) -> Form:
        """Return a form; `rows` indicators in the first level, goals of so many sentences."""
        rng, family = self.rng, self.family
        field = rng.choice(words.FIELDS)
        place = rng.choice(words.PLACES)
        at = str(year or rng.randint(2019, 2024))
        project = rng.choice(("", "", at + "年", rng.choice(words.TOWNS))) + rng.choice(field.projects)
        if rng.random() < 0.08:
            project = f"{rng.randint(510000, 510099)}21R0000000{rng.randint(10000, 99999)}-{project}"
        unit = place + rng.choice(field.units)
        department = place + field.department
        if rng.random() < 0.1:
            code = rng.randint(100, 400)
            department, unit = f"{code}-{department}", f"{code}{rng.randint(1, 9):03d}-{unit}"
        columns = {key for _, key in family.layout.indicators}
        indicators = self.indicators(field, rows)
        funding = self.funding()
        total = self._sum(indicators, funding) if "score" in columns else None
        texts = [self.goal(field, sentences) for _ in range(3)]
        while self.is_tidy and texts[0] == texts[1]:
            texts[1] = self.goal(field, sentences)
        form = Form(
            title=family.title.format(year=at, place=place, project=project),
            year=at,
            project=project if family.has_project else None,
            department=department if self._prints("department") else None,
            unit=unit,
            currency=family.currency,
            funding=funding,
            goal_expected=texts[0] if "goals" in family.layout.sections else None,
            goal_actual=texts[1] if "goals" in family.layout.sections else None,
            indicators=indicators,
            total_weight="100" if "weight" in columns and family.prints_total else None,
            total_score=points(total, family.decimals)
            if total is not None and (family.prints_total or family.header_total)
            else None,
            extra={
                "goal_adjusted": texts[2],
                "contact": "柳某某",
                "phone": f"0{rng.randint(310, 899)}-{rng.randint(2000000, 8999999)}",
                "code": str(rng.randint(100, 399)),
            },
        )
        if family.decimals == 2 and form.total_weight:
            form = replace(form, total_weight="100.00")
        return replace(form, rating=rating_of(total)) if family.prints_rating and total is not None else form

    def _prints(self, key: str) -> bool:
        return any(key == k for row in self.family.layout.header for _, k in row)

    def _sum(self, indicators: tuple[Indicator, ...], funding: tuple[FundingLine, ...]) -> Decimal:
        scores = [row.score for row in indicators if row.score] + [funding[0].score or "0"]
        return sum((Decimal(score) for score in scores), Decimal(0))

    # money

    def amount(self, value: Decimal) -> str:
        """Write an amount of the form's currency unit."""
        if self.family.currency == "元":
            value = value * 10000
            return f"{value:,.2f}" if self._commas else f"{value:.2f}"
        if self.family.decimals == 0:
            return f"{value.normalize():f}"
        return f"{value:,.2f}" if self._commas else str(value)

    def funding(self) -> tuple[FundingLine, ...]:
        """Return the funding lines: parts add up to the total, rates and scores follow from the amounts."""
        rng, family = self.rng, self.family
        self._commas = rng.random() < 0.2
        kinds = [kind for _, kind in family.lines]
        budget = {kind: Decimal(0) for kind in ("current", "carried", "other")}
        budget["current"] = Decimal(rng.randint(2_000, 900_000)).scaleb(-2)
        if "carried" in kinds and rng.random() < 0.3:
            budget["carried"] = Decimal(rng.randint(500, 90_000)).scaleb(-2)
        if "other" in kinds and rng.random() < 0.2:
            budget["other"] = Decimal(rng.randint(500, 90_000)).scaleb(-2)
        share = rng.choice((Decimal(1), Decimal(1), Decimal(rng.randint(9000, 9999)).scaleb(-4)))
        executed = {kind: (value * share).quantize(CENT, ROUND_HALF_UP) for kind, value in budget.items()}
        keys = {key for _, key in family.layout.funding}
        is_same = "budget" not in keys or (self.is_tidy and "deviation" in keys)
        grown = Decimal(1) if is_same or rng.random() < 0.7 else Decimal(rng.randint(80, 120)).scaleb(-2)
        initial = {k: (v * grown).quantize(CENT, ROUND_HALF_UP) for k, v in budget.items()}
        for amounts in (budget, executed, initial):
            amounts["total"] = sum(amounts.values(), Decimal(0))
        blank = rng.choice(("0.00", "", "0.00")) if family.decimals == 2 else rng.choice(("0", "", "-"))
        made = []
        for text, kind in family.lines:
            is_total = kind == "total"
            is_empty = budget[kind] == 0
            rate = self._rate(executed[kind], budget[kind]) if is_total or (family.sub_rate and not is_empty) else ""
            if is_empty and family.sub_rate and family.rate == "{:.2f}" and blank == "0.00":
                rate = "0.00"
            score = None
            if is_total and family.execution_weight is not None:
                exact = executed[kind] / budget[kind] * family.execution_weight
                score = points(exact.quantize(CENT, ROUND_HALF_UP), family.decimals)
            values = {
                "initial": blank if is_empty else self.amount(initial[kind]),
                "budget": blank if is_empty else self.amount(budget[kind]),
                "executed": blank if is_empty else self.amount(executed[kind]),
                "weight": points(Decimal(family.execution_weight or 0), family.decimals)
                if is_total
                else family.sub_mark,
                "rate": rate,
                "score": score if is_total else family.sub_mark,
                "deviation": "",
            }
            method = {"method": "执行率×分值" if is_total else ""}
            line = FundingLine(text, **{k: v for k, v in values.items() if k in keys}, extra=method)
            if family.weight_in_label and is_total:
                line = replace(line, weight=str(family.execution_weight))
            made.append(line)
        return tuple(made)

    def _rate(self, executed: Decimal, budget: Decimal) -> str:
        exact = executed / budget * 100
        decimals = int(self.family.rate.split(".")[1][0])
        return self.family.rate.format(exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))

    # goals

    def goal(self, field: Field, count: int | None) -> str:
        """Return a narrative of some sentences."""
        rng = self.rng
        count = count or rng.randint(1, 4)
        known = field.sentences if count <= len(field.sentences) else [s for f in words.FIELDS for s in f.sentences]
        parts = rng.sample(known, count) if count <= len(known) else rng.choices(known, k=count)
        before, after = rng.choice((("目标{}：", "。"), ("{}.", "；"), ("", "；"), ("", "。")))
        text = "".join(before.format(n) + part + after for n, part in enumerate(parts, 1))
        if not before:
            text = rng.choice(words.OPENINGS) + text[:-1] + "。"
        return text + rng.choice(words.ENDINGS)

    # indicators

    def indicators(self, field: Field, rows: int | None) -> tuple[Indicator, ...]:
        """Return the rows: weights sum to the levels' points, scores follow from targets and actuals."""
        rng, family = self.rng, self.family
        made: list[Indicator] = []
        longest = max(family.levels, key=lambda level: level[1])
        for number, (label, whole) in enumerate(family.levels):
            most = rng.randint(2, 7) if number == 0 else rng.randint(1, 5)
            count = min(most, 2 if whole <= 10 else most)
            if rows and (label, whole) == longest:
                count = rows
            step = Decimal(1) if whole >= count * 2 else Decimal("0.5")
            weights = shares(rng, Decimal(whole), count, step)
            while self.is_tidy and count > 1 and max(weights) > 50:
                weights = shares(rng, Decimal(whole), count, step)
            named = label + family.captions.format(points=whole) if family.captions else label
            drafts = [self._draft(field, label, index, count) for index in range(count)]
            if self.is_tidy:
                drafts = _named_apart(drafts)
            order = {key: n for n, key in enumerate(dict.fromkeys(level2 for level2, *_ in drafts))}
            drafts.sort(key=lambda draft: order[draft[0]])
            numbers: dict[str, int] = {}
            for (level2, name, kind, measure), weight in zip(drafts, weights, strict=True):
                numbers[level2] = numbers.get(level2, 0) + 1
                prefix = family.numbered.format(n=numbers[level2])
                made.append(self._row(named, level2, prefix + name, kind, measure, weight))
            if label == "效益指标" and rng.random() < 0.15:
                made.append(
                    self._blank(named, next(b for b in reversed(BENEFITS) if b not in order or b == BENEFITS[-1]))
                )
        return tuple(made)

    def _blank(self, level1: str, level2: str) -> Indicator:
        """Return a row that prints its labels and nothing else: no indicator."""
        columns = {key for _, key in self.family.layout.indicators}

        def printed(key: str, text: str = "") -> str | None:
            return text if key in columns else None

        return Indicator(
            level1=printed("level1", level1),
            level2=printed("level2", level2),
            name="",
            target="",
            actual="",
            weight=printed("weight"),
            score=printed("score"),
            deviation=printed("deviation"),
            operator=printed("operator"),
            unit=printed("unit"),
        )

    def _draft(self, field: Field, label: str, index: int, count: int) -> tuple[str, str, str, Measure | str]:
        rng = self.rng
        if label in MANAGEMENT:
            level2, names, word = rng.choice(MANAGEMENT[label])
            return level2, rng.choice(names), "word", word
        if label in ("产出指标", "项目产出"):
            which = ("数量指标", "质量指标", "时效指标", "成本指标")[min(3, index * 4 // max(count, 1))]
            if which == "数量指标":
                measure = rng.choice(field.quantity)
                return which, measure[0], "more", measure
            if which == "质量指标":
                measure = rng.choice(field.quality)
                return which, measure[0], "more", measure
            if which == "时效指标":
                name = rng.choice(field.time)
                return which, name, rng.choice(("word", "date")), "及时"
            return which, rng.choice(("项目总成本", "单位成本控制")), "less", ("", rng.choice(("万元", "元")), 20, 900)
        if label == "成本指标":
            which = rng.choice(("经济成本指标", "社会成本指标", "生态环境成本指标"))
            return which, rng.choice(("项目总成本", "人均投入", "单位产出成本")), "less", ("", "万元", 5, 900)
        if label in ("效益指标", "项目效益"):
            which = BENEFITS[min(3, index * 4 // max(count, 1))] if count > 1 else rng.choice(BENEFITS)
            if which == "经济效益指标":
                measure = rng.choice(field.economic)
                return which, measure[0], "more", measure
            names = {"社会效益指标": field.social, "生态效益指标": field.ecological, "可持续影响指标": field.lasting}[
                which
            ]
            return which, rng.choice(names), "word", rng.choice(("有所提升", "明显改善", "逐步完善", "持续提高"))
        measure = (rng.choice(field.public), "%", 80, 96)
        return "服务对象满意度指标", measure[0], "more", measure

    def _row(
        self, level1: str, level2: str, name: str, kind: str, measure: Measure | str, weight: Decimal
    ) -> Indicator:
        rng, family = self.rng, self.family
        score, reason = weight, rng.choice(words.BLANKS)
        if kind == "word":
            word = str(measure)
            other = word if self.is_tidy else "完成"
            done = "达成指标" if "shanghai" in family.dialects else rng.choice((word, word, other))
            operator, target, unit, actual = "", word, "", done
        elif kind == "date":
            month = rng.randint(6, 11)
            year = rng.choice(("", "", "当年"))
            operator, target, unit = "", f"{year}{month}月底前", ""
            actual = rng.choice((f"{year}{month}月", f"{year}{month - 1}月"))
        else:
            assert not isinstance(measure, str)
            operator, goal, value, ratio = self._figures(kind, measure)
            if ratio < 1:
                score = (weight * ratio).quantize(CENT, ROUND_HALF_UP)
                reason = rng.choice(words.REASONS)
            elif kind == "more" and value > goal * Decimal("1.3"):
                reason = rng.choice(words.OVER_REASONS)
            operator, target, unit, actual = self._write(operator, goal, value, measure[1])
        columns = {key for _, key in family.layout.indicators}
        reviewed = max(Decimal(0), score - rng.choice((Decimal("0.5"), Decimal("0.25"), Decimal(0))))
        second = {"second_score": points(reviewed, family.decimals), "method": rng.choice(("完成得满分", "按比例计分"))}
        return Indicator(
            level1=level1 if "level1" in columns else None,
            level2=level2 if "level2" in columns else None,
            name=name,
            target=target,
            actual=actual,
            weight=points(weight, family.decimals) if "weight" in columns else None,
            score=points(score, family.decimals) if "score" in columns else None,
            deviation=reason if "deviation" in columns else None,
            operator=operator if "operator" in columns else None,
            unit=unit if "unit" in columns else None,
            extra=second,
        )

    def _figures(self, kind: str, measure: Measure) -> tuple[str, Decimal, Decimal, Decimal]:
        """Return operator, target, actual, and the share of the weight that is earned."""
        rng = self.rng
        _, unit, low, high = measure
        goal = Decimal(rng.randint(low, high))
        if "万" in unit or "亿" in unit:
            goal += Decimal(rng.randint(0, 99)).scaleb(-2) if goal < 50 else 0
        miss = rng.random() < 0.12
        if kind == "less":
            value = goal * Decimal(rng.randint(102, 130) if miss else rng.randint(80, 100)).scaleb(-2)
            value = value.quantize(CENT)
            return "≤", goal, value, min(Decimal(1), goal / value)
        if unit == "%":
            lower, higher = max(goal / 2, goal - rng.randint(1, 6)), goal + Decimal(rng.randint(0, 40)) / 10
            value = lower if miss else min(Decimal(100), higher)
            return "≥", goal, value, min(Decimal(1), value / goal)
        if miss:
            value = max(Decimal(1), (goal * Decimal(rng.randint(60, 97)).scaleb(-2)).quantize(Decimal(1)))
            value = min(value, goal - 1) if goal > 1 else goal
            return "≥", goal, value, value / goal
        equal = rng.random() < 0.3
        grown = Decimal(1) if equal else Decimal(rng.choice(OVER[self.is_tidy])).scaleb(-2)
        value = goal if equal else (goal * grown).quantize(goal)
        return ("=" if equal else "≥"), goal, value, Decimal(1)

    def _write(self, operator: str, goal: Decimal, value: Decimal, unit: str) -> tuple[str, str, str, str]:
        """Return operator, target, unit and actual as the form's dialect writes them."""
        rng = self.rng
        dialect = rng.choice(self.family.dialects)
        short = {True: f"{goal.normalize():f}", False: f"{goal:f}"}[rng.random() < 0.7]
        actual = f"{value.normalize():f}"
        if dialect == "shanghai":
            figures = f"{goal:.2f}" if rng.random() < 0.8 else f"{goal.normalize():f}"
            return "", f"{operator}{figures}({unit})", "", f"{value:.2f}({unit})"
        if dialect == "columns":
            glyph = rng.choice({"≥": ("≥", "≥", "≧", ">="), "=": ("=", "＝", "═"), "≤": ("≤", "≤", "≦")}[operator])
            word = "百分比" if unit == "%" and rng.random() < 0.2 else unit
            return glyph, short, word, actual + ("%" if unit == "%" and rng.random() < 0.5 else "")
        if dialect == "ascii":
            glyph = {"≥": ">=", "=": "=", "≤": "<="}[operator]
            return "", f"{glyph}{short}{unit}", "", f"{actual}{unit}"
        if dialect == "words":
            pattern = {"≥": ("不少于{}", "{}以上", "达到{}"), "=": ("{}",), "≤": ("不超过{}", "{}以内")}[operator]
            return "", str(rng.choice(pattern).format(short + unit)), "", actual + unit
        if dialect == "plain":
            return "", ("" if operator == "≥" else operator.replace("=", "")) + short + unit, "", actual + unit
        if dialect == "bare":
            return (
                "",
                operator.replace("=", "") + short + ("%" if unit == "%" else ""),
                "",
                actual + ("%" if unit == "%" else ""),
            )
        text = f"{goal:,}" if goal >= 10000 and rng.random() < 0.4 else short
        return "", f"{operator}{text}{unit}", "", actual + (unit if self.is_tidy or rng.random() < 0.85 else "")


def _named_apart(drafts: list[tuple[str, str, str, Measure | str]]) -> list[tuple[str, str, str, Measure | str]]:
    """Return drafts whose names differ within a second level: the second of a name is its second lot, and so on."""
    seen: dict[tuple[str, str], int] = {}
    found = []
    for level2, name, kind, measure in drafts:
        lot = seen[level2, name] = seen.get((level2, name), 0) + 1
        found.append((level2, name if lot == 1 else f"{name}（第{'一二三四五六七八九'[lot - 1]}批）", kind, measure))
    return found


def rating_of(score: Decimal) -> str:
    """Return the grade of a total score."""
    return "优" if score >= 90 else "良" if score >= 80 else "中" if score >= 60 else "差"
