"""What belongs to the project."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

from tests.support.paths import ROOT

REGENERATE: Final = "JIXIAO_REGENERATE_GOLDEN"
"""The variable that has golden files written anew."""


def project_files() -> list[Path]:
    """List the files of the project: those that git knows or would take, or else all but hidden and built ones."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT,
            capture_output=True,
            check=True,
            text=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return [path for path in ROOT.rglob("*") if path.is_file() and "." not in path.relative_to(ROOT).parts[0][:1]]
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]
