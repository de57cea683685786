"""A page that takes too much processor time ends its process, and nothing else."""

from __future__ import annotations

import time

import pytest

from flows.config.settings import DocumentLimits
from flows.running import reader as module
from flows.running.processor_time import limited
from flows.running.reader import once_more
from flows.stopping import Stop
from flows.workers import ProcessLimits, Workers


def work(pages: list[float]) -> int:
    """Be busy with pages, each for so many seconds of processor time."""
    with limited(1) as page_begins:
        for seconds in pages:
            page_begins()
            until = time.process_time() + seconds
            while time.process_time() < until:
                pass
    return len(pages)


def test_page_that_takes_too_long_ends_its_process_and_short_ones_may_be_many() -> None:
    processes: Workers[list[float], int] = Workers(work, 1, ProcessLimits())
    try:
        done = {str(one.item): (one.result, one.fault) for one in processes.map([[9.0], [0.6, 0.6, 0.6]], Stop())}
    finally:
        processes.close()
    assert done == {"[9.0]": (None, "processor"), "[0.6, 0.6, 0.6]": (3, None)}


def test_limit_is_lifted_afterwards() -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_CPU)
    with limited(1000) as page_begins:
        page_begins()
        assert resource.getrlimit(resource.RLIMIT_CPU) != before
    assert resource.getrlimit(resource.RLIMIT_CPU) == before


def test_reason_says_the_limit_so_that_another_one_gives_another_try() -> None:
    assert once_more(DocumentLimits(page_seconds=7))["page_timeout"] in module._PAGE_REASON.format(7)
    assert once_more(DocumentLimits(page_seconds=7))["page_timeout"] not in module._PAGE_REASON.format(17)
