"""The sample PDFs of the repository are what their script makes."""

from __future__ import annotations

import json

import pytest

from benchmarks.corpus.model import Document
from benchmarks.corpus.reportlab import render
from samples.make_samples import documents
from tests.support.paths import SAMPLES


@pytest.mark.parametrize("document", documents(), ids=lambda document: document.name)
def test_documents_committed_file_is_made_by_the_script(document: Document) -> None:
    assert render(document) == (SAMPLES / f"{document.name}.pdf").read_bytes()


@pytest.mark.parametrize("document", documents(), ids=lambda document: document.name)
def test_documents_committed_truth_is_made_by_the_script(document: Document) -> None:
    text = (SAMPLES / "truth" / f"{document.name}.json").read_text(encoding="utf-8")
    assert json.loads(text) == list(document.truth)


def test_documents_no_pdf_without_script() -> None:
    assert {path.stem for path in SAMPLES.glob("*.pdf")} == {document.name for document in documents()}
