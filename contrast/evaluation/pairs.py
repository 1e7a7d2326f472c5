"""How well pairs given by hand are judged."""

from pathlib import Path
from typing import Any

import numpy as np

from contrast.errors import InputError
from contrast.evaluation.metrics import pair_figures
from contrast.labels import RELATIONS
from contrast.pipeline import Checker
from contrast.scoring.scorer import FramedPair
from contrast.training.pairs_data import read_pairs


def evaluate_pairs(checker: Checker, path: Path, *, split: str = "validation") -> dict[str, Any]:
    """Figures over the labelled pairs of a file or data set folder (its `split`): accuracy, F1, average precision, calibration."""
    pairs = [pair for pair in read_pairs([path], split=split) if pair.label in RELATIONS]
    if not pairs:
        raise InputError(f"{path}: no pair with a three-way label; expected entailment, neutral or contradiction")
    judged = checker.compare_framed([FramedPair(pair.premise, pair.hypothesis) for pair in pairs])
    probabilities = np.array([(p.entailment, p.neutral, p.contradiction) for p in judged], dtype=np.float32)
    return pair_figures(probabilities, [pair.label for pair in pairs], [pair.phenomenon for pair in pairs])
