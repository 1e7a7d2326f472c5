"""Checks a page that was handed on: does computing it again give the same, does it show what its data say, is the source still the same?"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from contrast.errors import InputError
from contrast.explaining import measure_again
from contrast.pipeline import Checker
from contrast.reading.decoding import MAX_DOCUMENT_BYTES, decode, read_bytes
from contrast.rendering.carried import Carried
from contrast.rendering.html import draw, read_carried
from contrast.schema import CarryingWords, Finding, Observation, Report, Statement
from contrast.version import __version__

# Half of the last digit that a page shows; other processors give the last bits of a probability otherwise.
PROBABILITY_TOLERANCE = 0.005
EFFECT_TOLERANCE = 0.1
MAX_SHOWN = 10


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
    page = decode(read_bytes(path, limit=MAX_DOCUMENT_BYTES), str(path))
    carried = read_carried(page, str(path))
    checker = checker or _checker(carried, model, path)
    differences, notes = list(_drawing(page, carried)), list(_version(carried))
    for report in carried.reports:
        name = report.article.path or report.article.id
        again = checker.check_article(report.article)
        found = [*compare(report, again), *compare_explanations(report, measure_again(report, checker.scorer), again)]
        differences += [f"{name}: {line}" for line in found[:MAX_SHOWN]]
        if len(found) > MAX_SHOWN:
            differences.append(f"{name}: and {len(found) - MAX_SHOWN} more differences")
        is_same, line = _source(report, path)
        (notes if is_same else differences).append(f"{name}: {line}")
        notes.append(
            f"{name}: {len(report.statements)} statements, {len(report.contrasts)} contrasts and {len(report.pairs)} pairs computed again"
        )
    return Verification(tuple(differences), tuple(notes))


def _checker(carried: Carried, model: str | None, path: Path) -> Checker:
    settings = carried.provenance.settings
    if settings.model is not None and model is None:
        raise InputError(f"{path}: made with the model {settings.model!r}; if you trust that model, name it: contrast verify --model MODEL")
    return Checker(replace(settings, model=model, device="auto"))


def compare(report: Report, again: Report) -> Iterator[str]:
    """What differs between a report and the one computed again, a line each."""
    if report.model.sha256 != again.model.sha256:
        yield f"made by model {report.model.name} {report.model.sha256[:12]}…, here {again.model.name} {again.model.sha256[:12]}…"
    yield from _sides("statement", report.statements, again.statements)
    yield from _sides("observation", report.observations, again.observations)
    yield from _findings("contrast", report.contrasts, again.contrasts)
    yield from _findings("support", report.supports, again.supports)
    yield from _pairs(report, again)


def _sides(noun: str, told: Iterable[Statement | Observation], found: Iterable[Statement | Observation]) -> Iterator[str]:
    before, after = {side.start: side for side in told}, {side.start: side for side in found}
    for start in sorted(before.keys() | after.keys()):
        old, new = before.get(start), after.get(start)
        if old is None or new is None:
            side = old or new
            assert side is not None
            yield f"{noun} at character {start} ({side.id}) is {'new' if old is None else 'no longer found'}"
            continue
        if isinstance(old, Statement) and isinstance(new, Statement) and old.verdict != new.verdict:
            yield f"{noun} {old.id}: verdict {old.verdict}, now {new.verdict}"
        if _about(old) != _about(new):
            yield f"{noun} {old.id}: {', '.join(map(str, _about(old)))}, now {', '.join(map(str, _about(new)))}"
        if abs(old.probability - new.probability) > PROBABILITY_TOLERANCE:
            yield f"{noun} {old.id}: probability {old.probability:.3f}, now {new.probability:.3f}"


def _about(side: Statement | Observation) -> tuple[str | None, ...]:
    if isinstance(side, Statement):
        return (side.id, side.kind, side.speaker)
    return (side.id, side.source)


def _findings(noun: str, told: Iterable[Finding], found: Iterable[Finding]) -> Iterator[str]:
    before = {(f.statement, f.observation): f.probability for f in told}
    after = {(f.statement, f.observation): f.probability for f in found}
    for pair in sorted(before.keys() | after.keys()):
        name = f"{noun} {pair[0]}/{pair[1]}"
        if pair not in after:
            yield f"{name} is no longer found"
        elif pair not in before:
            yield f"{name} is new"
        elif abs(before[pair] - after[pair]) > PROBABILITY_TOLERANCE:
            yield f"{name}: probability {before[pair]:.3f}, now {after[pair]:.3f}"


def compare_explanations(report: Report, measured: Report, again: Report) -> Iterator[str]:
    """What differs between the explanations of a report and those computed again: of the very words that it shows, and of the strongest."""
    found = {(finding.statement, finding.observation): finding.explanation for finding in again.contrasts}
    for finding, anew in zip(report.contrasts, measured.contrasts, strict=True):
        name = f"contrast {finding.statement}/{finding.observation}"
        told, fresh = finding.explanation, found.get((finding.statement, finding.observation))
        if told is None or anew.explanation is None:
            if fresh is not None:
                yield f"{name}: its explanation is missing"
            continue
        if told.checks != anew.explanation.checks:
            yield f"{name}: checked otherwise now"
        if abs(told.probability_without - anew.explanation.probability_without) > PROBABILITY_TOLERANCE:
            yield f"{name}: {told.probability_without:.3f} without its words, now {anew.explanation.probability_without:.3f}"
        for shown, now, strongest in (
            (told.statement, anew.explanation.statement, fresh.statement if fresh else ()),
            (told.observation, anew.explanation.observation, fresh.observation if fresh else ()),
        ):
            yield from (f"{name}: {line}" for line in _words(shown, now, strongest))


def _words(shown: Sequence[CarryingWords], now: Sequence[CarryingWords], strongest: Sequence[CarryingWords]) -> Iterator[str]:
    for told, measured in zip(shown, now, strict=True):
        if abs(told.effect - measured.effect) > EFFECT_TOLERANCE:
            yield f"effect of {told.text!r} {told.effect:.2f}, now {measured.effect:.2f}"
    least = min((words.effect for words in shown), default=0.0) + EFFECT_TOLERANCE
    for words in strongest:
        if words.effect > least and not any(told.start < words.end and words.start < told.end for told in shown):
            yield f"{words.text!r} carries it by {words.effect:.2f} and is not shown"


def _pairs(report: Report, again: Report) -> Iterator[str]:
    before = {(pair.statement, pair.observation): pair.probabilities for pair in report.pairs}
    after = {(pair.statement, pair.observation): pair.probabilities for pair in again.pairs}
    if before.keys() != after.keys() or report.n_pairs_skipped != again.n_pairs_skipped:
        yield f"{len(before)} pairs judged and {report.n_pairs_skipped} left out, now other ones: {len(after)} and {again.n_pairs_skipped}"
        return
    far = [
        pair
        for pair, old in before.items()
        if abs(old.contradiction - after[pair].contradiction) > PROBABILITY_TOLERANCE
        or abs(old.entailment - after[pair].entailment) > PROBABILITY_TOLERANCE
    ]
    if far:
        yield f"the probabilities of {len(far)} of {len(before)} pairs differ, {far[0][0]}/{far[0][1]} among them"


def _drawing(page: str, carried: Carried) -> Iterator[str]:
    if carried.provenance.version == __version__ and draw(carried) != page.replace("\r\n", "\n"):
        yield "the page does not show what its data say; it was altered after it was made"


def _version(carried: Carried) -> Iterator[str]:
    if carried.provenance.version != __version__:
        yield f"made by contrast {carried.provenance.version}, verified by {__version__}: the drawing of the page was not compared"


def _source(report: Report, page: Path) -> tuple[bool, str]:
    """Whether the source speaks against the report, and what is to be said of it: looked for where it was, then beside the page."""
    article = report.article
    if article.path is None:
        is_same = hashlib.sha256(article.text.encode()).hexdigest() == article.sha256
        return True, "given as text, which the page carries" + ("" if is_same else " decoded")
    for place in (Path(article.path), page.parent / article.path, page.parent / Path(article.path).name):
        if place.is_file():
            is_same = _sha256(place) == article.sha256
            return is_same, f"source {place} {'has the same SHA-256' if is_same else 'has another SHA-256: it was changed'}"
    return True, "source not found here; only the text that the page carries was compared"


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
