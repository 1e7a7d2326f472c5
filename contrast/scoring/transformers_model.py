"""Any sequence-classification NLI model of transformers as a judge (extra `train`).

Label orders differ between models, and a wrong order turns every answer round. So the order is resolved by the labels' names; where those
say nothing (LABEL_0 …), by pairs whose relation is plain; where these do not settle it either, the model is refused. Heads with two
classes (entailment, not entailment) work: what is not entailed goes by halves to neutral and contradiction.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from textwrap import shorten
from typing import Any

import numpy as np

from contrast.calibration import Calibration
from contrast.encoder import FloatArray, batches
from contrast.errors import ModelError, UsageError
from contrast.labels import RELATIONS, Relation
from contrast.schema import ModelInfo
from contrast.scoring.framing import TARGET_MARK, Framed, frame
from contrast.scoring.scorer import FramedPair

NAMES: dict[Relation, re.Pattern[str]] = {
    "contradiction": re.compile(r"^(contra|contradict\w*|refut\w*|c)$"),
    "neutral": re.compile(r"^(neutral\w*|not[ _-]?enough[ _-]?info|nei|n)$"),
    "entailment": re.compile(r"^(entail\w*|support\w*|e)$"),
}
NOT_ENTAILED = re.compile(r"^(not|non)[ _-]?entail\w*$")
PROBES: tuple[tuple[str, str, Relation], ...] = (
    ("A man is sleeping in his bed.", "A man is asleep.", "entailment"),
    ("The company closed the factory in May.", "The factory was closed.", "entailment"),
    ("All the shops in the town were open on Sunday.", "No shop in the town was open on Sunday.", "contradiction"),
    ("The minister resigned on Monday.", "The minister did not resign on Monday.", "contradiction"),
    ("A woman is reading a book.", "The woman has two brothers in Spain.", "neutral"),
    ("The bank raised its rates.", "The chairman of the bank plays the violin.", "neutral"),
)
MAX_TOKENS = 512
# A head without a class for contradiction never names one; whoever wants to flag by it sets --threshold below a half.
NOT_ENTAILED_SHARES = (0.51, 0.49)


class TransformersScorer:
    """A model of transformers as a `Scorer`; probabilities are not calibrated."""

    def __init__(self, model: Any, tokenizer: Any, *, name: str, device: str) -> None:
        import torch

        self._torch = torch
        self._model = model.to(device).eval()
        self._tokenizer = tokenizer
        self._device = device
        # What `contrast train nli` writes knows the mark, and learnt from pairs in their context.
        self._is_framed = TARGET_MARK in getattr(tokenizer, "all_special_tokens", ())
        self.calibration = Calibration.plain()
        self.info = ModelInfo(
            name, str(getattr(model.config, "_commit_hash", None) or "local"), _sha256(model), f"torch {torch.__version__}"
        )
        self._columns = self._resolve_labels()

    @classmethod
    def open(cls, name: str, *, device: str = "auto") -> "TransformersScorer":
        """The model of a folder or hub id; raises UsageError without torch, ModelError when it cannot be loaded or understood."""
        try:
            import torch
            from transformers import AutoModelForSequenceClassification, AutoTokenizer
        except ImportError as error:
            raise UsageError(f"--model {name}: needs torch; run: pip install 'contrast[train]'") from error
        with loading("--model", name, "an NLI model") as is_folder:
            tokenizer = AutoTokenizer.from_pretrained(name, local_files_only=is_folder)
            model, loaded = AutoModelForSequenceClassification.from_pretrained(name, local_files_only=is_folder, output_loading_info=True)
        if missing := sorted(key for key in loaded["missing_keys"] if "position_ids" not in key):
            raise ModelError(f"--model {name}: no trained head in it ({missing[0]} is missing); name an NLI model")
        if not tells_words_apart(tokenizer):
            raise ModelError(
                f"--model {name}: its tokenizer knows no English words; expected the model's own beside it (tokenizer.json or vocab.txt)"
            )
        chosen = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
        return cls(model, tokenizer, name=name, device=chosen)

    def logits(self, pairs: Sequence[FramedPair]) -> FloatArray:
        """Log-probabilities (n_pairs, 3) in the order of `RELATIONS`."""
        raw = self._raw([(self._words(pair.premise), self._words(pair.hypothesis)) for pair in pairs])
        log_p = raw - np.logaddexp.reduce(raw, axis=1, keepdims=True)
        if len(self._columns) == 2:
            rest = log_p[:, self._columns[1]]
            to_neutral, to_contradiction = np.log(NOT_ENTAILED_SHARES)
            return np.stack([log_p[:, self._columns[0]], rest + to_neutral, rest + to_contradiction], axis=1).astype(np.float32)
        return log_p[:, self._columns].astype(np.float32)

    def _words(self, side: Framed) -> str:
        """The side as the model learnt to read it; other models than ours were trained without context and marks: the sentence alone."""
        return frame(side) if self._is_framed else side.text

    def n_cut(self, pairs: Sequence[FramedPair]) -> int:
        """How many of the pairs are longer than what the model reads."""
        sides = [self._words(pair.premise) for pair in pairs], [self._words(pair.hypothesis) for pair in pairs]
        return sum(len(ids) > self._limit for ids in self._tokenizer(*sides, verbose=False)["input_ids"])

    @property
    def _limit(self) -> int:
        return min(MAX_TOKENS, getattr(self._model.config, "max_position_embeddings", MAX_TOKENS))

    def _raw(self, texts: Sequence[tuple[str, str]]) -> FloatArray:
        torch = self._torch
        encoded = self._tokenizer([p for p, _ in texts], [h for _, h in texts], truncation=True, max_length=self._limit)
        rows = np.zeros((len(texts), self._model.config.num_labels), dtype=np.float32)
        for batch in batches([len(ids) for ids in encoded["input_ids"]]):
            padded = self._tokenizer.pad({key: [values[k] for k in batch] for key, values in encoded.items()}, return_tensors="pt")
            with torch.inference_mode():
                rows[batch] = self._model(**padded.to(self._device)).logits.float().cpu().numpy()
        return rows

    def _resolve_labels(self) -> list[int]:
        labels = {int(k): str(v).strip().casefold() for k, v in self._model.config.id2label.items()}
        columns = by_name(labels) or self._by_probes()
        if columns is None:
            raise ModelError(
                f"--model {self.info.name}: labels {list(labels.values())} could be in any order and the probe pairs do not settle it; "
                "expected entailment, neutral and contradiction, or entailment and not_entailment (set id2label in its config.json)"
            )
        return columns

    def _by_probes(self) -> list[int] | None:
        n_labels = self._model.config.num_labels
        if n_labels not in (2, len(RELATIONS)):
            return None
        likeliest = self._raw([(premise, hypothesis) for premise, hypothesis, _ in PROBES]).argmax(axis=1)
        if n_labels == 2:
            entailed = {int(column) for column, probe in zip(likeliest, PROBES, strict=True) if probe[2] == "entailment"}
            rest = {int(column) for column, probe in zip(likeliest, PROBES, strict=True) if probe[2] != "entailment"}
            return [*entailed, *rest] if len(entailed) == len(rest) == 1 and entailed != rest else None
        columns = []
        for relation in RELATIONS:
            votes = {int(column) for column, probe in zip(likeliest, PROBES, strict=True) if probe[2] == relation}
            if len(votes) != 1:
                return None
            columns.append(votes.pop())
        return columns if len(set(columns)) == len(RELATIONS) else None


@contextmanager
def loading(option: str, name: str, wanted: str) -> Iterator[bool]:
    """Around what loads `wanted` from the folder or hub id `name`, without log lines and bars; gives whether it is a folder.

    Raises ModelError that names `option` when it cannot be loaded.
    """
    folder = Path(name)
    is_folder = folder.is_dir()
    if is_folder and not (folder / "config.json").is_file():
        raise ModelError(f"{option} {name}: no config.json in this folder; expected {wanted} as transformers saves it")
    if not is_folder and (folder.exists() or name.startswith((".", "/", "~"))):
        raise ModelError(f"{option} {name}: no such folder; expected a model folder or a hub id such as owner/name")
    from transformers.utils import logging as of_transformers

    loggers = [logging.getLogger(library) for library in ("transformers", "huggingface_hub")]
    levels = [logger.level for logger in loggers]
    had_bars = of_transformers.is_progress_bar_enabled()
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        of_transformers.disable_progress_bar()
        yield is_folder
    except Exception as error:  # transformers, safetensors and tokenizers each raise types of their own
        if not is_folder and isinstance(error, OSError):
            raise ModelError(
                f"{option} {name}: not a folder here, and the hub could not give it either (no connection, or no such model there); "
                f"expected a folder or hub id of {wanted}"
            ) from error
        reason = shorten(str(error), 200, placeholder=" …") or type(error).__name__
        raise ModelError(f"{option} {name}: transformers cannot load it ({reason}); expected a folder or hub id of {wanted}") from error
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        if had_bars:
            of_transformers.enable_progress_bar()


def tells_words_apart(tokenizer: Any) -> bool:
    """Whether plain English words become tokens of their own: where a folder holds no vocabulary, transformers makes an empty one up."""
    words = PROBES[0][0].strip(".").casefold().split()
    known = set(tokenizer(PROBES[0][0], add_special_tokens=False)["input_ids"]) - {tokenizer.unk_token_id}
    return len(known) >= len(set(words))


def by_name(labels: dict[int, str]) -> list[int] | None:
    """The column of each relation by the labels' names; [entailment, not entailment] for two classes; None when names do not tell.

    >>> by_name({0: "contradiction", 1: "entailment", 2: "neutral"})
    [1, 2, 0]
    """
    if len(labels) == 2:
        rest = [k for k, name in labels.items() if NOT_ENTAILED.match(name)]
        entailed = [k for k, name in labels.items() if NAMES["entailment"].match(name)]
        return [entailed[0], rest[0]] if len(rest) == len(entailed) == 1 else None
    found = {relation: [k for k, name in labels.items() if NAMES[relation].match(name)] for relation in RELATIONS}
    if len(labels) != len(RELATIONS) or any(len(columns) != 1 for columns in found.values()):
        return None
    return [found[relation][0] for relation in RELATIONS]


def _sha256(model: Any) -> str:
    import hashlib

    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().float().numpy().tobytes())
    return digest.hexdigest()
