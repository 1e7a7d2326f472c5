"""The training loop that all models share: transformers' Trainer, seeded, resumed from its last checkpoint after a kill."""

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import Sampler
from transformers import PreTrainedModel, PreTrainedTokenizerBase, Trainer, TrainingArguments, set_seed
from transformers.trainer_pt_utils import get_length_grouped_indices

from contrast.errors import UsageError
from contrast.training.base import has_bfloat16
from contrast.training.folders import make_folder
from contrast.writing import write_whole

MIN_STEPS_LOST, MAX_STEPS_LOST = 20, 500


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """Steps and rates. `device` is auto, cpu or cuda; bfloat16 is used where there are products of it.

    A checkpoint is written every `save_every` steps (None: as `steps_between_checkpoints` says); the last `n_checkpoints` are kept, for
    averaging.
    """

    epochs: float = 1.0
    batch_size: int = 64
    learning_rate: float = 1e-4
    warmup_share: float = 0.06
    weight_decay: float = 0.01
    seed: int = 13
    save_every: int | None = None
    device: str = "auto"
    by_length: bool = True
    n_checkpoints: int = 1


class EpochOrder(Sampler[int]):
    """The order of the rows in an epoch, by seed and epoch alone; where `lengths` are given, rows of like length come together.

    The sampler of transformers 5.23 by length draws from torch's one source of chance, which stands elsewhere when a killed run goes on: it
    would then skip batches of another order than those it had learnt from. `told` is what else is to know the epoch.
    """

    def __init__(self, n_rows: int, lengths: Sequence[int] | None, *, batch_size: int, seed: int, told: object = None) -> None:
        self.n_rows = n_rows
        self.lengths = lengths
        self.batch_size = batch_size
        self.seed = seed
        self.told = told
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Names the epoch that the next order is for."""
        self.epoch = epoch
        if hasattr(self.told, "set_epoch"):
            self.told.set_epoch(epoch)

    def __len__(self) -> int:
        return self.n_rows

    def __iter__(self) -> Iterator[int]:
        drawn = torch.Generator().manual_seed(self.seed + self.epoch)
        if self.lengths is None:
            yield from torch.randperm(self.n_rows, generator=drawn).tolist()
        else:
            yield from get_length_grouped_indices(self.lengths, self.batch_size, generator=drawn)


class OrderedTrainer(Trainer):
    """Trainer whose rows come in the same order whether or not a run was killed."""

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        rows: Any = self.train_dataset if train_dataset is None else train_dataset
        by_length = self.args.train_sampling_strategy == "group_by_length"
        return EpochOrder(
            len(rows),
            list(rows["length"]) if by_length else None,
            batch_size=self.args.train_batch_size,
            seed=self.args.seed,
            told=self.data_collator,
        )


def steps_between_checkpoints(n_rows: int, settings: LoopSettings) -> int:
    """After how many steps a checkpoint is written: a tenth of the run, which a kill can lose, but 20 to 500 where none are named.

    >>> steps_between_checkpoints(6400, LoopSettings(epochs=4, batch_size=64))
    40
    """
    n_steps = math.ceil(n_rows / settings.batch_size) * settings.epochs
    return settings.save_every or min(MAX_STEPS_LOST, max(MIN_STEPS_LOST, math.ceil(n_steps / 10)))


def arguments(output: Path, settings: LoopSettings, n_rows: int) -> TrainingArguments:
    """The settings for so many rows in the words of transformers."""
    device = "cpu" if settings.device == "cpu" or not torch.cuda.is_available() else "cuda"
    return TrainingArguments(
        output_dir=str(output / "checkpoints"),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        warmup_steps=settings.warmup_share,
        weight_decay=settings.weight_decay,
        lr_scheduler_type="linear",
        bf16=has_bfloat16(device),
        use_cpu=device == "cpu",
        seed=settings.seed,
        save_steps=steps_between_checkpoints(n_rows, settings),
        save_total_limit=settings.n_checkpoints,
        logging_steps=100,
        train_sampling_strategy="group_by_length" if settings.by_length else "random",
        dataloader_pin_memory=False,
        remove_unused_columns=False,
        report_to="none",
    )


def run_loop(
    trainer_class: Callable[..., OrderedTrainer],
    *,
    model: PreTrainedModel,
    rows: Sized,
    collator: Callable[[list[dict[str, Any]]], dict[str, Any]],
    tokenizer: PreTrainedTokenizerBase,
    output: Path,
    settings: LoopSettings,
    examples: Iterable[object],
    recipe: Mapping[str, object] | None = None,
) -> Path:
    """Trains `model` on `rows` and writes it with its tokenizer to `output`, which is returned.

    `examples` are what the rows were made of, `recipe` what else the run hangs on: the base, parts of the loss. A run goes on only if they
    and the settings are as when it began; else UsageError.
    """
    keep_to_one_run(output, settings, examples, recipe)
    set_seed(settings.seed)
    args = arguments(output, settings, len(rows))
    trainer = trainer_class(model=model, args=args, train_dataset=rows, data_collator=collator)
    last = last_checkpoint(output / "checkpoints")
    trainer.train(resume_from_checkpoint=str(last) if last else None)
    model.save_pretrained(output)
    tokenizer.save_pretrained(output)
    return output


def keep_to_one_run(output: Path, settings: LoopSettings, examples: Iterable[object], recipe: Mapping[str, object] | None = None) -> None:
    """Notes in `training.json` what a run learns from, and how; raises UsageError where another run was noted there."""
    digest = hashlib.sha256()
    n_examples = 0
    for example in examples:
        digest.update(_in_words(example).encode())
        n_examples += 1
    noted = output / "training.json"
    run = {"n_examples": n_examples, "examples_sha256": digest.hexdigest(), "loop": asdict(settings), "recipe": dict(recipe or {})}
    if noted.is_file() and json.loads(noted.read_text(encoding="utf-8")) != run:
        raise UsageError(f"--output {output}: holds a run on other data or with other settings; name another folder, or remove that one")
    make_folder(output)
    write_whole(noted, json.dumps(run, indent=1) + "\n")


def _in_words(example: object) -> str:
    """The example as text, sets in a fixed order."""
    if isinstance(example, frozenset):
        return f"{{{', '.join(sorted(map(_in_words, example)))}}}"
    if isinstance(example, tuple):
        return f"({', '.join(map(_in_words, example))})"
    if is_dataclass(example):
        return f"({', '.join(_in_words(getattr(example, field.name)) for field in fields(example))})"
    return repr(example)


def last_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint that was written to its end (its trainer state comes last); None where there is none."""
    whole = [path.parent for path in folder.glob("checkpoint-*/trainer_state.json")]
    return max(whole, key=lambda path: int(path.name.split("-")[1]), default=None)
