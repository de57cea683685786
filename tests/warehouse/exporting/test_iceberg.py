from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from pydantic import TypeAdapter
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import StaticTable, Table
from pyiceberg.utils.config import Config

from flows.commands.export import write_catalog
from flows.commands.results import RESULTS
from tests.support.builders import NOW, MadeUpForm, form_id, ingest, publish
from tests.support.commands import run
from tests.support.ingesting import published_bytes
from tests.support.paths import DOCS
from warehouse.errors import WarehouseError
from warehouse.exporting import iceberg
from warehouse.exporting.iceberg import Cataloguer, folder_catalog
from warehouse.releases.release import Release
from warehouse.warehouse import Warehouse

DAY = timedelta(days=1)
FEW = ("forms", "quarantine_forms")
"""Tables enough for what all of them have in common; one test has every table."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """What pyiceberg says of closed lists when a test reads."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def two_releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two releases: a form; then one of another year beside it, and one that is held."""
    warehouse = Warehouse(tmp_path_factory.mktemp("catalogued") / "data")
    ingest(warehouse, {"a": [MadeUpForm()]})
    publish(warehouse)
    made = {"b": [MadeUpForm("某项目", year=2022)], "c": [MadeUpForm("暂缓项目", year=None)]}
    ingest(warehouse, made, held={form_id("c"): "总分超过 100"})
    publish(warehouse, now=NOW + DAY)
    return warehouse.root


@pytest.fixture
def house(two_releases: Path, tmp_path: Path) -> Warehouse:
    shutil.copytree(two_releases, tmp_path / "data", symlinks=True)
    return Warehouse(tmp_path / "data")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = iceberg._parts

    def some(release: Release) -> dict[str, list[str]]:
        return {name: files for name, files in whole(release).items() if name in FEW}

    monkeypatch.setattr(iceberg, "_parts", some)


def opened(folder: Path) -> Catalog:
    """Open a catalog as somebody who does not have jixiao."""
    return load_catalog("jixiao", type="sql", uri=f"sqlite:///{folder}/catalog.db")


def rows(table: Table, tag: str | None = None, column: str = "form_id") -> list[Any]:
    snapshot = table.snapshot_by_name(tag) if tag else None
    scan = table.scan(snapshot_id=snapshot.snapshot_id if snapshot else None)
    return sorted(scan.to_arrow()[column].to_pylist())


def ids(house: Warehouse) -> list[str]:
    return [release.release_id for release in house.releases.kept()]


@pytest.mark.slow
@pytest.mark.long
def test_every_table_of_every_release_has_the_rows_of_its_files(house: Warehouse) -> None:
    before = published_bytes(house.root)
    made = {one.table: one for one in write_catalog(house, None, None, "jixiao")}
    catalog = opened(house.root / "iceberg")
    releases = house.releases.kept()
    assert len(made) == len(releases[-1].manifest["tables"])
    for path, about in releases[-1].manifest["tables"].items():
        place, _, name = path.partition("/")
        table = catalog.load_table(("jixiao", name if place == "published" else f"quarantine_{name}"))
        assert set(table.refs()) - {"main"} == set(ids(house))
        assert table.scan().count() == about["rows"]
        assert made[".".join(table.name())].metadata == table.metadata_location
        for release in releases:
            found = table.scan(snapshot_id=table.snapshot_by_name(release.release_id).snapshot_id)
            wanted = release.scan(name, place).collect().to_arrow()
            assert found.count() == wanted.num_rows
            assert {part.file.file_path for part in found.plan_files()} <= {
                f"{release.location}/{part}" for part in release.files()
            }
    assert published_bytes(house.root) == before
    (example,) = re.findall(r"```python\n(.*?)```", (DOCS / "engines.md").read_text("utf-8"), re.DOTALL)
    command = [sys.executable, "-W", "ignore", "-c", example]
    done = subprocess.run(command, cwd=house.root.parent, capture_output=True, text=True, check=True)
    assert "│ held      ┆ 1   │" in done.stdout
    assert done.stdout.endswith(f"{ids(house)} 1\n")


@pytest.mark.usefixtures("few")
def test_values_types_and_meanings_are_those_of_the_release(house: Warehouse) -> None:
    write_catalog(house, None, None, "jixiao")
    table = opened(house.root / "iceberg").load_table("jixiao.forms")
    wanted = house.releases.kept()[-1].scan("forms").sort("form_id").collect()
    columns = ["form_id", "fiscal_year", "project_name", "total_score_points", "template"]
    found = table.scan(selected_fields=tuple(columns)).to_arrow().sort_by("form_id")
    assert pl.DataFrame(found).select(columns).rows() == wanted.select(columns).rows()
    assert found["total_score_points"].to_pylist() == [Decimal("99.5000")] * 2
    assert "the form: the first 24 hex digits" in str(table.schema().find_field("form_id").doc)
    scanned = pl.scan_iceberg(table, reader_override="pyiceberg").select("form_id", "total_score_points").collect()
    assert sorted(scanned.rows()) == wanted.select("form_id", "total_score_points").rows()
    counted = table.scan().to_duckdb("forms").sql("SELECT fiscal_year, count(*) FROM forms GROUP BY 1 ORDER BY 1")
    assert counted.fetchall() == [(2022, 1), (2023, 1)]


@pytest.mark.usefixtures("few")
def test_what_is_read_without_a_tag_is_the_published_release(house: Warehouse) -> None:
    first, second = ids(house)
    folder = house.root / "iceberg"
    for published, count in ((second, 2), (first, 1), (second, 2)):
        house.publishing.rollback(published)
        write_catalog(house, None, None, "jixiao")
        table = opened(folder).load_table("jixiao.forms")
        assert (len(rows(table)), rows(table, first), len(rows(table, second))) == (count, [form_id("a")], 2)
        assert len(table.snapshots()) == 2


@pytest.mark.usefixtures("few")
def test_a_second_time_changes_nothing_and_releases_that_are_deleted_go(house: Warehouse) -> None:
    folder = house.root / "iceberg"
    first = write_catalog(house, None, None, "jixiao")
    assert write_catalog(house, None, None, "jixiao") == first
    ingest(house, {"d": [MadeUpForm("新项目")]})
    publish(house, now=NOW + 2 * DAY, keep=2)
    write_catalog(house, None, None, "jixiao")
    table = opened(folder).load_table("jixiao.forms")
    assert set(table.refs()) - {"main"} == set(ids(house))
    assert len(table.snapshots()) == 2
    assert len(rows(table)) == 3
    for part in house.releases.kept()[-1].files():
        assert (house.releases.kept()[-1].path / part).exists(), "the files are the releases' own"


@dataclass(frozen=True)
class Made:
    """A release of one table, as a contract may have had it."""

    release_id: str
    folder: Path
    content: pl.DataFrame

    @property
    def location(self) -> str:
        self.content.write_parquet(self.folder / f"{self.release_id}.parquet")
        return str(self.folder)

    @property
    def manifest(self) -> dict[str, Any]:
        return {"tables": {"published/forms": {"files": [{"path": f"{self.release_id}.parquet"}]}}}


def test_catalogue_that_was_killed_is_brought_up_to_date_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents: tuple[Any, ...] = ({"form_id": ["a"]}, {"form_id": ["a", "b"], "more": [1, 2]})
    made: Any = [Made(f"00000{n}-x", tmp_path, pl.DataFrame(content)) for n, content in enumerate(contents)]
    commit, step = SqlCatalog.commit_table, 0
    while True:
        step += 1
        cataloguer = Cataloguer(folder_catalog(tmp_path / str(step)), "jixiao", "here")
        commits = iter(range(1, 100))

        def killed(self: Any, *arguments: Any, commits: Iterator[int] = commits, step: int = step) -> Any:
            if next(commits) == step:
                raise KeyboardInterrupt
            return commit(self, *arguments)

        with monkeypatch.context() as patched, suppress(KeyboardInterrupt):
            patched.setattr(SqlCatalog, "commit_table", killed)
            cataloguer.update(made, made[1])
            break
        cataloguer.update(made, made[1])
        table = opened(tmp_path / str(step)).load_table("jixiao.forms")
        assert rows(table) == rows(table, "000001-x") == ["a", "b"]
        assert rows(table, "000000-x") == ["a"]
        assert len(table.snapshots()) == 2
    assert step > 5, "each of the commits was one to be killed at"


@pytest.mark.parametrize("name", ["a%20b", "c#d", "x?y"])
def test_folder_whose_name_no_catalog_takes_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="in it, which no catalog takes: name another folder"):
        folder_catalog(tmp_path / name)
    made: Any = Made("000001-x", tmp_path, pl.DataFrame())
    cataloguer = Cataloguer(folder_catalog(tmp_path / "iceberg"), "jixiao", str(tmp_path / name))
    with pytest.raises(WarehouseError, match="in it, which no catalog takes"):
        cataloguer.update([], made)


def test_folder_with_a_chinese_name_and_spaces_is_taken(tmp_path: Path) -> None:
    folder = tmp_path / "绩效 数据"
    folder.mkdir()
    made: Any = Made("000001-x", folder, pl.DataFrame({"form_id": ["a"]}))
    (done,) = Cataloguer(folder_catalog(folder / "iceberg"), "jixiao", "here").update([made], made)
    assert Path(done.metadata.removeprefix("file://")).is_relative_to(folder / "iceberg")
    assert Path(done.metadata.removeprefix("file://")).exists()
    assert (folder / "iceberg" / "catalog.db").exists()
    assert rows(folder_catalog(folder / "iceberg").load_table("jixiao.forms")) == ["a"]
    assert rows(StaticTable.from_metadata(done.metadata)) == ["a"]


def test_columns_that_come_and_go_are_null_where_they_were_not(tmp_path: Path) -> None:
    catalog = folder_catalog(tmp_path / "iceberg")
    contents: tuple[Any, ...] = ({"form_id": ["a"]}, {"form_id": ["b"], "more": [1]}, {"more": [2]})
    made: Any = [Made(f"00000{n}-x", tmp_path, pl.DataFrame(content)) for n, content in enumerate(contents)]
    Cataloguer(catalog, "jixiao", "here").update(made[:2], made[1])
    Cataloguer(catalog, "jixiao", "here").update(made, made[2])
    table = catalog.load_table("jixiao.forms")
    assert rows(table, "000001-x", "more") == [1]
    assert table.scan(snapshot_id=table.snapshot_by_name("000000-x").snapshot_id).to_arrow().to_pylist() == [
        {"form_id": "a"}
    ]
    assert table.scan().to_arrow().to_pylist() == [{"form_id": None, "more": 2}]


def test_column_that_changed_its_type_begins_its_table_anew(tmp_path: Path) -> None:
    catalog = folder_catalog(tmp_path / "iceberg")
    contents: tuple[Any, ...] = ({"form_id": ["a"]}, {"form_id": [1]}, {"form_id": [2]})
    made: Any = [Made(f"00000{n}-x", tmp_path, pl.DataFrame(content)) for n, content in enumerate(contents)]
    for count in (1, 2, 3, 3):
        (done,) = Cataloguer(catalog, "jixiao", "here").update(made[:count], made[count - 1])
    table = catalog.load_table("jixiao.forms")
    assert (rows(table), rows(table, "000001-x"), done.releases) == ([2], [1], 2)
    assert "000000-x" not in table.refs()


def test_table_that_no_release_has_any_more_goes(tmp_path: Path) -> None:
    catalog = folder_catalog(tmp_path / "iceberg")
    made: Any = Made("000001-x", tmp_path, pl.DataFrame({"form_id": ["a"]}))
    cataloguer = Cataloguer(catalog, "jixiao", "here")
    cataloguer.update([made], made)
    without: Any = SimpleNamespace(release_id="000002-x", location=str(tmp_path), manifest={"tables": {}})
    cataloguer.update([made, without], without)
    assert catalog.load_table("jixiao.forms").scan().count() == 0
    assert rows(catalog.load_table("jixiao.forms"), "000001-x") == ["a"]
    assert cataloguer.update([without], without) == []
    assert catalog.list_tables("jixiao") == []


@pytest.mark.usefixtures("few")
def test_tables_of_another_are_left_alone(house: Warehouse, tmp_path: Path) -> None:
    catalog = folder_catalog(tmp_path / "shared")
    write_catalog(house, tmp_path / "shared", None, "jixiao")
    catalog.create_table("jixiao.somebodys", catalog.load_table("jixiao.forms").schema())
    write_catalog(house, tmp_path / "shared", None, "jixiao")
    assert catalog.table_exists("jixiao.somebodys")
    other = Warehouse(tmp_path / "other")
    ingest(other, {"z": [MadeUpForm()]})
    publish(other)
    with pytest.raises(WarehouseError, match=r"jixiao\.\w+ of the catalog is not one of the warehouse .*--namespace"):
        write_catalog(other, tmp_path / "shared", None, "jixiao")
    write_catalog(other, tmp_path / "shared", None, "other")
    assert rows(catalog.load_table("other.forms")) == [form_id("z")]
    assert len(rows(catalog.load_table("jixiao.forms"))) == 2


@pytest.mark.usefixtures("few")
@pytest.mark.long
def test_catalog_of_pyicebergs_configuration_and_of_a_bucket(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = Warehouse(f"{bucket}/house")
    ingest(house, {"a": [MadeUpForm()]})
    publish(house)
    done = run("catalog", "-w", f"{bucket}/house")
    assert (done.exit_code, "--out FOLDER, or --catalog NAME" in done.stderr) == (2, True)
    done = run("catalog", "-w", f"{bucket}/house", "--catalog", "lake")
    assert (done.exit_code, "the catalog lake of pyiceberg's configuration cannot be used" in done.stderr) == (1, True)
    monkeypatch.setenv("PYICEBERG_CATALOG__LAKE__URI", f"sqlite:///{tmp_path}/lake.db")
    monkeypatch.setenv("PYICEBERG_CATALOG__LAKE__WAREHOUSE", f"{bucket}/lake")
    monkeypatch.setattr("pyiceberg.catalog._ENV_CONFIG", Config())  # which was read when it was imported
    done = run("catalog", "-w", f"{bucket}/house", "--catalog", "lake", "--json")
    assert done.exit_code == 0, done.output
    assert f'"metadata": "{bucket}/lake/jixiao/forms/metadata/' in done.stdout
    TypeAdapter(RESULTS["catalog"]).validate_json(done.stdout, strict=True)
    lake = load_catalog("lake", **{"s3.endpoint": os.environ["AWS_ENDPOINT_URL"]})
    assert rows(lake.load_table("jixiao.forms")) == [form_id("a")]


def test_wrong_calls_say_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Warehouse(tmp_path / "data").require_writable()  # makes the folders
    done = run("catalog", "-w", tmp_path / "data")
    assert (done.exit_code, "nothing is published yet" in done.stderr) == (1, True)
    done = run("catalog", "-w", tmp_path / "data", "--out", tmp_path, "--catalog", "x")
    assert (done.exit_code, "give one of them" in done.stderr) == (2, True)
    monkeypatch.setitem(sys.modules, "warehouse.exporting.iceberg", None)
    done = run("catalog", "-w", tmp_path / "data")
    assert (done.exit_code, "install jixiao[iceberg]" in done.stderr) == (2, True)
