"""HTML pages, each from a template and a file of texts, so that a translator needs no Python."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any


def page_texts(page: str) -> dict[str, dict[str, str]]:
    """Return the texts of a page from `texts/<page>.toml`: language -> key -> text.

    Example:
        >>> page_texts("diff_page")["en"]["none"]
        'No difference.'
    """
    content = resources.files("flows.reports").joinpath("texts", f"{page}.toml").read_text("utf-8")
    return tomllib.loads(content)


def render_page(page: str, language: str, **facts: Any) -> str:
    """Fill `templates/<page>.html`: the template sees `t` (the texts of the language), `language` and the facts.

    Every value is escaped, and a value is never read as a template. A name that the template asks for and nobody gives
    raises `jinja2.UndefinedError`, so that a missing text or fact never shows as a blank.

    Args:
        page: Name of the template and of the texts.
        language: `en` or `zh`.
        facts: What the page shows.

    Returns:
        A whole HTML page that loads nothing from elsewhere.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("flows.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    template = environment.get_template(f"{page}.html")
    return template.render(t=page_texts(page)[language], language=language, **facts)
