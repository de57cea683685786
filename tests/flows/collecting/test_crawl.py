from __future__ import annotations

import asyncio
from typing import Any

from flows.collecting.crawl import Crawled, crawl
from flows.collecting.encodings import readable
from flows.collecting.problems import Unavailable
from flows.collecting.web import Web
from flows.config.sources import IndexSource
from tests.support.pdfs import PDF
from tests.support.site import Answer, Site


def look(site: Site, *pages: str, **given: Any) -> tuple[Crawled, list[tuple[str, str]]]:
    keys = {"requests_per_second": 100, "stall_seconds": 20, "retries": 0, "robots": False, **given}
    source = IndexSource(name="s", pages=[site.url(page) for page in pages], **keys)
    problems: list[tuple[str, str]] = []

    def report(place: str, problem: Unavailable) -> None:
        problems.append((place.removeprefix(site.url("")), problem.code))

    async def run() -> Crawled:
        async with Web() as web:
            return await crawl(web, source, report)

    return asyncio.run(run()), problems


def files(site: Site, crawled: Crawled) -> list[str]:
    return [readable(str(url)).removeprefix(site.url("")) for url in crawled.files]


def test_crawl_links_of_a_gbk_page_are_found(site: Site) -> None:
    page = """<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312"></head>
    <a href='./%BC%A8%D0%A7.pdf'>绩效自评表</a> <A HREF="/b/绩效.PDF?id=1&amp;x=2#page=3">镕</A>
    <a href="all.zip">全部</a> <a href="javascript:open('x.pdf')">x</a> <a href="mailto:a@b.pdf">x</a>
    <a href="all.zip">又</a> <a href="http://[bad/x.pdf">x</a> <a>x</a> <a href="">x</a> <a href="a.docx">x</a>
    <iframe src="frame.pdf"></iframe>"""
    site.put("/list/index.html", page.encode("gbk"))
    crawled, problems = look(site, "/list/index.html")
    assert files(site, crawled) == ["/list/绩效.pdf", "/b/绩效.PDF?id=1&x=2", "/list/all.zip", "/list/frame.pdf"]
    assert (crawled.is_whole, problems) == (True, [])


def test_crawl_header_charset_beats_meta(site: Site) -> None:
    page = '<meta charset="gbk"><a href="/年.pdf">x</a>'.encode()
    site.put("/index.html", page, headers={"Content-Type": "text/html; charset=UTF-8"})
    assert files(site, look(site, "/index.html")[0]) == ["/年.pdf"]


def test_crawl_base_and_redirect_make_links_whole(site: Site) -> None:
    site.put("/old.html", Answer(b"", 302, {"Location": "/new/index.html"}))
    site.put("/new/index.html", b'<a href="a.pdf">')
    site.put("/based.html", b'<base href="/elsewhere/"><a href="b.pdf">')
    assert files(site, look(site, "/old.html", "/based.html")[0]) == ["/new/a.pdf", "/elsewhere/b.pdf"]


def test_crawl_other_hosts_are_passed_over_unless_named(site: Site) -> None:
    page = f'<a href="{site.url("/a.pdf", "localhost")}"><a href="https://example.org/b.pdf">'
    site.put("/index.html", page.encode())
    crawled, problems = look(site, "/index.html")
    assert (crawled.files, crawled.is_whole, problems) == ((), False, [("/index.html", "no_links")])
    crawled, _ = look(site, "/index.html", hosts=["localhost"])
    assert [str(url) for url in crawled.files] == [site.url("/a.pdf", "localhost")]


def test_crawl_depth_follows_pages_once_and_not_in_circles(site: Site) -> None:
    site.put("/1.html", b'<a href="1.html"><a href="2.html"><a href="download?id=7"><a href="a.pdf">')
    site.put("/2.html", b'<a href="1.html"><a href="3.html"><a href="b.pdf">')
    site.put("/3.html", b'<a href="c.pdf">')
    assert files(site, look(site, "/1.html")[0]) == ["/a.pdf"]
    assert site.paths() == ["/1.html"]
    assert files(site, look(site, "/1.html", depth=2)[0]) == ["/a.pdf", "/b.pdf"]
    assert files(site, look(site, "/1.html", depth=9)[0]) == ["/a.pdf", "/b.pdf", "/c.pdf"]
    assert site.paths()[3:] == ["/1.html", "/2.html", "/3.html"]


def test_crawl_pattern_takes_links_without_suffix(site: Site) -> None:
    site.put("/1.html", b'<a href="download?id=7"><a href="a.pdf">')
    assert files(site, look(site, "/1.html", links=r"download\?id=\d+")[0]) == ["/download?id=7"]


def test_crawl_page_that_fails_is_reported_and_the_rest_goes_on(site: Site) -> None:
    site.put("/2.html", b'<a href="a.pdf"><a href="gone.html">')
    crawled, problems = look(site, "/1.html", "/2.html", depth=2)
    assert files(site, crawled) == ["/a.pdf"]
    assert not crawled.is_whole
    assert problems == [("/1.html", "not_found"), ("/gone.html", "not_found")]
    assert look(site, "/2.html", depth=2)[0].is_whole


def test_crawl_deeper_page_that_fails_leaves_open_what_else_there_is(site: Site) -> None:
    site.put("/1.html", b'<a href="a.pdf"><a href="2.html">')
    site.put("/2.html", Answer(b"", 501))
    crawled, problems = look(site, "/1.html", depth=2)
    assert (files(site, crawled), crawled.is_whole) == (["/a.pdf"], False)
    assert problems == [("/2.html", "server_error")]


def test_crawl_leaves_half_of_the_time_for_the_files(site: Site) -> None:
    site.put("/1.html", b'<a href="a.pdf"><a href="2.html">')
    site.put("/2.html", b'<a href="b.pdf">')
    crawled, problems = look(site, "/1.html", depth=2, host_minutes=1e-9)
    assert (files(site, crawled), crawled.is_whole) == (["/a.pdf"], False)
    assert problems == [("/2.html", "postponed")]


def test_crawl_page_that_is_a_pdf_is_a_file(site: Site) -> None:
    site.put("/show", PDF, headers={"Content-Type": "application/pdf"})
    site.put("/show2", PDF, headers={"Content-Type": "text/html"})
    assert files(site, look(site, "/show", "/show2")[0]) == ["/show", "/show2"]


def test_crawl_more_pages_than_allowed_is_reported(site: Site) -> None:
    for n in range(5):
        site.put(f"/{n}.html", f'<a href="{n + 1}.html"><a href="{n}.pdf">'.encode())
    crawled, problems = look(site, "/0.html", depth=9, max_pages=3)
    assert (len(crawled.files), crawled.is_whole, problems[0][1]) == (3, False, "too_many_pages")
