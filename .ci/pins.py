"""Writes the exact pins anew: `[tool.uv] constraint-dependencies` in pyproject.toml, and requirements.txt with hashes.

What a service needs of them, without what tests and checks do, is deploy/requirements.txt.

    uv run python .ci/pins.py            keep the pins, bring requirements.txt up to date with them
    uv run python .ci/pins.py --upgrade  take the newest versions that pyproject.toml's ranges allow

The lock file itself carries download addresses, so it is not kept in the repository.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "pyproject.toml"
REQUIREMENTS = ROOT / "requirements.txt"
DEPLOYED = ROOT / "deploy" / "requirements.txt"
EXPORT = ["uv", "export", "--quiet", "--no-emit-project", "--no-emit-index-url", "--no-annotate", "--no-header"]
PINS = re.compile(r"^constraint-dependencies = \[\n.*?^\]\n", re.MULTILINE | re.DOTALL)


def export(groups: str) -> str:
    """Export the lock with all extras and these groups, as lines of a requirements file with hashes."""
    command = [*EXPORT, groups, "--all-extras", "--format", "requirements-txt"]
    exported = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    if "://" in exported:
        sys.exit("the exported requirements name an address: nothing was written")
    return exported


def main(upgrade: bool) -> None:
    """Lock, export, and write the pins into pyproject.toml."""
    text = PROJECT.read_text(encoding="utf-8")
    if not PINS.search(text):
        sys.exit("pyproject.toml: [tool.uv] needs a line `constraint-dependencies = [` and a closing `]`")
    if upgrade:
        PROJECT.write_text(PINS.sub("constraint-dependencies = [\n]\n", text), encoding="utf-8")
    subprocess.run(["uv", "lock", *(["--upgrade"] if upgrade else [])], cwd=ROOT, check=True)
    exported, deployed = export("--all-groups"), export("--no-default-groups")
    REQUIREMENTS.write_text(exported, encoding="utf-8")
    DEPLOYED.write_text(deployed, encoding="utf-8")
    pins = re.findall(r"^([A-Za-z0-9_.-]+==[^ ;\\]+(?: ; [^\\\n]+)?)", exported, re.MULTILINE)
    lines = "".join(f'    "{pin.strip()}",\n' for pin in pins)
    PROJECT.write_text(PINS.sub(lambda _: f"constraint-dependencies = [\n{lines}]\n", text), encoding="utf-8")
    print(f"{len(pins)} pins written")


if __name__ == "__main__":
    main("--upgrade" in sys.argv[1:])
