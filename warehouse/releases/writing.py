"""Writes the tables and views of a release, chunk by chunk; what has not changed is taken over from the one before.

The files of one label (a year and a chunk of documents, see `parquet`) are made together. A label whose fingerprint is
that of the earlier release is not looked at again: its files get another name there, and that is all. So a night costs
what its new documents cost, and those old ones that have changed, with their chunk of the year.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from typing import Final

import duckdb
import polars as pl

from warehouse import contract
from warehouse.contract.metadata import contract_version
from warehouse.contract.views import macros, select_of
from warehouse.contract.vocabulary import PLACES
from warehouse.releases.chunks import FIRST
from warehouse.releases.contents import Contents
from warehouse.releases.parquet import ROW_GROUP, Part, Written, parquet_bytes
from warehouse.releases.views import BY_YEAR, COUNTED, USED, Views, views_over
from warehouse.storage.base import Draft

_WHOLE: Final = ("sources", "rule_results", "revisions", "corrections", "rules", "codes", "regions")
"""Tables that are one file: they are small, or may change as a whole."""

_ALL_FORMS: Final = "published/all_forms"

FORMS_AT_ONCE: Final = 1000
"""So many forms of a chunk have their tables in memory at once; those of one label always."""


def write_tables(contents: Contents, draft: Draft, earlier: Written) -> Written:
    """Write the tables and views of a release, one table of a part of a chunk in memory at a time.

    Whatever file the earlier release has already is taken over, not written again.

    Args:
        contents: The release.
        draft: Its folder in the making.
        earlier: The current release; an empty one when there is none.

    Raises:
        ValueError: Rows do not obey their contract.
    """
    labels = _Labels(contents)
    fingerprints = labels.fingerprints()
    same = {label for label, fingerprint in fingerprints.items() if earlier.inputs.get(label) == fingerprint}
    views = [f"published/{view}" for view in contract.VIEWS]
    folders = [*(f"{place}/{name}" for place, name in sorted(contents.tables)), *views]
    written = Written("", {folder: [] for folder in folders}, fingerprints)
    forms: list[pl.LazyFrame] = []  # the columns of all_forms that the last views count over
    for folder, parts in written.tables.items():
        for part in (part for part in earlier.tables.get(folder, []) if part.label in same):
            location = draft.take_over(earlier.release_id, part.path)
            parts.append(part)
            if folder == _ALL_FORMS:
                forms.append(pl.scan_parquet(location).select(COUNTED))
    for folder, label, rows in _of_labels(labels, sorted(fingerprints.keys() - same)):
        written.tables[folder].append(_write_part(rows, folder, label, draft, earlier))
        if folder == _ALL_FORMS:
            forms.append(rows.select(COUNTED).lazy())
        del rows  # before the next ones are made
    whole = {name: contents.tables["published", name].collect(engine="streaming") for name in _WHOLE}
    counted = pl.concat(forms).collect() if forms else contract.empty(contract.VIEWS["all_forms"])
    for name, rows in (*whole.items(), *views_over(counted)):
        conforming = contract.conform(rows, contract.PUBLISHED[name])
        written.tables[f"published/{name}"] = [_write_part(conforming, f"published/{name}", "all", draft, earlier)]
    for folder, parts in written.tables.items():
        if not parts:
            none = contract.empty(contract.PUBLISHED[folder.rpartition("/")[2]])
            parts.append(_write_part(none, folder, "all", draft, earlier))
        parts.sort(key=lambda part: part.path)
    return written


class _Labels:
    """Which row of a release belongs to which label.

    Rows of a form that is shown belong to the year of the form and the chunk of its document; other rows to `all` and
    the chunk of their document, or the last one where they are of no document.
    """

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        chunks = contents.documents.select("document_id", file_label=pl.concat_str(pl.lit("all-"), "chunk"))
        self.of_documents = chunks
        self.of_forms = contents.members.select("form_id", "file_label")
        self.last = str(chunks["file_label"].max() or f"all-{FIRST}")
        self.documents = contents.tables["published", "documents"].collect()
        self.occurrences = self.of(contents.tables["published", "occurrences"].collect())
        self.added_checks = self.of(contents.added_checks)
        self.rules, self.regions = (contents.tables["published", name].collect() for name in ("rules", "regions"))

    def of(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Add `file_label` to rows with `document_id`, and `form_id` where they may be of a form."""
        if "form_id" not in rows.columns:
            return rows.join(self.of_documents, on="document_id", how="left")
        return (
            rows.join(self.of_forms, on="form_id", how="left")
            .join(self.of_documents, on="document_id", how="left", suffix="_of_document")
            .with_columns(pl.coalesce("file_label", "file_label_of_document", pl.lit(self.last)))
            .drop("file_label_of_document")
        )

    def fingerprints(self) -> dict[str, str]:
        """Return a fingerprint for each label, of all that its files are made from."""
        shown = self.documents.select(USED["documents"] or ())
        of_labels = [
            self.contents.members.join(shown, on="document_id"),
            self.of(self.documents).join(self.contents.documents, on="document_id"),
            self.occurrences,
            self.added_checks,
        ]
        parts: dict[str, list[pl.DataFrame]] = {}  # the texts of one label at a time are in memory
        for rows in of_labels:
            for (label,), part in rows.partition_by("file_label", as_dict=True).items():
                parts.setdefault(str(label), []).append(part)
        made_by = "\n".join([_writer(), _titles(self.rules), str(self.regions.write_csv())])
        base = hashlib.sha256(made_by.encode()).hexdigest()
        return {label: _fingerprint(base, parts[label]) for label in sorted(parts)}


def _fingerprint(base: str, parts: list[pl.DataFrame]) -> str:
    texts = pl.concat([part.select(_text()).to_series().rename("text") for part in parts])
    return hashlib.sha256("\n".join([base, *texts.sort()]).encode()).hexdigest()


def _text() -> pl.Expr:
    return pl.struct(pl.all().exclude("file_label").cast(pl.String)).struct.json_encode()


def _titles(rules: pl.DataFrame) -> str:
    return str(rules.select(USED["rules"] or ()).write_csv())


@cache
def _writer() -> str:
    """Return what the bytes of files depend on beside their rows: the contract, and what writes them."""
    schemas = (contract.arrow_schema(table) for table in contract.PUBLISHED.values())
    fields = [(field.name, str(field.type), field.metadata) for schema in schemas for field in schema]
    parts = [pl.__version__, duckdb.__version__, f"{ROW_GROUP}", contract_version(), f"{fields}", macros()]
    return "\n".join([*parts, *map(select_of, contract.VIEWS)])


def _of_labels(labels: _Labels, wanted: list[str]) -> Iterator[tuple[str, str, pl.DataFrame]]:
    """Give folder, label and rows of each file that some labels have.

    One table of some labels of a chunk is in memory at a time, beside their forms and checks.
    """
    for some in _at_once(labels, wanted):
        for name, rows in _of_chunk(labels, some):
            conforming = contract.conform(rows.drop("file_label", "place", strict=False), contract.PUBLISHED[name])
            files = rows.select(folder=_folder(name, rows), label="file_label")
            del rows
            for folder, label in files.unique().sort("folder", "label").iter_rows():
                is_of_file = (files["folder"] == folder) & (files["label"] == label)
                yield folder, label, conforming.filter(is_of_file)
            del conforming


def _at_once(labels: _Labels, wanted: list[str]) -> Iterator[list[str]]:
    """Cut labels into those that are made together: of one chunk, and of few forms unless one label has more."""
    forms = dict(labels.contents.members.group_by("file_label").len().iter_rows())
    some: list[str] = []
    count, chunk = 0, ""
    for label in sorted(wanted, key=lambda label: (label.rpartition("-")[2], label)):
        more = forms.get(label, 0)
        if some and (label.rpartition("-")[2] != chunk or (more and count + more > FORMS_AT_ONCE)):
            yield some
            some, count = [], 0
        some.append(label)
        count, chunk = count + more, label.rpartition("-")[2]
    if some:
        yield some


def _folder(name: str, rows: pl.DataFrame) -> pl.Expr:
    place = pl.col("place") if "place" in rows.columns else pl.lit("published")
    return pl.concat_str(place, pl.lit(f"/{name}"))


def _of_chunk(labels: _Labels, wanted: list[str]) -> Iterator[tuple[str, pl.DataFrame]]:
    """Give name and rows of the tables and views of some labels of one chunk.

    Each row has its label, `file_label`; those of tables of forms have their `place` too.
    """
    contents, is_wanted = labels.contents, pl.col("file_label").is_in(wanted)
    members = contents.members.filter(is_wanted).select("form_id", "document_id", "place", "file_label")
    of_all = labels.of_documents.filter(is_wanted)
    documents = pl.concat([members["document_id"], of_all["document_id"]]).unique()
    tables: dict[tuple[str, str], pl.LazyFrame] = {}

    def rows_of(name: str) -> pl.DataFrame:
        of_forms = contents.rows_of(name, members["document_id"].unique())
        found = of_forms.join(members.lazy().drop("document_id"), on="form_id").collect(engine="streaming")
        for place in PLACES:
            tables[place, name] = found.lazy().filter(place=place).drop("place", "file_label")
        return found

    yield "forms", rows_of("forms")
    judged = labels.of(contents.rows_of("checks", documents).collect(engine="streaming"))
    checks = pl.concat([judged, labels.added_checks.select(judged.columns)]).filter(is_wanted)
    yield "checks", checks
    yield "occurrences", labels.occurrences.filter(is_wanted)
    yield "documents", labels.documents.join(of_all, on="document_id")
    pages = contents.rows_of("pages", of_all["document_id"]).join(of_all.lazy(), on="document_id")
    yield "pages", pages.collect(engine="streaming")
    tables["published", "checks"] = checks.drop("file_label").lazy()
    tables["published", "documents"] = labels.documents.join(documents.to_frame(), on="document_id", how="semi").lazy()
    tables["published", "rules"], tables["published", "regions"] = labels.rules.lazy(), labels.regions.lazy()
    with Views(tables) as views:
        for name in (table for table in contract.FORM_TABLES if table != "forms"):
            yield name, rows_of(name)
            if name == "indicators":
                for view, rows in views.of_dataset(over_forms=False):
                    yield view, labels.of(rows)
            for view in (view for view, of_table in BY_YEAR.items() if of_table == name):
                for _, forms in sorted(members.partition_by("file_label", as_dict=True).items()):
                    yield view, views.of_forms(view, forms.lazy().select("form_id")).join(labels.of_forms, on="form_id")
            for place in PLACES:
                del tables[place, name]


def _write_part(rows: pl.DataFrame, folder: str, label: str, draft: Draft, earlier: Written) -> Part:
    place, _, name = folder.partition("/")
    content = parquet_bytes(rows, name, place)
    sha256 = hashlib.sha256(content).hexdigest()
    part = Part(f"{folder}/{label}-{sha256[:16]}.parquet", rows.height, len(content), sha256)
    if part in earlier.tables.get(folder, []):
        draft.take_over(earlier.release_id, part.path)
    else:
        draft.write(part.path, content)
    return part
