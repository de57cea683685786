"""Answers of servers that are no good: each costs itself, with a reason, and the files beside it are taken."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from flows.collecting.collector import Collector
from flows.collecting.encodings import text_encoding
from flows.collecting.file_names import file_name
from flows.collecting.html import decode, links
from flows.config.sources import IndexSource, Source, UrlsSource
from flows.progress import Progress
from flows.stopping import Cause, Interrupted, Stop
from tests.support.pdfs import OTHER_PDF, PDF
from tests.support.site import Answer, Site, serving
from warehouse.warehouse import Warehouse

# what would take an hour meets the limit of every test; how long the rest takes is the machine's business

PAGE = httpx.URL("http://127.0.0.1/list/")
LINK = b'<a href="/report.pdf">x</a>'


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        site.put("/robots.txt", Answer(b"", 404))
        yield site


Take = Callable[..., tuple[dict[str, str], dict[str, int]]]


@pytest.fixture
def take(tmp_path: Path) -> Take:
    """Take sources in; return the names by address, and how many problems there are of each code."""
    house = Warehouse(str(tmp_path / "data"))

    def run(*sources: Source, stop: Stop | None = None) -> tuple[dict[str, str], dict[str, int]]:
        with Collector(house, datetime.now(UTC), stop) as collector:
            collector.take(collector.list_sources(sources, Progress()), Progress())
            codes = [problem.code for problem in collector.book.problems]
        sightings = house.ledger.tables["sightings"].scan().collect()
        names = dict(sightings.select("source_uri", "file_name").iter_rows())
        return names, {code: codes.count(code) for code in codes}

    return run


def urls(*addresses: str) -> UrlsSource:
    return UrlsSource(urls=list(addresses), requests_per_second=100, retries=0, robots=False)


def index(address: str) -> IndexSource:
    return IndexSource(pages=[address], links=r"\.pdf$", requests_per_second=100, retries=0, robots=False)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("attachment; filename*=undefined''a.pdf", "a.pdf"),
        ("attachment; filename*=idna''a.pdf", "a.pdf"),
        ("attachment; filename*=zlib''a.pdf", "a.pdf"),
        ("attachment; filename*=punycode''%41.pdf", "A.pdf"),
        ("attachment; filename*=unicode_escape''%5Cud800.pdf", "ud800.pdf"),
        ("attachment; filename*=utf-16-le''%00%D8.%00", "."),
        ("attachment; filename*=utf-8''%E7%BB%A9.pdf", "绩.pdf"),
        ("attachment; filename*=gbk''%BC%A8.pdf", "绩.pdf"),
        ("attachment; filename*0*=utf-8''%E7%BB; filename*1*=%A9.pdf", "绩.pdf"),
        ("attachment; filename*=''", "绩效.pdf"),
        ("attachment; filename*='a", "'a"),
        ('attachment; filename="' + 'x";"' * 5000, "x"),
        ("attachment; filename*\x00=utf-8''a", "绩效.pdf"),
    ],
)
def test_file_name_is_read_as_far_as_it_can_be(header: str, name: str) -> None:
    response = httpx.Response(200, headers=[(b"Content-Disposition", header.encode("latin-1"))])
    found = file_name(response, httpx.URL("http://x/%BC%A8%D0%A7.pdf"))
    assert found.encode() is not None
    assert name in (found, found.replace("\ufffd", ""), found[:1])


@pytest.mark.parametrize(
    "charset", ["zlib", "rot13", "undefined", "idna", "hex", "unicode_escape", "\0", "", "x" * 999]
)
def test_charset_that_is_not_one_for_texts_counts_as_none(charset: str) -> None:
    assert text_encoding(charset) is None
    page = f'<meta charset="{charset}"><a href="绩.pdf">'.encode("gbk")
    assert "绩" in decode(page, charset)


@pytest.mark.parametrize(
    "page",
    [
        LINK + b"<a " * 100_000,
        b"<div>" * 100_000 + LINK,
        b"".join(b"<b a%d><p>" % i for i in range(30_000)) + LINK,
        b"<a><b><i>" * 50_000 + LINK,
        b"<" * 300_000 + LINK,
        b"<table>" * 50_000 + LINK,
        LINK + b'<a href="' * 50_000,
        b"&amp" * 100_000 + LINK,
        LINK + b"<!--" * 100_000,
        LINK + b"<a " + b"".join(b"a%d " % i for i in range(100_000)),
        b"\xff\x00" + LINK,
        b"\x00\x00" + LINK + b"\x00",
    ],
    ids=[
        "open",
        "deep",
        "attributes",
        "formatting",
        "lt",
        "tables",
        "quotes",
        "entities",
        "comments",
        "many",
        "odd",
        "0",
    ],
)
def test_links_of_a_page_that_nobody_would_write_are_found(page: bytes) -> None:
    found = links(decode(page, "utf-8"), PAGE).urls
    assert httpx.URL("http://127.0.0.1/report.pdf") in found


@pytest.mark.parametrize(
    "link",
    [
        "http://xn--/x.pdf",
        "http://[::1",
        "http://a:b/x.pdf",
        "http://" + "a" * 300 + "/x.pdf",
        "http://\ud800/",
        "//",
        "?" * 9000,
    ],
)
def test_link_that_is_not_an_address_is_passed_over(link: str) -> None:
    found = links(f'<a href="{link}">x</a><a href="a.pdf">y</a>', PAGE).urls
    assert httpx.URL("http://127.0.0.1/list/a.pdf") in found


def test_page_with_too_many_links_is_read_up_to_the_bound(
    site: Site, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.collecting.html._MOST_LINKS", 2)
    files = [site.put(f"/{number}.pdf", PDF + b"\n" * number) for number in range(4)]
    page = site.put("/list.html", b"".join(b'<a href="/%d.pdf">' % number for number in range(4)))
    names, codes = take(index(page))
    assert (list(names), codes) == (files[:2], {"page_partly_read": 1})


def test_page_that_takes_too_long_is_read_up_to_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.collecting.html._LONGEST_SECONDS", 0.0)
    found = links(LINK.decode() + " " * 100_000 + '<a href="/late.pdf">', PAGE)
    assert found.left_off is not None
    assert httpx.URL("http://127.0.0.1/late.pdf") not in found.urls


@pytest.mark.parametrize(
    "end", ["", ">", '">', "x", "</a>", '<a href="/a', '<a href="/a.pdf"', "<a href=/a.pdf ", "<!--"]
)
def test_page_that_is_too_large_is_read_up_to_its_last_whole_link(
    site: Site, take: Take, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    first = LINK + end.encode()
    monkeypatch.setattr("flows.collecting.crawl.MOST_PAGE_BYTES", 1_000_000)
    monkeypatch.setattr("flows.collecting.download.MOST_PAGE_BYTES", len(first))
    report = site.put("/report.pdf", PDF)
    page = site.put("/list.html", first + b'x.pdf"><a href="/other.pdf">')
    assert take(index(page)) == ({report: "report.pdf"}, {"page_partly_read": 1})


def test_good_files_are_taken_beside_bad_answers_every_night(site: Site, take: Take) -> None:
    good = site.put("/good.pdf", PDF)
    chinese = site.put("/etag.pdf", OTHER_PDF, headers={"ETag": '"绩效"'.encode().decode("latin-1")})
    named = site.put(
        "/named.pdf", PDF + b"\n\n", headers={"Content-Disposition": "attachment; filename*=undefined''a.pdf"}
    )
    bad_redirect = site.put("/moved.pdf", Answer(b"", 302, {"Location": "http://xn--/a.pdf"}))
    packed = site.put("/packed.pdf", gzip.compress(PDF), headers={"Content-Encoding": "gzip, gzip"})
    for _ in range(2):
        names, codes = take(urls(good, chinese, named, bad_redirect, packed))
        assert names == {good: "good.pdf", chinese: "etag.pdf", named: "a.pdf"}
        assert codes == {"refused": 2}
    assert all("If-None-Match" not in asked.headers for asked in site.asked if asked.path == "/etag.pdf")


@pytest.mark.parametrize("charset", ["zlib", "undefined", "idna"])
def test_index_page_whose_charset_is_not_one_is_read(site: Site, take: Take, charset: str) -> None:
    report = site.put("/report.pdf", PDF)
    page = site.put(
        "/list.html", LINK + b'<a href="http://xn--/x.pdf">', headers={"Content-Type": f"text/html; charset={charset}"}
    )
    assert take(index(page)) == ({report: "report.pdf"}, {})


def test_gzipped_page_that_unpacks_without_end_is_read_in_part(site: Site, take: Take) -> None:
    page = site.put("/list.html", gzip.compress(b" " * 60_000_000), headers={"Content-Encoding": "gzip"})
    assert take(index(page))[1] == {"page_partly_read": 1}


def test_gzipped_file_is_unpacked(site: Site, take: Take) -> None:
    good = site.put("/good.pdf", gzip.compress(PDF), headers={"Content-Encoding": "gzip"})
    assert take(urls(good)) == ({good: "good.pdf"}, {})


@pytest.mark.parametrize("rest", [b"", b"junk", b"\0" * 9000])
def test_gzipped_file_in_several_members_is_whole(site: Site, take: Take, tmp_path: Path, rest: bytes) -> None:
    packed = gzip.compress(PDF[:100]) + gzip.compress(b"") + gzip.compress(PDF[100:]) + rest
    good = site.put("/good.pdf", packed, headers={"Content-Encoding": "gzip"})
    assert take(urls(good)) == ({good: "good.pdf"}, {})
    (kept,) = (path for path in (tmp_path / "data" / "raw").rglob("*.pdf") if path.is_file())
    assert kept.read_bytes() == PDF


def test_gzipped_file_whose_last_member_is_cut_is_not_taken(site: Site, take: Take) -> None:
    packed = gzip.compress(PDF[:100]) + gzip.compress(PDF[100:])[:-9]
    bad = site.put("/bad.pdf", packed, headers={"Content-Encoding": "gzip"})
    assert take(urls(bad)) == ({}, {"cut": 1})


@pytest.mark.parametrize(
    "location",
    [
        "data:application/pdf,%25PDF-",
        "javascript:1",
        "mailto:x",
        "about:blank",
        "urn:x",
        "file:///etc/passwd",
        "",
    ],
)
def test_redirect_to_what_is_not_of_the_web_has_a_reason(site: Site, take: Take, location: str) -> None:
    moved = site.put("/moved.pdf", Answer(b"", 302, {"Location": location}))
    names, codes = take(urls(moved, site.put("/good.pdf", PDF)))
    assert list(names.values()) == ["good.pdf"]
    assert set(codes) <= {"refused", "host_not_named", "not_found"}
    assert sum(codes.values()) == 1


def test_stop_is_obeyed_while_a_page_is_looked_through(site: Site, take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = Stop()
    page = site.put("/list.html", b"<a href=x>" * 1_000_000)
    looked_at = 0

    def ask(*_: object) -> None:
        nonlocal looked_at
        stop.ask(Cause("enough", 143))
        looked_at += 1

    monkeypatch.setattr("flows.collecting.html._Links.start", ask)
    with pytest.raises(Interrupted):
        take(index(page), stop=stop)
    assert 0 < looked_at < 1_000_000


def test_error_that_nobody_foresaw_costs_one_address(site: Site, take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    good, bad = site.put("/good.pdf", PDF), site.put("/bad.pdf", OTHER_PDF)

    def broken(_: httpx.Response, url: httpx.URL) -> str:
        if url.path == "/bad.pdf":
            raise LookupError("a name that the program lost")
        return "good.pdf"

    monkeypatch.setattr("flows.collecting.download.file_name", broken)
    assert take(urls(bad, good)) == ({good: "good.pdf"}, {"not_handled": 1})
