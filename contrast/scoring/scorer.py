"""What every judge of pairs offers, whichever model stands behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from contrast.calibration import Calibration
from contrast.encoder import FloatArray
from contrast.schema import ModelInfo
from contrast.scoring.framing import Framed


@dataclass(frozen=True, slots=True)
class FramedPair:
    """Premise (the observation) and hypothesis (the statement)."""

    premise: Framed
    hypothesis: Framed


class Scorer(Protocol):
    """Judges pairs: logits of shape (n_pairs, 3) in the order of `labels.RELATIONS`."""

    info: ModelInfo
    calibration: Calibration

    def logits(self, pairs: Sequence[FramedPair]) -> FloatArray:
        """Raw outputs for the pairs, in their order."""
        ...

    def n_cut(self, pairs: Sequence[FramedPair]) -> int:
        """How many of the pairs are longer than what the model reads."""
        ...
