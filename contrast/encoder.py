"""A shipped model: its folder, checked, and its ONNX graph run by onnxruntime on token ids from `tokenizers`.

A model folder holds `model.onnx`, `tokenizer.json` and `config.json` (name, version, kind, the SHA-256 of the graph, token limits). Neither
torch nor transformers is imported here.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from tokenizers import Encoding, Tokenizer

from contrast.errors import ModelError
from contrast.schema import ModelInfo

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float32]
MAX_BATCH_TOKENS = 2048


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model's folder with its configuration read and its weights verified."""

    path: Path
    config: dict[str, Any]
    sha256: str

    @property
    def graph(self) -> Path:
        """The ONNX file."""
        return self.path / "model.onnx"

    def read_json(self, name: str) -> dict[str, Any]:
        """Another JSON file of the folder; raises ModelError when it is missing or broken."""
        return _read_json(self.path / name)

    @property
    def info(self) -> ModelInfo:
        return ModelInfo(self.config["name"], self.config["version"], self.sha256, f"onnxruntime {ort.__version__}")


def open_folder(path: Path, kind: str) -> ModelFolder:
    """The model folder, its weights checked against the hash in its configuration; raises ModelError when anything is amiss."""
    config = _read_json(path / "config.json")
    if config.get("kind") != kind:
        raise ModelError(f"{path}: a model of kind {config.get('kind')!r}; expected {kind!r}")
    missing = [key for key in ("name", "version", "max_tokens", "sha256") if key not in config]
    if missing:
        raise ModelError(f"{path}: config.json misses {', '.join(missing)}; export the model again")
    try:
        with (path / "model.onnx").open("rb") as weights:
            sha256 = _sha256_of(weights)
    except OSError as error:
        raise ModelError(f"{path}: model.onnx cannot be read ({error.strerror}); install contrast again or name another folder") from error
    if sha256 != config.get("sha256"):
        raise ModelError(f"{path}: model.onnx is damaged (its SHA-256 is not the one in config.json); install contrast again")
    return ModelFolder(path, config, sha256)


def _sha256_of(file: BinaryIO) -> str:
    """The digest of a file read piece by piece, so that the weights lie in memory once, in the session."""
    digest = hashlib.sha256()
    while piece := file.read(1 << 20):
        digest.update(piece)
    return digest.hexdigest()


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); expected a file of a model that contrast exported") from error
    except ValueError as error:
        raise ModelError(f"{path}: not JSON ({error}); install contrast again") from error
    if not isinstance(value, dict):
        raise ModelError(f"{path}: a {type(value).__name__}; expected a JSON object")
    return value


def open_tokenizer(folder: ModelFolder) -> Tokenizer:
    """The folder's tokenizer, without padding; truncation is the caller's."""
    try:
        tokenizer = Tokenizer.from_file(str(folder.path / "tokenizer.json"))
    except Exception as error:  # tokenizers raises bare Exception
        raise ModelError(f"{folder.path}: tokenizer.json cannot be read ({error}); install contrast again") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


class Graph:
    """An ONNX graph and the names of what it gives; runs batches of token ids."""

    def __init__(self, path: Path, *, n_threads: int | None = None) -> None:
        options = ort.SessionOptions()
        options.log_severity_level = 3
        if n_threads:
            options.intra_op_num_threads = n_threads
        try:
            self._session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime raises its own unexported types
            raise ModelError(f"{path}: onnxruntime cannot load it ({error}); install contrast again") from error
        self._inputs = [given.name for given in self._session.get_inputs()]

    def run(self, feed: dict[str, npt.NDArray[Any]], outputs: Sequence[str]) -> list[FloatArray]:
        """The named outputs for one batch; inputs that the graph does not take are left out."""
        return list(self._session.run(list(outputs), {name: feed[name] for name in self._inputs}))


def padded(ids: Sequence[Sequence[int]], *, multiple: int = 8) -> IntArray:
    """Token ids as a matrix, filled up with 0 to a common length.

    >>> padded([[7, 8], [9]], multiple=1).tolist()
    [[7, 8], [9, 0]]
    """
    longest = max(map(len, ids))
    matrix = np.zeros((len(ids), -(-longest // multiple) * multiple), dtype=np.int64)
    for row, values in enumerate(ids):
        matrix[row, : len(values)] = values
    return matrix


def batches(lengths: Sequence[int], max_tokens: int = MAX_BATCH_TOKENS) -> Iterator[list[int]]:
    """Positions in batches of like length, each within `max_tokens` after padding (or alone).

    >>> list(batches([3, 9, 4], max_tokens=10))
    [[0, 2], [1]]
    """
    batch: list[int] = []
    for position in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and lengths[position] * (len(batch) + 1) > max_tokens:
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch


def feed_of(encodings: Sequence[Encoding]) -> dict[str, IntArray]:
    """The three inputs of a BERT encoder for one batch."""
    return {
        "input_ids": padded([encoding.ids for encoding in encodings]),
        "attention_mask": padded([encoding.attention_mask for encoding in encodings]),
        "token_type_ids": padded([encoding.type_ids for encoding in encodings]),
    }
