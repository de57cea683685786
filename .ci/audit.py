"""Asks for known weaknesses of the pinned packages: `uv run python .ci/audit.py`. Offline it says so and ends well.

Needs uv, which runs pip-audit from a place of its own. Ends with 1 where a pinned version has a known weakness.
Packages of which the index cannot say anything (a mirror without that service) are counted, not taken for well.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

REQUIREMENTS: Final = Path(__file__).resolve().parent.parent / "requirements.txt"
TOOL: Final = "pip-audit==2.10.1"
COMMAND: Final = ["uvx", "--quiet", TOOL, "--requirement", str(REQUIREMENTS), "--require-hashes", "--disable-pip"]
OFFLINE: Final = re.compile(
    r"ConnectionError|ConnectTimeout|Max retries|Could not connect|error sending request|dns error|Failed to fetch"
    r"|timed out",
    re.IGNORECASE,
)
"""What uv or pip-audit say where the package index cannot be reached."""


def report(packages: list[dict[str, Any]]) -> tuple[str, int]:
    """Say what was found, and the exit code.

    Example:
        >>> report([{"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "not found"}])
        ('no known weakness in 1 packages; nothing is known of 1', 0)
        >>> report([{"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}])
        ('a 1: CVE-1, repaired in 2', 1)
    """
    asked = [package for package in packages if "skip_reason" not in package]
    weak = [
        f"{package['name']} {package['version']}: {found['id']}, "
        f"repaired in {', '.join(found['fix_versions']) or 'none'}"
        for package in asked
        for found in package["vulns"]
    ]
    if weak:
        return "\n".join(weak), 1
    unknown = len(packages) - len(asked)
    if not asked:
        return f"skipped: the package index says nothing about weaknesses ({unknown} packages)", 0
    return f"no known weakness in {len(asked)} packages; nothing is known of {unknown}", 0


def main() -> int:
    """Ask, and print what was found."""
    done = subprocess.run([*COMMAND, "--format", "json"], check=False, capture_output=True, text=True)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        if OFFLINE.search(done.stderr):
            print("skipped: the package index cannot be reached, so known weaknesses were not asked for")
            return 0
        print(done.stdout, done.stderr, sep="\n")
        return done.returncode or 1
    said, code = report(packages)
    print(said)
    return code


if __name__ == "__main__":
    sys.exit(main())
