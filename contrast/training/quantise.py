"""Makes an exported ONNX graph small: weights in int8 with a scale for each output, word embeddings in int8 with a scale for each word.

How the weights of products are rounded is told in `rounding`; those of embeddings go to the nearest level.

Activations stay as they are: the runtime multiplies in bfloat16 or float32, whichever the processor does best, and what is said of a pair
does not depend on the batch it is in. Only standard operators are used (DequantizeLinear before each product): any ONNX runtime takes it.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from contrast.training.rounding import LEVELS, Rounded

EMBEDDING = "word_embeddings.weight"
EMBEDDING_ROWS, EMBEDDING_SCALES = "word_embedding_rows", "word_embedding_scales"
WEIGHT, WEIGHT_SCALE = "weight_int8", "weight_scale"


def quantise_products(graph: onnx.ModelProto, rounded: Mapping[str, Rounded]) -> None:
    """Puts the int8 form of each constant matrix into its product; weights are named after their module, `MODULE.weight_int8`.

    Modules that are not among `rounded` have each weight rounded to the nearest level.
    """
    body = graph.graph
    tensors = {tensor.name: tensor for tensor in body.initializer}
    for node in [node for node in body.node if node.op_type == "MatMul" and node.input[1] in tensors]:
        weight, module = tensors[node.input[1]], module_of(node)
        made = onnx.helper.make_node(
            "DequantizeLinear",
            [f"{module}.{WEIGHT}", f"{module}.{WEIGHT_SCALE}", f"{module}.zero"],
            [f"{module}.weight_float"],
            name=f"{module}.dequantise",
            axis=1,
        )
        body.node.insert(list(body.node).index(node), made)
        body.initializer.extend(_weight_tensors(rounded.get(module) or _nearest(numpy_helper.to_array(weight)), module))
        body.initializer.remove(weight)
        node.input[1] = made.output[0]


def module_of(product: Any) -> str:
    """The module whose product the node computes, from the name that the exporter gave its output.

    >>> module_of(onnx.helper.make_node("MatMul", ["x", "w"], ["/model/bert/encoder/layer.0/output/dense/MatMul_output_0"]))
    'bert.encoder.layer.0.output.dense'
    """
    parts: list[str] = product.output[0].strip("/").split("/")
    return ".".join(parts[1:-1]) if parts[0] == "model" else parts[0]


def _nearest(weight: Any) -> Rounded:
    """A matrix (inputs, outputs), each value at the nearest level."""
    scales = (np.abs(weight).max(axis=0) / LEVELS).clip(min=1e-12).astype(np.float32)
    return Rounded(np.rint(weight / scales).astype(np.int8).T, scales)


def _weight_tensors(rounded: Rounded, module: str) -> list[Any]:
    return [
        numpy_helper.from_array(np.ascontiguousarray(rounded.levels.T), f"{module}.{WEIGHT}"),
        numpy_helper.from_array(rounded.scales, f"{module}.{WEIGHT_SCALE}"),
        numpy_helper.from_array(np.zeros(len(rounded.scales), dtype=np.int8), f"{module}.zero"),
    ]


def quantise_embedding(graph: onnx.ModelProto) -> None:
    """Replaces the word embedding table by int8 rows and a scale for each, looked up together: a quarter of the bytes."""
    table = next(t for t in graph.graph.initializer if t.name.endswith(EMBEDDING))
    values = numpy_helper.to_array(table)
    scales = (np.abs(values).max(axis=1, keepdims=True) / LEVELS).clip(min=1e-8).astype(np.float32)
    rows = np.rint(values / scales).astype(np.int8)
    lookup = next(node for node in graph.graph.node if node.op_type == "Gather" and node.input[0] == table.name)
    position = list(graph.graph.node).index(lookup)
    ids, output = lookup.input[1], lookup.output[0]
    graph.graph.node.remove(lookup)
    graph.graph.initializer.remove(table)
    graph.graph.initializer.extend([numpy_helper.from_array(rows, EMBEDDING_ROWS), numpy_helper.from_array(scales, EMBEDDING_SCALES)])
    make = onnx.helper.make_node
    nodes = (
        make("Gather", [EMBEDDING_ROWS, ids], ["word_row_int8"], name="word_rows"),
        make("Cast", ["word_row_int8"], ["word_row_float"], name="word_rows_as_float", to=onnx.TensorProto.FLOAT),
        make("Gather", [EMBEDDING_SCALES, ids], ["word_scale"], name="word_scales"),
        make("Mul", ["word_row_float", "word_scale"], [output], name="word_rows_scaled"),
    )
    for k, node in enumerate(nodes):
        graph.graph.node.insert(position + k, node)
