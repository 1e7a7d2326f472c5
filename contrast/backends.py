"""What runs a graph: OpenVINO (https://docs.openvino.ai) where it is installed, else onnxruntime. Both take the same ONNX file.

OpenVINO multiplies in bfloat16 where the processor has products for it, in float32 elsewhere, and was measured three times as fast as
onnxruntime's int8 on such a processor (docs/performance.md). The environment variable CONTRAST_BACKEND names one of the two.
"""

import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

import numpy as np
import numpy.typing as npt

from contrast.errors import ModelError, UsageError

FloatArray = npt.NDArray[np.float32]
BackendName = Literal["openvino", "onnxruntime"]
VARIABLE = "CONTRAST_BACKEND"


class Session(Protocol):
    """A graph that is ready to run."""

    @property
    def inputs(self) -> Sequence[str]:
        """Names of what the graph takes."""
        ...

    def run(self, feed: Mapping[str, npt.NDArray[Any]], outputs: Sequence[str]) -> list[FloatArray]:
        """The named outputs for one batch."""
        ...


def backend_name() -> BackendName:
    """The backend in use; raises UsageError when the environment names one that is not there."""
    named = os.environ.get(VARIABLE, "auto")
    if named == "auto":
        return "openvino" if find_spec("openvino") else "onnxruntime"
    for name in get_args(BackendName):
        if named == name and find_spec(name):
            return name  # type: ignore[no-any-return]
    raise UsageError(f"{VARIABLE}={named}: unknown or not installed; expected auto, {' or '.join(get_args(BackendName))}")


def backend_version() -> str:
    """The backend in use, with its version."""
    from importlib.metadata import version

    return f"{backend_name()} {version(backend_name())}"


def open_session(graph: Path, *, n_threads: int | None = None) -> Session:
    """The graph, ready to run on the backend in use; raises ModelError when it cannot be loaded."""
    try:
        return _OpenVino(graph, n_threads) if backend_name() == "openvino" else _OnnxRuntime(graph, n_threads)
    except UsageError:
        raise
    except Exception as error:  # both raise types of their own that they do not export
        raise ModelError(f"{graph}: {backend_name()} cannot load it ({error}); install contrast again") from error


class _OpenVino:
    def __init__(self, graph: Path, n_threads: int | None) -> None:
        import openvino

        options: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
        if n_threads:
            options["INFERENCE_NUM_THREADS"] = n_threads
        compiled = openvino.Core().compile_model(str(graph), "CPU", options)
        self.inputs = [given.any_name for given in compiled.inputs]
        self._outputs = {name: given for given in compiled.outputs for name in given.names}
        self._request = compiled.create_infer_request()

    def run(self, feed: Mapping[str, npt.NDArray[Any]], outputs: Sequence[str]) -> list[FloatArray]:
        given = self._request.infer(dict(feed), share_inputs=True)
        return [np.array(given[self._outputs[name]], dtype=np.float32) for name in outputs]


class _OnnxRuntime:
    def __init__(self, graph: Path, n_threads: int | None) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        if n_threads:
            options.intra_op_num_threads = n_threads
        self._session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        self.inputs = [given.name for given in self._session.get_inputs()]

    def run(self, feed: Mapping[str, npt.NDArray[Any]], outputs: Sequence[str]) -> list[FloatArray]:
        return list(self._session.run(list(outputs), dict(feed)))
