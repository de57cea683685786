"""What is shown in Chinese is Chinese: no code, name of a column or English sentence stands there raw."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import duckdb
import pytest
from openpyxl import load_workbook

from expectations.settings import RuleSettings
from flows.browse.pictures import Pictures
from flows.commands.export import write_export
from flows.config.choices import ExportFormat
from flows.reports.quality_page import write_report
from flows.running.summary import RunSummary
from flows.stopping import Stop
from tests.flows.browse.conftest import client_of
from tests.support.builders import MadeUpForm, form_id, ingest, publish
from tests.support.commands import run
from warehouse import contract
from warehouse.releases.release import Release
from warehouse.warehouse import Warehouse

_NAMES: Final = {"jixiao", "pdfplumber", "toml", "csv", "json", "raw", "rows", "show", "diff", "backfill"} | {
    "corrections",
    "outdated",
}
"""Of this program, its commands, its files."""

_NOT_WORDS: Final = re.compile(
    r"[0-9a-f]{24,}[\w/.-]*"  # ids
    r"|[0-9]{6}-[0-9a-f]{8}"  # releases
    r"|/[A-Z][0-9]+/\w+/"  # within the id of a finding
    r"|\S+\.(?:pdf|toml|png|html)\b|https?://\S+"
    r"|\b[a-z]+-noto-[a-z-]+|\bgoogle-noto-[a-z-]+"  # packages of fonts
)
_WORD: Final = re.compile(r"(?<![A-Za-z0-9])[a-z][a-z_]{2,}(?![A-Za-z0-9])")


def english(text: str) -> set[str]:
    """Return the English words in lower case of a text, but for names, ids and files."""
    return set(_WORD.findall(_NOT_WORDS.sub(" ", text))) - _NAMES


def test_what_is_not_chinese_is_found() -> None:
    assert english("第 1 页 forms：quarantined（已发布）") == {"forms", "quarantined"}
    assert english("0cc175b9c0f1b6a831c399e2-001 000001-b4734e4a jixiao VPN用户数 a.pdf PDF") == set()


@pytest.fixture(scope="module")
def samples(ingested: tuple[Path, RunSummary]) -> Release:
    """The release of the samples, one of whose forms is held back."""
    release = Warehouse(ingested[0]).releases.current()
    assert release is not None
    return release


class _Texts(HTMLParser):
    """Collects what a page says: its texts, and the attributes that are read out or shown."""

    _SHOWN: Final = ("title", "aria-label", "alt", "placeholder", "data-label")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._within: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style", "code"):
            self._within.append(tag)
        self.found += [value for name, value in attrs if name in self._SHOWN and value]

    def handle_endtag(self, tag: str) -> None:
        if self._within and self._within[-1] == tag:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        if not self._within:
            self.found.append(data)


def raw(texts: Iterator[str] | list[str]) -> dict[str, str]:
    """Return the English words of texts, each with a text that has it."""
    return {word: text.strip()[:80] for text in texts for word in english(text)}


def test_report(samples: Release, ingested: tuple[Path, RunSummary], tmp_path: Path) -> None:
    page = write_report(Warehouse(ingested[0]), samples, tmp_path / "report.html", "zh", RuleSettings())
    found = raw(_Texts(page.read_text("utf-8")).found)
    assert found.keys() <= {"assemble", "normalise", "rules"}, found  # parts of the version


def test_pages_of_browse(ingested: tuple[Path, RunSummary], samples: Release) -> None:
    house = Warehouse(ingested[0])
    forms = samples.scan("all_forms").select("form_id").collect()["form_id"]
    with closing(Pictures(house.archive, Stop())) as pictures:
        client = client_of(house, pictures)
        for path in ("/", "/?status=held", "/rules", "/changes", "/nowhere", *(f"/form/{form}" for form in forms)):
            joined = "&" if "?" in path else "?"
            page = client.get(f"{path}{joined}lang=zh").text
            assert raw(_Texts(page).found) == {}, path


_ENGLISH_HEADS: Final = ("英文", "文件名", "来源地址", "归档路径")
"""Of columns that are English, or a name, on purpose."""
_TECHNICAL: Final = {
    "codes.csv": ("名录", "代码", "含义"),
    "documents.csv": ("原因",),
    "evidence.csv": ("字段",),
    "quarantine.evidence.csv": ("字段",),
    "evidence_of.csv": ("字段",),
    "rules.csv": ("依据", "比较字段"),
}
"""Columns of tables for programs that name columns and codes, which the dictionary explains."""


def test_workbook(samples: Release, tmp_path: Path) -> None:
    write_export(samples, tmp_path / "zh.xlsx", ExportFormat.xlsx, "zh", published_only=False)
    for sheet in load_workbook(tmp_path / "zh.xlsx"):
        heads = [str(cell.value) for cell in sheet[1]]
        columns = [i for i, name in enumerate(heads) if not any(part in name for part in _ENGLISH_HEADS)]
        if sheet.title == "数据字典":
            columns = [heads.index(name) for name in ("表", "名称", "单位", "表中标签")]
        texts = [str(row[i]) for row in sheet.iter_rows(values_only=True) for i in columns if isinstance(row[i], str)]
        assert raw(texts) == {}, sheet.title


def test_twins_of_the_views_in_duckdb(samples: Release, tmp_path: Path) -> None:
    write_export(samples, tmp_path / "zh.duckdb", ExportFormat.duckdb, "zh", published_only=False)
    with duckdb.connect(str(tmp_path / "zh.duckdb"), read_only=True) as database:
        for twin in ("自评表", "资金", "指标", "问题清单"):
            found = database.execute(f'SELECT * FROM "{twin}"')
            heads = [column[0] for column in found.description or ()]
            columns = [i for i, name in enumerate(heads) if not any(part in name for part in _ENGLISH_HEADS)]
            rows = found.fetchall()
            assert rows, twin
            assert raw([row[i] for row in rows for i in columns if isinstance(row[i], str)]) == {}, twin


def test_csv(samples: Release, tmp_path: Path) -> None:
    write_export(samples, tmp_path / "zh.csv", ExportFormat.csv, "zh", published_only=False)
    found = {}
    for path in sorted((tmp_path / "zh.csv").rglob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
        left_out = (*_ENGLISH_HEADS, *_TECHNICAL.get(path.name, ()))
        texts = [value for row in rows for head, value in row.items() if not any(part in head for part in left_out)]
        if words := raw(texts):
            found[path.name] = words
    assert found == {}


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Two releases: of three forms one is held back, then one is published again, one comes and one goes."""
    house = Warehouse(tmp_path_factory.mktemp("chinese") / "data")
    ingest(house, {"a": [MadeUpForm()], "b": [MadeUpForm(unit="某局")]}, held={form_id("b"): "总分超过 100"})
    publish(house)
    ingest(house, {"c": [MadeUpForm(score="90")], "d": [MadeUpForm(unit="丁局"), MadeUpForm(unit="丁局")]})
    publish(house)
    return house


@pytest.mark.parametrize(
    "command",
    ["quarantine", "releases", "events", "runs", "gaps", "diff", "diff --html", "show", "rules"],
)
def test_terminal(releases: Warehouse, command: str, tmp_path: Path) -> None:
    name, *options = command.split()
    kept = [release.release_id for release in releases.releases.kept()]
    given: dict[str, Callable[[], list[str]]] = {
        "diff": lambda: [*kept, *options, *([str(tmp_path / "diff.html")] if options else [])],
        "show": lambda: [form_id("b"), "--out", str(tmp_path / "form.png")],
    }
    where = [] if name == "rules" else ["-w", releases.location]
    done = run(name, *given.get(name, lambda: [])(), *where, "--language", "zh")
    if name != "show":  # made-up documents have no PDF to draw
        assert done.exit_code == 0, done.stderr
    assert raw([done.stdout, *done.stderr.splitlines()] if name != "show" else [done.stdout]) == {}
    if options:
        assert raw(_Texts((tmp_path / "diff.html").read_text("utf-8")).found) == {}


def test_every_remark_of_the_reader_has_its_words() -> None:
    import polars as pl

    from warehouse.contract.remarks import DOUBTS, FIELDS, PROOFS, remarks_zh

    filled = [remark.en.format(*"123"[: remark.en.count("{}")]) for remark in (*PROOFS, *DOUBTS)]
    noted = [f"栏 = {field}: {proof}" for field in FIELDS for proof in filled[: len(PROOFS)]]
    noted += [f"1.00 ({doubt})" for doubt in filled[len(PROOFS) :]]
    one = pl.DataFrame({"noted": [*noted, " | ".join(noted)]})
    assert raw(one.select(remarks_zh(pl.col("noted")))["noted"].to_list()) == {}
    assert contract.Forms.columns().keys() >= {"inferred_columns", "witnesses_differ", "doubted_texts"}
