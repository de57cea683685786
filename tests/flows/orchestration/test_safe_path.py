"""A folder `flows/` where the service is started, or in PYTHONPATH, against ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.orchestration.safe_path import ShadowedError, environment_of_commands, require_ours, set_safe_path
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


@pytest.mark.usefixtures("project")
def test_require_ours_passes_with_the_safe_path() -> None:
    set_safe_path()
    require_ours()
    subprocess.run([sys.executable, "-c", "import flows.orchestration.names"], check=True, env=os.environ.copy())


def test_require_ours_names_another_package_in_the_path(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_safe_path()
    monkeypatch.setenv("PYTHONPATH", f"{project}{os.pathsep}{ROOT}")
    with pytest.raises(ShadowedError) as raised:
        require_ours()
    assert str(project / "flows" / "__init__.py") in str(raised.value)
    assert "PYTHONPATH" in str(raised.value)


def test_environment_of_commands_is_what_the_user_set() -> None:
    ours: dict[str, str] = {"A": "1"}
    set_safe_path(ours)
    assert environment_of_commands(ours) == {"A": "1"}
    theirs = {"PYTHONSAFEPATH": "1"}
    set_safe_path(theirs)
    assert environment_of_commands(theirs) == theirs
