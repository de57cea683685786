"""From paths to the PDF files and ZIP archives that are there: files, folders, globs.

A path that gives nothing is a problem that the run reports at its end; the others continue.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Final
from urllib.parse import unquote

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
    def is_archive(self) -> bool:
        """Whether it is a ZIP archive, by its name."""
        return self.path.suffix.lower() == ZIP_SUFFIX


def find(sources: Iterable[str]) -> tuple[list[Found], list[SourceProblem]]:
    """List the PDF files and ZIP archives of some paths.

    A file is taken whatever its name (what is not a PDF, the reader reports); of a folder, every `*.pdf` and `*.zip`
    below it; of a glob (`*`, `?`, `[`, `**`), every file that it matches, and those of every folder that it matches. A
    file that two paths give is listed once. The order is that of the paths, and of names within one.

    Returns:
        The files, and the paths or files that could not be taken.

    Example:
        >>> find(["no/such/report.pdf"])[1][0].code
        'not_found'
    """
    found: dict[Path, Found] = {}
    problems: list[SourceProblem] = []
    for source in sources:
        for path_or_problem in _expand(source):
            if isinstance(path_or_problem, SourceProblem):
                problems.append(path_or_problem)
                continue
            try:
                path = path_or_problem.resolve(strict=True)
                stat = path.stat()
            except OSError as error:
                problems.append(_unreadable(str(path_or_problem), error))
                continue
            found.setdefault(path, Found(path, path.as_uri(), stat.st_size, stat.st_mtime_ns))
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
    path = Path(unquote(address.removeprefix("file://")))
    below = [path.relative_to(root) for root in _roots(paths) if path.is_relative_to(root)]
    if not below:
        return None
    return min(below, key=lambda place: len(place.parts)).as_posix() + (f"#{unquote(member)}" if member else "")


@cache
def _roots(paths: tuple[str, ...]) -> tuple[Path, ...]:
    """Return the folders that places below some paths are given from."""
    roots = []
    for one in paths:
        path = Path(one).expanduser()
        if not path.exists() and glob.has_magic(one):
            root = Path(*takewhile(lambda part: not glob.has_magic(part), path.parts))
        else:
            root = path if path.is_dir() else path.parent
        roots.append(root.resolve())
    return tuple(roots)


def _expand(source: str) -> Iterator[Path | SourceProblem]:
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
    elif path.exists():
        yield path
    elif glob.has_magic(source):
        matches = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207 Path.glob takes no absolute pattern
        if not matches:
            yield SourceProblem(source, "no_match", "no file matches this pattern")
        for match in map(Path, matches):
            if match.is_dir():
                yield from (p for p in _walk(match, source) if isinstance(p, Path))
            else:
                yield match
    else:
        yield SourceProblem(source, "not_found", "there is no such file or folder, nor a source of this name: check it")


def _walk(folder: Path, source: str) -> Iterator[Path | SourceProblem]:
    problems: list[OSError] = []
    empty = True
    for parent, folders, files in os.walk(folder, onerror=problems.append):
        folders.sort()
        for name in sorted(files):
            if name.lower().endswith((PDF_SUFFIX, ZIP_SUFFIX)):
                empty = False
                yield Path(parent, name)
    yield from (_unreadable(str(problem.filename or folder), problem) for problem in problems)
    if empty and not problems:
        yield SourceProblem(source, "no_pdf", "there is no *.pdf or *.zip file in this folder or below it")


def _unreadable(source: str, error: OSError) -> SourceProblem:
    return SourceProblem(source, "unreadable", f"cannot be read: {error.strerror or error}")
