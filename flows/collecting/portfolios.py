"""PDF portfolios: covers for files attached to them, whose PDFs are documents of their own, as those of a ZIP are.

A portfolio is opened in a process of its own, with limits: nothing in it can stop the run.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from flows.collecting.zips import LostMember, Member, ZipLimits
from flows.stopping import Stop
from transforms.reading.source import is_portfolio as is_portfolio

_SECONDS: Final = 60.0
_MEMORY: Final = 2_000_000_000
_LOOK_SECONDS: Final = 0.1
_NAMELESS: Final = "attached.pdf"
_LIST: Final = "list.json"
_MB: Final = 1_000_000


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
        given = [str(path), scratch, str(limits.member_bytes), str(limits.bytes), str(limits.members)]
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__, *given], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + _SECONDS
        try:
            while process.poll() is None and time.monotonic() < until:
                stop.check()
                stop.wait(_LOOK_SECONDS)
        finally:
            process.kill()
            process.wait()
        found = Path(scratch) / _LIST
        for name, kept, code, message in json.loads(found.read_text()) if found.exists() else ():
            if kept is None:
                yield LostMember(name, code, message)
            else:
                yield Member(name, Path(kept), Path(kept).stat().st_size)


def _take_out(path: Path, scratch: Path, member_bytes: int, most_bytes: int, most_members: int) -> None:
    """Write the attached PDFs to a folder, and a list of them."""
    import pypdfium2 as pdfium

    found: list[tuple[str, str | None, str, str]] = []
    left = most_bytes
    document = pdfium.PdfDocument(path)
    for number in range(min(document.count_attachments(), most_members)):
        attachment = document.get_attachment(number)
        name = attachment.get_name() or _NAMELESS
        try:
            content = bytes(attachment.get_data())
        except pdfium.PdfiumError:
            if name.lower().endswith(".pdf"):
                found.append((name, None, "archive_damaged", "it cannot be unpacked: get the portfolio again"))
            continue
        if b"%PDF-" not in content[:1024]:
            continue
        left -= len(content)
        if len(content) > member_bytes or left < 0:
            message = f"{len(content) // _MB} MB, {member_bytes // _MB} MB are allowed: raise max_mb"
            found.append((name, None, "too_large", message))
            continue
        kept = scratch / f"{number}.pdf"
        kept.write_bytes(content)
        found.append((name, str(kept), "", ""))
    document.close()
    written = scratch / "written"
    written.write_text(json.dumps(found))
    written.rename(scratch / _LIST)


def _limit_memory() -> None:
    if sys.platform == "linux":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        most = _MEMORY if hard == resource.RLIM_INFINITY else min(_MEMORY, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


if __name__ == "__main__":
    _limit_memory()
    _take_out(Path(sys.argv[1]), Path(sys.argv[2]), *(int(one) for one in sys.argv[3:6]))
