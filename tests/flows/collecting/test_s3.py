from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import obstore
import pytest
from moto.moto_server.threaded_moto_server import ThreadedMotoServer
from obstore.store import S3Store

from flows.config.sources import S3Source
from tests.support.collecting import Folder
from tests.support.pdfs import OTHER_PDF, PDF, zipped
from tests.support.site import Site


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> S3Store:
    import httpx

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REPORTS_KEY", "test")
    monkeypatch.setenv("REPORTS_SECRET", "testtest")
    name = f"reports-{abs(hash(request.node.name))}"
    httpx.put(f"{endpoint}/{name}", timeout=300, trust_env=False).raise_for_status()
    return S3Store(
        name,
        endpoint=endpoint,
        access_key_id="test",
        secret_access_key="testtest",
        region="us-east-1",
        virtual_hosted_style_request=False,
        client_options={"allow_http": True},
    )


def source(endpoint: str, *prefixes: str, **given: Any) -> S3Source:
    keys = {"access_key_env": "REPORTS_KEY", "secret_key_env": "REPORTS_SECRET", "retries": 0, **given}
    return S3Source(name="store", prefixes=list(prefixes), endpoint=endpoint, aws_region="us-east-1", **keys)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "data")


def test_collect_prefix_gives_what_is_new_or_changed(endpoint: str, bucket: S3Store, folder: Folder) -> None:
    name = bucket.config["bucket"]
    for key, content in {
        "2023/绩效.pdf": PDF,
        "2023/b.zip": zipped({"b.pdf": PDF}),
        "2023/c.txt": b"",
        "d.pdf": PDF,
    }.items():
        obstore.put(bucket, key, content)
    wanted = source(endpoint, f"s3://{name}/2023/")
    assert folder.collect(wanted) == [(2, 2, 0, 0)]
    assert folder.collect(wanted) == [(2, 0, 2, 0)]
    obstore.put(bucket, "2023/绩效.pdf", OTHER_PDF)
    assert folder.collect(wanted) == [(2, 1, 1, 0)]
    assert [file_name for _, file_name, _ in folder.sightings()] == ["b.pdf", "绩效.pdf", "绩效.pdf"]


def test_collect_one_object_and_whole_bucket(endpoint: str, bucket: S3Store, folder: Folder) -> None:
    name = bucket.config["bucket"]
    obstore.put(bucket, "2023/a.pdf", PDF)
    obstore.put(bucket, "b.pdf", b"<html>no PDF</html>")
    assert folder.collect(source(endpoint, f"s3://{name}/2023/a.pdf")) == [(1, 1, 0, 0)]
    assert folder.collect(source(endpoint, f"s3://{name}")) == [(2, 0, 1, 1)]
    assert folder.problems == [(f"s3://{name}/b.pdf", "not_a_pdf")]


def test_collect_object_that_is_too_large_is_reported(endpoint: str, bucket: S3Store, folder: Folder) -> None:
    obstore.put(bucket, "a.pdf", PDF + bytes(1_100_000))
    assert folder.collect(source(endpoint, f"s3://{bucket.config['bucket']}", max_mb=1)) == [(1, 0, 0, 1)]
    assert folder.problems[0][1] == "too_large"


@pytest.mark.parametrize(
    ("prefix", "given", "code"),
    [
        ("s3://no-such-bucket/x/", {}, "not_found"),
        ("s3://{bucket}/none.pdf", {}, "not_found"),
        ("s3://{bucket}/none/", {}, "no_pdf"),
        ("s3://{bucket}", {"access_key_env": "NONE_SET"}, "credentials_missing"),
        ("s3://{bucket}", {"endpoint": "http://127.0.0.1:9"}, "unreachable"),
    ],
)
def test_collect_prefix_that_cannot_be_listed_is_reported(
    endpoint: str, bucket: S3Store, folder: Folder, prefix: str, given: dict[str, str], code: str
) -> None:
    keys = {"endpoint": endpoint, "prefix": prefix.format(bucket=bucket.config["bucket"]), **given}
    tally = folder.tallies(source(keys.pop("endpoint"), keys.pop("prefix"), **keys))[0]
    assert (tally.listed, tally.is_whole) == (0, False)
    assert [problem for _, problem in folder.problems] == [code]


def test_collect_store_that_refuses_is_reported(site: Site, folder: Folder) -> None:
    site.put("/reports?list-type=2", b"", status=403)
    site.put("/reports/a.pdf", b"", status=403)
    tally = folder.tallies(
        source(site.url(""), "s3://reports", anonymous=True, access_key_env=None, secret_key_env=None)
    )
    assert tally[0].problem is not None
    assert tally[0].problem.startswith("forbidden: the store refuses it")
    assert "Authorization" not in site.asked[0].headers
