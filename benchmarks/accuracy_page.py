"""Prints docs/accuracy.md: `python -m benchmarks.accuracy_page CORPUSDIR --seed N > docs/accuracy.md`.

Without a folder it prints the chapter on the rules alone.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks import accuracy, narratives, rules
from benchmarks.corpus.violations import BREAKERS

PAGE = """# Accuracy

How many printed fields are read exactly, and how well the rules tell broken forms from right ones. Both are
measured on forms that this project invents, whose truth is known to the character; the numbers below are
printed by `python -m benchmarks.accuracy_page` and not edited.

## The corpus

`python -m benchmarks.corpus make DIR --seed {seed} --count {count} --scans {scans}` wrote {documents} PDFs.
Fifteen layouts (the families of the Ministry, Shanghai, Yunnan, Sichuan, Hubei, Shandong, Beijing, Ningxia,
Chongqing and of transfer payments), seven producers (ReportLab, WeasyPrint, Chromium, LibreOffice Writer,
LibreOffice Calc, Typst, XeLaTeX), both orientations, nine ways of drawing lines, pages that end between and
inside rows, labels printed once, again or half on each page, forms that begin in the middle of a page or without
a title, lists before and reports around the forms, narratives over pages, totals alone on a page, stored rotated or
cropped pages, watermarks, stamps, running heads and hidden text. The `scan` documents are images of pages only
(150 to 200 dpi, skewed, noisy, JPEG, some with a stamp); the fonts of the `unmapped` ones do not say which
characters their glyphs are. The corpus is not committed: the same seed gives the same forms.

A field is right when the text is the printed one (white space aside), and blank where the cell is blank; a
value is right when it is the printed number in the contract's unit. A row that is missed counts with all its
fields.

{reading}
## Layouts that nobody has seen

`python -m benchmarks.unseen --seed {unseen_seed} --count {unseen}` makes forms whose labels are replaced by words
that the reader's vocabulary does not have (`benchmarks/corpus/unseen.toml`; a test holds the two apart), with columns
more and fewer, groups above columns, rows that number the columns, rows of sub-totals, and target tables or
monitoring forms before or after them. A column whose header is not known is read where the form itself proves it:
levels by the closed lists, weights and scores by sums that are printed, amounts by the printed rates, targets and
actual values by the scores or by cells that answer each other under a header that says before or after. Two witnesses
are needed where no sum proves a column, and one assignment alone may fit. Else the column is left unread with a
warning, or the form held back.

{unseen_report}
## Other producers, tried once by hand

PDFs that are not in the corpus, as these programs are not available everywhere; read with the version of 2026-11-23:

| made by | documents | fields right |
| --- | ---: | ---: |
| a third of corpus 6, written anew by `pdftocairo -pdf` (cairo) | 80 | 99.97 % |
| pages of the corpus for Chromium, printed by wkhtmltopdf 0.12 | 40 | 99.90 % |
| a third of corpus 6, written anew by Ghostscript's `pdfwrite` | 80 | 78.8 % |
| pages of corpus 6 whose text Ghostscript drew as outlines (by OCR) | 4 | 99.7 % |
| landscape forms cut in two at a column's edge | 14 | 100 % |

cairo lost the brackets of one label, and wkhtmltopdf drew one row twice over at a page's foot. Ghostscript drew
other glyphs for fonts that are not embedded, which no reader can undo, and gave others a wrong Unicode map: those
are recognised by OCR, and 72 of 104 forms are wholly right. Forms cut in two within a column or a word are not read.

All 252 documents of corpus 8 drawn by WeasyPrint (`--producers weasyprint --scans 0`), read with the version of
2026-11-28: 49981 of 49981 fields right. Its fonts were wider than their places, so that characters stand over the edges
of cells; the misses of WeasyPrint files that the tables above name are gone.

{rules}"""

RULES = """## The rules

`python -m benchmarks.rules --seed {seed} --count {count}` makes forms without PDFs. Every second one
breaks one rule, in turn by one of the {violations} violations below, of which every rule on forms has at least one; it
is noticed when that very rule fails. The other half, of all fifteen layouts, breaks none: a rule that fails there is a
false alarm. What no form shows by itself (rules D01 to D06, on the dataset), and what the reader itself did not
understand (rules R45 to R49), is tested in `tests/expectations` and `tests/transforms` only.
Printed as PDFs (`python -m benchmarks.corpus violations DIR --seed 4 --count 184 --producers reportlab`) and read
again (`python -m benchmarks.rules --pdfs DIR`), {printed}

`python -m benchmarks.rules --unusual --seed {seed} --count {unusual_count}` makes forms that are right and look in some
way as few do: notes beside met rows, one part of the money named, bands, extra points, weights as shares of one,
negative adjustments, no funding block, targets of one or two things, projects of several years, and more.

{unusual}
{narratives}

{judging}"""


PRINTED = "all 92 violations are noticed too, without a false alarm."
"""What the run over PDFs showed, which takes minutes and is made by hand."""


def rules_chapter(seed: int, count: int, unusual_count: int = 600) -> str:
    """Return the chapter on the rules."""
    return RULES.format(
        seed=seed,
        count=count,
        violations=len(BREAKERS),
        printed=PRINTED,
        unusual_count=unusual_count,
        unusual=rules.unusual_report(seed, unusual_count),
        narratives=narratives.report(seed, 600),
        judging=rules.report(*rules.invented(seed, count)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy_page", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="the corpus; without it only the rules are measured")
    parser.add_argument("--seed", type=int, default=1, help="seed that the corpus was made with")
    parser.add_argument("--feed", default="pdfium", choices=["pdfium", "pdfplumber"])
    parser.add_argument("--rules", type=int, default=2000, help="how many forms to check")
    parser.add_argument("--rules-seed", type=int, default=1)
    parser.add_argument("--unseen", type=int, default=1000, help="how many forms of unseen layouts to read")
    parser.add_argument("--unseen-seed", type=int, default=2)
    given = parser.parse_args()
    chapter = rules_chapter(given.rules_seed, given.rules)
    if given.folder is None:
        sys.stdout.write(chapter)
        return
    paths = sorted(given.folder.glob("*.pdf"))
    tables, ids, _ = accuracy.read(paths, given.feed)
    frame = accuracy.compare(given.folder, tables, ids)
    images = frame.filter(accuracy.IS_IMAGE)["file"].n_unique()
    page = PAGE.format(
        seed=given.seed,
        count=len(paths) - images,
        scans=images,
        documents=len(paths),
        reading=accuracy.report(frame, 150),
        rules=chapter,
    )
    sys.stdout.write(page)


if __name__ == "__main__":
    main()
