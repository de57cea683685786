from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import obstore
import pytest
from obstore.store import MemoryStore, S3Store
from pydantic import TypeAdapter

from flows.commands.results import RESULTS
from tests.support.commands import run
from warehouse.storage.assumptions import check_assumptions


def test_store_that_does_all_of_it_has_no_problem_and_nothing_is_left_in_it() -> None:
    store = MemoryStore()
    assert [one.assumption for one in check_assumptions(store, "check") if one.problem] == []
    assert [one for page in obstore.list(store) for one in page] == []


Put = Callable[..., Any]


def _careless(put: Put) -> Put:
    return lambda store, key, content, **_: put(store, key, content)


def _forgetful(put: Put) -> Put:
    return lambda store, key, content, **more: put(store, key, content[:5_000_000], **more)


def _full(_: Put) -> Put:
    def refuse(*_: object, **__: object) -> None:
        raise obstore.exceptions.GenericError("507 InsufficientStorage")

    return refuse


@pytest.mark.parametrize(
    ("fault", "reported"),
    [
        (_careless, ["If-None-Match: * is not obeyed", "8 of 8 writers at once", "If-Match is not obeyed"]),
        (_forgetful, ["6000000 bytes came back otherwise"]),
        (_full, ["the object store is full"] * 7),
    ],
)
def test_store_that_does_not_is_reported_with_what_is_wrong(
    fault: Callable[[Put], Put], reported: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(obstore, "put", fault(obstore.put))
    problems = [one.problem for one in check_assumptions(MemoryStore(), "check") if one.problem]
    assert [said in problem for said, problem in zip(reported, problems, strict=True)] == [True] * len(reported)


def test_verify_store_tries_a_bucket_and_leaves_it_as_it_was(bucket: str) -> None:
    done = run("verify", "--store", "--json", "-w", f"{bucket}/house")
    rows = json.loads(done.stdout)
    assert (done.exit_code, {row["problem"] for row in rows}, len(rows)) == (0, {None}, 8)
    TypeAdapter(RESULTS["verify --store"]).validate_json(done.stdout)
    left = [one["path"] for page in obstore.list(S3Store.from_url(bucket)) for one in page]
    assert left == ["house/jixiao.json"]


def test_verify_store_of_a_folder_is_a_wrong_call(tmp_path: Path) -> None:
    done = run("verify", "--store", "-w", tmp_path)
    assert (done.exit_code, "is a folder: --store is for" in done.stderr) == (2, True)
