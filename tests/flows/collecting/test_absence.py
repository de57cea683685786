"""What is gone from a source is recorded, said, and published as such."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path

import polars as pl

from flows.config.settings import load_settings
from flows.running.pipeline import run_plainly
from flows.running.run import new_plan, open_run
from flows.running.stages import collect
from flows.running.summary import RunSummary
from tests.support.ingesting import NOW
from tests.support.pdfs import small_pdf
from warehouse.warehouse import Warehouse

NIGHTS = tuple(NOW + timedelta(days=day) for day in range(4))


def night(folder: Path, number: int) -> RunSummary:
    settings = load_settings(warehouse=str(folder / "data"), workers=0, sources=folder / "sources.toml")
    with open_run(new_plan(settings, NIGHTS[number])) as run:
        return run_plainly(run, partial(collect, run, []))


def made(folder: Path, *names: str) -> None:
    lines = "".join(f'[[source]]\nname = "{n}"\nkind = "files"\npaths = ["{n}"]\nshrink_pct = 60\n' for n in names)
    (folder / "sources.toml").write_text(lines, "utf-8")
    for name in names:
        (folder / name).mkdir()
        for number in range(2):
            (folder / name / f"{number}.pdf").write_bytes(small_pdf() + b"\n" * number)


def published(folder: Path, table: str, key: str, column: str = "withdrawn_at") -> dict[str, object]:
    release = Warehouse(folder / "data").releases.current()
    assert release is not None
    return dict(release.scan(table).select(key, column).collect().iter_rows())


def test_document_that_is_gone_from_its_source_is_withdrawn_until_it_is_back(tmp_path: Path) -> None:
    made(tmp_path, "hubei")
    assert night(tmp_path, 0).warnings == []
    gone = (tmp_path / "hubei/1.pdf").rename(tmp_path / "1.pdf")
    summary = night(tmp_path, 1)
    assert "source hubei: 1 documents are gone from it (1.pdf)" in summary.warnings[0]
    assert published(tmp_path, "documents", "file_name") == {"0.pdf": None, "1.pdf": NIGHTS[1]}
    assert published(tmp_path, "sources", "source_name") == {"hubei": NIGHTS[1]}
    assert published(tmp_path, "sources", "source_name", "withdrawn_count") == {"hubei": 1}
    assert (night(tmp_path, 2).warnings, night(tmp_path, 2).is_new_release) == ([], False)
    gone.rename(tmp_path / "hubei/1.pdf")
    night(tmp_path, 3)
    assert published(tmp_path, "documents", "file_name") == {"0.pdf": None, "1.pdf": None}
    kinds = Warehouse(tmp_path / "data").ledger.events().filter(pl.col("document_id").is_not_null())["kind"].to_list()
    assert kinds == ["source_withdrawn", "source_returned"]


def test_document_that_another_source_still_has_is_not_withdrawn(tmp_path: Path) -> None:
    made(tmp_path, "hubei", "wuhan")
    night(tmp_path, 0)
    (tmp_path / "hubei/1.pdf").unlink()
    night(tmp_path, 1)
    assert set(published(tmp_path, "documents", "file_name").values()) == {None}
    assert published(tmp_path, "sources", "source_name") == {"hubei": NIGHTS[1], "wuhan": None}


def test_source_that_cannot_be_listed_or_shrinks_takes_nothing_away(tmp_path: Path) -> None:
    made(tmp_path, "hubei")
    night(tmp_path, 0)
    for number in range(2):
        (tmp_path / f"hubei/{number}.pdf").unlink()
    night(tmp_path, 1)
    assert set(published(tmp_path, "documents", "file_name").values()) == {None}
