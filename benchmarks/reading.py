"""How fast are PDFs read? One command, one run, one core: this project against the readers it could have used.

    python -m benchmarks.reading [FOLDER] [--repeat 3] [--cpu] [--documents 10 100 1000]

Prints Markdown to stdout: milliseconds a page and ratios over the PDFs of FOLDER (default: samples), the best of
some repetitions for each file and reader, all readers by turns. Readers that are not installed are left out.
With `--documents` also the time and the peak memory of reading so many documents (the folder's, over and over).
"""

from __future__ import annotations

import argparse
import ctypes
import importlib
import importlib.util
import logging
import platform
import resource
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pdfplumber
import pypdfium2
import pypdfium2.raw as pdfium

from transforms.read import read_document

Reader = Callable[[Path], None]


def jixiao_pdfium(path: Path) -> None:
    read_document(path, "0" * 64, witness_pct=0)


def jixiao_with_witness(path: Path) -> None:
    read_document(path, "0" * 64, witness_pct=100)


def jixiao_pdfplumber(path: Path) -> None:
    read_document(path, "0" * 64, feed="pdfplumber", witness_pct=0)


def pdfplumber_extract_tables(path: Path) -> None:
    with pdfplumber.open(path) as document:
        for page in document.pages:
            page.extract_tables()


def pdfium_text_walk(path: Path) -> None:
    """PDFium's text, character by character: code point and box, the least that a reader of its text does."""
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    document = pypdfium2.PdfDocument(path)
    for number in range(len(document)):
        page = document[number]
        text = page.get_textpage()
        for index in range(text.count_chars()):
            pdfium.FPDFText_GetUnicode(text, index)
            pdfium.FPDFText_GetCharBox(text, index, left, right, bottom, top)
        text.close()
        page.close()
    document.close()


def pdfium_load_only(path: Path) -> None:
    """What PDFium takes to parse pages and build their text, before anything is asked of it."""
    document = pypdfium2.PdfDocument(path)
    for number in range(len(document)):
        page = document[number]
        page.get_textpage().close()
        page.close()
    document.close()


def camelot_lattice(path: Path) -> None:
    importlib.import_module("camelot").read_pdf(str(path), pages="all", flavor="lattice", suppress_stdout=True)


def pymupdf_find_tables(path: Path) -> None:
    with importlib.import_module("pymupdf").open(path) as document:
        for page in document:
            for table in page.find_tables().tables:
                table.extract()


READERS: dict[str, tuple[Reader, str | None]] = {
    "jixiao, PDFium feed": (jixiao_pdfium, None),
    "jixiao, PDFium feed, each page compared with its picture": (jixiao_with_witness, None),
    "jixiao, pdfplumber feed": (jixiao_pdfplumber, None),
    "PDFium, parse only": (pdfium_load_only, None),
    "PDFium, bare text walk": (pdfium_text_walk, None),
    "pdfplumber extract_tables": (pdfplumber_extract_tables, None),
    "camelot lattice": (camelot_lattice, "camelot"),
    "PyMuPDF find_tables": (pymupdf_find_tables, "pymupdf"),
}
"""Readers and the module that they need."""


def best_times(
    paths: list[Path], readers: dict[str, Reader], repeat: int, clock: Callable[[], float]
) -> dict[str, float]:
    """Seconds for each reader over all files: the best repetition of each file, readers by turns."""
    best = {name: dict.fromkeys(paths, float("inf")) for name in readers}
    for reader in readers.values():
        reader(paths[0])
    for path in paths:
        for _ in range(repeat):
            for name, reader in readers.items():
                start = clock()
                reader(path)
                best[name][path] = min(best[name][path], clock() - start)
    return {name: sum(times.values()) for name, times in best.items()}


def peak_megabytes() -> float:
    """Peak memory of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def machine() -> str:
    names = ("pypdfium2", "pdfplumber", "pdfminer.six", "numpy", "polars", "camelot-py", "pymupdf")
    found = [f"{name} {version(name)}" for name in names if importlib.util.find_spec(_module(name))]
    return f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}, " + ", ".join(found)


def _module(name: str) -> str:
    return {"pdfminer.six": "pdfminer", "camelot-py": "camelot"}.get(name, name)


def print_ratios(paths: list[Path], repeat: int, cpu: bool) -> None:
    readers = {
        name: reader
        for name, (reader, module) in READERS.items()
        if module is None or importlib.util.find_spec(module) is not None
    }
    page_count = sum(read_document(path, "0" * 64).page_count or 0 for path in paths)
    seconds = best_times(paths, readers, repeat, time.process_time if cpu else time.perf_counter)
    clock = "CPU" if cpu else "wall"
    own = seconds["jixiao, PDFium feed"]
    print(f"{len(paths)} documents, {page_count} pages, one core, {clock} time, best of {repeat}. {machine()}\n")
    print("| reader | ms a page | time as a multiple of jixiao's |\n| --- | ---: | ---: |")
    for name, value in sorted(seconds.items(), key=lambda item: item[1]):
        print(f"| {name} | {value * 1000 / page_count:.1f} | {value / own:.2f} |")
    print()


def print_growth(paths: list[Path], counts: list[int]) -> None:
    print("| documents | seconds | documents a second | peak memory, MB |\n| ---: | ---: | ---: | ---: |")
    for count in counts:
        start = time.perf_counter()
        for i in range(count):
            read_document(paths[i % len(paths)], "0" * 64)
        seconds = time.perf_counter() - start
        print(f"| {count} | {seconds:.1f} | {count / seconds:.1f} | {peak_megabytes():.0f} |")
    print()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.reading",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", nargs="?", type=Path, default=Path("samples"))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--cpu", action="store_true", help="CPU time, for a machine that has other work")
    parser.add_argument("--documents", type=int, nargs="*", default=[])
    arguments = parser.parse_args()
    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    paths = sorted(arguments.folder.glob("*.pdf"))
    if not paths:
        parser.error(f"no PDF in {arguments.folder}")
    print_ratios(paths, arguments.repeat, arguments.cpu)
    if arguments.documents:
        print_growth(paths, arguments.documents)


if __name__ == "__main__":
    main()
