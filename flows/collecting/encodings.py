"""Texts that do not say how they are encoded, or say what cannot be: names and addresses of Chinese servers."""

from __future__ import annotations

import codecs
import os
from typing import Final
from urllib.parse import unquote_to_bytes

_TEXT: Final = frozenset(
    [
        "ascii",
        "utf-8",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "gb2312",
        "gbk",
        "gb18030",
        "hz",
        "cp936",
        "big5",
        "big5hkscs",
        "cp950",
        "euc_jp",
        "shift_jis",
        "cp932",
        "iso2022_jp",
        "euc_kr",
        "cp949",
        "iso8859-1",
        "iso8859-2",
        "iso8859-5",
        "iso8859-15",
        "cp1250",
        "cp1251",
        "cp1252",
        "koi8-r",
    ]
)
"""Codecs that a server may name for a text; Python knows others, which unpack, escape or refuse."""

_GB18030: Final = ("gb2312", "gbk", "hz", "cp936")


def text_encoding(name: str | None) -> str | None:
    """Return the codec for a charset that a server names; null where it names none, or what is not one for texts.

    GB2312 and GBK are read as GB18030, which holds both: pages print characters that the older sets lack.

    Example:
        >>> text_encoding("GB2312"), text_encoding("UTF8"), text_encoding("zlib"), text_encoding("undefined")
        ('gb18030', 'utf-8', None, None)
    """
    if not name:
        return None
    try:
        codec = codecs.lookup(name.strip("\"' \t")).name
    except (LookupError, ValueError):  # ValueError: a null character
        return None
    if codec not in _TEXT:
        return None
    return "gb18030" if codec in _GB18030 else codec


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
    return decode_unnamed(unquote_to_bytes(without_surrogates(address)))


def without_surrogates(text: str) -> str:
    """Return a text with U+FFFD for each half of a surrogate pair: no table and no file can hold them.

    Example:
        >>> without_surrogates("a\\ud800b")
        'a\\ufffdb'
    """
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def local_name(name: str) -> str:
    """Return the name of a local file as text: its bytes as UTF-8, else as GB18030, else with escapes for odd bytes.

    Example:
        >>> import os
        >>> local_name(os.fsdecode("绩效".encode("gbk") + b".pdf")), local_name(os.fsdecode(b"\\xff\\xff.pdf"))
        ('绩效.pdf', '\\\\xff\\\\xff.pdf')
    """
    raw = os.fsencode(name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "backslashreplace")
