from __future__ import annotations

from pathlib import Path

import pytest

from flows.orchestration.monitoring import Figures, health
from flows.orchestration.receivers import Alert
from flows.orchestration.room import RoomWatch, free_bytes
from warehouse.errors import WarehouseError

WAREHOUSE = Path("data")
MB = 1_000_000


@pytest.fixture
def alerts(monkeypatch: pytest.MonkeyPatch) -> list[Alert]:
    sent: list[Alert] = []
    monkeypatch.setattr("flows.orchestration.room.notify", lambda alert, _: sent.append(alert))
    return sent


def test_little_room_is_reported_once_and_again_when_there_is_enough(alerts: list[Alert]) -> None:
    free = {WAREHOUSE: 600 * MB}
    figures = Figures()
    watch = RoomWatch({"warehouse": WAREHOUSE}, 500, figures, lambda: None, free.__getitem__)
    watch.look()
    assert (alerts, health(figures)[0]) == ([], 200)
    free[WAREHOUSE] = 8 * MB
    watch.look()
    free[WAREHOUSE] = 7 * MB
    watch.look()
    assert [(alert.event, alert.run) for alert in alerts] == [("failed", "the disk")]
    assert "8 MB are free for the warehouse at data" in alerts[0].happened
    status, content = health(figures)
    assert (status, content["status"][:13], figures.free) == (503, "7 MB are free", {"warehouse": 7 * MB})
    free[WAREHOUSE] = 500 * MB
    watch.look()
    watch.look()
    assert [alert.event for alert in alerts] == ["failed", "recovered"]
    assert health(figures)[0] == 200


def test_folder_that_is_gone_is_reported(alerts: list[Alert], tmp_path: Path) -> None:
    figures = Figures()
    RoomWatch({"data of Prefect": tmp_path, "warehouse": tmp_path / "gone"}, 0, figures, lambda: None).look()
    assert [alert.event for alert in alerts] == ["failed"]
    assert "the folder of the warehouse" in alerts[0].happened
    assert "is gone" in health(figures)[1]["status"]
    assert set(figures.free) == {"data of Prefect"}


def test_another_warehouse_in_the_folder_is_reported(alerts: list[Alert], tmp_path: Path) -> None:
    def require() -> None:
        raise WarehouseError("data does not hold the warehouse that is served")

    figures = Figures()
    RoomWatch({"warehouse": tmp_path}, 0, figures, require).look()
    assert [alert.happened for alert in alerts] == ["data does not hold the warehouse that is served"]
    assert health(figures)[0] == 503


def test_free_bytes_are_those_of_the_disk_of_a_folder(tmp_path: Path) -> None:
    assert free_bytes(tmp_path) > 0
