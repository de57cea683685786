"""The pages of forms as files in a folder, by the same templates: for those without the program."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from flows.browse.app import rendered, static_files
from flows.browse.data import ReleaseData
from flows.browse.form_page import form_facts, leave_out_boxes
from flows.browse.links import FolderLinks, picture_file
from flows.browse.pictures import NoPicture, Pictures
from flows.config.settings import SettingsError
from flows.stopping import Stop
from warehouse.contract.ids import FORM_ID_PATTERN
from warehouse.contract.vocabulary import LanguageCode

_PAGE: Final = re.compile(rf"{FORM_ID_PATTERN}\.html")


def forms_asked(data: ReleaseData, wanted: Sequence[str]) -> list[str]:
    """Return the forms that are asked for, in the order of lists.

    Args:
        data: The release.
        wanted: `held`, `all`, or ids of forms.

    Raises:
        SettingsError: The release has no such form.
    """
    forms = data.forms
    ids = set(forms["form_id"])
    asked = set[str]()
    for one in wanted:
        if one == "all":
            asked |= ids
        elif one == "held":
            asked |= set(forms.filter(status="held")["form_id"])
        elif one in ids:
            asked.add(one)
        else:
            raise SettingsError(f"--with-forms: expected held, all or a form_id of the release, not {one}")
    return [form_id for form_id in forms["form_id"] if form_id in asked]


def write_forms(
    data: ReleaseData,
    pictures: Pictures,
    form_ids: Sequence[str],
    folder: Path,
    home: str,
    language: LanguageCode,
    stop: Stop,
) -> None:
    """Write the pages of forms into a folder, with the pictures of their pages.

    Pages and pictures that an earlier call left there are removed. Where a PDF is not in the archive, or a page of it
    cannot be drawn, the page of the form shows its values and says so.

    Args:
        data: The release.
        pictures: Draws the pages.
        form_ids: Which forms; they lead to each other in this order.
        folder: Is made.
        home: The page that they lead back to, as seen from the folder.
        language: `en` or `zh`.
        stop: Looked at before each form.

    Raises:
        SettingsError: The folder cannot be written.
        Interrupted: The work was asked to stop.
    """
    try:
        _clear(folder)
        for name, content in static_files().items():
            (folder / "static" / name).write_bytes(content)
        for place, form_id in enumerate(form_ids):
            stop.check()
            neighbours = {
                "before": form_ids[place - 1] if place else None,
                "after": form_ids[place + 1] if place + 1 < len(form_ids) else None,
                "position": place + 1,
                "of": len(form_ids),
            }
            page = _page(data, pictures, form_id, folder, home, language, neighbours)
            (folder / f"{form_id}.html").write_text(page, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{folder} cannot be written: {error.strerror or error}") from None


def _clear(folder: Path) -> None:
    """Make the folder, without what an earlier call left there."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if _PAGE.fullmatch(old.name):
            old.unlink()
    shutil.rmtree(folder / "pictures", ignore_errors=True)
    for name in ("pictures", "static"):
        (folder / name).mkdir(exist_ok=True)


def _page(
    data: ReleaseData,
    pictures: Pictures,
    form_id: str,
    folder: Path,
    home: str,
    language: LanguageCode,
    neighbours: dict[str, Any],
) -> str:
    form = data.form(form_id)
    assert form is not None
    facts = form_facts(form, pictures, language)
    drawn = set[tuple[str, int]]()
    document_id = form.about["document_id"]
    for page in facts["pages"]:
        target = folder / picture_file(document_id, page.number)
        if page.size is not None and not target.exists():
            try:
                target.write_bytes(pictures.png(document_id, page.number))
            except NoPicture:
                page.size, page.problem = None, "unreadable"
        if target.exists():
            drawn.add((document_id, page.number))
    leave_out_boxes(facts)
    links = FolderLinks(home, lambda document, number: (document, number) in drawn)
    return rendered("form.html", language, at=links, release_id=data.release_id, query="", **neighbours, **facts)
