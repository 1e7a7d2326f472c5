"""Fine-tunes an encoder into a three-way NLI cross-encoder.

The recipe is the plain one of BERT (Devlin et al., 2019): one linear head over the pooled first token, AdamW, linear decay. Batches are
drawn by length. Attention runs unfused and without dropout, which trains fastest on CPUs with bfloat16 units (train_samples_per_second of a
run with --limit 2000 tells).

Pairs may carry a larger model's probabilities: the loss then asks for those beside the label, as in knowledge distillation (Hinton et al.,
2015, https://arxiv.org/abs/1503.02531). And two passes with other dropout may be asked to agree (R-Drop; Liang et al., 2021,
https://arxiv.org/abs/2106.14448).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    set_seed,
)

from contrast.errors import UsageError
from contrast.labels import RELATIONS
from contrast.scoring.framing import TARGET_MARK, frame
from contrast.scoring.transformers_model import loading
from contrast.training.base import inputs_of, starting_point
from contrast.training.folders import refuse_no_folder
from contrast.training.loop import LoopSettings, OrderedTrainer, run_loop
from contrast.training.pairs_data import LabelledPair, add_stray_context, label_targets, read_pairs, soft_targets
from contrast.training.weighting import weigh

# Settings that neither the rows nor the loop's settings tell.
RECIPE = ("base", "max_tokens", "dropout", "is_weighted", "smoothing", "teacher_share", "consistency", "n_frozen_layers")


@dataclass(frozen=True, slots=True)
class NliTraining:
    """What one training run needs. `loop` holds the steps, rates and the seed."""

    data: list[Path]
    output: Path
    base: str | None = None
    n_neutral_per_other: float = 4.0
    max_tokens: int = 192
    dropout: float = 0.0
    limit: int | None = None
    is_weighted: bool = False
    stray_context_share: float = 0.0
    near_share: float = 0.0
    smoothing: float = 0.0
    teacher_share: float = 0.5
    consistency: float = 0.0
    n_frozen_layers: int = 0
    loop: LoopSettings = field(default_factory=LoopSettings)


class RelationTrainer(OrderedTrainer):
    """Trainer whose targets say which relations a row's label allows (so that two-way labels train too), and how much it weighs.

    `smoothing` is the share of the loss that asks for all relations alike (Szegedy et al., 2016), `teacher_share` the share that asks for a
    teacher's probabilities where a row has both these and a label. With `consistency` each row is read twice, and how far the two readings
    part (half the sum of both divergences) is added to their losses at that weight.
    """

    def __init__(self, *args: Any, smoothing: float = 0.0, teacher_share: float = 0.5, consistency: float = 0.0, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.smoothing = smoothing
        self.teacher_share = teacher_share
        self.consistency = consistency

    def compute_loss(self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None) -> Any:
        if self.consistency:
            inputs = {name: torch.cat([values, values]) for name, values in inputs.items()}
        allowed, weights, soft = inputs.pop("labels"), inputs.pop("weight"), inputs.pop("soft_label")
        outputs = model(**inputs)
        log_probabilities = torch.log_softmax(outputs.logits.float(), dim=-1)
        losses = -torch.logsumexp(log_probabilities.masked_fill(allowed == 0, float("-inf")), dim=-1)
        losses = (1 - self.smoothing) * losses - self.smoothing * log_probabilities.mean(dim=-1)
        share = torch.where(allowed.min(dim=-1).values > 0, 1.0, self.teacher_share) * (soft.sum(dim=-1) > 0)
        losses = (1 - share) * losses - share * (soft * log_probabilities).sum(dim=-1)
        if self.consistency:
            losses = losses + self.consistency * divergence_of_halves(log_probabilities)
        loss = (losses * weights).mean()
        return (loss, outputs) if return_outputs else loss


def divergence_of_halves(log_probabilities: torch.Tensor) -> torch.Tensor:
    """For rows (2n, 3), each read twice, of each reading a quarter of what the two part by in both directions: shape (2n,)."""
    one, other = log_probabilities.chunk(2)
    both_ways = ((one.exp() - other.exp()) * (one - other)).sum(dim=-1)
    return torch.cat([both_ways, both_ways]) / 4


def load_cross_encoder(base: str | Path, *, dropout: float = 0.0) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """The encoder with a three-way head, and its tokenizer that knows the target mark."""
    with loading("--base", str(base), "an encoder"):
        tokenizer = AutoTokenizer.from_pretrained(base)
        model = AutoModelForSequenceClassification.from_pretrained(
            base,
            num_labels=len(RELATIONS),
            id2label=dict(enumerate(RELATIONS)),
            label2id={relation: k for k, relation in enumerate(RELATIONS)},
            attn_implementation="eager",
            attention_probs_dropout_prob=0.0,
            hidden_dropout_prob=dropout,
        )
    tokenizer.add_special_tokens({"additional_special_tokens": [TARGET_MARK]})
    if len(tokenizer) > model.get_input_embeddings().num_embeddings:
        model.resize_token_embeddings(len(tokenizer))
    return model, tokenizer


def freeze(model: PreTrainedModel, n_layers: int) -> None:
    """Keeps embeddings and the lowest layers as they are: a large encoder then trains faster; UsageError where none would be left."""
    if n_layers == 0:
        return
    encoder: Any = model.base_model.encoder
    if n_layers >= len(encoder.layer):
        raise UsageError(f"--freeze {n_layers}: the encoder has {len(encoder.layer)} layers; expected fewer")
    position_bias = [child for name, child in encoder.named_children() if name != "layer"]
    parts: list[Any] = [model.base_model.embeddings, *position_bias, *encoder.layer[:n_layers]]
    for part in parts:
        part.requires_grad_(False)


def encode_pairs(pairs: list[LabelledPair], tokenizer: PreTrainedTokenizerBase, max_tokens: int, inputs: Sequence[str]) -> Dataset:
    """What the model takes (`inputs`), targets and lengths of the pairs, in their order."""
    encoded = tokenizer(
        [frame(pair.premise) for pair in pairs],
        [frame(pair.hypothesis) for pair in pairs],
        truncation="longest_first",
        max_length=max_tokens,
    )
    columns = {key: encoded[key] for key in inputs}
    lengths = [len(ids) for ids in encoded["input_ids"]]
    return Dataset.from_dict({**columns, "labels": label_targets(pairs), "soft_label": soft_targets(pairs), "length": lengths})


def train_nli(settings: NliTraining) -> Path:
    """Trains and writes model and tokenizer to `settings.output`; goes on from its last checkpoint after a kill."""
    if settings.consistency and not settings.dropout:
        raise UsageError(
            f"--consistency {settings.consistency} with --dropout 0: two readings would not differ; expected --dropout above 0"
        )
    refuse_no_folder(settings.output)
    pairs = read_pairs(
        settings.data, seed=settings.loop.seed, n_neutral_per_other=settings.n_neutral_per_other, near_share=settings.near_share
    )
    pairs = add_stray_context(pairs, settings.stray_context_share, seed=settings.loop.seed)
    set_seed(settings.loop.seed)  # a head that is new is drawn
    model, tokenizer = load_cross_encoder(starting_point(settings.base, settings.output), dropout=settings.dropout)
    freeze(model, settings.n_frozen_layers)
    pairs = pairs[: settings.limit]
    rows = encode_pairs(pairs, tokenizer, settings.max_tokens, inputs_of(model, tokenizer))
    rows = rows.add_column("weight", weigh(pairs) if settings.is_weighted else [1.0] * len(pairs))
    return run_loop(
        partial(RelationTrainer, smoothing=settings.smoothing, teacher_share=settings.teacher_share, consistency=settings.consistency),
        model=model,
        rows=rows,
        collator=DataCollatorWithPadding(tokenizer, pad_to_multiple_of=8),
        tokenizer=tokenizer,
        output=settings.output,
        settings=settings.loop,
        examples=pairs,
        recipe={name: getattr(settings, name) for name in RECIPE},
    )
