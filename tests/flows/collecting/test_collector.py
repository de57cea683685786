from __future__ import annotations

import os
import threading
import time
import zipfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from flows.collecting.collector import Collector
from flows.config.sources import FilesSource, IndexSource, Source, UrlsSource
from flows.progress import Progress
from flows.stopping import Interrupted, Stop
from tests.support.collecting import Folder
from tests.support.ingesting import NOW
from tests.support.pdfs import LARGE_PDF, OTHER_PDF, PDF, renamed, zipped
from tests.support.site import Answer, Site

ETAG = {"ETag": '"v1"'}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "data")


def urls(*addresses: str, name: str = "list", **given: Any) -> UrlsSource:
    keys = {"requests_per_second": 100, "stall_seconds": 20, "retries": 1, "robots": False, **given}
    return UrlsSource(name=name, urls=list(addresses), **keys)


def old(path: Path, content: bytes) -> Path:
    """Write a file that has not changed for an hour."""
    path.write_bytes(content)
    os.utime(path, (time.time() - 3600,) * 2)
    return path


def test_collect_unchanged_address_costs_one_request_and_no_ledger_row(site: Site, folder: Folder) -> None:
    source = urls(site.put("/a.pdf", Answer(PDF, headers=ETAG)))
    assert folder.collect(source) == [(1, 1, 0, 0)]
    assert folder.collect(source) == [(1, 0, 1, 0)]
    assert len(site.asked) == 2
    assert site.asked[1].headers["If-None-Match"] == '"v1"'
    assert folder.sightings() == [(site.url("/a.pdf"), "a.pdf", "list")]
    assert folder.warehouse.ledger.tables["fetches"].scan().collect().height == 1


def test_collect_address_within_its_interval_costs_no_request(site: Site, folder: Folder) -> None:
    source = urls(site.put("/a.pdf", Answer(PDF, headers=ETAG)), min_interval_hours=36)
    assert [folder.collect(source) for _ in range(5)] == [[(1, 1, 0, 0)], *[[(1, 0, 1, 0)]] * 4]
    assert len(site.asked) == 3  # on the first, third and fifth day


def test_collect_changed_file_is_fetched_and_both_versions_are_kept(site: Site, folder: Folder) -> None:
    source = urls(site.put("/a.pdf", Answer(PDF, headers=ETAG), Answer(OTHER_PDF, headers={"ETag": '"v2"'})))
    first, second = (folder.tallies(source)[0].document_ids for _ in range(2))
    assert len(first | second) == 2
    assert folder.warehouse.archive.damaged([*first, *second]) == []
    assert folder.collect(source) == [(1, 0, 1, 0)]


def test_collect_failure_is_reported_and_the_rest_goes_on(site: Site, folder: Folder) -> None:
    html = site.put("/b.pdf", b"<html><title>404</title></html>")
    cut = site.put("/c.pdf", Answer(LARGE_PDF, cut_after=5000))
    good = site.put("/d.pdf", PDF)
    assert folder.collect(urls(site.url("/a.pdf"), html, cut, good)) == [(4, 1, 0, 3)]
    assert folder.problems == [(site.url("/a.pdf"), "not_found"), (html, "not_a_pdf"), (cut, "cut")]
    archived = [path for path in (folder.warehouse.root / "raw").rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in archived] == [PDF]


def test_collect_known_file_that_fails_now_stays_known(site: Site, folder: Folder) -> None:
    source = urls(
        site.put("/a.pdf", Answer(PDF, headers=ETAG), Answer(b"", 500), Answer(b"", 500), Answer(PDF, headers=ETAG))
    )
    assert [folder.collect(source) for _ in range(3)] == [[(1, 1, 0, 0)], [(1, 0, 0, 1)], [(1, 0, 1, 0)]]


def test_collect_same_address_in_two_sources_is_asked_for_once(site: Site, folder: Folder) -> None:
    url = site.put("/a.pdf", Answer(PDF, headers=ETAG))
    assert folder.collect(urls(url, name="a"), urls(url, name="b")) == [(1, 1, 0, 0), (1, 0, 1, 0)]
    assert len(site.asked) == 1
    assert folder.warehouse.ledger.documents_of_sources()["source_name"].to_list() == ["a", "b"]


def test_collect_archive_of_the_web_gives_its_members_and_is_known_by_itself(site: Site, folder: Folder) -> None:
    raw = "绩效.pdf".encode("gbk")
    content = renamed(zipped({"x" * len(raw): PDF, "2023/b.pdf": OTHER_PDF, "c.txt": b""}), "x" * len(raw), raw)
    source = urls(site.put("/all.zip", Answer(content, headers=ETAG)))
    assert folder.collect(source) == [(2, 2, 0, 0)]
    assert folder.collect(source) == [(2, 0, 2, 0)]
    assert len(site.asked) == 2
    assert [(uri.partition("#")[2], name) for uri, name, _ in folder.sightings()] == [
        ("%E7%BB%A9%E6%95%88.pdf", "绩效.pdf"),
        ("2023/b.pdf", "b.pdf"),
    ]


def test_collect_archive_whose_members_are_not_packed_is_not_a_pdf(site: Site, folder: Folder) -> None:
    content = zipped({"a.pdf": PDF, "b.pdf": OTHER_PDF}, zipfile.ZIP_STORED)
    assert folder.collect(urls(site.put("/download", content))) == [(2, 2, 0, 0)]


def test_collect_archive_with_a_lost_member_is_fetched_again_and_reported_again(site: Site, folder: Folder) -> None:
    content = zipped({"a.pdf": PDF, "in.zip": b"no archive"})
    source = urls(site.put("/all.zip", Answer(content, headers=ETAG)))
    for _ in range(2):
        assert folder.collect(source) == [(2, 1, 0, 1)]
        assert folder.problems == [(site.url("/all.zip#in.zip"), "archive_damaged")]


def test_collect_archives_of_a_folder_are_opened_once(tmp_path: Path, folder: Folder) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    old(inbox / "a.zip", zipped({"a.pdf": PDF, "b.pdf": OTHER_PDF}))
    old(inbox / "c.pdf", PDF)
    old(inbox / "empty.zip", zipped({"a.txt": b""}))
    source = FilesSource(name="inbox", paths=[str(inbox)])
    assert folder.collect(source) == [(4, 3, 0, 1)]
    assert folder.problems == [((inbox / "empty.zip").as_uri(), "no_pdf")]
    assert folder.collect(source) == [(4, 0, 3, 1)]
    old(inbox / "a.zip", zipped({"a.pdf": PDF}) + b" ")
    assert folder.collect(source) == [(3, 1, 1, 1)]
    assert folder.collect(FilesSource(paths=[str(inbox / "a.zip")])) == [(1, 0, 1, 0)]


def test_collect_file_of_two_sources_is_noted_for_both(tmp_path: Path, folder: Folder) -> None:
    path = str(old(tmp_path / "a.pdf", PDF))
    assert folder.collect(FilesSource(paths=[path])) == [(1, 1, 0, 0)]
    named = [FilesSource(name=name, paths=[path]) for name in ("a", "b")]
    assert folder.collect(*named) == [(1, 0, 1, 0)] * 2
    assert folder.collect(*named) == [(1, 0, 1, 0)] * 2
    assert [source for _, _, source in folder.sightings()] == [None, "a", "b"]


def test_collect_index_page_lists_and_fetches(site: Site, folder: Folder) -> None:
    site.put("/index.html", "<a href='甲.pdf'>甲</a><a href='gone.pdf'>".encode("gbk"))
    site.put("/%E7%94%B2.pdf", Answer(PDF, headers=ETAG))
    source = IndexSource(name="pages", pages=[site.url("/index.html")], requests_per_second=100)
    assert folder.collect(source) == [(2, 1, 0, 1)]
    assert folder.problems == [(site.url("/gone.pdf"), "not_found")]
    assert folder.sightings()[0][:2] == (site.url("/%E7%94%B2.pdf"), "甲.pdf")


def test_collect_hosts_are_asked_at_the_same_time_and_each_one_after_the_other(site: Site, folder: Folder) -> None:
    hosts = ("127.0.0.1", "localhost")
    wanted = [site.url(f"/{n}.pdf", host) for host in hosts for n in range(3)]
    for n in range(3):
        site.put(f"/{n}.pdf", Answer(PDF, drip=0.05, together=threading.Barrier(2)))  # else none is answered
    assert folder.collect(urls(*wanted, stall_seconds=200)) == [(6, 6, 0, 0)]
    by_host = {host: [a.at for a in site.asked if a.headers["Host"].startswith(host)] for host in hosts}
    pause = 0.05 * (len(PDF) // 100)
    for times in by_host.values():
        assert all(later - earlier >= pause for earlier, later in pairwise(times))


def test_collect_from_a_host_too_large_for_a_run_comes_with_the_next_runs(site: Site, folder: Folder) -> None:
    files = {"/a.pdf": PDF, "/b.pdf": OTHER_PDF, "/c.pdf": LARGE_PDF}
    source = urls(
        *(site.put(path, Answer(content, headers=ETAG)) for path, content in files.items()), host_minutes=1e-9
    )
    assert [folder.collect(source) for _ in range(3)] == [[(3, 1, 0, 2)], [(3, 1, 1, 1)], [(3, 1, 2, 0)]]


def test_collect_ended_meanwhile_keeps_what_was_fetched(site: Site, folder: Folder) -> None:
    first = site.put("/a.pdf", Answer(PDF, headers=ETAG))
    stalled = site.put("/b.pdf", Answer(LARGE_PDF, stall_after=1000))

    def end_when_one_is_fetched() -> None:
        site.stalled.wait()
        while not any((folder.warehouse.root / "raw").rglob("*.pdf")):
            time.sleep(0.02)
        folder.stop.ask()

    threading.Thread(target=end_when_one_is_fetched, daemon=True).start()
    with pytest.raises(Interrupted):
        folder.collect(urls(first, stalled, stall_seconds=30))
    folder.stop = Stop()
    site.put("/b.pdf", PDF)
    assert folder.collect(urls(first, stalled)) == [(2, 1, 1, 0)]


def test_collect_members_of_one_name_in_a_zip_file_are_documents_of_their_own(tmp_path: Path, folder: Folder) -> None:
    content = zipped({"a.pdf": PDF, "b.pdf": OTHER_PDF}).replace(b"b.pdf", b"a.pdf")
    (tmp_path / "same.zip").write_bytes(content)
    source = FilesSource(name="s", paths=[str(tmp_path / "same.zip")])
    assert folder.collect(source) == [(2, 2, 0, 0)]
    places = [place for place, *_ in folder.sightings()]
    assert [place.rpartition("#")[2] for place in places] == ["a.pdf", "a.pdf~2"]
    assert len(folder.tallies(source)[0].document_ids) == 2


@pytest.mark.parametrize(
    ("sources", "code"),
    [
        ([IndexSource(name="s", pages=["http://127.0.0.1:9/"], robots=False, retries=0)], "unreachable"),
        ([FilesSource(name="s", paths=["no/such/folder"])], "not_found"),
        ([UrlsSource(name="s", urls=["http://127.0.0.1:9/a.pdf"], robots=False, retries=0)], "unreachable"),
    ],
)
def test_collect_source_that_gives_nothing_is_reported(folder: Folder, sources: Sequence[Source], code: str) -> None:
    tally = folder.tallies(*sources)[0]
    assert tally.problem is not None
    assert tally.problem.startswith(code)
    assert tally.is_whole is isinstance(sources[0], UrlsSource)


def test_probe_takes_nothing(site: Site, folder: Folder) -> None:
    source = urls(site.put("/a.pdf", PDF), site.url("/b.pdf"))
    with Collector(folder.warehouse, NOW) as collector:
        collector.probe(collector.list_sources([source], Progress()), 3)
        assert [(p.source, p.code) for p in collector.book.problems] == [(site.url("/b.pdf"), "not_found")]
    assert folder.sightings() == []


def lose(folder: Folder) -> None:
    """Delete every file of the archive."""
    for path in (folder.warehouse.root / "raw").glob("*/*.pdf"):
        path.unlink()


def is_whole(folder: Folder) -> bool:
    ids = folder.warehouse.ledger.first_sightings().collect()["document_id"].to_list()
    return folder.warehouse.archive.damaged(ids) == []


def test_address_that_answers_304_is_fetched_whole_when_the_archive_has_lost_it(folder: Folder, site: Site) -> None:
    site.put("/a.pdf", Answer(PDF, headers=ETAG))
    source = urls(site.url("/a.pdf"))
    assert folder.collect(source) == [(1, 1, 0, 0)]
    assert folder.collect(source) == [(1, 0, 1, 0)]
    lose(folder)
    assert folder.collect(source) == [(1, 1, 0, 0)]
    assert is_whole(folder)
    assert folder.collect(source) == [(1, 0, 1, 0)]


def test_address_that_was_asked_a_short_time_ago_is_asked_when_the_archive_has_lost_it(
    folder: Folder, site: Site
) -> None:
    site.put("/a.pdf", Answer(PDF, headers=ETAG))
    source = urls(site.url("/a.pdf"), min_interval_hours=1000)
    folder.collect(source)
    lose(folder)
    assert folder.collect(source) == [(1, 1, 0, 0)]
    assert is_whole(folder)


def test_file_and_zip_that_have_not_changed_are_taken_again_when_the_archive_has_lost_them(
    folder: Folder, tmp_path: Path
) -> None:
    inputs = tmp_path / "in"
    inputs.mkdir()
    old(inputs / "a.pdf", PDF)
    old(inputs / "b.zip", zipped({"b.pdf": OTHER_PDF}))
    source = FilesSource(name="in", paths=[str(inputs)])
    folder.collect(source)
    assert folder.collect(source) == [(2, 0, 2, 0)]
    lose(folder)
    assert folder.collect(source) == [(2, 2, 0, 0)]
    assert is_whole(folder)
    assert folder.collect(source) == [(2, 0, 2, 0)]


def recorded(folder: Folder) -> str:
    """Return all that the ledger and the list of problems say."""
    tables = folder.warehouse.ledger.tables
    rows = [tables[name].scan().collect().rows() for name in ("sightings", "fetches", "source_runs")]
    return f"{rows} {folder.problems}"


def test_secrets_in_links_and_redirects_are_not_recorded(folder: Folder, site: Site) -> None:
    host = site.url().removeprefix("http://").rstrip("/")
    site.put(
        "/list", f'<a href="http://u:hush1@{host}/a.pdf?id=1&access_token=hush2">a</a><a href="/b.pdf">b</a>'.encode()
    )
    site.put("/a.pdf?id=1&access_token=hush2", Answer(PDF, headers=ETAG))
    site.put(
        "/b.pdf", Answer(status=302, headers={"Location": "http://u:hush3@elsewhere.test/b.pdf?X-Amz-Signature=hush4"})
    )
    source = IndexSource(name="list", pages=[site.url("/list")], requests_per_second=100, robots=False)
    assert folder.collect(source) == [(2, 1, 0, 1)]
    assert f"http://{host}/a.pdf?id=1&access_token=***" in recorded(folder)
    assert "hush" not in recorded(folder)
    assert folder.collect(source) == [(2, 0, 1, 1)], "it is the same address in the next run"


def test_secrets_in_names_are_not_recorded(folder: Folder, site: Site, tmp_path: Path) -> None:
    names = ["2023/get?token=hush1.pdf", "get?token=hush2.pdf", "http://u:hush3@x/a.pdf"]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number, name in enumerate(names):
            archive.writestr(name, PDF + b"%%%d" % number)
        archive.writestr("no?sign=hush4.pdf", b"not a PDF")
    site.put("/a.zip", (tmp_path / "a.zip").read_bytes(), headers=ETAG)
    site.put("/b", PDF, headers={**ETAG, "Content-Disposition": 'attachment; filename="b.pdf?token=hush5"'})
    site.put("/go?to=http%3A%2F%2Fu%3Ahush6%40x%2Fc.pdf%3Ftoken%3Dhush6", PDF, headers=ETAG)
    addresses = [site.url(path) for path in ("/a.zip", "/b")]
    site.put("/list", b'<a href="/go?to=http%3A%2F%2Fu%3Ahush6%40x%2Fc.pdf%3Ftoken%3Dhush6">c</a>')
    options: dict[str, Any] = {"requests_per_second": 100, "robots": False}
    page = IndexSource(name="page", pages=[site.url("/list")], links="go", **options)
    assert folder.collect(UrlsSource(name="list", urls=addresses, **options), page) == [(5, 4, 0, 1), (1, 1, 0, 0)]
    assert folder.collect(FilesSource(name="here", paths=[str(tmp_path / "a.zip")])) == [(4, 3, 0, 1)]
    assert "hush" not in recorded(folder)
    assert "token%3D***" in recorded(folder)


def test_place_and_region_are_noted_and_published_without_the_path_of_the_machine(
    folder: Folder, tmp_path: Path
) -> None:
    (tmp_path / "in" / "2023").mkdir(parents=True)
    old(tmp_path / "in" / "2023" / "a.pdf", PDF)
    source = FilesSource(paths=[str(tmp_path / "in")])
    columns = ["place", "region"]

    def noted() -> list[tuple[str, str | None]]:
        return list(
            folder.warehouse.ledger.tables["sightings"].scan().sort("batch_id").select(columns).collect().rows()
        )

    folder.collect(source)
    assert noted() == [("2023/a.pdf", None)]
    folder.collect(source.model_copy(update={"region": "湖北省"}))  # the file is known, the region is new
    folder.collect(source.model_copy(update={"region": "湖北省"}))
    assert noted() == [("2023/a.pdf", None), ("2023/a.pdf", "湖北省")]
    (document,) = folder.warehouse.ledger.snapshot("1").documents.to_dicts()
    assert (document["place"], document["region"]) == ("2023/a.pdf", "湖北省")
