from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from flows.browse import pictures as pictures_module
from flows.browse.data import ReleaseData
from flows.browse.pictures import MOST_PIXELS, NoPicture, Pictures, draw
from flows.stopping import Stop
from tests.support.hostile import page, stream
from warehouse.warehouse import Warehouse


def test_png_draws_the_page_and_keeps_it(data: ReleaseData, pictures: Pictures, held_form: str) -> None:
    form = data.form(held_form)
    assert form is not None
    document_id = form.about["document_id"]
    first = pictures.png(document_id, 1)
    size = pictures.sizes(document_id)[0]
    assert Image.open(io.BytesIO(first)).size == (round(size.width * 2), round(size.height * 2))
    assert pictures.png(document_id, 1) is first


@pytest.mark.parametrize(("document_id", "is_missing"), [("0" * 64, True), ("../../etc/passwd", True)])
def test_png_of_what_is_not_there_says_so(pictures: Pictures, document_id: str, is_missing: bool) -> None:
    with pytest.raises(NoPicture) as caught:
        pictures.png(document_id, 1)
    assert caught.value.is_missing is is_missing


def test_png_of_a_damaged_pdf_costs_only_its_own_picture(tmp_path: Path) -> None:
    house, source = Warehouse(tmp_path / "data"), tmp_path / "odd.pdf"
    source.write_bytes(b"%PDF-1.7\nnothing")
    odd = house.archive.put(source).document_id
    source.write_bytes(page(stream(b"0 0 m 9 9 l S")))
    whole = house.archive.put(source).document_id
    pictures = Pictures(house.archive, Stop())
    try:
        with pytest.raises(NoPicture) as caught:
            pictures.png(odd, 1)
        assert not caught.value.is_missing
        with pytest.raises(NoPicture, match="no page 2"):
            pictures.png(whole, 2)
        assert pictures.png(whole, 1).startswith(b"\x89PNG")
    finally:
        pictures.close()


def test_lacking_names_the_pages_that_need_a_font_of_the_machine(tmp_path: Path) -> None:
    house, source = Warehouse(tmp_path / "data"), tmp_path / "a.pdf"
    source.write_bytes(page(stream(b"BT /F1 9 Tf 50 700 Td (letters) Tj ET")))
    letters = house.archive.put(source).document_id
    source.write_bytes(b"%PDF-1.7\nnothing")
    odd = house.archive.put(source).document_id
    pictures = Pictures(house.archive, Stop())
    try:
        assert pictures.lacking(letters, [1]) == set()
        assert pictures.lacking(letters, [1]) is pictures.lacking(letters, [1])
        with pytest.raises(NoPicture):
            pictures.lacking(odd, [1])
    finally:
        pictures.close()


def test_draw_keeps_large_pages_within_bounds(tmp_path: Path) -> None:
    source = tmp_path / "large.pdf"
    source.write_bytes(page(stream(b"0 0 m 9 9 l S"), size="9000 9000"))
    width, height = Image.open(io.BytesIO(draw(source, 1))).size
    assert width * height <= MOST_PIXELS * 1.01


def test_pictures_are_kept_within_a_bound(
    data: ReleaseData, house: Warehouse, monkeypatch: pytest.MonkeyPatch, pictures: Pictures
) -> None:
    monkeypatch.setattr(pictures_module, "MOST_CACHED", 1)
    own = Pictures(house.archive, Stop())
    own._workers = pictures._workers
    ids = list({data.form(f).about["document_id"] for f in data.forms["form_id"][:3]})
    for document_id in ids:
        own.png(document_id, 1)
    assert [key for key, _ in own._kept] == [ids[-1]]


def test_png_while_the_program_ends_gives_none(house: Warehouse, data: ReleaseData, held_form: str) -> None:
    stop = Stop()
    stop.ask()
    pictures = Pictures(house.archive, stop)
    form = data.form(held_form)
    assert form is not None
    with pytest.raises(NoPicture, match="interrupted"):
        pictures.png(form.about["document_id"], 1)
    pictures.close()
