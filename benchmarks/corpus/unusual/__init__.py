"""Forms that are right, and look in some way as few forms do: no rule may accuse them."""

from __future__ import annotations

from random import Random

from benchmarks.corpus.families import FAMILIES, Family
from benchmarks.corpus.invent import Inventor
from benchmarks.corpus.model import Form
from benchmarks.corpus.unusual import clerk, money, rows, totals, wording  # noqa: F401  # they register their kinds
from benchmarks.corpus.unusual.tools import KINDS


def forms(seed: int, count: int) -> list[tuple[Form, Family, str]]:
    """Return forms, each unusual in one way, every kind in turn; each with its family and the kind's name."""
    made: list[tuple[Form, Family, str]] = []
    names = list(KINDS)
    for number in range(count):
        name = names[number % len(names)]
        for attempt in range(400):
            rng = Random(f"unusual/{seed}/{number}/{attempt}")
            family = FAMILIES[rng.choice(KINDS[name].families)](rng)
            found = KINDS[name].made(rng, Inventor(rng, family, is_tidy=True).form(), family)
            if found is not None:
                made.append((*found, name))
                break
        else:
            raise ValueError(f"no form can be {name}")
    return made


__all__ = ["KINDS", "forms"]
