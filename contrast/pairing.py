"""Which statement is set against which observation.

A pair is left out when both stand in one sentence, when the observation is the same party's own statement (a restatement, not evidence),
or when other observations are nearer to the statement's matter: the roles model's vectors say how near (trained on annotated articles to
put together sentences that bear on each other). What is left out is counted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from contrast.calibration import N_CIRCUMSTANCES
from contrast.encoder import FloatArray
from contrast.schema import Observation, SentenceRoles, Statement

MAX_OBSERVATIONS_PER_STATEMENT = 12
_WORD = re.compile(r"\w+")
_EMPTY_WORDS = frozenset(["the", "a", "an", "of", "for", "and", "its", "his", "her", "their", "in", "on", "to", "at", "by"])


@dataclass(frozen=True, slots=True)
class CandidatePair:
    """A statement and an observation that are to be judged; `closeness` is the cosine of their vectors."""

    statement: Statement
    observation: Observation
    closeness: float


@dataclass(frozen=True, slots=True)
class Pairing:
    """The pairs to judge, by statement and nearest first, and how many were left out."""

    pairs: tuple[CandidatePair, ...]
    n_skipped: int


def pair_up(
    statements: Sequence[Statement],
    observations: Sequence[Observation],
    roles: Sequence[SentenceRoles],
    vectors: FloatArray,
    *,
    most: int = MAX_OBSERVATIONS_PER_STATEMENT,
) -> Pairing:
    """For each statement its `most` nearest observations, its own party's statements left out."""
    kept: list[CandidatePair] = []
    if statements and observations:
        closeness = vectors[[s.sentence for s in statements]] @ vectors[[o.sentence for o in observations]].T
    for row, statement in enumerate(statements):
        candidates = [
            CandidatePair(statement, observation, float(closeness[row, column]))
            for column, observation in enumerate(observations)
            if observation.sentence != statement.sentence and not is_restatement(statement, observation, roles)
        ]
        kept.extend(sorted(candidates, key=lambda pair: -pair.closeness)[:most])
    return Pairing(tuple(kept), len(statements) * len(observations) - len(kept))


def is_restatement(statement: Statement, observation: Observation, roles: Sequence[SentenceRoles]) -> bool:
    """Whether the observation is rather a statement, and the same party's."""
    role = roles[observation.sentence]
    return role.statement > role.observation and same_party(statement.speaker, observation.source)


def same_party(one: str | None, other: str | None) -> bool:
    """Whether two names share a word that names; unknown names never match.

    >>> same_party("the Defense Ministry", "ministry spokesman"), same_party("the army", None)
    (True, False)
    """
    if one is None or other is None:
        return False
    return bool(_naming_words(one) & _naming_words(other))


def _naming_words(name: str) -> set[str]:
    return set(_WORD.findall(name.casefold())) - _EMPTY_WORDS


def circumstances_of(pairs: Sequence[CandidatePair]) -> FloatArray:
    """What is known of each pair beside its words, for the calibration: shape (n, 5).

    Closeness of the two sentences; log-odds that the one is a statement and the other an observation; 1 for an intention; 1 where the party
    that speaks is also the one that reports.
    """
    rows = [
        (
            pair.closeness,
            _log_odds(pair.statement.probability),
            _log_odds(pair.observation.probability),
            float(pair.statement.kind == "intention"),
            float(same_party(pair.statement.speaker, pair.observation.source)),
        )
        for pair in pairs
    ]
    return np.array(rows, dtype=np.float32).reshape(len(pairs), N_CIRCUMSTANCES)


def _log_odds(probability: float) -> float:
    bounded = min(max(probability, 1e-4), 1 - 1e-4)
    return float(np.log(bounded / (1 - bounded)))
