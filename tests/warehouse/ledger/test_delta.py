from __future__ import annotations

import multiprocessing
import os
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError

from warehouse.errors import WarehouseError
from warehouse.ledger import delta
from warehouse.ledger.damage import LOG, log_damage
from warehouse.ledger.delta import LedgerTable


def events(count: int, kind: str) -> pl.DataFrame:
    schema = {n: t for n, t in LedgerTable(Path(), "events").schema.items() if n != "batch_id"}
    row = dict.fromkeys(schema) | {"kind": kind, "message": "m"}
    return pl.DataFrame([row] * count, schema=schema)


def append_many(root: Path, writer: str, start: object) -> None:
    table = LedgerTable(root, "events")
    start.wait()  # type: ignore[attr-defined]
    for _ in range(8):
        table.append(events(3, writer), table.next_batch_id())


def test_append_from_two_processes_at_once_loses_and_repeats_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(2)
    writers = [context.Process(target=append_many, args=(tmp_path, name, start)) for name in ("one", "two")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(600)
    assert [writer.exitcode for writer in writers] == [0, 0]
    rows = LedgerTable(tmp_path, "events").scan().collect()
    assert dict(rows["kind"].value_counts().iter_rows()) == {"one": 24, "two": 24}
    assert rows.group_by("batch_id").len()["len"].unique().to_list() == [3]


def test_append_conflict_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = LedgerTable(tmp_path, "events")
    calls: list[int] = []

    def busy(*args: object, **kwargs: object) -> None:
        calls.append(1)
        if len(calls) < 4:
            raise CommitFailedError("a concurrent transaction added new data")
        write_deltalake(*args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(delta, "write_deltalake", busy)
    table.append(events(1, "x"), table.next_batch_id())
    assert len(calls) == 4
    assert table.scan().collect().height == 1


def test_append_conflict_without_end_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object, **__: object) -> None:
        raise CommitFailedError("a concurrent transaction added new data")

    monkeypatch.setattr(delta, "write_deltalake", busy)
    monkeypatch.setattr("warehouse.ledger.delta.time.sleep", lambda _: None)
    table = LedgerTable(tmp_path, "events")
    with pytest.raises(WarehouseError, match="other writers were always faster, 12 times"):
        table.append(events(1, "x"), table.next_batch_id())


def test_append_no_rows_makes_no_commit(tmp_path: Path) -> None:
    table = LedgerTable(tmp_path, "events")
    before = table.next_batch_id()
    table.append(events(0, "x"), before)
    assert table.next_batch_id()[:12] == before[:12]


def test_append_unknown_column_raises(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="missing or unknown: colour"):
        LedgerTable(tmp_path, "events").append(events(1, "x").with_columns(colour=pl.lit("red")), "1")


def test_next_batch_id_sorts_after_all_that_landed(tmp_path: Path) -> None:
    table = LedgerTable(tmp_path, "events")
    landed = []
    for _ in range(12):
        batch_id = table.next_batch_id()
        table.append(events(1, "x"), batch_id)
        landed.append(batch_id)
    assert landed == sorted(landed)
    assert table.next_batch_id() > max(landed)


def test_scan_batches_after_compaction_still_finds_them(tmp_path: Path) -> None:
    table = LedgerTable(tmp_path, "events")
    ids = []
    for number in range(6):
        ids.append(table.next_batch_id())
        table.append(events(2, str(number)), ids[-1])
    DeltaTable(str(tmp_path / "events")).optimize.compact()
    got = table.scan_batches(pl.Series([ids[1], ids[4]])).collect()
    assert sorted(got["kind"]) == ["1", "1", "4", "4"]


def test_scan_batches_that_never_landed_is_empty(tmp_path: Path) -> None:
    table = LedgerTable(tmp_path, "events")
    table.append(events(2, "x"), "000000000001-aa")
    for wanted in (["000000000000-aa"], ["000000000001-ab"], ["000000000009-aa"], []):
        got = table.scan_batches(pl.Series(wanted, dtype=pl.String)).collect()
        assert got.is_empty()
        assert got.schema == table.schema


def test_append_to_a_table_of_an_older_contract_adds_the_column(tmp_path: Path) -> None:
    older, newer = LedgerTable(tmp_path, "events"), LedgerTable(tmp_path, "events")
    del older.schema["message"]
    older.append(events(1, "old").drop("message"), "000000000001-a")
    assert newer.scan().collect()["message"].to_list() == [None]
    newer.append(events(1, "new"), "000000000002-b")
    assert newer.scan().sort("batch_id").collect()["message"].to_list() == [None, "m"]
    both = newer.scan_batches(pl.Series(["000000000001-a", "000000000002-b"])).sort("batch_id").collect()
    assert both["message"].to_list() == [None, "m"]


def test_compact_keeps_every_row_and_deletes_replaced_files(tmp_path: Path) -> None:
    table = LedgerTable(tmp_path, "events")
    for number in range(5):
        table.append(events(2, str(number)), table.next_batch_id())
    before = table.scan().sort("batch_id").collect()
    assert table.compact(timedelta(days=7)) == {"files_joined": 5, "files_made": 1, "files_deleted": 0}
    assert table.scan().sort("batch_id").collect().equals(before)
    assert table.compact(timedelta(0))["files_deleted"] == 5
    assert table.scan().sort("batch_id").collect().equals(before)
    batch_id = table.next_batch_id()
    assert batch_id > before["batch_id"].max()


def test_compact_keeps_the_log_short_and_a_second_way_to_the_rows(tmp_path: Path) -> None:
    table = LedgerTable(tmp_path, "events")
    folder, lengths = tmp_path / "events", []
    for week in range(8):
        for path in folder.rglob("*"):
            written = path.stat().st_mtime - timedelta(days=7).total_seconds()
            os.utime(path, (written, written))
        for number in range(3):
            table.append(events(1, f"{week}-{number}"), table.next_batch_id())
        table.compact(timedelta(days=7))
        lengths.append(len(list((folder / LOG).iterdir())))
    assert lengths[-3:] == lengths[-1:] * 3
    assert log_damage(folder) == []
    max((folder / LOG).glob("*.checkpoint.parquet")).unlink()
    (folder / LOG / "_last_checkpoint").unlink()
    assert LedgerTable(tmp_path, "events").scan().collect().height == 24


def test_scan_damaged_log_says_what_to_do(tmp_path: Path) -> None:
    table = LedgerTable(tmp_path, "events")
    table.append(events(2, "x"), table.next_batch_id())
    newest_commit = max((tmp_path / "events" / "_delta_log").glob("*.json"))
    newest_commit.write_bytes(newest_commit.read_bytes()[:40])
    with pytest.raises(WarehouseError, match=r"is damaged: .*it is cut off.*jixiao repair"):
        LedgerTable(tmp_path, "events").scan().collect()
