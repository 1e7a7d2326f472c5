"""The network behind roles: one encoder, heads on the mark before each sentence and on its words.

Over the mark: three independent role logits, two auxiliary ones (attributed as in PolNeAR, speech as in NewsDiscourse, which only serve
to learn from those corpora), and a unit vector whose cosine tells whether two sentences bear on each other. Over the words: is this part
of the speaker.
"""

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional
from transformers import BertConfig, BertModel, BertPreTrainedModel
from transformers.utils.generic import ModelOutput

from contrast.labels import ROLES

N_DIMENSIONS = 128
N_AUXILIARY = 2
SPEAKER_WEIGHT, AUXILIARY_WEIGHT, CLOSENESS_WEIGHT = 1.0, 0.3, 0.5
CLOSENESS_SCALE, CLOSENESS_SHIFT = 8.0, -3.0
IGNORED = -100.0


@dataclass
class RolesOutput(ModelOutput):
    """Per token: role logits (b, t, 3), speaker logits (b, t), unit vectors (b, t, 128); the loss where labels were given."""

    loss: Tensor | None = None
    role_logits: Tensor | None = None
    speaker_logits: Tensor | None = None
    vectors: Tensor | None = None


class RolesModel(BertPreTrainedModel):
    """BERT with the heads above; labels equal to `IGNORED` count for nothing."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__(config)
        self.bert = BertModel(config, add_pooling_layer=False)
        self.role_head = nn.Linear(config.hidden_size, len(ROLES))
        self.auxiliary_head = nn.Linear(config.hidden_size, N_AUXILIARY)
        self.speaker_head = nn.Linear(config.hidden_size, 1)
        self.vector_head = nn.Linear(config.hidden_size, N_DIMENSIONS)
        self.post_init()  # type: ignore[no-untyped-call]

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        token_type_ids: Tensor | None = None,
        marks: Tensor | None = None,
        role_labels: Tensor | None = None,
        auxiliary_labels: Tensor | None = None,
        speaker_labels: Tensor | None = None,
        pairs: Tensor | None = None,
        pair_labels: Tensor | None = None,
    ) -> RolesOutput:
        """`marks` (n, 2) are (row, column) of the scored sentences, `pairs` (m, 2) positions in `marks` of statement and observation."""
        hidden = self.bert(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).last_hidden_state
        role_logits = self.role_head(hidden)
        speaker_logits = self.speaker_head(hidden).squeeze(-1)
        vectors = functional.normalize(self.vector_head(hidden).float(), dim=-1)
        output = RolesOutput(role_logits=role_logits, speaker_logits=speaker_logits, vectors=vectors)
        if marks is None:
            return output
        if role_labels is None or auxiliary_labels is None or speaker_labels is None or pairs is None or pair_labels is None:
            raise ValueError("marks without labels; expected all five label tensors or none")
        at = marks[:, 0], marks[:, 1]
        closeness = (vectors[at][pairs[:, 0]] * vectors[at][pairs[:, 1]]).sum(-1)
        output.loss = (
            masked_loss(role_logits[at], role_labels)
            + AUXILIARY_WEIGHT * masked_loss(self.auxiliary_head(hidden[at]), auxiliary_labels)
            + SPEAKER_WEIGHT * masked_loss(speaker_logits, speaker_labels)
            + CLOSENESS_WEIGHT * masked_loss(CLOSENESS_SCALE * closeness + CLOSENESS_SHIFT, pair_labels)
        )
        return output


def masked_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean binary cross-entropy over the labels that are not `IGNORED`; 0 where there is none."""
    known = labels != IGNORED
    if not bool(known.any()):
        return logits.float().sum() * 0.0
    return functional.binary_cross_entropy_with_logits(logits.float()[known], labels[known])
