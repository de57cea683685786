from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.builders import (
    NOW,
    VERSION,
    MadeUpForm,
    critical_held,
    derive,
    document_id,
    form_id,
    ingest,
    publish,
    read,
    see,
)
from tests.support.contents import contents
from warehouse import contract
from warehouse.ledger.forgetting import forget
from warehouse.releases import chunks, writing
from warehouse.releases.parquet import Written, parquet_bytes
from warehouse.releases.release import Release
from warehouse.releases.views import BY_YEAR, views_over
from warehouse.releases.writing import write_tables
from warehouse.storage.folder import FolderDraft
from warehouse.warehouse import Warehouse


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "SIZES", (8, 4, 2))


@pytest.fixture
def releases(tmp_path: Path) -> Path:
    return tmp_path / "releases"


MADE = {"a": [MadeUpForm("p1", year=2022), MadeUpForm("p2")], "b": [MadeUpForm("p3", year=None)]}


def draft_at(folder: Path) -> FolderDraft:
    folder.mkdir(parents=True)
    return FolderDraft(folder, folder.parents[1])


def write(made: dict[str, list[MadeUpForm]], folder: Path, earlier: Written | None = None) -> Written:
    """Write a release into <root>/releases/<name>."""
    written = write_tables(contents(made, {}), draft_at(folder), earlier or Written())
    return replace(written, release_id=folder.name)


def labels(written: Written, table: str) -> list[str]:
    return [part.label.partition("-")[0] for part in written.tables[table]]


def test_write_tables_splits_forms_by_year_and_keeps_the_column(releases: Path) -> None:
    written = write(MADE, releases / "1")
    assert labels(written, "published/indicators") == ["2022", "2023", "unknown"]
    for part in written.tables["published/indicators"]:
        content = (releases / "1" / part.path).read_bytes()
        rows = pl.read_parquet(content)
        assert (hashlib.sha256(content).hexdigest(), len(content), rows.height) == (part.sha256, part.bytes, part.rows)
        assert Path(part.path).stem.endswith(part.sha256[:16])
        assert rows.schema == contract.polars_schema(contract.Indicators)
        assert rows["fiscal_year"].n_unique() == 1


def test_write_tables_without_year_column_are_split_by_the_form(releases: Path) -> None:
    written = write(MADE, releases / "1")
    assert labels(written, "published/evidence") == ["2022", "2023", "unknown"]
    assert [part.rows for part in written.tables["published/evidence"]] == [1, 1, 1]


def test_write_tables_without_rows_is_one_file_with_the_schema(releases: Path) -> None:
    written = write({}, releases / "1")
    (part,) = written.tables["published/forms"]
    assert pl.read_parquet(releases / "1" / part.path).equals(contract.empty(contract.Forms))


def test_write_tables_same_bytes_as_before_are_linked(releases: Path) -> None:
    first = write(MADE, releases / "1")
    earlier = replace(first, inputs={})  # as if all had been derived again
    second = write(MADE | {"a": [MADE["a"][0], MadeUpForm("p2", score="1")]}, releases / "2", earlier)
    before, after = first.tables["published/forms"], second.tables["published/forms"]
    assert [a.path == b.path for a, b in zip(before, after, strict=True)] == [True, False, True]
    assert (releases / "1" / before[0].path).stat().st_ino == (releases / "2" / after[0].path).stat().st_ino


def test_write_tables_year_without_news_is_not_built(releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = write(MADE, releases / "1")
    built: list[str] = []
    real = parquet_bytes

    def noted(frame: pl.DataFrame, name: str, place: str) -> bytes:
        if name in (*contract.FORM_TABLES, *BY_YEAR):
            built.extend(str(year) for year in frame.get_column("fiscal_year", default=pl.Series()).unique())
        return real(frame, name, place)

    monkeypatch.setattr(writing, "parquet_bytes", noted)
    second = write(MADE | {"c": [MadeUpForm("p4")]}, releases / "2", first)
    assert set(built) == {"2023"}, "years without news were built"
    assert first.tables["published/forms"][2] == second.tables["published/forms"][2]
    assert second.tables["published/forms"][1].rows == 2
    assert first.tables["published/all_indicators"][2] == second.tables["published/all_indicators"][2]
    assert second.tables["published/all_indicators"][1].rows == 6


def test_write_tables_writes_a_table_with_its_view_before_the_next_one_is_read(
    releases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, happened = contents(MADE, {form_id("b"): "R15"}), []
    real = parquet_bytes

    def rows_of(name: str, documents: pl.Series) -> pl.LazyFrame:
        happened.append(f"read {name}")
        return made.rows_of(name, documents)

    def noted(frame: pl.DataFrame, name: str, place: str) -> bytes:
        happened.append(name)
        return real(frame, name, place)

    monkeypatch.setattr(writing, "parquet_bytes", noted)
    write_tables(replace(made, rows_of=rows_of), draft_at(releases / "1"), Written())
    reads = [number for number, what in enumerate(happened) if what.startswith("read")]
    assert [happened[number] for number in reads] == [
        *("read forms", "read checks", "read pages", "read funding", "read indicators", "read leftovers"),
        "read evidence",
    ]
    for view, table in BY_YEAR.items():
        begin = happened.index(f"read {table}")
        end = next((number for number in reads if number > begin), len(happened))
        written = [number for number, name in enumerate(happened) if name in (view, table)]
        assert len(written) > 2
        assert all(begin < number < end for number in written)


def test_write_tables_reads_the_rows_of_few_forms_at_once(releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = {f"d{i:02}": [MadeUpForm(f"p{i}", year=2020 + i % 4)] for i in range(16)}
    found, asked = contents(made, {}), list[int]()

    def rows_of(name: str, documents: pl.Series) -> pl.LazyFrame:
        asked.extend([documents.len()] if name == "evidence" else [])
        return found.rows_of(name, documents)

    monkeypatch.setattr(writing, "FORMS_AT_ONCE", 9)
    by_parts = write_tables(replace(found, rows_of=rows_of), draft_at(releases / "1"), Written())
    assert asked == [8, 8]
    monkeypatch.setattr(writing, "FORMS_AT_ONCE", 3)  # a label has four
    write_tables(replace(found, rows_of=rows_of), draft_at(releases / "2"), Written())
    assert asked[2:] == [4] * 4
    assert by_parts == write_tables(found, draft_at(releases / "3"), Written())


def test_write_tables_link_not_possible_is_copied(releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = write(MADE, releases / "1")

    def impossible(*_: object) -> None:
        raise OSError("no links on this file system")

    monkeypatch.setattr(Path, "hardlink_to", impossible)
    second = write(MADE, releases / "2", first)
    assert second.tables == first.tables
    for part in second.tables["published/forms"]:
        assert (releases / "2" / part.path).read_bytes() == (releases / "1" / part.path).read_bytes()


def test_write_tables_that_break_the_contract_raise(releases: Path) -> None:
    made = contents(MADE, {})

    def broken(name: str, documents: pl.Series) -> pl.LazyFrame:
        rows = made.rows_of(name, documents)
        return rows.drop("title") if name == "forms" else rows

    with pytest.raises(ValueError, match="Forms does not obey its contract: title is missing"):
        write_tables(replace(made, rows_of=broken), draft_at(releases / "1"), Written())


def test_written_manifest_gives_back_what_was_written(releases: Path) -> None:
    written = write(MADE, releases / "1")
    again = Written.of_manifest(json.loads(json.dumps({"release_id": "1", **written.to_manifest()})))
    assert again == written


Nights = Sequence[Mapping[str, Sequence[MadeUpForm]]]


def file_names(written: Written, table: str) -> list[str]:
    return [Path(part.path).name for part in written.tables[table]]


@pytest.mark.usefixtures("small_chunks")
def test_write_tables_new_documents_leave_the_files_of_full_chunks(releases: Path) -> None:
    made = {f"d{i:02}": [MadeUpForm(f"p{i}")] for i in range(13)}
    first = write(made, releases / "1")
    second = write(made | {"new": [MadeUpForm("new")]}, releases / "2", first)
    for table in ("forms", "evidence", "all_forms", "evidence_of"):
        before, after = file_names(first, f"published/{table}"), file_names(second, f"published/{table}")
        assert [name[5:13] for name in before] == ["00000000", "00000008", "00000012"]
        assert before[:2] == after[:2]
        assert before[2] != after[2]
    assert len(second.tables["published/documents"]) == 3


@pytest.mark.usefixtures("small_chunks")
def test_write_tables_a_revision_changes_only_the_files_of_its_year_and_chunk(releases: Path) -> None:
    made = {f"d{i:02}": [MadeUpForm(f"p{i}", year=2020 + i % 2)] for i in range(13)}
    first = write(made, releases / "1")
    second = write(made | {"d03": [MadeUpForm("p3", year=2021, score="1")]}, releases / "2", first)
    changed = {
        (table, part.label)
        for table, parts in second.tables.items()
        for part in parts
        if part not in first.tables[table]
    }
    assert changed == {
        *(("published/forms", "2021-00000000"), ("published/all_forms", "2021-00000000")),
        ("published/projects", "all"),
        ("published/department_year", "all"),
    }


NAMES = [f"d{i}" for i in range(12)]
FORMS = st.builds(
    MadeUpForm,
    project=st.sampled_from(["p1", "p2", "p3", "p4", "p5"]),
    year=st.sampled_from([2022, 2023, None]),
    score=st.sampled_from(["90", "91"]),
    indicators=st.integers(0, 2),
)
MADE_UP = st.dictionaries(st.sampled_from(NAMES), st.lists(FORMS, max_size=2), max_size=9)


@pytest.mark.slow
@pytest.mark.long
@given(st.lists(st.tuples(MADE_UP, st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES))), max_size=3))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_write_tables_after_any_release_gives_what_writing_all_gives(
    tmp_path_factory: pytest.TempPathFactory, nights: list[tuple[dict[str, list[MadeUpForm]], set[str], set[str]]]
) -> None:
    """Documents come, are read anew, fail, are held back and released: byte for byte as if there had been no night."""
    folder, known, earlier = tmp_path_factory.mktemp("root") / "releases", dict[str, list[MadeUpForm]](), Written()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(chunks, "SIZES", (4, 2, 1))
        patched.setattr(writing, "FORMS_AT_ONCE", 2)
        for night, (made, held, failed) in enumerate(nights):
            known |= made
            states = dict.fromkeys(failed & known.keys(), "failed")
            there = {name: [] if name in states else forms for name, forms in known.items()}
            some = {form_id(name): "R15" for name in held & known.keys() if there[name]}
            found = contents(there, some, None, **states)
            earlier = replace(write_tables(found, draft_at(folder / f"{night}"), earlier), release_id=f"{night}")
            patched.setattr(writing, "FORMS_AT_ONCE", 1000)
            anew = write_tables(found, draft_at(folder / f"{night}-anew"), Written())
            patched.setattr(writing, "FORMS_AT_ONCE", 2)
            assert (earlier.tables, earlier.inputs) == (anew.tables, anew.inputs)
            for parts in anew.tables.values():
                for part in parts:
                    whole = (folder / f"{night}" / part.path).read_bytes()
                    assert hashlib.sha256(whole).hexdigest() == part.sha256
            all_forms = pl.concat([pl.read_parquet(folder / f"{night}" / p.path) for p in anew.tables[ALL]])
            for view, rows in views_over(all_forms):
                (part,) = anew.tables[f"published/{view}"]
                key = contract.VIEWS[view].primary_key()
                assert pl.read_parquet(folder / f"{night}" / part.path).equals(rows.sort(key))


ALL = "published/all_forms"


def rows_of(release: Release) -> dict[str, pl.DataFrame]:
    """All tables of a release, sorted by their key."""
    return {
        name: release.scan(name.partition("/")[2], name.partition("/")[0])
        .collect()
        .sort(contract.PUBLISHED[name.partition("/")[2]].primary_key(), maintain_order=True)
        for name in release.manifest["tables"]
    }


@pytest.mark.usefixtures("small_chunks")
def test_nights_one_by_one_publish_the_rows_of_one_run_of_all(tmp_path: Path) -> None:
    nights: Nights = [
        {f"n{night}-{i}": [MadeUpForm(f"p{night}-{i}", year=2020 + i % 3), MadeUpForm("same")] for i in range(night)}
        for night in (1, 3, 4, 2, 5)
    ]
    nights = [*nights, {"again": [MadeUpForm("p3-1", year=2021, score="12")]}, {"none": []}]
    held = {form_id("n3-1", 2): "R15", form_id("n5-0"): "R02"}
    by_turns, at_once = Warehouse(tmp_path / "turns"), Warehouse(tmp_path / "once")
    for number, made in enumerate(nights):
        for warehouse in (by_turns, at_once):
            ingest(warehouse, made, {form: rule for form, rule in held.items() if form[:24] in _heads(made)})
        release = publish(by_turns).release
        if number == 3:
            by_turns.publishing.rollback(by_turns.releases.kept()[0].release_id)
        if number == 4:
            by_turns.publishing.rollback()
    assert len(by_turns.releases.kept()) == len(nights)
    whole, turns = rows_of(publish(at_once).release), rows_of(release)
    assert whole.keys() == turns.keys()
    assert whole["published/revisions"].height == 1
    assert whole["published/documents"].height == sum(map(len, nights))
    for name, rows in whole.items():
        assert rows.equals(turns[name]), name


def _heads(made: Mapping[str, object]) -> set[str]:
    return {document_id(name)[:24] for name in made}


@pytest.mark.usefixtures("small_chunks")
def test_other_rules_write_anew_only_what_they_change(tmp_path: Path) -> None:
    made = {f"d{i}": [MadeUpForm(f"p{i}")] for i in range(11)}
    warehouse = Warehouse(tmp_path)
    ingest(warehouse, made)
    first = publish(warehouse).release
    derive(warehouse, made, "derive-2")
    same = publish(warehouse, "derive-2")
    assert (same.is_new, same.release) == (False, first)
    newest = max(made, key=document_id)  # of documents that are seen at once
    derive(warehouse, made, "derive-3", {form_id(newest): "R15"})
    second = publish(warehouse, "derive-3", critical_held).release
    assert second.scan("forms", "quarantine").collect()["form_id"].to_list() == [form_id(newest)]
    for table in ("published/forms", "published/evidence"):
        before, after = (release.manifest["tables"][table]["files"] for release in (first, second))
        assert [one["rows"] for one in before] == [8, 2, 1]
        assert before[:2] == after


@pytest.mark.usefixtures("small_chunks")
def test_a_lost_file_is_written_anew_with_all_of_its_label(tmp_path: Path) -> None:
    made = {f"d{i}": [MadeUpForm(f"p{i}")] for i in range(5)}
    warehouse = Warehouse(tmp_path)
    ingest(warehouse, made)
    first = publish(warehouse).release
    for table in ("all_funding", "evidence", "checks"):
        for path in (first.path / "published" / table).iterdir():
            path.unlink()
    second = publish(warehouse, force=True).release
    assert not second.damage()
    assert {name: about["rows"] for name, about in second.manifest["tables"].items()} == {
        name: about["rows"] for name, about in first.manifest["tables"].items()
    }


@pytest.mark.usefixtures("small_chunks")
def test_documents_taken_out_or_pending_move_no_other(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    made = {f"d{i}": [MadeUpForm(f"p{i}")] for i in range(9)}
    ingest(warehouse, made)
    first = publish(warehouse).release
    see(warehouse, ["pending"])
    read(warehouse, ["pending"])
    forget(warehouse.ledger, [document_id("d0")], "wanted", NOW)
    second = publish(warehouse, VERSION).release
    before, after = (set(release.files()) for release in (first, second))
    labels = {path.rpartition("/")[2].rpartition("-")[0] for path in after - before if "/" in path}
    assert labels <= {"all", "all-00000000", "2023-00000000"}
