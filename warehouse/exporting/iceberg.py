"""The releases as Iceberg tables: a snapshot for each release, over the Parquet files where they lie.

Nothing is copied. A table of the catalog is a table of the releases; each release that is kept is a snapshot with the
release's id as its tag, and what is read without a tag is the published release. A table of the quarantine has
`quarantine_` before its name.

The files belong to the releases: `gc.enabled` is false, so that no engine deletes them with a table or a snapshot.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.exceptions import CommitFailedException, ValidationError
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io import load_file_io

from warehouse.errors import WarehouseError
from warehouse.exporting.plain import file_stem
from warehouse.releases.release import Release

if TYPE_CHECKING:
    from pyiceberg.table import Table

_PROPERTIES: Final = {
    "format-version": "2",
    "gc.enabled": "false",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "20",
}
_MAIN: Final = "main"
_OWNER: Final = "jixiao.warehouse"
_RELEASE: Final = "jixiao.release_id"
_CHATTY: Final = logging.getLogger("pyiceberg")
"""It warns for every file that closed lists are dictionary-encoded texts, which it takes for texts, as they are."""


@dataclass(frozen=True, slots=True)
class Catalogued:
    """A table of the catalog.

    Attributes:
        table: Its name, with its namespace.
        releases: How many releases it has as snapshots.
        metadata: Path or address of its metadata, for engines that read a table without a catalog.
    """

    table: str
    releases: int
    metadata: str


def folder_catalog(folder: Path) -> Catalog:
    """Open the catalog of a folder, an SQLite file beside the metadata of its tables; make it where it is missing.

    Raises:
        WarehouseError: The path has a character that addresses of files cannot have.
    """
    _require_plain(str(folder.absolute()))
    folder.mkdir(parents=True, exist_ok=True)
    where = {"uri": f"sqlite:///{folder.absolute()}/catalog.db", "warehouse": f"file://{folder.absolute()}"}
    return load_catalog("jixiao", type="sql", **where, **_store())


def _require_plain(place: str) -> None:
    if found := set("%?#") & set(place):
        raise WarehouseError(
            f"{place} has {' '.join(sorted(found))} in it, which no catalog takes: name another folder"
        )


def configured_catalog(name: str) -> Catalog:
    """Open a catalog that pyiceberg's own configuration names: `.pyiceberg.yaml`, `PYICEBERG_CATALOG__NAME__URI`, ...

    Raises:
        WarehouseError: There is no such catalog, or it does not answer.
    """
    try:
        catalog = load_catalog(name, **_store())
        catalog.list_namespaces()
    except Exception as error:  # of whatever library serves this kind of catalog
        raise WarehouseError(f"the catalog {name} of pyiceberg's configuration cannot be used: {error}") from error
    return catalog


def _store() -> dict[str, str]:
    """Return where the store of a warehouse in a bucket is, as pyiceberg names it; credentials it finds by itself."""
    named = {"s3.endpoint": "AWS_ENDPOINT_URL", "s3.region": "AWS_REGION"}
    return {name: said for name, variable in named.items() if (said := os.environ.get(variable))}


@dataclass(frozen=True, slots=True)
class Cataloguer:
    """Brings the tables of a catalog up to date with the releases of a warehouse.

    Attributes:
        catalog: The catalog.
        namespace: Where in it; made where it is missing.
        warehouse: Path or address of the warehouse, which its tables carry as a property.
    """

    catalog: Catalog
    namespace: str
    warehouse: str

    def update(self, kept: Sequence[Release], published: Release) -> list[Catalogued]:
        """Give every release that is kept its snapshot, and take those of others away.

        Each table changes in one step, the tables one after the other: who joins several names the same tag for each.
        Killed at any moment, it is brought up to date by the next call.

        Args:
            kept: The releases, oldest first.
            published: The one of them that is read without a tag.

        Raises:
            WarehouseError: A table there is another warehouse's, another run writes to the catalog, a release was
                deleted meanwhile, or the path has a character that addresses of files cannot have.
        """
        _require_plain(self.warehouse)
        parts = {release.release_id: _parts(release) for release in kept}
        names = list(dict.fromkeys(name for of_release in parts.values() for name in of_release))
        with _explained():
            self.catalog.create_namespace_if_not_exists(self.namespace)
            there = [name for *_, name in self.catalog.list_tables(self.namespace)]
            for name in (name for name in there if name not in names and self._is_ours(self._load(name))):
                self.catalog.drop_table((self.namespace, name))
            for name in (name for name in names if name in there and not self._is_ours(self._load(name))):
                raise WarehouseError(
                    f"the table {self.namespace}.{name} of the catalog is not one of the warehouse {self.warehouse}: "
                    "name another --namespace, or delete the catalog when the warehouse has moved"
                )
            for release_id, tables in parts.items():
                for name in names:
                    self._add(name, release_id, tables.get(name, []))
            return [self._settled(name, set(parts), published.release_id) for name in names]

    def _load(self, name: str) -> Table:
        return self.catalog.load_table((self.namespace, name))

    def _is_ours(self, table: Table) -> bool:
        return table.properties.get(_OWNER) == self.warehouse

    def _add(self, name: str, release_id: str, files: list[str]) -> None:
        """Make a release the newest snapshot of a table, unless it or a newer one is there already."""
        table = self._load(name) if self.catalog.table_exists((self.namespace, name)) else None
        if table is not None and any(tag >= release_id for tag in _tags(table)):
            return
        if files:
            table = self._with_columns(name, table, files[0])
        if table is None:
            return
        with table.transaction() as transaction:
            if table.current_snapshot() is not None:
                transaction.delete(AlwaysTrue())
            if files:
                transaction.add_files(files, {_RELEASE: release_id}, check_duplicate_files=False)
        if (snapshot := self._load(name).current_snapshot()) is not None:
            self._load(name).manage_snapshots().create_tag(snapshot.snapshot_id, release_id).commit()

    def _with_columns(self, name: str, table: Table | None, file: str) -> Table:
        """Give a table the columns of a file; where a type has become another one, begin the table anew."""
        with load_file_io(self.catalog.properties, file).new_input(file).open() as content:
            schema = _described(pq.read_schema(content))
        if table is not None:
            try:
                with table.update_schema() as update:
                    update.union_by_name(schema)
                return self._load(name)
            except ValidationError:
                self.catalog.drop_table((self.namespace, name))
        properties = {**_PROPERTIES, _OWNER: self.warehouse}
        return self.catalog.create_table((self.namespace, name), schema, properties=properties)

    def _settled(self, name: str, kept: set[str], published: str) -> Catalogued:
        """Let a table show the published release, and take away the snapshots of releases that are not kept."""
        table = self._load(name)
        if published in _tags(table) and table.current_snapshot() != table.snapshot_by_name(published):
            table.manage_snapshots().set_current_snapshot(ref_name=published).commit()
        for tag in _tags(table) - kept:
            self._load(name).manage_snapshots().remove_tag(tag).commit()
        table = self._load(name)
        named = {ref.snapshot_id for ref in table.refs().values()}
        if nameless := [one.snapshot_id for one in table.snapshots() if one.snapshot_id not in named]:
            table.maintenance.expire_snapshots().by_ids(nameless).commit()
        table = self._load(name)
        return Catalogued(f"{self.namespace}.{name}", len(_tags(table)), table.metadata_location)


def _tags(table: Table) -> set[str]:
    return set(table.refs()) - {_MAIN}


def _parts(release: Release) -> dict[str, list[str]]:
    """Return the files of each table of a release."""
    tables: Mapping[str, dict[str, list[dict[str, str]]]] = release.manifest["tables"]
    return {
        file_stem(*name.split("/")).replace(".", "_"): [f"{release.location}/{part['path']}" for part in about["files"]]
        for name, about in tables.items()
    }


def _described(schema: pa.Schema) -> pa.Schema:
    """Return the columns as a table of the catalog has them: with their meaning, and all of them may be null."""
    return pa.schema(
        pa.field(
            one.name,
            one.type.value_type if pa.types.is_dictionary(one.type) else one.type,
            metadata={"doc": (one.metadata or {}).get(b"description", b"")},
        )
        for one in schema
    )


@contextmanager
def _explained() -> Iterator[None]:
    level = _CHATTY.level
    _CHATTY.setLevel(logging.ERROR)
    try:
        yield
    except CommitFailedException as error:
        raise WarehouseError("another run of `jixiao catalog` has written to the catalog: run it again") from error
    except FileNotFoundError as error:
        raise WarehouseError(f"a release was deleted meanwhile ({error}): run it again") from error
    finally:
        _CHATTY.setLevel(level)
