"""Sees to it that a served run finds this package, wherever `jixiao serve` is started.

Prefect starts a run by `python -m prefect.engine`, and Python then looks for every module in the working folder first:
a folder `flows/` there, which is what a Prefect project has, would be taken for ours, and every night would fail. With
Python's safe path (3.11) the working folder is not looked at. It is chosen over one import name above the four
packages because it keeps out any module there, not `flows` alone: also a `transforms.py`, a `logging.py` or a
`requests/`. What remains is `PYTHONPATH`, which a person set on purpose: `require_ours` looks what a run would find.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import flows
from flows.orchestration.errors import ServiceError

SAFE_PATH: Final = {"PYTHONSAFEPATH": "jixiao"}
"""Where the user has not set it: Python does not look for modules in the working folder. Any value does that."""

_SECONDS: Final = 120
_ASK: Final = "import flows; print(flows.__file__ or list(flows.__path__))"


class ShadowedError(ServiceError):
    """Served runs would load another package of the name `flows`; the message says which, and what to do."""


def environment_of_commands(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for commands of the user, which find their modules as they always did."""
    return {name: value for name, value in environment.items() if (name, value) not in SAFE_PATH.items()}


def require_ours() -> None:
    """Look which package `flows` a served run would load.

    Raises:
        ShadowedError: Not this one.
    """
    command = [sys.executable, "-c", _ASK]
    asked = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    found, ours = asked.stdout.strip(), str(flows.__file__)
    if asked.returncode == 0 and found and Path(found).exists() and Path(found).samefile(ours):
        return
    what = found or asked.stderr.strip()[-200:] or "nothing"
    raise ShadowedError(
        f"a served run would not load jixiao's package flows ({Path(ours).parent}) but {what}: "
        f"take that out of PYTHONPATH ({os.environ.get('PYTHONPATH') or 'not set'}), or start `jixiao serve` without it"
    )
