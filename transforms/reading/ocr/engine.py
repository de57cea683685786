"""The recogniser: images of single text lines -> characters with their places and certainties."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from transforms.reading.ocr.network import BLANK, Network
from transforms.reading.ocr.opencv import opencv
from transforms.reading.page import Floats, Singles

Gray = NDArray[np.uint8]

PACKAGES: Final = ("rapidocr", "onnx", "onnxruntime", "cv2")
"""What the extra `ocr` brings, by import name."""

MISSING: Final = "needs_ocr: the page is a picture of text; install the OCR extra with `pip install 'jixiao[ocr]'`"

HEIGHT: Final = 48
"""Pixels that the model wants a line to be high."""

_NARROWEST: Final = 64
_WIDEST: Final = 3200
_BATCH_PIXELS: Final = 2400
_PADDING_SHARE: Final = 1.3


class OcrUnavailableError(RuntimeError):
    """The OCR extra, or the model in it, is not installed. The message starts with the reason code `needs_ocr`."""


@dataclass(frozen=True, slots=True)
class Line:
    """What the recogniser saw in one image of a line.

    Attributes:
        text: The characters, printed spaces included.
        start: Left end of each character as a share of the image's width; characters fill the line without gaps.
        end: Right end of each character.
        confidence: Certainty of each character, 0 to 1.
    """

    text: str
    start: Floats
    end: Floats
    confidence: Floats

    @property
    def least(self) -> float:
        """Certainty of the least certain character; 0 where nothing was seen."""
        return float(self.confidence.min()) if len(self.confidence) else 0.0


def is_available() -> bool:
    """Whether the extra `ocr` is installed; imports nothing of it."""
    return all(importlib.util.find_spec(name) is not None for name in PACKAGES)


class Recogniser:
    """The line recogniser of rapidocr's model, run on onnxruntime. Make it with `recogniser()`, once per process."""

    def __init__(self, model: Path) -> None:
        self._network = Network(model.read_bytes())
        self._characters: list[str] = ["", *self._network.characters, " "]

    def read(self, images: Sequence[Gray]) -> list[Line]:
        """Recognise gray images of one line each, dark on white, in the order given.

        Lines of like width go through the model together, pictures that are the same only once.
        """
        alike: dict[tuple[int, bytes], int] = {}
        every = [alike.setdefault((image.shape[1], image.tobytes()), len(alike)) for image in images]
        first_of = dict(zip(reversed(every), reversed(range(len(images))), strict=True))
        lines = self._read_different([images[first_of[i]] for i in range(len(alike))])
        return [lines[i] for i in every]

    def _read_different(self, images: Sequence[Gray]) -> list[Line]:
        """Recognise images of which no two are the same."""
        scaled = [_to_height(image) for image in images]
        order = sorted(range(len(scaled)), key=lambda i: scaled[i].shape[1])
        columns: list[tuple[Singles, float]] = [(np.empty((0, 0), dtype=np.float32), 0.0)] * len(scaled)
        begin = 0
        while begin < len(order):
            end = begin + 1
            first = max(scaled[order[begin]].shape[1], _NARROWEST)
            while end < len(order):
                width = max(scaled[order[end]].shape[1], _NARROWEST)
                if width > _PADDING_SHARE * first or width * (end + 1 - begin) > _BATCH_PIXELS:
                    break
                end += 1
            chosen = order[begin:end]
            for i, seen in zip(chosen, self._batch([scaled[i] for i in chosen]), strict=True):
                columns[i] = seen
            begin = end
        if not columns:
            return []
        best, certainty = self._network.best(np.concatenate([features for features, _ in columns]))
        ends = np.cumsum([len(features) for features, _ in columns])[:-1]
        parts = zip(np.split(best, ends), np.split(certainty, ends), columns, strict=True)
        return [self._decode(some, sure, step) for some, sure, (_, step) in parts]

    def _batch(self, images: Sequence[Gray]) -> list[tuple[Singles, float]]:
        """The features of each image's columns, and the width of a column as a share of the image's."""
        width = max(_NARROWEST, *(image.shape[1] for image in images))
        block = np.zeros((len(images), 3, HEIGHT, width), dtype=np.float32)
        for i, image in enumerate(images):
            block[i, :, :, : image.shape[1]] = image.astype(np.float32) / 127.5 - 1.0
        features = self._network.features(block)
        step = width / features.shape[1]
        return [(features[i], step / image.shape[1]) for i, image in enumerate(images)]

    def _decode(self, best: NDArray[np.int64], certainty: Singles, step: float) -> Line:
        """Drop blanks and repeats; a character reaches half-way to its neighbours."""
        new = np.concatenate([[True], best[1:] != best[:-1]])
        run = np.cumsum(new) - 1
        starts = np.flatnonzero(new)
        ends = np.concatenate([starts[1:], [len(best)]])
        highest = np.maximum.reduceat(certainty, starts)[: run[-1] + 1]
        kept = best[starts] != BLANK
        text = "".join(self._characters[i] for i in best[starts[kept]].tolist())
        centre = np.minimum((starts[kept] + ends[kept]) / 2.0 * step, 1.0)
        middle = (centre[1:] + centre[:-1]) / 2.0
        if not len(text):
            none = np.empty(0)
            return Line("", none, none, none)
        start, end = np.concatenate([[0.0], middle]), np.concatenate([middle, [1.0]])
        return Line(text, start, end, highest[kept].astype(np.float64))


@cache
def recogniser() -> Recogniser:
    """Load the recogniser, once per process.

    It runs on one core: documents run in parallel, and a second thread costs more than it saves.

    Raises:
        OcrUnavailableError: The extra is not installed, or its package holds no model.
    """
    return Recogniser(model_file())


def model_file() -> Path:
    """Find the recogniser's model in the package that holds it.

    Raises:
        OcrUnavailableError: The extra is not installed.
    """
    if not is_available():
        raise OcrUnavailableError(MISSING)
    package = importlib.util.find_spec("rapidocr")
    places = (package.submodule_search_locations or []) if package else []
    models = sorted(file for place in places for file in (Path(place) / "models").glob("*_rec_*.onnx"))
    if not models:
        raise OcrUnavailableError(
            "needs_ocr: the installed rapidocr holds no recognition model; install the version that `jixiao[ocr]` names"
        )
    return models[-1]


def _to_height(image: Gray) -> Gray:
    cv2 = opencv()
    height, width = image.shape
    target = min(max(round(width * HEIGHT / height), 8), _WIDEST)
    method = cv2.INTER_AREA if height > HEIGHT else cv2.INTER_CUBIC
    scaled: Gray = cv2.resize(image, (target, HEIGHT), interpolation=method)
    return scaled
