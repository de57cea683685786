"""How long all rules take on a million indicators: `python -m benchmarks.checking [indicators]`.

Fifty thousand forms of twenty indicators, three forms a document, copied from the catalogue's own examples: about one
form in three breaks some rule. Prints seconds for the measures, the verdicts of Great Expectations and the whole check,
and the peak memory of the process.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import polars as pl

from expectations import check as checking
from expectations import example
from expectations.catalogue import RULES
from expectations.settings import RuleSettings

ROWS_A_FORM = 20
FORMS_A_DOCUMENT = 3


def patterns() -> dict[str, pl.DataFrame]:
    """Return good forms and forms that break one rule each, all with twenty indicators."""
    thin = {
        number: {"weight": "0.00", "score": "0.00", "indicator_name": f"事项{number}", "target": f"≥{number}个"}
        | {"actual": f"{number}个"}
        for number in range(6, ROWS_A_FORM + 1)
    }
    parts = []
    changes: list[Any] = [{}] * 40
    changes += [case.changes for rule in RULES for case in rule.examples if case.outcome == "fail"][:40:2]
    for number, change in enumerate(changes, 1):
        rows = {**thin, **change.get("indicators", {})}
        parts.append(example.tables({**change, "indicators": rows}, number=number))
    return {name: pl.concat([part[name] for part in parts]) for name in parts[0]}


def copies(tables: dict[str, pl.DataFrame], forms: int) -> dict[str, pl.DataFrame]:
    """Return the patterns copied until there are so many forms, each copy in documents of its own."""
    times = max(1, forms // tables["forms"].height)
    copy = pl.DataFrame({"copy": range(times)}, schema={"copy": pl.Int64})
    found = {}
    for name, table in tables.items():
        wide = table.join(copy, how="cross")
        number = pl.col("form_id").str.slice(-3).cast(pl.Int64)
        document = pl.format(
            "{}{}",
            pl.col("copy").cast(pl.String).str.zfill(12),
            (number // FORMS_A_DOCUMENT).cast(pl.String).str.zfill(12),
        )
        ids = [
            c for c in wide.columns if c.endswith("_id") and c not in ("document_id",) and wide.schema[c] == pl.String
        ]
        renamed = [(document + pl.col(c).str.slice(24)).alias(c) for c in ids]
        if "document_id" in wide.columns:
            renamed.append((pl.lit("0" * 40) + document).alias("document_id"))
        found[name] = wide.with_columns(renamed).drop("copy")
    return found


@contextmanager
def timed(name: str, spent: dict[str, float]) -> Iterator[None]:
    """Add up the seconds of a function of the check, under its name."""
    work = getattr(checking, name)

    def run(*arguments: Any) -> Any:
        begun = time.perf_counter()
        found = work(*arguments)
        spent[f"{name}_s"] = spent.get(f"{name}_s", 0.0) + time.perf_counter() - begun
        return found

    with mock.patch.object(checking, name, run):
        yield


def main() -> None:
    """Run the benchmark once and print its figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.checking", description=__doc__)
    parser.add_argument("indicators", type=int, nargs="?", default=1_000_000, help="how many (1000000)")
    tables = copies(patterns(), parser.parse_args().indicators // ROWS_A_FORM)
    settings = RuleSettings()
    checking.check(example.tables(), settings)  # imports are not what is measured
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    spent: dict[str, float] = {}
    wall, processor = time.perf_counter(), time.process_time()
    with timed("measure", spent), timed("judge", spent):
        checked = checking.check(tables, settings)
    figures = {
        "indicators": tables["indicators"].height,
        "forms": tables["forms"].height,
        "evidence": tables["evidence"].height,
        "rules": len(RULES),
        **{name: round(seconds, 1) for name, seconds in spent.items()},
        "check_s": round(time.perf_counter() - wall, 1),
        "processor_s": round(time.process_time() - processor, 1),
        "findings": checked.checks.filter(pl.col("status").cast(pl.String) == "fail").height,
        "checks": checked.checks.height,
        "before_mb": before,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
