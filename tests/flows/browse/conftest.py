from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from expectations.settings import RuleSettings
from flows.browse.app import Pages
from flows.browse.data import ReleaseData, Shelf
from flows.browse.guard import Guard
from flows.browse.pictures import Pictures
from flows.running.summary import RunSummary
from flows.stopping import Stop
from warehouse.warehouse import Warehouse


class Client:
    """Calls the application in this process."""

    def __init__(self, app: Guard) -> None:
        self._app = app

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def call() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return await client.request(method, path, **options)

        return asyncio.run(call())

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)


@pytest.fixture(scope="session")
def house(ingested: tuple[Path, RunSummary]) -> Warehouse:
    return Warehouse(ingested[0])


@pytest.fixture(scope="session")
def data(house: Warehouse) -> ReleaseData:
    return Shelf(house).current()


@pytest.fixture(scope="session")
def pictures(house: Warehouse) -> Iterator[Pictures]:
    pictures = Pictures(house.archive, Stop())
    yield pictures
    pictures.close()


@pytest.fixture(scope="session")
def client(house: Warehouse, pictures: Pictures) -> Client:
    """The application, called as a browser on this machine would."""
    return client_of(house, pictures)


def client_of(house: Warehouse, pictures: Pictures, release: str | None = None) -> Client:
    return Client(Pages(Shelf(house, release), pictures, "en", RuleSettings()).app())


@pytest.fixture(scope="session")
def held_form(data: ReleaseData) -> str:
    """The form of the samples that is held back, for R15."""
    form_id: str = data.forms.filter(status="held")["form_id"].item()
    return form_id
