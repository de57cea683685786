"""What a file is, by its first bytes, and which version of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from flows.collecting.problems import Unavailable

Content = Literal["pdf", "zip"]

HEAD: Final = 1024
"""So many bytes from the beginning show what a file is."""

_TITLE: Final = re.compile(rb"(?is)<title[^>]*>(.*?)</title")


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server said of a version of a file, to ask it by later."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file that came whole."""

    content: Content
    file_name: str
    byte_count: int
    validators: Validators


def sniff(head: bytes) -> Content | None:
    """Recognise a PDF or ZIP archive by its first bytes.

    Example:
        >>> sniff(b"%PDF-1.7 ..."), sniff(b"PK\\x03\\x04 %PDF-1.7"), sniff(b"<html>")
        ('pdf', 'zip', None)
    """
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):  # asked first: a PDF may stand near the beginning of an archive
        return "zip"
    return "pdf" if b"%PDF-" in head[:HEAD] else None


def require_content(head: bytes) -> Content:
    """Recognise a PDF or ZIP archive by its first bytes.

    Raises:
        Unavailable: not_a_pdf: it is neither; says what it looks like.
    """
    content = sniff(head)
    if content is None:
        raise Unavailable(
            "not_a_pdf", f"{_looks_like(head)} was sent, not a PDF or ZIP archive: look at it in a browser"
        )
    return content


def _looks_like(head: bytes) -> str:
    if not head:
        return "an empty file"
    if re.match(rb"(?is)\s*(<!doctype html|<html|<head|<script|<body|<!--|<meta)", head):
        title = _TITLE.search(head)
        if not title:
            return "an HTML page"
        try:
            text = title[1].decode("utf-8")
        except UnicodeDecodeError:
            text = title[1].decode("gb18030", errors="replace")
        return f"an HTML page ({' '.join(text.split())[:60]})"
    return "a file of another kind"
