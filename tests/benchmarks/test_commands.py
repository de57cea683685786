"""Every benchmark with a command line explains itself, and does nothing else when it is asked to."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.support.paths import ROOT

FOLDER: Final = ROOT / "benchmarks"


def _is_command(path: Path) -> bool:
    """Tell whether a file does something when it is run as a module."""
    statements = ast.parse(path.read_text(encoding="utf-8")).body
    tests = [ast.unparse(statement.test) for statement in statements if isinstance(statement, ast.If)]
    return path.name == "__main__.py" or "__name__ == '__main__'" in tests


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__main__")


COMMANDS: Final = sorted(_name(path) for path in FOLDER.rglob("*.py") if _is_command(path))


def test_commands_are_found() -> None:
    assert {"benchmarks.warehouse", "benchmarks.cluster", "benchmarks.corpus", "benchmarks.house"} <= {*COMMANDS}
    assert "benchmarks.markdown" not in COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_help_prints_usage_and_leaves_no_file(name: str, tmp_path: Path) -> None:
    called = subprocess.run(
        [sys.executable, "-m", name, "--help"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "TMPDIR": str(tmp_path), "COLUMNS": "100"},
        check=False,
    )
    assert called.returncode == 0, called.stderr
    assert called.stdout.startswith(f"usage: python -m {name} [-h]")
    assert called.stderr == ""
    assert list(tmp_path.iterdir()) == []
