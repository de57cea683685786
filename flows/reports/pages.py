"""HTML pages, each from a template and a file of texts, so that a translator needs no Python."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from flows.printable import printable

if TYPE_CHECKING:
    from jinja2 import Environment

REPORTS: Final = "flows.reports"


@cache
def page_texts(page: str, room: str = REPORTS) -> dict[str, dict[str, str]]:
    """Return the texts of a page from `texts/<page>.toml` of a room: language -> key -> text.

    Example:
        >>> page_texts("diff_page")["en"]["place"]
        'place'
    """
    return tomllib.loads(resources.files(room).joinpath("texts", f"{page}.toml").read_text("utf-8"))


def render_page(page: str, language: str, **facts: Any) -> str:
    """Fill `templates/<page>.html`: the template sees `t` (the texts of the language), `language` and the facts.

    Args:
        page: Name of the template and of the texts.
        language: `en` or `zh`.
        facts: What the page shows.

    Returns:
        A whole HTML page that loads nothing from elsewhere.
    """
    return render(f"{page}.html", page_texts(page)[language], language, **facts)


def render(template: str, texts: dict[str, str], language: str, room: str = REPORTS, **facts: Any) -> str:
    """Fill a template of a room.

    Every value is escaped, and a value is never read as a template; what would turn the direction of writing, or cannot
    be seen, is shown by its code. A name that the template asks for and nobody gives raises `jinja2.UndefinedError`, so
    that a missing text or fact never shows as a blank.

    Args:
        template: Its name in the folder `templates` of the room.
        texts: What the template sees as `t`.
        language: `en` or `zh`.
        room: The package that has the template; it may use those of `flows.reports` too.
        facts: What the page shows.
    """
    return _environment(room).get_template(template).render(t=texts, language=language, **facts)


@cache
def _environment(room: str) -> Environment:
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    rooms = dict.fromkeys((room, REPORTS))
    return Environment(
        loader=ChoiceLoader([PackageLoader(name) for name in rooms]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_visible,
    )


def _visible(value: Any) -> Any:
    """Show what a text hides; markup that a template makes itself is left alone."""
    return printable(value, lines=True) if type(value) is str else value
