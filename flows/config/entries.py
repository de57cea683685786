"""Files that people write as a list of entries: `[[source]]`, `[[correction]]`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from flows.config.settings import SettingsError


def read_entries(path: Path, kind: str) -> list[Any]:
    """Return the `[[kind]]` entries of a TOML file, each as it stands there.

    Raises:
        SettingsError: The file is missing or no TOML, or has something else in it.
    """
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{kind}s file {path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise SettingsError(f"{kind}s file {path}: is not TOML in UTF-8: {error}") from None
    entries = content.pop(kind, [])
    if content or not isinstance(entries, list):
        strange = ", ".join(content) or kind
        raise SettingsError(f"{kind}s file {path}: only [[{kind}]] entries are expected, found {strange}")
    return entries
