from __future__ import annotations

import os
from pathlib import Path

import pytest

from flows.collecting.files import find, place_below

PDF = b"%PDF-1.7\n"


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """A folder with two PDFs, one of them below it and in capitals, and a text file."""
    folder = tmp_path / "reports"
    (folder / "2023").mkdir(parents=True)
    (folder / "b.pdf").write_bytes(PDF)
    (folder / "2023" / "A.PDF").write_bytes(PDF * 2)
    (folder / "notes.txt").write_text("no report")
    return folder


def test_find_file_gives_it_with_size_and_time(reports: Path) -> None:
    found, problems = find([str(reports / "b.pdf")])
    assert [(f.path, f.byte_count) for f in found] == [(reports / "b.pdf", len(PDF))]
    assert found[0].modified_ns == (reports / "b.pdf").stat().st_mtime_ns
    assert found[0].uri == (reports / "b.pdf").as_uri()
    assert problems == []


def test_find_folder_gives_pdfs_below_it_only(reports: Path) -> None:
    found, problems = find([str(reports)])
    assert [f.path.name for f in found] == ["b.pdf", "A.PDF"]
    assert problems == []


def test_find_resolves_folders_and_links_not_each_file(reports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        (reports / "2023" / f"{number}.pdf").write_bytes(PDF)
    (reports / "again.pdf").symlink_to(reports / "2023" / "A.PDF")
    (reports / "link").symlink_to(reports / "2023", target_is_directory=True)
    asked: list[str] = []
    real = Path.resolve

    def noted(path: Path, strict: bool = False) -> Path:
        asked.append(path.name)
        return real(path, strict)

    monkeypatch.setattr(Path, "resolve", noted)
    found, problems = find([str(reports), str(reports / "link" / "*.pdf")])
    assert problems == []
    assert {f.path for f in found} == {path.absolute() for path in reports.rglob("*.[pP]*") if not path.is_symlink()}
    assert len(found) == 22
    assert sorted(asked) == ["2023", "again.pdf", "link", "reports"]


def test_find_named_file_without_suffix_is_taken(reports: Path) -> None:
    found, _ = find([str(reports / "notes.txt")])
    assert [f.path.name for f in found] == ["notes.txt"]


def test_find_glob_matches_files_and_folders(reports: Path) -> None:
    assert [f.path.name for f in find([str(reports / "**" / "*.pdf")])[0]] == ["b.pdf"]
    assert [f.path.name for f in find([str(reports / "20*")])[0]] == ["A.PDF"]


def test_find_same_file_by_two_sources_is_listed_once(reports: Path) -> None:
    found, problems = find([str(reports), str(reports / "b.pdf"), str(reports / "2023" / ".." / "b.pdf")])
    assert len(found) == 2
    assert problems == []


def test_find_file_whose_name_looks_like_a_glob_is_taken(tmp_path: Path) -> None:
    (tmp_path / "form[1].pdf").write_bytes(PDF)
    found, problems = find([str(tmp_path / "form[1].pdf")])
    assert [f.path.name for f in found] == ["form[1].pdf"]
    assert problems == []


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("missing.pdf", "not_found"),
        ("missing/*.pdf", "no_match"),
        ("empty", "no_pdf"),
        ("broken.pdf", "unreadable"),
        ("ftp://example.org/a.pdf", "unsupported"),
    ],
)
def test_find_source_that_gives_nothing_is_a_problem_and_the_rest_goes_on(
    tmp_path: Path, reports: Path, source: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.pdf").symlink_to(tmp_path / "gone.pdf")
    named = source if source != "broken.pdf" else "broken*"
    found, problems = find([named, str(reports)])
    assert [(p.source if code != "unreadable" else named, p.code) for p in problems] == [(named, code)]
    assert len(problems[0].message) > 10
    assert len(found) == 2


@pytest.mark.parametrize(
    ("source", "expected"), [("", "2023/A.PDF"), ("2023", "A.PDF"), ("20*/*", "2023/A.PDF"), ("2023/A.PDF", "A.PDF")]
)
def test_place_is_the_path_below_the_source(reports: Path, source: str, expected: str) -> None:
    given = str(reports / source)
    (uri,) = (found.uri for found in find([given])[0] if found.path.name == "A.PDF")
    assert place_below((given,), uri) == expected
    assert place_below((given,), f"{uri}#%E5%86%85/x.pdf") == f"{expected}#内/x.pdf"
    assert place_below((str(reports / "elsewhere" / "x"), "bad\0path"), uri) is None


def test_place_of_a_name_that_is_not_utf_8_is_readable(reports: Path) -> None:
    name = os.fsdecode("绩效".encode("gbk") + b".pdf")
    try:
        (reports / name).write_bytes(PDF)
    except OSError:
        pytest.skip("this file system takes names in UTF-8 only")
    assert place_below((str(reports),), (reports / name).as_uri()) == "绩效.pdf"
