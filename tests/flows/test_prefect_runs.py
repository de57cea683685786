from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from flows.prefect_runs import alive, dead, marks

RUN = str(UUID(int=7))
DIES = f"""
import os
from flows.prefect_runs import alive
with alive("{RUN}"):
    os.kill(os.getpid(), 9)
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    return tmp_path


def test_dead_finds_the_run_whose_process_was_killed_and_tells_it_once() -> None:
    assert subprocess.run([sys.executable, "-c", DIES], cwd=Path(__file__).parents[2], check=False).returncode == -9
    assert marks() == [UUID(RUN)]
    assert dead() == [UUID(RUN)]
    assert dead() == []


def test_dead_leaves_a_run_that_lives_and_one_that_ended_well_alone() -> None:
    with alive(RUN):
        assert dead() == []
        assert marks() == [UUID(RUN)]
    assert marks() == []
    assert dead() == []
