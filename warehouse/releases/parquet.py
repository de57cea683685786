"""The tables of a release as Parquet files: the same rows give the same bytes and the same names.

Tables of forms are split by fiscal year, so that a reader of one year opens one file and a year without news stays as
it is; the column is in the files too. Files are named <year>-<first digits of sha256>.parquet: `unknown` for forms
whose year could not be read, `all` for tables that are not split. A table without rows is one file.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any, Final

import duckdb
import polars as pl

from warehouse import contract
from warehouse.contract.ids import is_of_document
from warehouse.contract.metadata import contract_version, table_metadata
from warehouse.contract.views import macros, select_of
from warehouse.contract.vocabulary import PLACES
from warehouse.releases.contents import Contents
from warehouse.releases.views import BY_YEAR, Views
from warehouse.storage.base import Draft

_ROW_GROUP: Final = 100_000


@dataclass(frozen=True, slots=True)
class Part:
    """A Parquet file of a table.

    Attributes:
        path: Below the release's folder.
        rows: How many rows it has.
        bytes: Its size.
        sha256: Of its bytes, hex.
    """

    path: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Written:
    """What a release holds.

    Attributes:
        release_id: Its name; empty while it is being made.
        tables: The files of each table, by "<place>/<table>".
        inputs: By "<place>/<label>", a fingerprint of the derivations that the files of that label were made from.
    """

    release_id: str = ""
    tables: dict[str, list[Part]] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_manifest(cls, manifest: Mapping[str, Any]) -> Written:
        """Read it from the manifest of a release."""
        tables = {name: [Part(**part) for part in table["files"]] for name, table in manifest["tables"].items()}
        return cls(manifest["release_id"], tables, dict(manifest["inputs"]))

    def without(self, paths: Collection[str]) -> Written:
        """Leave out some files, and the fingerprints of what they were made from: they are written anew."""
        tables = {name: [part for part in parts if part.path not in paths] for name, parts in self.tables.items()}
        lost = {f"{place}/{name.partition('-')[0]}" for place, _, name in (path.split("/") for path in paths)}
        return Written(self.release_id, tables, {key: value for key, value in self.inputs.items() if key not in lost})

    def to_manifest(self) -> dict[str, Any]:
        """Write it for the manifest."""
        return {
            "tables": {
                name: {
                    "rows": sum(part.rows for part in parts),
                    "bytes": sum(part.bytes for part in parts),
                    "files": [asdict(part) for part in parts],
                }
                for name, parts in self.tables.items()
            },
            "inputs": self.inputs,
        }

    def content_digest(self) -> str:
        """Return a fingerprint of all files by their paths, which hold the digest of their bytes.

        Example:
            >>> Written().content_digest()[:8]
            '4f53cda1'
        """
        paths = sorted(part.path for parts in self.tables.values() for part in parts)
        return hashlib.sha256(repr(paths).encode()).hexdigest()


def write_tables(contents: Contents, draft: Draft, earlier: Written) -> Written:
    """Write the tables and views of a release, one year of one table in memory at a time.

    Years whose forms and derivations are those of the earlier release are not built; whatever file the earlier release
    has already is taken over, not written again.

    Args:
        contents: The release.
        draft: Its folder in the making.
        earlier: The current release; an empty one when there is none.

    Raises:
        ValueError: Rows do not obey their contract.
    """
    written = Written()
    for (place, name), rows in sorted(contents.tables.items()):
        folder = f"{place}/{name}"
        parts = written.tables[folder] = []
        if name not in contract.FORM_TABLES:
            parts.append(_write_part(rows, name, f"{folder}/all", draft, earlier))
            continue
        for label, forms in _by_label(contents.members, place):
            key = f"{place}/{label}"
            written.inputs[key] = _inputs_digest(forms)
            if earlier.inputs.get(key) == written.inputs[key]:
                parts.append(_taken_over(f"{folder}/{label}-", folder, draft, earlier))
            else:
                of_label = rows.join(forms.lazy().select("form_id"), on="form_id", how="semi")
                parts.append(_write_part(of_label, name, f"{folder}/{label}", draft, earlier))
        if not parts:
            parts.append(_write_part(rows.head(0), name, f"{folder}/all", draft, earlier))
    _write_views(contents, written, draft, earlier)
    return written


def _write_views(contents: Contents, written: Written, draft: Draft, earlier: Written) -> None:
    """Write the views beside the tables; years of which no form has changed are taken over."""
    labelled = contents.members.select("form_id", "label").lazy()
    with Views(contents.tables) as views:
        for view, rows in views.of_dataset():
            folder = f"published/{view}"
            parts = written.tables[folder] = []
            if view != "all_forms":
                parts.append(_write_part(rows.lazy(), view, f"{folder}/all", draft, earlier))
                continue
            for label, forms in _by_label(contents.members):
                of_label = rows.lazy().join(forms.lazy().select("form_id"), on="form_id", how="semi")
                parts.append(_write_part(of_label, view, f"{folder}/{label}", draft, earlier))
        made_of = {
            part.path.rpartition("/")[2].rpartition("-")[0]: part for part in written.tables["published/all_forms"]
        }
        for label in made_of:
            written.inputs[f"views/{label}"] = _view_digest(made_of[label], label, written)
        for view in BY_YEAR:
            folder = f"published/{view}"
            parts = written.tables[folder] = []
            for label in made_of:
                key = f"views/{label}"
                if earlier.inputs.get(key) == written.inputs[key]:
                    parts.append(_taken_over(f"{folder}/{label}-", folder, draft, earlier))
                else:
                    found = views.of_forms(view, labelled.filter(label=label).select("form_id"))
                    parts.append(_write_part(found.lazy(), view, f"{folder}/{label}", draft, earlier))
    for folder in [name for name, parts in written.tables.items() if not parts]:
        view = folder.rpartition("/")[2]
        empty = contract.empty(contract.VIEWS[view]).lazy()
        written.tables[folder].append(_write_part(empty, view, f"{folder}/all", draft, earlier))


def _view_digest(forms: Part, label: str, written: Written) -> str:
    """Return a fingerprint of what a year of a view is made from: the rows of its forms, and their derivations."""
    of_places = [written.inputs.get(f"{place}/{label}", "") for place in PLACES]
    return hashlib.sha256("\n".join([*of_places, forms.sha256, _view_writer()]).encode()).hexdigest()


@cache
def _view_writer() -> str:
    return "\n".join([duckdb.__version__, contract_version(), macros(), *map(select_of, contract.VIEWS)])


def _by_label(members: pl.DataFrame, place: str | None = None) -> Iterator[tuple[str, pl.DataFrame]]:
    """Give the forms of each year, of one place or of all."""
    of_place = members if place is None else members.filter(place=place)
    for label in of_place["label"].unique().sort():
        yield label, of_place.filter(label=label)


def _inputs_digest(forms: pl.DataFrame) -> str:
    """Return a fingerprint of what the files of a year are made from; another contract or writer is another input."""
    fingerprint = hashlib.sha256(_writer().encode())
    fingerprint.update(forms.sort("form_id").select("form_id", "derivation_id").write_csv().encode())
    return fingerprint.hexdigest()


@cache
def _writer() -> str:
    schemas = (contract.arrow_schema(table) for table in contract.FORM_TABLES.values())
    fields = [(field.name, str(field.type), field.metadata) for schema in schemas for field in schema]
    return f"{pl.__version__} {_ROW_GROUP} {contract_version()} {fields}"


def _taken_over(prefix: str, folder: str, draft: Draft, earlier: Written) -> Part:
    (part,) = (part for part in earlier.tables[folder] if part.path.startswith(prefix))
    draft.take_over(earlier.release_id, part.path)
    return part


def _write_part(rows: pl.LazyFrame, name: str, stem: str, draft: Draft, earlier: Written) -> Part:
    frame = contract.conform(rows.collect(engine="streaming"), contract.PUBLISHED[name])
    content = parquet_bytes(frame, name, stem.partition("/")[0])
    sha256 = hashlib.sha256(content).hexdigest()
    part = Part(f"{stem}-{sha256[:16]}.parquet", frame.height, len(content), sha256)
    if part in earlier.tables.get(stem.rpartition("/")[0], []):
        draft.take_over(earlier.release_id, part.path)
    else:
        draft.write(part.path, content)
    return part


def parquet_bytes(frame: pl.DataFrame, name: str, place: str = "published") -> bytes:
    """Return a table as Parquet: sorted by its key, row groups of a fixed size, the contract's field metadata.

    Occurrences of a form have its own document first.

    Args:
        frame: Obeys the contract of the table.
        name: Its name in `contract.PUBLISHED`.
        place: Whether its forms are published or held back, for the metadata of the file.
    """
    table = contract.PUBLISHED[name]
    out = io.BytesIO()
    key: list[str | pl.Expr] = [*table.primary_key()]
    if name == "occurrences":
        key.insert(1, ~is_of_document())
    frame.sort(key, maintain_order=True).write_parquet(
        out,
        compression="zstd",
        statistics=True,
        row_group_size=_ROW_GROUP,
        arrow_schema=contract.arrow_schema(table),
        metadata=table_metadata(name, place),
    )
    return out.getvalue()
