"""Where a warehouse is kept: a local folder, or a prefix of an S3 bucket. The same few operations over both.

Keys are paths below the root with `/` between the names, such as `releases/000001-ab12cd34/manifest.json`.
"""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, Protocol

Patience = Callable[[], AbstractContextManager[Callable[[], object]]]
"""What is entered while another publisher is awaited; it gives what is called a few times a second and may raise."""

TEMPORARY: Final = ".tmp-"
_SOON_SECONDS: Final = 600
_DAY_SECONDS: Final = 86_400
ASIDE: Final = ".damaged"
"""Below it is what was found damaged, under its key: it is kept for people, and nothing reads it."""
POINTER: Final = "current.json"
"""The manifest of the published release: in a bucket the pointer itself, in a folder a link that leads through it."""
MANIFEST: Final = "manifest.json"
RELEASES: Final = "releases"
POINTER_DAMAGED: Final = "{} is damaged, so that nobody can tell what is published: run `jixiao verify --repair`"


class Draft(Protocol):
    """A folder in the making: nobody sees it before it is finished, and a kill leaves nothing that counts."""

    def write(self, path: str, content: bytes) -> None:
        """Put a file into it."""

    def take_over(self, earlier: str, path: str) -> str:
        """Put a file into it that the finished folder `earlier` has at the same path, without writing it again.

        Returns:
            The path or address of that file, as Polars takes it.
        """

    def finish(self, folder: str) -> None:
        """Show it under its name, whole."""


class Storage(Protocol):
    """A folder or a prefix in a bucket, and what a warehouse does there.

    Raises:
        WarehouseError: Each operation, when the storage cannot be read or written; the message says what to do.
    """

    has_links: bool
    """`published` and `quarantine` are there as paths that lead to the published release."""

    def where(self, key: str = "") -> str:
        """Return the path or address of a key, as Polars, deltalake and people take it."""

    def folder(self, key: str = "") -> Path:
        """Return the local path of a key, there or not.

        Raises:
            WarehouseError: The warehouse is in a bucket.
        """

    def size(self, key: str) -> int | None:
        """Return how many bytes a key has; null when it is not there."""

    def sizes(self, keys: Sequence[str]) -> list[int | None]:
        """Return how many bytes each key has, in the same order; null for one that is not there."""

    def tags(self, key: str) -> dict[str, str]:
        """Return a tag of each file below a key, by its path there: another one for other bytes.

        A file without one is left out; a local folder has none, for bytes can change below any size and time.
        """

    def read(self, key: str) -> bytes:
        """Return the content of a key.

        Raises:
            FileNotFoundError: It is not there.
        """

    def write(self, key: str, content: bytes) -> None:
        """Set the content of a key, in one step."""

    def probe(self) -> None:
        """Write a small file and delete it again."""

    def incoming(self) -> Path:
        """Return a local folder for files that are made to be adopted."""

    def adopt(self, file: Path, key: str) -> None:
        """Keep a finished file of the `incoming` folder under a key, in one step; it is gone from there."""

    def fetch(self, key: str, into: Path) -> Path:
        """Return a local file with the content of a key: the file itself, or a copy in the folder `into`.

        Raises:
            FileNotFoundError: It is not there.
        """

    def set_aside(self, key: str) -> str:
        """Move what is damaged, a key or all below it, out of the way to `.damaged/`, and return where it is now.

        Raises:
            FileNotFoundError: It is not there.
        """

    def draft(self) -> AbstractContextManager[Draft]:
        """Begin a release; what is not finished when the context ends is removed."""

    def releases(self) -> list[str]:
        """Return the names of the finished releases, sorted."""

    def remove_release(self, name: str) -> None:
        """Delete a release. Call it with the lock held."""

    def clean(self) -> None:
        """Remove what publishers that were killed have left behind. Call it with the lock held."""

    def pointer(self) -> str | None:
        """Return the name of the release that is published; null before the first one.

        Raises:
            WarehouseError: What says it is damaged.
        """

    def point(self, name: str) -> None:
        """Publish a release, in one step. Call it with the lock held.

        Raises:
            WarehouseError: Another publisher has moved the pointer since the lock was taken.
        """

    def lock(self, patience: Patience) -> AbstractContextManager[None]:
        """Let one publisher in at a time; others wait. One that was killed holds no lock, at least not for long.

        Args:
            patience: Entered only where another one holds the lock.
        """


@contextmanager
def in_silence() -> Iterator[Callable[[], object]]:
    """Wait for another publisher without a word."""
    yield lambda: None


def temporary_file(folder: Path) -> Path:
    """Make an empty file with a name of its own that `clean` knows, and that says whose it is."""
    descriptor, name = tempfile.mkstemp(
        prefix=f"{TEMPORARY}{os.getpid()}-", suffix=f"-{socket.gethostname()}", dir=folder
    )
    os.close(descriptor)
    return Path(name)


def is_left(path: Path, age_seconds: float) -> bool:
    """Return whether a file of `temporary_file` was left behind: its process has ended, or it is older than a day.

    A process of another machine, or of another container, is not known: there only the age counts.

    Args:
        path: The file.
        age_seconds: Since it was last written.
    """
    owner, _, rest = path.name.removeprefix(TEMPORARY).partition("-")
    is_ours = owner.isdecimal() and rest.endswith(f"-{socket.gethostname()}")
    if is_ours and age_seconds > _SOON_SECONDS:
        try:
            os.kill(int(owner), 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
    return age_seconds > _DAY_SECONDS
