"""Where the pages lead to: addresses of a server, or files beside each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import parse_qsl, quote, urlencode


class Links(Protocol):
    """What templates ask for addresses."""

    @property
    def is_served(self) -> bool:
        """Whether there are pages beside those of forms."""
        ...

    def static(self, name: str) -> str:
        """Return the address of a style sheet, script or icon."""
        ...

    def form(self, form_id: str, query: str = "") -> str:
        """Return the address of the page of a form, with the search that it came up in."""
        ...

    def picture(self, document_id: str, page_number: int) -> str:
        """Return the address of the picture of a page; '' where there is none."""
        ...

    def rule(self, rule_id: str) -> str:
        """Return the address of a rule in the rule book; '' where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class ServedLinks:
    """Addresses below one server. Language and release stay as asked for, from page to page.

    Attributes:
        path: Of the page that is shown.
        query: Its query.
        language: Of the page.
        carried: What every address gets.
    """

    path: str
    query: Mapping[str, str]
    language: str
    carried: Mapping[str, str] = field(default_factory=dict)
    is_served: bool = True

    def to(self, path: str, query: str = "") -> str:
        """Return the address of a page.

        Example:
            >>> links = ServedLinks("/", {}, "zh", {"lang": "zh"})
            >>> links.to("/rules"), links.to("/", "?year=2023")
            ('/rules?lang=zh', '/?year=2023&lang=zh')
        """
        asked = {**dict(parse_qsl(query.removeprefix("?"))), **self.carried}
        return quote(path) + (f"?{urlencode(asked)}" if asked else "")

    def static(self, name: str) -> str:
        """Return the address of a style sheet, script or icon."""
        return f"/static/{name}"

    def form(self, form_id: str, query: str = "") -> str:
        """Return the address of the page of a form."""
        return self.to(f"/form/{form_id}", query)

    def picture(self, document_id: str, page_number: int) -> str:
        """Return the address of the picture of a page."""
        return f"/picture/{document_id}/{page_number}.png"

    def rule(self, rule_id: str) -> str:
        """Return the address of a rule in the rule book."""
        return f"{self.to('/rules')}#{quote(rule_id)}"

    def other_language(self) -> str:
        """Return the address of the same page in the other language."""
        asked = {**self.query, "lang": "en" if self.language == "zh" else "zh"}
        return f"{quote(self.path)}?{urlencode(asked)}"


@dataclass(frozen=True, slots=True)
class FolderLinks:
    """Files in one folder: `<form_id>.html`, `static/`, `pictures/`.

    Attributes:
        home: The page that leads there, as seen from the folder.
        has_picture: Whether the picture of a page is there.
    """

    home: str
    has_picture: Callable[[str, int], bool]
    is_served: bool = False

    def static(self, name: str) -> str:
        """Return the file of a style sheet, script or icon."""
        return f"static/{name}"

    def form(self, form_id: str, query: str = "") -> str:  # noqa: ARG002 there is no search
        """Return the file of a form."""
        return f"{form_id}.html"

    def picture(self, document_id: str, page_number: int) -> str:
        """Return the file of the picture of a page; '' where it could not be drawn."""
        return picture_file(document_id, page_number) if self.has_picture(document_id, page_number) else ""

    def rule(self, rule_id: str) -> str:  # noqa: ARG002
        """There is no rule book beside the pages."""
        return ""


def picture_file(document_id: str, page_number: int) -> str:
    """Return where the picture of a page stands in a folder of pages."""
    return f"pictures/{document_id[:24]}-{page_number}.png"
