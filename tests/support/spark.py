"""Runs code with a Python that has PySpark, which is not a dependency of this project: it takes 700 MB, and Java."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

import pytest

VARIABLE: Final = "JIXIAO_TEST_SPARK_PYTHON"
"""Environment variable: the Python of a virtual environment with PySpark, on a machine with Java 17."""


def printed_by_spark(code: str, folder: Path) -> str:
    """Run code in a folder and return what it prints; skip the test where no such Python is named."""
    python = os.environ.get(VARIABLE)
    if not python:
        pytest.skip(f"not run: {VARIABLE} names no Python that has PySpark")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [python, "-c", code]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
