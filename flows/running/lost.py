"""What is said of documents of which the archive has no whole file, and what helps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from flows.collecting.problems import SourceProblem
from flows.running.reader import NOT_ARCHIVED

_HELP: Final = "ingest it again ({}), which fetches it although it has not changed there, or restore raw/ from a backup"
LOST: Final = (
    f"{NOT_ARCHIVED}: the archive has no whole file of this document: its file is missing or was damaged; "
    + _HELP.format("its source, with jixiao ingest")
)
"""The reason of a document that was never read."""


def lost_document(document: Mapping[str, Any]) -> SourceProblem:
    """Report a document that was read before, and cannot be read again.

    Args:
        document: `document_id`, `file_name`, `source_uri`, and `source`, the name of the source that has it, or null.

    Example:
        >>> seen = {"document_id": "ab", "file_name": "a.pdf", "source": None, "source_uri": "file:///in/a.zip#b/a.pdf"}
        >>> "jixiao ingest /in/a.zip" in lost_document(seen).message
        True
    """
    command = f"jixiao ingest {document['source'] or _place(document['source_uri'])}"
    return SourceProblem(
        document["file_name"],
        NOT_ARCHIVED,
        f"the archive has no whole file of document {document['document_id']}: it is missing, or was damaged and moved "
        f"aside; what was read of it before stays published. To read it again, {_HELP.format(command)}",
    )


def _place(uri: str) -> str:
    """Return what the command line takes for the place of a sighting: a path or an address; of a ZIP, the ZIP."""
    place = uri.partition("#")[0]
    return unquote(urlsplit(place).path) if place.startswith("file:") else place
