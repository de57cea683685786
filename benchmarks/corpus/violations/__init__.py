"""Breaks one rule of a form that obeys all of them, and names the rules that must notice."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from benchmarks.corpus.families import FAMILIES, Family
from benchmarks.corpus.invent import Inventor
from benchmarks.corpus.model import Form
from benchmarks.corpus.violations import money, rows, totals, wording  # noqa: F401  # they register their violations
from benchmarks.corpus.violations.tools import BREAKERS

SCORED = ("shanghai", "ministry", "yunnan", "sichuan", "poverty", "shandong", "beijing", "reviewed", "department")
"""Families whose forms print weights and scores."""


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
            family = FAMILIES[rng.choice(SCORED)](rng)
            form = Inventor(rng, family, is_tidy=True).form()
            if not name:
                made.append((form, family, ""))
                break
            broken = BREAKERS[name][1](rng, form, family)
            if broken is not None:
                made.append((replace(broken, violates=(name,)), family, name))
                break
        else:
            raise ValueError(f"no form takes the violation {name}")
    return made


__all__ = ["BREAKERS", "forms"]
