"""What differs between a report and the one that was computed again, on a processor of the same kind or of another."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from contrast.pipeline import Checker
from contrast.rendering.explained import counted
from contrast.schema import Finding, Observation, RelationProbabilities, Report, ScoredPair, Statement


@dataclass(frozen=True, slots=True)
class Allowance:
    """How far a number may lie from the one that a page tells: probabilities, and effects of words (log-odds)."""

    probability: float
    effect: float


# Half of the last digit that a page shows; the last bits of a probability differ from processor to processor.
SAME_PRODUCTS = Allowance(0.005, 0.1)
# bfloat16, float32 or int8: twice the farthest seen (docs/performance.md).
OTHER_PRODUCTS = Allowance(0.1, 0.25)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where the two sides of a pair begin, which is the same in every report on a text, and what this report calls them."""

    statement: int
    observation: int
    name: str = field(compare=False)


def placer(report: Report) -> Callable[[Finding | ScoredPair], Place]:
    """Tells the place of a pair of the report."""
    statements, observations = {s.id: s.start for s in report.statements}, {o.id: o.start for o in report.observations}
    return lambda of: Place(statements[of.statement], observations[of.observation], f"{of.statement}/{of.observation}")


@dataclass(frozen=True, slots=True)
class Placed:
    """What a report tells, by its places in the text."""

    statements: Mapping[int, Statement]
    observations: Mapping[int, Observation]
    contrasts: Mapping[Place, Finding]
    supports: Mapping[Place, Finding]
    pairs: Mapping[Place, RelationProbabilities]

    @classmethod
    def of(cls, report: Report) -> "Placed":
        place = placer(report)
        return cls(
            {s.start: s for s in report.statements},
            {o.start: o for o in report.observations},
            {place(finding): finding for finding in report.contrasts},
            {place(finding): finding for finding in report.supports},
            {place(pair): pair.probabilities for pair in report.pairs},
        )


def compare(report: Report, again: Report) -> Iterator[str]:
    """What differs between a report and the one computed again on a processor of the same kind, a line each."""
    old, new = Placed.of(report), Placed.of(again)
    yield from _misplaced(report)
    yield from _sides("statement", old.statements, new.statements)
    yield from _sides("observation", old.observations, new.observations)
    yield from _conclusions(old, new)
    if old.pairs.keys() != new.pairs.keys() or report.n_pairs_skipped != again.n_pairs_skipped:
        yield (
            f"{counted(len(old.pairs), 'pair')} judged and {report.n_pairs_skipped} left out, "
            f"now other ones: {len(new.pairs)} and {again.n_pairs_skipped}"
        )
    else:
        yield from _pairs(old.pairs, new.pairs, SAME_PRODUCTS.probability)


def compare_across(report: Report, again: Report, checker: Checker) -> Iterator[str]:
    """What differs from the report computed again on a processor of another kind, beyond what that may change, a line each.

    What lies near a threshold may be found or not, and other pairs be judged. So the numbers are compared where both have them, and that
    what the report concludes follows from its own numbers.
    """
    allowed, thresholds = OTHER_PRODUCTS.probability, checker.thresholds
    old, new = Placed.of(report), Placed.of(again)
    yield from _misplaced(report)
    yield from _sides("statement", old.statements, new.statements, allowed, thresholds.statement)
    yield from _sides("observation", old.observations, new.observations, allowed, thresholds.observation)
    yield from _conclusions(old, Placed.of(checker.conclude(report)))
    # Another speaker before a statement makes another pair of it.
    retold = {
        start for start in old.statements.keys() & new.statements.keys() if _about(old.statements[start]) != _about(new.statements[start])
    }
    yield from _pairs({place: p for place, p in old.pairs.items() if place.statement not in retold}, new.pairs, allowed)


def retell(report: Report, again: Report) -> Iterator[str]:
    """What another kind of processor may change and is to be told: how it rounds, and speakers, sources and kinds that it finds."""
    yield (
        f"made by {report.model.backend}, here {again.model.backend}, which rounds otherwise: probabilities may differ by "
        f"{OTHER_PRODUCTS.probability}, and what lies as near to a threshold may be there or not"
    )
    old, new = Placed.of(report), Placed.of(again)
    both: tuple[tuple[Mapping[int, Statement | Observation], Mapping[int, Statement | Observation]], ...]
    both = (old.statements, new.statements), (old.observations, new.observations)
    for before, after in both:
        for start in sorted(before.keys() & after.keys()):
            if _about(before[start]) != _about(after[start]):
                yield f"{before[start].id}: {_told(before[start])}, here {_told(after[start])}"


def _misplaced(report: Report) -> Iterator[str]:
    """Rows of the data that stand twice, under another heading than their relation's, or before stronger ones."""
    placed = Placed.of(report)
    for noun, rows, places in (
        ("statement", report.statements, placed.statements),
        ("observation", report.observations, placed.observations),
        ("contrast", report.contrasts, placed.contrasts),
        ("support", report.supports, placed.supports),
        ("pair", report.pairs, placed.pairs),
    ):
        if len(rows) != len(places):
            yield f"{counted(len(rows), noun)}, {len(rows) - len(places)} of them twice"
    for findings, relation in ((report.contrasts, "contradiction"), (report.supports, "entailment")):
        yield from (f"{f.statement}/{f.observation} is told as {f.relation} among others" for f in findings if f.relation != relation)
        if any(one.probability < other.probability for one, other in pairwise(findings)):
            yield f"the findings of {relation} do not stand strongest first"


def _sides(
    noun: str,
    before: Mapping[int, Statement | Observation],
    after: Mapping[int, Statement | Observation],
    allowed: float = SAME_PRODUCTS.probability,
    threshold: float | None = None,
) -> Iterator[str]:
    """Sides found but once, unless as near to `threshold` as is allowed, and probabilities that differ; without it also what is told."""
    for start in sorted(before.keys() | after.keys()):
        old, new = before.get(start), after.get(start)
        if old is None or new is None:
            side = old or new
            assert side is not None
            if threshold is None or abs(side.probability - threshold) > allowed:
                yield f"{noun} at character {start} ({side.id}) is {'new' if old is None else 'no longer found'}"
            continue
        if threshold is None and (old.id, *_about(old)) != (new.id, *_about(new)):
            yield f"{noun} {old.id}: {_told(old)}, now {new.id}, {_told(new)}"
        if abs(old.probability - new.probability) > allowed:
            yield f"{noun} {old.id}: probability {old.probability:.3f}, now {new.probability:.3f}"


def _about(side: Statement | Observation) -> tuple[str | None, ...]:
    return (side.kind, side.speaker) if isinstance(side, Statement) else (side.source,)


def _told(side: Statement | Observation) -> str:
    return ", ".join(map(str, _about(side)))


def _conclusions(old: Placed, new: Placed) -> Iterator[str]:
    for start in sorted(old.statements.keys() & new.statements.keys()):
        told, now = old.statements[start], new.statements[start]
        if told.verdict != now.verdict:
            yield f"statement {told.id}: verdict {told.verdict}, now {now.verdict}"
    for noun, before, after in (("contrast", old.contrasts, new.contrasts), ("support", old.supports, new.supports)):
        for place in sorted(before.keys() | after.keys()):
            if place not in after:
                yield f"{noun} {place.name} is no longer found"
            elif place not in before:
                yield f"{noun} {place.name} is new"
            elif abs(before[place].probability - after[place].probability) > SAME_PRODUCTS.probability:
                yield f"{noun} {place.name}: probability {before[place].probability:.3f}, now {after[place].probability:.3f}"


def _pairs(before: Mapping[Place, RelationProbabilities], after: Mapping[Place, RelationProbabilities], allowed: float) -> Iterator[str]:
    far = [
        place
        for place in sorted(before.keys() & after.keys())
        if abs(before[place].contradiction - after[place].contradiction) > allowed
        or abs(before[place].entailment - after[place].entailment) > allowed
    ]
    if far:
        yield f"the probabilities of {len(far)} of {counted(len(before), 'pair')} differ, {far[0].name} among them"
