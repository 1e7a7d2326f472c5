"""Noise that keeps a model from learning its training pairs by heart.

An encoder that is shown the same sets again and again knows in the end which article a name is of, and with it the answer. Two things
stand against that, besides dropout: rare names are exchanged for others, alike on both sides of a pair (no label changes, for actor and
place stay the same or other), and words are masked, others each time a pair is drawn (word dropout; Iyyer et al., 2015,
https://aclanthology.org/P15-1162).
"""

import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from transformers import DataCollatorWithPadding, PreTrainedTokenizerBase

from contrast.scoring.framing import TARGET_MARK, Framed
from contrast.training.pairs_data import LabelledPair

# A name known in more sets than these is one that the world knows ("Moscow"), and may be spoken of in other words ("Russian").
MAX_GROUPS = 20
MIN_LETTERS = 4
_WORD = re.compile(r"[^\W\d_]+")
_IN_SENTENCE_NAME = re.compile(r"(?<=[a-z,;] )[^\W\d_]+")


def exchange_names(pairs: list[LabelledPair], share: float, *, seed: int = 13) -> list[LabelledPair]:
    """The pairs, where in `share` of those of a set each rare name is another rare name, the same one throughout the pair.

    Pairs that a teacher has read stay as they are.
    """
    names = rare_names(pairs)
    if not names or share == 0:
        return pairs
    rng = random.Random(seed)
    pool = sorted(names)
    return [_renamed(pair, names, pool, rng) if pair.group and not pair.soft_label and rng.random() < share else pair for pair in pairs]


def rare_names(pairs: list[LabelledPair]) -> frozenset[str]:
    """Words that stand with a capital within sentences, nowhere without one, and in no more than `MAX_GROUPS` sets."""
    groups: dict[str, set[str]] = {}
    small: Counter[str] = Counter()
    for pair in pairs:
        for text in _texts(pair) if pair.group else ():
            small.update(word for word in _WORD.findall(text) if word.islower())
            for word in _IN_SENTENCE_NAME.findall(text):
                if word.istitle() and len(word) >= MIN_LETTERS:
                    groups.setdefault(word, set()).add(pair.group.split("/")[0])
    return frozenset(word for word, of_word in groups.items() if len(of_word) <= MAX_GROUPS and not small[word.lower()])


def _renamed(pair: LabelledPair, names: frozenset[str], pool: list[str], rng: random.Random) -> LabelledPair:
    there = sorted({word for text in _texts(pair) for word in _WORD.findall(text) if word in names})
    others = dict(zip(there, rng.sample(pool, len(there)), strict=True))

    def exchanged(text: str | None) -> str | None:
        return text and _WORD.sub(lambda found: others.get(found.group(), found.group()), text)

    def side(framed: Framed) -> Framed:
        return replace(framed, text=exchanged(framed.text) or "", before=exchanged(framed.before), speaker=exchanged(framed.speaker))

    return replace(pair, premise=side(pair.premise), hypothesis=side(pair.hypothesis))


def _texts(pair: LabelledPair) -> Iterator[str]:
    for side in (pair.premise, pair.hypothesis):
        yield from (text for text in (side.text, side.before, side.speaker) if text)


@dataclass
class MaskingCollator:
    """Pads a batch, and masks `share` of its words."""

    tokenizer: PreTrainedTokenizerBase
    share: float

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        batch: dict[str, Any] = DataCollatorWithPadding(self.tokenizer, pad_to_multiple_of=8)(rows)
        mark = int(self.tokenizer.convert_tokens_to_ids(TARGET_MARK))
        return {**batch, "input_ids": mask_words(batch["input_ids"], self.share, self.tokenizer, mark=mark)}


def mask_words(ids: torch.Tensor, share: float, tokenizer: PreTrainedTokenizerBase, *, mark: int) -> torch.Tensor:
    """The token ids, `share` of them replaced by that of the mask; `mark`, padding and what else is special stays."""
    if share == 0:
        return ids
    kept = torch.tensor([*tokenizer.all_special_ids, mark])
    is_masked = (torch.rand(ids.shape) < share) & ~torch.isin(ids, kept)
    return ids.masked_fill(is_masked, int(tokenizer.mask_token_id))
