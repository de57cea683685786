from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.collecting import web
from flows.collecting.content_type import Downloaded, Validators
from flows.collecting.download import download, probe
from flows.collecting.problems import Unavailable
from flows.collecting.scope import Address, resolve
from flows.collecting.web import Web
from flows.config.sources import UrlsSource
from tests.support.pdfs import LARGE_PDF, PDF
from tests.support.site import Answer, Site

ETAG = {"ETag": '"v1"', "Last-Modified": "Mon, 02 Mar 2026 10:00:00 GMT"}


class Fetcher:
    """Downloads with short pauses, and remembers how long it would have slept between attempts."""

    def __init__(self, folder: Path, names: dict[str, str] | None = None) -> None:
        self.path = folder / "download"
        self.path.touch()
        self.slept: list[float] = []
        self.resolved: list[str] = []
        self._names = names or {}

    async def _resolve(self, host: str, port: int) -> Sequence[Address]:
        self.resolved.append(host)
        if host in self._names:
            return [ipaddress.ip_address(self._names[host])]
        return await resolve(host, port)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def __call__(self, url: str, known: Validators | None = None, **given: Any) -> Downloaded | None:
        keys = {"requests_per_second": 100, "stall_seconds": 20, "retries": 2, "robots": False, **given}
        source = UrlsSource(name="s", urls=[url], **keys)

        async def run() -> Downloaded | None:
            async with Web(self._resolve, self._sleep) as client:
                return await download(client, source, httpx.URL(url), self.path, known or Validators())

        return asyncio.run(run())

    def problem(self, url: str, **given: Any) -> Unavailable:
        with pytest.raises(Unavailable) as raised:
            self(url, **given)
        return raised.value


@pytest.fixture
def fetch(tmp_path: Path) -> Fetcher:
    return Fetcher(tmp_path)


def test_download_file_comes_whole_with_its_name_and_validators(site: Site, fetch: Fetcher) -> None:
    url = site.put("/%BC%A8%D0%A7.pdf", Answer(PDF, headers=ETAG))
    got = fetch(url)
    assert got == Downloaded("pdf", "绩效.pdf", len(PDF), Validators(ETAG["ETag"], ETAG["Last-Modified"]))
    assert fetch.path.read_bytes() == PDF


@pytest.mark.parametrize("stated", [ETAG, {"Last-Modified": ETAG["Last-Modified"]}])
def test_download_known_version_is_asked_for_in_one_request_and_not_sent(
    site: Site, fetch: Fetcher, stated: dict[str, str]
) -> None:
    url = site.put("/a.pdf", Answer(PDF, headers=stated))
    known = Validators(stated.get("ETag"), stated.get("Last-Modified"))
    assert fetch(url, known) is None
    assert len(site.asked) == 1


def test_download_changed_version_comes_whole(site: Site, fetch: Fetcher) -> None:
    url = site.put("/a.pdf", Answer(PDF, headers={"ETag": '"v2"'}))
    got = fetch(url, Validators('"v1"'))
    assert got is not None
    assert got.validators.etag == '"v2"'


def test_download_server_that_fails_first_is_asked_again(site: Site, fetch: Fetcher) -> None:
    url = site.put("/a.pdf", Answer(b"", 500), Answer(b"", 503, {"Retry-After": "7"}), Answer(PDF))
    assert fetch(url) is not None
    first, second = fetch.slept
    assert 1 <= first <= 2
    assert second == 7


def test_download_server_that_asks_to_come_back_much_later_is_left_alone(site: Site, fetch: Fetcher) -> None:
    problem = fetch.problem(site.put("/a.pdf", Answer(b"", 429, {"Retry-After": "7200"})))
    assert (problem.code, fetch.slept) == ("server_busy", [])
    assert "7200 s" in problem.message


@pytest.mark.parametrize(
    ("status", "code", "requests"),
    [
        (404, "not_found", 1),
        (410, "not_found", 1),
        (403, "forbidden", 1),
        (401, "forbidden", 1),
        (418, "refused", 1),
        (500, "server_error", 3),
        (503, "server_busy", 3),
        (501, "server_error", 1),
    ],
)
def test_download_answer_that_is_not_a_success_is_reported(
    site: Site, fetch: Fetcher, status: int, code: str, requests: int
) -> None:
    problem = fetch.problem(site.put("/a.pdf", Answer(b"no", status)))
    assert (problem.code, len(site.asked)) == (code, requests)
    assert str(status) in problem.message


def test_download_cut_is_taken_up_where_it_broke(site: Site, fetch: Fetcher) -> None:
    url = site.put("/a.pdf", Answer(LARGE_PDF, headers=ETAG, cut_after=150_000), Answer(LARGE_PDF, headers=ETAG))
    got = fetch(url)
    assert got is not None
    assert fetch.path.read_bytes() == LARGE_PDF
    asked = site.asked[1].headers
    assert (asked["If-Range"], asked["Range"]) == ('"v1"', "bytes=150000-")


@pytest.mark.parametrize("stated", [ETAG, {}])
def test_download_cut_and_changed_meanwhile_begins_anew(site: Site, fetch: Fetcher, stated: dict[str, str]) -> None:
    new = LARGE_PDF.replace(b"x", b"y")
    cut = Answer(LARGE_PDF, headers=stated, cut_after=150_000)
    url = site.put("/a.pdf", cut, Answer(new, headers={"ETag": '"v2"'} if stated else {}))
    assert fetch(url) is not None
    assert fetch.path.read_bytes() == new


def test_download_server_without_ranges_begins_anew(site: Site, fetch: Fetcher) -> None:
    cut = Answer(LARGE_PDF, headers=ETAG, cut_after=150_000)
    refused = Answer(b"", 416)
    url = site.put("/a.pdf", cut, refused, Answer(LARGE_PDF, headers=ETAG, ranges=False))
    assert fetch(url) is not None
    assert fetch.path.read_bytes() == LARGE_PDF


@pytest.mark.parametrize(
    "said", ["bytes 7-11/12", f"bytes 150000-150004/{'9' * 5000}", f"bytes {'1' * 5000}-2/3", "bytes ٧-٨/٩", ""]
)
def test_download_wrong_part_is_not_put_together(said: str, site: Site, fetch: Fetcher) -> None:
    cut = Answer(LARGE_PDF, headers=ETAG, cut_after=150_000)
    wrong = Answer(b"%%EOF", 206, {**ETAG, "Content-Range": said.encode().decode("latin-1")})
    url = site.put("/a.pdf", cut, wrong, Answer(LARGE_PDF, headers=ETAG))
    assert fetch(url) is not None
    assert fetch.path.read_bytes() == LARGE_PDF


def test_download_part_of_another_version_is_not_put_together(site: Site, fetch: Fetcher) -> None:
    cut = Answer(LARGE_PDF, headers=ETAG, cut_after=150_000)
    rest, total = LARGE_PDF[150_000:].replace(b"x", b"y"), len(LARGE_PDF)
    other = Answer(rest, 206, {"ETag": '"v2"', "Content-Range": f"bytes 150000-{total - 1}/{total}"})
    url = site.put("/a.pdf", cut, other, Answer(LARGE_PDF, headers=ETAG))
    assert fetch(url) is not None
    assert fetch.path.read_bytes() == LARGE_PDF


def test_download_cut_every_time_is_reported(site: Site, fetch: Fetcher) -> None:
    assert fetch.problem(site.put("/a.pdf", Answer(LARGE_PDF, cut_after=5000))).code == "cut"
    assert len(site.asked) == 3


def test_download_wrong_content_length_is_a_cut(site: Site, fetch: Fetcher) -> None:
    answer = Answer(PDF, headers={"X-Length": str(len(PDF) + 10)}, cut_after=len(PDF))
    assert fetch.problem(site.put("/a.pdf", answer), retries=0).code == "cut"


def test_download_end_that_nothing_tells_from_a_cut_is_known_by_the_end_mark(site: Site, fetch: Fetcher) -> None:
    url = site.put("/a.pdf", Answer(LARGE_PDF, counted=False, cut_after=5000), Answer(LARGE_PDF, counted=False))
    assert fetch(url) is not None
    assert fetch.path.read_bytes() == LARGE_PDF


@pytest.mark.parametrize("content", [LARGE_PDF[:5000], b"%PDF-1.7\n%%EOF\n" + PDF[:-150]])
def test_download_cut_that_its_length_belies_is_not_taken(content: bytes, site: Site, fetch: Fetcher) -> None:
    url = site.put("/a.pdf", Answer(content, headers=ETAG), Answer(LARGE_PDF, headers=ETAG))
    assert fetch(url) is not None
    assert fetch.path.read_bytes() == LARGE_PDF
    assert fetch.problem(site.put("/b.pdf", Answer(content, headers=ETAG))).code == "cut"


@pytest.mark.parametrize("content", [PDF[:-6], PDF + b"<!-- from a cache -->" * 500])
def test_download_without_a_clean_end_is_taken(content: bytes, site: Site, fetch: Fetcher) -> None:
    assert fetch(site.put("/a.pdf", content)) is not None


def test_download_stall_is_reported(site: Site, fetch: Fetcher) -> None:
    problem = fetch.problem(site.put("/a.pdf", Answer(LARGE_PDF, stall_after=5000)), retries=1, stall_seconds=0.5)
    site.await_asked(2)
    assert problem.code == "timed_out"
    assert "0.5 s" in problem.message


def test_download_drip_ends_with_the_total_time(site: Site, fetch: Fetcher) -> None:
    problem = fetch.problem(site.put("/a.pdf", Answer(LARGE_PDF, drip=0.05)), max_minutes=1.5 / 60)
    assert problem.code == "timed_out"
    assert len(site.asked) <= 1  # a busy machine may take all the time to connect
    assert "max_minutes" in problem.message


@pytest.mark.parametrize("counted", [True, False])
def test_download_huge_file_is_refused(site: Site, fetch: Fetcher, counted: bool) -> None:
    url = site.put("/a.pdf", Answer(PDF + b" " * 1_200_000, counted=counted))
    problem = fetch.problem(url, max_mb=1)
    assert problem.code == "too_large"
    assert "max_mb" in problem.message


def test_download_html_in_place_of_a_pdf_is_reported_with_its_title(site: Site, fetch: Fetcher) -> None:
    page = "<html><head><title>页面不存在</title></head></html>".encode("gbk") + b" " * 2000
    problem = fetch.problem(site.put("/a.pdf", Answer(page, headers={"Content-Type": "application/pdf"})))
    assert (problem.code, len(site.asked)) == ("not_a_pdf", 1)
    assert "HTML page (页面不存在)" in problem.message


def test_download_empty_answer_is_reported(site: Site, fetch: Fetcher) -> None:
    assert "empty file" in fetch.problem(site.put("/a.pdf", b"")).message


def test_download_nobody_listens_is_reported(fetch: Fetcher) -> None:
    problem = fetch.problem("http://127.0.0.1:9/a.pdf")
    assert (problem.code, len(fetch.slept)) == ("unreachable", 2)


def test_download_unknown_name_is_reported(fetch: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(*_: object) -> Sequence[Address]:
        raise OSError(-2, "Name or service not known")

    monkeypatch.setattr(fetch, "_resolve", unknown)
    problem = fetch.problem("http://no.such.example/a.pdf", retries=0)
    assert problem.code == "unreachable"
    assert "no.such.example is not known" in problem.message


# ---- redirects and addresses


def test_download_redirects_within_the_named_host_are_followed(site: Site, fetch: Fetcher) -> None:
    url = site.put("/a.pdf", Answer(b"", 302, {"Location": "b/../c.pdf"}))
    site.put("/c.pdf", PDF)
    assert fetch(url) is not None
    assert site.paths() == ["/a.pdf", "/c.pdf"]


@pytest.mark.parametrize(
    "target", ["http://localhost:{port}/b.pdf", "http://127.0.0.1:9/b.pdf", "http://10.1.2.3/b.pdf"]
)
def test_download_redirect_to_what_is_not_named_is_refused(site: Site, fetch: Fetcher, target: str) -> None:
    url = site.put("/a.pdf", Answer(b"", 302, {"Location": target.format(port=site.port)}))
    site.put("/b.pdf", PDF)
    problem = fetch.problem(url)
    assert (problem.code, site.paths()) == ("host_not_named", ["/a.pdf"])


def test_download_redirect_to_a_host_that_is_named_is_followed(site: Site, fetch: Fetcher) -> None:
    url = site.put("/a.pdf", Answer(b"", 301, {"Location": site.url("/b.pdf", "localhost")}))
    site.put("/b.pdf", PDF)
    assert fetch(url, hosts=["localhost"]) is not None


def test_download_redirects_in_a_circle_are_reported(site: Site, fetch: Fetcher) -> None:
    url = site.put("/a.pdf", Answer(b"", 302, {"Location": "/a.pdf"}))
    assert fetch.problem(url, max_redirects=3).code == "too_many_redirects"
    assert len(site.asked) == 4


def test_download_redirect_to_a_file_or_a_script_is_refused(site: Site, fetch: Fetcher) -> None:
    url = site.put("/a.pdf", Answer(b"", 302, {"Location": "file:///etc/passwd"}))
    assert fetch.problem(url).code == "host_not_named"


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.8", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00::1"])
def test_download_name_that_leads_to_a_private_address_is_refused_without_a_request(
    site: Site, tmp_path: Path, address: str
) -> None:
    site.put("/a.pdf", PDF)
    fetch = Fetcher(tmp_path, {"reports.example": address})
    problem = fetch.problem(site.url("/a.pdf", "reports.example"))
    assert (problem.code, site.asked) == ("private_address", [])
    assert "private_network = true" in problem.message


def test_download_own_private_network_is_asked_at_the_address_that_was_looked_at(site: Site, tmp_path: Path) -> None:
    site.put("/a.pdf", PDF)
    fetch = Fetcher(tmp_path, {"reports.example": "127.0.0.1"})
    assert fetch(site.url("/a.pdf", "reports.example"), private_network=True) is not None
    assert fetch.resolved == ["reports.example"]
    assert site.asked[0].headers["Host"] == f"reports.example:{site.port}"


def test_download_link_local_address_is_refused_in_a_private_network_too(tmp_path: Path) -> None:
    fetch = Fetcher(tmp_path, {"reports.example": "169.254.169.254"})
    assert fetch.problem("http://reports.example/a.pdf", private_network=True).code == "private_address"


# ---- credentials and politeness


def test_download_credentials_go_to_the_named_address_only(
    site: Site, fetch: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORTS_TOKEN", "secret")
    url = site.put("/a.pdf", Answer(b"", 302, {"Location": site.url("/b.pdf", "localhost")}))
    site.put("/b.pdf", PDF)
    assert fetch(url, hosts=["localhost"], token_env="REPORTS_TOKEN") is not None
    assert [asked.headers.get("Authorization") for asked in site.asked] == ["Bearer secret", None]


def test_download_user_and_password_come_from_the_environment(
    site: Site, fetch: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("U", "zhang")
    monkeypatch.setenv("P", "123")
    assert fetch(site.put("/a.pdf", PDF), user_env="U", password_env="P") is not None
    assert site.asked[0].headers["Authorization"] == "Basic emhhbmc6MTIz"


def test_download_missing_credentials_ask_nobody(site: Site, fetch: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REPORTS_TOKEN", raising=False)
    problem = fetch.problem(site.put("/a.pdf", PDF), token_env="REPORTS_TOKEN")
    assert (problem.code, site.asked) == ("credentials_missing", [])
    assert "REPORTS_TOKEN" in problem.message


def test_download_says_its_name_and_keeps_its_distance(
    site: Site, fetch: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = site.put("/a.pdf", Answer(b"", 302, {"Location": "/b.pdf"}))
    site.put("/b.pdf", PDF)
    distances: list[float] = []

    async def wait(_: web._Host, seconds: float) -> None:
        distances.append(seconds)

    monkeypatch.setattr(web._Host, "wait", wait)
    fetch(url, requests_per_second=5, user_agent="jixiao (me@example.org)")
    assert {asked.headers["User-Agent"] for asked in site.asked} == {"jixiao (me@example.org)"}
    assert distances == [0.2, 0.2]


def test_places_of_a_host_are_apart_by_the_distance() -> None:
    host = web._Host()
    assert [host.place(5, now) for now in (100, 101, 103, 130)] == [0, 4, 7, 0]


def test_download_what_robots_forbid_is_not_asked_for(site: Site, fetch: Fetcher) -> None:
    site.put("/robots.txt", b"User-agent: *\nDisallow: /in/*.pdf$\n")
    problem = fetch.problem(site.put("/in/a.pdf", PDF), robots=True)
    assert (problem.code, site.paths()) == ("robots", [])
    assert fetch(site.put("/in/a.zip", PDF), robots=True) is not None
    assert fetch(site.url("/in/a.pdf"), robots=False) is not None


def test_download_robots_that_cannot_be_had_forbid_all_for_now(site: Site, fetch: Fetcher) -> None:
    site.put("/robots.txt", b"", status=500)
    problem = fetch.problem(site.put("/a.pdf", PDF), robots=True, retries=0)
    assert (problem.code, site.paths()) == ("robots_unreadable", [])


def test_download_redirect_into_what_robots_forbid_is_refused(site: Site, fetch: Fetcher) -> None:
    site.put("/robots.txt", b"User-agent: jixiao\nDisallow: /private/\n")
    url = site.put("/a.pdf", Answer(b"", 302, {"Location": "/private/a.pdf"}))
    assert fetch.problem(url, robots=True).code == "robots"
    assert site.paths() == ["/a.pdf"]


def test_probe_asks_for_the_first_bytes_only(site: Site) -> None:
    source = UrlsSource(name="s", urls=[site.put("/a.pdf", LARGE_PDF)], requests_per_second=100)

    async def run() -> str:
        async with Web() as client:
            return await probe(client, source, httpx.URL(source.urls[0]))

    assert asyncio.run(run()) == "pdf"
    assert site.asked[-1].headers["Range"] == "bytes=0-1023"
