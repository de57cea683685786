from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.flows.collecting.site import Site, serving
from tests.flows.conftest import small_pdf

PDF = small_pdf()
LARGE_PDF = PDF + b"\n%" + b"x" * 400_000 + b"\n%%EOF\n"


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as running:
        yield running
