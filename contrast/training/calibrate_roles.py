"""Fits what turns the outputs of the roles model into probabilities and decisions, on the validation split of annotated articles.

A scale and an offset a role (Platt, 1999), the thresholds of best F1, from which probability on words belong to the name beside them, and
how much a pair promises by its circumstances. Each sweep is kept beside its choice.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from contrast.encoder import FloatArray
from contrast.evaluation.articles import lay, places_of
from contrast.labels import ROLES
from contrast.pairing import circumstances, find_candidates
from contrast.reading import read_article as read_text_article
from contrast.roles import RoleReader, SpeakerWords, sigmoid
from contrast.training.export import PLAIN
from contrast.training.fitting import THRESHOLDS, IntVector, fit_line, near_best, sweep, working_copy, write_calibration
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
    found, wanted, named = _read(reader, gold)
    logits = np.log(found / (1 - found))
    scale, offset = {}, {}
    for k, role in enumerate(ROLES):
        scale[role], offset[role] = fit_line(logits[:, k : k + 1], wanted[:, k]) or (1.0, 0.0)
    calibrated = sigmoid((logits * list(scale.values()) + list(offset.values())).astype(np.float32))
    statement = sweep(calibrated[:, :2].max(axis=1), wanted[:, :2].max(axis=1) == 1)
    observation = sweep(calibrated[:, 2], wanted[:, 2] == 1)
    names = _sweep_extent(named, thresholds["speaker"])
    thresholds.update(statement=min(near_best(statement, 0.0)), observation=min(near_best(observation, 0.0)))
    thresholds.update(speaker_extent=min(near_best(names, 0.0), default=thresholds["speaker_extent"]))
    values = {**PLAIN["roles"], "scale": scale, "offset": offset, "thresholds": thresholds}
    write_calibration(model, values)
    values["pairing"] = _fit_pairing(RoleReader.open(model), gold)
    return {**values, "f1_at": {"statement": statement, "observation": observation}, "names_found_whole_at": names}


def _sweep_extent(named: Sequence[tuple[SpeakerWords, str]], highest: float) -> dict[str, float]:
    """At each extent, up to the threshold of speakers, the share of statements whose speaker is found as annotated; none where none is."""
    extents = [threshold for threshold in THRESHOLDS if named and threshold <= highest]
    return {
        str(extent): round(fmean(_plain(words.span(extent, extent) or "") == speaker for words, speaker in named), 4) for extent in extents
    }


def _plain(name: str) -> str:
    """A name in small letters without marks and without an article before it."""
    words = re.findall(r"\w+", name.casefold())
    return " ".join(words[1:] if words[:1] and words[0] in ("the", "a", "an") else words)


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


def _read(reader: RoleReader, gold: Sequence[GoldArticle]) -> tuple[FloatArray, IntVector, list[tuple[SpeakerWords, str]]]:
    """Role probabilities and annotated roles, (n_sentences, 3) each; the words of each statement that names its speaker, with that name."""
    found, wanted = [], []
    named: list[tuple[SpeakerWords, str]] = []
    for article in gold:
        text = read_text_article(article.path)
        places = places_of(article.gold, text.text)
        understood = reader.read(text.sentences)
        for sentence, role, words in zip(text.sentences, understood.roles, understood.speakers, strict=True):
            if (k := lay(sentence, places)) is None:
                continue
            annotated = article.gold.sentences[k]
            found.append([role.intention, role.claim, role.observation])
            wanted.append([int(name in annotated.roles) for name in ROLES])
            speaker = _plain(annotated.speaker or "")
            if article.gold.has_speakers and annotated.is_statement and speaker and speaker in _plain(words.text):
                named.append((words, speaker))
    return np.clip(np.array(found, dtype=np.float32), 1e-5, 1 - 1e-5), np.array(wanted), named
