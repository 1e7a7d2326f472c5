"""What the fits of both models share: a line, a sweep over thresholds, a copy to fit on, and the file that is written."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from contrast.encoder import FloatArray, open_folder
from contrast.evaluation.metrics import f1
from contrast.training.export import PLAIN, Kind
from contrast.writing import write_whole

IntVector = npt.NDArray[np.int64]
THRESHOLDS = tuple(round(0.05 * k, 2) for k in range(1, 20))


def fit_line(x: FloatArray, y: IntVector) -> list[float] | None:
    """Weights and constant of a logistic regression; None where all of `y` is the same."""
    if len(set(y.tolist())) < 2:
        return None
    fitted = LogisticRegression(C=10.0, max_iter=1000).fit(x, y)
    return [round(float(value), 4) for value in (*fitted.coef_[0], fitted.intercept_[0])]


def sweep(probabilities: FloatArray, wanted: npt.NDArray[np.bool_], n_missed: int = 0) -> dict[str, float]:
    """F1 at each threshold; `n_missed` positives were never scored."""

    def at(threshold: float) -> float:
        taken = probabilities >= threshold
        return f1(int((taken & wanted).sum()), int((taken & ~wanted).sum()), int((~taken & wanted).sum()) + n_missed)

    return {str(threshold): round(at(threshold), 4) for threshold in THRESHOLDS}


def near_best(value_at: dict[str, float], slack: float) -> list[float]:
    """The thresholds whose value is within `slack` of the best."""
    best = max(value_at.values())
    return [float(threshold) for threshold, value in value_at.items() if value >= best - slack]


@contextmanager
def working_copy(model: Path, kind: Kind) -> Iterator[Path]:
    """A copy of a model folder with the plain calibration, so that a fit that fails leaves the model as it was."""
    open_folder(model, kind)
    with TemporaryDirectory() as scratch:
        copy = Path(scratch) / kind
        shutil.copytree(model, copy)
        write_calibration(copy, PLAIN[kind])
        yield copy


def write_calibration(model: Path, values: dict[str, Any]) -> dict[str, Any]:
    """Writes `calibration.json` of a model folder; returns what was written."""
    write_whole(model / "calibration.json", json.dumps(values, indent=1) + "\n")
    return values
