"""Which statement is set against which observation.

A pair is left out when both stand in one sentence, when the observation is the same party's own statement (a restatement, not evidence),
or when there are pairs enough that promise more. What a pair promises is told by a logistic regression over its circumstances, the
closeness of the two vectors first of all, fitted to whether readers found that the two bear on each other. What is left out is counted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from contrast.calibration import N_CIRCUMSTANCES, log_odds
from contrast.encoder import FloatArray
from contrast.schema import Observation, SentenceRoles, Statement

# What these bounds cost in contrasts found is printed by `python -m contrast.evaluation.budgets DIR` (figures in models/README.md).
MAX_PAIRS_PER_STATEMENT = 24
MAX_PAIRS_PER_SHORT_ARTICLE = 240
MAX_PAIRS_PER_SENTENCE = 7
# Log-odds: what promises less than one in ninety is not worth its time.
MIN_PROMISE = -4.5
# Pairs of each statement that come before all others', so that a busy statement does not push a quiet one out of a long article.
N_ASSURED = 5
N_NEAREST = 40
_WORD = re.compile(r"[^\W_]+(?=['’]s?\b)|[^\W_]{2,}")
_EMPTY_WORDS = frozenset(["the", "a", "an", "of", "for", "and", "its", "his", "her", "their", "in", "on", "to", "at", "by"])


@dataclass(frozen=True, slots=True)
class CandidatePair:
    """A statement and an observation that may be judged; `circumstances` are the five numbers of `circumstances_of`."""

    statement: Statement
    observation: Observation
    circumstances: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Pairing:
    """The pairs to judge, by statement, and how many were left out."""

    pairs: tuple[CandidatePair, ...]
    n_skipped: int


@dataclass(frozen=True, slots=True)
class PairBudget:
    """How many pairs are judged at most, an article being bound by the greater of `per_article` and `per_sentence`, and which at all."""

    per_statement: int = MAX_PAIRS_PER_STATEMENT
    per_article: int = MAX_PAIRS_PER_SHORT_ARTICLE
    per_sentence: int = MAX_PAIRS_PER_SENTENCE
    min_promise: float = MIN_PROMISE

    def of_article(self, n_sentences: int) -> int:
        """The bound for an article of that length."""
        return max(self.per_article, self.per_sentence * n_sentences)


def pair_up(
    statements: Sequence[Statement],
    observations: Sequence[Observation],
    roles: Sequence[SentenceRoles],
    vectors: FloatArray,
    weights: FloatArray,
    *,
    budget: PairBudget | None = None,
) -> Pairing:
    """The pairs that promise most, within the budget; `weights` (6,) are those of the circumstances and a constant."""
    budget = budget or PairBudget()
    candidates = find_candidates(statements, observations, roles, vectors)
    promise = promise_of(candidates, weights)
    n_of_statement: dict[str, int] = {}
    assured: list[int] = []
    others: list[int] = []
    for k in sorted(range(len(candidates)), key=lambda k: -promise[k]):
        rank = n_of_statement.get(candidates[k].statement.id, 0)
        if promise[k] >= budget.min_promise and rank < budget.per_statement:
            (assured if rank < N_ASSURED else others).append(k)
            n_of_statement[candidates[k].statement.id] = rank + 1
    kept = sorted([*assured, *others][: budget.of_article(len(roles))])
    return Pairing(tuple(candidates[k] for k in kept), len(statements) * len(observations) - len(kept))


def find_candidates(
    statements: Sequence[Statement], observations: Sequence[Observation], roles: Sequence[SentenceRoles], vectors: FloatArray
) -> list[CandidatePair]:
    """For each statement its `N_NEAREST` observations, restatements and its own sentence left out."""
    if not statements or not observations:
        return []
    closeness = vectors[[s.sentence for s in statements]] @ vectors[[o.sentence for o in observations]].T
    candidates = []
    for row, s in enumerate(statements):
        for column in sorted(np.argsort(-closeness[row], kind="stable")[:N_NEAREST]):
            o = observations[column]
            if o.sentence != s.sentence and not is_restatement(s, o, roles):
                candidates.append(CandidatePair(s, o, circumstances_of(s, o, float(closeness[row, column]))))
    return candidates


def promise_of(pairs: Sequence[CandidatePair], weights: FloatArray) -> FloatArray:
    """Log-odds (n,) that the two sentences of each pair bear on each other."""
    # Summed without BLAS: a test run once met "invalid value in matmul" here, and the vectors are checked for being finite before.
    promise: FloatArray = (circumstances(pairs) * weights[:-1]).sum(axis=1) + weights[-1]
    return promise


def is_restatement(statement: Statement, observation: Observation, roles: Sequence[SentenceRoles]) -> bool:
    """Whether the observation is rather a statement, and the same party's."""
    role = roles[observation.sentence]
    return role.statement > role.observation and same_party(statement.speaker, observation.source)


def same_party(one: str | None, other: str | None) -> bool:
    """Whether all words that name the one party stand in the other's name too; unknown names never match.

    >>> same_party("the Defense Ministry", "Defense Ministry spokesman"), same_party("the army", None)
    (True, False)
    >>> same_party("Russia's defence ministry", "Ukraine's defence ministry")
    False
    """
    if one is None or other is None:
        return False
    words, others = _naming_words(one), _naming_words(other)
    return bool(words and others) and (words <= others or others <= words)


def _naming_words(name: str) -> set[str]:
    return set(_WORD.findall(name.casefold())) - _EMPTY_WORDS


def circumstances_of(statement: Statement, observation: Observation, closeness: float) -> tuple[float, ...]:
    """What is known of a pair beside its words.

    Closeness (cosine) of the two sentences; log-odds that the one is a statement and the other an observation; 1 for an intention; 1 where
    the party that speaks is also the one that reports.
    """
    return (
        closeness,
        *map(float, log_odds([statement.probability, observation.probability])),
        float(statement.kind == "intention"),
        float(same_party(statement.speaker, observation.source)),
    )


def circumstances(pairs: Sequence[CandidatePair]) -> FloatArray:
    """The circumstances of the pairs: shape (n, 5)."""
    return np.array([pair.circumstances for pair in pairs], dtype=np.float32).reshape(len(pairs), N_CIRCUMSTANCES)
