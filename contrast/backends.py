"""What runs a graph: OpenVINO (https://docs.openvino.ai) where it is installed, else onnxruntime. Both take the same ONNX file.

OpenVINO multiplies in bfloat16 where the processor has products for it, in float32 elsewhere, and was measured three times as fast as
onnxruntime's int8 on such a processor (docs/performance.md). The environment variable CONTRAST_BACKEND names one of the two.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

import numpy as np
import numpy.typing as npt

from contrast.compiled import keep_compiled, place_of, read_compiled
from contrast.errors import ModelError, UsageError

FloatArray = npt.NDArray[np.float32]
Feed = Mapping[str, npt.NDArray[Any]]
BackendName = Literal["openvino", "onnxruntime"]
VARIABLE = "CONTRAST_BACKEND"


class Session(Protocol):
    """A graph that is ready to run."""

    @property
    def inputs(self) -> Sequence[str]:
        """Names of what the graph takes."""
        ...

    def run_each(self, feeds: Sequence[Feed], outputs: Sequence[str]) -> Iterator[list[FloatArray]]:
        """The named outputs of each batch, in the order of the batches."""
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


def open_session(graph: Path, sha256: str | None, *, n_threads: int | None = None) -> Session:
    """The graph, ready to run on the backend in use; raises ModelError when it cannot be loaded.

    What is compiled of it is kept under its hash; None: not kept.
    """
    try:
        return _OpenVino(graph, sha256, n_threads) if backend_name() == "openvino" else _OnnxRuntime(graph, n_threads)
    except UsageError:
        raise
    except Exception as error:  # both raise types of their own that they do not export
        raise ModelError(f"{graph}: {backend_name()} cannot load it ({error}); install contrast again") from error


def n_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _OpenVino:
    def __init__(self, graph: Path, sha256: str | None, n_threads: int | None) -> None:
        # One stream: with two, OpenVINO 2026.4 gives wrong numbers for narrow models in bfloat16 (tests/test_training.py trains such ones).
        compiled = _compiled(graph, sha256, {"NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": n_threads or n_cores()})
        self.inputs = [given.any_name for given in compiled.inputs]
        self._outputs = {name: given for given in compiled.outputs for name in given.names}
        self._request = compiled.create_infer_request()

    def run_each(self, feeds: Sequence[Feed], outputs: Sequence[str]) -> Iterator[list[FloatArray]]:
        for feed in feeds:
            given = self._request.infer(dict(feed), share_inputs=True)
            yield [np.array(given[self._outputs[name]], dtype=np.float32) for name in outputs]


def _compiled(graph: Path, sha256: str | None, options: dict[str, int]) -> Any:
    """The compiled graph, from the cache if it lies there."""
    import openvino

    core = openvino.Core()
    processor = [str(core.get_property("CPU", name)) for name in ("FULL_DEVICE_NAME", "OPTIMIZATION_CAPABILITIES")]
    place = sha256 and place_of(sha256, openvino.__version__, *processor, str(options))
    if place and (kept := read_compiled(place)):
        with suppress(RuntimeError):
            return core.import_model(kept, "CPU", options)
    compiled = core.compile_model(str(graph), "CPU", options)
    if place:
        keep_compiled(place, compiled.export_model())
    return compiled


class _OnnxRuntime:
    def __init__(self, graph: Path, n_threads: int | None) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        if n_threads:
            options.intra_op_num_threads = n_threads
        self._session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        self.inputs = [given.name for given in self._session.get_inputs()]

    def run_each(self, feeds: Sequence[Feed], outputs: Sequence[str]) -> Iterator[list[FloatArray]]:
        for feed in feeds:
            yield list(self._session.run(list(outputs), dict(feed)))
