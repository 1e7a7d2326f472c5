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
    def of(cls, values: dict[str, Any], name: str = "calibration.json") -> "Calibration":
        """From a model's `calibration.json`, called `name`; raises ModelError when a value is missing or cannot be right."""
        fields = CalibrationFields(values, name)
        return cls(
            fields.number("temperature", above=0),
            np.array([fields.number("offset", relation) for relation in RELATIONS], dtype=np.float32),
            fields.numbers("article", "weights", shape=(N_FEATURES, len(RELATIONS))),
            fields.probability("article", "contrast_threshold"),
            fields.probability("article", "support_threshold"),
            fields.numbers("article", "verdict_weights", shape=(len(ALWAYS_MIXED),), otherwise=ALWAYS_MIXED),
        )

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


@dataclass(frozen=True, slots=True)
class CalibrationFields:
    """What a `calibration.json` holds, each field checked as it is taken; `name` is the file's in messages.

    >>> CalibrationFields({"thresholds": {"statement": 7}}, "calibration.json").probability("thresholds", "statement")
    Traceback (most recent call last):
    contrast.errors.ModelError: calibration.json: thresholds.statement is 7.0; expected 0 to 1; run contrast train calibration
    """

    values: dict[str, Any]
    name: str

    def number(self, *keys: str, above: float = -np.inf, otherwise: float | None = None) -> float:
        """The finite number under the keys, `otherwise` where nothing is there; raises ModelError when there is none above `above`."""
        number = float(self._finite(keys, (), otherwise))
        if number <= above:
            raise self._refused(keys, f"is {number}", f"a number above {above}")
        return number

    def probability(self, *keys: str, otherwise: float | None = None) -> float:
        """The number between 0 and 1 under the keys, `otherwise` where nothing is there; raises ModelError when there is none."""
        number = self.number(*keys, otherwise=otherwise)
        if not 0 <= number <= 1:
            raise self._refused(keys, f"is {number}", "0 to 1")
        return number

    def numbers(self, *keys: str, shape: tuple[int, ...], otherwise: Sequence[float] | None = None) -> FloatArray:
        """The finite numbers of that shape under the keys, `otherwise` where nothing is there; raises ModelError when there are none."""
        return self._finite(keys, shape, otherwise).astype(np.float32)

    def _finite(self, keys: Sequence[str], shape: tuple[int, ...], otherwise: npt.ArrayLike | None) -> npt.NDArray[np.float64]:
        found: Any = self.values
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        found = otherwise if found is None else found
        expected = " x ".join(map(str, shape)) + " numbers" if shape else "a number"
        if found is None:
            raise self._refused(keys, "is missing", expected)
        try:
            given = np.array(found)
        except ValueError:  # rows of unlike lengths
            given = np.array(None)
        if given.shape != shape or given.dtype.kind not in "iuf":
            raise self._refused(keys, "is of another shape or kind", expected)
        numbers = given.astype(np.float64)
        if not (np.abs(numbers) <= np.finfo(np.float32).max).all():
            raise self._refused(keys, "holds NaN or a number that is too large" if shape else f"is {given}", f"{expected}, finite")
        return numbers

    def _refused(self, keys: Sequence[str], came: str, expected: str) -> ModelError:
        return ModelError(f"{self.name}: {'.'.join(keys)} {came}; expected {expected}; run contrast train calibration")


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
