"""What larger models make of labelled pairs, and of pairs of articles that nobody labelled, as rows to train a small model on.

Knowledge distillation (Hinton et al., 2015, https://arxiv.org/abs/1503.02531). A teacher is a run of `train nli` on a larger encoder; it
reads the pairs in the words and marks in which the small model will.
"""

import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from contrast.calibration import softmax
from contrast.encoder import FloatArray, batches
from contrast.errors import InputError, ModelError, UsageError
from contrast.labels import RELATIONS
from contrast.pairing import PairBudget
from contrast.pipeline import Checker, frame_pairs
from contrast.reading import read_text
from contrast.reading.layout import lay_out
from contrast.rows import read_rows
from contrast.scoring.framing import frame
from contrast.training.average import Part
from contrast.training.base import has_bfloat16, inputs_of
from contrast.training.folders import refuse_no_folder
from contrast.training.loop import LoopSettings, keep_to_one_run
from contrast.training.pairs_data import UNLABELLED, LabelledPair, add_stray_context, read_pairs

# Pairs whose probabilities are written at once: what a kill can lose.
N_PAIRS_A_PART = 2048
MAX_BATCH_TOKENS = 4096


@dataclass(frozen=True, slots=True)
class SoftLabelling:
    """What to label: pairs of `data` as `train nli` reads them, and `n_texts` articles of `texts`, without those that `without` names.

    Of each article the `n_pairs_per_text` pairs are taken that promise most to a check, or of the `n_suspected_from` that promise most
    those that the shipped model finds least neutral: its errors are among them. The teachers' probabilities are averaged by their shares.
    """

    teachers: Sequence[Part]
    output: Path
    data: Sequence[Path] = ()
    texts: Path | None = None
    without: Path | None = None
    n_texts: int = 1000
    n_pairs_per_text: int = 15
    n_suspected_from: int | None = None
    n_neutral_per_other: float = 4.0
    near_share: float = 0.0
    stray_context_share: float = 0.0
    max_tokens: int = 192
    seed: int = 13


def write_soft_labels(settings: SoftLabelling) -> Path:
    """Writes `rows.jsonl` to the output folder, which is returned; goes on after its last whole part if it was killed."""
    if not settings.teachers or any(part.share <= 0 for part in settings.teachers):
        raise UsageError("expected at least one FOLDER[=SHARE], with shares above 0")
    refuse_no_folder(settings.output)
    teachers = [(Teacher(part.run, max_tokens=settings.max_tokens), part.share) for part in settings.teachers]
    pairs = [*_labelled(settings), *_found(settings)]
    if not pairs:
        raise UsageError("no pair to label; expected --data, or --texts with articles")
    keep_to_one_run(settings.output, LoopSettings(seed=settings.seed), [*((teacher.digest, share) for teacher, share in teachers), *pairs])
    rows = settings.output / "rows.jsonl"
    n_done = _cut_to_parts(rows)
    with rows.open("a", encoding="utf-8") as file:
        for start in range(n_done, len(pairs), N_PAIRS_A_PART):
            part = pairs[start : start + N_PAIRS_A_PART]
            shares = np.sum([teacher.judge(part) * share for teacher, share in teachers], axis=0)
            file.writelines(json.dumps(_row(pair, p), ensure_ascii=False) + "\n" for pair, p in zip(part, shares, strict=True))
            file.flush()
    return settings.output


class Teacher:
    """A cross-encoder that `train nli` wrote, of any size; `digest` is the SHA-256 of its weights."""

    def __init__(self, run: Path, *, max_tokens: int = 192) -> None:
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        dtype = torch.bfloat16 if has_bfloat16(self._device) else torch.float32
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(run, local_files_only=True)
            model = AutoModelForSequenceClassification.from_pretrained(run, local_files_only=True, attn_implementation="eager", dtype=dtype)
        except (OSError, ValueError) as error:
            raise ModelError(f"{run}: no trained model ({' '.join(str(error).split())[:200]}); expected a folder of train nli") from error
        labels = tuple(model.config.id2label.values())
        if labels != RELATIONS:
            raise ModelError(f"{run}: labels {labels}; expected {RELATIONS}, as train nli writes them")
        digest = hashlib.sha256()
        for weights in model.state_dict().values():
            digest.update(weights.float().contiguous().numpy())
        self.digest = digest.hexdigest()
        self._inputs = inputs_of(model, self._tokenizer)
        self._model = model.eval().to(self._device)
        self._max_tokens = max_tokens

    def judge(self, pairs: Sequence[LabelledPair]) -> FloatArray:
        """Probabilities (n_pairs, 3) in the order of `RELATIONS`."""
        encoded = self._tokenizer(
            [frame(pair.premise) for pair in pairs],
            [frame(pair.hypothesis) for pair in pairs],
            truncation="longest_first",
            max_length=self._max_tokens,
        )
        probabilities = np.zeros((len(pairs), len(RELATIONS)), dtype=np.float32)
        for batch in batches([len(ids) for ids in encoded["input_ids"]], MAX_BATCH_TOKENS):
            padded = self._tokenizer.pad(
                {key: [encoded[key][k] for k in batch] for key in self._inputs}, pad_to_multiple_of=8, return_tensors="pt"
            ).to(self._device)
            with torch.inference_mode():
                logits = self._model(**padded).logits
            probabilities[batch] = torch.softmax(logits.float(), dim=-1).cpu().numpy()
        return probabilities


def _labelled(settings: SoftLabelling) -> list[LabelledPair]:
    if not settings.data:
        return []
    pairs = read_pairs(
        list(settings.data), seed=settings.seed, n_neutral_per_other=settings.n_neutral_per_other, near_share=settings.near_share
    )
    return add_stray_context(pairs, settings.stray_context_share, seed=settings.seed)


def _found(settings: SoftLabelling) -> Iterator[LabelledPair]:
    """Pairs that a check of the shipped roles model would judge, without a label."""
    if settings.texts is None:
        return
    left_out = {str(row.get("id")) for row in read_rows(settings.without)} if settings.without else set()
    rows = [row for row in read_rows(settings.texts) if str(row.get("id")) not in left_out]
    checker = Checker()
    for row in random.Random(settings.seed).sample(rows, min(settings.n_texts, len(rows))):
        try:
            article = read_text(lay_out(row))
        except InputError:
            continue
        n_pairs = settings.n_suspected_from or settings.n_pairs_per_text
        found = checker.candidates(article, budget=PairBudget(per_article=n_pairs, per_sentence=0))
        framed = frame_pairs(found, article.sentences)
        taken = list(range(len(found)))
        if settings.n_suspected_from is not None and found:
            neutral = softmax(checker.scorer.logits(framed))[:, RELATIONS.index("neutral")]
            taken = sorted(np.argsort(neutral, kind="stable")[: settings.n_pairs_per_text].tolist())
        for k in taken:
            yield LabelledPair(
                framed[k].premise, framed[k].hypothesis, UNLABELLED, phenomenon="found", group=f"{row.get('id')}/{found[k].statement.id}"
            )


def _row(pair: LabelledPair, probabilities: FloatArray) -> dict[str, Any]:
    label = {} if pair.label == UNLABELLED else {"label": pair.label}
    shares = probabilities / probabilities.sum()
    return {
        "premise": pair.premise.text,
        "premise_before": pair.premise.before,
        "hypothesis": pair.hypothesis.text,
        "hypothesis_before": pair.hypothesis.before,
        "speaker": pair.hypothesis.speaker,
        **label,
        "phenomenon": pair.phenomenon,
        "set": pair.group,
        **{relation: round(float(share), 4) for relation, share in zip(RELATIONS, shares, strict=True)},
    }


def _cut_to_parts(rows: Path) -> int:
    """How many rows of whole parts are in the file, which is cut to them."""
    if not rows.is_file():
        return 0
    lines = rows.read_text(encoding="utf-8").splitlines(keepends=True)
    whole = [line for line in lines if line.endswith("\n")]
    n_kept = len(whole) - len(whole) % N_PAIRS_A_PART
    rows.write_text("".join(lines[:n_kept]), encoding="utf-8")
    return n_kept
