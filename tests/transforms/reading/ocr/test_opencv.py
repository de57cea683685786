from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("cv2")

from transforms.reading.ocr.opencv import connected, opencv


@pytest.mark.parametrize(("side", "step", "bits"), [(300, 1, 16), (900, 2, 32)])
def test_connected_pieces_are_those_of_opencv_however_many(side: int, step: int, bits: int) -> None:
    mask = np.zeros((side, side), dtype=np.uint8)
    rng = np.random.default_rng(5)
    mask[::step, ::step] = rng.random(mask[::step, ::step].shape) < 0.4 if step == 1 else 1
    count, label, stats, centre = connected(mask)
    plain = opencv().connectedComponentsWithStats(mask, connectivity=8)
    assert label.dtype.itemsize * 8 == bits
    assert count == plain[0]
    assert all(np.array_equal(a, b) for a, b in zip((label, stats, centre), plain[1:], strict=True))
