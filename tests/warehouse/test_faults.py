"""What may go wrong while the warehouse works: runs at once, a full disk, a read-only one, readers beside it."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from tests.support.builders import (
    NOW,
    VERSION,
    MadeUpForm,
    critical_held,
    derive,
    document_id,
    form_id,
    ingest,
    publish,
    read,
    whole_release,
)
from tests.support.contents import contents as made_up_contents
from warehouse.releases.release import Releases
from warehouse.storage.opening import open_storage
from warehouse.warehouse import Warehouse

ENV = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def ingest_and_publish(root: Path, prefix: str, start: Any) -> None:
    warehouse = Warehouse(root)
    start.wait()
    for number in range(4):
        name = f"{prefix}{number}"
        ingest(warehouse, {name: [MadeUpForm(name)]}, held={form_id(name): "m"} if number == 3 else None)
        publish(warehouse, VERSION, critical_held, now=NOW, must_cover=[document_id(name)])


def derive_again(root: Path, start: Any, stop: Any) -> None:
    """Read and derive all that is there anew and publish, again and again, as a backfill does."""
    warehouse = Warehouse(root)
    start.wait()
    while not stop.is_set():
        seen = warehouse.ledger.first_sightings().collect()["source_uri"]
        names = [uri.removeprefix("/in/").removesuffix(".pdf") for uri in seen]
        if names:
            read(warehouse, names)
            held = {form_id(name): "m" for name in names if name[1] == "3"}
            derive(warehouse, {name: [MadeUpForm(name)] for name in names}, held=held)
        publish(warehouse, VERSION, critical_held, now=NOW, force=True)


@pytest.mark.long
def test_two_ingests_and_a_backfill_at_once_lose_nothing_and_publish_nothing_held(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    start, stop = context.Barrier(3), context.Event()
    runs = [context.Process(target=ingest_and_publish, args=(tmp_path, prefix, start)) for prefix in "xy"]
    backfill = context.Process(target=derive_again, args=(tmp_path, start, stop))
    for run in (*runs, backfill):
        run.start()
    for run in runs:
        run.join(600)
    stop.set()
    backfill.join(600)
    assert [run.exitcode for run in (*runs, backfill)] == [0, 0, 0]
    warehouse = Warehouse(tmp_path)
    assert warehouse.ledger.unread().is_empty()
    publish(warehouse, VERSION, critical_held, now=NOW)
    shown = pl.read_parquet(tmp_path / "published/forms/**/*.parquet")["project_name"]
    held = pl.read_parquet(tmp_path / "quarantine/forms/**/*.parquet")["project_name"]
    assert sorted(shown) == ["x0", "x1", "x2", "y0", "y1", "y2"]
    assert sorted(held) == ["x3", "y3"]
    numbers = [release.release_id[:6] for release in Warehouse(tmp_path).releases.kept()]
    assert numbers == sorted(set(numbers))


LIMITED = """
import resource, sys
from tests.support.builders import *
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
        publish(warehouse, VERSION, critical_held, now=NOW, force=True)
except WarehouseError as error:
    print("reported:", error)
"""


@pytest.mark.parametrize(("step", "limit"), [("archive", 4096), ("ledger", 512), ("publish", 4096)])
def test_file_that_cannot_be_written_says_so_and_leaves_the_published(tmp_path: Path, step: str, limit: int) -> None:
    warehouse = Warehouse(tmp_path)
    ingest(warehouse, {"a": [MadeUpForm()]})
    before = publish(warehouse, VERSION, critical_held, now=NOW).release
    if step == "publish":
        ingest(warehouse, {"b": [MadeUpForm("q", indicators=200)]})
    run = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path), step, str(limit)],
        env=ENV,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.startswith("reported: could not"), run.stdout + run.stderr
    assert "ulimit -f" in run.stdout
    assert whole_release(tmp_path).release_id == before.release_id
    ingest(warehouse, {"c": [MadeUpForm("r")]})
    assert publish(warehouse, VERSION, critical_held, now=NOW).is_new
    assert not list(tmp_path.glob("**/.tmp-*"))


ON_A_SMALL_DISK = """
import subprocess, sys
from pathlib import Path
from tests.support.builders import *
from warehouse.errors import WarehouseError

root = Path(sys.argv[1])
warehouse = Warehouse(root)
ingest(warehouse, {"a": [MadeUpForm()]})
publish(warehouse, VERSION, critical_held, now=NOW)

def steps(problem):
    for step, call in {
        "archive": lambda: warehouse.archive.put_bytes(b"x" * 100_000),
        "ledger": lambda: ingest(warehouse, {"b": [MadeUpForm("q")]}),
        "publish": lambda: publish(warehouse, VERSION, critical_held, now=NOW, force=True),
        "rollback": lambda: warehouse.publishing.rollback(warehouse.releases.kept()[0].release_id),
        "open": lambda: Warehouse(root / f"new-{problem}"),
        "read": lambda: print(problem, "read", Warehouse(root).releases.current().scan("forms").collect().height),
    }.items():
        try:
            call()
        except WarehouseError as error:
            print(problem, step, error)

try:
    with (root / "fill").open("wb") as fill:
        while True:
            fill.write(b"x" * 512)
            fill.flush()
except OSError:
    steps("full")
left = [path.name for path in root.rglob(".tmp-*")]
(root / "fill").unlink()
subprocess.run(["mount", "-o", "remount,ro", root], check=True)
steps("read-only")
subprocess.run(["mount", "-o", "remount,rw", root], check=True)
ingest(warehouse, {"b": [MadeUpForm("q")]})
print("repaired", publish(warehouse, VERSION, critical_held, now=NOW).account.row(0), left)
"""


def test_full_and_read_only_disk_are_reported_and_the_next_run_goes_on(tmp_path: Path) -> None:
    mounted = 'mount -t tmpfs -o size=2m tmpfs "$0" && exec "$@"'
    private = ["unshare", "--map-root-user", "--mount", "sh", "-c", mounted, str(tmp_path)]
    if subprocess.run([*private, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system lets nobody mount a file system of their own")
    run = subprocess.run(
        [*private, sys.executable, "-c", ON_A_SMALL_DISK, str(tmp_path)],
        env=ENV,
        capture_output=True,
        text=True,
        check=True,
    )
    reported = {tuple(line.split()[:2]): line for line in run.stdout.splitlines()}
    for step in ("archive", "ledger", "publish"):
        assert "the disk is full: free space and run again" in reported["full", step], run.stdout
    for step in ("archive", "ledger", "publish", "rollback", "open"):
        assert "the file system is read-only: mount it writable" in reported["read-only", step], run.stdout
    assert reported["full", "read"] == "full read 1"
    assert reported["read-only", "read"] == "read-only read 1"
    assert run.stdout.splitlines()[-1] == "repaired ('documents_seen', 2) []"


# ---- readers beside a publisher

READS = ("forms", "indicators", "documents")
NOT_THERE = ("No such file", "No files found", "expanded paths were empty", "Cannot open file")


def read_table(engine: str, base: Path, table: str) -> list[str]:
    pattern = f"{base}/{table}/**/*.parquet"
    column = "file_name" if table == "documents" else "form_id"
    if engine == "polars":
        return pl.read_parquet(pattern)[column].to_list()
    return [value for (value,) in duckdb.execute(f"SELECT {column} FROM read_parquet('{pattern}')").fetchall()]


def published_release(engine: str, root: Path) -> Path:
    """Return the tables of the release that is published now: the link followed once, or named by current.json."""
    if engine == "polars":
        return (root / "published").resolve()
    ((release_id,),) = duckdb.execute(f"SELECT release_id FROM read_json('{root}/current.json')").fetchall()
    return root / "releases" / release_id / "published"


YEARS = 4
"""Document number n is of the year 2020 + n % 4: a release of n documents has one file for each year."""


def documents_in(table: str, rows: list[str]) -> set[int]:
    """Return the numbers of the documents that a table tells of: each has one form, with three indicators.

    Raises:
        AssertionError: There are rows that no release has, or some are there twice.
    """
    numbers = {document_id(f"r{n}")[:24]: n for n in range(51)}
    reported = Counter(numbers[(document_id(row) if table == "documents" else row)[:24]] for row in rows)
    assert set(reported.values()) == {3 if table == "indicators" else 1}, f"{table}: {reported}"
    return set(reported)


def is_whole(reported: set[int]) -> bool:
    """Tell whether documents are those of one release, which are numbered from 0."""
    return reported == set(range(len(reported)))


def lacks_years_only(reported: set[int]) -> bool:
    """Tell whether documents are those of one release, without some of its years."""
    years = {n % YEARS for n in reported}
    return any(reported == {n for n in range(count) if n % YEARS in years} for count in range(max(reported) + 1, 52))


def read_on(root: Path, engine: str, passes: Any, stop: Any, results: Any) -> None:
    """Read three tables again and again, below the published release and through the link in turn; count the passes."""
    published = root / "published"
    whole, missing, lacking, releases, wrong = 0, 0, 0, set(), []
    while not stop.is_set():
        try:
            pinned = published_release(engine, root)
            reported = [documents_in(table, read_table(engine, pinned, table)) for table in READS]
            if not is_whole(reported[0]) or reported != [reported[0]] * len(READS):
                wrong.append(f"one release gave tables of the documents {reported}")
            releases.add(len(reported[0]))
            whole += 1
        except Exception as error:
            wrong.append(f"one release: {type(error).__name__}: {error}")
        for table in READS:
            try:
                seen = documents_in(table, read_table(engine, published, table))
            except Exception as error:
                if any(text in str(error) for text in NOT_THERE):
                    missing += 1
                else:
                    wrong.append(f"through the link: {type(error).__name__}: {error}")
                continue
            if is_whole(seen):
                releases.add(len(seen))
            elif engine == "duckdb" and table != "documents" and lacks_years_only(seen):
                lacking += 1  # it leaves out files that were replaced between its listing and its looking at them
            else:
                wrong.append(f"through the link: {table} of the documents {seen}")
        passes.value += 1
        time.sleep(0.005)
    results.put((engine, whole, missing, lacking, len(releases), wrong))


@pytest.mark.slow
@pytest.mark.long
def test_readers_beside_fifty_releases_see_whole_releases_only(tmp_path: Path) -> None:
    """Below one release: whole, never an error. By the link: whole, "not there" or, in DuckDB, without some years."""
    releases = Releases(open_storage(tmp_path))
    made = {f"r{number}": [MadeUpForm(f"r{number}", year=2020 + number % YEARS)] for number in range(51)}

    def publish(count: int) -> None:
        contents = made_up_contents({name: made[name] for name in list(made)[:count]}, {})
        with releases.lock():
            releases.build(contents, now=NOW, inputs_digest=str(count), versions={})
            releases.prune(keep=20)

    publish(1)
    context = multiprocessing.get_context("spawn")
    stop, results = context.Event(), context.Queue()
    passes = {engine: context.Value("i", 0) for engine in ("polars", "duckdb")}
    readers = [context.Process(target=read_on, args=(tmp_path, *one, stop, results)) for one in passes.items()]
    for reader in readers:
        reader.start()
    for count in range(2, 52):
        if count % 4 == 0:  # none falls so far behind that its release is deleted, and each sees many
            await_passes(readers, list(passes.values()))
        publish(count)
    stop.set()
    reported = [results.get(timeout=600) for _ in readers]
    for reader in readers:
        reader.join(600)
    assert releases.kept()[-1].release_id.startswith("000051-")
    for engine, whole, missing, lacking, seen, wrong in reported:
        print(
            f"{engine}: {whole} x 3 tables below a release; through the link {missing} not there, {lacking} lack years"
        )
        assert wrong == [], engine
        assert whole >= 20
        assert seen >= 10


def await_passes(readers: list[Any], passes: list[Any]) -> None:
    """Wait until each reader has made a whole pass that began after this call."""
    wanted = [one.value + 2 for one in passes]
    while any(one.value < value for one, value in zip(passes, wanted, strict=True)):
        assert all(reader.is_alive() for reader in readers)
        time.sleep(0.005)
