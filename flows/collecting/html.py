"""Index pages: their text in whatever encoding, and the addresses that they link to."""

from __future__ import annotations

import codecs
import re
from html.parser import HTMLParser
from typing import Final

import httpx

from flows.collecting.encodings import decode_unnamed

_META_CHARSET: Final = re.compile(rb"(?i)<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)")
_LINKING: Final = {"a": "href", "area": "href", "iframe": "src", "frame": "src", "embed": "src", "object": "data"}
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_WEB_SCHEMES: Final = ("http", "https")


def decode(content: bytes, charset: str | None) -> str:
    """Decode a page: by its byte order mark, the charset of its header, of its `<meta>`, as UTF-8, else as GB18030.

    GB2312 and GBK are read as GB18030, which holds both: pages print characters that the older sets lack. What cannot
    be decoded becomes U+FFFD; links are ASCII nearly always.

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
        if (known := _known(named)) is not None:
            return content.decode(known, errors="replace")
    return decode_unnamed(content)


def links(text: str, address: httpx.URL) -> list[httpx.URL]:
    """List the web addresses that a page links to, each once, in their order, without fragments.

    Relative links are made whole by `<base>` or the page's own address; `javascript:`, `mailto:` and the like, and what
    is not an address, are left out.

    Args:
        text: The page.
        address: Where it was found, after redirects.

    Example:
        >>> links('<a href="../a.pdf">甲</a><a href="javascript:go()">', httpx.URL("https://x/b/c/index.html"))
        [URL('https://x/b/a.pdf')]
    """
    parser = _Links()
    parser.feed(text)
    parser.close()
    base = _joined(address, parser.base) or address
    found = (_joined(base, link) for link in parser.found)
    return list(dict.fromkeys(url for url in found if url is not None))


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.base = ""
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(reversed(attrs))
        if tag == "base" and not self.base:
            self.base = given.get("href") or ""
        elif (name := _LINKING.get(tag)) and (link := given.get(name)):
            self.found.append(link)


def _joined(base: httpx.URL, link: str) -> httpx.URL | None:
    said = re.sub(r"[\t\r\n]", "", link).strip().replace("\\", "/")
    if not said:
        return None
    try:
        url = base.join(said).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError):
        return None
    return url if url.scheme in _WEB_SCHEMES and url.host else None


def _known(charset: str | None) -> str | None:
    if not charset:
        return None
    try:
        name = codecs.lookup(charset.strip("\"' ")).name
    except LookupError:
        return None
    return "gb18030" if name in ("gb2312", "gbk", "hz") else name
