"""What Prefect reads from the environment when it is imported, and where it is at home. Does not import it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

PREFECT_DEFAULTS: Final = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
}
"""Set before Prefect is imported, where the user has not set them: no telemetry, no chatter on the console."""


def prefect_home() -> Path:
    """Return the folder where Prefect keeps its database and profiles."""
    home = os.environ.get("PREFECT_HOME")
    return Path(home) if home else Path.home() / ".prefect"


def set_environment(home: Path) -> None:
    """Set what Prefect reads when it is imported, where the user has not: no telemetry, a quiet console, its home.

    Args:
        home: Its home, unless `PREFECT_HOME` names one or the user has Prefect profiles.
    """
    for name, value in PREFECT_DEFAULTS.items():
        os.environ.setdefault(name, value)
    if not (prefect_home() / "profiles.toml").exists():
        os.environ.setdefault("PREFECT_HOME", str(home))


def is_perhaps_configured() -> bool:
    """Return whether to ask Prefect for its settings before starting a server; asking takes the time of its import."""
    project = Path("pyproject.toml")
    return (
        any(name in os.environ for name in ("PREFECT_API_URL", "PREFECT_PROFILE", "PREFECT_PROFILES_PATH"))
        or any(path.exists() for path in (prefect_home() / "profiles.toml", Path("prefect.toml"), Path(".env")))
        or (project.exists() and "[tool.prefect" in project.read_text(encoding="utf-8", errors="replace"))
    )
