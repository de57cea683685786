"""`jixiao serve` ended at bad moments: every night is done, left out with its reason, or alerted."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.paths import SAMPLES
from tests.support.restarts import restart
from tests.support.service import service_in

TIMES = int(os.environ.get("JIXIAO_TEST_RESTARTS", "4"))
"""How often: the figures of docs/operations.md are of 20."""

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(1800 + 600 * TIMES)]


@pytest.mark.parametrize("overlap", os.environ.get("JIXIAO_TEST_OVERLAPS", "skip").split(","))
def test_every_night_is_accounted_for_through_restarts(overlap: str, tmp_path: Path) -> None:
    with service_in(tmp_path, cron="* * * * *") as service:
        shutil.copy(SAMPLES / "over-budget.pdf", service.folder / "inbox")
        service.overlap = overlap
        service.write_settings("pdfium")
        account = restart(service, TIMES, seed=20261128)
        print(account)
        assert account.unknown == [], account
        assert sum(account.restarts.values()) == TIMES
        assert account.fates["done"] > 0
        assert (service.warehouse / "published").exists()
        assert "Traceback" not in service.logged()
