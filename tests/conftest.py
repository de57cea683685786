"""What tests of several packages need: an S3-compatible server on loopback."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator

import boto3
import pytest
from hypothesis import HealthCheck, settings

from tests.support.ports import free_port

S3_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test-secret",
    "AWS_REGION": "us-east-1",
    "AWS_ALLOW_HTTP": "true",
    "AWS_EC2_METADATA_DISABLED": "true",
}


settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", settings.get_profile("search"), derandomize=True, database=None)
settings.load_profile("same")
"""Every run tries the same examples, so that none fails by chance; `--hypothesis-profile search` looks for new ones."""

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # the tests are a job in the background of a shell
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def keeps_its_priority() -> Iterator[None]:
    """Let no backfill lower the priority of this process: it also runs the tests that come after."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "setpriority", lambda *_: None, raising=False)
        yield


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """An S3-compatible server for the whole session; its address. JIXIAO_TEST_S3 names one that runs already."""
    if given := os.environ.get("JIXIAO_TEST_S3"):
        yield given
        return
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            deadline = time.monotonic() + 600
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=60).close()
                    break
                except OSError:
                    assert server.poll() is None, "the S3 server ended"
                    assert time.monotonic() < deadline, "the S3 server did not start"
                    time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()


@pytest.fixture
def bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty bucket, and the environment that leads to it; its address, `s3://<name>`."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in (S3_ENVIRONMENT | {"AWS_ENDPOINT_URL": s3_server}).items():
        monkeypatch.setenv(name, value)
    name = f"test-{uuid.uuid4().hex[:12]}"
    boto3.client("s3", endpoint_url=s3_server).create_bucket(Bucket=name)
    return f"s3://{name}"
