"""From paths to the PDF files and ZIP archives that are there: files, folders, globs.

A path that gives nothing is a problem that the run reports at its end; the others continue.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import takewhile
from pathlib import Path
from typing import Final
from urllib.parse import unquote, unquote_to_bytes

from flows.collecting.encodings import local_name
from flows.collecting.problems import SourceProblem

PDF_SUFFIX: Final = ".pdf"
ZIP_SUFFIX: Final = ".zip"


@dataclass(frozen=True, slots=True)
class Found:
    """A file that a path gave, as it was when it was listed."""

    path: Path
    uri: str
    byte_count: int
    modified_ns: int

    @property
    def name(self) -> str:
        """Its name as text, whatever its bytes are."""
        return local_name(self.path.name)

    @property
    def is_archive(self) -> bool:
        """Whether it is a ZIP archive, by its name."""
        return self.path.suffix.lower() == ZIP_SUFFIX


def find(sources: Iterable[str], *, follow_links: bool = False) -> tuple[list[Found], list[SourceProblem]]:
    """List the PDF files and ZIP archives of some paths.

    A file is taken whatever its name (what is not a PDF, the reader reports); of a folder, every `*.pdf` and `*.zip`
    below it; of a glob (`*`, `?`, `[`, `**`), every file that it matches, and those of every folder that it matches. A
    file that two paths give is listed once. The order is that of the paths, and of names within one. Only regular files
    are taken.

    Args:
        sources: The paths.
        follow_links: Also take what links in a folder, or found by a glob, lead to outside of their folder.

    Returns:
        The files, and the paths or files that could not be taken.

    Example:
        >>> find(["no/such/report.pdf"])[1][0].code
        'not_found'
    """
    found: dict[Path, Found] = {}
    problems: list[SourceProblem] = []
    resolved = cache(partial(Path.resolve, strict=True))  # each folder once, not once for each of its files
    for source in sources:
        try:
            for candidate in _expand(source):
                one = candidate if isinstance(candidate, SourceProblem) else _look(candidate, follow_links, resolved)
                if isinstance(one, SourceProblem):
                    problems.append(one)
                else:
                    found.setdefault(one.path, one)
        except (OSError, ValueError, RuntimeError) as error:  # such as a path with a null character, or too long
            problems.append(_unreadable(source, error))
    return list(found.values()), problems


def place_below(paths: tuple[str, ...], uri: str) -> str | None:
    """Return the path of a file, or of a member of a ZIP archive, below the path of its source that leads to it.

    Below a folder; of a file its name; of a glob the path from its first folder with a wildcard on.

    Args:
        paths: The paths of the source.
        uri: As a sighting has it: `file://...`, and for a member `#` and its name.

    Returns:
        The place, with `/` between names; null where no path leads to it any more, as after a change of links.

    Example:
        >>> place_below(("/srv/reports/20*/a/*.pdf",), "file:///srv/reports/2023/a/%E8%A1%A8.pdf")
        '2023/a/表.pdf'
    """
    address, _, member = uri.partition("#")
    path = Path(os.fsdecode(unquote_to_bytes(address.removeprefix("file://"))))
    below = [path.relative_to(root) for root in _roots(paths) if path.is_relative_to(root)]
    if not below:
        return None
    shortest = min(below, key=lambda place: len(place.parts)).parts
    return "/".join(map(local_name, shortest)) + (f"#{unquote(member)}" if member else "")


@cache
def _roots(paths: tuple[str, ...]) -> tuple[Path, ...]:
    """Return the folders that places below some paths are given from."""
    roots = []
    for one in paths:
        path = Path(one).expanduser()
        try:
            if not path.exists() and glob.has_magic(one):
                root = Path(*takewhile(lambda part: not glob.has_magic(part), path.parts))
            else:
                root = path if path.is_dir() else path.parent
            roots.append(root.resolve())
        except (OSError, ValueError, RuntimeError):
            continue  # no file was found by it
    return tuple(roots)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A path, and the folder in which it was found; null: it was named itself."""

    path: Path
    folder: Path | None = None


def _look(candidate: _Candidate, follow_links: bool, resolved: Callable[[Path], Path]) -> Found | SourceProblem:
    try:
        path, status = _led_to(candidate, resolved)
        folder = resolved(candidate.folder) if candidate.folder else None
    except (OSError, RuntimeError) as error:  # RuntimeError: links that lead to one another
        return _unreadable(str(candidate.path), error)
    if folder and not follow_links and not path.is_relative_to(folder):
        message = f"it is a link that leads out of its folder, to {path}: set follow_links in the source if it is right"
        return SourceProblem(str(candidate.path), "link_outside", message)
    if not stat.S_ISREG(status.st_mode):
        return SourceProblem(
            str(candidate.path), "not_a_file", "it is a device, a pipe or a socket: only files are read"
        )
    return Found(path, path.as_uri(), status.st_size, status.st_mtime_ns)


def _led_to(candidate: _Candidate, resolved: Callable[[Path], Path]) -> tuple[Path, os.stat_result]:
    """Return what a path leads to, without links on the way, and its state."""
    path = candidate.path
    status = path.lstat()
    if candidate.folder is None or stat.S_ISLNK(status.st_mode) or path.name in ("", ".."):
        path = path.resolve(strict=True)
        return path, path.stat()
    return resolved(path.parent) / path.name, status


def _expand(source: str) -> Iterator[_Candidate | SourceProblem]:
    if "://" in source:
        yield SourceProblem(
            source,
            "unsupported",
            "such addresses are not known: http://, https:// and s3:// are",
        )
        return
    path = Path(source).expanduser()
    if path.is_dir():
        yield from _walk(path, source)
    elif path.exists() or path.is_symlink():
        yield _Candidate(path)
    elif glob.has_magic(source):
        matches = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207 Path.glob takes no absolute pattern
        if not matches:
            yield SourceProblem(source, "no_match", "no file matches this pattern")
        for match in map(Path, matches):
            if match.is_dir() and not match.is_symlink():
                yield from (p for p in _walk(match, source) if isinstance(p, _Candidate) or p.code != "no_pdf")
            else:
                yield _Candidate(match, match.parent)
    else:
        yield SourceProblem(source, "not_found", "there is no such file or folder, nor a source of this name: check it")


def _walk(top: Path, source: str) -> Iterator[_Candidate | SourceProblem]:
    problems: list[OSError] = []
    empty = True
    for parent, folders, files in os.walk(top, onerror=problems.append):
        folders.sort()
        for name in sorted(files):
            if name.lower().endswith((PDF_SUFFIX, ZIP_SUFFIX)):
                empty = False
                yield _Candidate(Path(parent, name), top)
    yield from (_unreadable(str(problem.filename or top), problem) for problem in problems)
    if empty and not problems:
        yield SourceProblem(source, "no_pdf", "there is no *.pdf or *.zip file in this folder or below it")


def _unreadable(source: str, error: Exception) -> SourceProblem:
    said = error.strerror if isinstance(error, OSError) else None
    return SourceProblem(source, "unreadable", f"cannot be read: {said or error}")
