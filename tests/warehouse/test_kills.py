"""SIGKILL at any moment of ingest and publish: the next run ends in the state of an undisturbed one."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import (
    NOW,
    VERSION,
    MadeUpForm,
    critical_held,
    derive,
    document_id,
    form_id,
    publish,
    read,
    see,
    whole_release,
)
from warehouse.warehouse import Warehouse

MADE = {f"d{i}": [MadeUpForm(f"p{i}", year=2020 + i % 2), MadeUpForm("same", score=str(90 + i % 2))] for i in range(4)}
HELD = {form_id("d1"): "m"}
MOMENTS = int(os.environ.get("JIXIAO_TEST_KILLS", "10"))
"""How many there are for each of ten seeds."""
BATCHES: Sequence[Sequence[str]] = (("d0", "d1"), ("d2", "d3"))


def work(root: str) -> None:
    """Do what is left to do, as a run does: nothing that landed is done again."""
    warehouse = Warehouse(root)
    for batch in BATCHES:
        for name in batch:
            assert warehouse.archive.put_bytes(name.encode()).document_id == document_id(name)
        see(warehouse, batch)
        todo = set(warehouse.ledger.unread(document_ids=map(document_id, batch))["document_id"])
        if left := [name for name in batch if document_id(name) in todo]:
            read(warehouse, left)
        pending = set(warehouse.ledger.underived(VERSION, map(document_id, batch))["document_id"])
        if left := [name for name in batch if document_id(name) in pending]:
            derive(warehouse, {name: MADE[name] for name in left}, held=HELD if "d1" in left else None)
        publish(warehouse, VERSION, critical_held, now=NOW)


def whole_release_if_any(root: Path) -> None:
    if (root / "current").is_symlink():
        whole_release(root)


class Runs:
    """Starts runs as forks of a server process that has imported all and used nothing, so that each begins at once."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([__name__])

    def killed(self, root: Path, seconds: float) -> bool:
        """Start a run and kill it after some time; true when it was still at work."""
        ready, reported = self._context.Pipe(duplex=False)
        run = self._context.Process(target=_work_when_reported, args=(str(root), reported))
        run.start()
        assert ready.recv() == "ready"
        time.sleep(seconds)
        run.kill()
        run.join()
        return run.exitcode != 0

    def undisturbed(self, root: Path) -> float:
        """Let a run end; return how long it took."""
        ready, reported = self._context.Pipe(duplex=False)
        run = self._context.Process(target=_work_when_reported, args=(str(root), reported))
        run.start()
        assert ready.recv() == "ready"
        began = time.monotonic()
        run.join()
        assert run.exitcode == 0
        return time.monotonic() - began


def _work_when_reported(root: str, reported: Any) -> None:
    reported.send("ready")
    work(root)


def state(root: Path) -> dict[str, Any]:
    """Tell all of a warehouse that must not depend on how often a run was killed."""
    warehouse = Warehouse(root)
    release = whole_release(root)
    ids = [document_id(name) for batch in BATCHES for name in batch]
    events = warehouse.ledger.events()
    return {
        "content": release.manifest["content_digest"],
        "account": release.account.to_dicts(),
        "outcomes": release.outcomes().to_dicts(),
        "events": sorted(events.select("kind", "form_id").rows(), key=repr),
        "to_read": warehouse.ledger.unread().height,
        "to_derive": warehouse.ledger.underived(VERSION).height,
        "lost_from_archive": warehouse.archive.damaged(ids),
        "left_behind": [str(path) for path in (root / "releases").glob(".tmp-*")],
    }


def runs_are_killed_and_the_next_one_ends_well(folder: Path, moments: int, seed: int) -> None:
    runs = Runs()
    length = min(runs.undisturbed(folder / f"undisturbed{number}") for number in range(2))
    expected = state(folder / "undisturbed0")
    chance = random.Random(seed)
    for number in range(moments):
        root = folder / f"killed{number}"
        kill_at_work(runs, root, chance, length)
        whole_release_if_any(root)
        # every third one is killed again while it repairs, so that leftovers of leftovers occur too
        if number % 3 == 0:
            runs.killed(root, chance.uniform(0, length))
            whole_release_if_any(root)
        work(str(root))
        assert state(root) == expected, f"moment {number} of seed {seed}"
        shutil.rmtree(root)


def kill_at_work(runs: Runs, root: Path, chance: random.Random, length: float) -> None:
    """Kill a run at some moment of its work; one that had ended by then is begun anew, to be killed a little sooner."""
    for _ in range(50):
        if runs.killed(root, chance.uniform(0, length)):
            return
        shutil.rmtree(root)
        length *= 0.9
    pytest.fail("every run had ended before it was killed")


@pytest.mark.long
def test_kill_at_any_moment_next_run_ends_as_if_undisturbed(tmp_path: Path) -> None:
    runs_are_killed_and_the_next_one_ends_well(tmp_path, moments=4, seed=0)


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("seed", range(1, 11))
def test_kill_at_many_moments_next_run_ends_as_if_undisturbed(tmp_path: Path, seed: int) -> None:
    runs_are_killed_and_the_next_one_ends_well(tmp_path, MOMENTS, seed)
