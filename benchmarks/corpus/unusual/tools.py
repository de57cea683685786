"""The register of unusual but right forms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from benchmarks.corpus.families.base import Family
from benchmarks.corpus.model import Form
from benchmarks.corpus.violations.tools import SCORED

Maker = Callable[[Random, Form, Family], Form | tuple[Form, Family] | None]
M = TypeVar("M", bound=Maker)


@dataclass(frozen=True, slots=True)
class Kind:
    """One way in which a right form is unusual.

    `asks` are the rules of which a warning is meant to ask about it; `families` are tried. `maker` returns the form,
    with its family where the layout changes too; None: the form has no place for it.
    """

    asks: tuple[str, ...]
    families: tuple[str, ...]
    maker: Maker

    def made(self, rng: Random, form: Form, family: Family) -> tuple[Form, Family] | None:
        found = self.maker(rng, form, family)
        return (found, family) if isinstance(found, Form) else found


KINDS: dict[str, Kind] = {}
"""The kinds by name."""


def unusual(name: str, *asks: str, families: tuple[str, ...] = SCORED) -> Callable[[M], M]:
    """Register a maker under the kind's name."""

    def register(maker: M) -> M:
        KINDS[name] = Kind(asks, families, maker)
        return maker

    return register
