"""The web application: which address shows what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import resources
from typing import Any, Final

import polars as pl
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from expectations.settings import RuleSettings
from flows.browse.book import dictionary_facts, rule_facts
from flows.browse.data import ReleaseData, Shelf
from flows.browse.form_page import form_facts
from flows.browse.guard import Guard
from flows.browse.links import Links, ServedLinks
from flows.browse.pictures import NoPicture, Pictures
from flows.browse.search import PAGE_SIZE, SORTS, STATUSES, Filters, choices, neighbours, search
from flows.reports.differences import KINDS, differences
from flows.reports.labels import code_label, shown
from flows.reports.pages import page_texts, render
from warehouse.contract.ids import parse_id
from warehouse.contract.vocabulary import SEVERITIES, LanguageCode
from warehouse.errors import ReleaseNotFound, WarehouseError

ROOM: Final = "flows.browse"
MOST_CHANGES: Final = 300
"""Forms of a kind that the page of changes lists; the rest is counted."""

_FOR_EVER: Final = {"Cache-Control": "private, max-age=604800, immutable"}
_STATIC: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_LISTED: Final = ("annual_budget_wan", "execution_rate_pct", "total_score_points")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: the release that it sees to its end, the language, and where its links lead."""

    data: ReleaseData
    language: LanguageCode
    at: ServedLinks
    query: Mapping[str, str]


class Pages:
    """Answers requests. Each sees one release from its beginning to its end.

    Args:
        shelf: The releases.
        pictures: Draws pages of PDFs.
        language: Where a request does not ask for another.
        rules: Severities and thresholds, where they differ from those of the catalogue.
    """

    def __init__(self, shelf: Shelf, pictures: Pictures, language: LanguageCode, rules: RuleSettings) -> None:
        self._shelf = shelf
        self._pictures = pictures
        self._language: LanguageCode = language
        self._rules = rules

    def app(self) -> Guard:
        """Return the application."""
        pages: dict[str, Callable[[Asked, Request], Response]] = {
            "/": self._search,
            "/form/{form_id}": self._form,
            "/rules": self._rule_book,
            "/dictionary": self._dictionary,
            "/changes": self._changes,
        }
        routes = [Route(path, partial(self._page, page)) for path, page in pages.items()]
        routes.append(Route("/picture/{document_id}/{page_number:int}.png", self._picture))
        routes.append(Route("/static/{name}", _static))
        return Guard(Starlette(routes=routes, exception_handlers={HTTPException: self._not_found}))

    # ---- what is common to all pages

    def _asked(self, request: Request) -> tuple[LanguageCode, ServedLinks]:
        query = request.query_params
        given = query.get("lang")
        language: LanguageCode = "zh" if given == "zh" else "en" if given == "en" else self._language
        carried: dict[str, str] = {"lang": language} if language != self._language else {}
        if release := query.get("release"):
            carried["release"] = release
        return language, ServedLinks(request.url.path, dict(query), language, carried)

    def _page(self, page: Callable[[Asked, Request], Response], request: Request) -> Response:
        language, at = self._asked(request)
        try:
            release = at.carried.get("release")
            data = self._shelf.get(release) if release else self._shelf.current()
            return page(Asked(data, language, at, at.query), request)
        except ReleaseNotFound as error:
            return self._problem(language, at, "not_found", str(error), 404)
        except WarehouseError as error:
            return self._problem(language, at, "cannot_show", str(error), 503)
        except (OSError, pl.exceptions.PolarsError):
            return self._problem(language, at, "cannot_show", _texts(language)["released_meanwhile"], 503)

    def _not_found(self, request: Request, error: Exception) -> Response:
        language, at = self._asked(request)
        status = error.status_code if isinstance(error, HTTPException) else 404
        return self._problem(language, at, "not_found", _texts(language)["no_such_page"], status)

    def _problem(self, language: LanguageCode, at: Links, heading: str, message: str, status: int) -> Response:
        texts = _texts(language)
        page = render(
            "problem.html", texts, language, ROOM, at=at, release_id="", heading=texts[heading], message=message
        )
        return HTMLResponse(page, status)

    # ---- the pages

    def _search(self, asked: Asked, _: Request) -> Response:
        filters = Filters.of(asked.query)
        found = search(asked.data, filters)
        last = max(1, -(-found.height // PAGE_SIZE))
        number = asked.query.get("page", "1")
        page = min(max(1, int(number)), last) if number.isdecimal() and len(number) < 9 else 1
        rows = [
            {**row, **{name: shown(row[name], asked.language) for name in _LISTED}}
            for row in found.slice((page - 1) * PAGE_SIZE, PAGE_SIZE).iter_rows(named=True)
        ]
        offered = choices(asked.data)
        return self._rendered(
            asked,
            "search.html",
            filters=filters,
            choices=offered,
            known_rules={rule for rule, _ in offered.rules},
            titles={rule: title[asked.language] for rule, title in asked.data.rule_titles.items()},
            statuses=STATUSES,
            sorts=list(SORTS),
            rows=rows,
            total=found.height,
            held=int((found["status"] == "held").sum()),
            of=asked.data.forms.height,
            page=page,
            last=last,
        )

    def _form(self, asked: Asked, request: Request) -> Response:
        wanted = request.path_params["form_id"]
        known = parse_id(wanted)
        form = asked.data.form(known.form_id) if known else None
        if form is None or known is None:
            said = _texts(asked.language)["no_such_form"].format(form_id=wanted)
            return self._problem(asked.language, asked.at, "not_found", said, 404)
        if known.table != "forms":
            to = f"{asked.at.form(known.form_id)}#{wanted}"
            return Response(status_code=307, headers={"Location": to})
        filters = Filters.of(asked.query)
        found = search(asked.data, filters)
        position, before, after = neighbours(found, known.form_id)
        facts = form_facts(form, self._pictures, asked.language)
        return self._rendered(
            asked,
            "form.html",
            **facts,
            query=filters.query(),
            position=position,
            before=before,
            after=after,
            of=found.height,
        )

    def _rule_book(self, asked: Asked, _: Request) -> Response:
        facts = rule_facts(self._rules, asked.data.rule_counts(), asked.language, _texts(asked.language))
        return self._rendered(asked, "rules.html", rules=facts)

    def _dictionary(self, asked: Asked, _: Request) -> Response:
        return self._rendered(asked, "dictionary.html", tables=dictionary_facts(asked.language))

    def _changes(self, asked: Asked, _: Request) -> Response:
        kept = [release for release in self._shelf.house.releases.kept() if release.is_readable]
        names = [release.release_id for release in kept]
        after = asked.query.get("after") or asked.data.release_id
        before = asked.query.get("before") or _one_before(names, after)
        found = None
        if before is not None:
            older, newer = (self._shelf.house.releases.get(name) for name in (before, after))
            found = differences(older, newer, asked.language)

        def form_link(change: Any) -> str:
            release = before if change.kind == "removed" else after
            at = ServedLinks("/", {}, asked.language, {**asked.at.carried, "release": str(release)})
            return at.form(change.form_id)

        return self._rendered(
            asked,
            "changes_page.html",
            c=page_texts("changes")[asked.language],
            found=found,
            releases=[(release.release_id, release.manifest["created_at"][:10]) for release in reversed(kept)],
            before=before,
            after=after,
            kinds=KINDS,
            most=MOST_CHANGES,
            form_link=form_link,
        )

    def _rendered(self, asked: Asked, template: str, **facts: Any) -> Response:
        page = rendered(template, asked.language, at=asked.at, release_id=asked.data.release_id, **facts)
        return HTMLResponse(page)

    def _picture(self, request: Request) -> Response:
        try:
            png = self._pictures.png(request.path_params["document_id"], request.path_params["page_number"])
        except NoPicture as error:
            return Response(str(error), 404, media_type="text/plain")
        return Response(png, media_type="image/png", headers=_FOR_EVER)


def rendered(template: str, language: str, **facts: Any) -> str:
    """Fill a template of these pages, which all know the names of severities."""
    severities = {name: code_label("severity", name, language) for name in SEVERITIES}
    return render(template, _texts(language), language, ROOM, severities=severities, **facts)


def static_files() -> dict[str, bytes]:
    """Return the style sheet, script and icon of the pages, by name."""
    return {entry.name: entry.read_bytes() for entry in resources.files(ROOM).joinpath("static").iterdir()}


def _texts(language: str) -> dict[str, str]:
    return page_texts("browse", ROOM)[language]


def _static(request: Request) -> Response:
    name = request.path_params["name"]
    content = static_files().get(name)
    if content is None:
        raise HTTPException(404)
    return Response(content, media_type=_STATIC[name.rpartition(".")[2]], headers={"Cache-Control": "no-cache"})


def _one_before(names: list[str], name: str) -> str | None:
    earlier = [one for one in names if one < name]
    return earlier[-1] if earlier else None
