from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse.errors import WarehouseError
from warehouse.storage.archive import Archive
from warehouse.storage.opening import open_storage


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(open_storage(tmp_path))


def path_of(archive: Archive, document_id: str) -> Path:
    return Path(archive.location_of(document_id))


def a_file(folder: Path, content: bytes) -> Path:
    path = folder / "in.pdf"
    path.write_bytes(content)
    return path


def test_put_new_file_keeps_it_under_its_sha256(archive: Archive, tmp_path: Path) -> None:
    kept = archive.put(a_file(tmp_path, b"%PDF-1.7 one"))
    sha256 = hashlib.sha256(b"%PDF-1.7 one").hexdigest()
    assert (kept.document_id, kept.byte_count, kept.is_new) == (sha256, 12, True)
    path = path_of(archive, sha256)
    assert path == tmp_path / "raw" / sha256[:2] / f"{sha256}.pdf"
    assert path.read_bytes() == b"%PDF-1.7 one"


def test_put_known_file_changes_nothing(archive: Archive, tmp_path: Path) -> None:
    source = a_file(tmp_path, b"same")
    first = archive.put(source)
    before = path_of(archive, first.document_id).stat()
    again = archive.put(source)
    after = path_of(archive, first.document_id).stat()
    assert again.document_id == first.document_id
    assert not again.is_new
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)


def test_put_empty_file_is_kept_too(archive: Archive, tmp_path: Path) -> None:
    kept = archive.put(a_file(tmp_path, b""))
    assert kept.byte_count == 0
    assert path_of(archive, kept.document_id).read_bytes() == b""


def test_put_truncated_copy_in_archive_is_written_again(archive: Archive, tmp_path: Path) -> None:
    source = a_file(tmp_path, b"whole file")
    path = path_of(archive, archive.put(source).document_id)
    path.chmod(0o644)
    path.write_bytes(b"whole")
    assert archive.put(source).is_new
    assert path.read_bytes() == b"whole file"


def test_put_where_a_folder_stands_moves_it_aside(archive: Archive, tmp_path: Path) -> None:
    kept = archive.put_bytes(b"%PDF content")
    place = Path(archive.location_of(kept.document_id))
    place.unlink()
    (place / "within").mkdir(parents=True)
    assert archive.damaged([kept.document_id]) == [kept.document_id]
    assert archive.put_bytes(b"%PDF content") == kept
    assert archive.damaged([kept.document_id]) == []
    assert [path.parent.name for path in tmp_path.rglob("within")] == [place.name]


def test_put_missing_source_raises_file_not_found(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        archive.put(tmp_path / "nothing.pdf")


def test_put_leaves_no_temporary_file(archive: Archive, tmp_path: Path) -> None:
    archive.put(a_file(tmp_path, b"x" * 3_000_000))
    assert not list(tmp_path.rglob(".tmp-*"))


@given(st.binary(max_size=2000))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=30, deadline=None
)
def test_put_bytes_gives_the_id_and_file_of_put(tmp_path: Path, content: bytes) -> None:
    by_bytes, by_file = Archive(open_storage(tmp_path / "a")), Archive(open_storage(tmp_path / "b"))
    one, other = by_bytes.put_bytes(content), by_file.put(a_file(tmp_path, content))
    assert (one.document_id, one.byte_count) == (other.document_id, other.byte_count)
    assert path_of(by_bytes, one.document_id).read_bytes() == content


@pytest.mark.parametrize("wrong", ["", "abc", "../" + "a" * 61, "A" * 64, "a" * 64 + "\n"])
def test_path_of_what_is_not_a_document_id_raises(archive: Archive, wrong: str) -> None:
    with pytest.raises(ValueError, match="not a document_id"):
        archive.location_of(wrong)


def test_damaged_names_changed_and_missing_documents(archive: Archive) -> None:
    good, changed = archive.put_bytes(b"good").document_id, archive.put_bytes(b"changed").document_id
    path_of(archive, changed).chmod(0o644)
    path_of(archive, changed).write_bytes(b"changes")
    assert archive.damaged([good, changed, "0" * 64]) == [changed, "0" * 64]


def test_file_of_missing_document_says_what_to_do(archive: Archive) -> None:
    with pytest.raises(WarehouseError, match="ingest its source again"), archive.file("0" * 64):
        pass


def test_files_come_in_the_order_given_and_a_missing_one_is_not_there(archive: Archive) -> None:
    ids = [archive.put_bytes(content).document_id for content in (b"one", b"two")]
    with archive.files([ids[1], "0" * 64, ids[0]]) as (second, missing, first):
        assert (first.read_bytes(), second.read_bytes(), missing.exists()) == (b"one", b"two", False)


def test_files_of_a_document_with_a_flipped_byte_are_not_there(archive: Archive) -> None:
    changed = archive.put_bytes(b"changed").document_id
    path_of(archive, changed).chmod(0o644)
    path_of(archive, changed).write_bytes(b"changes")
    with archive.files([changed]) as (path,):
        assert not path.exists()
    with pytest.raises(WarehouseError, match="no whole file"), archive.file(changed):
        pass


def test_lost_looks_at_sizes_only(archive: Archive) -> None:
    ids = [archive.put_bytes(content).document_id for content in (b"whole", b"cut off")]
    path_of(archive, ids[1]).chmod(0o644)
    path_of(archive, ids[1]).write_bytes(b"cut")
    assert archive.lost({ids[0]: 5, ids[1]: 7, "0" * 64: 3}) == {ids[1], "0" * 64}


def test_set_aside_keeps_the_damaged_file_and_lets_it_be_put_again(archive: Archive, tmp_path: Path) -> None:
    kept = archive.put_bytes(b"changed").document_id
    path_of(archive, kept).chmod(0o644)
    path_of(archive, kept).write_bytes(b"changes")
    archive.set_aside([kept, "0" * 64])
    assert archive.missing([kept]) == [kept]
    assert (tmp_path / ".damaged" / archive.key_of(kept)).read_bytes() == b"changes"
    assert archive.put_bytes(b"changed").is_new
    assert archive.damaged([kept]) == []


def test_archive_on_a_file_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "raw").write_text("in the way")
    with pytest.raises(WarehouseError, match="a file stands where a folder is needed"):
        open_storage(tmp_path)
