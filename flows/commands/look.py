"""Commands that only look: what is published, held back, changed, and where a value comes from."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from flows.commands.options import ConfigOption, JsonOption, LanguageOption, WarehouseOption
from flows.commands.terminal import (
    command_texts,
    errors_reported,
    existing,
    language_of,
    print_json,
    print_rows,
    published_release,
    settings_of,
    stop_of,
)
from flows.config.choices import EventKind
from flows.printable import printable

if TYPE_CHECKING:
    from flows.stopping import Stop
    from warehouse.releases.release import Release
    from warehouse.warehouse import Warehouse


def quarantine(
    only: Annotated[
        str, typer.Argument(metavar="ID", help="Only forms whose form_id, or rules whose id, begins so.")
    ] = "",
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """List the forms that are held back, and why: one line for each form and broken rule, with what it prints.

    When the rule, its settings, a correction or the reader is improved, the next run or backfill publishes the form.
    """
    from flows.reports.findings import held_forms

    with errors_reported():
        settings = settings_of(config, warehouse=warehouse)
        release = existing(settings).releases.current()
        chosen = language_of(language, settings)
        rows = held_forms(release, chosen, only) if release else []
    said = command_texts(chosen)
    nothing = said["none_held_so"].format(only=printable(only)) if only else said["none_held"]
    if json:
        print_json("quarantine", rows)
        return
    print_rows(rows, nothing=nothing, language=chosen)
    if rows:
        print(said["ways_out"].format(form=rows[0]["form_id"], rule=rows[0]["rule"]), file=sys.stderr)


def report(
    context: typer.Context,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where the page goes (report.html here).")
    ] = None,
    with_forms: Annotated[
        list[str] | None,
        typer.Option(
            "--with-forms",
            metavar="held|all|ID",
            help="Also write pages of forms, each beside its PDF page, into a folder beside it; may be repeated.",
        ),
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
    language: LanguageOption = None,
) -> None:
    """Write the quality of the published release as one HTML file: documents, rules, forms held back and why."""
    from flows.reports.quality_page import write_report

    stop = stop_of(context)
    with errors_reported(stop):
        settings = settings_of(config, warehouse=warehouse)
        house = existing(settings)
        chosen = language_of(language, settings)
        release = published_release(house)
        target = _writable(out or Path("report.html"))
        pages = _form_pages(house, release, with_forms, target, chosen, stop) if with_forms else {}
        page = write_report(house, release, target, chosen, settings.rules, pages)
    print(printable(str(page)))
    if open_:
        typer.launch(str(page))


def _form_pages(
    house: Warehouse, release: Release, wanted: list[str], report: Path, language: Literal["en", "zh"], stop: Stop
) -> dict[str, str]:
    """Write pages of forms into a folder beside a report; return where each is, as seen from the report."""
    from flows.browse.data import ReleaseData
    from flows.browse.pictures import Pictures
    from flows.browse.written import forms_asked, write_forms

    data, folder = ReleaseData(release), report.with_name(f"{report.stem}-forms")
    form_ids, pictures = forms_asked(data, wanted), Pictures(house.archive, stop)
    try:
        with stop.gracefully(), stop.handlers():
            write_forms(data, pictures, form_ids, folder, f"../{report.name}", language, stop)
    finally:
        pictures.close()
    return {form_id: f"{folder.name}/{form_id}.html" for form_id in form_ids}


def releases(
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """List the releases that are kept, oldest first; the published one is marked."""
    from flows.reports.rows import release_rows

    with errors_reported():
        settings = settings_of(config, warehouse=warehouse)
        house, chosen = existing(settings), language_of(language, settings)
        rows = release_rows(house.releases.kept(), house.publishing.pinned())
    if json:
        print_json("releases", rows)
        return
    print_rows(rows, nothing=command_texts(chosen)["no_releases"], language=chosen)


def path(
    table: Annotated[
        str | None, typer.Argument(metavar="TABLE", help="One table, such as forms; else the folder with all of them.")
    ] = None,
    quarantine: Annotated[bool, typer.Option("--quarantine", help="The forms that were held back.")] = False,
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
) -> None:
    """Print where the published release is: read below it and you see one release, also while a new one is published.

    Such as: duckdb -c "FROM '$(jixiao path forms)/*.parquet'"
    """
    from flows.config.settings import SettingsError
    from warehouse.contract import FORM_TABLES, PUBLISHED
    from warehouse.errors import WarehouseError

    with errors_reported():
        house = existing(settings_of(config, warehouse=warehouse))
        release = house.releases.current()
        if release is None:
            raise WarehouseError(f"nothing is published yet in {house.location}: run `jixiao ingest` first")
        known = FORM_TABLES if quarantine else PUBLISHED
        if table is not None and table not in known:
            raise SettingsError(f"there is no table {table}; the tables are: {', '.join(known)}")
        print("/".join([release.location, "quarantine" if quarantine else "published", *([table] if table else [])]))


def diff(
    before: Annotated[str, typer.Argument(metavar="OLDER", help="The older release, as `jixiao releases` names it.")],
    after: Annotated[str, typer.Argument(metavar="NEWER", help="The newer release.")],
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it as one HTML page, and print the counts.")
    ] = None,
    by_rows: Annotated[
        bool, typer.Option("--rows", help="Row by row, every table by its key, instead of form by form.")
    ] = False,
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Compare two releases form by form, under their names: added, removed, revised, held, released, changed.

    A form that was published again is one line with what changed. Columns that one release lacks come first. The
    language applies to the page and to what is printed.
    """
    from flows.reports.diff_page import diff_counts, diff_page, form_change_rows
    from flows.reports.differences import differences
    from warehouse.releases.diff import diff_releases
    from warehouse.releases.form_changes import form_changes

    with errors_reported():
        settings = settings_of(config, warehouse=warehouse)
        house = existing(settings)
        chosen = language_of(language, settings)
        older, newer = (house.releases.get(release) for release in (before, after))
        before, after = older.release_id, newer.release_id
        rows = diff_releases(older, newer)
        forms = form_changes(older, newer, rows)
        if html is not None:
            found = differences(older, newer, chosen, forms)
            page = diff_page(rows, found, before, after, chosen)
            _writable(html).write_text(page, encoding="utf-8")
    counts = diff_counts(rows)
    if json:
        frames = {"counts": counts, "forms": forms, "rows": rows}
        parts = {name: frame.to_dicts() for name, frame in frames.items()}
        print_json("diff", {"before": before, "after": after, **parts})
        return
    by_form = form_change_rows(rows, forms, chosen)
    shown = counts.to_dicts() if html is not None else rows.to_dicts() if by_rows else by_form
    texts = command_texts(chosen)
    nothing = texts["no_difference"]
    if not by_form and rows.height:
        nothing = texts["no_form_differs"].format(count=rows.height)
    print_rows(shown, nothing=nothing, language=chosen)


def show(
    wanted: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="A form_id, indicator_id or funding_id of the data; with `/R07` only what that rule is about.",
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="PNG", help="Where the picture goes (ID.png here).")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open the picture with the system's viewer.")] = False,
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Show where a value stands: the places in words, and a picture of the page with frames, coloured by severity."""
    from flows.reports.show import draw, find, in_chinese, places_of, rows_of, severity_name

    with errors_reported():
        settings = settings_of(config, warehouse=warehouse)
        house = existing(settings)
        shown = find(house, wanted)
        picture = _writable(out or Path(wanted.replace("/", "-") + ".png"))
        is_whole = draw(house, shown, picture)
        chosen = language_of(language, settings)
    rows = rows_of(shown, chosen)
    if json:
        found = {"picture": str(picture), "document": house.archive.location_of(shown.document_id), **rows}
        print_json("show", {**found, "places": places_of(shown)})
    else:
        for finding in rows["findings"]:
            severity = severity_name(finding["severity"], chosen)
            print(printable(f"{severity}  {finding['rule_id']}  {finding['message']}"))
        print_rows(in_chinese(rows["places"]) if chosen == "zh" else rows["places"], nothing="", language=chosen)
        print(picture)
    if not is_whole:
        print(command_texts(chosen)["no_font"], file=sys.stderr)
    if open_:
        typer.launch(str(picture))


def runs(
    count: Annotated[int, typer.Option("--last", "-n", min=1, metavar="N", help="How many, the newest.")] = 20,
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """List the runs of this warehouse, oldest first: when, how they ended, what they did, what they were asked.

    A run that was killed shows as running until the next one begins, which records it as crashed.
    """
    from flows.running.summarise import in_short, run_rows

    with errors_reported():
        settings = settings_of(config, warehouse=warehouse)
        chosen = language_of(language, settings)
        rows = run_rows(existing(settings).ledger.runs().tail(count))
    if json:
        print_json("runs", rows)
        return
    print_rows(list(map(in_short, rows)), nothing=command_texts(chosen)["no_runs"], language=chosen)


def events(
    kind: Annotated[list[EventKind] | None, typer.Option(help="Only these; may be given several times.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="Of this day (UTC) or later.")
    ] = None,
    count: Annotated[int, typer.Option("--last", "-n", min=1, metavar="N", help="How many, the newest.")] = 50,
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """List what happened to forms, documents, sources and releases, oldest first: revised, held, released, ..."""
    from datetime import UTC

    import polars as pl

    with errors_reported():
        settings = settings_of(config, warehouse=warehouse)
        chosen = language_of(language, settings)
        found = existing(settings).ledger.events()
    if kind:
        found = found.filter(pl.col("kind").is_in([str(one) for one in kind]))
    if since:
        found = found.filter(pl.col("at") >= since.replace(tzinfo=UTC))
    rows = found.tail(count)
    if json:
        print_json("events", rows.to_dicts())
        return
    shown = rows.select("at", "kind", "release_id", "message").to_dicts()
    if chosen == "zh":
        from flows.reports.event_words import event_zh

        shown = [{**row, "message": event_zh(row["message"])} for row in shown]
    print_rows(shown, nothing=command_texts(chosen)["no_events"], language=chosen)


def dictionary(
    table: Annotated[str | None, typer.Argument(metavar="TABLE", help="One table or view; else all of them.")] = None,
    language: LanguageOption = None,
) -> None:
    """Print the data dictionary: every table and column, its meaning, type, unit and printed label (Markdown)."""
    from flows.config.settings import SettingsError
    from flows.reports.dictionary import dictionary_markdown
    from warehouse.contract import PUBLISHED

    with errors_reported():
        if table is not None and table not in PUBLISHED:
            raise SettingsError(f"there is no table {table}; the tables are: {', '.join(PUBLISHED)}")
        page = dictionary_markdown(language_of(language, settings_of(None)), table)
    print(page, end="")


def settings() -> None:
    """Print every setting: its name in jixiao.toml and in the environment, type, default and meaning (Markdown)."""
    from flows.reports.settings_page import settings_markdown

    print(settings_markdown(), end="")


def rules(config: ConfigOption = None, json: JsonOption = False, language: LanguageOption = None) -> None:
    """List the rules that forms are checked by, with the severity and the thresholds that the settings give them."""
    from flows.reports.rows import catalogue_rows
    from flows.reports.show import severity_name

    with errors_reported():
        settings = settings_of(config)
        chosen = language_of(language, settings)
        rows = catalogue_rows(settings.rules, chosen)
        if json:
            print_json("rules", rows)
            return
        if chosen == "zh":
            rows = [{**row, "severity": severity_name(row["severity"], chosen)} for row in rows]
    print_rows(rows, nothing="There are no rules.", language=chosen)


def gaps(
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """List what forms print that the closed lists lack: levels, funding sources, units, words; most frequent first."""
    from flows.reports.rows import vocabulary_gap_rows

    with errors_reported():
        settings = settings_of(config, warehouse=warehouse)
        chosen = language_of(language, settings)
        release = existing(settings).releases.current()
        rows = vocabulary_gap_rows(release) if release else []
    if json:
        print_json("gaps", rows)
        return
    print_rows(rows, nothing=command_texts(chosen)["no_gaps"], language=chosen)


def _writable(path: Path) -> Path:
    """Return where a file for people goes, whose folder is made.

    Raises:
        SettingsError: It cannot be written there.
    """
    from flows.config.settings import SettingsError

    is_there = path.exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab"):
            pass
        if not is_there:
            path.unlink()
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}") from None
    return path
