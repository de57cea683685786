"""What is set for Prefect, and for the processes that it starts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flows.orchestration.environment import PREFECT_DEFAULTS, set_environment, set_where_missing


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Prefect's variables; what a test sets goes with it."""
    for name in (*PREFECT_DEFAULTS, "PREFECT_HOME"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def test_set_where_missing_leaves_what_the_user_has_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DO_NOT_TRACK", "0")
    set_where_missing(PREFECT_DEFAULTS)
    assert {name: os.environ[name] for name in PREFECT_DEFAULTS} == {**PREFECT_DEFAULTS, "DO_NOT_TRACK": "0"}


@pytest.mark.parametrize("has_profiles", [False, True])
def test_set_environment_gives_a_home_where_there_are_no_profiles(
    has_profiles: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    if has_profiles:
        (tmp_path / ".prefect").mkdir()
        (tmp_path / ".prefect" / "profiles.toml").touch()
    set_environment(tmp_path / "prefect")
    assert os.environ.get("PREFECT_HOME") == (None if has_profiles else str(tmp_path / "prefect"))
