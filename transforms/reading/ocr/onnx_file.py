"""ONNX files, parted and made by the rules of their format alone: no package for it is needed otherwise.

The format is Protocol Buffers (https://protobuf.dev/programming-guides/encoding/); the numbers of the fields are those
of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Singles = NDArray[np.float32]

_IR_VERSION, _GRAPH, _OPERATORS = 1, 7, 8
_NODE, _NAME, _INITIALIZER, _INPUT, _OUTPUT = 1, 2, 5, 11, 12
_TAKES, _GIVES, _OPERATION = 1, 2, 4
_DIMENSION, _TYPE, _TABLE_NAME, _RAW = 1, 2, 8, 9
_SINGLE: Final = 1
_LENGTH: Final = 2
"""Wire type of what is preceded by its length."""

_FIXED: Final = {1: 8, 5: 4}
_LAST: Final = ["MatMul", "Add", "Softmax"]


@dataclass(frozen=True, slots=True)
class Halves:
    """A model parted before its last layer, which is a product, a sum and a softmax.

    Attributes:
        body: Model from the pictures to the features.
        last: Model from the features to the chances of each class.
        weights: (features, classes).
        bias: (classes,).
    """

    body: bytes
    last: bytes
    weights: Singles
    bias: Singles


@dataclass(frozen=True, slots=True)
class _Field:
    """One field of a message: its number, its value (or the number that it is), and all of its bytes."""

    number: int
    value: memoryview
    integer: int
    whole: memoryview


def parted(model: bytes) -> Halves | None:
    """Part a model before its last layer; None where it does not end with such a layer of single precision."""
    top = list(_fields(memoryview(model)))
    graph = [field for part in top if part.number == _GRAPH for field in _fields(part.value)]
    nodes = [field for field in graph if field.number == _NODE]
    operations = [_texts(node, _OPERATION)[0] for node in nodes]
    if "MatMul" not in operations:
        return None
    first = len(operations) - 1 - operations[::-1].index("MatMul")
    if [name for name in operations[first:] if name != "Identity"] != _LAST:
        return None
    taken = {name for node in nodes[first:] for name in _texts(node, _TAKES)}
    constants = [f for f in graph if f.number == _INITIALIZER and _texts(f, _TABLE_NAME)[0] in taken]
    weights, bias = (_tables(constants, dimensions) for dimensions in (2, 1))
    if len(constants) != 2 or not weights or not bias:
        return None
    seam = _variable(_texts(nodes[first], _TAKES)[0])
    of_last = {id(field) for field in (*nodes[first:], *constants)}
    body = [field.whole for field in graph if id(field) not in of_last and field.number != _OUTPUT]
    last = [field.whole for field in graph if id(field) in of_last or field.number in (_NAME, _OUTPUT)]
    about = [field.whole for field in top if field.number != _GRAPH]
    return Halves(
        b"".join([*about, _message(_GRAPH, [*body, _message(_OUTPUT, [seam])])]),
        b"".join([*about, _message(_GRAPH, [*last, _message(_INPUT, [seam])])]),
        weights[0],
        bias[0],
    )


def product() -> bytes:
    """Make the model that multiplies the matrices a and b of single precision."""
    node = [
        _message(_TAKES, [b"a"]),
        _message(_TAKES, [b"b"]),
        _message(_GIVES, [b"c"]),
        _message(_OPERATION, [b"MatMul"]),
    ]
    graph = [
        _message(_NODE, node),
        _message(_NAME, [b"product"]),
        *(_message(_INPUT, [_variable(name)]) for name in "ab"),
        _message(_OUTPUT, [_variable("c")]),
    ]
    operators = _number(2, 13)
    return b"".join([_number(_IR_VERSION, 8), _message(_GRAPH, graph), _message(_OPERATORS, [operators])])


def _variable(name: str) -> bytes:
    """A variable of single precision and of any shape."""
    return _message(1, [name.encode()]) + _message(2, [_message(1, [_number(1, _SINGLE)])])


def _tables(constants: Iterable[_Field], dimensions: int) -> list[Singles]:
    """The constants of single precision that have so many dimensions."""
    found: list[Singles] = []
    for constant in constants:
        fields = list(_fields(constant.value))
        shape = [field.integer for field in fields if field.number == _DIMENSION]
        raw = [field.value for field in fields if field.number == _RAW]
        is_single = any(field.number == _TYPE and field.integer == _SINGLE for field in fields)
        if is_single and raw and len(shape) == dimensions and len(raw[0]) == 4 * int(np.prod(shape)):
            found.append(np.frombuffer(raw[0], dtype="<f4").reshape(shape))
    return found


def _texts(message: _Field, number: int) -> list[str]:
    return [bytes(field.value).decode() for field in _fields(message.value) if field.number == number]


def _fields(message: memoryview) -> Iterator[_Field]:
    at = 0
    while at < len(message):
        begin = at
        key, at = _read_number(message, at)
        wire, integer, end = key & 7, 0, at
        if wire == 0:
            integer, end = _read_number(message, at)
        elif wire == _LENGTH:
            length, at = _read_number(message, at)
            end = at + length
        else:
            end = at + _FIXED[wire]
        yield _Field(key >> 3, message[at:end], integer, message[begin:end])
        at = end


def _read_number(message: memoryview, at: int) -> tuple[int, int]:
    """A number in groups of seven bits, the lowest first, and the place after it."""
    number = shift = 0
    while True:
        byte = message[at]
        number |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return number, at


def _written(number: int) -> bytes:
    groups = []
    while number > 127:
        groups.append(number & 127 | 128)
        number >>= 7
    return bytes([*groups, number])


def _number(number: int, value: int) -> bytes:
    return _written(number << 3) + _written(value)


def _message(number: int, parts: Iterable[bytes | memoryview]) -> bytes:
    content = b"".join(parts)
    return _written(number << 3 | _LENGTH) + _written(len(content)) + content
