"""Ends runs at random moments and looks at what is left: `python -m benchmarks.ending [--runs 150] [--seed 1]`.

Runs of `jixiao ingest`, plain and as a Prefect flow in turns, are sent SIGTERM or SIGINT (Ctrl-C) at a random moment
between their start and a little after their end. Some warehouses are used again by the next run that is ended, some
are finished by an undisturbed run. A fault is a run

    hang        that is there 60 s later
    code        that ends with another code than 143 (SIGTERM), 130 (SIGINT), or 0 where the work was done
    traceback   that prints one
    differs     after which the next, undisturbed run publishes other bytes than one that nobody ever ended

The table has one row for each kind of run: how many were ended, by what exit code, seconds from the signal to the end
(median, 95 of 100, worst), and the faults. Exits with 1 when there is any. Needs a POSIX system.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from benchmarks.markdown import table

ROOT: Final = Path(__file__).parents[1]
KINDS: Final = ("plain", "prefect")
HANGS_AFTER: Final = 60
MAY_END: Final = {signal.SIGINT: {130, -signal.SIGINT, 0}, signal.SIGTERM: {143, -signal.SIGTERM, 0}}
"""Exit codes; the negative ones are those of a process that had not yet begun to listen, or had done its work."""


@dataclass
class Endings:
    """What was seen of one kind of run.

    Attributes:
        seconds: From the signal to the end, of each run that was ended.
        codes: How often each exit code was seen.
        early: Runs that were done before their signal came.
        compared: Warehouses whose bytes were compared after an undisturbed run.
        faults: One line each.
    """

    seconds: list[float] = field(default_factory=list)
    codes: Counter[int] = field(default_factory=Counter)
    early: int = 0
    compared: int = 0
    faults: list[str] = field(default_factory=list)


def fill(folder: Path, copies: int) -> None:
    """Write the documents: each sample several times, with a comment at its end that makes it another document."""
    folder.mkdir()
    for path in sorted((ROOT / "samples").glob("*.pdf")):
        for number in range(copies):
            (folder / f"{path.stem}-{number}.pdf").write_bytes(path.read_bytes() + f"% {number}\n".encode())


def published(warehouse: Path) -> dict[str, str]:
    """Return the sha256 of every file that readers see, by path."""
    return {
        f"{place}/{path.relative_to(found)}": hashlib.sha256(path.read_bytes()).hexdigest()
        for place in ("published", "quarantine")
        for found in [(warehouse / place).resolve()]
        for path in sorted(found.rglob("*"))
        if path.is_file()
    }


class Adversary:
    """Ends runs of one kind in a scratch folder, and keeps what it saw in `endings`."""

    def __init__(self, kind: str, scratch: Path, *, seed: int, copies: int) -> None:
        self.endings = Endings()
        self._kind = kind
        self._scratch = scratch / kind
        self._chance = random.Random(f"{kind} {seed}")
        home = self._scratch / "home"
        home.mkdir(parents=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "JIXIAO_"))}
        self._environment = {**kept, "HOME": str(home), "PYTHONPATH": str(ROOT), "SOURCE_DATE_EPOCH": "1767000000"}
        fill(self._scratch / "in", copies)
        self._reference = self._scratch / "undisturbed"
        self._run(self._reference)
        began = time.monotonic()
        self._run(self._scratch / "timed")
        self._whole = time.monotonic() - began
        self._wanted = published(self._reference)
        self._warehouse = self._new()

    def _command(self, warehouse: Path) -> list[str]:
        plain = ["--plain"] if self._kind == "plain" else []
        inbox = str(self._scratch / "in")
        return [sys.executable, "-m", "flows", "ingest", inbox, "-w", str(warehouse), "--workers", "2", *plain]

    def _run(self, warehouse: Path) -> None:
        """Let a run go to its end.

        Raises:
            CalledProcessError: It failed.
        """
        subprocess.run(
            self._command(warehouse), env=self._environment, cwd=self._scratch, check=True, capture_output=True
        )

    def _new(self) -> Path:
        """Return a fresh warehouse; one for Prefect has its database already, as the first start takes long."""
        warehouse = Path(tempfile.mkdtemp(prefix="ended-", dir=self._scratch))
        if self._kind == "prefect":
            ignored = shutil.ignore_patterns("running")
            shutil.copytree(self._reference / "prefect", warehouse / "prefect", ignore=ignored)
        return warehouse

    def end_one(self) -> None:
        """Start a run, end it, and sometimes have an undisturbed one finish its work."""
        seen, name = self.endings, self._chance.choice(["SIGINT", "SIGTERM"])
        cause = getattr(signal, name)
        moment = self._chance.uniform(0, self._whole * 1.05)
        where = f"{name} after {moment:.2f} s"
        process = subprocess.Popen(
            self._command(self._warehouse),
            env=self._environment,
            cwd=self._scratch,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            process.communicate(timeout=moment)
            seen.early += 1
        except subprocess.TimeoutExpired:
            self._end(process, cause, where)
        if self._chance.random() < 0.34:
            self._finish(where)

    def _end(self, process: subprocess.Popen[str], cause: signal.Signals, where: str) -> None:
        seen, began = self.endings, time.monotonic()
        process.send_signal(cause)
        try:
            _, printed = process.communicate(timeout=HANGS_AFTER)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            seen.faults.append(f"hang: {where}")
            return
        seen.seconds.append(time.monotonic() - began)
        seen.codes[process.returncode] += 1
        if process.returncode not in MAY_END[cause]:
            seen.faults.append(f"code {process.returncode}: {where}: {printed[-300:]}")
        if "Traceback" in printed:
            seen.faults.append(f"traceback: {where}: {printed[-1000:]}")

    def _finish(self, where: str) -> None:
        try:
            self._run(self._warehouse)
        except subprocess.CalledProcessError as error:
            self.endings.faults.append(f"next run fails: {where}: {error.stderr[-300:].decode(errors='replace')}")
        else:
            if published(self._warehouse) != self._wanted:
                self.endings.faults.append(f"differs: {where}")
        self.endings.compared += 1
        shutil.rmtree(self._warehouse)
        self._warehouse = self._new()


def figures(by_kind: dict[str, Endings]) -> pl.DataFrame:
    """Return one row for each kind of run; seconds are null when none was ended."""
    return pl.DataFrame(
        [
            {
                "runs": kind,
                "ended": len(seen.seconds),
                "done before": seen.early,
                "exit codes": ", ".join(f"{code}: {count}" for code, count in sorted(seen.codes.items())),
                "median s": round(quantile(seen.seconds, 0.5), 2),
                "p95 s": round(quantile(seen.seconds, 0.95), 2),
                "worst s": round(quantile(seen.seconds, 1), 2),
                "compared": seen.compared,
                "faults": len(seen.faults),
            }
            for kind, seen in by_kind.items()
        ]
    )


def quantile(values: list[float], share: float) -> float:
    """Return the value that this share of the values does not exceed; not a number when there are none.

    Example:
        >>> quantile([3.0, 1.0, 2.0], 0.5)
        2.0
    """
    found = pl.Series(values, dtype=pl.Float64).quantile(share, "nearest")
    return float("nan") if found is None else found


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.ending", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=150, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--copies", type=int, default=1, help="how many documents each sample makes")
    parser.add_argument("--kind", choices=KINDS, action="append", help="only this kind")
    given = parser.parse_args()
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a shell's background jobs ignore it, and so would the runs
    with tempfile.TemporaryDirectory(prefix="jixiao-ending-") as scratch:
        adversaries = {
            kind: Adversary(kind, Path(scratch), seed=given.seed, copies=given.copies) for kind in given.kind or KINDS
        }
        for _ in range(given.runs):
            for adversary in adversaries.values():
                adversary.end_one()
    seen = {kind: adversary.endings for kind, adversary in adversaries.items()}
    print(table(figures(seen)))
    faults = [f"- {kind}: {fault}" for kind, endings in seen.items() for fault in endings.faults]
    print("\n".join(faults))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
