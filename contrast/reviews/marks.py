"""Readers' marks, and what the marks of several readers on one pair come to.

A mark is never changed: a reader who thinks again adds another, and the latest of each reader counts. Readers who disagree are not
outvoted: the pair is disputed, and stays so until they agree. The interval of a share is Wilson's (1927,
https://doi.org/10.1080/01621459.1927.10502953).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal, get_args

from contrast.labels import Relation

MarkKind = Literal["right", "wrong", "unsure", "missed"]
ShownRelation = Literal["contradiction", "entailment"]
Agreement = Literal["right", "wrong", "missed", "disputed", "unsure"]
MARK_KINDS: tuple[MarkKind, ...] = get_args(MarkKind)
Z_95 = 1.959964


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open character offsets of a sentence in the article's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class NewMark:
    """What a reader says of a pair.

    `relation` is what the model said of the pair, or, of a missed pair, what the reader says; `probability` that of the model (None: not
    shown). `correct_relation` is what a reader says instead of a wrong relation (None: that it does not hold, no more).
    """

    article_sha256: str
    reviewer: str
    statement: Span
    observation: Span
    relation: ShownRelation
    mark: MarkKind
    probability: float | None = None
    correct_relation: Relation | None = None
    speaker: str | None = None
    model_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class MarkingModel:
    """The model whose findings a reader had before them."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark as it is kept: `id` counts up, `marked_at` is UTC in ISO 8601; `speaker` is the statement's, as model or reader name it."""

    id: int
    article_sha256: str
    reviewer: str
    statement: Span
    observation: Span
    relation: ShownRelation
    mark: MarkKind
    probability: float | None
    correct_relation: Relation | None
    speaker: str | None
    model: MarkingModel | None
    marked_at: str


@dataclass(frozen=True, slots=True)
class ReviewedPair:
    """A pair of an article with the latest mark of each reader, oldest first, and what they come to.

    `relation` is what the readers agree on (None where they are unsure or disagree).
    """

    article_sha256: str
    statement: Span
    observation: Span
    agreement: Agreement
    relation: Relation | None
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Precision:
    """How often readers agree that what was shown is right; `low` and `high` are the 95 % interval. None where nothing was settled."""

    relation: ShownRelation
    n_right: int
    n_wrong: int
    n_disputed: int
    n_unsure: int
    n_missed: int
    precision: float | None
    low: float | None
    high: float | None


def latest_of_each(marks: Iterable[Mark]) -> list[Mark]:
    """The latest mark of each reader on each pair, oldest first."""
    latest = {(mark.article_sha256, mark.statement, mark.observation, mark.reviewer): mark for mark in sorted(marks, key=lambda m: m.id)}
    return sorted(latest.values(), key=lambda mark: mark.id)


def review_pairs(marks: Iterable[Mark]) -> list[ReviewedPair]:
    """The pairs that were marked, in the order of their articles' hashes and of the text."""
    of_pair: dict[tuple[str, Span, Span], list[Mark]] = {}
    for mark in latest_of_each(marks):
        of_pair.setdefault((mark.article_sha256, mark.statement, mark.observation), []).append(mark)
    return [_reviewed(*key, of_pair[key]) for key in sorted(of_pair)]


def _reviewed(article_sha256: str, statement: Span, observation: Span, marks: Sequence[Mark]) -> ReviewedPair:
    agreement, relation = settle(marks)
    return ReviewedPair(article_sha256, statement, observation, agreement, relation, tuple(marks))


def settle(marks: Sequence[Mark]) -> tuple[Agreement, Relation | None]:
    """What the latest marks of several readers on one pair come to, and the relation that they agree on."""
    sure = [mark for mark in marks if mark.mark != "unsure"]
    if not sure:
        return "unsure", None
    named = {_named_relation(mark) for mark in sure} - {None}
    denied = {mark.relation for mark in sure if mark.mark == "wrong"}
    if len(named) > 1 or named & denied:
        return "disputed", None
    relation: Relation = next((name for name in named if name), "neutral")
    if all(mark.mark == "missed" for mark in sure):
        return "missed", relation
    return ("right" if relation == shown_relation(sure) else "wrong"), relation


def shown_relation(marks: Sequence[Mark]) -> ShownRelation:
    """The relation that the latest sure mark on what was shown is about; of a pair that was only missed, the one it was missed as."""
    by_weight = sorted(marks, key=lambda mark: (mark.mark != "unsure", mark.mark != "missed", mark.id))
    return by_weight[-1].relation


def _named_relation(mark: Mark) -> Relation | None:
    """The relation that a reader names; None where they only say that the shown one does not hold."""
    return mark.correct_relation if mark.mark == "wrong" else mark.relation


def count_precision(pairs: Iterable[ReviewedPair], relation: ShownRelation) -> Precision:
    """Precision over the pairs that were shown, or missed, as this relation."""
    of_relation = [pair.agreement for pair in pairs if shown_relation(pair.marks) == relation]
    n_right, n_wrong = of_relation.count("right"), of_relation.count("wrong")
    n = n_right + n_wrong
    low, high = wilson(n_right, n) if n else (None, None)
    return Precision(
        relation=relation,
        n_right=n_right,
        n_wrong=n_wrong,
        n_disputed=of_relation.count("disputed"),
        n_unsure=of_relation.count("unsure"),
        n_missed=of_relation.count("missed"),
        precision=n_right / n if n else None,
        low=low,
        high=high,
    )


def wilson(n_hits: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of the share `n_hits / n`, n from 1 up.

    >>> [round(bound, 3) for bound in wilson(8, 10)]
    [0.49, 0.943]
    """
    share, z2 = n_hits / n, Z_95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    reach = Z_95 / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, middle - reach), min(1.0, middle + reach)
