"""Words that the project does not use: plainer ones say the same, to more people."""

from __future__ import annotations

import re
from typing import Final

from tests.support.paths import ROOT
from tests.support.project import project_files

_WORDS: Final = {
    r"(?<![A-Za-z])(un)?told(?![a-z])": "reported, known, recognised, printed: say which",
    r"(?<![A-Za-z])troubles?(?![a-z])": "problem",
    r"(?<![A-Za-z])mend(s|ed|ing)?(?![a-z])": "repair, correct",
    r"(gone|goes|going|went)[ _]on[ _]with": "continued, resumed",
    r"(?<!there[ _])(?<![a-z])is[ _]no[ _](?!longer|more|less|better|fewer)": "is not a",
}
"""What is found, whatever its case, and what to write."""

_TEXTS: Final = {".py", ".md", ".toml", ".html", ".yaml", ".yml", ".sql", ".service"}
_LEFT_OUT: Final = ("CHANGELOG.md", "tests/data/", "tests/test_words.py", "expectations/rules/", "docs/rules")
"""What was, what others wrote, this list, and the texts of rules, which are published."""


def test_plain_words() -> None:
    found = []
    for path in project_files():
        name = path.relative_to(ROOT).as_posix()
        if path.suffix not in _TEXTS or name.startswith(_LEFT_OUT):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found += [
                f"{name}:{number}: write {better}, not {match.group()!r}"
                for pattern, better in _WORDS.items()
                if (match := re.search(pattern, line, re.IGNORECASE))
            ]
    assert found == []
