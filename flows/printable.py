"""Texts of strangers, such as names of files, made fit to be shown: no code of theirs reaches a terminal or a page."""

from __future__ import annotations

import re
from typing import Final

_CODES: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
"""Control codes, what turns the direction of writing or takes no room, and halves of surrogate pairs."""

_LINE_ENDS: Final = "\n"
_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]<>|~#&!$])")


def printable(text: str, *, lines: bool = False) -> str:
    """Return a text with escapes in place of all that a terminal would obey.

    Args:
        text: What is to be shown.
        lines: Keep line ends.

    Example:
        >>> printable("\\x1b[31mred\\nerror: all is lost.pdf")
        '\\\\x1b[31mred\\\\nerror: all is lost.pdf'
        >>> printable("表\\u202efdp.exe")
        '表\\\\u202efdp.exe'
    """
    return _CODES.sub(lambda match: match[0] if lines and match[0] in _LINE_ENDS else _escape(match[0]), text)


def _escape(char: str) -> str:
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    code = ord(char)
    return named.get(char) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def printable_json(text: str) -> str:
    """Return JSON that means the same, with escapes in place of all that a terminal would obey.

    JSON itself escapes only the first 32 codes.

    Args:
        text: JSON; its line ends stay.

    Example:
        >>> print(printable_json('["表\\u202efdp.exe",\\n"\\x9b31mred"]'))
        ["表\\u202efdp.exe",
        "\\u009b31mred"]
    """
    return _CODES.sub(lambda match: match[0] if match[0] in _LINE_ENDS else f"\\u{ord(match[0]):04x}", text)


def markdown(text: str) -> str:
    """Return a text as it is to stand in a cell of a Markdown table: nothing in it is markup.

    Example:
        >>> markdown("a|b <img src=x> [link](http://x)")
        'a\\\\|b \\\\<img src=x\\\\> \\\\[link\\\\](http://x)'
    """
    return _MARKDOWN.sub(r"\\\1", printable(text))


MOST_FIELDS: Final = 3
"""Fields of a form that a line for people names; the rest is counted."""


def before_after(before: str | None, after: str | None, nothing: str = "(nothing)") -> str:
    """Put two versions of a printed text in a line, each cut to a few words; `nothing` stands for null.

    Example:
        >>> before_after("1260", None)
        '1260 -> (nothing)'
    """
    return " -> ".join(nothing if text is None else _few_words(text) for text in (before, after))


def _few_words(text: str) -> str:
    return text if len(text) <= _FEW else f"{text[: _FEW - 1]}…"


_FEW: Final = 30
