"""Writes generated report PDFs and their truth.

`make OUTDIR --seed N --count N` writes documents of every layout, shape and producer; `violations OUTDIR` writes
documents of one form each, every second of which breaks one rule.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.corpus.make import make
from benchmarks.corpus.plan import PRODUCERS, plan, plan_violations


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.corpus", description=__doc__)
    parser.add_argument("command", choices=["make", "violations"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--producers", nargs="+", choices=PRODUCERS, default=list(PRODUCERS))
    parser.add_argument("--scans", type=int, default=0, help="this many degraded scans more")
    given = parser.parse_args()
    if given.command == "make":
        documents = plan(given.seed, given.count, given.producers, given.scans)
    else:
        documents = plan_violations(given.seed, given.count, given.producers)
    make(list(documents), given.folder)


if __name__ == "__main__":
    main()
