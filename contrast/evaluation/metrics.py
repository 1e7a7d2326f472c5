"""Figures for judgements and rankings: accuracy, F1, average precision, calibration error."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from contrast.labels import RELATIONS

N_BINS = 10
N_RESAMPLES = 1000
Interval = tuple[float, float]


def average_precision(scored: Iterable[tuple[float, bool]], n_positive: int) -> float:
    """Mean precision at the rank of each positive; ties are broken against the positives; what was not scored counts as missed.

    >>> average_precision([(0.9, True), (0.5, False), (0.4, True)], 2)
    0.8333333333333333
    """
    hits, total = 0, 0.0
    for rank, (_, is_positive) in enumerate(sorted(scored, key=lambda pair: (-pair[0], pair[1])), 1):
        if is_positive:
            hits += 1
            total += hits / rank
    return total / n_positive if n_positive else 0.0


def f1(n_right: int, n_wrong: int, n_missed: int) -> float:
    """Harmonic mean of precision and recall, 0 when nothing is right."""
    return 2 * n_right / (2 * n_right + n_wrong + n_missed) if n_right else 0.0


def pair_figures(probabilities: npt.NDArray[np.float32], labels: Sequence[str], phenomena: Sequence[str]) -> dict[str, Any]:
    """Figures of three-way judgements: probabilities (n, 3) in the order of `RELATIONS` against labels."""
    gold = np.array([RELATIONS.index(label) for label in labels])
    likeliest = probabilities.argmax(axis=1)
    right = likeliest == gold
    per_label = {
        relation: f1(int(((likeliest == k) & right).sum()), int(((likeliest == k) & ~right).sum()), int(((gold == k) & ~right).sum()))
        for k, relation in enumerate(RELATIONS)
    }
    by_phenomenon: dict[str, list[bool]] = defaultdict(list)
    for phenomenon, is_right in zip(phenomena, right, strict=True):
        by_phenomenon[phenomenon].append(bool(is_right))
    contradiction = RELATIONS.index("contradiction")
    scored = [(float(p[contradiction]), bool(g == contradiction)) for p, g in zip(probabilities, gold, strict=True)]
    return {
        "n": len(gold),
        "accuracy": float(right.mean()),
        "accuracy_interval": interval_of_mean(right.tolist()),
        "macro_f1": sum(per_label.values()) / len(per_label),
        "f1": per_label,
        "contradiction_ap": average_precision(scored, int((gold == contradiction).sum())),
        "ece": calibration_error(probabilities.max(axis=1), right),
        "by_phenomenon": {name: sum(rights) / len(rights) for name, rights in sorted(by_phenomenon.items())},
        "by_phenomenon_interval": {name: interval_of_mean(rights) for name, rights in sorted(by_phenomenon.items())},
        "n_by_phenomenon": {name: len(rights) for name, rights in sorted(by_phenomenon.items())},
    }


def interval_of_mean(values: Sequence[float], *, seed: int = 0) -> Interval | None:
    """95 % interval of the mean, by bootstrap over the values (Efron, 1979); None without a value.

    >>> interval_of_mean([1.0, 1.0, 1.0])
    (1.0, 1.0)
    """
    if not values:
        return None
    drawn = np.random.default_rng(seed).integers(0, len(values), size=(N_RESAMPLES, len(values)))
    low, high = np.percentile(np.asarray(values, dtype=np.float64)[drawn].mean(axis=1), (2.5, 97.5))
    return round(float(low), 4), round(float(high), 4)


def interval_of_mean_of_groups(groups: Sequence[Sequence[float]], *, seed: int = 0) -> Interval | None:
    """The same for values that come in groups, such as those of one article: whole groups are drawn, since their values go together.

    >>> interval_of_mean_of_groups([[1.0, 1.0], [1.0]])
    (1.0, 1.0)
    """
    sums = np.array([[sum(group), len(group)] for group in groups if group], dtype=np.float64)
    if not len(sums):
        return None
    drawn = np.random.default_rng(seed).integers(0, len(sums), size=(N_RESAMPLES, len(sums)))
    totals = sums[drawn].sum(axis=1)
    low, high = np.percentile(totals[:, 0] / totals[:, 1], (2.5, 97.5))
    return round(float(low), 4), round(float(high), 4)


def calibration_error(confidence: npt.NDArray[np.float32], right: npt.NDArray[np.bool_]) -> float:
    """Expected calibration error over ten equal bins (Naeini et al., 2015), in [0, 1]."""
    bins = np.minimum(N_BINS - 1, (confidence * N_BINS).astype(int))
    return float(sum(abs(confidence[bins == b].sum() - right[bins == b].sum()) for b in range(N_BINS)) / len(right))
