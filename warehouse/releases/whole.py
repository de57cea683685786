"""Which files of a release in a bucket were read and found whole, so that a night reads only those that are new.

A file whose tag (see `Storage.tags`) is the one that it was found whole with has the same bytes still. The note of it,
`.whole.json`, is of the release that was looked at whole last, so of the newest: files that the next release takes over
have name, tag and sha256 of before. What has others, or none, is read; so is all of a local release, and all by
`jixiao verify`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from warehouse.storage.base import Storage

if TYPE_CHECKING:
    from warehouse.releases.release import Release

_NOTE: Final = ".whole.json"


def damage(storage: Storage, release: Release, only: str = "") -> dict[str, str]:
    """Return what is wrong with the files of a release, by their paths, as `Release.damage` does.

    Args:
        storage: Where it is.
        release: The release. When all of it is looked at, what is whole is noted.
        only: Look at no other files than those whose path begins so.
    """
    tags = storage.tags(release.key())
    if not tags or not release.is_readable:
        return release.damage(only)
    noted = _noted(storage)
    now = {path: f"{tags[path]} {sha256}" for path, (_, sha256) in release.files().items() if path in tags}
    found = release.damage(only, {path for path, about in now.items() if noted.get(path) == about})
    whole = {path: about for path, about in sorted(now.items()) if path not in found}
    if not only and whole != noted:
        storage.write(_NOTE, json.dumps(whole, indent=0).encode())
    return found


def _noted(storage: Storage) -> dict[str, str]:
    try:
        noted = json.loads(storage.read(_NOTE))
    except (FileNotFoundError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}
