"""Whose deployments they are, and who has a port."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from flows.config.nightly import PrefectSettings
from flows.orchestration.claim import ClashError, served_once
from flows.orchestration.names import deployment_name, full_name, owner_of, owner_tag, require_same
from flows.orchestration.server import ServerError, TemporaryServer
from warehouse.errors import WarehouseError
from warehouse.warehouse import Warehouse


@contextmanager
def listening(status: int) -> Iterator[int]:
    """Listen on loopback as a Prefect server (200) or as something else does."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/api/admin/version" else 404)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_names_carry_the_environment() -> None:
    assert full_name("nightly", PrefectSettings()) == "nightly/nightly"
    hubei = PrefectSettings(environment="hubei")
    assert [full_name(flow, hubei) for flow in ("nightly", "backfill")] == ["nightly/hubei", "backfill/hubei"]
    assert deployment_name("upkeep", hubei) == "hubei"


def test_owner_is_another_one_for_each_warehouse_and_stays_for_one(tmp_path: Path) -> None:
    first, second = owner_of(Warehouse(tmp_path / "a")), owner_of(Warehouse(tmp_path / "b"))
    assert first.key != second.key
    assert owner_of(Warehouse(tmp_path / "a")) == first
    (tmp_path / "b" / "prefect" / "warehouse-id").write_bytes((tmp_path / "a/prefect/warehouse-id").read_bytes())
    assert owner_of(Warehouse(tmp_path / "b")).key != first.key, "a copy is another warehouse"
    assert owner_tag(["jixiao", first.tag]) == first.tag
    assert str(tmp_path / "a") in first.described


def test_a_warehouse_is_served_once(tmp_path: Path) -> None:
    owner = owner_of(Warehouse(tmp_path / "a"))
    with served_once(tmp_path, owner), pytest.raises(ClashError, match="one is enough"), served_once(tmp_path, owner):
        pass
    with served_once(tmp_path, owner):
        pass


def test_a_port_of_another_prefect_server_is_reported_with_both_ways_out(tmp_path: Path) -> None:
    with listening(200) as port, pytest.raises(ServerError) as raised:
        TemporaryServer(tmp_path, port=port).start()
    message = str(raised.value)
    assert "another Prefect server has it" in message
    assert f"PREFECT_API_URL=http://127.0.0.1:{port}/api" in message
    assert "[prefect] environment" in message
    assert "[prefect] port" in message


def test_a_port_of_another_program_is_not_taken_for_a_prefect_server(tmp_path: Path) -> None:
    with listening(404) as port, pytest.raises(ServerError) as raised:
        TemporaryServer(tmp_path, port=port).start()
    assert "another program has it" in str(raised.value)
    assert "PREFECT_API_URL" not in str(raised.value)


def test_a_port_of_something_that_speaks_no_http_is_another_program(tmp_path: Path) -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        with pytest.raises(ServerError, match="another program has it"):
            TemporaryServer(tmp_path, port=mute.getsockname()[1]).start()


def test_run_is_refused_where_its_warehouse_is_no_more(tmp_path: Path) -> None:
    there = tmp_path / "data"
    tag = owner_of(Warehouse(there)).tag
    require_same(str(there), tag)
    require_same(str(there), None)
    require_same("s3://bucket/prefix", tag)
    there.rename(tmp_path / "away")
    with pytest.raises(WarehouseError, match="its disk is not mounted"):
        require_same(str(there), tag)
    assert not there.exists()
    owner_of(Warehouse(there))
    with pytest.raises(WarehouseError, match="does not hold the warehouse that is served"):
        require_same(str(there), tag)
