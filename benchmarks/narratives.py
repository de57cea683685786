"""How well R76 tells a wrong figure in a form's text from the many right ones: `python -m benchmarks.narratives`.

Writes figures into the texts of made-up forms. Half of the texts hold true figures of the form's indicators beside
others that only look near (last year's, parts, money, other counts); half hold one figure with two digits swapped.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import replace
from decimal import Decimal
from random import Random

from benchmarks.corpus.families import FAMILIES
from benchmarks.corpus.fields import document_id, fields_of
from benchmarks.corpus.invent import Inventor
from benchmarks.corpus.layouts import Layout
from benchmarks.corpus.model import Form, Indicator
from benchmarks.corpus.violations.tools import split_value
from expectations.frames.narrative import contradictions
from expectations.settings import RuleSettings
from transforms.normalise import normalise


def _figure(row: Indicator) -> tuple[str, Decimal, str] | None:
    """Return an indicator's name without numbering, its actual and the actual's unit."""
    value = split_value(row.actual)
    if not row.name or value is None:
        return None
    return re.sub(r"^★|^指标\d+.", "", row.name), value[1], (row.unit or value[2]).strip("()")


def right_text(rng: Random, form: Form) -> str:
    """Return sentences whose figures all are right: the table's own, and figures of other things."""
    parts = []
    for name, value, unit in filter(None, map(_figure, form.indicators)):
        part = int(value * rng.randint(20, 60) // 100)
        parts.append(
            rng.choice(
                (
                    f"{name}{value.normalize():f}{unit}；",
                    f"{name}{value.normalize():f}{unit}；",
                    f"上年{name}{rng.randint(10, 9999)}{unit}，今年有所增长；",
                    f"其中城区{name}{part}{unit}；",
                    f"累计投入{rng.randint(10, 9999)}元用于{name[:2]}；",
                    f"服务群众{rng.randint(10, 99) * 10 ** rng.randint(1, 2)}人次，发放资料{rng.randint(10, 9999)}份；",
                )
            )
        )
    return "".join(parts)


def swapped_text(rng: Random, form: Form) -> str | None:
    """Return a sentence in which the first two digits of a count are swapped; None: no count has two that differ."""
    found = []
    for row in form.indicators:
        figure = _figure(row) if row.level2 == "数量指标" else None
        digits = f"{figure[1].normalize():f}" if figure else ""
        if figure and re.fullmatch(r"\d{3,5}", digits) and digits[0] != digits[1] != "0":
            found.append((figure[0], digits[1] + digits[0] + digits[2:], figure[2]))
    if not found:
        return None
    name, digits, unit = rng.choice(found)
    return rng.choice(
        (f"全年{name}{digits}{unit}。", f"{name}达到{digits}{unit}，超额完成任务。", f"共{name}{digits}{unit}。")
    )


def made(seed: int, count: int) -> list[tuple[Form, Layout]]:
    """Return forms, every second one with a swapped figure in its text."""
    forms: list[tuple[Form, Layout]] = []
    attempt = 0
    while len(forms) < count:
        attempt += 1
        rng = Random(f"{seed}/{attempt}")
        family = FAMILIES[rng.choice(tuple(FAMILIES))](rng)
        form = Inventor(rng, family, is_tidy=True).form()
        text = swapped_text(rng, form) if len(forms) % 2 else right_text(rng, form)
        if form.goal_actual is not None and text is not None:
            forms.append((replace(form, goal_actual=form.goal_actual + text), family.layout))
    return forms


def report(seed: int, count: int) -> str:
    """Return one sentence with recall and false alarms."""
    tables = normalise(fields_of(made(seed, count)))
    found = contradictions(tables["forms"], tables["indicators"], RuleSettings()).drop_nulls("narrative_number")
    accused = tables["indicators"].join(found, on="indicator_id").join(tables["forms"], on="form_id")
    accused_ids = set(accused["document_id"])
    swapped = {document_id(n) for n in range(1, count, 2)}
    return (
        f"R76 finds {len(swapped & accused_ids)} of {len(swapped)} swapped digits, and accuses "
        f"{len(accused_ids - swapped)} of {count - len(swapped)} right texts."
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.narratives", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=600)
    given = parser.parse_args()
    sys.stdout.write(report(given.seed, given.count) + "\n")


if __name__ == "__main__":
    main()
