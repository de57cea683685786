from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.support.builders import (
    NOW,
    VERSION,
    MadeUpForm,
    critical_held,
    derive,
    form_id,
    ingest,
    nothing_held,
    publish,
)
from warehouse import contract
from warehouse.errors import ReleaseNotFound, WarehouseError
from warehouse.releases.diff import diff_releases
from warehouse.releases.release import Release, Releases
from warehouse.warehouse import Warehouse


def released(warehouse: Warehouse, **options: Any) -> Release:
    return publish(warehouse, **options).release


def test_build_shows_every_table_under_the_stable_paths(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm(), MadeUpForm("q", year=2021)]}, held={form_id("a", 2): "m"})
    released(warehouse)
    for place, names in (("published", contract.PUBLISHED), ("quarantine", contract.FORM_TABLES)):
        for name, table in names.items():
            rows = pl.read_parquet(warehouse.root / place / name / "**" / "*.parquet")
            assert rows.schema == contract.polars_schema(table), (place, name)
    assert pl.read_parquet(warehouse.root / "published/forms/**/*.parquet")["fiscal_year"].to_list() == [2023]
    assert pl.read_parquet(warehouse.root / "quarantine/forms/**/*.parquet")["fiscal_year"].to_list() == [2021]


def test_build_manifest_agrees_with_the_files(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm()], "b": []})
    release = released(warehouse, versions={"reader": "1"})
    manifest = json.loads((release.path / "manifest.json").read_text("utf-8"))
    assert manifest["versions"] == {"derive_version": VERSION, "reader": "1"}
    assert manifest["account"]["documents_seen"] == 2
    listed = {file["path"] for table in manifest["tables"].values() for file in table["files"]}
    on_disk = {str(p.relative_to(release.path)) for p in release.path.glob("*/*/*.parquet")}
    assert listed == on_disk
    for table in manifest["tables"].values():
        assert table["rows"] == sum(pl.read_parquet(release.path / f["path"]).height for f in table["files"])
        assert all((release.path / file["path"]).stat().st_size == file["bytes"] for file in table["files"])
    package = json.loads((release.path / "datapackage.json").read_text("utf-8"))
    assert {path for r in package["resources"] for path in [r["path"], *r.get("extrapaths", [])]} == listed


def test_build_same_inputs_give_the_same_bytes_in_another_warehouse(tmp_path: Path) -> None:
    made = {f"d{i}": [MadeUpForm(f"p{i}", year=2020 + i % 3), MadeUpForm(f"q{i}")] for i in range(6)}
    one, other = Warehouse(tmp_path / "1"), Warehouse(tmp_path / "2")
    ingest(one, made)
    for name in reversed(made):
        ingest(other, {name: made[name]})
    first, second = released(one), released(other)
    assert first.release_id == second.release_id
    for path in first.path.glob("*/*/*.parquet"):
        assert path.read_bytes() == (second.path / path.relative_to(first.path)).read_bytes()
    assert (first.path / "datapackage.json").read_bytes() == (second.path / "datapackage.json").read_bytes()


def test_build_unchanged_year_is_kept_once_on_disk(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm(year=2022)]})
    first = released(warehouse)
    ingest(warehouse, {"b": [MadeUpForm(year=2023)]})
    second = released(warehouse)
    (before,) = (first.path / "published/forms").glob("2022-*")
    (after,) = (second.path / "published/forms").glob("2022-*")
    assert (before.name, before.stat().st_ino) == (after.name, after.stat().st_ino)


def test_kept_lists_oldest_first_and_marks_the_current(warehouse: Warehouse) -> None:
    assert warehouse.releases.kept() == []
    for name in "abc":
        ingest(warehouse, {name: [MadeUpForm(name)]})
        released(warehouse)
    kept = warehouse.releases.kept()
    assert [release.release_id[:6] for release in kept] == ["000001", "000002", "000003"]
    assert [release.is_current for release in kept] == [False, False, True]


def test_rollback_and_forward_gives_the_same_bytes(warehouse: Warehouse) -> None:
    def shown() -> dict[str, bytes]:
        return {p.name: p.read_bytes() for p in (warehouse.root / "published").glob("*/*.parquet")}

    ingest(warehouse, {"a": [MadeUpForm()]})
    first, first_bytes = released(warehouse), shown()
    ingest(warehouse, {"b": [MadeUpForm("q")]})
    second, second_bytes = released(warehouse), shown()
    assert warehouse.publishing.rollback(first.release_id).is_current
    assert shown() == first_bytes
    warehouse.publishing.rollback(second.release_id)
    assert shown() == second_bytes


def returned(warehouse: Warehouse) -> list[Release]:
    """Publish a form, hold it back, publish it again: three states, of which the last has the content of the first."""
    ingest(warehouse, {"a": [MadeUpForm()]})
    made = [released(warehouse)]
    for version, held in (("derive-2", {form_id("a"): "R15"}), ("derive-3", {})):
        derive(warehouse, {"a": [MadeUpForm()]}, version, held)
        made.append(publish(warehouse, version, critical_held, now=NOW).release)
    return made


def test_state_that_returns_is_a_new_release_with_a_new_number(warehouse: Warehouse) -> None:
    made = returned(warehouse)
    assert [release.release_id[:6] for release in made] == ["000001", "000002", "000003"]
    assert made[2].manifest["content_digest"] == made[0].manifest["content_digest"]
    assert made[2].manifest["previous_release_id"] == made[1].release_id
    assert warehouse.ledger.events()["kind"].to_list() == ["held", "released"]


def test_rollback_to_the_newest_shows_the_state_that_was_published_last(warehouse: Warehouse) -> None:
    made = returned(warehouse)
    assert warehouse.publishing.rollback().release_id == made[2].release_id
    assert pl.read_parquet(warehouse.root / "published/forms/**/*.parquet").height == 1


def test_repair_pins_nothing_after_a_state_has_returned(warehouse: Warehouse) -> None:
    returned(warehouse)
    warehouse.repair()
    assert warehouse.publishing.pinned() is None
    assert "pinned" not in warehouse.ledger.events()["kind"].to_list()


def test_pointer_of_an_older_version_on_a_state_that_returned_is_followed_by_a_new_release(
    warehouse: Warehouse,
) -> None:
    ingest(warehouse, {"a": [MadeUpForm()]})
    first = released(warehouse)
    derive(warehouse, {"a": [MadeUpForm()]}, "derive-2", {form_id("a"): "R15"})
    publish(warehouse, "derive-2", critical_held, now=NOW)
    with warehouse.releases.lock():
        warehouse.releases.move_pointer(first.release_id)
    derive(warehouse, {"a": [MadeUpForm()]}, "derive-3")
    made = publish(warehouse, "derive-3", critical_held, now=NOW)
    assert (made.release.release_id[:6], made.release.is_current, made.is_new) == ("000003", True, True)


def test_release_that_was_finished_before_a_kill_is_shown_by_the_next_run(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(warehouse, {"a": [MadeUpForm()]})
    released(warehouse)
    ingest(warehouse, {"b": [MadeUpForm("q")]})

    def killed(*_: object) -> Release:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Releases, "move_pointer", killed)
        with pytest.raises(KeyboardInterrupt):
            released(warehouse)
    again = publish(warehouse, VERSION, critical_held, now=NOW)
    assert (again.release.release_id[:6], again.release.is_current, again.is_new) == ("000002", True, True)


def test_rollback_with_a_damaged_note_beside_the_pointer_holds_by_the_ledger(warehouse: Warehouse) -> None:
    first, _ = rolled_back(warehouse)
    (warehouse.root / "pinned.json").write_text('{"relea')
    ingest(warehouse, {"c": [MadeUpForm("r")]})
    assert not released(warehouse).is_current
    pinned = warehouse.publishing.pinned()
    assert pinned is not None
    assert pinned.release_id == first.release_id


def rolled_back(warehouse: Warehouse) -> tuple[Release, Release]:
    """Publish twice and roll back to the first release; return both."""
    ingest(warehouse, {"a": [MadeUpForm()]})
    first = released(warehouse)
    ingest(warehouse, {"b": [MadeUpForm("q")]})
    second = released(warehouse)
    assert warehouse.publishing.rollback(first.release_id).is_current
    return first, second


def test_rollback_holds_while_runs_make_releases(warehouse: Warehouse) -> None:
    first, second = rolled_back(warehouse)
    idle = publish(warehouse, VERSION, critical_held, now=NOW)
    assert (idle.release.release_id, idle.is_new) == (second.release_id, False)
    ingest(warehouse, {"c": [MadeUpForm("r")]})
    made = publish(warehouse, VERSION, critical_held, now=NOW)
    assert (made.is_new, made.release.is_current) == (True, False)
    assert made.pinned is not None
    assert made.pinned.release_id == first.release_id
    assert pl.read_parquet(warehouse.root / "published/forms/**/*.parquet").height == 1
    again = publish(warehouse, VERSION, critical_held, now=NOW)
    assert (again.is_new, again.release.release_id) == (False, made.release.release_id)
    assert made.release.manifest["previous_release_id"] == second.release_id
    assert [r.is_current for r in warehouse.releases.kept()] == [True, False, False]


def test_rollback_to_the_newest_lets_runs_show_what_they_make(warehouse: Warehouse) -> None:
    _, second = rolled_back(warehouse)
    assert warehouse.publishing.rollback().release_id == second.release_id
    assert warehouse.publishing.pinned() is None
    ingest(warehouse, {"c": [MadeUpForm("r")]})
    made = publish(warehouse, VERSION, critical_held, now=NOW)
    assert (made.release.is_current, made.pinned) == (True, None)
    kinds = warehouse.ledger.events()["kind"].to_list()
    assert kinds == ["pinned", "unpinned"]


def test_rollback_to_the_newest_by_name_pins_nothing(warehouse: Warehouse) -> None:
    _, second = rolled_back(warehouse)
    warehouse.publishing.rollback(second.release_id)
    assert warehouse.publishing.pinned() is None


def test_rollback_that_was_killed_before_the_pointer_moved_is_put_right(warehouse: Warehouse) -> None:
    first, second = rolled_back(warehouse)
    with warehouse.releases.lock():
        warehouse.releases.move_pointer(second.release_id)
    publish(warehouse, VERSION, critical_held, now=NOW)
    current = warehouse.releases.current()
    assert current is not None
    assert current.release_id == first.release_id


def test_rollback_before_the_first_release_says_so(warehouse: Warehouse) -> None:
    with pytest.raises(ReleaseNotFound, match="nothing is published yet"):
        warehouse.publishing.rollback()


def test_rollback_to_unknown_release_names_the_kept_ones(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm()]})
    release = released(warehouse)
    with pytest.raises(ReleaseNotFound, match=f"no release 000009-x; .* {release.release_id}"):
        warehouse.publishing.rollback("000009-x")


def test_get_takes_what_only_one_release_begins_with(warehouse: Warehouse) -> None:
    for name in "ab":
        ingest(warehouse, {name: [MadeUpForm(project=name)]})
        released(warehouse)
    first, second = warehouse.releases.kept()
    assert warehouse.releases.get(second.release_id[:6]) == second
    assert warehouse.releases.get(first.release_id) == first
    with pytest.raises(ReleaseNotFound, match=f"2 releases begin with 00000, such as {first.release_id}"):
        warehouse.releases.get("00000")
    with pytest.raises(ReleaseNotFound, match="no release "):
        warehouse.releases.get("")


def test_prune_never_deletes_the_published_release(warehouse: Warehouse) -> None:
    releases = []
    for name in "abcd":
        ingest(warehouse, {name: [MadeUpForm(name)]})
        releases.append(released(warehouse))
    warehouse.publishing.rollback(releases[0].release_id)
    with warehouse.releases.lock():
        gone = warehouse.releases.prune(1)
    assert gone == [release.release_id for release in releases[1:3]]
    assert [r.release_id for r in warehouse.releases.kept()] == [releases[0].release_id, releases[3].release_id]
    assert pl.read_parquet(warehouse.root / "published/forms/**/*.parquet").height == 1


def test_prune_deletes_no_file_that_a_kept_release_shares(warehouse: Warehouse) -> None:
    for name in "abc":
        ingest(warehouse, {name: [MadeUpForm(name, year=2000 + ord(name))]})
        released(warehouse, keep=1)
    assert len(warehouse.releases.kept()) == 1
    assert pl.read_parquet(warehouse.root / "published/forms/**/*.parquet").height == 3


def test_prune_to_nothing_raises(warehouse: Warehouse) -> None:
    with pytest.raises(ValueError, match="at least one"):
        warehouse.releases.prune(0)


def test_build_clears_what_a_killed_run_left(warehouse: Warehouse) -> None:
    left = warehouse.root / "releases" / ".tmp-dead"
    (left / "published").mkdir(parents=True)
    (left / "published" / "x").write_text("half")
    (warehouse.root / ".tmp-link").symlink_to("nowhere")
    ingest(warehouse, {"a": [MadeUpForm()]})
    released(warehouse)
    assert not left.exists()
    assert not (warehouse.root / ".tmp-link").is_symlink()


def test_build_with_a_foreign_published_folder_says_so(warehouse: Warehouse) -> None:
    (warehouse.root / "published").mkdir()
    ingest(warehouse, {"a": [MadeUpForm()]})
    with pytest.raises(WarehouseError, match="is not the link that this warehouse makes"):
        released(warehouse)
    assert warehouse.releases.current() is None


def test_diff_of_releases_tells_added_and_changed(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm()], "b": [MadeUpForm("q")]}, held={form_id("b"): "R06"})
    first = released(warehouse)
    second = publish(warehouse, VERSION, nothing_held, now=NOW, force=True).release
    changes = diff_releases(first, second)
    forms = changes.filter(table_name="forms").select("place", "key", "change").rows()
    assert forms == [("published", form_id("b"), "added"), ("quarantine", form_id("b"), "removed")]
    status = changes.filter(table_name="documents", column_name="status").select("before", "after").rows()
    assert status == [("quarantined", "published")]
    assert diff_releases(first, first).is_empty()
