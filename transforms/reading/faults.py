"""Why a document, or pages of it, cannot be read: reasons, each a stable code, a colon, and words for people."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
import pypdfium2.raw as pdfium

from transforms.reading.glance import is_outlandish
from transforms.reading.source import Source, may_be_encrypted

_HEADER_BYTES: Final = 1024


def file_fault(path: Path) -> str | None:
    """Return why a file cannot be a PDF; null where it may be one."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEADER_BYTES)
    except OSError as error:
        return f"missing_file: the file cannot be opened ({error.strerror or error}); check that it is there"
    if not head:
        return "empty_file: the file has 0 bytes; fetch it again"
    if b"%PDF-" not in head:
        return "not_a_pdf: the file does not begin with %PDF-; it may be a web page or another kind of file"
    return None


def open_fault(error: Exception, source: Source) -> str:
    """Why a document did not open, as a reason. PDFium may give the error of a document that it opened before."""
    code = getattr(error, "err_code", None)
    name = type(error.args[0]).__name__ if error.args and isinstance(error.args[0], Exception) else type(error).__name__
    needs_password = code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY) and may_be_encrypted(source)
    if needs_password or "Password" in name or "Encryption" in name:
        return "encrypted: the document needs a password; ask its publisher for an open one"
    return f"damaged: the document cannot be opened ({name}: {error}); fetch it again"


def listed(pages: Iterable[int]) -> str:
    """Name pages in words, at most ten of them."""
    pages = {*pages}
    shown = ", ".join(str(number) for number in sorted(pages)[:10])
    return f"page{'s' if len(pages) > 1 else ''} {shown}{' …' if len(pages) > 10 else ''}"


def garbled(cells: pl.DataFrame, pages: Iterable[int]) -> str | None:
    """Return why pages without a usable Unicode map are not read though they were recognised; null where they are.

    Args:
        cells: Those that were recognised.
        pages: The pages whose text cannot be what they print.
    """
    found = {number for number in pages if _is_outlandish(cells.filter(page_number=number)["text"])}
    if not found:
        return None
    return f"unreadable_font: the text of {listed(found)} is not readable, nor does a picture of it show ideographs"


def _is_outlandish(texts: pl.Series) -> bool:
    return is_outlandish(np.frombuffer("".join(texts).encode("utf-32-le"), dtype=np.uint32))
