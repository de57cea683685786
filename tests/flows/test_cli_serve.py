"""What `jixiao serve` and `jixiao alert` refuse before anything is started."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.progress import JsonLines
from tests.support.webhook import receiving


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_serve_without_sources_says_so_and_ends(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["serve"])
    assert result.exit_code == 2
    assert "nothing to take in" in result.stderr
    assert "sources.toml" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_serve_with_a_source_that_cannot_be_right_says_so_and_ends(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text('[[source]]\nname = "a"\nkind = "ftp"\n')
    result = CliRunner().invoke(app, ["serve"])
    assert result.exit_code == 2
    assert "kind: expected one of" in result.stderr


def test_alert_test_tries_every_receiver(tmp_path: Path) -> None:
    with receiving(200, '{"errcode":310000,"errmsg":"keywords not in content"}') as receiver:
        command = json.dumps([sys.executable, "-c", "import sys; open('message.txt', 'w').write(sys.stdin.read())"])
        webhook = f'webhook = "{receiver.address}"\nwebhook_format = "dingtalk"\n'
        (tmp_path / "jixiao.toml").write_text(f"[alerts]\ncommand = {command}\n{webhook}")
        result = CliRunner().invoke(app, ["alert", "--test"])
    assert result.exit_code == 1
    assert f"the alert command {sys.executable} took the message" in result.stdout
    assert "keywords not in content" in result.stdout
    assert (tmp_path / "message.txt").read_text().endswith("No action needed.")


def test_alert_test_ends_with_0_when_all_took_it(tmp_path: Path) -> None:
    with receiving(200, '{"errcode":0,"errmsg":"ok"}') as receiver:
        (tmp_path / "jixiao.toml").write_text(f'[alerts]\nwebhook = "{receiver.address}"\nwebhook_format = "wecom"\n')
        result = CliRunner().invoke(app, ["alert", "--test"])
    assert result.exit_code == 0, result.output
    assert len(receiver.received) == 1


def test_alert_test_without_receivers_says_where_they_are_set() -> None:
    result = CliRunner().invoke(app, ["alert", "--test"])
    assert result.exit_code == 2
    assert "[alerts]" in result.stderr


def test_alert_without_test_is_called_wrongly() -> None:
    assert CliRunner().invoke(app, ["alert"]).exit_code == 2


def test_json_lines_are_objects(capsys: pytest.CaptureFixture[str]) -> None:
    lines = JsonLines()
    lines.begin("read", 3, "documents")
    lines.warn("document a: 坏")
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (first["level"], first["message"]) == ("INFO", "read: 3 documents")
    assert (second["level"], second["message"]) == ("WARNING", "document a: 坏")
