"""A ledger with damaged files: reported clearly, repaired by repair, and made whole by the next run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from tests.support.builders import NOW, VERSION, MadeUpForm, critical_held, derive, document_id, ingest, publish, read
from warehouse.errors import WarehouseError
from warehouse.warehouse import Repaired, Warehouse

MADE = {name: [MadeUpForm(name)] for name in "abc"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with three documents, each in commits of its own, and a release of them."""
    warehouse = Warehouse(tmp_path_factory.mktemp("whole") / "data")
    for name, forms in MADE.items():
        ingest(warehouse, {name: forms})
    publish(warehouse, VERSION, critical_held, now=NOW)
    return warehouse.root


def cut(path: Path) -> Path:
    """Leave the first half of a file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def log(root: Path, table: str) -> list[Path]:
    return sorted((root / "ledger" / table / "_delta_log").glob("*.json"))


def data_of(root: Path, table: str, number: int) -> Path:
    """Return the data file that the commit with this number added."""
    actions = [json.loads(line) for line in log(root, table)[number].read_text().splitlines()]
    (name,) = [action["add"]["path"] for action in actions if "add" in action]
    return root / "ledger" / table / name


def next_run(root: Path) -> tuple[set[str], set[str]]:
    """Do what a run does: read what is unread, derive what is not derived, publish. Return both kinds of documents."""
    warehouse = Warehouse(root)
    names = {document_id(name): name for name in MADE}
    unread = {names[d] for d in warehouse.ledger.unread()["document_id"]}
    if unread:
        read(warehouse, sorted(unread))
    underived = {names[d] for d in warehouse.ledger.underived(VERSION)["document_id"]}
    if underived:
        derive(warehouse, {name: MADE[name] for name in sorted(underived)})
    publish(warehouse, VERSION, critical_held, now=NOW, must_cover=list(names))
    return unread, underived


def use(warehouse: Warehouse) -> None:
    """Touch every table that a run touches."""
    warehouse.ledger.known(pl.DataFrame(schema={"source_uri": pl.String, "byte_count": pl.Int64, "mtime_ns": pl.Int64}))
    warehouse.ledger.unread()
    warehouse.ledger.cells(warehouse.ledger.underived("another version"))
    publish(warehouse, VERSION, critical_held, now=NOW, force=True)


def damaged(whole: Path, root: Path, damage: Callable[[Path], Path]) -> tuple[Path, Repaired]:
    """Copy the warehouse, damage it, see that what uses it names file and command, and repair it."""
    shutil.copytree(whole, root, symlinks=True)
    path = damage(root)
    with pytest.raises(WarehouseError, match="jixiao repair") as reported:
        use(Warehouse(root))
    assert str(path) in str(reported.value)
    repaired = Warehouse(root).repair()
    assert str(path) in repaired.files["file"].to_list()
    return path, repaired


def is_as_before(whole: Path, root: Path) -> bool:
    before, after = Warehouse(whole).releases.current(), Warehouse(root).releases.current()
    assert before is not None
    assert after is not None
    return before.manifest["content_digest"] == after.manifest["content_digest"]


@pytest.mark.parametrize(
    ("table", "unread", "underived"),
    [
        ("cells", {"b"}, {"b"}),
        ("readings", {"b"}, {"b"}),
        ("derivations", set(), {"b"}),
        ("derived_forms", set(), {"b"}),
        ("derived_evidence", set(), {"b"}),
    ],
)
def test_repair_truncated_data_file_loses_its_documents_only(
    table: str, unread: set[str], underived: set[str], whole: Path, tmp_path: Path
) -> None:
    root = tmp_path / "data"
    path, repaired = damaged(whole, root, lambda root: cut(data_of(root, table, 2)))
    assert not path.exists()
    assert Path(repaired.files["moved_to"][0]).stat().st_size > 0
    assert next_run(root) == (unread, underived)
    assert is_as_before(whole, root)


@pytest.mark.parametrize("number", [0, 2, 3])
@pytest.mark.parametrize("table", ["cells", "derived_indicators"])
def test_repair_truncated_commit_loses_its_documents_only(table: str, number: int, whole: Path, tmp_path: Path) -> None:
    root = tmp_path / "data"
    _, repaired = damaged(whole, root, lambda root: cut(log(root, table)[number]))
    lost = {0: set(), 2: {"b"}, 3: {"c"}}[number]
    assert repaired.unread == (len(lost) if table == "cells" else 0)
    assert next_run(root) == (lost if table == "cells" else set(), lost)
    assert is_as_before(whole, root)


def test_repair_truncated_checkpoint_loses_nothing(whole: Path, tmp_path: Path) -> None:
    def damage(root: Path) -> Path:
        DeltaTable(str(root / "ledger/cells")).create_checkpoint()
        return cut(next((root / "ledger/cells/_delta_log").glob("*.checkpoint.parquet")))

    root = tmp_path / "data"
    _, repaired = damaged(whole, root, damage)
    assert (repaired.unread, repaired.underived) == (0, 0)
    assert next_run(root) == (set(), set())
    assert is_as_before(whole, root)


def test_repair_file_that_is_gone_is_reported(whole: Path, tmp_path: Path) -> None:
    def damage(root: Path) -> Path:
        path = data_of(root, "derived_funding", 1)
        path.unlink()
        return path

    _, repaired = damaged(whole, tmp_path / "data", damage)
    assert repaired.files.select("damage", "moved_to").rows() == [("it is gone", None)]
    assert next_run(tmp_path / "data") == (set(), {"a"})
    assert is_as_before(whole, tmp_path / "data")


def test_repair_lost_sightings_are_taken_from_the_release(whole: Path, tmp_path: Path) -> None:
    root = tmp_path / "data"
    _, repaired = damaged(whole, root, lambda root: cut(data_of(root, "sightings", 2)))
    assert repaired.unseen == 1
    assert next_run(root) == (set(), set())
    release = Warehouse(root).releases.current()
    assert release is not None
    assert release.scan("documents").collect()["source_uri"].to_list().count("b.pdf") == 1


def test_repair_empty_commit_is_found_though_the_table_opens(whole: Path, tmp_path: Path) -> None:
    root = tmp_path / "data"
    shutil.copytree(whole, root, symlinks=True)
    log(root, "cells")[2].write_text("")
    with pytest.raises(WarehouseError, match=r"the ledger has lost cells: .*jixiao repair"):
        Warehouse(root).ledger.cells(Warehouse(root).ledger.underived("another version"))
    assert Warehouse(root).repair().files["damage"].to_list() == ["it is empty"]
    assert next_run(root) == ({"b"}, {"b"})


def test_repair_whole_ledger_changes_nothing(whole: Path, tmp_path: Path) -> None:
    root = tmp_path / "data"
    shutil.copytree(whole, root, symlinks=True)
    before = {path: path.stat().st_mtime_ns for path in (root / "ledger").rglob("*") if path.is_file()}
    repaired = Warehouse(root).repair()
    assert (repaired.files.height, repaired.unread, repaired.underived, repaired.unseen) == (0, 0, 0, 0)
    assert {path: path.stat().st_mtime_ns for path in (root / "ledger").rglob("*") if path.is_file()} == before


def test_repair_keeps_a_rollback_whose_event_is_lost(whole: Path, tmp_path: Path) -> None:
    root = tmp_path / "data"
    shutil.copytree(whole, root, symlinks=True)
    warehouse = Warehouse(root)
    first = warehouse.releases.kept()[0]
    ingest(warehouse, {"d": [MadeUpForm("d")]})
    publish(warehouse, VERSION, critical_held, now=NOW)
    warehouse.publishing.rollback(first.release_id)
    cut(data_of(root, "events", 1))
    Warehouse(root).repair()
    pinned = Warehouse(root).publishing.pinned()
    assert pinned is not None
    assert pinned.release_id == first.release_id
