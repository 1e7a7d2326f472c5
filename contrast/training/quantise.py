"""Makes an exported ONNX graph int8: weights by output column, activations by row as they come, word embeddings by row.

A row here is one token's vector. Scaling each by its own greatest value keeps the few tokens and dimensions with large values from
coarsening all the others (Yao et al., 2022, https://arxiv.org/abs/2206.01861), and makes what is said of a pair independent of the batch it
is in. In the graph: row / greatest → uint8 with the fixed scale 1/127 and zero at 128 → integer product → × greatest. (Signed rows give
the same numbers, but onnxruntime has no quick kernel for them.)
"""

from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

EMBEDDING = "word_embeddings.weight"
EMBEDDING_ROWS, EMBEDDING_SCALES = "word_embedding_rows", "word_embedding_scales"
WEIGHT, WEIGHT_SCALE = "weight_int8", "weight_scale"
LEVELS = 127.0
SMALLEST = 1e-6
MICROSOFT = "com.microsoft"


def quantise_products(graph: onnx.ModelProto) -> None:
    """Replaces each product with a constant matrix by its int8 form; weights are named after their module, `MODULE.weight_int8`."""
    body = graph.graph
    tensors = {tensor.name: tensor for tensor in body.initializer}
    products = [node for node in body.node if node.op_type == "MatMul" and node.input[1] in tensors]
    constants = (
        numpy_helper.from_array(np.array(1 / LEVELS, dtype=np.float32), "level"),
        numpy_helper.from_array(np.array(128, dtype=np.uint8), "zero"),
        numpy_helper.from_array(np.array(SMALLEST, dtype=np.float32), "smallest"),
    )
    scaled: set[str] = set()
    for node in products:
        position = list(body.node).index(node)
        body.node.remove(node)
        weight = tensors[node.input[1]]
        made = [] if node.input[0] in scaled else _row_nodes(node.input[0])
        scaled.add(node.input[0])
        made += _product_nodes(node, module_of(node))
        for k, new in enumerate(made):
            body.node.insert(position + k, new)
        body.initializer.extend(_weight_tensors(numpy_helper.to_array(weight), module_of(node)))
        body.initializer.remove(weight)
    body.initializer.extend(constants)


def module_of(product: Any) -> str:
    """The module whose product the node computes, from the name that the exporter gave its output.

    >>> module_of(onnx.helper.make_node("MatMul", ["x", "w"], ["/model/bert/encoder/layer.0/output/dense/MatMul_output_0"]))
    'bert.encoder.layer.0.output.dense'
    """
    parts: list[str] = product.output[0].strip("/").split("/")
    return ".".join(parts[1:-1]) if parts[0] == "model" else parts[0]


def _row_nodes(rows: str) -> list[Any]:
    """Each row's greatest absolute value, and the rows in eight bits by it."""
    make = onnx.helper.make_node
    return [
        make("Abs", [rows], [f"{rows}_abs"], name=f"{rows}_abs"),
        make("ReduceMax", [f"{rows}_abs"], [f"{rows}_max"], name=f"{rows}_max", axes=[-1], keepdims=1),
        make("Max", [f"{rows}_max", "smallest"], [f"{rows}_greatest"], name=f"{rows}_greatest"),
        make("Div", [rows, f"{rows}_greatest"], [f"{rows}_scaled"], name=f"{rows}_scaled"),
        make("QuantizeLinear", [f"{rows}_scaled", "level", "zero"], [f"{rows}_int8"], name=f"{rows}_int8"),
    ]


def _product_nodes(node: Any, module: str) -> list[Any]:
    rows, output = node.input[0], node.output[0]
    make = onnx.helper.make_node
    return [
        make(
            "MatMulIntegerToFloat",
            [f"{rows}_int8", f"{module}.{WEIGHT}", "level", f"{module}.{WEIGHT_SCALE}", "zero"],
            [f"{output}_by_row"],
            name=f"{module}.product",
            domain=MICROSOFT,
        ),
        make("Mul", [f"{output}_by_row", f"{rows}_greatest"], [output], name=f"{module}.rescaled"),
    ]


def _weight_tensors(weight: Any, module: str) -> list[Any]:
    scale = (np.abs(weight).max(axis=0) / LEVELS).clip(min=1e-12).astype(np.float32)
    return [
        numpy_helper.from_array(np.rint(weight / scale).astype(np.int8), f"{module}.{WEIGHT}"),
        numpy_helper.from_array(scale, f"{module}.{WEIGHT_SCALE}"),
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
