"""Breaks one rule of a form that obeys all of them, and names the rules that must notice."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from benchmarks.corpus.families import FAMILIES, Family
from benchmarks.corpus.invent import Inventor
from benchmarks.corpus.model import Form
from benchmarks.corpus.violations import blanks, money, rows, slips, totals, wording  # noqa: F401  # they register their violations
from benchmarks.corpus.violations.tools import BREAKERS

USUAL = (("产出指标", 50), ("效益指标", 30), ("满意度指标", 10))
WITH_COSTS = (("成本指标", 20), ("产出指标", 40), ("效益指标", 20), ("满意度指标", 10))


def _plain(family: Family) -> Family:
    """Return the family with the usual points of its first levels, where it departs from them."""
    labels = {label for label, _ in family.levels}
    usual = WITH_COSTS if "成本指标" in labels else USUAL
    departs = labels <= {label for label, _ in usual} and family.execution_weight == 10 and len(labels) > 2
    return replace(family, levels=usual) if departs else family


def forms(seed: int, count: int) -> list[tuple[Form, Family, str]]:
    """Return forms, every second one breaking one rule; each with its family and the violation's name ('' for none).

    Every violation comes up in turn. A violation that a form has no place for is tried on further forms.
    """
    made: list[tuple[Form, Family, str]] = []
    names = list(BREAKERS)
    for number in range(count):
        name = names[number // 2 % len(names)] if number % 2 else ""
        for attempt in range(400):
            rng = Random(f"{seed}/{number}/{attempt}")
            family = _plain(FAMILIES[rng.choice(BREAKERS[name].families if name else tuple(FAMILIES))](rng))
            form = Inventor(rng, family, is_tidy=True).form()
            if not name:
                made.append((form, family, ""))
                break
            broken = BREAKERS[name].broken(rng, form, family)
            if broken is not None:
                made.append((replace(broken[0], violates=(name,)), broken[1], name))
                break
        else:
            raise ValueError(f"no form takes the violation {name}")
    return made


__all__ = ["BREAKERS", "forms"]
