"""A warehouse in a bucket of an S3-compatible object store.

An object store has no rename, no links and no locks of files. What stands for them:

- A release is uploaded below its own name; it counts from the moment that its `manifest.json`, which is written last,
  is there. Files that the release before has already are copied by the server, not uploaded.
- The pointer is the object `current.json`. It is replaced on condition that nobody else has replaced it since the
  publisher took the lock (`If-Match`), so that of two publishers one fails, whatever happened to the lock.
- The lock is a lease: an object that its holder writes anew every few seconds. Who waits takes it over when it has
  not changed for the whole lease by their own clock: no two clocks are compared, and a holder that was killed delays
  the next one by the length of the lease.

Address and credentials come from the environment: AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
AWS_SESSION_TOKEN, AWS_REGION, AWS_ALLOW_HTTP. The ledger and Polars read the same ones.
"""

from __future__ import annotations

import json
import os
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PermissionDeniedError
from obstore.store import S3Store

from warehouse.errors import WarehouseError, os_errors_explained, server_advice
from warehouse.storage.assumptions import Assumption, check_assumptions
from warehouse.storage.base import ASIDE, MANIFEST, POINTER, POINTER_DAMAGED, RELEASES, TEMPORARY, Draft, Patience
from warehouse.storage.lease import LOCK, REFUSED, Lease, LeaseTimes, put_if

_MARKER: Final = "jixiao.json"
_AT_ONCE: Final = 8
_MOST_ASKED_ALONE: Final = 500
_RETRIES: Final = {"max_retries": 5, "retry_timeout": timedelta(seconds=60)}


class Bucket:
    """A prefix of a bucket. See `warehouse.storage.base.Storage`, whose methods these are.

    Raises:
        WarehouseError: No such bucket, access denied, no answer, or a server that does not enforce conditions.
    """

    has_links = False

    def __init__(self, location: str, lease_times: LeaseTimes | None = None) -> None:
        self._root = location.rstrip("/")
        self._lease_times = lease_times or LeaseTimes()
        self._store = _store(self._root)
        self._lease: Lease | None = None
        self._pointer_tag: str | None = None
        self._finished: set[str] = set()
        self._open()

    def _open(self) -> None:
        """Make sure that the bucket is there and that `put` obeys conditions: appends to the ledger rely on it."""
        with _explained("open the warehouse", self._root):
            try:
                for _ in range(2):
                    obstore.put(self._store, _MARKER, b'{"warehouse": "jixiao"}\n', mode="create")
            except AlreadyExistsError:
                return
            except PermissionDeniedError:
                if not _has(self._store, _MARKER):
                    raise
                return  # who may only read can look at a warehouse that is there
        raise WarehouseError(
            f"{self._root}: this object store does not enforce If-None-Match, so that two runs at once would lose "
            "data: use one that does, or a local folder"
        )

    def check(self) -> list[Assumption]:
        """Try what a warehouse assumes of its store; nothing of the warehouse is touched."""
        return check_assumptions(self._store, f"{TEMPORARY}check")

    def where(self, key: str = "") -> str:
        """See `Storage.where`."""
        return f"{self._root}/{key}" if key else self._root

    def folder(self, key: str = "") -> Path:
        """See `Storage.folder`."""
        raise WarehouseError(f"{self.where(key)} is in a bucket, but a local folder is needed here")

    def size(self, key: str) -> int | None:
        """See `Storage.size`."""
        with _explained("look at", self.where(key)):
            try:
                return int(obstore.head(self._store, key)["size"])
            except FileNotFoundError:
                return None

    def sizes(self, keys: Sequence[str]) -> list[int | None]:
        """See `Storage.sizes`; where there are many, what lies below their common folder is listed instead."""
        if len(keys) > _MOST_ASKED_ALONE:
            folder = os.path.commonpath(keys)
            with _explained("list", self.where(folder)):
                found = {
                    str(one["path"]): int(one["size"]) for page in obstore.list(self._store, folder) for one in page
                }
            return [found.get(key) for key in keys]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(self.size, keys))

    def read(self, key: str) -> bytes:
        """See `Storage.read`."""
        with _explained("read", self.where(key)):
            return obstore.get(self._store, key).bytes().to_bytes()

    def tags(self, key: str) -> dict[str, str]:
        """See `Storage.tags`: size and ETag, which changes with every write of other bytes."""
        with _explained("list", self.where(key)):
            found = [one for page in obstore.list(self._store, f"{key}/") for one in page]
        return {
            str(one["path"]).removeprefix(f"{key}/"): f"{one['size']} {one['e_tag']}" for one in found if one["e_tag"]
        }

    def write(self, key: str, content: bytes) -> None:
        """See `Storage.write`."""
        with _explained("write", self.where(key)):
            obstore.put(self._store, key, content)

    def probe(self) -> None:
        """See `Storage.probe`."""
        key = f"{TEMPORARY}{uuid.uuid4().hex}"
        with _explained("write to the warehouse", self._root):
            obstore.put(self._store, key, b"jixiao")
            obstore.delete(self._store, key)

    def incoming(self) -> Path:
        """See `Storage.incoming`: the system's folder for temporary files."""
        return Path(tempfile.gettempdir())

    def adopt(self, file: Path, key: str) -> None:
        """See `Storage.adopt`."""
        with _explained("write", self.where(key)):
            obstore.put(self._store, key, file)
        file.unlink()

    def fetch(self, key: str, into: Path) -> Path:
        """See `Storage.fetch`."""
        target = into / key.rpartition("/")[2]
        with _explained("read", self.where(key)), os_errors_explained("fetch to", into):
            found = obstore.get(self._store, key)
            with target.open("wb") as out:
                for chunk in found:
                    out.write(chunk)
        return target

    def set_aside(self, key: str) -> str:
        """See `Storage.set_aside`."""
        keys = [key] if self.size(key) is not None else self._keys(f"{key}/")
        if not keys:
            raise FileNotFoundError(self.where(key))
        self._finished.clear()
        with _explained("move a damaged object aside", self.where(key)):
            for one in keys:
                obstore.copy(self._store, one, f"{ASIDE}/{one}")
            obstore.delete(self._store, keys)
        return self.where(f"{ASIDE}/{key}")

    @contextmanager
    def draft(self) -> Iterator[Draft]:
        """See `Storage.draft`; new files wait in the system's folder for temporary files until it is finished."""
        with tempfile.TemporaryDirectory(prefix="jixiao-") as folder:
            yield BucketDraft(self, self._store, Path(folder))

    def releases(self) -> list[str]:
        """See `Storage.releases`."""
        return sorted(name for name, is_finished in self._found_releases().items() if is_finished)

    def _found_releases(self) -> dict[str, bool]:
        """Return the names below `releases/`, and which of them are finished; what they hold is not listed.

        With the lock, a release is asked for its manifest once: nobody else finishes or removes any meanwhile.
        """
        with _explained("list", self.where(RELEASES)):
            below = obstore.list_with_delimiter(self._store, RELEASES)["common_prefixes"]
        names = sorted(str(path).rstrip("/").rpartition("/")[2] for path in below)
        asked = [name for name in names if name not in self._finished]
        sizes = self.sizes([f"{RELEASES}/{name}/{MANIFEST}" for name in asked])
        finished = {name for name, size in zip(asked, sizes, strict=True) if size is not None}
        found = {name: name in finished or name in self._finished for name in names}
        if self._lease is not None:
            self._finished |= finished
        return found

    def remove_release(self, name: str) -> None:
        """See `Storage.remove_release`; the manifest goes first, so that nobody takes the rest for a release."""
        self.require_lock()
        self._finished.discard(name)
        with _explained("delete", self.where(f"{RELEASES}/{name}")):
            obstore.delete(self._store, [f"{RELEASES}/{name}/{MANIFEST}"])
            self._delete_below(name)

    def clean(self) -> None:
        """See `Storage.clean`."""
        for name, is_finished in self._found_releases().items():
            if not is_finished:
                self.require_lock()
                self._delete_below(name)

    def _delete_below(self, name: str) -> None:
        if keys := self._keys(f"{RELEASES}/{name}/"):
            with _explained("delete", self.where(f"{RELEASES}/{name}")):
                obstore.delete(self._store, keys)

    def _keys(self, prefix: str) -> list[str]:
        with _explained("list", self.where(prefix)):
            return [str(found["path"]) for page in obstore.list(self._store, prefix) for found in page]

    def pointer(self) -> str | None:
        """See `Storage.pointer`."""
        try:
            name: str = json.loads(self.read(POINTER))["release_id"]
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise WarehouseError(POINTER_DAMAGED.format(self.where(POINTER))) from error
        return name

    def point(self, name: str) -> None:
        """See `Storage.point`."""
        self.require_lock()
        content = self.read(f"{RELEASES}/{name}/{MANIFEST}")
        with _explained("move the pointer", self.where(POINTER)):
            try:
                tag = put_if(self._store, POINTER, content, self._pointer_tag)
            except REFUSED as error:
                raise WarehouseError(
                    f"another publisher has moved {self.where(POINTER)} meanwhile; nothing of this run is lost: "
                    "run again"
                ) from error
        self._pointer_tag = tag

    @contextmanager
    def lock(self, patience: Patience) -> Iterator[None]:
        """See `Storage.lock`."""
        with _explained("lock the warehouse", self.where(LOCK)):
            lease = Lease(self._store, self.where(LOCK), self._lease_times)
            lease.acquire(patience)
        try:
            self._lease = lease
            self._pointer_tag = self._tag(POINTER)
            yield
        finally:
            self._lease = None
            self._finished.clear()
            lease.release()

    def _tag(self, key: str) -> str | None:
        with _explained("look at", self.where(key)):
            try:
                return obstore.head(self._store, key)["e_tag"]
            except FileNotFoundError:
                return None

    def require_lock(self) -> None:
        """Prove that the lock is held, by writing the lease anew.

        Raises:
            WarehouseError: It was lost to another publisher.
        """
        if self._lease is None:
            raise WarehouseError(f"{self._root}: the lock is needed here")
        with _explained("keep the lock", self.where(LOCK)):
            self._lease.renew()


class BucketDraft:
    """New files in a temporary folder, and the names of those that the server is to copy."""

    def __init__(self, bucket: Bucket, store: S3Store, folder: Path) -> None:
        self.folder = folder
        self._bucket = bucket
        self._store = store
        self._copies: dict[str, str] = {}

    def write(self, path: str, content: bytes) -> None:
        """See `Draft.write`."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def take_over(self, earlier: str, path: str) -> str:
        """See `Draft.take_over`."""
        self._copies[path] = f"{RELEASES}/{earlier}/{path}"
        return self._bucket.where(self._copies[path])

    def finish(self, folder: str) -> None:
        """See `Draft.finish`. The manifest is written last, and only while the lock is held."""
        prefix = f"{RELEASES}/{folder}"
        new = {path.relative_to(self.folder).as_posix(): path for path in self.folder.rglob("*") if path.is_file()}
        manifest = new.pop(MANIFEST)

        def upload(name: str) -> None:
            obstore.put(self._store, f"{prefix}/{name}", new[name])

        def copy(name: str) -> None:
            obstore.copy(self._store, self._copies[name], f"{prefix}/{name}")

        with _explained("write a release", self._bucket.where(prefix)):
            _all(upload, new)
            _all(copy, self._copies)
            self._bucket.require_lock()
            obstore.put(self._store, f"{prefix}/{MANIFEST}", manifest)


def is_warehouse(location: str) -> bool:
    """See `warehouse.storage.base.is_warehouse`."""
    with _explained("open the warehouse", location):
        return _has(_store(location.rstrip("/")), _MARKER)


def _store(location: str) -> S3Store:
    scheme, _, rest = location.partition("://")
    if "@" in rest.partition("/")[0]:
        shown = f"{scheme}://...@{rest.partition('@')[2]}"
        raise WarehouseError(
            f"{shown}: the address of a warehouse has no credentials in it: set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, and take them out of --warehouse"
        )
    if scheme != "s3" or not rest.strip("/"):
        raise WarehouseError(f"{location}: a warehouse is a folder or s3://bucket/prefix; correct --warehouse")
    with _explained("open the warehouse", location):
        return S3Store.from_url(location, retry_config=_RETRIES)  # type: ignore[arg-type]


def _has(store: S3Store, key: str) -> bool:
    try:
        obstore.head(store, key)
    except FileNotFoundError:
        return False
    return True


def _all(work: Callable[[str], None], names: Iterable[str]) -> None:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for done in [pool.submit(work, name) for name in names]:
            done.result()


@contextmanager
def _explained(action: str, where: str) -> Iterator[None]:
    """Turn an error of the object store into a `WarehouseError` that says what to do."""
    try:
        yield
    except (BaseError, FileNotFoundError) as error:
        if isinstance(error, FileNotFoundError) and "NoSuchBucket" not in str(error):
            raise
        raise WarehouseError(f"could not {action} ({where}): {server_advice(str(error))}") from error
