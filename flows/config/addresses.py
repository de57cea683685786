"""Passwords and tokens in addresses: they are kept out of all that is recorded or shown."""

from __future__ import annotations

import re
from typing import Final

_USER: Final = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^/\s?#@]*@")
_LONG: Final = (
    r"[\w.-]*(?:token|password|passwd|secret|signature|credentials?|(?:access|api|secret)[_-]?key(?:[_-]?id)?)"
)
_SHORT: Final = r"(?:[\w.-]*[_.-])?(?:sig|sign|pwd|auth|authorization)"
_QUERY: Final = re.compile(rf"(?i)([?&;](?:{_LONG}|{_SHORT})=)(?!\*\*\*)[^&#\s]+")
_ENCODED_USER: Final = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*%3A%2F%2F)(?:(?!%2F|%3F|%23|%40)[^/\s?#&@])*%40")
_ENCODED_QUERY: Final = re.compile(rf"(?i)((?:%3F|%26|%3B)(?:{_LONG}|{_SHORT})%3D)(?!\*\*\*)(?:(?!%26|%23)[^&#\s])+")
"""Of an address within an address or in the name of a file, whose marks are written with percent signs."""


def without_secrets(text: str) -> str:
    """Take the passwords and tokens of all addresses out of a text; everything else stays as it is.

    A user name goes too. What a query parameter says is a secret when its name is one of such as `token`,
    `access_token`, `api_key`, `X-Amz-Signature`, `password`; a publisher may have others, which nobody can know.

    Example:
        >>> without_secrets("no answer from http://u:secret@example.gov.cn/a.pdf?id=7&access_token=abc")
        'no answer from http://example.gov.cn/a.pdf?id=7&access_token=***'
        >>> without_secrets("https://x/go?to=https%3A%2F%2Fu%3Asecret%40y%2Fa.pdf%3Ftoken%3Dabc%26id%3D7")
        'https://x/go?to=https%3A%2F%2Fy%2Fa.pdf%3Ftoken%3D***%26id%3D7'
    """
    plain = _QUERY.sub(r"\1***", _USER.sub(r"\1", text))
    return _ENCODED_QUERY.sub(r"\1***", _ENCODED_USER.sub(r"\1", plain))


def require_no_secret(address: str) -> str:
    """Refuse an address with a password or token in it, and return one without.

    Raises:
        ValueError: It has one; the message does not.

    Example:
        >>> require_no_secret("https://example.gov.cn/a.pdf?page=2")
        'https://example.gov.cn/a.pdf?page=2'
    """
    if (shown := without_secrets(address)) != address:
        raise ValueError(
            f"has a password or token in it, found {shown!r} (left out here): an address is recorded and published; "
            "put the secret into an environment variable and name that in sources.toml: user_env and password_env, or "
            "token_env (for s3: access_key_env and secret_key_env)"
        )
    return address
