"""The one place that writes the environment of this process; what Prefect reads there. Does not import Prefect.

Only what can be given in no other way is written: Prefect reads its settings from the environment once, when it is
imported, and Prefect's runner starts the processes of served runs with the environment of the service.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

PREFECT_DEFAULTS: Final = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
}
"""Set before Prefect is imported, where the user has not set them: no telemetry, no chatter on the console."""


def set_always(values: Mapping[str, str]) -> None:
    """Set variables of this process and of those that it starts from now on."""
    os.environ.update(values)


def set_where_missing(values: Mapping[str, str]) -> None:
    """Set variables that the user has not set."""
    set_always({name: value for name, value in values.items() if name not in os.environ})


def prefect_home() -> Path:
    """Return the folder where Prefect keeps its database and profiles."""
    home = os.environ.get("PREFECT_HOME")
    return Path(home) if home else Path.home() / ".prefect"


def set_environment(home: Path) -> None:
    """Set what Prefect reads when it is imported, where the user has not: no telemetry, a quiet console, its home.

    To be called before Prefect is imported: later it would have no effect.

    Args:
        home: Its home, unless `PREFECT_HOME` names one or the user has Prefect profiles.
    """
    set_where_missing(PREFECT_DEFAULTS)
    if not (prefect_home() / "profiles.toml").exists():
        set_where_missing({"PREFECT_HOME": str(home)})


def is_perhaps_configured() -> bool:
    """Return whether to ask Prefect for its settings before starting a server; asking takes the time of its import."""
    project = Path("pyproject.toml")
    return (
        any(name in os.environ for name in ("PREFECT_API_URL", "PREFECT_PROFILE", "PREFECT_PROFILES_PATH"))
        or any(path.exists() for path in (prefect_home() / "profiles.toml", Path("prefect.toml"), Path(".env")))
        or (project.exists() and "[tool.prefect" in project.read_text(encoding="utf-8", errors="replace"))
    )
