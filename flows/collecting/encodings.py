"""Texts that do not say how they are encoded: names and addresses of Chinese servers."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes


def decode_unnamed(content: bytes) -> str:
    """Decode what names no encoding: UTF-8 where it can be that, else GB18030."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("gb18030", errors="replace")


def readable(address: str) -> str:
    """Return an address with its percent signs decoded: UTF-8 where it can be that, else GB18030.

    Example:
        >>> readable("https://x/%BC%A8%D0%A7.pdf"), readable("https://x/%E7%BB%A9%E6%95%88.pdf")
        ('https://x/绩效.pdf', 'https://x/绩效.pdf')
    """
    return decode_unnamed(unquote_to_bytes(address))
