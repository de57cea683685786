"""The published tables: column names, types, meaning, unit and printed Chinese label.

A table is a dataframely schema. A column's `description` is what the value means; its metadata has the `unit`
and the `source_label` (the label that the form prints), where there is one.
"""

from __future__ import annotations

from typing import Final

import dataframely as dy

from warehouse.contract.columns import (
    DOCUMENT_ID,
    FORM_ID,
    PAGE,
    closed,
    count,
    instant,
    meta,
    text,
    yes_no,
)
from warehouse.contract.form_tables import FORM_TABLES
from warehouse.contract.reference import Codes, Regions, Rules
from warehouse.contract.schemas import TableType
from warehouse.contract.vocabulary import (
    CHECK_STATUSES,
    CORRECTION_ACTIONS,
    CORRECTION_STATUSES,
    DOCUMENT_STATUSES,
    PAGE_KINDS,
    READERS,
    SEVERITIES,
    SOURCE_STATES,
)


class Documents(dy.Schema):
    """One row for each PDF ever seen."""

    document_id = text(DOCUMENT_ID, key=True)
    source_uri = text("where the file was first seen: its path below its source, or its address", null=False)
    file_name = text("name of the file, as the server gives it, else the last part of source_uri", null=False)
    byte_count = dy.Int64(description="size of the file", metadata=meta("bytes", None))
    page_count = count("pages; null when the file could not be opened", "pages", null=True)
    form_count = count("forms found in the document", "forms")
    status = closed(DOCUMENT_STATUSES, "what became of the document", null=False)
    reason = text("stable code for a status other than published, with a sentence after a colon")
    first_seen_at = instant("when the file was first collected")
    reader = closed(READERS, "which feed read the pages; null when nothing could be read")
    reader_version = text("version of the reader; a new one means that the cells may differ")
    sources = text(
        "sources of sources.toml in which the file was seen, sorted, joined by ' | '; "
        "null: it was only given to runs as a path or address"
    )
    region = text(
        "region of the first of these sources to have it, else as given by --region; null where none is given"
    )
    default_department = text(
        "department that this source gives to its documents: given by whoever keeps sources.toml, never printed; "
        "the printed one is in forms"
    )
    withdrawn_at = instant(
        "start of the run that found it gone from the last of these sources, taken away or replaced there; null: it is "
        "still there as far as is known. Its forms stay published",
        null=True,
    )


class Sources(dy.Schema):
    """One row for each source of sources.toml that a run has looked at.

    What can change from night to night without a new document (last look, overdue) is not here, so that a night
    without news changes no published byte: `jixiao sources` and the ledger's `source_runs` have it.
    """

    source_name = text("name in sources.toml", key=True)
    kind = text("files, urls, index or s3", null=False)
    region = text("region that the source is for")
    default_department = text("department that it gives to its documents")
    expected_days = count("something new is expected at least this often; null: not given", "days", null=True)
    document_count = count("documents ever seen in it", "documents")
    published_count = count("of these, published, in part or whole", "documents")
    quarantined_count = count("of these, held back whole", "documents")
    no_form_count = count("of these, without any form", "documents")
    failed_count = count("of these, that could not be read", "documents")
    last_new_at = instant("start of the run that last found a new document in it; null: none yet", null=True)
    listed_count = count("PDFs that it listed in that run; null when that run ended early", "documents", null=True)
    fetched_count = count("of these, fetched and archived in that run", "documents", null=True)
    unchanged_count = count("of these, known already and not changed", "documents", null=True)
    missed_count = count("of these, those that could not be fetched in that run", "documents", null=True)
    state = closed(SOURCE_STATES, "state of the source after that run; null when it ended early")
    withdrawn_count = count("of the documents ever seen in it, those that are gone from it", "documents")
    withdrawn_at = instant(
        "start of the run that last found one of them gone; null: all are still there as far as is known", null=True
    )


class Pages(dy.Schema):
    """One row for each page of a document that was opened, also where no form was read of it: what the page shows.

    Each character (white space aside) has exactly one fate: it leads to a published value, is part of a label, is in
    `leftovers`, is furniture of the page, or stands outside. The five sum to character_count.
    """

    document_id = text(DOCUMENT_ID, key=True)
    page_number = count(PAGE, key=True)
    kind = closed(
        PAGE_KINDS,
        "form: a form begins on it; continuation: it belongs to one that began before; outside: to none; blank: it "
        "shows no text; unreadable: a picture or a font without a map that was not recognised, or a page that fails",
        null=False,
    )
    form_ids = text("forms that it prints something of, joined by a space; null: none")
    reader = closed(READERS, "which feed read it; null when it was not looked into: it cannot hold a part of a form")
    character_count = count("characters that the page shows, white space aside", "characters")
    value_characters = count("of these, in cells and lines that lead to a published value", "characters")
    label_characters = count("of these, in labels and headers", "characters")
    leftover_characters = count("of these, in leftovers", "characters")
    furniture_characters = count(
        "of these, page numbers, running heads, stamps, watermarks and text that nobody sees", "characters"
    )
    outside_characters = count(
        "of these, of no form, or of a part of one that is not published: names and phone numbers, notes", "characters"
    )
    lowest_confidence = dy.Float64(
        nullable=True, description="least certainty of the OCR on the page, 0 to 1; null for a text layer"
    )
    rotation = count(
        "direction of the text on the page as displayed, counter-clockwise: 0 upright, 90, 180, 270 (it was turned "
        "upright to be read); null when it was not looked into",
        "degrees",
        null=True,
    )
    has_lost_form = yes_no("it prints a table that looks like a form, of which none was read")


class Checks(dy.Schema):
    """One row for each record that fails a rule, and for each form to which a rule could not be applied."""

    document_id = text(DOCUMENT_ID, key=True)
    form_id = text(FORM_ID + "; empty for a rule on a document or on the dataset", key=True, null=False)
    rule_id = text("stable id of the rule, such as R07", key=True)
    table_name = text("table of the record", key=True)
    record_id = text("id of the record; the form_id where the rule is on the form", key=True)
    rule_version = count("goes up when the meaning of the rule changes")
    severity = closed(SEVERITIES, "critical holds the form back", null=False)
    status = closed(CHECK_STATUSES, "fail, or not_applicable with its reason", null=False)
    page_number = count(PAGE + ", where the record is printed", null=True)
    observed = text("what the form prints")
    expected = text("what the rule expects")
    message = text("the finding in Chinese, for the form's author")
    message_en = text("the finding in English")
    reason = text("why the rule could not be applied; null for fail")


class RuleResults(dy.Schema):
    """One row for each rule: how often it passed, failed and could not be applied."""

    rule_id = text("stable id of the rule", key=True)
    rule_version = count("version of the rule", key=True)
    severity = closed(SEVERITIES, "severity in this run", null=False)
    table_name = text("table whose records are judged", null=False)
    passed = dy.Int64(description="records that obey")
    failed = dy.Int64(description="records that break the rule: as many rows as in checks")
    not_applicable = dy.Int64(description="records to which the rule could not be applied")


class RuleCounts(dy.Schema):
    """One row for each document and rule: the counts that `rule_results` sums over the documents of a release."""

    document_id = text(DOCUMENT_ID, key=True)
    rule_id = text("stable id of the rule", key=True)
    rule_version = count("version of the rule", key=True)
    severity = closed(SEVERITIES, "severity in this run", null=False)
    table_name = text("table whose records are judged", null=False)
    passed = dy.Int64(description="records that obey")
    failed = dy.Int64(description="records that break the rule")
    not_applicable = dy.Int64(description="records to which the rule could not be applied")


class Occurrences(dy.Schema):
    """One row for each place where a published form was found, its own document first."""

    form_id = text(FORM_ID, key=True)
    document_id = text(DOCUMENT_ID, key=True)
    form_number = count("form in that document, from 1", key=True)
    page_first = count("page on which it begins")
    page_last = count("page on which it ends")


class Revisions(dy.Schema):
    """One row for each field that changed when a form was published again with other figures or words.

    A record that is in one version only gives a row for each of its fields. The forms are compared by their figures
    as `identity` compares them; a form that was revised several times has each step.
    """

    new_form_id = text("the form that was published again", key=True)
    table_name = text("forms, funding or indicators", key=True)
    record_name = text(
        "what identifies the record in both forms: source or name of the indicator as printed, with ' #2' where it is "
        "there again; empty in forms",
        key=True,
    )
    column_name = text("the field; its value, or the printed text where that could not be read", key=True)
    old_form_id = text("the form before it; in the ledger, and not in this release unless it stands again", null=False)
    new_document_id = text("document of the new form: " + DOCUMENT_ID, null=False)
    old_document_id = text("document of the old form", null=False)
    fiscal_year = count("budget year: these four say that it is the same form", "year")
    department = text("department in charge, as the new form prints it", "主管部门", null=False)
    implementing_unit = text("unit that carried the project out, as the new form prints it", "实施单位", null=False)
    project_name = text("name of the project, as the new form prints it", "项目名称", null=False)
    before = text("what the old form prints; null: nothing, or it has no such record")
    after = text("what the new form prints; null: nothing, or it has no such record")
    seen_at = instant("when the new form's document was first collected")


class Corrections(dy.Schema):
    """One row for each correction that a person decided on, applied or not.

    A corrected value is read from `corrected_text`, and so are the text columns beside it; `evidence` keeps what is
    printed.
    """

    form_id = text(FORM_ID, key=True)
    table_name = text("forms, funding or indicators", key=True)
    record_number = count("0 for forms; line_number or indicator_number else", key=True)
    column_name = text("the field, such as executed, target, score", key=True)
    record_id = text("form_id, funding_id or indicator_id", null=False)
    action = closed(CORRECTION_ACTIONS, "replace the text, or withhold the value", null=False)
    status = closed(
        CORRECTION_STATUSES,
        "applied; refused: the form prints another text than expected; not_found: no such form, record or field",
        null=False,
    )
    expected_text = text("the printed text that the correction is for", null=False)
    observed_text = text("what the form prints there; null when it was not found")
    corrected_text = text("what is read instead; null where the value is withheld")
    reason = text("why", null=False)
    decided_by = text("who decided", null=False)
    decided_on = dy.Date(nullable=False, description="when it was decided")


DATASET_TABLES: Final[dict[str, TableType]] = {
    "documents": Documents,
    "pages": Pages,
    "sources": Sources,
    "checks": Checks,
    "rule_results": RuleResults,
    "occurrences": Occurrences,
    "revisions": Revisions,
    "corrections": Corrections,
    "rules": Rules,
    "codes": Codes,
    "regions": Regions,
}
"""Tables about everything seen, published or not."""

TABLES: Final[dict[str, TableType]] = {**FORM_TABLES, **DATASET_TABLES}
"""Every table of a release; `views.VIEWS` has the views that are published beside them."""
