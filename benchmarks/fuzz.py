"""Fuzzes the assembler and the value grammar, led by coverage: `python -m benchmarks.fuzz --seconds 300`.

Needs atheris (`pip install atheris`), which no requirement brings: where it is not installed, this says so and does
nothing else. Cells of the samples get other texts and other places; what is made of them must be tables of the
contract, whatever they say. Each input is many documents at once: an input costs a second or two however small it is,
and hundreds of documents hardly more. The first inputs are long: libFuzzer begins with few bytes, that change nothing.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import polars as pl

MISSING: Final = "skipped: atheris is not installed (pip install atheris); it is not for every version of Python"
_SAMPLES: Final = ("operator-columns.pdf", "weight-first.pdf", "page-break.pdf")
_DOCUMENTS: Final = 200
_MOST_TWISTS: Final = 8
_MOST_VALUES: Final = 40
_MOST_BYTES: Final = 100_000
_FIRST_INPUTS: Final = 30
_WORDS: Final = ("万元", "达成", "定性", "指标", "得分", "分值", "年度", "总分", "完成率", "不低于", "左右")
_PIECES: Final = [*"≥≤%％元次个019.,-—/（）() \n：；、一百亿优良", *_WORDS]
"""A list, for atheris picks from nothing else."""


def twisted(cells: pl.DataFrame, data: Any) -> pl.DataFrame:
    """Give some cells other texts, or the place of another cell, as fuzzed data says."""
    texts, places = cells["text"].to_list(), list(range(cells.height))
    for _ in range(data.ConsumeIntInRange(1, _MOST_TWISTS)):
        at = data.ConsumeIntInRange(0, cells.height - 1)
        match data.ConsumeIntInRange(0, 3):
            case 0:
                texts[at] = "".join(data.PickValueInList(_PIECES) for _ in range(data.ConsumeIntInRange(0, 12)))
            case 1:
                texts[at] += data.PickValueInList(_PIECES)
            case 2:
                texts[at] = data.ConsumeUnicodeNoSurrogates(20)
            case _:
                places[at] = data.ConsumeIntInRange(0, cells.height - 1)
    box = cells.select("page_number", "x0", "top", "x1", "bottom", "row_number", "column_number")[places]
    return cells.with_columns(*box, text=pl.Series(texts, dtype=pl.String))


def with_values(fields: pl.DataFrame, data: Any) -> pl.DataFrame:
    """Give some fields other values, made of what values are made of or of anything, as fuzzed data says."""
    texts = fields["printed_text"].to_list()
    for _ in range(data.ConsumeIntInRange(1, _MOST_VALUES)):
        at, anything = data.ConsumeIntInRange(0, fields.height - 1), data.ConsumeUnicodeNoSurrogates(8)
        pieces = "".join(data.PickValueInList(_PIECES) for _ in range(data.ConsumeIntInRange(0, 8)))
        texts[at] = data.PickValueInList([anything, pieces, pieces + anything, str(texts[at]) + pieces])
    return fields.with_columns(printed_text=pl.Series(texts, dtype=pl.String))


def documents_of(
    seeds: list[pl.DataFrame], data: Any, change: Callable[[pl.DataFrame, Any], pl.DataFrame]
) -> pl.DataFrame:
    """Make documents of seeds that fuzzed data chooses and changes, each with an id of its own."""
    changed = [change(data.PickValueInList(seeds), data) for _ in range(_DOCUMENTS)]
    return pl.concat(
        [rows.with_columns(document_id=pl.lit(f"{i:02x}".ljust(64, "0"))) for i, rows in enumerate(changed)]
    )


def first_inputs(folder: Path, seed: int) -> None:
    """Put random inputs into a folder for the fuzzer to begin with."""
    chance = random.Random(seed)
    for number in range(_FIRST_INPUTS):
        (folder / f"{number:03}").write_bytes(chance.randbytes(chance.randint(_MOST_BYTES // 4, _MOST_BYTES)))


def fuzz(seconds: int, seed: int, part: str) -> None:
    """Run until the time is over, or an input raises; atheris ends the process itself.

    Args:
        seconds: How long.
        seed: Of its chance.
        part: `cells` for the assembler and all after it, `values` for what values mean.
    """
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["transforms.assembly", "transforms.normalising"]):
        from transforms.assemble import read_forms
        from transforms.normalise import normalise
        from transforms.read import read_document
    from warehouse import contract

    folder = Path(__file__).parents[1] / "samples"
    seeds = [read_document(folder / name, f"{i:064x}").cells for i, name in enumerate(_SAMPLES)]
    known = [read_forms(cells).fields for cells in seeds]

    def one(content: bytes) -> None:
        data = atheris.FuzzedDataProvider(content)
        if part == "values":
            fields = documents_of(known, data, with_values)
        else:
            fields = read_forms(documents_of(seeds, data, twisted)).fields
        for name, table in normalise(fields).items():
            contract.conform(table, contract.FORM_TABLES[name])

    kept = f"-artifact_prefix={tempfile.gettempdir()}/jixiao-fuzz-"
    limits = [f"-max_total_time={seconds}", "-timeout=600", "-report_slow_units=600", f"-max_len={_MOST_BYTES}"]
    with tempfile.TemporaryDirectory(prefix="jixiao-fuzz-") as corpus:
        first_inputs(Path(corpus), seed)
        atheris.Setup([sys.argv[0], f"-seed={seed}", "-len_control=0", *limits, kept, corpus], one)
        atheris.Fuzz()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--part", choices=["cells", "values"], default="cells", help="what is fuzzed")
    given = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        print(MISSING)
    else:
        fuzz(given.seconds, given.seed, given.part)
