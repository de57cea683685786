"""Credentials: only ever from the environment, by the names that a source gives."""

from __future__ import annotations

import os
from collections.abc import Generator

import httpx

from flows.collecting.problems import Unavailable
from flows.config.sources import WebSource


def credentials(source: WebSource) -> httpx.Auth | None:
    """Take the credentials of a source from the environment.

    Raises:
        Unavailable: credentials_missing: a variable that the source names is not set.
    """
    if source.token_env:
        return _Bearer(variable(source.token_env))
    if source.user_env and source.password_env:
        return httpx.BasicAuth(variable(source.user_env), variable(source.password_env))
    return None


def variable(name: str) -> str:
    """Return an environment variable that a source names.

    Raises:
        Unavailable: credentials_missing: it is not set, or empty.
    """
    value = os.environ.get(name)
    if not value:
        raise Unavailable("credentials_missing", f"the environment variable {name}, which the source names, is not set")
    return value


class _Bearer(httpx.Auth):
    def __init__(self, token: str) -> None:
        self._value = f"Bearer {token}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = self._value
        yield request
