"""Lists the licences of the pinned packages, and fails where one is unknown or not allowed (no AGPL, no GPL alone).

    uv run python .ci/licences.py

Reads what the installed packages say of themselves; nothing is fetched. Pins for another Python or platform are named
and passed over: the run on that one looks at them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

REQUIREMENTS: Final = Path(__file__).resolve().parent.parent / "requirements.txt"
PIN: Final = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)

ALLOWED: Final = {
    "0BSD": r"0BSD",
    "Apache-2.0": r"Apache([- ]2\.0| Software License| License,? (Version )?2\.0)?",
    "Artistic": r"Artistic( License|-2\.0)",
    "BSD": r"(\d-Clause )?(New |Modified |Simplified )?BSD(-\d-Clause)?( License)?",
    "CC0-1.0": r"CC0-1\.0.*",
    "CNRI-Python": r"CNRI-Python",
    "ISC": r"ISC( License \(ISCL\)| License)?",
    "LGPL": r"(GNU )?(LGPL|Lesser General Public License).*",
    "MIT": r"MIT(-0|-CMU)?( License)?",
    "MPL": r"(MPL-2\.0|Mozilla Public License .*)",
    "PSF": r"PSF-2\.0|Python Software Foundation License",
    "Public Domain": r"Public Domain|The Unlicense \(Unlicense\)|Unlicense",
    "Zlib": r"Zlib",
}
"""Licences that a service may be built on, each with how packages write it."""

KNOWN: Final = {
    "axe-playwright-python": "MIT AND MPL-2.0",
    "dataframely": "BSD-3-Clause",
    "itables": "MIT AND ISC",  # of its own, and of DataTables, jQuery, JSZip and Lucide that it carries
    "pypdfium2": "BSD-3-Clause AND Apache-2.0",
}
"""What was looked up by hand in the sources of packages whose metadata does not say it in a form that can be read."""

_NOT_SAID: Final = ("OSI Approved", "DFSG approved")


def licences_of(package: Distribution) -> list[str]:
    """Give the licences among which a package lets one choose, each as an expression; empty where it says none."""
    known = KNOWN.get(package.name.lower())
    if known:
        return [known]
    said = package.metadata
    if expression := said.get("License-Expression"):
        return [expression]
    classifiers = [c.rpartition(" :: ")[2] for c in said.get_all("Classifier") or () if c.startswith("License ::")]
    named = [one for one in classifiers if one not in _NOT_SAID]
    first = (said.get("License") or "").strip().partition("\n")[0]
    return named or ([first] if first else [])


def is_allowed(expression: str) -> bool:
    """Whether an SPDX expression, or the name of a licence, lets us use a package.

    Example:
        >>> is_allowed("MPL-2.0 AND (Apache-2.0 OR AGPL-3.0)"), is_allowed("MIT AND GPL-3.0-only")
        (True, False)
    """
    inner = re.search(r"\(([^()]*\b(?:AND|OR)\b[^()]*)\)", expression)
    if inner:
        value = "MIT" if is_allowed(inner[1]) else "forbidden"
        return is_allowed(expression[: inner.start()] + value + expression[inner.end() :])
    return any(all(map(_is_known, choice.split(" AND "))) for choice in expression.split(" OR "))


def _is_known(name: str) -> bool:
    return any(re.fullmatch(pattern, name.strip(), re.IGNORECASE) for pattern in ALLOWED.values())


def problems(pins: Iterable[tuple[str, str]]) -> list[str]:
    """Print a line for each pin, and give what is wrong."""
    found = []
    for name, version in pins:
        try:
            licences = licences_of(distribution(name))
        except PackageNotFoundError:
            print(f"{name} {version}: not for this Python or platform")
            continue
        print(f"{name} {version}: {' or '.join(licences) or 'not said'}")
        if not any(map(is_allowed, licences)):
            found.append(f"{name}: {' or '.join(licences) or 'its metadata names no licence'}")
    return found


if __name__ == "__main__":
    wrong = problems(PIN.findall(REQUIREMENTS.read_text(encoding="utf-8")))
    if wrong:
        sys.exit("licences that are not allowed or not known:\n" + "\n".join(wrong))
