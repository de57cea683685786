"""PDF portfolios: covers for files attached to them, whose PDFs are documents of their own, as those of a ZIP are.

A portfolio is opened in a process of its own, with limits: nothing in it can stop the run.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flows.collecting.zips import LostMember, Member, ZipLimits
from flows.stopping import Stop
from flows.workers import ProcessLimits, Workers
from transforms.reading.source import is_portfolio as is_portfolio

_LIMITS: Final = ProcessLimits(seconds=60, memory_mb=2000)
_NAMELESS: Final = "attached.pdf"
_MB: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class _Order:
    path: Path
    scratch: Path
    limits: ZipLimits


def attached(path: Path, limits: ZipLimits, stop: Stop) -> Iterator[Member | LostMember]:
    """Give the PDFs that are attached to a PDF; other files are passed over.

    What cannot be opened, or takes a minute and more, gives none: its reader says what is wrong with it.

    Args:
        path: The portfolio.
        limits: How much it may hold.
        stop: Looked at while it is opened.

    Raises:
        Interrupted: The run ends.
    """
    with tempfile.TemporaryDirectory(prefix="jixiao-") as scratch:
        processes: Workers[_Order, list[Member | LostMember]] = Workers(_attached, 1, _LIMITS)
        try:
            for done in processes.map([_Order(path, Path(scratch), limits)], stop):
                yield from done.result or ()
        finally:
            processes.close()


def _attached(order: _Order) -> list[Member | LostMember]:
    import pypdfium2 as pdfium

    found: list[Member | LostMember] = []
    left, limits = order.limits.bytes, order.limits
    document = pdfium.PdfDocument(order.path)
    try:
        for number in range(min(document.count_attachments(), limits.members)):
            attachment = document.get_attachment(number)
            name = attachment.get_name() or _NAMELESS
            try:
                content = bytes(attachment.get_data())
            except pdfium.PdfiumError:
                if name.lower().endswith(".pdf"):
                    found.append(LostMember(name, "archive_damaged", "it cannot be unpacked: get the portfolio again"))
                continue
            if b"%PDF-" not in content[:1024]:
                continue
            left -= len(content)
            if len(content) > limits.member_bytes or left < 0:
                message = f"{len(content) // _MB} MB, {limits.member_bytes // _MB} MB are allowed: raise max_mb"
                found.append(LostMember(name, "too_large", message))
                continue
            kept = order.scratch / f"{number}.pdf"
            kept.write_bytes(content)
            found.append(Member(name, kept, len(content)))
    finally:
        document.close()
    return found
