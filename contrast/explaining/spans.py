"""What the checks share: where words stand in the article, and what it tells beside the two sides."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from contrast.explaining.names import capitals_of
from contrast.schema import Observation, Report, Span, Statement

Spans = tuple[Span, ...]


class Placed(Protocol):
    """Something with offsets in a sentence."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an article tells beside the two sides: its date, its parties, and the words that it always writes with a capital."""

    date: str | None
    parties: tuple[str, ...]
    capitals: frozenset[str]


def surroundings_of(report: Report) -> Surroundings:
    """The surroundings of the contrasts of a report."""
    named = [statement.speaker for statement in report.statements] + [observation.source for observation in report.observations]
    parties = tuple(dict.fromkeys(party for party in named if party))
    return Surroundings(report.article.date, parties, capitals_of(report.article.sentences))


def stretches_of(found: Iterable[Placed]) -> list[tuple[int, int]]:
    """Where each stands in its sentence."""
    return [(one.start, one.end) for one in found]


def spans_of(side: Statement | Observation, stretches: Iterable[tuple[int, int]]) -> Spans:
    """The words at some stretches of a sentence, with their offsets in the article."""
    return tuple(Span(side.text[start:end], side.start + start, side.start + end) for start, end in stretches)
