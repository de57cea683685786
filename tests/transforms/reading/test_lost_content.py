"""Pages whose packed content is damaged: none of them is taken for whole, and none that is whole is doubted."""

from __future__ import annotations

import base64
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.hostile import page, stream
from transforms.reading.lost_content import with_lost_content
from transforms.reading.source import Content, opened
from transforms.reading.streams import from_ascii85, is_whole, scan

PROGRAM = b"BT /F1 12 Tf 50 700 Td (100.00) Tj ET\n" * 40
PACKED = zlib.compress(PROGRAM)
FLATE, ASCII85 = "/Filter/FlateDecode", "/Filter[/ASCII85Decode/FlateDecode]"


def lost(path: Path, content: bytes) -> set[int]:
    path.write_bytes(content)
    with opened(path) as file:
        streams = scan(file)
    assert streams == scan(Content(content))
    return with_lost_content(path, [], [1], streams.is_damaged)


@given(st.integers(2, len(PACKED) - 1), st.integers(0, 7))
def test_one_turned_bit_is_not_whole_unless_it_changes_nothing(at: int, bit: int) -> None:
    damaged = bytearray(PACKED)
    damaged[at] ^= 1 << bit
    assert is_whole(bytes(damaged)) == (_unpacked(bytes(damaged)) == PROGRAM)


def _unpacked(content: bytes) -> bytes:
    try:
        return zlib.decompress(content)
    except zlib.error:
        return b""


@given(st.binary(max_size=400))
def test_ascii85_is_decoded_as_the_standard_library_does(content: bytes) -> None:
    for packed in (base64.a85encode(content, adobe=True), base64.a85encode(content, wrapcol=20) + b"~>"):
        assert from_ascii85(packed) == content


@pytest.mark.parametrize("cut", [1, 20, len(PACKED) - 5])
def test_page_whose_content_ends_early_is_lost(tmp_path: Path, cut: int) -> None:
    assert lost(tmp_path / "a.pdf", page(stream(PACKED[:-4][:-cut], FLATE))) == {1}


@pytest.mark.parametrize(
    "content",
    [
        stream(PACKED, FLATE),
        stream(PACKED[:-4], FLATE),
        stream(PACKED + b"\r\n", FLATE),
        stream(base64.a85encode(PACKED) + b"~>", ASCII85),
        stream(PROGRAM),
    ],
    ids=["packed", "without checksum", "line end", "ascii85", "plain"],
)
def test_page_whose_content_is_whole_is_not_doubted(tmp_path: Path, content: bytes) -> None:
    assert lost(tmp_path / "a.pdf", page(content)) == set()


def test_page_with_one_character_changed_within_ascii85_is_lost(tmp_path: Path) -> None:
    packed = bytearray(base64.a85encode(PACKED))
    packed[30] = ord("!") if packed[30] != ord("!") else ord("5")
    assert lost(tmp_path / "a.pdf", page(stream(bytes(packed) + b"~>", ASCII85))) == {1}


def test_damaged_picture_or_font_loses_no_page(tmp_path: Path) -> None:
    broken = PACKED[:40] + b"\xff" * 10
    more = {5: stream(broken, "/Type/XObject/Subtype/Image/Filter/FlateDecode")}
    assert lost(tmp_path / "a.pdf", page(stream(PACKED, FLATE), more=more)) == set()
    more = {5: stream(broken, FLATE)}  # nothing that a page draws
    assert lost(tmp_path / "a.pdf", page(stream(PACKED, FLATE), more=more)) == set()


def test_page_of_a_document_that_only_one_engine_opens_is_lost_where_a_stream_is_damaged() -> None:
    content = page(stream(PACKED[:-6], FLATE)).replace(b"/MediaBox[0 0 595 842]", b"/MediaBox 9 0 R")
    assert with_lost_content(content, [], [1], scan(Content(content)).is_damaged) == {1}


def test_bare_page_of_a_file_that_cannot_be_decrypted_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(page(stream(bytes(range(256)), FLATE)).replace(b"/Root 1 0 R", b"/Root 1 0 R/Encrypt 99 0 R"))
    assert with_lost_content(path, [1], [], False) == {1}
    path.write_bytes(page(stream(b"")))
    assert with_lost_content(path, [1], [], False) == set()


@pytest.mark.parametrize(
    ("name", "is_known"),
    [("/FlateDecoder", False), ("/Length", False), ("[/AHx /Filter]", True), ("/LZWDecode", True), ("[]", True)],
)
def test_stream_that_is_packed_in_no_known_way_is_damaged(name: str, is_known: bool) -> None:
    assert scan(Content(page(stream(PROGRAM, f"/Filter {name}")))).is_damaged is not is_known


def test_bare_page_of_a_damaged_file_that_another_engine_cannot_open_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-1.7\n")
    assert with_lost_content(path, [1], [2], True) == {1, 2}
    assert with_lost_content(path, [1], [2], False) == set()
