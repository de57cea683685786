"""OpenCV, which the extra `ocr` brings: imported when it is first used. It has no types."""

from __future__ import annotations

import importlib
from typing import Any


def opencv() -> Any:
    """Return the module `cv2`."""
    return importlib.import_module("cv2")
