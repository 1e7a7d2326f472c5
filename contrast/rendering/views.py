"""A report as a page shows it: a card for each statement with what speaks against it and for it, and the text with its marks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from contrast.labels import Verdict
from contrast.reading.layout import Line, lines_of
from contrast.rendering.explained import name_of, other_ways
from contrast.rendering.places import Place, Places
from contrast.schema import CarryingWords, Explanation, Finding, Observation, Report, Statement

VERDICT_MARKS: dict[Verdict, str] = {"contradicted": "✕", "mixed": "±", "supported": "✓", "open": "○"}
VERDICT_ORDER: tuple[Verdict, ...] = ("contradicted", "mixed", "supported", "open")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a quote, and whether it carries the contrast."""

    text: str
    is_carrying: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """An observation that speaks against a statement or for it.

    `rank` counts the contrasts of an article, strongest first; `other_way` tells of statements of which it speaks the other way.
    """

    observation: Observation
    place: Place
    probability: float
    rank: int | None = None
    explanation: Explanation | None = None
    other_way: str = ""

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The observation's quote in pieces, those apart that carry the contrast."""
        return tuple(_pieces(self.observation, self.explanation.observation if self.explanation else ()))


@dataclass(frozen=True, slots=True)
class Card:
    """A statement with its evidence, strongest first."""

    statement: Statement
    place: Place
    against: tuple[Evidence, ...]
    in_favour: tuple[Evidence, ...]

    @property
    def strongest(self) -> float:
        """The probability of the strongest evidence against, 0 without any."""
        return max((evidence.probability for evidence in self.against), default=0.0)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a line: a statement, an observation, both, or neither; with the contrasts that it is a side of."""

    text: str
    statement: Statement | None = None
    observation: Observation | None = None
    contrasts: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A line of the text in segments."""

    place: Place
    segments: tuple[Segment, ...]
    is_title: bool = False


@dataclass(frozen=True, slots=True)
class Reported:
    """An observation, and the findings in which it speaks of a statement."""

    observation: Observation
    place: Place
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ArticleView:
    """All that a page shows of one article; `anchor` begins the ids of its parts."""

    anchor: str
    report: Report
    cards: tuple[Card, ...]
    paragraphs: tuple[Paragraph, ...]
    observations: tuple[Reported, ...]

    @property
    def name(self) -> str:
        return name_of(self.report.article)

    @property
    def strongest(self) -> float:
        """The probability of the strongest contrast, 0 without any."""
        return self.report.contrasts[0].probability if self.report.contrasts else 0.0

    def count(self, verdict: Verdict) -> int:
        """How many statements have that verdict."""
        return sum(statement.verdict == verdict for statement in self.report.statements)


def view(report: Report, number: int) -> ArticleView:
    """The view of a report, the `number`th of its page; cards with the strongest contrast first, else in the order of the text."""
    places = Places(report.article.text)
    observations = {observation.id: observation for observation in report.observations}
    ways = other_ways(report, str.upper)

    def evidence(findings: Sequence[Finding], statement: Statement, *, is_ranked: bool) -> tuple[Evidence, ...]:
        return tuple(
            Evidence(
                seen,
                places.of(seen.start, seen.end),
                finding.probability,
                rank if is_ranked else None,
                finding.explanation,
                ways.get((finding.statement, finding.observation), ""),
            )
            for rank, finding in enumerate(findings, 1)
            if finding.statement == statement.id
            for seen in [observations[finding.observation]]
        )

    cards = [
        Card(
            statement,
            places.of(statement.start, statement.end),
            evidence(report.contrasts, statement, is_ranked=True),
            evidence(report.supports, statement, is_ranked=False),
        )
        for statement in report.statements
    ]
    return ArticleView(
        anchor=f"a{number}",
        report=report,
        cards=tuple(sorted(cards, key=lambda card: -card.strongest)),
        paragraphs=tuple(_paragraphs(report, places)),
        observations=tuple(
            Reported(seen, places.of(seen.start, seen.end), tuple(f for f in findings_of(report) if f.observation == seen.id))
            for seen in report.observations
        ),
    )


def findings_of(report: Report) -> tuple[Finding, ...]:
    """Contrasts, then supports."""
    return report.contrasts + report.supports


def _pieces(side: Observation, words: Sequence[CarryingWords]) -> Iterator[Piece]:
    position = side.start
    for carrying in sorted(words, key=lambda one: one.start):
        if carrying.start > position:
            yield Piece(side.text[position - side.start : carrying.start - side.start])
        yield Piece(carrying.text, is_carrying=True)
        position = carrying.end
    if position < side.end:
        yield Piece(side.text[position - side.start :])


def _paragraphs(report: Report, places: Places) -> Iterator[Paragraph]:
    title_end = report.article.sentences[0].end if report.article.title == report.article.sentences[0].text else 0
    for line in lines_of(report.article.text):
        yield Paragraph(places.of(line.start, line.end), tuple(_segments(report, line)), is_title=line.end <= title_end)


def _segments(report: Report, line: Line) -> Iterator[Segment]:
    text = report.article.text
    statements = {(s.start, s.end): s for s in report.statements}
    observations = {(o.start, o.end): o for o in report.observations}
    position = line.start
    for start, end in sorted(statements.keys() | observations.keys()):
        if not line.start <= start < line.end:
            continue
        if start > position:
            yield Segment(text[position:start])
        statement, observation = statements.get((start, end)), observations.get((start, end))
        ids = {side.id for side in (statement, observation) if side}
        yield Segment(
            text[start:end], statement, observation, tuple(f for f in report.contrasts if f.statement in ids or f.observation in ids)
        )
        position = end
    if position < line.end:
        yield Segment(text[position : line.end])


def long_date(written: str) -> str:
    """A date in words.

    >>> long_date("2024-03-12"), long_date("2024-02-31")
    ('12 March 2024', '2024-02-31')
    """
    try:
        day = date.fromisoformat(written)
    except ValueError:
        return written
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
