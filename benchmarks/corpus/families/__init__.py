"""The layout families: which labels each prints, in which order, and how it writes its values."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from benchmarks.corpus.families.base import Family
from benchmarks.corpus.families.departments import department, department_flat
from benchmarks.corpus.families.ministry import ministry, shanghai
from benchmarks.corpus.families.operators import sichuan, yunnan
from benchmarks.corpus.families.scoring import beijing, hubei, management, reviewed, shandong
from benchmarks.corpus.families.transfers import poverty, transfer, transfer_managed, transfer_scored

FAMILIES: dict[str, Callable[[Random], Family]] = {
    made.__name__: made
    for made in (
        shanghai,
        ministry,
        yunnan,
        sichuan,
        poverty,
        transfer,
        transfer_managed,
        transfer_scored,
        hubei,
        shandong,
        beijing,
        reviewed,
        management,
        department,
        department_flat,
    )
}

__all__ = ["FAMILIES", "Family"]
