"""What may go wrong while the warehouse works: kills, two at once, a full disk, readers beside it."""

from __future__ import annotations

import multiprocessing
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from tests.warehouse.builders import (
    NOW,
    VERSION,
    MadeUpForm,
    critical_held,
    derive,
    document_id,
    form_id,
    ingest,
    read,
    see,
)
from tests.warehouse.test_contents import contents as made_up_contents
from warehouse.release import Release, Releases
from warehouse.storage import open_storage
from warehouse.store import Warehouse

MADE = {f"d{i}": [MadeUpForm(f"p{i}", year=2020 + i % 3), MadeUpForm("same", score=str(90 + i % 2))] for i in range(6)}
HELD = {form_id("d1"): "m"}
ENV = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def work(root: str) -> None:
    """Do what is left to do, as a run does: nothing that landed is done again."""
    warehouse = Warehouse(root)
    for batch in (["d0", "d1"], ["d2", "d3"], ["d4", "d5"]):
        see(warehouse, batch)
        todo = set(warehouse.unread(document_ids=[document_id(name) for name in batch])["document_id"])
        if left := [name for name in batch if document_id(name) in todo]:
            read(warehouse, left)
        pending = set(warehouse.underived(VERSION, [document_id(name) for name in batch])["document_id"])
        if left := [name for name in batch if document_id(name) in pending]:
            derive(warehouse, {name: MADE[name] for name in left}, held={f: m for f, m in HELD.items() if "d1" in left})
        warehouse.publish(VERSION, critical_held, now=NOW)


def whole_release(root: Path) -> Release:
    """Check that what is published is whole and return it."""
    release = Warehouse(root).releases.current()
    assert release is not None
    for table in release.manifest["tables"].values():
        for file in table["files"]:
            assert pl.read_parquet(release.path / file["path"]).height == file["rows"]
    return release


def killed_at(root: Path, seconds: float) -> bool:
    """Start a run, kill it after some time; true when it was still at work."""
    script = f"from tests.warehouse.test_faults import work; print('ready', flush=True); work({str(root)!r})"
    with subprocess.Popen([sys.executable, "-c", script], env=ENV, stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"ready\n"
        time.sleep(seconds)
        run.kill()
        return run.wait() != 0


def undisturbed(tmp_path: Path) -> tuple[Release, float]:
    started = time.monotonic()
    work(str(tmp_path / "undisturbed"))
    return whole_release(tmp_path / "undisturbed"), time.monotonic() - started


def run_is_killed_and_the_next_one_ends_well(tmp_path: Path, moments: int, seed: int) -> None:
    expected, length = undisturbed(tmp_path)
    chance = random.Random(seed)
    kills = 0
    for number in range(moments):
        root = tmp_path / f"killed{number}"
        # several kills in a row on one warehouse, so that leftovers of leftovers occur too
        for _ in range(1 + number % 3):
            kills += killed_at(root, chance.uniform(0, length * 1.2))
            if (root / "current").is_symlink():
                whole_release(root)
        work(str(root))
        got = whole_release(root)
        assert got.manifest["content_digest"] == expected.manifest["content_digest"]
        assert got.account.equals(expected.account)
        assert not list(root.glob("releases/.tmp-*"))
        kinds = Warehouse(root).events().group_by("kind", "form_id").len()
        assert kinds["len"].max() in (1, None), "an event was recorded twice"
    assert kills, "no run was killed while it was at work"


def test_kill_at_any_moment_next_run_ends_as_if_undisturbed(tmp_path: Path) -> None:
    run_is_killed_and_the_next_one_ends_well(tmp_path, moments=3, seed=5)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_kill_at_many_moments_next_run_ends_as_if_undisturbed(tmp_path: Path) -> None:
    run_is_killed_and_the_next_one_ends_well(tmp_path, moments=16, seed=6)


def ingest_and_publish(root: Path, prefix: str, start: Any) -> None:
    warehouse = Warehouse(root)
    start.wait()
    for number in range(4):
        name = f"{prefix}{number}"
        ingest(warehouse, {name: [MadeUpForm(name)]}, held={form_id(name): "m"} if number == 3 else None)
        warehouse.publish(VERSION, critical_held, now=NOW, must_cover=[document_id(name)])


def test_two_runs_at_once_lose_nothing_and_publish_nothing_held(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(2)
    runs = [context.Process(target=ingest_and_publish, args=(tmp_path, prefix, start)) for prefix in "xy"]
    for run in runs:
        run.start()
    for run in runs:
        run.join(120)
    assert [run.exitcode for run in runs] == [0, 0]
    shown = pl.read_parquet(tmp_path / "published/forms/**/*.parquet")["project_name"]
    held = pl.read_parquet(tmp_path / "quarantine/forms/**/*.parquet")["project_name"]
    assert sorted(shown) == ["x0", "x1", "x2", "y0", "y1", "y2"]
    assert sorted(held) == ["x3", "y3"]
    numbers = [release.release_id[:6] for release in Warehouse(tmp_path).list_releases()]
    assert numbers == sorted(set(numbers))


LIMITED = """
import resource, sys
from tests.warehouse.builders import *
from warehouse.errors import WarehouseError
warehouse = Warehouse(sys.argv[1])
step, limit = sys.argv[2], int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    if step == "archive":
        warehouse.archive.put_bytes(b"x" * 100_000)
    elif step == "ledger":
        ingest(warehouse, {"b": [MadeUpForm("q")]})
    else:
        warehouse.publish(VERSION, critical_held, now=NOW, force=True)
except WarehouseError as error:
    print("told:", error)
"""


@pytest.mark.parametrize(("step", "limit"), [("archive", 4096), ("ledger", 512), ("publish", 4096)])
def test_file_that_cannot_be_written_says_so_and_leaves_the_published(tmp_path: Path, step: str, limit: int) -> None:
    warehouse = Warehouse(tmp_path)
    ingest(warehouse, {"a": [MadeUpForm()]})
    before = warehouse.publish(VERSION, critical_held, now=NOW).release
    if step == "publish":
        ingest(warehouse, {"b": [MadeUpForm("q", indicators=200)]})
    run = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path), step, str(limit)],
        env=ENV,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.startswith("told: could not"), run.stdout + run.stderr
    assert "ulimit -f" in run.stdout
    assert whole_release(tmp_path).release_id == before.release_id
    ingest(warehouse, {"c": [MadeUpForm("r")]})
    assert warehouse.publish(VERSION, critical_held, now=NOW).is_new
    assert not list(tmp_path.glob("**/.tmp-*"))


# ---- readers beside a publisher

READS = ("forms", "indicators", "documents")
NOT_THERE = ("No such file", "No files found", "expanded paths were empty", "Cannot open file")


def read_table(engine: str, base: Path, table: str) -> list[str]:
    pattern = f"{base}/{table}/**/*.parquet"
    column = "file_name" if table == "documents" else "form_id"
    if engine == "polars":
        return pl.read_parquet(pattern)[column].to_list()
    return [value for (value,) in duckdb.execute(f"SELECT {column} FROM read_parquet('{pattern}')").fetchall()]


def documents_told_by(table: str, rows: list[str]) -> int:
    """Return how many documents a table tells of: each has one form with three indicators, they are numbered from 0.

    Raises:
        AssertionError: Rows are missing, or there are too many.
    """
    told = {row[:24] for row in rows} if table != "documents" else {document_id(row)[:24] for row in rows}
    assert told == {document_id(f"r{i}")[:24] for i in range(len(told))}, f"{table}: gaps in {len(told)} documents"
    assert len(rows) == (3 if table == "indicators" else 1) * len(told), f"{table}: {len(rows)} rows of {len(told)}"
    return len(told)


def read_on(root: Path, engine: str, stop: Any, results: Any) -> None:
    """Read three tables again and again, below the resolved release and through the link in turn."""
    published = root / "published"
    whole, missing, releases, wrong = 0, 0, set(), []
    while not stop.is_set():
        try:
            pinned = published.resolve()
            counts = {documents_told_by(table, read_table(engine, pinned, table)) for table in READS}
            if len(counts) != 1:
                wrong.append(f"one release, resolved once, gave tables of {counts} documents")
            releases |= counts
            whole += 1
        except Exception as error:
            wrong.append(f"resolved once: {type(error).__name__}: {error}")
        for table in READS:
            try:
                releases.add(documents_told_by(table, read_table(engine, published, table)))
            except Exception as error:
                if any(text in str(error) for text in NOT_THERE):
                    missing += 1
                else:
                    wrong.append(f"through the link: {type(error).__name__}: {error}")
        time.sleep(0.005)
    results.put((engine, whole, missing, len(releases), wrong))


def test_readers_beside_fifty_releases_see_whole_releases_only(tmp_path: Path) -> None:
    """Resolved once: never an error. Through the link for each open: a whole table or 'not there', never a mix."""
    releases = Releases(open_storage(tmp_path))
    made = {f"r{number}": [MadeUpForm(f"r{number}", year=2020 + number % 4)] for number in range(51)}

    def publish(count: int) -> None:
        contents = made_up_contents({name: made[name] for name in list(made)[:count]}, {})
        with releases.lock():
            releases.build(contents, now=NOW, inputs_digest=str(count), versions={})
            releases.prune(keep=20)

    publish(1)
    context = multiprocessing.get_context("spawn")
    stop, results = context.Event(), context.Queue()
    readers = [
        context.Process(target=read_on, args=(tmp_path, engine, stop, results)) for engine in ("polars", "duckdb")
    ]
    for reader in readers:
        reader.start()
    for count in range(2, 52):
        publish(count)
    stop.set()
    told = [results.get(timeout=60) for _ in readers]
    for reader in readers:
        reader.join(60)
    assert releases.kept()[-1].release_id.startswith("000051-")
    for engine, whole, missing, seen, wrong in told:
        print(f"{engine}: {whole} x 3 tables whole, {missing} not there through the link, {seen} releases seen")
        assert wrong == [], engine
        assert whole >= 20
        assert seen >= 10
