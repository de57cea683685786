"""Writes a corpus: PDFs, the truth of each beside it, and what each of them is."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from benchmarks.corpus import calc, html, latex, libreoffice, reportlab, scans, typst
from benchmarks.corpus.model import Document


def _reportlab(documents: Sequence[Document], folder: Path) -> None:
    for document in documents:
        (folder / f"{document.name}.pdf").write_bytes(reportlab.render(document))


def _scan(documents: Sequence[Document], folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        typst.typst(documents, Path(scratch))
        for document in documents:
            clean = (Path(scratch) / f"{document.name}.pdf").read_bytes()
            (folder / f"{document.name}.pdf").write_bytes(scans.scan(clean, Random(document.name)))


RENDER: dict[str, Callable[[Sequence[Document], Path], None]] = {
    "reportlab": _reportlab,
    "weasyprint": html.weasyprint,
    "chromium": html.chromium,
    "libreoffice": libreoffice.libreoffice,
    "calc": calc.calc,
    "latex": latex.latex,
    "typst": typst.typst,
    "scan": _scan,
    "unmapped": html.unmapped,
}


def write_truth(document: Document, folder: Path) -> None:
    """Write the truth of a document in the shape of the reference truth: a list of forms."""
    text = json.dumps(document.truth, ensure_ascii=False, indent=1)
    (folder / f"{document.name}.json").write_text(text + "\n", encoding="utf-8")


def make(documents: Sequence[Document], folder: Path) -> None:
    """Write PDFs and truth; the producer is the last part of a document's name.

    `corpus.jsonl` gets a line for each PDF: file, producer, layout, features.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for producer, render in RENDER.items():
        mine = [document for document in documents if document.name.endswith("-" + producer)]
        if mine:
            render(mine, folder)
        for document in mine:
            write_truth(document, folder)
            about = {
                "file": f"{document.name}.pdf",
                "producer": producer,
                "layout": document.layout,
                "features": document.features,
            }
            lines.append(json.dumps(about, ensure_ascii=False))
    (folder / "corpus.jsonl").write_text("\n".join(sorted(lines)) + "\n", encoding="utf-8")
