"""Web addresses that strangers write: links, redirects."""

from __future__ import annotations

import re
from typing import Final

import httpx

WEB_SCHEMES: Final = ("http", "https")
_LONGEST: Final = 8000


def joined(base: httpx.URL, link: str) -> httpx.URL | None:
    """Return the address that a link means, of whatever scheme, without its fragment; null where it is not one.

    Example:
        >>> joined(httpx.URL("https://x/a/b"), "c.pdf#page=2"), joined(httpx.URL("https://x/"), "http://xn--/c.pdf")
        (URL('https://x/a/c.pdf'), None)
    """
    said = re.sub(r"[\t\r\n]", "", link[: _LONGEST + 1]).strip().replace("\\", "/")
    if not said or len(said) > _LONGEST:
        return None
    try:
        url = base.join(said).copy_with(fragment=None)
        f"{url.host} {url}".encode()
    except (httpx.InvalidURL, ValueError):  # ValueError: a host name that is not one (IDNA), a lone surrogate
        return None
    return url
