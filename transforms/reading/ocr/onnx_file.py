"""The recogniser's model file, parted before its last layer. Imports a package of the extra `ocr`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import onnx
from onnx import TensorProto, helper, numpy_helper

from transforms.reading.page import Singles

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


def parted(model: bytes) -> Halves | None:
    """Part a model before its last layer; None where it does not end with such a layer of single precision."""
    body = onnx.load_model_from_string(model)
    graph = body.graph
    at = max((i for i, node in enumerate(graph.node) if node.op_type == "MatMul"), default=len(graph.node))
    end = list(graph.node[at:])
    if [node.op_type for node in end if node.op_type != "Identity"] != _LAST:
        return None
    taken = {name for node in end for name in node.input}
    constants = [table for table in graph.initializer if table.name in taken]
    tables = {len(table.dims): numpy_helper.to_array(table) for table in constants}
    if sorted(tables) != [1, 2] or {table.data_type for table in constants} != {TensorProto.FLOAT}:
        return None
    seam = helper.make_tensor_value_info(end[0].input[0], TensorProto.FLOAT, None)
    last = helper.make_graph(end, "last", [seam], list(graph.output), constants)
    made = helper.make_model(last, opset_imports=body.opset_import, ir_version=body.ir_version)
    for table in constants:
        graph.initializer.remove(table)
    del graph.node[at:], graph.output[:]
    graph.output.append(seam)
    return Halves(body.SerializeToString(), made.SerializeToString(), tables[2], tables[1])


def product() -> bytes:
    """Make the model that multiplies the matrices a and b of single precision."""
    a, b, c = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, None]) for name in "abc")
    graph = helper.make_graph([helper.make_node("MatMul", ["a", "b"], ["c"])], "product", [a, b], [c])
    operators = [helper.make_opsetid("", 13)]
    made: bytes = helper.make_model(graph, opset_imports=operators, ir_version=8).SerializeToString()
    return made
