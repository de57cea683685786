from __future__ import annotations

import re

from warehouse import contract
from warehouse.contract.version import CONTRACT_VERSION, fingerprint

KNOWN = {
    "1.1.0": "f0fc3033016ec88a",
    "1.2.0": "fb0ece0dfe940ec7",
    "1.3.0": "fb0ece0dfe940ec7",
    "1.4.0": "3aa06e8e1d33eb27",
}
"""Versions of the contract and the fingerprints of their tables. Change the tables: raise the version, add a line."""


def test_version_stands_for_the_tables() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", CONTRACT_VERSION)
    assert KNOWN.get(CONTRACT_VERSION) == fingerprint(dict(contract.PUBLISHED)), (
        "the published tables have changed: raise CONTRACT_VERSION, and add the new fingerprint here"
    )
