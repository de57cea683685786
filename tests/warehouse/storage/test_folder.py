from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path

import pytest

from tests.support.builders import NOW, VERSION, MadeUpForm, critical_held, ingest, publish
from warehouse.errors import WarehouseError
from warehouse.storage.folder import Folder
from warehouse.storage.opening import is_warehouse, open_storage
from warehouse.warehouse import Warehouse


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "data")


def test_open_storage_of_a_path_is_a_folder_whose_parts_are_made(tmp_path: Path) -> None:
    place = tmp_path / "deep" / "data"
    assert not is_warehouse(str(place))
    assert open_storage(str(place)).where() == str(place)
    assert sorted(path.name for path in place.iterdir()) == ["ledger", "raw", "releases"]
    assert is_warehouse(str(place))


@pytest.mark.skipif(not Path("/proc").exists(), reason="a place where nobody can make a folder")
def test_open_where_no_folder_can_be_made_says_what_to_do() -> None:
    with pytest.raises(WarehouseError, match="could not make a warehouse at /proc/nope: choose another folder"):
        Folder(Path("/proc/nope"))


def test_write_replaces_the_whole_content(folder: Folder) -> None:
    assert folder.size("note.json") is None
    for content in (b"a longer one", b"short"):
        folder.write("note.json", content)
        assert folder.read("note.json") == content
    assert folder.size("note.json") == 5
    assert not list(folder.root.glob(".tmp-*"))


def test_read_of_what_is_not_there_raises_file_not_found(folder: Folder, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        folder.read("note.json")
    with pytest.raises(FileNotFoundError):
        folder.fetch("raw/x.pdf", tmp_path)


def test_draft_that_is_not_finished_leaves_nothing(folder: Folder) -> None:
    with folder.draft() as draft:
        draft.write("published/forms/x.parquet", b"x")
    assert folder.releases() == []
    assert not list((folder.root / "releases").iterdir())


def test_draft_file_taken_over_is_kept_once_on_disk(folder: Folder) -> None:
    with folder.draft() as first:
        first.write("published/forms/x.parquet", b"x")
        first.finish("000001-a")
    with folder.draft() as second:
        second.take_over("000001-a", "published/forms/x.parquet")
        second.finish("000002-b")
    paths = [folder.root / "releases" / name / "published/forms/x.parquet" for name in folder.releases()]
    assert len(paths) == 2
    assert paths[0].stat().st_ino == paths[1].stat().st_ino


def test_clean_removes_only_what_no_run_can_still_be_writing(folder: Folder) -> None:
    old, young = folder.root / "raw" / ".tmp-old", folder.root / "raw" / ".tmp-young"
    for path in (old, young):
        path.write_bytes(b"half a PDF")
    two_days_ago = time.time() - 172_800
    os.utime(old, (two_days_ago, two_days_ago))
    (folder.root / "releases" / ".tmp-killed").mkdir()
    folder.clean()
    assert [path.name for path in folder.root.rglob(".tmp-*")] == [young.name]


def test_current_json_is_the_manifest_of_the_published_release(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    released = []
    for name in "ab":
        ingest(warehouse, {name: [MadeUpForm(name)]})
        released.append(publish(warehouse, VERSION, critical_held, now=NOW).release)
    for release in (released[1], released[0], released[1]):
        warehouse.publishing.rollback(release.release_id)
        assert json.loads((tmp_path / "current.json").read_bytes()) == release.manifest


@pytest.mark.parametrize("name", ["published", "quarantine", "current.json"])
def test_point_where_something_foreign_stands_says_what_to_do(folder: Folder, name: str) -> None:
    (folder.root / name).write_text("mine")
    with pytest.raises(WarehouseError, match="is not the link that this warehouse makes: move it away"):
        folder.point("000001-a")
    assert folder.pointer() is None


def test_clean_removes_what_an_ended_process_left_in_the_archive(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    names = {"ours": os.getpid(), "ended": 2**31 - 1}  # more than any process has
    left = {name: tmp_path / f"raw/.tmp-{pid}-x-{socket.gethostname()}" for name, pid in names.items()}
    left["elsewhere"] = tmp_path / "raw/.tmp-1-x-another.machine"
    for path in left.values():
        path.touch()
        os.utime(path, (time.time() - 3600,) * 2)
    folder.clean()
    assert {name for name, path in left.items() if path.exists()} == {"ours", "elsewhere"}
