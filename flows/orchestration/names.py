"""How the deployments of a warehouse are named on a Prefect server, and whose they are. Does not import Prefect.

Several warehouses may share one server. Deployments carry the environment in their names, and a tag and a line of
their description that say which warehouse they belong to.
"""

from __future__ import annotations

import hashlib
import socket
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flows.config.nightly import PrefectSettings
from warehouse.errors import WarehouseError
from warehouse.warehouse import Warehouse

TAG: Final = "jixiao"
_OWNER: Final = "warehouse:"
_ID_FILE: Final = "warehouse-id"


@dataclass(frozen=True, slots=True)
class Owner:
    """A warehouse as a Prefect server knows it.

    Attributes:
        key: Short, and another one for each warehouse: also for two of one path on two machines, and for a copy.
        described: For people.
    """

    key: str
    described: str

    @property
    def tag(self) -> str:
        """Tag of its deployments, and so of their runs."""
        return f"{_OWNER}{self.key}"


def deployment_name(flow: str, settings: PrefectSettings) -> str:
    """Return the name of a flow's deployment.

    Example:
        >>> deployment_name("nightly", PrefectSettings())
        'nightly'
    """
    return settings.environment or flow


def full_name(flow: str, settings: PrefectSettings) -> str:
    """Return the name of a flow's deployment as Prefect shows it.

    Example:
        >>> full_name("nightly", PrefectSettings(environment="hubei"))
        'nightly/hubei'
    """
    return f"{flow}/{deployment_name(flow, settings)}"


def owner_of(house: Warehouse) -> Owner:
    """Return how a Prefect server knows a warehouse. Writes an id into a local one that has none yet."""
    if not house.is_local:
        return Owner(_short(house.location), house.location)
    folder = house.root.resolve()
    return Owner(_short(f"{_id_in(folder)} {folder}"), f"{folder} on {socket.gethostname()}")


def require_same(location: str, tag: str | None) -> None:
    """Refuse a run where its warehouse is not, such as on a disk that is not mounted any more. Writes nothing.

    Args:
        location: Where the warehouse should be.
        tag: Of the warehouse that the run was planned for; null: it was planned for none.

    Raises:
        WarehouseError: The folder is not there, or holds another warehouse.
    """
    if tag is None or "://" in location:
        return
    folder = Path(location).resolve()
    file = folder / "prefect" / _ID_FILE
    if not file.exists() or Owner(_short(f"{_read(file)} {folder}"), "").tag != tag:
        raise WarehouseError(
            f"{folder} does not hold the warehouse that is served: it was moved, or its disk is not mounted. Nothing "
            "was written there; bring it back, or start `jixiao serve` anew for the warehouse that is there"
        )


def owner_tag(tags: list[str]) -> str | None:
    """Return the tag that says whose a deployment is; null: it has none.

    Example:
        >>> owner_tag(["jixiao", "nightly", "warehouse:3f2a9c1b"])
        'warehouse:3f2a9c1b'
    """
    return next((tag for tag in tags if tag.startswith(_OWNER)), None)


def _id_in(folder: Path) -> str:
    file = folder / "prefect" / _ID_FILE
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(uuid.uuid4().hex, encoding="utf-8")
    return _read(file)


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8").strip()


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
