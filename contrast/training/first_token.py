"""Has the last layer of a pair classifier work out its first token alone: the head reads no other.

Keys and values are still those of all tokens, so what the head gets is the same; a sixth of the products of a model of six layers falls
away, but for those of keys and values. Only BERT's layers (Devlin et al., 2019) as transformers has them are known here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from transformers import BertForSequenceClassification
from transformers.models.bert.modeling_bert import eager_attention_forward


@contextmanager
def first_token_only(model: torch.nn.Module) -> Iterator[None]:
    """While it lasts, the last layer gives one token a row; a model that is no BERT classifier stays as it is."""
    if not isinstance(model, BertForSequenceClassification):
        yield
        return
    layer: Any = model.bert.encoder.layer[-1]
    within, add = layer.attention.self, layer.attention.output
    add_input = add.forward
    within.forward = lambda hidden, attention_mask=None, **_: _attend(within, hidden, attention_mask)
    add.forward = lambda attended, given: add_input(attended, given[:, :1])
    try:
        yield
    finally:
        del within.forward, add.forward


def _attend(part: Any, hidden: torch.Tensor, mask: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
    """What the first token (n, 1, d) takes from all tokens (n, t, d), and how much from each."""

    def by_head(projected: torch.Tensor) -> torch.Tensor:
        return projected.view(*projected.shape[:2], -1, part.attention_head_size).transpose(1, 2)

    of_first = None if mask is None else mask[:, :, :1]
    attended: tuple[Any, Any] = eager_attention_forward(
        part, by_head(part.query(hidden[:, :1])), by_head(part.key(hidden)), by_head(part.value(hidden)), of_first, scaling=part.scaling
    )
    return attended[0].reshape(*hidden[:, :1].shape[:2], -1), attended[1]
