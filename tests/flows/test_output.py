"""What comes of a command whose output nobody takes, and of a warehouse that nobody may write."""

from __future__ import annotations

import errno
import inspect
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from flows.config.choices import EventKind
from flows.progress import Lines
from flows.running.summary import RunSummary
from tests.support.commands import run
from tests.support.paths import ROOT, SAMPLES
from warehouse.contract.ledger_tables import Events
from warehouse.storage.folder import Folder
from warehouse.warehouse import Warehouse


@pytest.fixture
def unread() -> Iterator[int]:
    """A pipe whose reader has left."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


def _ended(*arguments: str | Path, stdout: int | IO[str], stderr: int = subprocess.PIPE) -> tuple[int, str | None]:
    """Run a command; return its exit code, and what it said on stderr."""
    command = [sys.executable, "-m", "flows", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, stdout=stdout, stderr=stderr, text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("dictionary",), id="more than a pipe holds"),
        pytest.param(("rules", "--json"), id="rows as JSON"),
        pytest.param(("sources", "--example"), id="little"),
    ],
)
def test_reader_of_the_output_that_leaves_ends_the_command_with_141_and_no_word(
    arguments: tuple[str, ...], unread: int
) -> None:
    assert _ended(*arguments, stdout=unread) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full")
@pytest.mark.parametrize("arguments", [("dictionary",), ("sources", "--example")])
def test_output_that_a_full_disk_does_not_take_is_an_error(arguments: tuple[str, ...]) -> None:
    reported = "error: the output could not be written: No space left on device\n"
    with Path("/dev/full").open("w") as full:
        assert _ended(*arguments, stdout=full) == (1, reported)


@pytest.mark.long
def test_run_whose_messages_nobody_reads_any_more_goes_on_and_publishes(tmp_path: Path, unread: int) -> None:
    ingest = ("ingest", "--plain", SAMPLES / "no-form.pdf", "-w", tmp_path / "data", "--json")
    code, _ = _ended(*ingest, stdout=subprocess.DEVNULL, stderr=unread)
    assert code == 0  # what it printed on stdout was taken
    assert Warehouse(tmp_path / "data").ledger.runs()["state"].to_list()[-1] == "completed"
    assert Warehouse(tmp_path / "data").releases.current() is not None


def test_lines_whose_stream_cannot_be_written_are_dropped() -> None:
    class Full(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    lines = Lines(Full())
    lines.begin("read", 3, "documents")
    lines.warn("careful")
    with lines.waiting("a server"):
        lines.finish("read")


@pytest.mark.parametrize("command", [("ingest", SAMPLES, "--plain"), ("ingest", SAMPLES), ("backfill", "--all")])
def test_run_in_a_warehouse_that_may_not_be_written_says_so_before_it_begins(
    command: tuple[str | Path, ...], ingested: tuple[Path, RunSummary], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ingested[0], tmp_path / "data", symlinks=True)

    def refused(_: Path, __: bytes) -> int:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "write_bytes", refused)
    done = run(*command, "-w", tmp_path / "data")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        f"error: could not write to the warehouse ({tmp_path / 'data'}): the file system is read-only: mount it "
        "writable, or choose another folder with --warehouse\n"
    )
    assert run("backfill", "--all", "--dry-run", "-w", tmp_path / "data").exit_code == 0


def test_disk_that_is_full_anywhere_is_an_error_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Folder) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/var/lib/prefect/prefect.db")

    monkeypatch.setattr(Folder, "probe", full)
    done = run("ingest", "--plain", SAMPLES, "-w", tmp_path / "data")
    assert done.exit_code == 1
    assert done.stderr.startswith("error: /var/lib/prefect/prefect.db could not be written or read: the disk is full")


@pytest.mark.parametrize(
    ("command", "reported"),
    [
        (("diff", "a", "b"), "there is no release a; the newest ones kept are"),
        (("rollback", "a"), "there is no release a"),
        (("export", "--format", "csv", "--release", "a"), "there is no release a"),
        (("path", "table"), "there is no table table; the tables are: forms"),
        (("backfill", "--document", "abcd"), "no document of this warehouse has an id that begins with 'abcd'"),
        (("events", "--kind", "nonsense"), "'nonsense' is not one of 'revision'"),
    ],
)
def test_name_that_is_not_there_is_a_wrong_call(
    command: tuple[str, ...], reported: str, ingested: tuple[Path, RunSummary]
) -> None:
    done = run(*command, "-w", ingested[0])
    assert done.exit_code == 2
    assert reported in " ".join(done.stderr.replace("│", " ").split())


def test_backfill_that_selects_nothing_warns(ingested: tuple[Path, RunSummary], tmp_path: Path) -> None:
    shutil.copytree(ingested[0], tmp_path / "data", symlinks=True)
    done = run("backfill", "--plain", "--region", "nowhere", "-w", tmp_path / "data")
    assert done.exit_code == 0
    assert "no document is selected by" in done.stdout


def test_event_kinds_are_those_that_the_contract_describes() -> None:
    page = inspect.getsource(Events)
    assert [str(kind) for kind in EventKind if not re.search(rf"\b{kind}\b", page)] == []
    assert len(EventKind) == 15
