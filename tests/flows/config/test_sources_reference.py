from __future__ import annotations

import re

from flows.config.sources import KINDS
from flows.config.sources_reference import keys_markdown
from tests.support.paths import ROOT

PAGE = (ROOT / "docs/sources.md").read_text("utf-8")
_CODE = re.compile(r'(?:Unavailable|SourceProblem)\(\s*(?:source,\s*)?"(\w+)"|code = "(\w+)"(?: if .* else "(\w+)")?')


def test_keys_markdown_is_what_the_page_says() -> None:
    assert keys_markdown() in PAGE


def test_keys_markdown_has_every_key_of_every_kind() -> None:
    keys = {key for source_type in KINDS.values() for key in source_type.model_fields}
    assert {key for key in keys if f"| `{key}` |" not in keys_markdown()} == set()


def test_page_tells_every_problem() -> None:
    found = [_CODE.findall(path.read_text("utf-8")) for path in (ROOT / "flows/collecting").glob("*.py")]
    codes = {code for matches in found for match in matches for code in match if code}
    assert len(codes) > 20
    table = PAGE.partition("## Problems")[2]
    assert {code for code in codes if f"`{code}`" not in table} == set()
