"""ZIP archives: their PDFs, one at a time, whatever their names are encoded in; bombs are refused.

Nothing is ever written under the name that an archive gives: members go to scratch files.
"""

from __future__ import annotations

import errno
import mmap
import shutil
import struct
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final

from flows.collecting.content_type import HEAD, sniff
from flows.collecting.problems import Unavailable

_PDF: Final = b"%PDF-"
_MEMBER: Final = b"PK\x03\x04"
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)
_CHUNK: Final = 1 << 20
_UTF8_FLAG: Final = 0x800
_ENCRYPTED_FLAG: Final = 0x1
_MB: Final = 1_000_000
_LARGE: Final = 50 * _MB
_RATIO: Final = 200
"""PDFs shrink to a half, text to a tenth; what grows two hundred times, and to more than `_LARGE`, is a bomb."""


@dataclass(frozen=True, slots=True)
class ZipLimits:
    """How much an archive may hold.

    Attributes:
        member_bytes: Size of one member.
        bytes: Size of all of them.
        members: Their number.
        depth: Archives within archives: 1 is an archive that holds none.
    """

    member_bytes: int
    bytes: int
    members: int
    depth: int = 3


@dataclass(frozen=True, slots=True)
class Member:
    """A PDF of an archive.

    Attributes:
        name: Its path in the archive, decoded; through archives within, their names and it joined by `/`.
        path: Where its bytes are until the next member is asked for.
        byte_count: Its size.
    """

    name: str
    path: Path
    byte_count: int


@dataclass(frozen=True, slots=True)
class LostMember:
    """A PDF, or an archive, in an archive that cannot be unpacked."""

    name: str
    code: str
    message: str


def unpack(path: Path, limits: ZipLimits) -> Iterator[Member | LostMember]:
    """Give the PDFs of a ZIP archive, whatever they are named, also those of archives in it; others are passed over.

    Args:
        path: The archive.
        limits: How much it may hold; what unpacks to more is refused before or while it is read.

    Raises:
        Unavailable: archive_damaged: it is not a ZIP archive, or its directory cannot be read; archive_bomb,
            archive_too_large: it holds more than is allowed. Members given before stay given.
        OSError: There is no room for the scratch files.
    """
    left = [limits.bytes]
    with tempfile.TemporaryDirectory(prefix="jixiao-") as scratch:
        yield from _unpack(path, Path(scratch), limits, left)


def _unpack(path: Path, scratch: Path, limits: ZipLimits, left: list[int]) -> Iterator[Member | LostMember]:
    try:
        archive = zipfile.ZipFile(with_readable_names(path, scratch))
    except Exception as error:  # a directory that is damaged raises errors of many kinds
        raise Unavailable(
            "archive_damaged", f"the ZIP archive cannot be opened ({_said(error)}): get it again"
        ) from None
    with archive:
        members = [info for info in archive.infolist() if info.file_size or not info.filename.endswith("/")]
        _refuse_too_much(members, path.stat().st_size, limits, left[0])
        if _holds_more(path, members):
            yield LostMember("", "archive_damaged", "members stand in it that its directory does not name: unpack it")
        for info in members:
            name = member_name(info)
            if "__MACOSX/" in name or name.rpartition("/")[2].startswith("._"):
                continue
            is_archive = name.lower().endswith(".zip")
            if not is_archive and not name.lower().endswith(".pdf") and not _begins_as_pdf(archive, info):
                continue
            with tempfile.NamedTemporaryFile(dir=scratch) as file:
                try:
                    size = _extract(archive, info, file, limits, left)
                except Unavailable as problem:
                    yield LostMember(name, problem.code, problem.message)
                    continue
                if not is_archive:
                    file.seek(0)
                    if sniff(file.read(HEAD)) == "pdf":
                        yield Member(name, Path(file.name), size)
                    else:
                        yield LostMember(name, "not_a_pdf", "it does not begin with %PDF-: it is not kept")
                elif limits.depth <= 1:
                    yield LostMember(name, "archive_bomb", "archives within archives within archives are not opened")
                else:
                    yield from _unpack_inner(name, Path(file.name), scratch, limits, left)


def _begins_as_pdf(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    """Whether a member is a PDF that has another name; false, too, where that cannot be seen."""
    try:
        with archive.open(info) as packed:
            return packed.read(len(_PDF)) == _PDF
    except Exception:  # each way of packing has its own errors
        return False


def _holds_more(path: Path, members: list[zipfile.ZipInfo]) -> bool:
    """Whether an archive begins with a member, but that is none of its directory: two archives, one after the other."""
    with path.open("rb") as file:
        return file.read(len(_MEMBER)) == _MEMBER and min((info.header_offset for info in members), default=0) > 0


def _unpack_inner(
    name: str, path: Path, scratch: Path, limits: ZipLimits, left: list[int]
) -> Iterator[Member | LostMember]:
    try:
        for inner in _unpack(path, scratch, replace(limits, depth=limits.depth - 1), left):
            yield replace(inner, name=f"{name}/{inner.name}")
    except Unavailable as problem:
        yield LostMember(name, problem.code, problem.message)


def _refuse_too_much(members: list[zipfile.ZipInfo], packed: int, limits: ZipLimits, left: int) -> None:
    if len(members) > limits.members:
        raise Unavailable(
            "archive_too_large", f"it holds {len(members)} files, {limits.members} are allowed: raise max_members"
        )
    size = sum(info.file_size for info in members)
    if size > _LARGE and size > _RATIO * packed:
        raise Unavailable("archive_bomb", f"{packed} bytes would unpack to {size}: such an archive is not opened")
    if size > left:
        raise Unavailable(
            "archive_too_large",
            f"it unpacks to {size // _MB} MB, {left // _MB} MB are allowed: raise max_unpacked_mb",
        )


def _extract(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, file: IO[bytes], limits: ZipLimits, left: list[int]
) -> int:
    if info.flag_bits & _ENCRYPTED_FLAG:
        raise Unavailable("archive_encrypted", "it is encrypted: unpack the archive with its password, give the folder")
    if info.file_size > limits.member_bytes:
        raise Unavailable(
            "too_large", f"{info.file_size // _MB} MB, {limits.member_bytes // _MB} MB are allowed: raise max_mb"
        )
    size = 0
    try:
        with archive.open(info) as packed:
            while chunk := packed.read(_CHUNK):
                size += len(chunk)
                left[0] -= len(chunk)
                if size > limits.member_bytes or left[0] < 0:
                    raise Unavailable("archive_bomb", "it unpacks to more than the archive says: it is not opened")
                file.write(chunk)
    except Unavailable:
        raise
    except NotImplementedError as error:
        raise Unavailable(
            "archive_damaged", f"it is packed in a way that is not known ({error}): unpack it first"
        ) from None
    except Exception as error:  # each way of packing has its own errors
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            raise
        raise Unavailable("archive_damaged", f"it cannot be unpacked ({_said(error)}): get the archive again") from None
    file.flush()
    return size


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__


def with_readable_names(path: Path, scratch: Path) -> Path:
    """Return an archive that `zipfile` can open: names marked as UTF-8 that are not UTF-8 lose the mark, in a copy.

    One such name would cost all members: Python refuses the whole archive.

    Args:
        path: The archive.
        scratch: Folder for the copy.

    Returns:
        The archive itself, where all of its names are what they are said to be, or where its directory is damaged.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        wrong = list(_wrong_marks(content))
    if not wrong:
        return path
    copy = Path(tempfile.mkdtemp(dir=scratch), "archive.zip")  # one for each: archives may lie in archives
    shutil.copyfile(path, copy)
    with copy.open("r+b") as changed:
        for place in wrong:
            changed.seek(place)
            (flags,) = struct.unpack("<H", changed.read(2))
            changed.seek(place)
            changed.write(struct.pack("<H", flags & ~_UTF8_FLAG))
    return copy


def _wrong_marks(content: mmap.mmap) -> Iterator[int]:
    """Give where the flags stand of names marked as UTF-8 that are not, in the directory and at the members."""
    end = content.rfind(b"PK\x05\x06")
    if end < 0 or end + 20 > len(content):
        return
    size, start = struct.unpack_from("<II", content, end + 12)
    shift = end - size - start  # bytes before the archive
    at = start + shift
    while at >= 0 and content[at : at + 4] == b"PK\x01\x02" and at + 46 <= end:
        (flags,) = struct.unpack_from("<H", content, at + 8)
        name, extra, comment = struct.unpack_from("<HHH", content, at + 28)
        (member,) = struct.unpack_from("<I", content, at + 42)
        if flags & _UTF8_FLAG and not _is_utf8(content[at + 46 : at + 46 + name]):
            yield at + 8
            if content[member + shift : member + shift + 4] == _MEMBER:
                yield member + shift + 6
        at += 46 + name + extra + comment


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def member_name(info: zipfile.ZipInfo) -> str:
    """Return the path of a member, decoded: UTF-8 where the archive says so or it can only be that, else GB18030.

    Example:
        >>> info = zipfile.ZipInfo("绩效自评表.pdf".encode("gbk").decode("cp437"))
        >>> member_name(info)
        '绩效自评表.pdf'
    """
    name = info.orig_filename  # the other one ends at a NUL
    if not info.flag_bits & _UTF8_FLAG:
        try:
            raw = name.encode("cp437")
        except UnicodeEncodeError:
            raw = b""
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding) or name
                break
            except UnicodeDecodeError:
                continue
    return name.replace("\\", "/").lstrip("/") or "unnamed"
