"""One file from the web: fetched only if changed, resumed after a break, complete or not at all."""

from __future__ import annotations

import mmap
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import httpx

from flows.collecting.bodies import body, pieces
from flows.collecting.content_type import HEAD, Content, Downloaded, Validators, require_content
from flows.collecting.file_names import file_name
from flows.collecting.problems import Unavailable
from flows.collecting.web import Web, require_ok
from flows.config.sources import WebSource

_MB: Final = 1_000_000
_PARTIAL: Final = 206
_NOT_MODIFIED: Final = 304
_RANGE_REFUSED: Final = 416
MOST_PAGE_BYTES: Final = 20 * _MB
_SHARE_OF_PAGES: Final = 0.5
"""Of the time of a run for a host, how much may be over for a page: the rest is for the files."""
_LONGEST_VALIDATOR: Final = 1000
_ACCEPT: Final = {"Accept": "application/pdf, application/zip, */*;q=0.5"}


class _Partial:
    """The part of a file fetched so far, and what is needed to resume it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self.total: int | None = None
        self.version = Validators()

    def asked_by(self, known: Validators) -> dict[str, str]:
        if self.size and (validator := _strong(self.version)):
            return {"Range": f"bytes={self.size}-", "If-Range": validator}
        conditions = {"If-None-Match": _sendable(known.etag), "If-Modified-Since": _sendable(known.last_modified)}
        return {name: value for name, value in conditions.items() if value}

    def forget(self) -> None:
        self.size = 0
        self.total = None
        self.version = Validators()


async def download(web: Web, source: WebSource, url: httpx.URL, path: Path, known: Validators) -> Downloaded | None:
    """Fetch a PDF or ZIP archive into a file, unless it is the version that is known.

    A connection that breaks is resumed where it broke, if the server can do so and its file has not changed
    meanwhile; else from the beginning. Retries, pauses and limits are the source's.

    Args:
        web: The client.
        source: The source that names the address.
        url: The address.
        path: Where the bytes go; they are whole only when this returns.
        known: Of the version that is known; empty: none is.

    Returns:
        What came; null: it is the version that is known.

    Raises:
        Unavailable: too_large, not_a_pdf, cut, and all that `Web.get` and `require_ok` raise.
    """
    partial = _Partial(path)
    return await web.patiently(source, url, lambda: _once(web, source, url, partial, known))


async def probe(web: Web, source: WebSource, url: httpx.URL) -> Content:
    """Ask for the first bytes of a file only, to see whether it could be taken.

    Raises:
        Unavailable: As `download`.
    """

    async def once() -> Content:
        headers = {**_ACCEPT, "Range": f"bytes=0-{HEAD - 1}"}
        async with web.get(source, url, headers) as response:
            require_ok(response)
            return require_content(await body(response, HEAD, cut=True))

    return await web.patiently(source, url, once)


@dataclass(frozen=True, slots=True)
class Page:
    """A page.

    Attributes:
        address: Where it came from, after redirects.
        content: Its bytes: no more than the first 20 MB.
        charset: Of its header; null: that names none.
        is_cut: It is longer.
    """

    address: httpx.URL
    content: bytes
    charset: str | None
    is_cut: bool


async def page(web: Web, source: WebSource, url: httpx.URL) -> Page | None:
    """Fetch a page; null: it is a PDF or ZIP archive.

    Raises:
        Unavailable: As `download`.
    """

    async def once() -> Page | None:
        async with web.get(source, url, {"Accept": "text/html, */*;q=0.5"}) as response:
            require_ok(response)
            kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if kind in ("application/pdf", "application/zip", "application/octet-stream"):
                return None
            content = await body(response, MOST_PAGE_BYTES + 1, cut=True)
            asked = response.request.url
            if content.startswith((b"%PDF-", b"PK\x03\x04")):
                return None
            is_cut = len(content) > MOST_PAGE_BYTES
            return Page(asked, content[:MOST_PAGE_BYTES], _charset(response), is_cut)

    return await web.patiently(source, url, once, _SHARE_OF_PAGES)


async def _once(web: Web, source: WebSource, url: httpx.URL, partial: _Partial, known: Validators) -> Downloaded | None:
    async with web.get(source, url, {**_ACCEPT, **partial.asked_by(known)}) as response:
        if response.status_code == _NOT_MODIFIED and (_sendable(known.etag) or _sendable(known.last_modified)):
            return None
        if response.status_code == _RANGE_REFUSED and partial.size:
            partial.forget()
            raise Unavailable("cut", "the server does not resume a file that was cut", may_heal=True)
        require_ok(response)
        validators = Validators(
            _sendable(response.headers.get("ETag")), _sendable(response.headers.get("Last-Modified"))
        )
        if response.status_code == _PARTIAL:
            _require_rest(response, partial, validators)
        else:
            partial.forget()
        partial.version = validators if "Content-Encoding" not in response.headers else Validators()
        await _receive(response, partial, source.max_mb * _MB)
        content = _require_whole(partial)
        return Downloaded(content, file_name(response, url), partial.size, validators)


def _charset(response: httpx.Response) -> str | None:
    with suppress(Exception):  # the header is a stranger's, and the parser of `email` raises errors of many kinds
        return response.charset_encoding
    return None


async def _receive(response: httpx.Response, partial: _Partial, most: int) -> None:
    declared = response.headers.get("Content-Length", "")
    if declared.isdecimal() and partial.size + int(declared) > most:
        raise Unavailable("too_large", f"{int(declared) // _MB} MB, {most // _MB} MB are allowed: raise max_mb")
    with partial.path.open("r+b" if partial.size else "wb") as file:
        file.truncate(partial.size)
        file.seek(partial.size)
        head = b"" if partial.size == 0 else None
        async for chunk in pieces(response):
            file.write(chunk)
            file.flush()
            partial.size += len(chunk)
            if partial.size > most:
                raise Unavailable("too_large", f"more than {most // _MB} MB come: raise max_mb")
            if head is not None and len(head) < HEAD:
                head += chunk
                if len(head) >= HEAD:
                    require_content(head)


def _require_rest(response: httpx.Response, partial: _Partial, version: Validators) -> None:
    """Refuse a part of a file that does not begin where it was cut, or is of another version of it."""
    span = re.fullmatch(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", response.headers.get("Content-Range", "").strip())
    was = partial.version
    pairs = ((was.etag, version.etag), (was.last_modified, version.last_modified))
    is_other = any(one and other and one != other for one, other in pairs)
    if not partial.size or span is None or int(span[1]) != partial.size or is_other:
        partial.forget()
        raise Unavailable("cut", "the server sent another part of the file than was asked for", may_heal=True)
    partial.total = int(span[3]) if span[3].isdecimal() else None


def _require_whole(partial: _Partial) -> Content:
    """Refuse what is not a PDF or ZIP archive, and a file that may have been cut without a sign of it."""
    if partial.total is not None and partial.size != partial.total:
        raise Unavailable(
            "cut", f"{partial.size} of {partial.total} bytes came: the next run asks again", may_heal=True
        )
    with partial.path.open("rb") as file:
        content = require_content(file.read(HEAD))
        if content == "pdf" and not _has_an_end(file):
            partial.forget()
            raise Unavailable(
                "cut", "the file ends before its end mark (%%EOF): the next run asks again", may_heal=True
            )
    return content


def _has_an_end(file: IO[bytes]) -> bool:
    """Whether what ends a PDF stands after the last object of one.

    A server may say of a file that is being uploaded, or of what a proxy lost the rest of, that it is whole.
    """
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        last = max(content.rfind(b" obj"), content.rfind(b"endobj"))
        return max(content.rfind(b"startxref"), content.rfind(b"%%EOF")) > last


def _sendable(value: str | None) -> str | None:
    """Return what a server said of a version, if it can be sent back to it: short, and of printable ASCII."""
    return value if value and len(value) <= _LONGEST_VALIDATOR and value.isascii() and value.isprintable() else None


def _strong(validators: Validators) -> str | None:
    """Return what a cut download may be taken up by: an ETag that stands for the very bytes, else the time."""
    if validators.etag and not validators.etag.startswith("W/"):
        return validators.etag
    return validators.last_modified
