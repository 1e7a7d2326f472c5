"""From raw outputs to probabilities that mean what they say.

Two calibrations, since base rates differ: of a pair given by hand, where each relation is taken to be as likely as the others (a
temperature over the logits; Guo et al., 2017, https://arxiv.org/abs/1706.04599), and of a pair found in an
article, where most are neutral (a multinomial logistic regression over the log-probabilities, the pair's circumstances, what the other
pairs of the article tell, and the order in time; Platt, 1999).
Both are fitted by `contrast train calibration` on articles and pairs held out from training, and lie in the model's `calibration.json`
with what they come from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from contrast.encoder import FloatArray
from contrast.errors import ModelError
from contrast.labels import RELATIONS, Verdict
from contrast.schema import RelationProbabilities

SMALLEST = 1e-6
N_CIRCUMSTANCES = 5
N_NEIGHBOURS = 8
N_TIMES = 1
N_FEATURES = len(RELATIONS) + N_CIRCUMSTANCES + N_NEIGHBOURS + N_TIMES + 1
ALWAYS_MIXED = (0.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Calibration:
    """How logits become probabilities, and from where a pair of an article is shown.

    `weights` has shape (n_features, 3) and takes [log p of entailment, neutral, contradiction, circumstances of the pair, what its
    neighbours tell, whether it is out of time, 1].
    `verdict_weights` has shape (3,) and takes [log-odds of the strongest contrast, of the strongest support, 1] of a statement that
    has both: below 0 the contrast outweighs the support.
    """

    temperature: float
    offset: FloatArray
    weights: FloatArray
    contrast_threshold: float
    support_threshold: float
    verdict_weights: FloatArray

    @classmethod
    def plain(cls) -> "Calibration":
        """For models that bring no calibration: probabilities as they are, half as the threshold."""
        weights = np.zeros((N_FEATURES, len(RELATIONS)), dtype=np.float32)
        weights[: len(RELATIONS)] = np.eye(len(RELATIONS))
        return cls(1.0, np.zeros(len(RELATIONS), dtype=np.float32), weights, 0.5, 0.5, np.array(ALWAYS_MIXED, dtype=np.float32))

    @classmethod
    def of(cls, values: dict[str, Any]) -> "Calibration":
        """From a model's `calibration.json`; raises ModelError when a value is missing."""
        try:
            return cls(
                float(values["temperature"]),
                np.array([float(values["offset"][relation]) for relation in RELATIONS], dtype=np.float32),
                np.array(values["article"]["weights"], dtype=np.float32).reshape(N_FEATURES, len(RELATIONS)),
                float(values["article"]["contrast_threshold"]),
                float(values["article"]["support_threshold"]),
                np.array(values["article"].get("verdict_weights", ALWAYS_MIXED), dtype=np.float32).reshape(len(ALWAYS_MIXED)),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"calibration.json: {type(error).__name__} {error}; expected what this version writes; run contrast train calibration"
            ) from error

    def of_pairs(self, logits: FloatArray) -> FloatArray:
        """Probabilities (n, 3) of pairs given by hand, in the order of `RELATIONS`."""
        return softmax(logits / self.temperature + self.offset)

    def of_article(self, logits: FloatArray, circumstances: FloatArray, neighbours: FloatArray, times: FloatArray) -> FloatArray:
        """Probabilities (n, 3) of the pairs of an article.

        Given their circumstances (n, 5), what their neighbours tell (n, 8), and whether each is out of time (n,).
        """
        return softmax(np.einsum("nf,fr->nr", features(logits, circumstances, neighbours, times), self.weights))

    def weigh(self, against: float, in_favour: float) -> Verdict:
        """The verdict on a statement with contrasts and supports, from the probability of the strongest of each: mixed, or contradicted."""
        evidence = np.array([*log_odds([against, in_favour]), 1.0], dtype=np.float32)
        return "mixed" if float((evidence * self.verdict_weights).sum()) >= 0 else "contradicted"

    def moved(self, probabilities: FloatArray, before: FloatArray, after: FloatArray) -> FloatArray:
        """Probabilities (n, 3) that pairs of an article would have if their logits were `after` rather than `before`, all else the same."""
        n = len(RELATIONS)
        change = log_softmax(after) - log_softmax(before)
        return softmax((np.log(probabilities + SMALLEST) + np.einsum("nf,fr->nr", change, self.weights[:n])).astype(np.float32))


def features(logits: FloatArray, circumstances: FloatArray, neighbours: FloatArray, times: FloatArray) -> FloatArray:
    """What the article calibration looks at: shape (n, 18)."""
    ones = np.ones((len(logits), 1), dtype=np.float32)
    return np.hstack([log_softmax(logits), circumstances, neighbours, times[:, None], ones]).astype(np.float32)


def log_softmax(logits: FloatArray) -> FloatArray:
    """Log-probabilities, none below that of `SMALLEST`."""
    log_probabilities: FloatArray = np.log(softmax(logits) + SMALLEST)
    return log_probabilities


def log_odds(probabilities: npt.ArrayLike) -> FloatArray:
    """Log-odds of probabilities, kept within those of 0.0001 and 0.9999."""
    bounded = np.clip(probabilities, 1e-4, 1 - 1e-4)
    odds: FloatArray = np.log(bounded / (1 - bounded))
    return odds


def softmax(logits: FloatArray) -> FloatArray:
    """Softmax over the last axis.

    >>> softmax(np.zeros((1, 2), dtype=np.float32)).tolist()
    [[0.5, 0.5]]
    """
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: FloatArray = (exponentials / exponentials.sum(axis=-1, keepdims=True)).astype(np.float32)
    return probabilities


def as_records(probabilities: FloatArray) -> Sequence[RelationProbabilities]:
    """Rows of (n, 3) probabilities as records."""
    return [RelationProbabilities(*map(float, row)) for row in probabilities]
