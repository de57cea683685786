"""What the corpus says is printed is what the corpus prints, and it obeys or breaks the rules as it claims."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.accuracy import folded
from benchmarks.corpus.families import FAMILIES
from benchmarks.corpus.fields import TEMPLATES, fields_of
from benchmarks.corpus.invent import Inventor, points, shares
from benchmarks.corpus.layouts import blocks
from benchmarks.corpus.model import Document, Form, Style, Table, stacked
from benchmarks.corpus.plan import SHAPES, Planner, plan
from benchmarks.corpus.reportlab import place, render
from benchmarks.corpus.unseen import plan_unseen
from benchmarks.corpus.violations import BREAKERS, forms
from expectations.catalogue import RULES
from expectations.rules.pages import RULES as RULES_ON_PAGES
from expectations.rules.recognised import RULES as RULES_ON_RECOGNISED
from transforms.normalise import normalise
from transforms.reading.feed_pdfplumber import pages


def texts_of(form: Form) -> list[str]:
    """Return every text of a form's truth, labels once for each row that they cover."""
    truth = form.truth()
    found = [value for key, value in truth.items() if isinstance(value, str) and key not in ("currency", "year")]
    for row in (*truth["funding"], *truth["indicators"]):
        found += [value for value in row.values() if value]
    return found


@pytest.mark.parametrize("name", FAMILIES)
def test_blocks_each_family_prints_every_text_of_its_truth(name: str) -> None:
    for seed in range(12):
        rng = Random(seed)
        family = FAMILIES[name](rng)
        form = Inventor(rng, family).form()
        layout = replace(family.layout, has_free_grid=seed % 2 == 1, has_title_row=seed % 3 == 0)
        printed = set()
        for block in blocks(form, layout):
            if isinstance(block, Table):
                assert place(block)
                printed |= {cell.text for row in block.rows for cell in row}
            else:
                printed.add(getattr(block, "text", ""))
        missing = [text for text in texts_of(form) if text not in printed]
        assert missing in ([], ["20"])  # Hubei's weight of execution stands in a label


@pytest.mark.parametrize("shape", sorted(set(SHAPES)))
def test_render_every_character_of_the_truth_is_in_the_file(shape: str, tmp_path: Path) -> None:
    document = Planner(7, 3, "ministry", "reportlab", shape).document()
    path = tmp_path / "a.pdf"
    path.write_bytes(render(document))
    printed = Counter(folded("".join("".join(page.char_text) for page in pages(path))))
    wanted: Counter[str] = Counter()
    for form in document.truth:
        wanted.update(
            folded("".join(str(form[key] or "") for key in ("project", "unit", "goal_expected", "goal_actual")))
        )
        for row in form["indicators"]:
            wanted.update(folded("".join(str(row[key] or "") for key in ("name", "target", "actual", "score"))))
    assert wanted - printed == Counter()


def test_plan_same_seed_gives_the_same_documents() -> None:
    first, second = (list(plan(5, 12, ["reportlab"])) for _ in range(2))
    assert first == second
    assert [render(document) for document in first[:3]] == [render(document) for document in second[:3]]


def test_truth_row_without_name_is_left_out() -> None:
    family = FAMILIES["ministry"](Random(1))
    form = Inventor(Random(1), family).form()
    blank = replace(form.indicators[0], name="", target="", actual="")
    assert replace(form, indicators=(blank, *form.indicators)).truth()["indicators"] == form.truth()["indicators"]


def test_truth_is_plain_json() -> None:
    for document in plan(6, 4, ["reportlab"]):
        assert json.loads(json.dumps(document.truth)) == list(document.truth)


@given(st.integers(1, 12), st.integers(0, 1000), st.sampled_from(["1", "0.5"]))
def test_shares_sum_to_the_whole(count: int, seed: int, step: str) -> None:
    parts = shares(Random(seed), Decimal(30), count, Decimal(step))
    assert sum(parts) == 30
    assert len(parts) == count
    assert min(parts) > 0


def test_shares_too_many_parts_raises() -> None:
    with pytest.raises(ValueError, match="cannot be cut"):
        shares(Random(1), Decimal(2), 5, Decimal(1))


def test_points_as_printed() -> None:
    assert [points(Decimal(value), 2) for value in ("9.5", "10")] == ["9.50", "10.00"]
    assert [points(Decimal(value), 0) for value in ("9.50", "10.00")] == ["9.5", "10"]


def test_stacked_brackets_stay_together() -> None:
    assert stacked("效益指标(30分)") == "效\n益\n指\n标\n(30分)"
    assert stacked("绩效") == "绩\n效"


@pytest.mark.parametrize("name", FAMILIES)
def test_form_tidy_totals_add_up(name: str) -> None:
    for seed in range(20):
        rng = Random(seed)
        family = FAMILIES[name](rng)
        form = Inventor(rng, family, is_tidy=True).form()
        weights = [Decimal(row.weight) for row in form.indicators if row.weight]
        if weights:
            assert sum(weights) == 90
        if form.total_score:
            scores = [row.score for row in form.indicators if row.score] + [form.funding[0].score or "0"]
            assert sum(map(Decimal, scores)) == Decimal(form.total_score)


def test_forms_every_second_breaks_one_rule() -> None:
    made = forms(3, 2 * len(BREAKERS))
    assert [name for *_, name in made[::2]] == [""] * len(BREAKERS)
    assert [name for *_, name in made[1::2]] == list(BREAKERS)
    assert all(form.violates == ((name,) if name else ()) for form, _, name in made)


def test_forms_every_rule_is_broken_by_some_violation() -> None:
    of_forms = {rule.id for rule in RULES} - {
        rule.id
        for rule in (*RULES_ON_PAGES, *RULES_ON_RECOGNISED)  # these are broken by the reader
    }
    assert {violation.rule for violation in BREAKERS.values()} == of_forms


def test_fields_of_leftovers_are_unnamed_rows_and_unknown_columns() -> None:
    made = [
        (form, family.layout)
        for form, family, name in forms(3, 2 * len(BREAKERS))
        if name in ("name_missing", "column_unknown")
    ]
    tables = normalise(fields_of(made))
    assert tables["forms"].select("unnamed_row_count").to_series().sort().to_list() == [0, 1]
    assert tables["forms"]["unknown_columns"].drop_nulls().len() == 1


def test_fields_of_names_a_template_for_each_layout() -> None:
    made = [(Inventor(Random(1), family(Random(1))).form(), family(Random(1)).layout) for family in FAMILIES.values()]
    assert {layout.name for _, layout in made} == set(TEMPLATES)
    fields = fields_of(made)
    assert fields.select("document_id").n_unique() == len(made)
    assert fields.filter(fields["column_name"] == "template").height == len(made)


def test_render_empty_table_cells_out_of_grid_raises() -> None:
    table = Table((), (1.0,))
    assert render(Document("empty", (), Style(), ()))
    with pytest.raises(ValueError, match="do not cover"):
        place(replace(table, rows=((),)))


def test_unseen_forms_of_a_seed_are_the_same_for_every_producer() -> None:
    ours, theirs = (list(plan_unseen(5, 6, producer)) for producer in ("reportlab", "calc"))
    assert [document.truth for document in ours] == [document.truth for document in theirs]
    assert [document.blocks for document in ours] == [document.blocks for document in theirs]
    assert {document.style for document in ours} != {document.style for document in theirs}
    assert all(document.name.endswith("-calc") for document in theirs)
