"""A folder `flows/` where the service is started, or in PYTHONPATH, against ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.orchestration.safe_path import SAFE_PATH, ShadowedError, environment_of_commands, require_ours
from tests.support.paths import ROOT


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Prefect project with flows of its own, as the working folder."""
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "__init__.py").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("project")
def test_without_the_safe_path_a_folder_flows_here_shadows_ours() -> None:
    with pytest.raises(ShadowedError, match="not load jixiao's package flows"):
        require_ours()


@pytest.fixture
def safe_path(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SAFE_PATH.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("project", "safe_path")
def test_require_ours_passes_with_the_safe_path() -> None:
    require_ours()
    subprocess.run([sys.executable, "-c", "import flows.orchestration.names"], check=True, env=os.environ.copy())


@pytest.mark.usefixtures("safe_path")
def test_require_ours_names_another_package_in_the_path(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{project}{os.pathsep}{ROOT}")
    with pytest.raises(ShadowedError) as raised:
        require_ours()
    assert str(project / "flows" / "__init__.py") in str(raised.value)
    assert "PYTHONPATH" in str(raised.value)


def test_environment_of_commands_is_what_the_user_set() -> None:
    assert environment_of_commands({"A": "1", **SAFE_PATH}) == {"A": "1"}
    theirs = {"PYTHONSAFEPATH": "1"}
    assert environment_of_commands(theirs) == theirs
