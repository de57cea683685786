"""What ideographs that change a figure look like: `python -m benchmarks.ideograph_shapes --learn FONT --try FONT`.

Writes the shapes that `transforms.reading.ideograph_shapes` compares glyphs with, of the fonts to learn, and the least
likeness of each character in the fonts to try. Prints how like themselves the characters of each are, and how many
glyphs of other common ideographs would pass for one. Shapes of today: Noto Serif CJK SC, Noto Sans CJK SC and LXGW
WenKai (all of the Open Font License); tried with 16 others of Song, Hei, Kai and Fangsong kind.
"""

from __future__ import annotations

import argparse
import ctypes
from contextlib import closing
from pathlib import Path
from typing import Final

import numpy as np
import pypdfium2 as pdfium

from transforms.reading.digits import draw
from transforms.reading.ideograph_shapes import CHARACTERS, SHAPES_FILE, SIZE, shapes_of
from transforms.reading.page import Floats

_MARGIN: Final = 0.1
_MOST: Final = 0.75
_BETTER: Final = 0.2
_AT_ONCE: Final = 400
COMMON: Final = "".join(bytes((row, cell)).decode("gb2312") for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFA))
"""The common ideographs of GB 2312."""


def main() -> None:
    """Write the shapes, and print what was seen."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ideograph_shapes", description=__doc__)
    parser.add_argument("--learn", nargs="+", type=Path, required=True, help="fonts whose shapes are kept")
    parser.add_argument("--try", nargs="+", type=Path, required=True, dest="tried", help="fonts that are looked at")
    chosen = parser.parse_args()
    shapes = np.stack([_shapes(font, CHARACTERS) for font in chosen.learn])
    own = np.stack([_own(font, shapes) for font in chosen.tried])
    least = np.minimum(own.min(axis=0) - _MARGIN, _MOST)
    np.savez_compressed(
        SHAPES_FILE, shapes=np.rint(shapes * 127).astype(np.int8), least=np.rint(100 * least).astype(np.int8)
    )
    passing = np.stack([_passing(font, shapes, least) for font in chosen.tried])
    print("| font | median likeness | least | of |\n| --- | ---: | ---: | --- |")
    for font, likeness in zip(chosen.tried, own, strict=True):
        print(f"| {font.name} | {np.median(likeness):.2f} | {likeness.min():.2f} | {CHARACTERS[likeness.argmin()]} |")
    print("\nGlyphs of other common ideographs that would pass, in a thousand:")
    print(", ".join(f"{char} {1000 * share:.0f}" for char, share in zip(CHARACTERS, passing.mean(axis=0), strict=True)))
    print(f"mean {1000 * passing.mean():.0f}")


def _own(font: Path, shapes: Floats) -> Floats:
    likeness: Floats = (_shapes(font, CHARACTERS) * shapes).sum(axis=2).max(axis=0)
    return likeness


def _passing(font: Path, shapes: Floats, least: Floats) -> Floats:
    """Share of common ideographs that would be taken for each character."""
    likeness = np.max(_shapes(font, COMMON) @ shapes.transpose(0, 2, 1), axis=0)
    best = np.sort(likeness, axis=1)
    other = np.where(likeness == best[:, -1:], best[:, -2:-1], best[:, -1:])
    passes = (likeness >= least) & (other - likeness < _BETTER)
    passes[np.array([[common == char for char in CHARACTERS] for common in COMMON])] = False
    share: Floats = passes.mean(axis=0)
    return share


def _shapes(path: Path, characters: str) -> Floats:
    content = path.read_bytes()
    with closing(pdfium.PdfDocument.new()) as document:
        held = (ctypes.c_ubyte * len(content)).from_buffer_copy(content)
        font = pdfium.raw.FPDFText_LoadFont(document.raw, held, len(content), pdfium.raw.FPDF_FONT_TRUETYPE, True)
        if not font:
            raise SystemExit(f"{path}: not a font of one face that PDFium reads")
        parts = [characters[i : i + _AT_ONCE] for i in range(0, len(characters), _AT_ONCE)]
        return np.concatenate([shapes_of(draw([(font, char, SIZE) for char in part])) for part in parts])


if __name__ == "__main__":
    main()
