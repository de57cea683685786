"""Prints docs/accuracy-tables.md: `python -m benchmarks.accuracy_page CORPUSDIR --seed N > docs/accuracy-tables.md`.

CORPUSDIR is what `python -m benchmarks.corpus make CORPUSDIR --seed N` wrote. The page is figures alone; what they mean
stands in docs/accuracy.md. Without a folder it prints the chapters that need no PDFs: those on the rules.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks import accuracy, narratives, rules, unseen
from benchmarks.corpus.plan import PRODUCERS
from benchmarks.corpus.violations import BREAKERS
from transforms import assemble, normalise
from transforms.read import READER_VERSION

PAGE = """# Accuracy in tables

The figures behind [accuracy](accuracy.md), printed by `python -m benchmarks.accuracy_page` and not edited. Read with
reader {reader}, assembled with {assemble}, normalised with {normalise}.

## The corpus

`python -m benchmarks.corpus make DIR --seed {seed} --count {count} --scans {scans} --producers {producers}`
wrote {documents} PDFs.

{reading}

## Layouts that nobody has seen

`python -m benchmarks.unseen --seed {unseen_seed} --count {unseen_count}`

{unseen}

{rules}"""

RULES = """## Broken forms

`python -m benchmarks.rules --seed {seed} --count {count}`, {violations} violations.

{judging}

## Unusual forms that are right

`python -m benchmarks.rules --unusual --seed {seed} --count {unusual_count}`

{unusual}

## Figures within texts

`python -m benchmarks.narratives --seed {seed} --count {narratives_count}`: {narratives}
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many forms are made for each chapter; a chapter on so many forms takes its time."""

    rules: int = 500
    unusual: int = 600
    narratives: int = 600
    unseen: int = 1000


def rules_chapters(seed: int, counts: Counts) -> str:
    """Return the chapters on the rules."""
    return RULES.format(
        seed=seed,
        count=counts.rules,
        violations=len(BREAKERS),
        judging=rules.report(*rules.invented(seed, counts.rules)).strip(),
        unusual_count=counts.unusual,
        unusual=rules.unusual_report(seed, counts.unusual).strip(),
        narratives_count=counts.narratives,
        narratives=narratives.report(seed, counts.narratives),
    )


def page(folder: Path, seed: int, feed: str, unseen_seed: int, rules_seed: int, counts: Counts) -> str:
    """Return the whole page.

    Args:
        folder: The corpus: PDFs, each with its truth beside it.
        seed: What the corpus was made with, to be named.
        feed: pdfium or pdfplumber.
        unseen_seed: Seed of the forms of unseen layouts.
        rules_seed: Seed of the forms that break rules.
        counts: How many forms are made for the other chapters.
    """
    paths = sorted(folder.glob("*.pdf"))
    tables, ids, _ = accuracy.read(paths, feed)
    frame = accuracy.compare(folder, tables, ids)
    images = frame.filter(accuracy.IS_IMAGE)["file"].n_unique()
    return PAGE.format(
        reader=READER_VERSION,
        assemble=assemble.VERSION,
        normalise=normalise.VERSION,
        seed=seed,
        count=len(paths) - images,
        scans=images,
        producers=" ".join(p for p in PRODUCERS if p in set(frame["producer"])),
        documents=len(paths),
        reading=accuracy.report(frame, 150).strip(),
        unseen_seed=unseen_seed,
        unseen_count=counts.unseen,
        unseen=unseen.invented(unseen_seed, counts.unseen).strip(),
        rules=rules_chapters(rules_seed, counts),
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy_page", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="the corpus; without it only the rules are measured")
    parser.add_argument("--seed", type=int, default=1, help="seed that the corpus was made with")
    parser.add_argument("--feed", default="pdfium", choices=["pdfium", "pdfplumber"])
    parser.add_argument("--rules", type=int, default=Counts().rules, help="how many forms to check")
    parser.add_argument("--rules-seed", type=int, default=1)
    parser.add_argument("--unseen", type=int, default=Counts().unseen, help="how many forms of unseen layouts to read")
    parser.add_argument("--unseen-seed", type=int, default=2)
    given = parser.parse_args()
    counts = Counts(rules=given.rules, unseen=given.unseen)
    if given.folder is None:
        sys.stdout.write(rules_chapters(given.rules_seed, counts))
    else:
        seeds = (given.unseen_seed, given.rules_seed)
        sys.stdout.write(page(given.folder, given.seed, given.feed, *seeds, counts))


if __name__ == "__main__":
    main()
