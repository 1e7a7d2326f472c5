"""Weights that take from a pair what its premise alone gives away.

What bears a statement out tends to sound otherwise than what breaks it, and a model learns that instead of comparing the two. Example
reweighting (Clark et al., 2019, https://aclanthology.org/D19-1418) weighs a pair by the probability that a model which sees only the
premise, and was trained on the other folds, gives to the other labels.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from contrast.training.pairs_data import LabelledPair

N_FOLDS = 5
SMALLEST_WEIGHT = 0.2


def weigh(pairs: Sequence[LabelledPair]) -> npt.NDArray[np.float32]:
    """A weight a pair, 1 on average; pairs without a group (public ones) and small sets weigh 1."""
    weights = np.ones(len(pairs), dtype=np.float32)
    own = [k for k, pair in enumerate(pairs) if pair.group]
    labels = np.array([pairs[k].label for k in own])
    groups = [pairs[k].group for k in own]
    if len(set(groups)) < N_FOLDS or len(set(labels)) < 2:
        return weights
    reader = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True), LogisticRegression(max_iter=1000))
    texts = [pairs[k].premise.text for k in own]
    guessed = cross_val_predict(reader, texts, labels, groups=groups, cv=GroupKFold(N_FOLDS), method="predict_proba")
    given_away = guessed[np.arange(len(own)), np.searchsorted(np.unique(labels), labels)]
    weights[own] = np.maximum(SMALLEST_WEIGHT, 1.0 - given_away)
    weights[own] /= weights[own].mean()
    return weights
