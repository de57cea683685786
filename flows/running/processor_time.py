"""A limit of processor time for one page, held by the system: PDFium may draw for hours and look at nothing else."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from transforms.reading.limits import unwatched


@contextmanager
def limited(seconds: float | None) -> Iterator[Callable[[], None]]:
    """Have the system end this process with SIGXCPU where one page takes more processor time; Unix only.

    Args:
        seconds: Of each page, in whole seconds upwards; null: no limit.

    Returns:
        What to call whenever a page begins.
    """
    if seconds is None or sys.platform == "win32":
        yield unwatched
        return
    import resource

    usual, hard = resource.getrlimit(resource.RLIMIT_CPU)
    cores, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, most))  # SIGXCPU would write the memory of the process to a file

    def begin() -> None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        until = math.ceil(used.ru_utime + used.ru_stime + seconds)
        resource.setrlimit(resource.RLIMIT_CPU, (until if hard == resource.RLIM_INFINITY else min(until, hard), hard))

    try:
        begin()
        yield begin
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (usual, hard))
        resource.setrlimit(resource.RLIMIT_CORE, (cores, most))
