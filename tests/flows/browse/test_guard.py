from __future__ import annotations

import pytest

from flows.browse.guard import HEADERS
from tests.flows.browse.conftest import Client

STRANGERS = ("evil.example", "evil.example:8642", "127.0.0.1.evil.example", "", "10.0.0.1", "[::2]")
PATHS = ("/", "/rules", "/static/browse.css", "/nothing", "/picture/0/1.png")


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_the_policy(client: Client, path: str) -> None:
    answer = client.get(path)
    assert {name: answer.headers[name] for name in HEADERS} == dict(HEADERS)
    assert "'unsafe" not in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("host", STRANGERS)
def test_other_hosts_are_refused(client: Client, host: str) -> None:
    answer = client.get("/", headers={"Host": host})
    assert answer.status_code == 421
    assert "<html" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8642", "[::1]:8642", "LOCALHOST"])
def test_names_of_this_machine_are_served(client: Client, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_only_reading_is_allowed(client: Client, method: str) -> None:
    answer = client.request(method, "/")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_head_has_no_body(client: Client) -> None:
    answer = client.request("HEAD", "/")
    assert (answer.status_code, answer.content) == (200, b"")
