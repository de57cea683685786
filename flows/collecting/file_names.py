"""The name of a file that came from the web."""

from __future__ import annotations

import re
from contextlib import suppress
from email.message import Message
from typing import Final
from urllib.parse import unquote_to_bytes

import httpx

from flows.collecting.encodings import decode_unnamed, readable, text_encoding, without_surrogates
from flows.config.addresses import without_secrets

_LONGEST: Final = 150
_LONGEST_HEADER: Final = 4000


def file_name(response: httpx.Response, url: httpx.URL) -> str:
    """Return the name that the server gives to a file, else the last part of its address, decoded.

    Chinese servers write names as RFC 6266 wants it, in percent signs without saying so, or in plain UTF-8 or GBK: all
    are read. Folders and control characters are taken out. A charset that is not one for texts counts as none.

    Example:
        >>> file_name(httpx.Response(200), httpx.URL("https://x/%BC%A8%D0%A7.pdf"))
        '绩效.pdf'
    """
    raw = next((value for key, value in response.headers.raw if key.lower() == b"content-disposition"), b"")
    return (
        _clean(_disposed(raw[:_LONGEST_HEADER]))
        or _clean(readable(url.raw_path.partition(b"?")[0].decode("ascii", "replace")))
        or _clean(url.host)
    )


def _disposed(raw: bytes) -> str:
    """Return the name of a Content-Disposition header; empty where it has none that can be read."""
    if not raw:
        return ""
    with suppress(Exception):  # the header is a stranger's, and the parser of `email` raises errors of many kinds
        message = Message()
        message["Content-Disposition"] = decode_unnamed(raw).replace("\n", " ").replace("\r", " ")
        name = message.get_param("filename", header="Content-Disposition")
        if isinstance(name, tuple):  # RFC 2231: charset, language, the bytes as Latin-1
            content = name[2].encode("latin-1", "replace")
            encoding = text_encoding(name[0])
            return content.decode(encoding, "replace") if encoding else decode_unnamed(content)
        if isinstance(name, str):
            return decode_unnamed(unquote_to_bytes(name)) if "%" in name else name
    return ""


def _clean(name: str) -> str:
    last = re.split(r"[/\\]", without_secrets(without_surrogates(name)).strip().rstrip("/"))[-1]
    return re.sub(r"[\x00-\x1f\x7f]", "", last).strip()[-_LONGEST:]
