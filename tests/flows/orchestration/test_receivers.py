from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from flows.config.nightly import AlertSettings
from flows.config.settings import SettingsError, load_settings
from flows.orchestration.receivers import Alert, attempts, payload, send
from flows.orchestration.safe_path import SAFE_PATH
from tests.support.webhook import receiving

ALERT = Alert("failed", "nightly", "nightly 2026-01-31 02:00", "the disk is full", "Free space.", "http://ui/run")
REFUSED = {
    "dingtalk": '{"errcode":310000,"errmsg":"sign not match"}',
    "wecom": '{"errcode":93000,"errmsg":"invalid webhook url"}',
    "feishu": '{"code":19021,"msg":"sign match fail or timestamp is not within one hour"}',
}
TAKEN = {
    "dingtalk": '{"errcode":0,"errmsg":"ok"}',
    "wecom": '{"errcode":0,"errmsg":"ok"}',
    "feishu": '{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}',
    "slack": "ok",
    "json": "",
}


def settings(**values: Any) -> AlertSettings:
    return AlertSettings.model_validate({"timeout_seconds": 300, **values})


def test_send_by_command_gives_the_message_and_what_it_is_about(tmp_path: Path) -> None:
    script = "import os, sys; open(sys.argv[1], 'w').write(os.environ['JIXIAO_ALERT_EVENT'] + '|' + sys.stdin.read())"
    out = tmp_path / "message.txt"
    assert send(ALERT, settings(command=[sys.executable, "-c", script, str(out)])) == []
    assert out.read_text() == f"failed|{ALERT.text}"


def test_send_by_command_that_finds_its_modules_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SAFE_PATH.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "chat.py").write_text("def tell(words): open('message.txt', 'w').write(words)")
    (tmp_path / "notify.py").write_text("import sys, chat; chat.tell(sys.stdin.read())")
    monkeypatch.chdir(tmp_path)
    assert send(ALERT, settings(command=[sys.executable, "notify.py"])) == []
    assert (tmp_path / "message.txt").read_text() == ALERT.text


def test_send_by_command_that_fails_is_a_problem() -> None:
    (problem,) = send(ALERT, settings(command=[sys.executable, "-c", "raise SystemExit(9)"]))
    assert "exit status 9" in problem
    assert "[alerts]" in problem


@pytest.mark.parametrize("format_", TAKEN)
def test_send_by_webhook_posts_what_the_receiver_expects(format_: str) -> None:
    with receiving(200, TAKEN[format_]) as receiver:
        assert send(ALERT, settings(webhook=receiver.address, webhook_format=format_)) == []
    (content,) = receiver.received
    assert all(part in json.dumps(content) for part in ("the disk is full", "Free space.", "http://ui/run"))


@pytest.mark.parametrize("format_", REFUSED)
def test_send_by_webhook_that_answers_200_with_an_error_code_is_a_problem(format_: str) -> None:
    with receiving(200, REFUSED[format_]) as receiver:
        (problem,) = send(ALERT, settings(webhook=receiver.address, webhook_format=format_))
    assert "did not take the message" in problem
    assert REFUSED[format_].split('"')[5] in problem


@pytest.mark.parametrize("format_", REFUSED)
@pytest.mark.parametrize("answer", ["<html>login</html>", "", "[]", "{}", '{"errcode":"0","code":null}'])
def test_send_by_webhook_that_answers_as_no_robot_does_is_a_problem(format_: str, answer: str) -> None:
    with receiving(200, answer) as receiver:
        assert len(send(ALERT, settings(webhook=receiver.address, webhook_format=format_))) == 1


def test_send_by_webhook_that_refuses_is_reported_without_its_secrets() -> None:
    with receiving(500, "no /hook/secret-key for robot-token") as receiver:
        (problem,) = send(ALERT, settings(webhook=receiver.address))
    assert "answered 500" in problem
    assert "secret-key" not in problem
    assert "robot-token" not in problem


def test_send_signs_for_dingtalk_in_the_address() -> None:
    signed = {"webhook_format": "dingtalk", "webhook_secret": "SEC0123"}
    with receiving(200, TAKEN["dingtalk"]) as receiver:
        assert send(ALERT, settings(webhook=receiver.address, **signed)) == []
    query = parse_qs(urlsplit(receiver.paths[0]).query)
    (timestamp,), (sign,) = query["timestamp"], query["sign"]
    digest = hmac.new(b"SEC0123", f"{timestamp}\nSEC0123".encode(), hashlib.sha256).digest()
    assert (sign, query["access_token"]) == (base64.b64encode(digest).decode(), ["robot-token"])
    assert len(timestamp) == 13


def test_send_signs_for_feishu_in_the_message() -> None:
    signed = {"webhook_format": "feishu", "webhook_secret": "SEC0123"}
    with receiving(200, TAKEN["feishu"]) as receiver:
        assert send(ALERT, settings(webhook=receiver.address, **signed)) == []
    (content,) = receiver.received
    digest = hmac.new(f"{content['timestamp']}\nSEC0123".encode(), b"", hashlib.sha256).digest()
    assert content["sign"] == base64.b64encode(digest).decode()
    assert len(content["timestamp"]) == 10


def test_send_by_webhook_that_is_not_there_does_not_keep_the_command_from_being_called(tmp_path: Path) -> None:
    out = tmp_path / "called.txt"
    command = [sys.executable, "-c", f"open({str(out)!r}, 'w').close()"]
    (problem,) = send(ALERT, settings(webhook="http://127.0.0.1:9/hook", command=command))
    assert "the alert webhook (json) failed" in problem
    assert out.exists()


def test_send_by_apprise_and_what_it_says_of_a_failure() -> None:
    with receiving() as receiver:
        address = receiver.address.replace("http://", "json://") + "&cto=300&rto=300"
        assert send(ALERT, settings(urls=[address])) == []
        assert "the disk is full" in json.dumps(receiver.received)
        receiver.status = 500
        (problem,) = send(ALERT, settings(urls=[address]))
    assert "alert address 1 (json://...) failed" in problem
    assert "500" in problem
    assert "secret-key" not in problem


def test_attempts_names_every_receiver() -> None:
    with receiving() as receiver:
        command = [sys.executable, "-c", ""]
        address = receiver.address.replace("http://", "json://") + "&cto=300&rto=300"
        tried = list(attempts(ALERT, settings(command=command, webhook=receiver.address, urls=[address, "what://x"])))
    assert [problem is None for _, problem in tried] == [True, True, True, False]


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"urls": ["dingtalk://token"]}, 'webhook_format = "dingtalk"'),
        ({"urls": ["lark://token"]}, 'webhook_format = "feishu"'),
        ({"urls": ["wecombot://token"]}, 'webhook_format = "wecom"'),
        ({"urls": ["example.org"]}, "address of apprise"),
        ({"webhook": "https://example.org", "webhook_secret": "s"}, "json signs nothing"),
    ],
)
def test_alert_settings_refuse_what_would_fail_in_silence(values: dict[str, Any], problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        load_settings(alerts=values)


@pytest.mark.parametrize("format_", ["json", "slack", "feishu", "dingtalk", "wecom"])
def test_payload_always_holds_the_whole_message(format_: Any) -> None:
    content = json.dumps(payload(ALERT, format_))
    assert all(part in content for part in ("the disk is full", "Free space.", "http://ui/run"))


def test_text_names_the_environment_where_there_is_one() -> None:
    alert = Alert("crashed", "nightly", "nightly 2026-01-31 02:00", "killed", "Look.", None, "hubei")
    assert alert.text == "jixiao hubei: nightly 2026-01-31 02:00 crashed: killed\nLook."
