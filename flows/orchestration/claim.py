"""One name on a Prefect server is one warehouse's, and one warehouse is served once.

Two warehouses whose deployments had one name would both announce their nights, and each night would be run by either.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from flows.config.nightly import PrefectSettings
from flows.orchestration.errors import ServiceError
from flows.orchestration.names import TAG, Owner, full_name, owner_tag


class ClashError(ServiceError):
    """Another warehouse, or another service, has what this one wants; the message says what to do."""


@contextmanager
def served_once(home: Path, owner: Owner) -> Iterator[None]:
    """Hold, within the context, that this machine serves a warehouse once.

    Raises:
        ClashError: Another process serves it.
    """
    home.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home / f"serve-{owner.key}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ClashError(
            f"another `jixiao serve` on this machine serves the warehouse {owner.described}: one is enough"
        ) from None
    try:
        yield
    finally:
        lock.release()


def claim(flows: Sequence[str], settings: PrefectSettings, owner: Owner) -> None:
    """Make sure that the deployments on the server are those of this warehouse, or nobody's.

    Deployments of this warehouse under another name, as before its environment was renamed, are deleted: nobody would
    run what they plan.

    Args:
        flows: Names of the served flows.
        settings: They name the environment.
        owner: The warehouse.

    Raises:
        ClashError: One is another warehouse's.
    """
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags

    from flows.orchestration.schedule import deployment_named

    names = [full_name(flow, settings) for flow in flows]
    with get_client(sync_client=True) as client:
        for name in names:
            if (found := deployment_named(client, name)) is None:
                continue
            owner_there = owner_tag(found.tags)
            if TAG not in found.tags or owner_there not in (None, owner.tag):
                raise ClashError(_clash(name, found.description or "", owner_there, owner))
        ours = DeploymentFilter(tags=DeploymentFilterTags(all_=[TAG, owner.tag]))
        for found in client.read_deployments(deployment_filter=ours):
            if f"{client.read_flow(found.flow_id).name}/{found.name}" not in names:
                client.delete_deployment(found.id)


def owner_of_nights(name: str) -> str | None:
    """Return the tag of the warehouse whose nights a deployment plans; null: it has none, or is not there."""
    from prefect.client.orchestration import get_client

    from flows.orchestration.schedule import deployment_named

    with get_client(sync_client=True) as client:
        found = deployment_named(client, name)
    return owner_tag(found.tags) if found else None


def _clash(name: str, description: str, there: str | None, owner: Owner) -> str:
    _, known, warehouse = description.partition("Warehouse: ")
    whose = f"of the warehouse {warehouse.rstrip('.')}" if known and there else "of another project"
    return (
        f"the deployment {name} on the Prefect server {os.environ.get('PREFECT_API_URL', '')} is that {whose}, not of "
        f"{owner.described}: each would run the other's nights. Give this warehouse a name of its own: "
        '`environment = "..."` under [prefect] in jixiao.toml, or JIXIAO_PREFECT__ENVIRONMENT. If it is the same '
        f"warehouse, moved or restored, delete the old deployment first: `prefect deployment delete {name}`"
    )
