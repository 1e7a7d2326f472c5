"""Fits what turns the outputs of the NLI model into probabilities and decisions, on the validation split of our own data.

A temperature for pairs given by hand; for pairs found in articles a multinomial logistic regression, the threshold of contrasts by F1, that
of supports by the verdicts that follow. Another regression tells from the strongest of each whether the contrast outweighs the support.
Each sweep is kept beside its choice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression

from contrast.calibration import ALWAYS_MIXED, N_FEATURES, Calibration, as_records, features, log_odds, softmax
from contrast.encoder import FloatArray
from contrast.errors import InputError
from contrast.labels import RELATIONS, Verdict
from contrast.pairing import pair_up
from contrast.pipeline import frame_pairs, told_of
from contrast.roles import RoleReader
from contrast.schema import ScoredPair
from contrast.scoring.embedded import EmbeddedScorer
from contrast.scoring.scorer import FramedPair
from contrast.training.fitting import THRESHOLDS, IntVector, fit_line, near_best, sweep, working_copy, write_calibration
from contrast.training.gold import GoldArticle, read_gold, understand
from contrast.training.pairs_data import read_pairs
from contrast.verdicts import find_contrasts, find_supports, give_verdict, judge, strongest_of

# F1 of flags is flat near its best, and so are verdicts by the threshold of supports: the highest there is taken, for a wrong accusation
# costs a reader more than a missed one.
CONTRAST_SLACK = 0.015
VERDICT_SLACK = 0.003


def calibrate_nli(
    model: Path, roles: Path, articles: Sequence[Path], pairs: Sequence[Path], *, split: str = "validation"
) -> dict[str, Any]:
    """Fits and writes `calibration.json` of the NLI model in `model`, its pairs chosen by the roles model in `roles`; returns it."""
    gold = read_gold(articles, split)
    with working_copy(model, "nli") as copy:
        scorer = EmbeddedScorer.open(copy)
    of_sets = [[pair for pair in read_pairs([path], split=split) if pair.label in RELATIONS] for path in pairs]
    labelled = [pair for of_set in of_sets for pair in of_set]
    logits = scorer.logits([FramedPair(pair.premise, pair.hypothesis) for pair in labelled])
    sets = np.repeat(np.arange(len(of_sets)), [len(of_set) for of_set in of_sets])
    temperature = fit_temperature(logits, np.array([RELATIONS.index(pair.label) for pair in labelled]), sets)
    reader = RoleReader.open(roles)
    judged = [_judge_article(scorer, reader, article) for article in gold]
    x, y = np.vstack([part.x for part in judged]), np.concatenate([part.y for part in judged])
    if set(y.tolist()) != set(range(len(RELATIONS))):
        raise InputError(f"{len(gold)} {split} articles: pairs of {len(set(y.tolist()))} relations among those judged; expected all three")
    fitted = LogisticRegression(C=1.0, max_iter=2000).fit(x[:, :-1], y)
    weights = np.vstack([fitted.coef_.T, fitted.intercept_])
    probabilities = softmax((x @ weights).astype(np.float32))
    contrast = sweep(probabilities[:, 2], y == 2, sum(part.n_missed["contradiction"] for part in judged))
    support = sweep(probabilities[:, 0], y == 0, sum(part.n_missed["entailment"] for part in judged))
    article: dict[str, Any] = {
        "weights": [[round(float(value), 4) for value in row] for row in weights],
        "contrast_threshold": max(near_best(contrast, CONTRAST_SLACK)),
        "support_threshold": 1.0,
        "verdict_weights": _fit_verdicts(judged, weights),
    }
    calibration = Calibration.of({"temperature": temperature, "offset": dict.fromkeys(RELATIONS, 0.0), "article": article})
    verdicts = _sweep_verdicts(judged, calibration)
    article["support_threshold"] = max(near_best(verdicts, VERDICT_SLACK))
    swept = {"contrast": contrast, "support": support}
    return write_calibration(
        model,
        {
            "temperature": temperature,
            "offset": dict.fromkeys(RELATIONS, 0.0),
            "article": article,
            "fitted_on": {"temperature": f"{len(labelled)} {split} pairs", "article": f"{len(y)} pairs of {len(gold)} {split} articles"},
            "f1_at": swept,
            "balanced_accuracy_of_verdicts_at": verdicts,
        },
    )


@dataclass(frozen=True, slots=True)
class Judged:
    """The pairs of an article that a check judges, debatable ones left out, whose statement each is, and what was never judged.

    `verdicts` are those of the statements with a relation, and of those found that have none, not even a debatable one.
    """

    x: FloatArray
    y: IntVector
    statements: list[int | None]
    verdicts: dict[int, Verdict]
    n_missed: dict[str, int]


def _judge_article(scorer: EmbeddedScorer, reader: RoleReader, article: GoldArticle) -> Judged:
    found = understand(reader, article)
    pairs = pair_up(found.statements, found.observations, found.roles, found.vectors, reader.pairing_weights).pairs
    keys = [found.key(pair) for pair in pairs]
    gold = article.gold
    kept = [k for k, key in enumerate(keys) if key not in gold.ignored]
    x = np.zeros((0, N_FEATURES), dtype=np.float32)
    if kept:
        logits = scorer.logits(frame_pairs(pairs, found.text.sentences))
        x = features(logits, *told_of(pairs, logits, found.text.date))[kept]
    y = [2 if keys[k] in gold.contradicts else 0 if keys[k] in gold.supports else 1 for k in kept]
    against, in_favour = {s for s, _ in gold.contradicts}, {s for s, _ in gold.supports}
    clear = {found.at[s.id] for s in found.statements} - {s for s, _ in gold.ignored} - {None}
    return Judged(
        x=x,
        y=np.array(y, dtype=np.int64),
        statements=[keys[k][0] for k in kept],
        verdicts={s: judge(s in against, s in in_favour) for s in against | in_favour | clear if s is not None},
        n_missed={"contradiction": len(gold.contradicts - set(keys)), "entailment": len(gold.supports - set(keys))},
    )


def _fit_verdicts(judged: Sequence[Judged], weights: FloatArray) -> list[float]:
    """Weights (3,) from the log-odds of a statement's strongest contrast and support to mixed rather than contradicted."""
    evidence: list[FloatArray] = []
    is_mixed: list[int] = []
    for part in judged:
        probabilities = softmax((part.x @ weights).astype(np.float32))
        for statement, verdict in part.verdicts.items():
            of_statement = probabilities[[k for k, s in enumerate(part.statements) if s == statement]]
            if len(of_statement) and verdict in ("mixed", "contradicted"):
                evidence.append(log_odds(of_statement[:, [2, 0]].max(axis=0)))
                is_mixed.append(int(verdict == "mixed"))
    return (fit_line(np.array(evidence), np.array(is_mixed)) if evidence else None) or list(ALWAYS_MIXED)


def _sweep_verdicts(judged: Sequence[Judged], calibration: Calibration) -> dict[str, float]:
    """Balanced accuracy of the verdicts at each threshold of supports: the mean of the shares of each verdict that are found.

    By plain accuracy statements that are open, most of those in real news, would decide alone, and nearly all be left open.
    """
    probabilities = [softmax((part.x @ calibration.weights).astype(np.float32)) for part in judged]

    def at(threshold: float) -> float:
        right: dict[Verdict, list[bool]] = {}
        for part, of_pairs in zip(judged, probabilities, strict=True):
            pairs = [ScoredPair(str(s), str(k), p) for k, (s, p) in enumerate(zip(part.statements, as_records(of_pairs), strict=True))]
            contrasts = find_contrasts(pairs, calibration.contrast_threshold)
            strongest = strongest_of(contrasts), strongest_of(find_supports(pairs, threshold, contrasts))
            for statement, wanted in part.verdicts.items():
                right.setdefault(wanted, []).append(give_verdict(str(statement), *strongest, calibration.weigh) == wanted)
        return sum(sum(of_one) / len(of_one) for of_one in right.values()) / len(right)

    return {str(threshold): round(at(threshold), 4) for threshold in THRESHOLDS}


def fit_temperature(logits: FloatArray, gold: IntVector, sets: IntVector) -> float:
    """The temperature of least negative log-likelihood, each data set (`sets`: which a pair is of) weighing as much.

    Dropped: each relation of each set weighing as much, which made the calibration error greater on the test splits of data/pairs and
    data/crossed and on the development pairs; and an offset a relation, which cost up to 5 points of accuracy there.
    """
    weights = (1.0 / np.maximum(np.bincount(sets), 1))[sets]

    def loss(log_temperature: float) -> float:
        probabilities = softmax((logits / np.exp(log_temperature)).astype(np.float32))
        return float(-(weights * np.log(probabilities[np.arange(len(gold)), gold] + 1e-9)).sum() / weights.sum())

    return round(float(np.exp(minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded").x)), 4)
