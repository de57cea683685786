from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from flows.running.alive import alive, dead, marked
from tests.support.ingesting import NOW, ingest_plainly
from tests.support.paths import ROOT, SAMPLES
from warehouse.warehouse import Warehouse

DIES = """
import os, sys
from pathlib import Path
from flows.running.alive import alive
with alive(Path(sys.argv[1]), "a"):
    os.kill(os.getpid(), 9)
"""
RUN_DIES = """
import os, sys
from flows.running import pipeline
from tests.support.ingesting import ingest_plainly
pipeline._stages = lambda *_: os.kill(os.getpid(), 9)
ingest_plainly(*sys.argv[1:])
"""


def killed(program: str, *arguments: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", program, *map(str, arguments)], cwd=ROOT, check=False)
    assert ended.returncode == -9


def test_dead_finds_what_was_killed_and_tells_it_once(tmp_path: Path) -> None:
    killed(DIES, tmp_path)
    assert marked(tmp_path) == ["a"]
    assert dead(tmp_path) == ["a"]
    assert dead(tmp_path) == []


def test_dead_leaves_what_lives_and_what_ended_well_alone(tmp_path: Path) -> None:
    with alive(tmp_path, "a"):
        assert dead(tmp_path) == []
        assert marked(tmp_path) == ["a"]
    assert marked(tmp_path) == []
    assert dead(tmp_path) == []


def test_alive_the_same_name_twice_keeps_the_first_ones_mark(tmp_path: Path) -> None:
    with alive(tmp_path, "a"):
        with alive(tmp_path, "a"):
            pass
        assert marked(tmp_path) == ["a"]
        assert dead(tmp_path) == []
    assert marked(tmp_path) == []


def test_run_that_was_killed_is_reported_as_crashed_by_the_next(tmp_path: Path) -> None:
    warehouse = tmp_path / "data"
    killed(RUN_DIES, warehouse, SAMPLES)
    assert Warehouse(warehouse).ledger.runs()["state"].to_list() == ["running"]
    ingest_plainly(warehouse, SAMPLES / "no-form.pdf")
    reported = Warehouse(warehouse).ledger.runs().sort("state")
    assert reported["state"].to_list() == ["completed", "crashed"]
    assert reported["started_at"].to_list() == [NOW, NOW]
    assert reported["finished_at"].null_count() == 0
    assert list((warehouse / "running").iterdir()) == []
