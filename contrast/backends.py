"""What runs a graph: OpenVINO (https://docs.openvino.ai) where it is installed, else onnxruntime. Both take the same ONNX file.

OpenVINO multiplies in bfloat16 where the processor has products for it, in float32 elsewhere, and was measured three times as fast as
onnxruntime's int8 on such a processor (docs/performance.md). The environment variable CONTRAST_BACKEND names one of the two.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any, Literal, Protocol, get_args

import numpy as np
import numpy.typing as npt

from contrast.compiled import keep_compiled, place_of, read_compiled
from contrast.errors import ModelError, UsageError

FloatArray = npt.NDArray[np.float32]
Feed = Mapping[str, npt.NDArray[Any]]
BackendName = Literal["openvino", "onnxruntime"]
VARIABLE = "CONTRAST_BACKEND"
MAX_STREAMS = 8
# Values of a row that share a scale where products are of whole numbers.
N_SCALED_TOGETHER = 64
# One graph at a time: to compile and keep one takes as much memory again as to run it.
_COMPILING = Lock()


class Session(Protocol):
    """A graph that is ready to run.

    `products` tells in what it multiplies (bfloat16, float16, float32 or int8): the last digits of what it gives depend on that.
    """

    products: str

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


def usual_products() -> str:
    """What graphs are multiplied in on this processor, unless the quickest way fails."""
    if backend_name() == "onnxruntime":
        return _OnnxRuntime.products
    import openvino

    return _ways(openvino.Core(), {})[0].products


def open_session(graph: Path, sha256: str | None, *, n_threads: int | None = None, is_many: bool = True) -> Session:
    """The graph, ready to run on the backend in use; raises ModelError when it cannot be loaded.

    What is compiled of it is kept under its hash; None: not kept. `is_many`: many batches are to come, so several are run at once where the
    backend can, which takes more memory.
    """
    try:
        return _OpenVino(graph, sha256, n_threads, is_many) if backend_name() == "openvino" else _OnnxRuntime(graph, n_threads)
    except UsageError:
        raise
    except Exception as error:  # both raise types of their own that they do not export
        raise ModelError(f"{graph}: {backend_name()} cannot load it ({error}); install contrast again") from error


def n_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _OpenVino:
    """Several batches at once, each on threads of its own: threads that share a batch wait for each other half of the time."""

    def __init__(self, graph: Path, sha256: str | None, n_threads: int | None, is_many: bool) -> None:
        n_threads = n_threads or n_cores()
        n_streams = min(n_threads, MAX_STREAMS) if is_many else 1
        # Not pinned: OpenVINO 2026.4 puts all that runs on one thread, other processes too, on the same core.
        options = {"NUM_STREAMS": n_streams, "INFERENCE_NUM_THREADS": n_threads, "ENABLE_CPU_PINNING": False}
        made = _compiled(graph, sha256, options)
        compiled, self._backing, self.products = made.graph, made.backing, made.way.products
        self.inputs = [given.any_name for given in compiled.inputs]
        self._outputs = {name: given for given in compiled.outputs for name in given.names}
        # One more than streams, so that the next batch lies ready when one is done.
        self._requests = [compiled.create_infer_request() for _ in range(n_streams + 1 if n_streams > 1 else 1)]

    def run_each(self, feeds: Sequence[Feed], outputs: Sequence[str]) -> Iterator[list[FloatArray]]:
        n_begun = 0
        try:
            for n in range(len(feeds)):
                for feed in feeds[n_begun : n + len(self._requests)]:
                    self._requests[n_begun % len(self._requests)].start_async(dict(feed), share_inputs=True)
                    n_begun += 1
                done = self._requests[n % len(self._requests)]
                done.wait()
                yield [np.array(done.get_tensor(self._outputs[name]).data, dtype=np.float32) for name in outputs]
        finally:
            for request in self._requests:
                request.wait()


@dataclass(frozen=True, slots=True)
class _Way:
    """How a graph is run: what it multiplies in, options of OpenVINO, and whether its weights are multiplied out first."""

    products: str
    options: Mapping[str, Any]
    is_widened: bool = True


def _ways(core: Any, options: Mapping[str, Any]) -> list[_Way]:
    """How this processor may run a graph, the quickest first; the last runs everywhere.

    Without products of half precision, both sides of a product are scaled to whole numbers, group by group: half the time of float32 on a
    processor with VNNI (docs/performance.md). OpenVINO 2026.4 compiles that for processors that cannot run it as well, and without VNNI
    multiplies in float32 all the same.
    """
    capabilities = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    for capability, products in (("BF16", "bfloat16"), ("FP16", "float16")):
        if capability in capabilities:
            return [_Way(products, options)]
    if not _multiplies_whole_numbers():
        return [_Way("float32", options)]
    scaled = {**options, "DYNAMIC_QUANTIZATION_GROUP_SIZE": N_SCALED_TOGETHER}
    return [_Way("int8", scaled, is_widened=False), _Way("float32", options)]


def _multiplies_whole_numbers() -> bool:
    """Whether the processor has VNNI; taken for granted where the system does not tell."""
    try:
        return "vnni" in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return True


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A compiled graph, and the memory that its weights stay in, which must live as long."""

    graph: Any
    way: _Way
    backing: Any = None


def _compiled(graph: Path, sha256: str | None, options: Mapping[str, Any]) -> _Compiled:
    """The compiled graph, from the cache if it lies there."""
    import openvino

    core = openvino.Core()
    processor = [str(core.get_property("CPU", name)) for name in ("FULL_DEVICE_NAME", "OPTIMIZATION_CAPABILITIES")]
    ways = _ways(core, options)
    places = [place_of(sha256, openvino.__version__, *processor, str(way)) if sha256 else None for way in ways]
    for way, place in zip(ways, places, strict=True):
        kept = read_compiled(place) if place else None
        if kept is not None and not kept.size:  # was tried, and did not run here
            continue
        if kept is not None and (found := _imported(core, kept, way)):
            return found
        with _COMPILING:
            compiled = _compile(core, graph, way)
            runs = _runs(compiled)
            is_kept = place is not None and keep_compiled(place, compiled.export_model() if runs else BytesIO())
        if not runs:
            continue
        # Taken from there at once: it needs less memory than what it was made from.
        kept = read_compiled(place) if place and is_kept else None
        if kept is None:
            return _Compiled(compiled, way)
        del compiled
        return _imported(core, kept, way) or _Compiled(_compile(core, graph, way), way)
    raise RuntimeError("OpenVINO runs it in no way on this processor")


def _imported(core: Any, kept: npt.NDArray[np.uint8], way: _Way) -> _Compiled | None:
    import openvino

    backing = openvino.Tensor(kept, shared_memory=True)
    with suppress(RuntimeError):
        return _Compiled(core.import_model(backing, "CPU", dict(way.options)), way, backing)
    return None


def _compile(core: Any, graph: Path, way: _Way) -> Any:
    if not way.is_widened:
        return core.compile_model(core.read_model(str(graph)), "CPU", dict(way.options))
    with TemporaryDirectory(prefix="contrast-") as scratch:
        return core.compile_model(_widened(core, graph, Path(scratch)), "CPU", dict(way.options))


def _runs(compiled: Any) -> bool:
    """Whether a batch of one row goes through."""
    row = np.ones((1, 8), dtype=np.int64)
    try:
        compiled.create_infer_request().infer({given.any_name: row for given in compiled.inputs})
    except RuntimeError:
        return False
    return True


def _widened(core: Any, graph: Path, scratch: Path) -> Any:
    """The graph with its int8 weights multiplied out into float16.

    OpenVINO 2026.4 would do that anew for each batch, for a third of the time, and with several streams give wrong numbers for narrow
    models (tests/test_training.py trains such ones).
    """
    import openvino
    from openvino.passes import ConstantFolding, Manager

    model = core.read_model(str(graph))
    passes = Manager()
    passes.register_pass(ConstantFolding())
    passes.run_passes(model)
    openvino.save_model(model, str(scratch / "model.xml"), compress_to_fp16=True)
    return core.read_model(str(scratch / "model.xml"))


class _OnnxRuntime:
    products = "float32"

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
