from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from typer.main import get_command

from flows.cli import app
from flows.commands.terminal import print_rows
from flows.running.summary import RunSummary, as_text
from flows.stopping import INTERRUPTED, TERMINATED, Cause, Stop
from tests.support.commands import call, run
from tests.support.fonts import no_fonts
from tests.support.paths import ROOT, SAMPLES
from tests.support.site import Answer, serving
from transforms.reading.pdfium.stand_in import stand_in

HEAVY = ("great_expectations", "prefect", "pandas", "polars", "pyarrow", "deltalake", "pydantic_settings", "numpy")
COMMANDS = sorted(get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("arguments", [["--help"], ["ingest", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom flows.cli import app\n"
        f"try:\n    app({arguments!r})\nexcept SystemExit as end:\n    assert end.code == 0, end.code\n"
        f"print('heavy:', [m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stderr.strip() == "heavy: []"


@pytest.mark.parametrize("page", ["docs/commands.md", "docs/commands.zh-CN.md"])
def test_page_of_commands_documents_every_command_and_exit_code(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert [c for c in COMMANDS if f"jixiao {c}" not in text] == []
    assert [code for code in ("0", "1", "2", "3", "130", "143") if not re.search(rf"\| {code}\b", text)] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_command_and_each_of_its_options_say_what_they_do(name: str) -> None:
    command = get_command(app).commands[name]  # type: ignore[attr-defined]
    assert command.help
    unsaid = [one.name for one in command.params if not (getattr(one, "help", None) or "").strip()]
    assert unsaid == []


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_readme_shows_the_summary_of_the_samples(page: str, ingested: tuple[Path, RunSummary]) -> None:
    from rich.console import Console

    console = Console(width=200, highlight=False)
    with console.capture() as captured:
        console.print(as_text(ingested[1]))
    printed = [line.rstrip() for line in captured.get().splitlines()]
    shown = (ROOT / page).read_text(encoding="utf-8").splitlines()
    assert [line for line in printed if not line.startswith("Release") and line not in shown] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_says_what_it_does(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert len(result.stdout) > 200


def test_quarantine_of_what_holds_nothing_back_says_so(ingested: tuple[Path, RunSummary]) -> None:
    done = run("quarantine", "zzz", "-w", ingested[0])
    assert (done.exit_code, done.stderr) == (
        0,
        "No form that is held back, and no rule that holds one back, begins with zzz.\n",
    )


@pytest.mark.parametrize("command", [["report", "-o"], ["diff", "", "", "--html"], ["show", "", "-o"]])
def test_page_that_cannot_be_written_is_an_error_in_words(
    command: list[str], ingested: tuple[Path, RunSummary], tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.touch()
    release = json.loads(run("releases", "--json", "-w", ingested[0]).stdout)[-1]["release"]
    form = json.loads(run("quarantine", "--json", "-w", ingested[0]).stdout)[0]["form_id"]
    given = [word or (form if command[0] == "show" else release) for word in command]
    done = run(*given, file / "x", "-w", ingested[0])
    assert f"{file / 'x'} cannot be written" in done.stderr
    assert done.exit_code == 2


def test_ingest_json_prints_the_summary_on_stdout_only(tmp_path: Path) -> None:
    done = call("ingest", SAMPLES / "no-form.pdf", "--plain", "--json", "--workers", "0", "-w", tmp_path / "data")
    summary = RunSummary.model_validate_json(done.stdout)
    assert (done.returncode, summary.documents_read, summary.status) == (0, 1, "ok")
    assert "publish:" in done.stderr


def test_ingest_quiet_says_nothing_on_stderr(tmp_path: Path) -> None:
    done = call("ingest", SAMPLES / "no-form.pdf", "--plain", "--quiet", "--workers", "0", "-w", tmp_path / "data")
    assert (done.returncode, done.stderr) == (0, "")
    assert "no form" in done.stdout


def test_ingest_bad_inputs_ends_with_3_and_names_them(bad_inputs: dict[str, Path], tmp_path: Path) -> None:
    result = run("ingest", *bad_inputs.values(), "--plain", "--workers", "0", "-w", tmp_path / "data")
    assert result.exit_code == 3
    for code, path in bad_inputs.items():
        assert re.search(rf"{path.name}: {code}: \w", result.stdout), code


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (["ingest"], 2, "sources.toml"),
        (["sources"], 2, "sources.toml"),
        (["ingest", "x.pdf", "--feed", "acrobat"], 2, "acrobat"),
        (["ingest", "x.pdf", "--config", "gone.toml"], 2, "gone.toml"),
        (["ingest", "x.pdf", "--plain", "-w", "file.txt"], 1, "file.txt"),
        (["releases", "-w", "nowhere"], 1, "no warehouse at nowhere"),
        (["quarantine", "-w", "nowhere"], 1, "no warehouse at nowhere"),
        (["unknown"], 2, "unknown"),
    ],
)
def test_wrong_call_is_reported_with_its_exit_code(
    arguments: list[str], exit_code: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file.txt").write_text("a file, no folder")
    result = run(*arguments)
    assert result.exit_code == exit_code
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_unforeseen_error_ends_with_1_and_a_short_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("nobody foresaw this")

    monkeypatch.setattr("flows.running.stages.publish", broken)
    result = run("ingest", SAMPLES / "no-form.pdf", "--plain", "--workers", "0", "-w", tmp_path)
    assert result.exit_code == 1
    assert "nobody foresaw this" in result.stderr
    assert "please report it; work so far is saved and the published data is unchanged" in result.stderr
    assert len(result.stderr.splitlines()) < 30


def test_quarantine_lists_forms_with_rule_and_finding(ingested: tuple[Path, RunSummary]) -> None:
    rows = json.loads(run("quarantine", "-w", ingested[0], "--json").stdout)
    assert [(row["file_name"], row["rule"]) for row in rows] == [("over-budget.pdf", "R15")]
    chinese = json.loads(run("quarantine", "-w", ingested[0], "--json", "-l", "zh").stdout)
    assert "执行率" in chinese[0]["finding"]
    assert "over-budget.pdf" in run("quarantine", "-w", ingested[0]).stdout


@pytest.mark.long
def test_releases_diff_and_rollback_go_together(tmp_path: Path) -> None:
    for name in ("no-form.pdf", "operator-columns.pdf"):
        assert run("ingest", SAMPLES / name, "--plain", "-q", "--workers", "0", "-w", tmp_path).exit_code == 0
    first, second = (row["release"] for row in json.loads(run("releases", "-w", tmp_path, "--json").stdout))
    added = json.loads(run("diff", first[:6], second, "-w", tmp_path, "--json").stdout)["rows"]
    assert {(row["table_name"], row["change"]) for row in added} >= {("forms", "added"), ("documents", "added")}
    assert run("rollback", first, "-w", tmp_path).stdout == f"published now shows {first}\n"
    shown = {
        row["release"]: row["is_published"] for row in json.loads(run("releases", "-w", tmp_path, "--json").stdout)
    }
    assert shown == {first: True, second: False}
    events = json.loads(run("events", "--kind", "pinned", "-w", tmp_path, "--json").stdout)
    assert [row["release_id"] for row in events] == [first]
    assert datetime.fromisoformat(events[0]["at"]).tzinfo is not None
    assert "rolled back" in run("events", "-w", tmp_path).stdout
    (tmp_path / "another.pdf").write_bytes((SAMPLES / "no-form.pdf").read_bytes() + b"\n% another\n")
    held = run("ingest", tmp_path / "another.pdf", "--plain", "-q", "--workers", "0", "-w", tmp_path)
    assert f"stays at {first} since a rollback" in held.stdout
    assert "published is pinned" in held.stdout
    third = run("rollback", "--newest", "-w", tmp_path).stdout.split()[-1]
    assert third.startswith("000003-")
    assert run("rollback", "-w", tmp_path).exit_code == 2
    assert run("rollback", first, "--newest", "-w", tmp_path).exit_code == 2
    gone = run("rollback", "no-such", "-w", tmp_path)
    assert (gone.exit_code, "no release no-such" in gone.stderr) == (2, True)


def test_runs_lists_what_was_asked_and_how_it_ended(
    ingested: tuple[Path, RunSummary], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_way = Mock()
    monkeypatch.setattr("flows.running.backfill.give_way", given_way)
    warehouse = tmp_path / "data"
    shutil.copytree(ingested[0], warehouse, symlinks=True)
    asked = ("backfill", "--status", "no_form", "--from", "check", "--plain", "-q", "--workers", "0")
    assert run(*asked, "-w", warehouse).exit_code == 0
    given_way.assert_called_once_with()
    first, last = json.loads(run("runs", "--json", "-w", warehouse).stdout)
    assert (first["kind"], first["state"], first["new"], first["request"]) == ("ingest", "completed", 6, None)
    assert (last["kind"], last["state"], last["derived"]) == ("backfill", "completed", 1)
    assert (last["request"]["statuses"], last["request"]["start"]) == (["no_form"], "check")
    assert "status no_form" in run("runs", "-w", warehouse).stdout
    assert len(json.loads(run("runs", "--json", "-n", "1", "-w", warehouse).stdout)) == 1


def test_rules_show_the_severity_that_the_settings_give(tmp_path: Path) -> None:
    config = tmp_path / "own.toml"
    config.write_text('[rules.severities]\nR15 = "warning"\n')
    usual = {row["rule"]: row["severity"] for row in json.loads(run("rules", "--json").stdout)}
    own = {row["rule"]: row["severity"] for row in json.loads(run("rules", "--json", "--config", config).stdout)}
    assert (usual["R15"], own["R15"]) == ("critical", "warning")
    assert {k: v for k, v in own.items() if k != "R15"} == {k: v for k, v in usual.items() if k != "R15"}


def test_rules_setting_of_an_unknown_rule_is_reported(tmp_path: Path) -> None:
    config = tmp_path / "own.toml"
    config.write_text('[rules.severities]\nR999 = "warning"\n')
    result = run("rules", "--config", config)
    assert (result.exit_code, "R999" in result.stderr) == (2, True)


def test_dictionary_prints_the_page() -> None:
    assert run("dictionary").stdout == (ROOT / "docs" / "dictionary.md").read_text(encoding="utf-8")


def test_show_failed_check_prints_its_places_and_makes_a_picture(
    ingested: tuple[Path, RunSummary], tmp_path: Path
) -> None:
    held = json.loads(run("quarantine", "--json", "-w", str(ingested[0])).stdout)[0]
    picture = tmp_path / "page.png"
    done = run("show", f"{held['form_id']}/R15", "--json", "-w", str(ingested[0]), "--out", str(picture))
    assert done.exit_code == 0
    shown = json.loads(done.stdout)
    assert [finding["rule_id"] for finding in shown["findings"]] == ["R15"]
    assert {place["is_failure"] for place in shown["places"]} == {True}
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_show_unknown_id_is_a_wrong_call(ingested: tuple[Path, RunSummary]) -> None:
    done = run("show", "nonsense", "-w", str(ingested[0]))
    assert done.exit_code == 2
    assert "is not an id" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("cause", "code"), [(INTERRUPTED, 130), (TERMINATED, 143)])
def test_error_that_came_up_since_the_stop_ends_with_the_code_of_the_signal(
    cause: Cause, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(_settings: object, _progress: object, _sources: object, stop: Stop, **_: object) -> None:
        stop.ask(cause)
        raise ValueError("a library that stumbles over the end")

    monkeypatch.setattr("flows.commands.intake._run", stumble)
    done = run("ingest", SAMPLES, "--plain", "-w", tmp_path)
    assert (done.exit_code, done.stderr) == (code, f"error: {cause.message}\n")


def test_interrupt_while_modules_are_imported_ends_without_a_traceback() -> None:
    interrupting = (
        "import os, signal, sys\n"
        "from flows.__main__ import main\n"
        "class Finder:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'flows.cli':\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder())\n"
        "main()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", interrupting], env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (-signal.SIGINT, b"")


def test_ingest_interrupted_while_a_server_stalls_ends(tmp_path: Path) -> None:
    with serving() as site:
        url = site.put("/a.pdf", Answer(b"%PDF-1.7" + b"x" * 100_000, stall_after=100))
        command = [sys.executable, "-m", "flows", "ingest", "--plain", url, "-w", str(tmp_path / "data")]
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        while "/a.pdf" not in site.paths() and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=250)
    assert process.returncode == 130
    assert said.endswith(f"error: {INTERRUPTED.message}\n")
    assert "Traceback" not in said


def test_ingest_verify_finds_a_change_that_left_size_and_time_as_they_were(tmp_path: Path) -> None:
    file = tmp_path / "in" / "a.pdf"
    file.parent.mkdir()
    content = (SAMPLES / "no-form.pdf").read_bytes()
    file.write_bytes(content + b"\n%a\n")
    os.utime(file, (1_700_000_000, 1_700_000_000))

    def read_now(*options: str) -> int:
        done = run("ingest", file, "--plain", "-q", "--json", "--workers", "0", "-w", tmp_path / "data", *options)
        return RunSummary.model_validate_json(done.stdout).documents_read

    assert read_now() == 1
    file.write_bytes(content + b"\n%b\n")
    os.utime(file, (1_700_000_000, 1_700_000_000))
    assert (read_now(), read_now("--verify"), read_now("--verify")) == (0, 1, 0)


def test_rows_that_no_terminal_shows_are_parted_by_tabs_and_whole(ingested: tuple[Path, RunSummary]) -> None:
    lines = run("quarantine", "-w", ingested[0]).stdout.splitlines()
    heads, first = (line.split("\t") for line in lines[:2])
    assert heads[:3] == ["form id", "file name", "rule"]
    assert re.fullmatch(r"[0-9a-f]{24}-001", first[0])
    assert len(first) == len(heads)


def test_rows_in_a_narrow_terminal_are_folded_never_cut(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")
    row = {"form_id": "0123456789abcdef01234567-001", "finding": "执行率应在零至百分之百之间" * 3}
    print_rows([row], nothing="")
    shown = capsys.readouterr().out
    assert "…" not in shown
    text = "".join(shown.split())
    assert all(char in text for char in row["finding"])
    assert "-001" in text


@pytest.mark.parametrize(
    ("environment", "options", "chinese"),
    [
        ({}, [], False),
        ({"LANG": "zh_CN.UTF-8"}, [], True),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, [], False),
        ({"LANG": "zh_CN.UTF-8", "JIXIAO_LANGUAGE": "en"}, [], False),
        ({"JIXIAO_LANGUAGE": "en"}, ["--language", "zh"], True),
        ({"JIXIAO_LANGUAGE": "zh"}, [], True),
    ],
)
def test_language_is_that_of_option_settings_and_locale(
    environment: dict[str, str], options: list[str], chinese: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "JIXIAO_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    shown = run("rules", *options).stdout
    assert ("分值合计为 100" in shown, "关键" in shown, "级别" in shown) == (chinese,) * 3


def test_show_in_chinese_is_all_in_chinese(ingested: tuple[Path, RunSummary], tmp_path: Path) -> None:
    form = json.loads(run("quarantine", "--json", "-w", ingested[0]).stdout)[0]["form_id"]
    lines = run("show", f"{form}/R15", "-l", "zh", "-w", ingested[0], "--out", tmp_path / "x.png").stdout.splitlines()
    assert lines[0].startswith("关键  R15  ")
    assert lines[1].split("\t") == ["页码", "表", "记录编号", "字段", "所印文字", "位置", "判定"]
    assert {line.split("\t")[1] for line in lines[2:-1]} <= {"自评表", "资金明细"}
    assert all(re.search(r"\t违反 R15( R\d+)*$", line) for line in lines[2:-1])


@pytest.mark.parametrize(("language", "said"), [("en", "does not embed their font"), ("zh", "PDF 未嵌入字体")])
def test_show_says_that_its_picture_lacks_characters(
    ingested: tuple[Path, RunSummary], tmp_path: Path, language: str, said: str
) -> None:
    form = json.loads(run("quarantine", "--json", "-w", ingested[0]).stdout)[0]["form_id"]
    asked = ("show", form, "-l", language, "-w", ingested[0], "--out", tmp_path / "x.png")
    with no_fonts():
        done = run(*asked)
    assert (done.exit_code, said in done.stderr, said in done.stdout) == (0, True, False)
    with stand_in():  # as a font of the machine
        assert run(*asked).stderr == ""


@pytest.mark.parametrize("command", ["runs", "releases", "gaps", "rules", "quarantine"])
def test_tables_in_chinese_have_chinese_heads(ingested: tuple[Path, RunSummary], command: str) -> None:
    place: list[str | Path] = [] if command == "rules" else ["-w", ingested[0]]
    done = run(command, *place, "--language", "zh")
    assert done.exit_code == 0
    heads = (done.stdout or "表").splitlines()[0].split("\t")
    assert [head for head in heads if not re.fullmatch(r"[\u4e00-\u9fff]+", head)] == []
    assert "yes" not in done.stdout.split()
