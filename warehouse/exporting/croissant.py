"""What describes exported Parquet files for machine learning: `croissant.json` (Croissant 1.0), from the contract."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import dataframely as dy
import polars as pl

from warehouse import contract
from warehouse.contract.metadata import LICENSE, column_metadata, table_about

_TERMS: Final = (
    *("citeAs", "column", "equivalentProperty", "extract", "field", "fileObject", "fileProperty", "fileSet", "format"),
    *("includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex"),
    *("repeated", "replace", "samplingRate", "separator", "source", "subField", "transform"),
)
_CONTEXT: Final[dict[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{name: f"cr:{name}" for name in _TERMS},
}
"""The context that the standard prescribes, whole: readers warn of any other."""
_PARQUET: Final = "application/x-parquet"
_TYPES: Final[dict[type[pl.DataType], str]] = {
    pl.Boolean: "sc:Boolean",
    pl.Date: "sc:Date",
    pl.Datetime: "sc:DateTime",
    pl.Int32: "cr:Int32",
    pl.Int64: "cr:Int64",
    pl.Float64: "cr:Float64",
    pl.Decimal: "sc:Float",
}
"""Croissant has no decimals: their exact type stands in the description."""


def croissant(release_id: str, created_at: str, files: Mapping[Path, tuple[str, str]]) -> dict[str, Any]:
    """Describe exported files: each with its sha256, and each table with its columns and key.

    Args:
        release_id: The release that the files are of.
        created_at: When the release was made, in ISO 8601.
        files: The Parquet files, all in one folder; place and table of each.
    """
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "jixiao",
        "description": "财政项目支出绩效自评表: self-evaluation forms of fiscal projects, read from published PDFs.",
        "inLanguage": ["zh", "en"],
        "license": LICENSE["path"],
        "version": f"{int(release_id.partition('-')[0])}.0.0",
        "identifier": release_id,
        "datePublished": created_at,
        "citeAs": f"jixiao 绩效, release {release_id}",
        "distribution": [_file(path) for path in files],
        "recordSet": [_records(path, *about) for path, about in files.items()],
    }


def _file(path: Path) -> dict[str, Any]:
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return {
        "@type": "cr:FileObject",
        "@id": path.name,
        "name": path.name,
        "contentUrl": path.name,
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": _PARQUET,
        "sha256": digest,
    }


def _records(path: Path, place: str, name: str) -> dict[str, Any]:
    held = " Of the forms that were held back." if place == "quarantine" else ""
    table = contract.PUBLISHED[name]
    about = column_metadata(name)
    first_line, _, _ = table_about(name, "en").meaning.partition("\n")
    return {
        "@type": "cr:RecordSet",
        "@id": path.stem,
        "name": path.stem,
        "description": f"{first_line}{held} {table_about(name, 'zh').name}",
        "key": [{"@id": f"{path.stem}/{column}"} for column in table.primary_key()],
        "field": [_field(path, column, of, about[column]) for column, of in table.columns().items()],
    }


def _field(path: Path, name: str, column: dy.Column, about: Mapping[str, str]) -> dict[str, Any]:
    dtype = column.dtype
    exact = f" Exact in the file: decimal({dtype.precision}, {dtype.scale})." if isinstance(dtype, pl.Decimal) else ""
    unit = f" Unit: {about['unit']}." if "unit" in about else ""
    return {
        "@type": "cr:Field",
        "@id": f"{path.stem}/{name}",
        "name": name,
        "description": f"{about['name_zh']}: {about['description']}.{unit}{exact}",
        "dataType": _TYPES.get(dtype.base_type(), "sc:Text"),
        "source": {"fileObject": {"@id": path.name}, "extract": {"column": name}},
    }
