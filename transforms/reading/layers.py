"""Layers (optional content) of a PDF that are switched off: no viewer shows what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pdfminer.pdfdocument import PDFDocument
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import PDFObjRef, resolve1

_DEEPEST: Final = 4


def layers_off(catalog: Mapping[str, Any]) -> frozenset[int]:
    """Object numbers of the layers that are off when a document is opened.

    Args:
        catalog: The document's catalog, as pdfminer gives it.
    """
    properties = _dictionary(catalog.get("OCProperties"))
    default = _dictionary(properties.get("D"))
    every = _numbers(properties.get("OCGs"))
    off = set(every) if str(getattr(resolve1(default.get("BaseState")), "name", "")) == "OFF" else set()
    off -= set(_numbers(default.get("ON")))
    off |= set(_numbers(default.get("OFF")))
    for usage in _list(default.get("AS")):
        event = _dictionary(usage)
        if str(getattr(resolve1(event.get("Event")), "name", "")) != "View":
            continue
        for group in _list(event.get("OCGs")):
            view = _dictionary(_dictionary(_dictionary(group).get("Usage")).get("View"))
            state = str(getattr(resolve1(view.get("ViewState")), "name", ""))
            if isinstance(group, PDFObjRef) and state:
                (off.add if state == "OFF" else off.discard)(group.objid)
    return frozenset(off)


def is_off(content: Any, off: frozenset[int], depth: int = 0) -> bool:
    """Whether an optional content group, or a membership of several, is not shown.

    Args:
        content: What stands under /OC or among the /Properties.
        off: `layers_off` of the document.
        depth: Of memberships within memberships.
    """
    if content is None or depth > _DEEPEST:
        return False
    if isinstance(content, PDFObjRef) and content.objid in off:
        return True
    membership = _dictionary(content)
    if rule := _list(membership.get("VE")):
        return not _holds(rule, off)
    groups = membership.get("OCGs")
    if groups is None:
        return False
    resolved = resolve1(groups)
    members = resolved if isinstance(resolved, list) else [groups]
    hidden = [is_off(group, off, depth + 1) for group in members]
    if not hidden:
        return False
    policy = str(getattr(resolve1(membership.get("P")), "name", "")) or "AnyOn"
    shown = {
        "AllOn": not any(hidden),
        "AnyOn": not all(hidden),
        "AnyOff": any(hidden),
        "AllOff": all(hidden),
    }
    return not shown.get(policy, True)


def annotations_off(path: Path) -> frozenset[tuple[int, int]]:
    """Annotations and form fields in layers that are off: the page, and the place among its annotations, both from 0.

    None where the document cannot be opened.
    """
    found: set[tuple[int, int]] = set()
    try:
        with path.open("rb") as file:
            document = PDFDocument(PDFParser(file))
            off = layers_off(document.catalog)
            for number, page in enumerate(PDFPage.create_pages(document)):
                layers = [_dictionary(annotation).get("OC") for annotation in _list(page.annots)]
                found |= {(number, place) for place, layer in enumerate(layers) if is_off(layer, off)}
    except Exception:  # what only another engine opens; bad files find new errors
        return frozenset()
    return frozenset(found)


def _holds(rule: Any, off: frozenset[int], depth: int = 0) -> bool:
    """Whether a rule of visibility holds: a layer that is on, or And, Or, Not of such rules."""
    parts = _list(rule)
    if not parts or depth > _DEEPEST:
        return not is_off(rule, off)
    operator = str(getattr(resolve1(parts[0]), "name", ""))
    held = [_holds(part, off, depth + 1) for part in parts[1:]]
    if operator == "Not":
        return not any(held)
    return any(held) if operator == "Or" else all(held)


def _dictionary(value: Any) -> Mapping[str, Any]:
    resolved = resolve1(value)
    return resolved if isinstance(resolved, Mapping) else {}


def _list(value: Any) -> list[Any]:
    resolved = resolve1(value)
    return resolved if isinstance(resolved, list) else []


def _numbers(value: Any) -> list[int]:
    return [item.objid for item in _list(value) if isinstance(item, PDFObjRef)]
