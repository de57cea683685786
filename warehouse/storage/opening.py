"""Opens the place of a warehouse: a folder or a prefix of a bucket."""

from __future__ import annotations

from pathlib import Path

from warehouse.storage.base import RELEASES, Storage
from warehouse.storage.folder import Folder


def open_storage(location: str | Path) -> Storage:
    """Open a place for a warehouse, a folder or `s3://bucket/prefix`; what is missing is made, but no bucket.

    Raises:
        WarehouseError: It cannot be opened, or it is an address of another kind.
    """
    if isinstance(location, str) and _is_address(location):
        from warehouse.storage.bucket import Bucket  # obstore is not imported where a folder is used

        return Bucket(location)
    return Folder(Path(location))


def is_warehouse(location: str) -> bool:
    """Return whether there is a warehouse, published or not, without making one. An empty folder is none.

    Raises:
        WarehouseError: The place cannot be looked at.
    """
    if _is_address(location):
        from warehouse.storage.bucket import is_warehouse as is_in_bucket

        return is_in_bucket(location)
    return Path(location, RELEASES).is_dir()


def _is_address(location: str) -> bool:
    return "://" in location or location.startswith("s3:")  # the second with a slash too few
