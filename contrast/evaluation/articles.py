"""How well whole articles are checked, against annotated ones: roles, pairs, flagged contrasts, verdicts.

A found statement or observation is laid on the gold sentence that it overlaps most; debatable pairs count neither way.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from contrast.errors import InputError
from contrast.evaluation.metrics import average_precision, f1, interval_of_mean
from contrast.pipeline import Checker
from contrast.reading import read_article as read_text_article
from contrast.schema import Finding, Observation, Report, Sentence, Statement
from contrast.training.articles_data import AnnotatedArticle, paths_to_measure, read_article
from contrast.verdicts import judge

Place = tuple[int, int]
# Articles whose pairs run in common batches: fuller ones.
N_TOGETHER = 16


@dataclass(slots=True)
class Tally:
    """Counts over articles, and what the figures are made of."""

    precisions: list[float] = field(default_factory=list)
    tops: list[bool] = field(default_factory=list)
    clean_flags: list[int] = field(default_factory=list)
    verdicts: list[bool] = field(default_factory=list)
    flagged: list[int] = field(default_factory=lambda: [0, 0, 0])
    statements: list[int] = field(default_factory=lambda: [0, 0, 0])
    observations: list[int] = field(default_factory=lambda: [0, 0, 0])


def evaluate_articles(checker: Checker, folder: Path, *, split: str | None = None) -> dict[str, Any]:
    """Figures over the annotated articles of a folder (all, or those of one split)."""
    paths = paths_to_measure(folder, split)
    tally = Tally()
    for start in range(0, len(paths), N_TOGETHER):
        of_batch = paths[start : start + N_TOGETHER]
        reports = checker.check_articles([read_text_article(path.with_suffix(".txt")) for path in of_batch])
        for path, report in zip(of_batch, reports, strict=True):
            _count(tally, read_article(path), report)
    return _figures(tally, len(paths))


def places_of(gold: AnnotatedArticle, text: str) -> list[Place]:
    """Where the gold sentences stand in the text; raises InputError when one does not."""
    places, at = [], 0
    for sentence in gold.sentences:
        start = text.find(sentence.text, at)
        if start < 0:
            raise InputError(f"{gold.id}: gold sentence not in the text: {sentence.text[:60]!r}")
        at = start + len(sentence.text)
        places.append((start, at))
    return places


def lay(found: Statement | Observation | Sentence, places: Sequence[Place]) -> int | None:
    """The position of the gold sentence that overlaps most with what was found; None when none does."""
    overlaps = [min(found.end, end) - max(found.start, start) for start, end in places]
    best = max(range(len(places)), key=overlaps.__getitem__)
    return best if overlaps[best] > 0 else None


def positions(gold: AnnotatedArticle, report: Report) -> dict[str, int | None]:
    """For each statement and observation found, by its id, the position of its gold sentence."""
    places = places_of(gold, report.article.text)
    return {s.id: lay(s, places) for s in report.statements} | {o.id: lay(o, places) for o in report.observations}


def strongest(report: Report, at: dict[str, int | None]) -> dict[tuple[int | None, int | None], float]:
    """The greatest contradiction probability judged for each pair of gold sentences."""
    best: dict[tuple[int | None, int | None], float] = {}
    for pair in report.pairs:
        key = at[pair.statement], at[pair.observation]
        best[key] = max(best.get(key, 0.0), pair.probabilities.contradiction)
    return best


def _count(tally: Tally, gold: AnnotatedArticle, report: Report) -> None:
    at = positions(gold, report)
    best = strongest(report, at)
    if gold.contradicts:
        candidates = [(p, key in gold.contradicts) for key, p in best.items() if key not in gold.ignored]
        tally.precisions.append(average_precision(candidates, len(gold.contradicts)))
    _count_flagged(tally, gold, report.contrasts, at)
    _count_roles(tally, gold, report, at)
    _count_verdicts(tally, gold, report, at)


def _count_flagged(tally: Tally, gold: AnnotatedArticle, contrasts: Sequence[Finding], at: dict[str, int | None]) -> None:
    keys = dict.fromkeys((at[finding.statement], at[finding.observation]) for finding in contrasts)
    counted = [key for key in keys if key not in gold.ignored]
    if gold.contradicts:
        tally.tops.append(bool(counted) and counted[0] in gold.contradicts)
    else:
        tally.clean_flags.append(len(counted))
    _add(tally.flagged, set(counted), set(gold.contradicts))


def _count_roles(tally: Tally, gold: AnnotatedArticle, report: Report, at: dict[str, int | None]) -> None:
    said = {k for k, sentence in enumerate(gold.sentences) if sentence.is_statement}
    seen = {k for k, sentence in enumerate(gold.sentences) if sentence.is_observation}
    _add(tally.statements, {at[s.id] for s in report.statements} - {None}, said)
    _add(tally.observations, {at[o.id] for o in report.observations} - {None}, seen)


def _count_verdicts(tally: Tally, gold: AnnotatedArticle, report: Report, at: dict[str, int | None]) -> None:
    given = {at[statement.id]: statement.verdict for statement in reversed(report.statements)}
    contradicted, supported = {s for s, _ in gold.contradicts}, {s for s, _ in gold.supports}
    for k in contradicted | supported:
        tally.verdicts.append(given.get(k) == judge(k in contradicted, k in supported))


def _add(counts: list[int], found: set[Any], wanted: set[Any]) -> None:
    for k, n in enumerate((len(found & wanted), len(found - wanted), len(wanted - found))):
        counts[k] += n


def _figures(tally: Tally, n_articles: int) -> dict[str, Any]:
    n_right, n_wrong, n_missed = tally.flagged
    return {
        "n_articles": n_articles,
        "ap": fmean(tally.precisions) if tally.precisions else None,
        "ap_interval": interval_of_mean(tally.precisions),
        "p_at_1": fmean(tally.tops) if tally.tops else None,
        "p_at_1_interval": interval_of_mean(tally.tops),
        "precision": n_right / (n_right + n_wrong) if n_right else 0.0,
        "recall": n_right / (n_right + n_missed) if n_right else 0.0,
        "f1": f1(n_right, n_wrong, n_missed),
        "clean_flags": fmean(tally.clean_flags) if tally.clean_flags else None,
        "statement_f1": f1(*tally.statements),
        "observation_f1": f1(*tally.observations),
        "verdict_acc": fmean(tally.verdicts) if tally.verdicts else None,
        "n_gold_contrasts": n_right + n_missed,
        "n_flagged": n_right + n_wrong,
    }
