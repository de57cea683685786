"""Damage of every kind is found, and never handed on to the next release."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from tests.support.builders import NOW, VERSION, MadeUpForm, critical_held, ingest, publish, whole_release
from warehouse.warehouse import Warehouse

MADE = {"a": [MadeUpForm(year=2022)], "b": [MadeUpForm("q", year=2023)]}


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with two releases; the archive has the file of one document more."""
    warehouse = Warehouse(tmp_path_factory.mktemp("intact") / "data")
    for name, forms in MADE.items():
        ingest(warehouse, {name: forms})
        publish(warehouse, VERSION, critical_held, now=NOW)
    return warehouse.root


@pytest.fixture
def root(intact: Path, tmp_path: Path) -> Path:
    shutil.copytree(intact, tmp_path / "data", symlinks=True)
    return tmp_path / "data"


def flip(path: Path) -> Path:
    """Change one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    return written(path, bytes(content))


def cut(path: Path) -> Path:
    return written(path, path.read_bytes()[: path.stat().st_size // 2])


def remove(path: Path) -> Path:
    path.unlink()
    return path


def written(path: Path, content: bytes) -> Path:
    path.chmod(0o644)
    path.write_bytes(content)
    return path


def found(root: Path, part: str) -> pl.DataFrame:
    """Return what is damaged of a part; the archive is left out, as made-up documents have no files there."""
    damage = Warehouse(root).verify().damage.filter(pl.col("part") != "archive")
    assert damage["part"].unique().to_list() in ([part], [])
    return damage


def part_of(root: Path, release: str, table: str) -> Path:
    (folder,) = (root / "releases").glob(f"{release}-*")
    return min((folder / "published" / table).glob("*.parquet"))


def test_verify_intact_warehouse_is_whole(root: Path) -> None:
    assert found(root, "none").is_empty()


@pytest.mark.parametrize("damage", [flip, cut, remove])
def test_verify_names_documents_of_the_archive(damage: Callable[[Path], Path], tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "data")
    kept = [warehouse.archive.put_bytes(content).document_id for content in (b"%PDF one", b"%PDF two")]
    rows = [{"document_id": d, "source_uri": d, "file_name": "a.pdf", "byte_count": 8, "mtime_ns": 1} for d in kept]
    warehouse.ledger.add_sightings(pl.DataFrame(rows), seen_at=NOW)
    assert warehouse.verify().is_whole
    path = damage(Path(warehouse.archive.location_of(kept[1])))
    assert warehouse.verify().damage.select("part", "item", "file").rows() == [("archive", kept[1], str(path))]


@pytest.mark.parametrize("damage", [flip, cut, remove])
@pytest.mark.parametrize("table", ["cells", "derived_forms", "runs", "sightings"])
def test_verify_names_data_files_of_the_ledger(table: str, damage: Callable[[Path], Path], root: Path) -> None:
    if table == "runs":
        run = {"run_id": "r", "kind": "ingest", "state": "running", "started_at": NOW}
        Warehouse(root).ledger.add_run(run)
        publish(Warehouse(root), VERSION, critical_held, now=NOW)
    path = damage(min((root / "ledger" / table).glob("*.parquet")))
    assert found(root, "ledger").select("item", "file").rows() == [(table, str(path))]


def test_verify_names_a_commit_of_the_ledger_that_is_cut_off(root: Path) -> None:
    path = cut(max((root / "ledger/readings/_delta_log").glob("*.json")))
    assert found(root, "ledger").select("item", "file").rows() == [("readings", str(path))]


def test_changed_digit_in_a_commit_that_may_hide_rows_is_found_and_repaired(root: Path) -> None:
    before = Warehouse(root).releases.current()
    log = root / "ledger/readings/_delta_log"
    (path,) = (one for one in sorted(log.glob("*.json"))[-1:] if '"add"' in one.read_text("utf-8"))
    text = path.read_text("utf-8")
    assert '\\"minValues\\"' in text
    written(path, text.replace('\\"minValues\\"', '\\"minValueq\\"').encode())
    assert found(root, "ledger").select("item", "file", "damage").rows() == [
        ("readings", str(path), "its bytes have changed: the sha256 is not that which was noted")
    ]
    repaired = Warehouse(root).repair()
    assert repaired.files["file"].to_list() == [str(path)]
    assert Warehouse(root).ledger.unread().height == 1
    assert found(root, "none").is_empty(), "the commit in its place is not taken for a damaged one"
    for name, forms in MADE.items():
        ingest(Warehouse(root), {name: forms})
        publish(Warehouse(root), VERSION, critical_held, now=NOW)
    assert found(root, "none").is_empty()
    after = Warehouse(root).releases.current()
    assert before is not None
    assert after is not None
    assert after.manifest["content_digest"] == before.manifest["content_digest"]


def test_repair_takes_a_flipped_byte_of_the_ledger_out(root: Path) -> None:
    flip(min((root / "ledger/cells").glob("*.parquet")))
    repaired = Warehouse(root).repair()
    assert (repaired.files.height, repaired.unread) == (1, 1)
    assert found(root, "none").is_empty()


@pytest.mark.parametrize("damage", [flip, cut, remove])
@pytest.mark.parametrize(
    "name", ["published", "outcomes.parquet", "events.parquet", "datapackage.json", "manifest.json"]
)
def test_verify_names_files_of_releases(name: str, damage: Callable[[Path], Path], root: Path) -> None:
    (folder,) = (root / "releases").glob("000002-*")
    path = damage(part_of(root, "000002", "documents") if name == "published" else folder / name)
    assert found(root, "release").select("item", "file").rows() == [(folder.name, str(path))]


def test_verify_names_a_number_of_a_manifest_that_has_changed(root: Path) -> None:
    (path,) = (root / "releases").glob("000002-*/manifest.json")
    manifest = json.loads(path.read_text("utf-8"))
    manifest["account"]["forms_published"] += 1
    written(path, json.dumps(manifest).encode())
    assert found(root, "release")["file"].to_list() == [str(path)]


def test_verify_names_a_pointer_that_leads_nowhere_or_is_not_a_link(root: Path) -> None:
    (root / "current").unlink()
    assert found(root, "pointer")["damage"].to_list() == ["it is gone"]
    (root / "current").symlink_to("releases/000009-gone")
    assert "000009-gone" in found(root, "pointer")["damage"].item()
    (root / "current").unlink()
    (root / "current").write_text("00")
    assert found(root, "pointer").height == 1


@pytest.mark.parametrize("damage", [flip, cut, remove])
def test_damaged_published_file_is_not_handed_on_to_the_next_release(
    damage: Callable[[Path], Path], root: Path
) -> None:
    path = damage(part_of(root, "000002", "forms"))
    assert path.name.startswith("2022-"), "a year without news, which is taken over"
    warehouse = Warehouse(root)
    ingest(warehouse, {"c": [MadeUpForm("r", year=2023)]})
    release = publish(warehouse, VERSION, critical_held, now=NOW).release
    assert release.damage() == {}
    assert whole_release(root).scan("forms").collect()["fiscal_year"].to_list() == [2022, 2023, 2023]


def test_damaged_newest_release_is_published_anew_although_nothing_has_changed(root: Path) -> None:
    cut(part_of(root, "000002", "indicators"))
    made = publish(Warehouse(root), VERSION, critical_held, now=NOW, force=True)
    assert (made.is_new, made.release.release_id[:6], made.release.damage()) == (True, "000003", {})


def test_newest_release_without_its_manifest_is_followed_by_one_with_the_next_number(root: Path) -> None:
    (folder,) = (root / "releases").glob("000002-*")
    cut(folder / "manifest.json")
    made = publish(Warehouse(root), VERSION, critical_held, now=NOW)
    assert (made.is_new, made.release.release_id[:6], made.release.is_current) == (True, "000003", True)
    assert made.release.release_id[7:] == folder.name[7:], "the content is the same"


def test_heal_takes_whole_copies_from_other_releases(root: Path) -> None:
    shared = part_of(root, "000001", "forms")
    content = shared.read_bytes()
    shared.unlink()
    shared.write_bytes(content)  # a copy of its own, as on file systems without links
    path = flip(part_of(root, "000002", "forms"))
    assert Warehouse(root).heal_releases() == [str(path)]
    assert path.read_bytes() == content
    assert found(root, "none").is_empty()


def test_heal_moves_an_older_release_aside_that_has_no_whole_copy(root: Path) -> None:
    (folder,) = (root / "releases").glob("000001-*")
    cut(folder / "outcomes.parquet")
    assert Warehouse(root).heal_releases() == [str(root / ".damaged/releases" / folder.name)]
    assert [release.release_id[:6] for release in Warehouse(root).releases.kept()] == ["000002"]
    assert found(root, "none").is_empty()


def test_verify_changes_nothing(root: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}
    flip(part_of(root, "000002", "forms"))
    Warehouse(root).verify()
    after = {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}
    assert set(after) == set(before)
    assert sum(after[path] != before[path] for path in before) <= 1
