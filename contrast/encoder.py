"""A shipped model: its folder, checked, and its ONNX graph run on token ids from `tokenizers`.

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
from tokenizers import Encoding, Tokenizer

from contrast.backends import FloatArray as FloatArray
from contrast.backends import backend_version, open_session
from contrast.errors import ModelError
from contrast.schema import ModelInfo
from contrast.windows import CLS, MARK, SEP

IntArray = npt.NDArray[np.int64]
MAX_BATCH_TOKENS = 512
LENGTH_STEP = 8
# Ids in BERT's uncased vocabulary (https://github.com/google-research/bert), which the roles model needs, as windows write them, and which
# is known by its last unused token.
IDS_OF_UNCASED = {"[PAD]": 0, "[CLS]": CLS, "[SEP]": SEP, "[unused1]": MARK}
LAST_OF_UNCASED = "[unused993]"


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

    def info(self, products: str) -> ModelInfo:
        """What a report says of the model; `products` is what it multiplies in."""
        return ModelInfo(self.config["name"], self.config["version"], self.sha256, f"{backend_version()}, {products}")


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
    if misplaced := _misplaced(tokenizer, folder.config["kind"]):
        raise ModelError(f"{folder.path}: tokenizer.json does not fit the model (another id for {misplaced}); install contrast again")
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _misplaced(tokenizer: Tokenizer, kind: str) -> str | None:
    """A token whose id in the vocabulary is not the one that is written for it, as when the vocabulary is in another order."""
    written = {added.content: id for id, added in tokenizer.get_added_tokens_decoder().items()}
    if kind == "roles" or tokenizer.model.token_to_id(LAST_OF_UNCASED) is not None:
        written |= IDS_OF_UNCASED
    of_vocabulary = {token: tokenizer.model.token_to_id(token) for token in written}
    # A token that was added to the vocabulary in training is none of it.
    return next((token for token, id in sorted(written.items()) if of_vocabulary[token] not in (None, id)), None)


class Graph:
    """An ONNX graph and the names of what it gives; runs batches of token ids."""

    def __init__(self, path: Path, sha256: str | None, *, n_threads: int | None = None, is_many: bool = True) -> None:
        self._session = open_session(path, sha256, n_threads=n_threads, is_many=is_many)
        self.products = self._session.products

    def batches(self, lengths: Sequence[int]) -> list[list[int]]:
        """Positions of rows of such lengths in batches, so that what is said of a row is the same whatever it is run with.

        In float32 sums are rounded otherwise in a batch of another size, so each row is run by itself there.
        """
        return list(batches(lengths, 1 if self.products == "float32" else MAX_BATCH_TOKENS))

    def run_each(self, feeds: Sequence[dict[str, IntArray]], outputs: Sequence[str]) -> Iterator[list[FloatArray]]:
        """The named outputs of each batch, in their order; inputs that the graph does not take are left out."""
        return self._session.run_each([{name: feed[name] for name in self._session.inputs} for feed in feeds], outputs)


def padded(ids: Sequence[Sequence[int]], *, multiple: int = LENGTH_STEP) -> IntArray:
    """Token ids as a matrix, filled up with 0 to a common length.

    >>> padded([[7, 8], [9]], multiple=1).tolist()
    [[7, 8], [9, 0]]
    """
    longest = padded_length(max(map(len, ids)), multiple)
    matrix = np.zeros((len(ids), longest), dtype=np.int64)
    for row, values in enumerate(ids):
        matrix[row, : len(values)] = values
    return matrix


def padded_length(length: int, multiple: int = LENGTH_STEP) -> int:
    """The next multiple from `length` up."""
    return -(-length // multiple) * multiple


def batches(lengths: Sequence[int], max_tokens: int = MAX_BATCH_TOKENS) -> Iterator[list[int]]:
    """Positions in batches that are padded to one length, each within `max_tokens` (or alone).

    Rows of another padded length never share a batch: padding moves what is said of a row.

    >>> list(batches([3, 9, 4, 5], max_tokens=16))
    [[0, 2], [3], [1]]
    """
    of_length: dict[int, list[int]] = {}
    for position, length in enumerate(lengths):
        of_length.setdefault(padded_length(length), []).append(position)
    for length, positions in sorted(of_length.items()):
        n_rows = max(1, max_tokens // length)
        for start in range(0, len(positions), n_rows):
            yield positions[start : start + n_rows]


def feed_of(encodings: Sequence[Encoding]) -> dict[str, IntArray]:
    """The three inputs of a BERT encoder for one batch."""
    return {
        "input_ids": padded([encoding.ids for encoding in encodings]),
        "attention_mask": padded([encoding.attention_mask for encoding in encodings]),
        "token_type_ids": padded([encoding.type_ids for encoding in encodings]),
    }
