"""Checks a page that was handed on: does computing it again give the same, does it show what its data say, is the source still the same?"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from contrast.errors import InputError
from contrast.explaining import measure_again
from contrast.pipeline import Checker
from contrast.reading import read_articles
from contrast.reading.decoding import MAX_DOCUMENT_BYTES, decode, read_bytes
from contrast.rendering.carried import Carried
from contrast.rendering.explained import counted
from contrast.rendering.html import draw, read_carried
from contrast.schema import Article, CarryingWords, Finding, Observation, RelationProbabilities, Report, ScoredPair, Statement
from contrast.version import __version__

MAX_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Allowance:
    """How far a number may lie from the one that a page tells: probabilities, and effects of words (log-odds)."""

    probability: float
    effect: float


# Half of the last digit that a page shows; the last bits of a probability differ from processor to processor.
SAME_PRODUCTS = Allowance(0.005, 0.1)
# bfloat16, float32 or int8: twice the farthest seen (docs/performance.md).
OTHER_PRODUCTS = Allowance(0.1, 0.25)


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found: `differences` speak against a page, `notes` tell what was compared and what could not be."""

    differences: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.differences


def verify_page(path: Path, checker: Checker | None = None, *, model: str | None = None) -> Verification:
    """Computes a page's reports again from the texts and options that it carries; raises InputError when it is no report.

    A page made with another model than the shipped one is only verified with the `model` that is given here: a page that came from
    somebody must not choose what is loaded.
    """
    page = _read(path)
    carried = read_carried(page, str(path))
    checker = checker or _checker(carried, model, path)
    differences, notes = [*_version(carried), *_drawing(page, carried), *_threshold(carried, checker)], []
    sources = Sources(path.parent)
    for report in carried.reports:
        name = report.article.path or report.article.id
        again = checker.check_article(report.article)
        if report.model.backend == again.model.backend:
            found, retold = list(compare(report, again)), []
            allowance = SAME_PRODUCTS
        else:
            found, retold = list(compare_across(report, again, checker)), list(_retold(report, again))
            allowance = OTHER_PRODUCTS
        found += compare_explanations(report, measure_again(report, checker.scorer), again, allowance)
        differences += [f"{name}: {line}" for line in found[:MAX_SHOWN]]
        if len(found) > MAX_SHOWN:
            differences.append(f"{name}: and {counted(len(found) - MAX_SHOWN, 'more difference')}")
        notes += [f"{name}: {line}" for line in retold]
        is_same, line = sources.compare(report.article)
        (notes if is_same else differences).append(f"{name}: {line}")
        n_statements, n_contrasts = counted(len(report.statements), "statement"), counted(len(report.contrasts), "contrast")
        notes.append(f"{name}: {n_statements}, {n_contrasts} and {counted(len(report.pairs), 'pair')} computed again")
    return Verification(tuple(differences), tuple(notes))


def _read(path: Path) -> str:
    """The text of a page; what is refused there for no article is told to be no page."""
    try:
        return decode(read_bytes(path, limit=MAX_DOCUMENT_BYTES), str(path))
    except InputError as error:
        found, parted, _ = str(error).rpartition("; expected ")
        if not parted:
            raise
        raise InputError(f"{found}; expected a page made by contrast check --format html") from error


def _checker(carried: Carried, model: str | None, path: Path) -> Checker:
    settings = carried.provenance.settings
    if settings.model is not None and model is None:
        raise InputError(f"{path}: made with the model {settings.model!r}; if you trust that model, name it: contrast verify --model MODEL")
    return Checker(replace(settings, model=model, device="auto"))


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
    yield from _model(report, again)
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
    yield from _model(report, again)
    yield from _sides("statement", old.statements, new.statements, allowed, thresholds.statement)
    yield from _sides("observation", old.observations, new.observations, allowed, thresholds.observation)
    yield from _conclusions(old, Placed.of(checker.conclude(report)))
    # Another speaker before a statement makes another pair of it.
    retold = {
        start for start in old.statements.keys() & new.statements.keys() if _about(old.statements[start]) != _about(new.statements[start])
    }
    yield from _pairs({place: p for place, p in old.pairs.items() if place.statement not in retold}, new.pairs, allowed)


def _retold(report: Report, again: Report) -> Iterator[str]:
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


def _model(report: Report, again: Report) -> Iterator[str]:
    if report.model.sha256 != again.model.sha256:
        yield f"made by model {report.model.name} {report.model.sha256[:12]}…, here {again.model.name} {again.model.sha256[:12]}…"


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


def compare_explanations(report: Report, measured: Report, again: Report, allowance: Allowance) -> Iterator[str]:
    """What differs between the explanations of a report and those computed again: of the very words that it shows, and of the strongest."""
    found = {at: finding.explanation for at, finding in Placed.of(again).contrasts.items()}
    place = placer(report)
    for finding, anew in zip(report.contrasts, measured.contrasts, strict=True):
        name = f"contrast {place(finding).name}"
        told, fresh = finding.explanation, found.get(place(finding))
        if told is None or anew.explanation is None:
            if fresh is not None:
                yield f"{name}: its explanation is missing"
            continue
        if told.checks != anew.explanation.checks:
            yield f"{name}: checked otherwise now"
        if abs(told.probability_without - anew.explanation.probability_without) > allowance.probability:
            yield f"{name}: {told.probability_without:.3f} without its words, now {anew.explanation.probability_without:.3f}"
        for shown, now, strongest in (
            (told.statement, anew.explanation.statement, fresh.statement if fresh else ()),
            (told.observation, anew.explanation.observation, fresh.observation if fresh else ()),
        ):
            yield from (f"{name}: {line}" for line in _words(shown, now, strongest, allowance.effect))


def _words(
    shown: Sequence[CarryingWords], now: Sequence[CarryingWords], strongest: Sequence[CarryingWords], allowed: float
) -> Iterator[str]:
    for told, measured in zip(shown, now, strict=True):
        if abs(told.effect - measured.effect) > allowed:
            yield f"effect of {told.text!r} {told.effect:.2f}, now {measured.effect:.2f}"
    least = min((words.effect for words in shown), default=0.0) + allowed
    for words in strongest:
        if words.effect > least and not any(told.start < words.end and words.start < told.end for told in shown):
            yield f"{words.text!r} carries it by {words.effect:.2f} and is not shown"


def _drawing(page: str, carried: Carried) -> Iterator[str]:
    if carried.provenance.version == __version__ and draw(carried) != page.replace("\r\n", "\n"):
        yield "the page does not show what its data say; it was altered after it was made"


def _threshold(carried: Carried, checker: Checker) -> Iterator[str]:
    told = carried.provenance.threshold
    if told is not None and told != checker.thresholds.contrast:
        yield f"contrasts counted from probability {told}, now from {checker.thresholds.contrast}"


def _version(carried: Carried) -> Iterator[str]:
    if carried.provenance.version != __version__:
        version = carried.provenance.version
        yield f"made by contrast {version}, this is {__version__}, so what is shown was not compared; verify it with contrast {version}"


class Sources:
    """What the sources of a page's reports hold now: each is read once, however many of the reports come from it."""

    def __init__(self, beside: Path) -> None:
        self._beside = beside
        self._sha256, self._texts = cache(_sha256), cache(_texts)

    def compare(self, article: Article) -> tuple[bool, str]:
        """Whether the source speaks against the report, and what is to be said of it: looked for where it was, then beside the page."""
        if article.path is None:
            is_same = hashlib.sha256(article.text.encode()).hexdigest() == article.sha256
            return True, "given as text, which the page carries" + ("" if is_same else " decoded")
        for place in (Path(article.path), self._beside / article.path, self._beside / Path(article.path).name):
            if place.is_file():
                if self._sha256(place) != article.sha256:
                    return False, f"source {place} has another SHA-256: it was changed"
                if article.text not in self._texts(place):
                    return False, f"source {place} has the same SHA-256, but holds another text than the page carries"
                return True, f"source {place} has the same SHA-256, and the page carries its text"
        return True, "source not found here; only the text that the page carries was compared"


def _texts(path: Path) -> frozenset[str]:
    """The texts of the articles in a file."""
    return frozenset(found.text for found in read_articles(path) if isinstance(found, Article))


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
