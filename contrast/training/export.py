"""Writes a trained model as a folder that runs without torch: int8 ONNX graph, tokenizer, configuration, calibration.

How the graph becomes int8 is told in `quantise`. The calibration written is the plain one; `contrast train calibration` fits it. What the
graph says is compared with the torch model on real inputs; where the two part more than the bounds below allow, nothing is written.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from textwrap import shorten
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import onnx
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from contrast.backends import backend_version
from contrast.calibration import N_CIRCUMSTANCES, Calibration
from contrast.encoder import Graph, batches, padded
from contrast.errors import ModelError
from contrast.labels import RELATIONS, ROLES
from contrast.training.base import INPUTS, inputs_of
from contrast.training.first_token import first_token_only
from contrast.training.folders import make_folder, refuse_no_folder
from contrast.training.quantise import quantise_embedding, quantise_products
from contrast.training.roles_model import RolesModel
from contrast.training.rounding import Rounded, round_weights
from contrast.version import __version__
from contrast.writing import write_whole

Kind = Literal["nli", "roles"]
OUTPUTS: dict[Kind, tuple[str, ...]] = {"nli": ("logits",), "roles": ("role_logits", "speaker_logits", "vectors")}
ARCHITECTURE: dict[Kind, str] = {"nli": "ForSequenceClassification", "roles": "RolesModel"}
OPSET = 17
PLAIN: dict[Kind, dict[str, Any]] = {
    "nli": {
        "temperature": 1.0,
        "offset": dict.fromkeys(RELATIONS, 0.0),
        "article": {"weights": Calibration.plain().weights.tolist(), "contrast_threshold": 0.5, "support_threshold": 0.5},
    },
    "roles": {
        "scale": dict.fromkeys(ROLES, 1.0),
        "offset": dict.fromkeys(ROLES, 0.0),
        "thresholds": {"statement": 0.5, "observation": 0.5, "speaker": 0.5, "speaker_extent": 0.5},
        "pairing": [1.0, *[0.0] * N_CIRCUMSTANCES],
    },
}
MIN_AGREEMENT = 0.985
MAX_MEAN_DIFFERENCE = 0.015


@dataclass(frozen=True, slots=True)
class Probe:
    """One input as the model gets it: token ids, and which side of a pair each belongs to."""

    ids: list[int]
    type_ids: list[int]


@dataclass(frozen=True, slots=True)
class Parity:
    """Graph against torch model on `n` inputs: share of like decisions, mean absolute difference of probabilities."""

    n: int
    agreement: float
    mean_difference: float


def export(
    source: Path, output: Path, kind: Kind, probes: Sequence[Probe], *, rounded_on: Sequence[Probe] = (), name: str, max_tokens: int = 192
) -> Parity:
    """Exports `source` to `output`; `probes` are real inputs to compare on, `rounded_on` others that the rounding of weights goes by.

    Without those, weights go to the nearest level. Raises ModelError, and writes nothing, without parity.
    """
    refuse_no_folder(output)
    model, tokenizer = load(source, kind), load_tokenizer(source, kind)
    inputs = INPUTS if kind == "roles" else inputs_of(model, tokenizer)
    with tempfile.TemporaryDirectory() as scratch:
        rounded = round_weights(model, (as_tensors(batch, inputs) for batch in in_batches(rounded_on)))
        graph_path = _quantised(model, Path(scratch), kind, inputs, rounded)
        parity = compare(model, Graph(graph_path, None), kind, probes, inputs)
        if parity.agreement < MIN_AGREEMENT or parity.mean_difference > MAX_MEAN_DIFFERENCE:
            raise ModelError(
                f"{source}: the int8 graph agrees with the model on {parity.agreement:.1%} of {parity.n} decisions (mean difference "
                f"{parity.mean_difference:.3f}); expected at least {MIN_AGREEMENT:.0%} and at most {MAX_MEAN_DIFFERENCE}; "
                "nothing was written"
            )
        make_folder(output)
        shutil.copyfile(graph_path, output / "model.onnx")
    tokenizer.backend_tokenizer.save(str(output / "tokenizer.json"))
    write_whole(output / "calibration.json", json.dumps(PLAIN[kind], indent=1) + "\n")
    _write_config(output, kind, name, max_tokens, n_heads(model), parity)
    return parity


def load(source: Path, kind: Kind) -> PreTrainedModel:
    """The trained model in evaluation mode; raises ModelError when the folder holds none."""
    loader: Any = AutoModelForSequenceClassification if kind == "nli" else RolesModel
    with _reading(source, kind):
        model: PreTrainedModel = loader.from_pretrained(source, local_files_only=True, attn_implementation="eager")
    model.eval()
    return model


def load_tokenizer(source: Path, kind: Kind) -> PreTrainedTokenizerBase:
    """The tokenizer of a trained model; raises ModelError when the folder holds none."""
    with _reading(source, kind):
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(source, local_files_only=True)
    return tokenizer


@contextmanager
def _reading(source: Path, kind: Kind) -> Iterator[None]:
    expected = f"expected the folder that contrast train {kind} wrote"
    if not source.is_dir():
        raise ModelError(f"{source}: no such folder; {expected}")
    if (source / "model.onnx").is_file():
        raise ModelError(f"{source}: exported already; {expected}")
    if missing := [name for name in ("config.json", "tokenizer.json") if not (source / name).is_file()]:
        raise ModelError(f"{source}: no trained {kind} model ({missing[0]} is missing); {expected}")
    _refuse_other_kind(source, kind, expected)
    try:
        yield
    except Exception as error:  # transformers, safetensors and tokenizers each raise types of their own
        reason = shorten(str(error), 200, placeholder=" …") or type(error).__name__
        raise ModelError(f"{source}: no trained {kind} model ({reason}); {expected}") from error


def _refuse_other_kind(source: Path, kind: Kind, expected: str) -> None:
    """Raises ModelError where the folder holds a model of another architecture: its head would be made up, and be noise."""
    try:
        config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    except ValueError:
        return  # told by transformers, with the reason
    names = config.get("architectures") if isinstance(config, dict) else None
    if names and not any(str(name).endswith(ARCHITECTURE[kind]) for name in names):
        raise ModelError(f"{source}: {', '.join(map(str, names))}, no {kind} model; {expected}")


def _quantised(model: torch.nn.Module, scratch: Path, kind: Kind, inputs: Sequence[str], rounded: Mapping[str, Rounded]) -> Path:
    plain, final = scratch / "plain.onnx", scratch / "model.onnx"
    example = torch.ones((2, 12), dtype=torch.long)
    dynamic = {key: {0: "batch", 1: "tokens"} for key in (*inputs, *(OUTPUTS[kind] if kind == "roles" else ()))}
    with first_token_only(model):
        torch.onnx.export(
            _Positional(model, kind, inputs).eval(),  # the exporter puts back the mode that it finds, of all parts
            (example, example, example * 0)[: len(inputs)],
            str(plain),
            input_names=list(inputs),
            output_names=list(OUTPUTS[kind]),
            dynamic_axes=dynamic,
            opset_version=OPSET,
            dynamo=False,
        )
    graph = onnx.load(plain)
    quantise_embedding(graph)
    quantise_products(graph, rounded)
    onnx.save(graph, final)
    return final


class _Positional(torch.nn.Module):
    """The model with its inputs by place and its outputs as a tuple, as the exporter wants them."""

    def __init__(self, model: torch.nn.Module, kind: Kind, inputs: Sequence[str]) -> None:
        super().__init__()
        self.model = model
        self.kind = kind
        self.inputs = inputs

    def forward(self, *given: torch.Tensor) -> tuple[torch.Tensor, ...]:
        outputs = self.model(**dict(zip(self.inputs, given, strict=True)))
        return tuple(getattr(outputs, name) for name in OUTPUTS[self.kind])


def compare(model: torch.nn.Module, graph: Graph, kind: Kind, probes: Sequence[Probe], inputs: Sequence[str]) -> Parity:
    """Graph and torch model on the same batches of real inputs: decisions and probabilities."""
    agreements: list[npt.NDArray[np.bool_]] = []
    differences: list[npt.NDArray[np.float32]] = []
    for feed in in_batches(probes):
        ((found,),) = graph.run_each([feed], OUTPUTS[kind][:1])
        with torch.inference_mode():
            outputs = model(**as_tensors(feed, inputs))
        expected = getattr(outputs, OUTPUTS[kind][0]).float().numpy()
        decided, difference = _decisions(found, expected, kind)
        agreements.append(decided.ravel())
        differences.append(difference.ravel())
    agreed, differed = np.concatenate(agreements), np.concatenate(differences)
    return Parity(len(agreed), float(agreed.mean()), float(differed.mean()))


def in_batches(probes: Sequence[Probe]) -> Iterator[dict[str, npt.NDArray[np.int64]]]:
    """The probes as inputs of the model, those of like length together."""
    for batch in batches([len(probe.ids) for probe in probes]):
        of_batch = [probes[k] for k in batch]
        yield {
            "input_ids": padded([probe.ids for probe in of_batch]),
            "attention_mask": padded([[1] * len(probe.ids) for probe in of_batch]),
            "token_type_ids": padded([probe.type_ids for probe in of_batch]),
        }


def as_tensors(feed: Mapping[str, npt.NDArray[np.int64]], inputs: Sequence[str]) -> dict[str, torch.Tensor]:
    """What of a batch the model takes."""
    return {name: torch.from_numpy(feed[name]) for name in inputs}


def _decisions(found: Any, expected: Any, kind: Kind) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float32]]:
    if kind == "nli":
        one, other = (torch.softmax(torch.from_numpy(x), -1).numpy() for x in (found, expected))
        return one.argmax(-1) == other.argmax(-1), np.abs(one - other)
    one, other = (torch.sigmoid(torch.from_numpy(x[:, 1])).numpy() for x in (found, expected))  # the first mark of each window
    return (one > 0.5) == (other > 0.5), np.abs(one - other)


def n_heads(model: torch.nn.Module) -> int:
    """How many attention heads the encoder has, which the graph does not tell."""
    config: Any = model.config
    return int(config.num_attention_heads)


def _write_config(output: Path, kind: Kind, name: str, max_tokens: int, heads: int, parity: Parity) -> None:
    config = {
        "name": name,
        "version": __version__,
        "kind": kind,
        "labels": list(RELATIONS if kind == "nli" else ROLES),
        "max_tokens": max_tokens,
        "n_heads": heads,
        "sha256": hashlib.sha256((output / "model.onnx").read_bytes()).hexdigest(),
        "exported": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
        "tools": {"torch": torch.__version__, "backend": backend_version()},
        "parity": {"n": parity.n, "agreement": round(parity.agreement, 4), "mean_difference": round(parity.mean_difference, 5)},
    }
    (output / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
