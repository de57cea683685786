"""Index pages: their text in whatever encoding, and the addresses that they link to."""

from __future__ import annotations

import asyncio
import codecs
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

import httpx
from lxml import etree

from flows.collecting.addresses import WEB_SCHEMES, joined
from flows.collecting.encodings import decode_unnamed, text_encoding, without_surrogates
from flows.collecting.problems import Unavailable

_META_CHARSET: Final = re.compile(rb"(?i)<meta[^>]{1,1000}?charset\s{0,20}=\s{0,20}[\"']?\s{0,20}([\w.:-]{1,40})")
_LINKING: Final = {"a": "href", "area": "href", "iframe": "src", "frame": "src", "embed": "src", "object": "data"}
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_PIECE: Final = 1 << 15
_LONGEST_SECONDS: Final = 30.0
_MOST_LINKS: Final = 200_000
_TAKES_LONGER: Final = f"it takes longer than {_LONGEST_SECONDS:g} s to look through"


def decode(content: bytes, charset: str | None) -> str:
    """Decode a page: by its byte order mark, the charset of its header, of its `<meta>`, as UTF-8, else as GB18030.

    A charset that is not one for texts counts as none. What cannot be decoded becomes U+FFFD; links are ASCII nearly
    always.

    Args:
        content: The bytes.
        charset: Of the Content-Type header; null: it names none.

    Example:
        >>> decode('<meta charset="gb2312"><a>绩效</a>'.encode("gbk"), None)[-9:]
        '<a>绩效</a>'
    """
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, errors="replace")
    meta = _META_CHARSET.search(content[:4096])
    for named in (charset, meta[1].decode("ascii", "replace") if meta else None):
        if (known := text_encoding(named)) is not None:
            return content.decode(known, errors="replace")
    return decode_unnamed(content)


@dataclass(frozen=True, slots=True)
class PageLinks:
    """What a page links to.

    Attributes:
        urls: The web addresses, each once, in their order, without fragments. Relative links are made whole by `<base>`
            or the page's own address; `javascript:`, `mailto:` and the like, and what is not an address, are left out.
        left_off: Why the rest of the page was not looked at; null: all of it was.
    """

    urls: list[httpx.URL]
    left_off: str | None


def links(text: str, address: httpx.URL, *, is_cut: bool = False) -> PageLinks:
    """List what a page links to: of one that takes too long, or has too many links, what comes first.

    Args:
        text: The page.
        address: Where it was found, after redirects.
        is_cut: The text ends anywhere, perhaps within a tag, which then does not count.

    Raises:
        Unavailable: page_too_complex: the parser gives up on it.

    Example:
        >>> links('<a href="../a.pdf">甲</a><a href="javascript:go()">', httpx.URL("https://x/b/c/index.html")).urls
        [URL('https://x/b/a.pdf')]
    """
    parser = _Links(address, is_cut)
    for _ in parser.steps(text):
        pass
    return PageLinks(parser.links, parser.left_off)


async def links_politely(text: str, address: httpx.URL, *, is_cut: bool = False) -> PageLinks:
    """Do as `links`, and let others have their turn after each piece, so that limits of time and stops hold."""
    parser = _Links(address, is_cut)
    for _ in parser.steps(text):
        await asyncio.sleep(0)
    return PageLinks(parser.links, parser.left_off)


class _Links:
    """Looks at the tags of a page as they come, without a tree: its time grows with the page, however deep that is."""

    def __init__(self, address: httpx.URL, is_cut: bool) -> None:
        self._address = address
        self._is_cut = is_cut
        self._base = ""
        self._found: dict[str, None] = {}
        self.links: list[httpx.URL] = []
        self.left_off: str | None = None

    def steps(self, text: str) -> Iterator[None]:
        """Read a page piece by piece.

        Raises:
            Unavailable: page_too_complex.
        """
        end = time.monotonic() + _LONGEST_SECONDS
        parser = etree.HTMLParser(target=self, huge_tree=True, encoding="utf-8")
        content = without_surrogates(text).encode()
        try:
            for start in range(0, len(content), _PIECE):
                parser.feed(content[start : start + _PIECE])
                if len(self._found) > _MOST_LINKS:
                    self.left_off = f"it has more than {_MOST_LINKS} links"
                elif time.monotonic() > end:
                    self.left_off = _TAKES_LONGER
                if self.left_off:
                    break
                yield
            if not (self._is_cut or self.left_off):
                parser.close()
        except etree.LxmlError as error:  # nothing but white space, or what the parser gives up on
            if text.strip() and not self._found:
                raise Unavailable(
                    "page_too_complex", f"it cannot be looked through ({error}): look at it in a browser"
                ) from None
        yield from self._joined(time.monotonic() + _LONGEST_SECONDS)

    def _joined(self, end: float) -> Iterator[None]:
        base = joined(self._address, self._base) or self._address
        urls: dict[httpx.URL, None] = {}
        for number, link in enumerate(islice(self._found, _MOST_LINKS)):
            url = joined(base, link)
            if url is not None and url.scheme in WEB_SCHEMES and url.host:
                urls[url] = None
            if number % 1000 == 0:
                if time.monotonic() > end:
                    self.left_off = _TAKES_LONGER
                    break
                yield
        self.links = list(urls)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take in a tag (called by the parser)."""
        if tag == "base" and not self._base:
            self._base = attributes.get("href") or ""
        elif (name := _LINKING.get(tag)) and (link := attributes.get(name)):
            self._found.setdefault(link)

    def close(self) -> None:
        """Take in the end (called by the parser)."""
