"""The name of a file that came from the web."""

from __future__ import annotations

import re
from email.message import Message
from typing import Final
from urllib.parse import unquote_to_bytes

import httpx

from flows.collecting.encodings import decode_unnamed, readable

_LONGEST: Final = 150


def file_name(response: httpx.Response, url: httpx.URL) -> str:
    """Return the name that the server gives to a file, else the last part of its address, decoded.

    Chinese servers write names as RFC 6266 wants it, in percent signs without saying so, or in plain UTF-8 or GBK: all
    are read. Folders and control characters are taken out.

    Example:
        >>> file_name(httpx.Response(200), httpx.URL("https://x/%BC%A8%D0%A7.pdf"))
        '绩效.pdf'
    """
    raw = next((value for key, value in response.headers.raw if key.lower() == b"content-disposition"), b"")
    return (
        _clean(_disposed(raw)) or _clean(readable(url.raw_path.partition(b"?")[0].decode("ascii"))) or _clean(url.host)
    )


def _disposed(raw: bytes) -> str:
    if not raw:
        return ""
    message = Message()
    message["Content-Disposition"] = decode_unnamed(raw).replace("\n", " ").replace("\r", " ")
    name = message.get_filename("")
    if "%" in name:
        name = decode_unnamed(unquote_to_bytes(name))
    return name


def _clean(name: str) -> str:
    last = re.split(r"[/\\]", name.strip().rstrip("/"))[-1]
    return re.sub(r"[\x00-\x1f\x7f]", "", last).strip()[-_LONGEST:]
