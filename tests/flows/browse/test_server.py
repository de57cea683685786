from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from flows.running.summary import RunSummary
from tests.support.commands import run
from tests.support.paths import ROOT


def test_browse_says_its_address_answers_and_ends_by_ctrl_c(ingested: tuple[Path, RunSummary]) -> None:
    command = [sys.executable, "-m", "flows", "browse", "-w", str(ingested[0]), "--no-open", "--port", "0", "-l", "zh"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            address = process.stdout.readline().strip()
            assert address.startswith("http://127.0.0.1:")
            client = httpx.Client(timeout=300, trust_env=False)
            page = client.get(address)
            assert ('lang="zh-CN"' in page.text, "server" in page.headers) == (True, False)
            form = client.get(f"{address}form/{page.text.split('/form/')[1].split('?')[0].split(chr(34))[0]}")
            picture = form.text.split('<img src="/')[1].split('"')[0]
            assert client.get(address + picture).headers["content-type"] == "image/png"
            process.send_signal(signal.SIGINT)  # while the client keeps its connection open
            _, errors = process.communicate(timeout=120)
            client.close()
            assert (process.returncode, errors) == (0, "Ctrl-C ends it.\n")
        finally:
            process.kill()


def test_browse_port_in_use_says_what_to_do(ingested: tuple[Path, RunSummary]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run("browse", "-w", ingested[0], "--no-open", "--port", str(taken.getsockname()[1]))
    assert (done.exit_code, "--port 0 for any that is free" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("options", "exit_code", "message"),
    [
        (["-w", "{tmp}/nothing"], 1, "there is no warehouse at"),
        (["-w", "{house}", "--release", "000099-x"], 2, "there is no release 000099-x"),
    ],
)
def test_browse_nothing_to_show_is_an_error(
    ingested: tuple[Path, RunSummary], tmp_path: Path, options: list[str], exit_code: int, message: str
) -> None:
    given = [option.format(tmp=tmp_path, house=ingested[0]) for option in options]
    done = run("browse", "--no-open", "--port", "0", *given)
    assert (done.exit_code, message in done.stderr) == (exit_code, True)
