"""The warehouse in a bucket, against an S3-compatible server on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import duckdb
import obstore
import polars as pl
import pytest
from obstore.exceptions import PermissionDeniedError
from obstore.fsspec import FsspecStore
from obstore.store import S3Store

from tests.support import builders
from tests.support.builders import NOW, MadeUpForm
from tests.support.contents import contents
from warehouse.errors import WarehouseError
from warehouse.releases.release import Release, Releases
from warehouse.storage import bucket as bucket_module
from warehouse.storage.archive import Archive
from warehouse.storage.bucket import Bucket
from warehouse.storage.folder import Folder
from warehouse.storage.lease import Lease, LeaseTimes
from warehouse.storage.opening import is_warehouse
from warehouse.warehouse import Warehouse


@pytest.fixture
def place(bucket: str) -> str:
    return f"{bucket}/some/prefix"


@pytest.fixture
def releases(place: str) -> Releases:
    return Releases(Bucket(place))


class Clock:
    """Time that passes when somebody waits, and is then seen by the others."""

    def __init__(self, meanwhile: Callable[[float], None] = lambda _: None) -> None:
        self.now = 0.0
        self._meanwhile = meanwhile
        self.times = LeaseTimes(clock=lambda: self.now, pause=self._pause)

    def _pause(self, seconds: float) -> None:
        self.now += seconds
        self._meanwhile(self.now)


def build(releases: Releases, names: str) -> Release:
    """Publish one form for each letter, of a year for each; the ledger has no part in it."""
    made = {name: [MadeUpForm(name, year=2000 + ord(name))] for name in names}
    return releases.build(contents(made, {}), now=NOW, inputs_digest=names, versions={})[0]


def publish(releases: Releases, names: str) -> Release:
    with releases.lock():
        return build(releases, names)


def objects(place: str) -> dict[str, tuple[str, str]]:
    """Return time and tag of every object below a place."""
    store = S3Store.from_url(place)
    return {o["path"]: (str(o["last_modified"]), str(o["e_tag"])) for page in obstore.list(store) for o in page}


def unfinished(place: str) -> list[str]:
    keys = [key for key in objects(place) if key.startswith("releases/")]
    whole = {key.rpartition("/")[0] for key in keys if key.endswith("/manifest.json")}
    return [key for key in keys if "/".join(key.split("/")[:2]) not in whole]


# ---- releases


def test_release_in_a_bucket_has_the_bytes_of_a_local_one(releases: Releases, tmp_path: Path) -> None:
    here, there = publish(Releases(Folder(tmp_path)), "ab"), publish(releases, "ab")
    assert here.release_id == there.release_id
    store = S3Store.from_url(there.location)
    uploaded = {o["path"]: bytes(obstore.get(store, o["path"]).bytes()) for page in obstore.list(store) for o in page}
    written = {str(p.relative_to(here.path)): p.read_bytes() for p in here.path.rglob("*") if p.is_file()}
    assert uploaded == written


def test_build_same_content_writes_no_release_and_no_pointer(releases: Releases, place: str) -> None:
    first = publish(releases, "ab")
    before = objects(place)
    again = publish(Releases(Bucket(place)), "ab")
    assert again.release_id == first.release_id
    after = objects(place)
    changed = {key for key in after if before.get(key) != after[key]}
    assert changed <= {"publish.lock", ".same-content.json", ".whole.json"}


def test_build_uploads_only_parts_that_changed(releases: Releases, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(releases, "a")
    uploaded: list[str] = []
    real = obstore.put

    def reported(store: Any, key: str, *rest: Any, **options: Any) -> Any:
        uploaded.append(key)
        return real(store, key, *rest, **options)

    monkeypatch.setattr(obstore, "put", reported)
    second = publish(releases, "ab")
    old, new = 2000 + ord("a"), 2000 + ord("b")
    assert any(f"published/forms/{new}-" in key for key in uploaded)
    assert not [key for key in uploaded if f"/{old}-" in key]
    assert second.scan("forms").collect()["fiscal_year"].sort().to_list() == [old, new]


def noted_requests(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Record what is asked of the store from now on: what it was, and the key or prefix."""
    asked: list[tuple[str, str]] = []

    def recorded(name: str) -> Callable[..., Any]:
        real = getattr(obstore, name)

        def record(store: Any, key: str = "", *rest: Any, **options: Any) -> Any:
            asked.append((name, key))
            return real(store, key, *rest, **options)

        return record

    for name in ("get", "head", "list", "list_with_delimiter"):
        monkeypatch.setattr(obstore, name, recorded(name))
    return asked


def test_build_reads_only_files_that_were_not_found_whole_before(
    releases: Releases, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [publish(releases, names) for names in ("a", "ab", "abc")]
    asked = noted_requests(monkeypatch)
    second, third = made[1:]
    publish(releases, "abcd")
    read = {key for what, key in asked if what == "get" and key.endswith(".parquet")}
    is_new = {third.key(path) for path, about in third.files().items() if second.files().get(path) != about}
    assert read == {key for key in is_new if key.endswith(".parquet")}
    assert len(read) < len(third.files()) / 2


def test_build_looks_at_no_more_of_older_releases_than_their_manifests(
    releases: Releases, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [publish(releases, names) for names in ("a", "ab", "abc")]
    asked = noted_requests(monkeypatch)
    made.append(publish(releases, "abcd"))
    assert {key for what, key in asked if what.startswith("list")} == {"releases", f"{made[2].key()}/"}
    assert sorted(key for what, key in asked if what == "head" and key.startswith("releases/")) == [
        release.key("manifest.json") for release in made
    ]


@pytest.mark.parametrize("path", ["published/forms/", "outcomes.parquet"])
def test_build_writes_anew_what_somebody_has_overwritten(releases: Releases, place: str, path: str) -> None:
    publish(releases, "a")
    first, second = publish(releases, "ab"), publish(releases, "abc")
    damaged = next(name for name in sorted(second.files()) if name.startswith(path))
    store = S3Store.from_url(place)
    of_before = bytes(obstore.get(store, first.key("outcomes.parquet")).bytes())  # it was found whole, there
    obstore.put(store, second.key(damaged), of_before)
    assert releases.damage(second).keys() == {damaged}
    again = publish(releases, "abc")
    assert again.release_id != second.release_id
    assert again.damage() == {}
    assert again.scan("forms").collect().height == 3


def test_rollback_and_retention_never_delete_the_published_release(releases: Releases, place: str) -> None:
    made = [publish(releases, names) for names in ("a", "ab", "abc")]
    before = objects(f"{place}/releases")
    with releases.lock():
        for release in (made[1], made[0]):
            assert releases.move_pointer(release.release_id).is_current
            pointer = json.loads(bytes(obstore.get(S3Store.from_url(place), "current.json").bytes()))
            assert pointer == release.manifest
        assert objects(f"{place}/releases") == before
        assert releases.prune(1) == [made[1].release_id]
    left = {key.split("/")[0] for key in objects(f"{place}/releases")}
    assert left == {made[0].release_id, made[2].release_id}
    current = releases.current()
    assert current == Release(made[0].release_id, True, Bucket(place))
    assert current.scan("forms").collect().height == 1


def test_readers_follow_the_pointer(releases: Releases, place: str) -> None:
    publish(releases, "a")
    publish(releases, "ab")
    release = json.loads(bytes(obstore.get(S3Store.from_url(place), "current.json").bytes()))["release_id"]
    table = f"{place}/releases/{release}/published/indicators/*.parquet"
    assert pl.scan_parquet(table).select(pl.len()).collect().item() == 6
    with duckdb.connect() as connection:  # as with its extension httpfs, which tests cannot fetch
        connection.register_filesystem(FsspecStore("s3"))
        connection.execute(f"""
            SET VARIABLE files = (
                SELECT list('{place}/releases/' || release_id || '/' || file.path)
                FROM (SELECT release_id, unnest(tables."published/indicators".files) AS file
                      FROM read_json('{place}/current.json')))""")
        assert connection.execute("SELECT count(*) FROM read_parquet(getvariable('files'))").fetchall() == [(6,)]


# ---- killed, or two at once


class KilledError(BaseException):
    """Stands for SIGKILL at a place in the code: no handler of the program may run on it."""


@pytest.mark.parametrize("key", ["/forms/", "manifest.json", "current.json"])
def test_kill_before_a_step_of_publishing_next_run_ends_as_if_undisturbed(
    releases: Releases, place: str, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    publish(releases, "a")
    real = obstore.put

    def killed(store: Any, path: str, *rest: Any, **options: Any) -> Any:
        if key in path:
            raise KilledError(path)
        return real(store, path, *rest, **options)

    with monkeypatch.context() as patch:
        patch.setattr(obstore, "put", killed)
        patch.setattr(Lease, "release", lambda lease: lease._done.set())  # the dead free no lock
        with pytest.raises(KilledError):
            publish(releases, "ab")
    shown = releases.current()
    assert shown is not None
    assert shown.release_id.startswith("000001-")
    second = publish(Releases(Bucket(place, Clock().times)), "ab")
    assert second.release_id.startswith("000002-")
    assert second.scan("forms").collect().height == 2
    assert [release.is_current for release in releases.kept()] == [False, True]
    publish(releases, "abc")
    assert unfinished(place) == []


@pytest.mark.long
def test_two_publishers_at_once_take_turns(place: str) -> None:
    def add_letters() -> None:
        releases = Releases(Bucket(place))
        for _ in range(3):
            with releases.lock():
                current = releases.current()
                count = current.manifest["account"]["documents_seen"] if current else 0
                build(releases, ascii_lowercase[: count + 1])

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(add_letters) for _ in range(2)]:
            done.result(timeout=600)
    kept = Releases(Bucket(place)).kept()
    assert [release.release_id[:6] for release in kept] == [f"{number:06d}" for number in range(1, 7)]
    assert [release.manifest["account"]["documents_seen"] for release in kept] == [1, 2, 3, 4, 5, 6]
    assert [release.is_current for release in kept] == [False] * 5 + [True]


def test_publisher_that_lost_the_lock_cannot_move_the_pointer(
    releases: Releases, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish(releases, "a")
    monkeypatch.setattr(Lease, "_beat", lambda _: None)  # as on a machine that was suspended
    with releases.lock():
        second = publish(Releases(Bucket(place, Clock().times)), "ab")
        with pytest.raises(WarehouseError, match=r"another publisher has taken .*publish\.lock over.*run again"):
            releases.move_pointer(first.release_id)
    current = releases.current()
    assert current is not None
    assert current.release_id == second.release_id


def test_lock_that_somebody_deleted_is_lost(releases: Releases, place: str) -> None:
    first = publish(releases, "a")
    with releases.lock():
        obstore.delete(S3Store.from_url(place), "publish.lock")
        with pytest.raises(WarehouseError, match=r"taken .* over"):
            releases.move_pointer(first.release_id)
    publish(releases, "ab")


def test_pointer_moved_by_another_is_not_overwritten(releases: Releases, place: str) -> None:
    first, second = publish(releases, "a"), publish(releases, "ab")
    store = S3Store.from_url(place)
    with releases.lock():
        moved = bytes(obstore.get(store, f"releases/{first.release_id}/manifest.json").bytes())
        obstore.put(store, "current.json", moved)  # by somebody who does not ask for the lock
        with pytest.raises(WarehouseError, match=r"another publisher has moved .*current\.json"):
            releases.move_pointer(second.release_id)


def test_lock_is_waited_for_while_its_holder_lives(place: str) -> None:
    store = S3Store.from_url(place)
    holder = Lease(store, place, LeaseTimes())
    holder.acquire()

    def live_for_three_leases(now: float) -> None:
        if now < 3 * LeaseTimes.lease:
            holder.renew()
        else:
            holder.release()

    clock = Clock(live_for_three_leases)
    Lease(store, place, clock.times).acquire()
    assert clock.now == 3 * LeaseTimes.lease


def test_lock_of_a_killed_holder_is_taken_over_when_its_lease_is_over(place: str) -> None:
    store, clock = S3Store.from_url(place), Clock()
    killed = Lease(store, place, LeaseTimes())
    killed.acquire()
    killed._done.set()  # beats no more, frees nothing
    Lease(store, place, clock.times).acquire()
    assert LeaseTimes.lease < clock.now <= LeaseTimes.lease + 1
    with pytest.raises(WarehouseError, match=r"taken .* over, as this one had not written to it for 30 s"):
        killed.renew()


def test_lock_is_written_anew_while_it_is_held(place: str) -> None:
    store = S3Store.from_url(place)
    held = Lease(store, place, LeaseTimes(beat=0.001))
    held.acquire()
    first = obstore.head(store, "publish.lock")["e_tag"]
    while obstore.head(store, "publish.lock")["e_tag"] == first:
        pass
    held.release()


# ---- archive


def test_archive_in_a_bucket_keeps_each_file_once_and_gives_local_copies(place: str, tmp_path: Path) -> None:
    archive = Archive(Bucket(place))
    source = tmp_path / "in.pdf"
    source.write_bytes(b"%PDF-1.7 one")
    kept = archive.put(source)
    assert (kept.is_new, archive.put(source).is_new, archive.put_bytes(b"%PDF-1.7 one").is_new) == (True, False, False)
    assert archive.location_of(kept.document_id) == f"{place}/raw/{kept.document_id[:2]}/{kept.document_id}.pdf"
    with archive.files([kept.document_id, "0" * 64]) as (path, missing):
        assert (path.read_bytes(), missing.exists()) == (b"%PDF-1.7 one", False)
    assert not path.exists()
    obstore.put(S3Store.from_url(place), archive.key_of(kept.document_id), b"changed")
    assert archive.damaged([kept.document_id, "0" * 64]) == [kept.document_id, "0" * 64]


# ---- errors for people


def test_open_in_no_bucket_says_what_to_do(bucket: str) -> None:
    with pytest.raises(WarehouseError, match=r"could not open the warehouse \(s3://no-such-bucket/x\): there is no su"):
        Warehouse("s3://no-such-bucket/x")
    assert not is_warehouse(f"{bucket}/nothing-here")


@pytest.mark.parametrize("address", ["s3://", "s3:/bucket/x", "https://example.org/x", "gs://bucket/x"])
def test_open_address_of_another_kind_says_what_to_do(address: str) -> None:
    with pytest.raises(WarehouseError, match="a folder or s3://bucket/prefix"):
        Warehouse(address)
    with pytest.raises(WarehouseError, match="a folder or s3://bucket/prefix"):
        is_warehouse(address)


def test_open_without_an_answer_says_what_to_do(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(bucket_module, "_RETRIES", {"max_retries": 0})
    with pytest.raises(WarehouseError, match="does not answer: check AWS_ENDPOINT_URL"):
        Warehouse(bucket)


def test_open_over_http_without_leave_says_what_to_do(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ALLOW_HTTP")
    with pytest.raises(WarehouseError, match="set AWS_ALLOW_HTTP=true"):
        Warehouse(bucket)


def test_open_on_a_server_that_ignores_conditions_is_refused(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = obstore.put
    monkeypatch.setattr(obstore, "put", lambda store, key, content, **_: real(store, key, content))
    with pytest.raises(WarehouseError, match="does not enforce If-None-Match"):
        Warehouse(place)


def test_open_with_leave_to_read_only_shows_what_is_there(
    releases: Releases, place: str, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = publish(releases, "a")

    def denied(*_: Any, **__: Any) -> None:
        raise PermissionDeniedError("status code: 403 Forbidden: <Code>AccessDenied</Code>")

    monkeypatch.setattr(obstore, "put", denied)
    assert Releases(Bucket(place)).current() == Release(release.release_id, True, Bucket(place))
    with pytest.raises(WarehouseError, match="refuses access"):
        Bucket(f"{bucket}/nothing-here")


def test_folder_of_a_bucket_is_refused(place: str) -> None:
    with pytest.raises(WarehouseError, match="is in a bucket, but a local folder is needed"):
        Bucket(place).folder("raw")


def test_set_aside_moves_an_object_or_all_below_a_key_and_nothing_else(place: str) -> None:
    store, house = S3Store.from_url(place), Bucket(place)
    for key in ("raw/aa/one.pdf", "releases/000001-a/manifest.json", "releases/000001-a/x/y", "releases/000002-b/z"):
        obstore.put(store, key, key.encode())
    assert house.set_aside("raw/aa/one.pdf") == f"{place}/.damaged/raw/aa/one.pdf"
    house.set_aside("releases/000001-a")
    left = {one["path"]: one["size"] for page in obstore.list(store) for one in page if one["path"] != "jixiao.json"}
    moved = ("raw/aa/one.pdf", "releases/000001-a/manifest.json", "releases/000001-a/x/y")
    assert left == {**{f".damaged/{key}": len(key) for key in moved}, "releases/000002-b/z": 19}
    assert house.releases() == []
    with pytest.raises(FileNotFoundError):
        house.set_aside("raw/aa/one.pdf")


def test_verify_names_an_object_of_a_release_that_has_changed(bucket: str) -> None:
    warehouse = Warehouse(f"{bucket}/house")
    builders.ingest(warehouse, {"a": [MadeUpForm()]})
    release = builders.publish(warehouse).release
    key = f"house/{release.key()}/events.parquet"
    content = obstore.get(S3Store.from_url(bucket), key).bytes().to_bytes()
    obstore.put(S3Store.from_url(bucket), key, content[:-1] + b"?")
    found = warehouse.verify().damage.filter(part="release")
    assert found.select("item", "damage").rows() == [(release.release_id, "its bytes have changed")]
