"""The records that the steps hand on, and the words of the report.

The JSON of a report is described by `report.schema.json` beside this file; `rendering.as_json` writes it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from contrast.labels import CheckName, Outcome, Relation, StatementKind, Verdict

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and its half-open character offsets in the article's text: `text == article.text[start:end]`."""

    text: str
    start: int
    end: int
    paragraph: int = 0


@dataclass(frozen=True, slots=True)
class Article:
    """A text as read: what stood in its head, and its sentences in the order of the text (the title is the first of them).

    `is_laid_out` tells that the text stands in no file as it is here, so that a report must carry it.
    """

    id: str
    text: str
    sentences: tuple[Sentence, ...]
    title: str | None = None
    date: str | None = None
    url: str | None = None
    path: str | None = None
    sha256: str = ""
    is_laid_out: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SentenceRoles:
    """What one sentence does: probabilities in [0, 1] of each role (several may hold), and who speaks in it."""

    intention: float
    claim: float
    observation: float
    speaker: str | None = None

    @property
    def statement(self) -> float:
        """Probability that the sentence holds a statement: its stronger kind."""
        return max(self.intention, self.claim)

    @property
    def kind(self) -> StatementKind:
        return "intention" if self.intention >= self.claim else "claim"


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence in which a party says what it will do or what is so; `sentence` is its position in the article."""

    id: str
    sentence: int
    kind: StatementKind
    text: str
    start: int
    end: int
    speaker: str | None
    probability: float
    verdict: Verdict = "open"


@dataclass(frozen=True, slots=True)
class Observation:
    """A sentence that reports what happened or was measured; `source` is who reports it, where somebody is named."""

    id: str
    sentence: int
    text: str
    start: int
    end: int
    source: str | None
    probability: float


@dataclass(frozen=True, slots=True)
class RelationProbabilities:
    """Calibrated probabilities of the three relations; they add up to 1."""

    entailment: float
    neutral: float
    contradiction: float

    @property
    def relation(self) -> Relation:
        """The likeliest relation."""
        likeliest = max(self.entailment, self.neutral, self.contradiction)
        if likeliest == self.contradiction:
            return "contradiction"
        return "entailment" if likeliest == self.entailment else "neutral"


@dataclass(frozen=True, slots=True)
class ScoredPair:
    """Ids of a statement and an observation, with what the model says of them."""

    statement: str
    observation: str
    probabilities: RelationProbabilities


@dataclass(frozen=True, slots=True)
class Span:
    """Words of the article, and their half-open character offsets in its text."""

    text: str
    start: int
    end: int


def phrases_of(spans: Sequence[Span]) -> list[str]:
    """The words in order, those that stand side by side as one phrase, each phrase once.

    >>> phrases_of([Span("Ada", 0, 3), Span("Holm", 4, 8), Span("Holm", 40, 44)])
    ['Ada Holm', 'Holm']
    """
    phrases: list[str] = []
    last_end = -1
    for span in spans:
        if phrases and span.start == last_end + 1:
            phrases[-1] += f" {span.text}"
        else:
            phrases.append(span.text)
        last_end = span.end
    return list(dict.fromkeys(phrases))


@dataclass(frozen=True, slots=True)
class CarryingWords:
    """Words that carry a contrast: without them the log-odds of its probability are lower by `effect`."""

    text: str
    start: int
    end: int
    effect: float


@dataclass(frozen=True, slots=True)
class Check:
    """Whether a contrast has what it needs, such as the same actor on both sides; and the words on either side that tell."""

    name: CheckName
    outcome: Outcome
    reason: str
    statement: tuple[Span, ...] = ()
    observation: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a pair was flagged: the words that carry it on either side, its probability without all of them, and what was checked."""

    statement: tuple[CarryingWords, ...]
    observation: tuple[CarryingWords, ...]
    probability_without: float
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A pair that is shown: a contrast (relation contradiction) or a support (relation entailment)."""

    statement: str
    observation: str
    relation: Relation
    probability: float
    explanation: Explanation | None = None


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Which model judged: its name, version, the SHA-256 of its weights, and what ran it."""

    name: str
    version: str
    sha256: str
    backend: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in one article. `contrasts` and `supports` come strongest first; `pairs` holds every scored pair."""

    article: Article
    statements: tuple[Statement, ...]
    observations: tuple[Observation, ...]
    contrasts: tuple[Finding, ...]
    supports: tuple[Finding, ...]
    pairs: tuple[ScoredPair, ...]
    n_pairs_skipped: int
    model: ModelInfo

    def statement(self, id: str) -> Statement:
        """The statement of that id; raises KeyError."""
        return {statement.id: statement for statement in self.statements}[id]

    def observation(self, id: str) -> Observation:
        """The observation of that id; raises KeyError."""
        return {observation.id: observation for observation in self.observations}[id]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a check has come: so many of all sentences read, later so many of all pairs judged, or contrasts explained."""

    step: Literal["reading", "judging", "explaining"]
    n_done: int
    n_all: int


# Told of progress after each batch; what it raises ends the check.
Watch = Callable[[Progress], None]
