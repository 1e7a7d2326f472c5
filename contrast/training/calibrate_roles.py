"""Fits what turns the outputs of the roles model into probabilities and decisions, on the validation split of annotated articles.

A scale and an offset a role (Platt, 1999), the thresholds of best F1, and how much a pair promises by its circumstances. Each sweep is kept
beside its choice.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from contrast.encoder import FloatArray
from contrast.evaluation.articles import places_of
from contrast.labels import ROLES
from contrast.pairing import circumstances, find_candidates
from contrast.reading import read_article as read_text_article
from contrast.roles import RoleReader, sigmoid
from contrast.training.export import PLAIN
from contrast.training.fitting import IntVector, fit_line, near_best, sweep, working_copy, write_calibration
from contrast.training.gold import GoldArticle, read_gold, understand


def calibrate_roles(model: Path, folders: Sequence[Path], *, split: str = "validation") -> dict[str, Any]:
    """Fits and writes `calibration.json` of the roles model in `model`, which is read as it is until the fit is done; returns it."""
    gold = read_gold(folders, split)
    with working_copy(model, "roles") as copy:
        values = _fit_roles(copy, gold)
    return write_calibration(model, {**values, "fitted_on": f"{len(gold)} {split} articles"})


def _fit_roles(model: Path, gold: Sequence[GoldArticle]) -> dict[str, Any]:
    thresholds = dict(PLAIN["roles"]["thresholds"])
    reader = RoleReader.open(model)
    found, wanted = _role_probabilities(reader, gold)
    logits = np.log(found / (1 - found))
    scale, offset = {}, {}
    for k, role in enumerate(ROLES):
        scale[role], offset[role] = fit_line(logits[:, k : k + 1], wanted[:, k]) or (1.0, 0.0)
    calibrated = sigmoid((logits * list(scale.values()) + list(offset.values())).astype(np.float32))
    statement = sweep(calibrated[:, :2].max(axis=1), wanted[:, :2].max(axis=1) == 1)
    observation = sweep(calibrated[:, 2], wanted[:, 2] == 1)
    thresholds.update(statement=min(near_best(statement, 0.0)), observation=min(near_best(observation, 0.0)))
    values = {**PLAIN["roles"], "scale": scale, "offset": offset, "thresholds": thresholds}
    write_calibration(model, values)
    values["pairing"] = _fit_pairing(RoleReader.open(model), gold)
    return {**values, "f1_at": {"statement": statement, "observation": observation}}


def _fit_pairing(reader: RoleReader, gold: Sequence[GoldArticle]) -> list[float]:
    x: list[FloatArray] = []
    y: list[int] = []
    for article in gold:
        found = understand(reader, article)
        related = article.gold.contradicts | article.gold.supports | article.gold.ignored
        candidates = find_candidates(found.statements, found.observations, found.roles, found.vectors)
        x.append(circumstances(candidates))
        y.extend(int(found.key(pair) in related) for pair in candidates)
    return fit_line(np.vstack(x), np.array(y)) or list(PLAIN["roles"]["pairing"])


def _role_probabilities(reader: RoleReader, gold: Sequence[GoldArticle]) -> tuple[FloatArray, IntVector]:
    found, wanted = [], []
    for article in gold:
        text = read_text_article(article.path)
        places = places_of(article.gold, text.text)
        for sentence, role in zip(text.sentences, reader.read(text.sentences).roles, strict=True):
            overlaps = [min(sentence.end, end) - max(sentence.start, start) for start, end in places]
            if max(overlaps) <= 0:
                continue
            found.append([role.intention, role.claim, role.observation])
            wanted.append([int(name in article.gold.sentences[int(np.argmax(overlaps))].roles) for name in ROLES])
    return np.clip(np.array(found, dtype=np.float32), 1e-5, 1 - 1e-5), np.array(wanted)
