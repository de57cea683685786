"""Small PDFs, and ZIP files of them."""

from __future__ import annotations

import io
import zipfile
from typing import Final


def small_pdf(password: str | None = None) -> bytes:
    """Make a PDF with one line of text; with a password it cannot be opened without it."""
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    encryption = StandardEncryption(password, strength=128) if password else None
    canvas = Canvas(buffer, encrypt=encryption, invariant=True)
    canvas.drawString(72, 720, "a letter, not a form")
    canvas.save()
    return buffer.getvalue()


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Make a ZIP archive; names are written in UTF-8 with the flag that says so, as Python does."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def renamed(archive: bytes, name: str, raw: bytes) -> bytes:
    """Write other bytes of the same length in place of an ASCII name, as other programs do."""
    assert len(name) == len(raw)
    return archive.replace(name.encode(), raw)


PDF: Final = small_pdf()
OTHER_PDF: Final = PDF + b"\n"
LARGE_PDF: Final = PDF + b"9 0 obj\n<<>>\nendobj\n%" + b"x" * 400_000 + b"\nstartxref\n0\n%%EOF\n"
