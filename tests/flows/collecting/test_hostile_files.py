"""Names of any bytes, links, pipes and devices: each costs itself, and the files beside it are taken."""

from __future__ import annotations

import io
import os
import random
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest

from flows.collecting.collector import Collector
from flows.collecting.problems import Unavailable
from flows.collecting.zips import Member, ZipLimits, unpack
from flows.config.sources import FilesSource
from flows.printable import markdown, printable
from flows.progress import Progress
from tests.support.hostile import portfolio
from tests.support.pdfs import OTHER_PDF, PDF, zipped
from warehouse.warehouse import Warehouse

LIMITS = ZipLimits(member_bytes=10**7, bytes=10**8, members=1000)

Take = Callable[..., tuple[dict[str, str], list[tuple[str, str]]]]


@pytest.fixture
def take(tmp_path: Path) -> Take:
    """Take a folder in; return the names by address, and the problems with their codes."""
    house = Warehouse(str(tmp_path / "data"))

    def run(*paths: Path, follow_links: bool = False) -> tuple[dict[str, str], list[tuple[str, str]]]:
        source = FilesSource(paths=[str(path) for path in paths], follow_links=follow_links)
        with Collector(house, datetime.now(UTC)) as collector:
            collector.take(collector.list_sources([source], Progress()), Progress())
            problems = [(problem.source, problem.code) for problem in collector.book.problems]
        sightings = house.ledger.tables["sightings"].scan().collect()
        return dict(sightings.select("source_uri", "file_name").iter_rows()), problems

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "inbox"
    made.mkdir()
    (made / "good.pdf").write_bytes(PDF)
    return made


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("绩效自评表.pdf".encode("gbk"), "绩效自评表.pdf"),
        ("绩效自评表.pdf".encode(), "绩效自评表.pdf"),
        (b"\xff\xfe\xfd.pdf", "\\xff\\xfe\\xfd.pdf"),
        (b"a\nb\x1b[31m.pdf", "a\nb\x1b[31m.pdf"),
        ("表\u202efdp.pdf".encode(), "表\u202efdp.pdf"),
        (b"\xed\xa0\x80.pdf", None),
        (b"x" * 251 + b".pdf", "x" * 251 + ".pdf"),
        (b" .pdf", " .pdf"),
        (b"-rf %41 #?.pdf", "-rf %41 #?.pdf"),
    ],
    ids=["gbk", "utf8", "bytes", "control", "rtl", "surrogate", "long", "space", "odd"],
)
def test_name_of_any_bytes_is_kept_and_can_be_shown(folder: Path, take: Take, raw: bytes, name: str | None) -> None:
    with open(os.fsencode(folder) + b"/" + raw, "wb") as file:  # noqa: PTH123 a Path would be decoded
        file.write(OTHER_PDF)
    for _ in range(2):
        names, problems = take(folder)
        assert problems == []
        (found,) = [uri for uri in names if uri != (folder / "good.pdf").as_uri()]
        assert unquote_to_bytes(found.removeprefix("file://")) == os.fsencode(folder) + b"/" + raw
        assert name is None or names[found] == name
        names[found].encode()
        assert printable(names[found]).isprintable()
        assert markdown(names[found]).isprintable()


def test_only_regular_files_are_opened(folder: Path, take: Take) -> None:
    os.mkfifo(folder / "pipe.pdf")
    (folder / "zero.pdf").symlink_to("/dev/zero")
    (folder / "a.pdf").symlink_to("b.pdf")
    (folder / "b.pdf").symlink_to("a.pdf")
    (folder / "gone.pdf").symlink_to("nowhere.pdf")
    (folder / "folder.pdf").mkdir()
    names, problems = take(folder)
    assert set(names.values()) == {"good.pdf"}
    assert sorted((Path(path).name, code) for path, code in problems) == [
        ("a.pdf", "unreadable"),
        ("b.pdf", "unreadable"),
        ("gone.pdf", "unreadable"),
        ("pipe.pdf", "not_a_file"),
        ("zero.pdf", "link_outside"),
    ]


@pytest.mark.parametrize("pattern", ["", "*.pdf"])
def test_link_out_of_its_folder_is_reported_and_followed_only_where_the_source_says_so(
    folder: Path, tmp_path: Path, take: Take, pattern: str
) -> None:
    (tmp_path / "secret.pdf").write_bytes(OTHER_PDF)
    (folder / "link.pdf").symlink_to(tmp_path / "secret.pdf")
    (folder / "inner.pdf").symlink_to("good.pdf")
    names, problems = take(folder / pattern)
    assert set(names.values()) == {"good.pdf"}
    assert problems == [(str(folder / "link.pdf"), "link_outside")]
    assert set(take(folder / pattern, follow_links=True)[0].values()) == {"good.pdf", "secret.pdf"}
    assert take(folder / "link.pdf")[1] == []  # it was named itself


def test_pipe_that_is_named_is_not_opened(folder: Path, take: Take) -> None:
    os.mkfifo(folder / "pipe.pdf")
    assert take(folder / "pipe.pdf", folder / "good.pdf")[1] == [(str(folder / "pipe.pdf"), "not_a_file")]


def test_file_that_becomes_a_pipe_is_not_waited_for(folder: Path, tmp_path: Path) -> None:
    os.mkfifo(folder / "pipe.pdf")
    with pytest.raises(OSError, match="not a regular file"):
        Warehouse(str(tmp_path / "data")).archive.put(folder / "pipe.pdf")


def test_path_with_a_null_character_is_a_problem_of_its_own(folder: Path, take: Take) -> None:
    names, problems = take(Path("a\0b.pdf"), Path("x" * 5000), folder)
    assert set(names.values()) == {"good.pdf"}
    assert [code for _, code in problems] == ["not_found", "not_found"] or len(problems) == 2


def test_pdfs_of_a_portfolio_are_documents_of_their_own_every_night(folder: Path, take: Take) -> None:
    files = {"a.pdf": PDF + b"1", "b.xlsx": b"PK", "c.pdf": OTHER_PDF + b"2", "../d.pdf": PDF + b"3"}
    (folder / "cover.pdf").write_bytes(portfolio(files))
    os.utime(folder / "cover.pdf", (1e9, 1e9))
    cover = (folder / "cover.pdf").as_uri()
    for _ in range(2):
        names, problems = take(folder)
        assert problems == []
        assert sorted(names.values()) == ["a.pdf", "c.pdf", "cover.pdf", "d.pdf", "good.pdf"]
        assert {uri.partition("#")[0] for uri, name in names.items() if name != "good.pdf"} == {cover}


@pytest.mark.parametrize("content", [portfolio({}), portfolio({"a.pdf": PDF})[:-300], b"%PDF-1.7 /Collection"])
def test_portfolio_that_does_not_open_is_a_document_itself(folder: Path, take: Take, content: bytes) -> None:
    (folder / "cover.pdf").write_bytes(content)
    names, problems = take(folder)
    assert problems == []
    assert {"cover.pdf", "good.pdf"} <= {*names.values()}


def test_two_members_of_one_name_are_two_documents_every_night(folder: Path, take: Take) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("same.pdf", PDF + b"1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("same.pdf", PDF + b"2")
    (folder / "two.zip").write_bytes(buffer.getvalue())
    os.utime(folder / "two.zip", (1e9, 1e9))
    first = take(folder)
    assert sorted(first[0].values()) == ["good.pdf", "same.pdf", "same.pdf"]
    assert take(folder) == first


def test_member_that_is_not_a_pdf_is_not_kept(folder: Path, take: Take, tmp_path: Path) -> None:
    odd = "\x1b[31mred\nerror: all is lost.pdf"
    (folder / "mixed.zip").write_bytes(zipped({odd: b"not a form", "a.pdf": OTHER_PDF, "b.txt": b"text"}))
    names, problems = take(folder)
    assert sorted(names.values()) == ["a.pdf", "good.pdf"]
    assert [code for _, code in problems] == ["not_a_pdf"]
    assert printable(problems[0][0]).endswith("#\\x1b[31mred\\nerror: all is lost.pdf")
    assert len([path for path in (tmp_path / "data" / "raw").rglob("*.pdf") if path.is_file()]) == 2


def test_name_that_is_not_the_utf8_it_says_costs_no_other_member(tmp_path: Path) -> None:
    inner = zipped({"丙自评.pdf": b"%PDF-1.4 c", "d.pdf": b"%PDF-1.4 d"})
    inner = inner.replace("丙自评.pdf".encode(), "丙自评".encode("gbk") + b"xyz.pdf")
    raw = zipped({"绩效自评.pdf": b"%PDF-1.4 a", "b.pdf": b"%PDF-1.4 b", "inner.zip": inner})
    bad = raw.replace("绩效自评.pdf".encode(), "绩效自评".encode("gbk") + b"_xyz.pdf")
    (tmp_path / "a.zip").write_bytes(b"before" + bad)
    found = list(unpack(tmp_path / "a.zip", LIMITS))
    assert [one.name for one in found] == ["绩效自评_xyz.pdf", "b.pdf", "inner.zip/丙自评xyz.pdf", "inner.zip/d.pdf"]
    assert all(isinstance(one, Member) for one in found)


def test_member_without_a_name_costs_no_other_member(tmp_path: Path) -> None:
    nameless = io.BytesIO()
    with zipfile.ZipFile(nameless, "w") as archive:
        for info, content in ((zipfile.ZipInfo("x"), PDF), (zipfile.ZipInfo("b.pdf"), OTHER_PDF)):
            info.filename = "" if info.filename == "x" else info.filename
            archive.writestr(info, content)
    (tmp_path / "a.zip").write_bytes(nameless.getvalue())
    assert [one.name for one in unpack(tmp_path / "a.zip", LIMITS)] == ["unnamed", "b.pdf"]


def test_damage_anywhere_in_an_archive_raises_nothing_else(tmp_path: Path) -> None:
    whole = zipped({"a.pdf": PDF, "b.pdf": OTHER_PDF})
    chance = random.Random(7)
    path = tmp_path / "a.zip"
    opened = 0
    for _ in range(200):
        damaged = bytearray(whole)
        for _ in range(3):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        end = chance.randrange(len(damaged) // 2, len(damaged)) if chance.random() < 0.3 else len(damaged)
        path.write_bytes(damaged[:end])
        with suppress(Unavailable):
            opened += len(list(unpack(path, LIMITS)))
    assert opened > 100
