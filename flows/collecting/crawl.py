"""Index pages: the addresses of the files that they link to, directly or through further pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from flows.collecting.download import MOST_PAGE_BYTES, page
from flows.collecting.encodings import readable
from flows.collecting.html import decode, links_politely
from flows.collecting.problems import Unavailable
from flows.collecting.scope import Scope
from flows.collecting.web import Web
from flows.config.sources import IndexSource

Report = Callable[[str, Unavailable], None]
"""Called with an address and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Crawled:
    """What index pages link to.

    Attributes:
        files: Addresses of files, each once, in the order of the pages.
        is_whole: Every page that the source names could be looked at, so could all that these link to but dead links,
            and something was found.
    """

    files: tuple[httpx.URL, ...]
    is_whole: bool


async def crawl(web: Web, source: IndexSource, report: Report) -> Crawled:
    """Look at the pages of a source, and as deep as it says at those that they link to.

    Links to hosts that the source does not name are passed over; a page that cannot be fetched, or is too large to be
    looked at to its end, is reported. The rest continues. A page that turns out to be a PDF or ZIP archive is a file.
    """
    scope = Scope.of(source)
    wanted, followed = re.compile(source.links), re.compile(source.follow)
    files: dict[httpx.URL, None] = {}
    level = [httpx.URL(address) for address in source.addresses()]
    seen: set[httpx.URL] = set()
    is_whole = True
    for depth in range(1, source.depth + 1):
        found: dict[httpx.URL, None] = {}
        for url in level:
            if url in seen:
                continue
            if len(seen) >= source.max_pages:
                report(str(url), Unavailable("too_many_pages", f"more than {source.max_pages} pages: raise max_pages"))
                return Crawled(tuple(files), False)
            seen.add(url)
            try:
                got = await page(web, source, url)
            except Unavailable as problem:
                report(str(url), problem)
                is_whole = is_whole and depth > 1 and problem.code == "not_found"
                continue
            if got is None:
                files[url] = None
                continue
            try:
                links = await links_politely(decode(got.content, got.charset), got.address, is_cut=got.is_cut)
            except Unavailable as problem:
                report(str(url), problem)
                is_whole = False
                continue
            if left_off := f"it is larger than {MOST_PAGE_BYTES // 1_000_000} MB" if got.is_cut else links.left_off:
                report(str(url), Unavailable("page_partly_read", f"{left_off}: what its first links lead to is taken"))
                is_whole = False
            for link in links.urls:
                if not scope.allows(link):
                    continue
                said = readable(str(link))
                if wanted.search(said):
                    files[link] = None
                elif followed.search(said):
                    found[link] = None
        level = list(found)
    if not files and is_whole:
        report(source.pages[0], Unavailable("no_links", "no link on these pages fits: look at links, depth and hosts"))
        is_whole = False
    return Crawled(tuple(files), is_whole)
