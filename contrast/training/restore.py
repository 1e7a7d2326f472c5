"""Turns an exported model folder back into a trainable one, so that the shipped models can be tuned further without their training runs.

The int8 weights become floats again, those that the exported graph multiplies with. Auxiliary heads that only serve training are not
exported and start anew.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from google.protobuf.message import DecodeError
from onnx import numpy_helper
from safetensors.numpy import save_file
from transformers import BertConfig, PreTrainedTokenizerFast

from contrast.errors import ModelError
from contrast.training.folders import make_folder
from contrast.training.quantise import EMBEDDING_ROWS, EMBEDDING_SCALES, WEIGHT, WEIGHT_SCALE

Array = npt.NDArray[np.float32]
_PREFIX = "model."


def restore(folder: Path, output: Path) -> Path:
    """Writes the exported model in `folder` to `output` as transformers reads it; returns `output`. ModelError when it cannot be read."""
    try:
        graph = onnx.load(folder / "model.onnx").graph
        state = _state_of(graph)
        exported = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        config = _config_of(state, exported["labels"], exported["n_heads"])
    except (OSError, LookupError, ValueError, DecodeError) as error:
        raise ModelError(f"{folder}: not a model that contrast exported ({type(error).__name__}: {error}); name another --base") from error
    make_folder(output)
    config.save_pretrained(output)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"),
        cls_token="[CLS]",
        sep_token="[SEP]",
        pad_token="[PAD]",
        unk_token="[UNK]",
        mask_token="[MASK]",
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )
    tokenizer.save_pretrained(output)
    save_file({name: np.ascontiguousarray(value) for name, value in state.items()}, output / "model.safetensors", {"format": "pt"})
    return output


def _state_of(graph: Any) -> dict[str, Array]:
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    state = {name.removeprefix(_PREFIX): value for name, value in values.items() if name.startswith(_PREFIX)}
    state["bert.embeddings.word_embeddings.weight"] = values[EMBEDDING_ROWS].astype(np.float32) * values[EMBEDDING_SCALES]
    for name, value in values.items():
        if name.endswith(f".{WEIGHT}"):
            module = name.removesuffix(f".{WEIGHT}")
            state[f"{module}.weight"] = (value.astype(np.float32) * values[f"{module}.{WEIGHT_SCALE}"]).T
    return state


def _config_of(state: dict[str, Array], labels: list[str], n_heads: int) -> BertConfig:
    vocabulary, hidden = state["bert.embeddings.word_embeddings.weight"].shape
    return BertConfig(
        id2label=dict(enumerate(labels)),
        label2id={label: k for k, label in enumerate(labels)},
        vocab_size=vocabulary,
        hidden_size=hidden,
        num_hidden_layers=len({name.split(".")[3] for name in state if name.startswith("bert.encoder.layer.")}),
        num_attention_heads=n_heads,
        intermediate_size=state["bert.encoder.layer.0.intermediate.dense.weight"].shape[0],
        max_position_embeddings=state["bert.embeddings.position_embeddings.weight"].shape[0],
    )
