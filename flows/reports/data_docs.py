"""Great Expectations' own report (Data Docs) of all forms of a release."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import polars as pl

from expectations.settings import RuleSettings
from warehouse import contract
from warehouse.contract.vocabulary import PLACES
from warehouse.releases.release import Release

FOLDER: Final = "data_docs"


def build_data_docs(release: Release, folder: Path, settings: RuleSettings) -> Path:
    """Judge all forms of a release, published and held back, and write Data Docs of it.

    The whole release is judged anew, whatever the run has checked, so that the pages show all of it. They load their
    styles from the web; without it they are bare but whole. An older folder is replaced.

    Returns:
        The page to open.
    """
    from expectations.check import measure
    from expectations.suites import judge

    tables = {
        name: pl.concat([release.scan(name, place) for place in PLACES])
        .collect()
        .cast(contract.polars_schema(contract.FORM_TABLES[name]))
        for name in contract.FORM_TABLES
    }
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    judge(measure(tables, settings), settings, folder)
    return folder / "index.html"
