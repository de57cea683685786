from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from flows.collecting.problems import Unavailable
from flows.collecting.zips import LostMember, Member, ZipLimits, member_name, unpack
from tests.support.pdfs import PDF, renamed, zipped

LIMITS = ZipLimits(member_bytes=10_000_000, bytes=100_000_000, members=100)


def unpacked(tmp_path: Path, content: bytes, limits: ZipLimits = LIMITS) -> list[tuple[str, bytes | str]]:
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    return [
        (m.name, m.code) if isinstance(m, LostMember) else (m.name, m.path.read_bytes()) for m in unpack(path, limits)
    ]


def refused(tmp_path: Path, content: bytes, limits: ZipLimits = LIMITS) -> Unavailable:
    with pytest.raises(Unavailable) as raised:
        unpacked(tmp_path, content, limits)
    return raised.value


def test_unpack_gives_pdfs_and_passes_the_rest_over(tmp_path: Path) -> None:
    members = {"2023/绩效.pdf": PDF, "B.PDF": PDF[:50], "notes.txt": b"x", "__MACOSX/b.pdf": b"x", "._c.pdf": b"x"}
    assert unpacked(tmp_path, zipped(members)) == [("2023/绩效.pdf", PDF), ("B.PDF", PDF[:50])]


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_unpack_names_without_the_flag_are_decoded(tmp_path: Path, encoding: str) -> None:
    raw = "项目\\绩效自评表.pdf".encode(encoding)
    content = renamed(zipped({"x" * len(raw): PDF}), "x" * len(raw), raw)
    assert unpacked(tmp_path, content) == [("项目/绩效自评表.pdf", PDF)]


def test_member_name_of_western_archive_stays() -> None:
    info = zipfile.ZipInfo("caf\u00e9.pdf")
    info.flag_bits |= 0x800
    assert member_name(info) == "caf\u00e9.pdf"


def test_unpack_archives_within_are_opened_to_a_depth(tmp_path: Path) -> None:
    inner = zipped({"a.pdf": PDF})
    for _ in range(3):
        inner = zipped({"in.zip": inner, "b.pdf": PDF})
    found = unpacked(tmp_path, inner)
    assert [name for name, _ in found] == ["in.zip/in.zip/in.zip", "in.zip/in.zip/b.pdf", "in.zip/b.pdf", "b.pdf"]
    assert found[0][1] == "archive_bomb"


def test_unpack_paths_that_lead_out_write_nothing_there(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "deeper"
    folder.mkdir(parents=True)
    found = unpacked(folder, zipped({"../../evil.pdf": PDF, "/etc/evil.pdf": PDF}))
    assert [name for name, _ in found] == ["../../evil.pdf", "etc/evil.pdf"]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.zip", "deep", "deeper"]


def test_unpack_bomb_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    problem = refused(tmp_path, zipped({"a.pdf": bytes(60_000_000)}), ZipLimits(100_000_000, 100_000_000, 10))
    assert problem.code == "archive_bomb"


def test_unpack_more_than_allowed_is_refused(tmp_path: Path) -> None:
    two = zipped({"a.pdf": PDF, "b.pdf": PDF})
    assert refused(tmp_path, two, ZipLimits(10_000, 10_000, 1)).message.endswith("raise max_members")
    assert refused(tmp_path, two, ZipLimits(10_000, len(PDF), 10)).message.endswith("raise max_unpacked_mb")
    assert [m[1] for m in unpacked(tmp_path, two, ZipLimits(10, 10_000, 10))] == ["too_large", "too_large"]


def test_unpack_sizes_of_archives_within_count_together(tmp_path: Path) -> None:
    content = zipped({"a.zip": zipped({"a.pdf": PDF}), "b.zip": zipped({"b.pdf": PDF})})
    room = len(zipped({"a.pdf": PDF})) * 2 + len(PDF) + 10
    assert [m[1] for m in unpacked(tmp_path, content, ZipLimits(10_000, room, 10))] == [PDF, "archive_too_large"]


def test_unpack_member_that_is_larger_than_the_archive_says_is_lost(tmp_path: Path) -> None:
    content = zipped({"a.pdf": PDF, "b.pdf": PDF})
    lying = content.replace(struct.pack("<L", len(PDF)), struct.pack("<L", 10))
    assert [m[1] for m in unpacked(tmp_path, lying)] == ["archive_damaged", "archive_damaged"]


def test_unpack_encrypted_and_damaged_members_are_reported_and_the_rest_goes_on(tmp_path: Path) -> None:
    content = bytearray(zipped({"a.pdf": PDF, "b.pdf": PDF, "c.pdf": PDF}, zipfile.ZIP_STORED))
    first = content.index(b"PK\x01\x02")
    content[first + 8] |= 1
    content[6] |= 1
    damaged = content.index(b"b.pdf") + 20
    content[damaged] ^= 0xFF
    assert unpacked(tmp_path, bytes(content)) == [
        ("a.pdf", "archive_encrypted"),
        ("b.pdf", "archive_damaged"),
        ("c.pdf", PDF),
    ]


def test_unpack_what_is_not_an_archive_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, PDF).code == "archive_damaged"
    assert refused(tmp_path, zipped({"a.pdf": PDF})[:80]).code == "archive_damaged"


def test_unpack_member_is_there_until_the_next(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"a.pdf": PDF, "b.pdf": PDF}))
    members = unpack(tmp_path / "a.zip", LIMITS)
    first, second = next(members), next(members)
    assert isinstance(first, Member)
    assert isinstance(second, Member)
    assert (first.path.exists(), second.path.exists()) == (False, True)
    members.close()  # type: ignore[attr-defined]
    assert not second.path.exists()


@pytest.mark.parametrize("name", ["a.pdf ", "a.pdf?token=1", "a", "a.pdf.bak", "a.pdf/", "a\0.pdf"])
def test_unpack_pdf_of_another_name_is_one(tmp_path: Path, name: str) -> None:
    content = renamed(zipped({name.replace("\0", "_"): PDF, "notes.txt": b"x"}), name.replace("\0", "_"), name.encode())
    assert unpacked(tmp_path, content) == [(name, PDF)]


@pytest.mark.parametrize("before", [b"MZ" + bytes(500), b"%PDF-1.4\n"])
def test_unpack_program_before_an_archive_is_passed_over(tmp_path: Path, before: bytes) -> None:
    assert unpacked(tmp_path, before + zipped({"a.pdf": PDF})) == [("a.pdf", PDF)]


def test_unpack_archive_before_an_archive_is_reported(tmp_path: Path) -> None:
    found = unpacked(tmp_path, zipped({"a.pdf": PDF}) + zipped({"b.pdf": PDF}))
    assert found == [("", "archive_damaged"), ("b.pdf", PDF)]
