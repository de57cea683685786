"""The recogniser's network: which character each column of a picture shows, and how surely.

The last layer weighs 18 710 characters for each column, a fifth of all work, and three columns of four show none of
them ("blank": between two characters, or within one). For most of these a bound that costs a tenth as much says so.
"""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from transforms.reading.page import Bools, Singles

if TYPE_CHECKING:
    from transforms.reading.ocr.onnx_file import Halves

Numbers = NDArray[np.int64]

BLANK: Final = 0
"""Number of the class that stands for no character."""

_EXACT: Final = 12
"""Directions of the features in which the bound is exact."""

_ROUNDING: Final = 0.01
"""More than products of single precision are off."""

_FEWEST: Final = 500
"""Columns whose features show which directions matter."""

_TOGETHER: Final = 32
"""Columns of which the worth of all characters stays in the processor's cache: twice as fast as all at once."""


class Network:
    """A model that gives for each column of a picture the chances of all characters.

    Args:
        model: The bytes of an ONNX file. One that does not end with a product, a sum and a softmax is run whole.
    """

    def __init__(self, model: bytes) -> None:
        from transforms.reading.ocr.onnx_file import parted

        halves = parted(model)
        self._body = _session(halves.body if halves else model)
        self._input: str = self._body.get_inputs()[0].name
        self._last = LastLayer(halves) if halves else None

    @property
    def characters(self) -> list[str]:
        """The characters that the model's file names, from class 1."""
        named: str = self._body.get_modelmeta().custom_metadata_map["character"]
        return named.splitlines()

    def features(self, pictures: Singles) -> Singles:
        """What is kept of each column of (n, 3, height, width) pictures: (n, columns, features)."""
        output: Singles = self._body.run(None, {self._input: pictures})[0]
        return output if self._last else np.stack(_best(output), axis=2).astype(np.float32)

    def best(self, features: Singles) -> tuple[Numbers, Singles]:
        """The best class of each column and its certainty, from (columns, features); 1 for what is surely blank."""
        if self._last:
            return self._last.best(features)
        return features[:, 0].astype(np.int64), features[:, 1]


@dataclass(frozen=True, slots=True)
class _Bound:
    """Directions of the features, the lesser first; usual sizes of the lesser; the other classes' part of the bound."""

    directions: Singles
    size: Singles
    others: Singles


class LastLayer:
    """The layer from features to the chances of each class."""

    def __init__(self, halves: Halves) -> None:
        from transforms.reading.ocr.onnx_file import product

        self._weights, self._bias = halves.weights, halves.bias
        self._session = _session(halves.last)
        self._input: str = self._session.get_inputs()[0].name
        self._product = _session(product())
        self._bound: _Bound | None = None

    def best(self, features: Singles) -> tuple[Numbers, Singles]:
        """See `Network.best`."""
        best = np.full(len(features), BLANK, dtype=np.int64)
        certainty = np.ones(len(features), dtype=np.float32)
        rest = np.flatnonzero(~self.surely_blank(features))
        for begin in range(0, len(rest), _TOGETHER):
            some = rest[begin : begin + _TOGETHER]
            chances: Singles = self._session.run(None, {self._input: features[None, some]})[0][0]
            best[some], certainty[some] = _best(chances)
        return best, certainty

    def surely_blank(self, features: Singles) -> Bools:
        """Columns in which no character can be worth as much as the blank; none before enough columns were seen.

        The bound is exact in the few directions in which features are largest. In the others it is that of Cauchy and
        Schwarz, each direction measured by its usual size s: |Σ f·w| ≤ √(Σ f²/s) · √(Σ s·w²). Directions and sizes are
        those of the first page; they change how often the bound suffices, never what it says.
        """
        if self._bound is None:
            if len(features) < _FEWEST:
                return np.zeros(len(features), dtype=np.bool_)
            self._bound = self._bound_of(features)
        bound = self._bound
        turned = self._times(features, bound.directions)
        far = np.sqrt((turned[:, :-_EXACT] ** 2 / bound.size).sum(axis=1))
        left = np.column_stack([turned[:, -_EXACT:], far, np.ones_like(far)])
        parts = (left[begin : begin + _TOGETHER] for begin in range(0, len(left), _TOGETHER))
        highest = np.concatenate([self._times(part, bound.others).max(axis=1) for part in parts])
        blank = self._times(features, self._weights[:, [BLANK]])[:, 0] + self._bias[BLANK]
        sure: Bools = highest < blank - _ROUNDING
        return sure

    def _bound_of(self, features: Singles) -> _Bound:
        values, directions = np.linalg.eigh(self._times(features.T, features))
        size = np.sqrt(np.maximum(values, 1e-6 * values[-1]))[:-_EXACT]
        weights = self._times(directions.T, self._weights)
        reach = np.sqrt((size[:, None] * weights[:-_EXACT] ** 2).sum(axis=0))
        others = np.delete(np.vstack([weights[-_EXACT:], reach, self._bias]), BLANK, axis=1)
        return _Bound(directions, size, others)

    def _times(self, a: Singles, b: Singles) -> Singles:
        """The product of two matrices, on this thread: numpy would take all cores."""
        given = {"a": np.ascontiguousarray(a), "b": np.ascontiguousarray(b)}
        result: Singles = self._product.run(None, given)[0]
        return result


def _best(chances: Singles) -> tuple[Numbers, Singles]:
    best: Numbers = chances.argmax(axis=-1)
    return best, np.take_along_axis(chances, best[..., None], axis=-1)[..., 0]


def _session(model: bytes) -> Any:
    """Make a model ready to run on one thread."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read when onnxruntime is imported
    onnxruntime: Any = importlib.import_module("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # waiting must not take others' cores
    options.enable_mem_pattern = False  # made for inputs of one size; lines differ
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
