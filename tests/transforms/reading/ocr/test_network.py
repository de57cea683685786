from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from transforms.reading.ocr.engine import HEIGHT, is_available, model_file
from transforms.reading.ocr.network import BLANK, Network
from transforms.reading.ocr.opencv import opencv
from transforms.reading.page import Singles

if not is_available():
    pytest.skip("the extra is not installed: pip install 'jixiao[ocr]'", allow_module_level=True)

from transforms.reading.ocr.onnx_file import parted, product

TEXTS = ("97.50 100 8.36 90%", "13,405.77 24689 0.6", "Budget of 2024: 31", "6 8 0 3 1 7 5 2 9 4 -")


@pytest.fixture(scope="module")
def model() -> bytes:
    return model_file().read_bytes()


@pytest.fixture(scope="module")
def network(model: bytes) -> Network:
    return Network(model)


@pytest.fixture(scope="module")
def pictures() -> Singles:
    lines = np.full((len(TEXTS), HEIGHT, 1200), 255, dtype=np.uint8)
    for line, text in zip(lines, TEXTS, strict=True):
        opencv().putText(line, text, (20, 36), opencv().FONT_HERSHEY_SIMPLEX, 1.2, 0, 2)
    return np.repeat((lines.astype(np.float32) / 127.5 - 1.0)[:, None], 3, axis=1)


def run_whole(model: bytes, given: dict[str, Singles]) -> Singles:
    onnxruntime: Any = importlib.import_module("onnxruntime")
    output: Singles = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).run(None, given)[0]
    return output


def test_both_parts_give_what_the_whole_model_gives(model: bytes, network: Network, pictures: Singles) -> None:
    chances = np.concatenate(run_whole(model, {"x": pictures}))
    best, certainty = network.best(np.concatenate(network.features(pictures)))
    assert best.tolist() == chances.argmax(axis=1).tolist()
    shown = best != BLANK
    assert shown.sum() > 50
    np.testing.assert_allclose(certainty[shown], chances.max(axis=1)[shown], atol=1e-4)


def test_a_model_that_cannot_be_parted_is_run_whole(
    model: bytes, network: Network, pictures: Singles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transforms.reading.ocr.onnx_file.parted", lambda _: None)
    best, _ = Network(model).best(Network(model).features(pictures)[0])
    assert best.tolist() == network.best(network.features(pictures)[0])[0].tolist()


def test_only_a_last_layer_of_product_sum_and_softmax_is_parted(model: bytes) -> None:
    assert parted(model) is not None
    assert parted(product()) is None
    assert parted(model.replace(b"\x07Softmax", b"\x07Sigmoid")) is None


def test_the_bound_spares_half_of_the_columns_and_never_a_character(network: Network, pictures: Singles) -> None:
    features = np.concatenate(network.features(pictures))
    last = network._last
    assert last is not None
    sure = last.surely_blank(features)
    assert sure.mean() > 0.3
    odd = np.random.default_rng(4).normal(0, np.abs(features).mean(), (600, features.shape[1])).astype(np.float32)
    every = np.concatenate([features, odd])
    worth = every @ last._weights + last._bias
    assert not (last.surely_blank(every) & (worth.argmax(axis=1) != BLANK)).any()


def test_product_multiplies() -> None:
    a, b = (np.arange(6, dtype=np.float32).reshape(shape) for shape in ((2, 3), (3, 2)))
    np.testing.assert_array_equal(run_whole(product(), {"a": a, "b": b}), a @ b)
