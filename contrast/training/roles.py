"""Fine-tunes the encoder into the roles model, a document at a time, laid in windows as in use (see `contrast.windows`).

A third of the documents, drawn anew each time, is shown without marks as news archives keep them; of the annotated articles a quarter is
scrambled.
"""

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer, PreTrainedTokenizerBase, set_seed

from contrast.labels import ROLES
from contrast.scoring.transformers_model import loading
from contrast.training.base import starting_point
from contrast.training.folders import refuse_no_folder
from contrast.training.loop import LoopSettings, OrderedTrainer, run_loop
from contrast.training.roles_data import LabelledDocument, LabelledSentence, read_documents, shuffle, strip_marks
from contrast.training.roles_model import IGNORED, N_AUXILIARY, RolesModel
from contrast.windows import MARK, lay, read_part

STRIPPED_SHARE, SHUFFLED_SHARE = 0.33, 0.25


@dataclass(frozen=True, slots=True)
class RolesTraining:
    """What one training run needs; folders under `data` are read `n_repeats` times a pass, corpora (files) once."""

    data: list[Path]
    output: Path
    base: str | None = None
    n_repeats: int = 4
    loop: LoopSettings = field(default_factory=lambda: LoopSettings(batch_size=4, by_length=False))


def train_roles(settings: RolesTraining) -> Path:
    """Trains and writes model and tokenizer to `settings.output`; goes on from its last checkpoint after a kill."""
    refuse_no_folder(settings.output)
    folders = [path for path in settings.data if path.is_dir()]
    corpora = [path for path in settings.data if not path.is_dir()]
    documents = (read_documents(folders) * settings.n_repeats if folders else []) + (read_documents(corpora) if corpora else [])
    base = starting_point(settings.base, settings.output)
    set_seed(settings.loop.seed)  # heads that are new are drawn
    with loading("--base", base, "an encoder"):
        tokenizer = AutoTokenizer.from_pretrained(base)
        model = RolesModel.from_pretrained(base, attn_implementation="eager", attention_probs_dropout_prob=0.0)
    return run_loop(
        OrderedTrainer,
        model=model,
        rows=[{"document": document, "place": place} for place, document in enumerate(documents)],
        collator=DocumentCollator(tokenizer, seed=settings.loop.seed),
        tokenizer=tokenizer,
        output=settings.output,
        settings=settings.loop,
        examples=documents,
        recipe={"base": settings.base},
    )


@dataclass
class DocumentCollator:
    """Lays documents in windows and gathers their labels into the tensors that `RolesModel.forward` takes.

    How a document is shown hangs on the seed, its place among the rows and the epoch alone, so that a run that was killed goes on alike.
    """

    tokenizer: PreTrainedTokenizerBase
    is_augmented: bool = True
    seed: int = 13
    epoch: int = 0

    def set_epoch(self, epoch: int) -> None:
        """Has documents be shown as in that epoch."""
        self.epoch = epoch

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        windows: list[tuple[int, ...]] = []
        speakers: list[list[float]] = []
        marks: list[tuple[int, int]] = []
        roles: list[list[float]] = []
        auxiliary: list[list[float]] = []
        pairs: list[tuple[int, int]] = []
        pair_labels: list[float] = []
        for row in rows:
            document = self._augment(row["document"], row["place"]) if self.is_augmented else row["document"]
            encoded = self.tokenizer([s.text for s in document.sentences], add_special_tokens=False, return_offsets_mapping=True)
            place: dict[int, int] = {}
            for window in lay(encoded["input_ids"]):
                labels = [IGNORED] * len(window.ids)
                for position, mark in zip(window.sentences, window.marks, strict=True):
                    if position not in window.scored:
                        continue
                    sentence = document.sentences[position]
                    place[position] = len(marks)
                    marks.append((len(windows), mark))
                    roles.append(_role_labels(sentence))
                    auxiliary.append([_as_label(sentence.attributed), _as_label(sentence.speech)])
                    of_words = _speaker_labels(sentence, encoded["offset_mapping"][position])
                    n_words = len(read_part(encoded["input_ids"][position]))
                    labels[mark + 1 : mark + 1 + n_words] = of_words[:n_words]
                windows.append(window.ids)
                speakers.append(labels)
            for s, o, related in document.pairs:
                pairs.append((place[s], place[o]))
                pair_labels.append(float(related))
        longest = max(map(len, windows))
        ids = torch.tensor([(*window, *[0] * (longest - len(window))) for window in windows])
        assert all(window.count(MARK) for window in windows)
        return {
            "input_ids": ids,
            "attention_mask": (ids != 0).long(),
            "marks": torch.tensor(marks),
            "role_labels": torch.tensor(roles),
            "auxiliary_labels": torch.tensor(auxiliary).reshape(-1, N_AUXILIARY),
            "speaker_labels": torch.tensor([labels + [IGNORED] * (longest - len(labels)) for labels in speakers]),
            "pairs": torch.tensor(pairs, dtype=torch.long).reshape(-1, 2),
            "pair_labels": torch.tensor(pair_labels),
        }

    def _augment(self, document: LabelledDocument, place: int) -> LabelledDocument:
        drawn = random.Random(f"{self.seed} {self.epoch} {place}")
        if drawn.random() < STRIPPED_SHARE:
            document = LabelledDocument(tuple(map(strip_marks, document.sentences)), document.pairs)
        if document.pairs and drawn.random() < SHUFFLED_SHARE:
            body = range(1, len(document.sentences))
            document = shuffle(document, [0, *drawn.sample(body, len(body))])
        return document


def _as_label(known: bool | None) -> float:
    return IGNORED if known is None else float(known)


def _role_labels(sentence: LabelledSentence) -> list[float]:
    return [_as_label(None if sentence.roles is None else role in sentence.roles) for role in ROLES]


def _speaker_labels(sentence: LabelledSentence, offsets: list[tuple[int, int]]) -> list[float]:
    if sentence.speakers is None:
        return [IGNORED] * len(offsets)
    return [float(any(start < end_of and end > start_of for start_of, end_of in sentence.speakers)) for start, end in offsets]
