"""Whether explanations are faithful: leaving out the shown words must lower the contradiction score more than leaving out random ones.

For every contrast flagged in the articles of a folder as many content words are drawn at random, from the same side, as the shown words
hold; that is the comprehensiveness of DeYoung et al. (2020, https://aclanthology.org/2020.acl-main.408) beside its value by chance. Since
the articles are annotated, it is also counted how the checks fall out among right and wrong flags.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, get_args

from contrast.evaluation.articles import positions
from contrast.evaluation.metrics import interval_of_mean_of_groups
from contrast.explaining import suspects_of
from contrast.explaining.words import Meter, Omission, Stretch, as_omissions, content_words, together
from contrast.labels import Outcome
from contrast.pipeline import Checker
from contrast.schema import Finding, Report
from contrast.scoring.scorer import Scorer
from contrast.training.articles_data import paths_to_measure, read_article

N_DRAWS = 10


@dataclass(frozen=True, slots=True)
class Measured:
    """A contrast: by how much its log-odds fall without the shown words and, in the mean, without random ones; how many are shown."""

    finding: Finding
    shown: float
    random: float
    n_words: int

    @property
    def difference(self) -> float:
        return self.shown - self.random


def evaluate_explanations(checker: Checker, folder: Path, *, split: str | None = None, seed: int = 0) -> dict[str, Any]:
    """Figures over the flagged contrasts of a folder's annotated articles (all, or those of one split).

    `difference` is the mean over contrasts, `difference_interval` its 95 % interval by bootstrap over articles.
    """
    paths = paths_to_measure(folder, split)
    rng = random.Random(seed)
    of_articles: list[list[Measured]] = []
    outcomes: dict[str, Counter[tuple[str, bool]]] = defaultdict(Counter)
    for path in paths:
        report = checker.explain(checker.check(path.with_suffix(".txt")))
        gold = read_article(path)
        at = positions(gold, report)
        of_articles.append(measure(report, checker.scorer, rng))
        for measured in of_articles[-1]:
            is_right = (at[measured.finding.statement], at[measured.finding.observation]) in gold.contradicts
            assert measured.finding.explanation is not None
            for check in measured.finding.explanation.checks:
                outcomes[check.name][check.outcome, is_right] += 1
    return {**_figures([found for found in of_articles if found]), "checks": _shares(outcomes)}


def measure(report: Report, scorer: Scorer, rng: random.Random) -> list[Measured]:
    """The explained contrasts of a report, with what leaving out the shown words does and what random ones do."""
    findings = [finding for finding in report.contrasts if finding.explanation]
    if not findings:
        return []
    suspects = suspects_of(report, findings)
    omissions: list[tuple[int, Omission]] = []
    n_words = []
    for k, (finding, suspect) in enumerate(zip(findings, suspects, strict=True)):
        assert finding.explanation is not None
        shown = together(as_omissions(suspect.statement, suspect.observation, finding.explanation))
        sides = suspect.statement.text, suspect.observation.text
        counts = [
            sum(len(content_words(text[start:end])) for start, end in left_out)
            for text, left_out in zip(sides, (shown.statement, shown.observation), strict=True)
        ]
        n_words.append(sum(counts))
        omissions.append((k, shown))
        omissions += [(k, Omission(*(_draw(text, n, rng) for text, n in zip(sides, counts, strict=True)))) for _ in range(N_DRAWS)]
    falls = Meter(scorer, suspects).effects(omissions).reshape(len(findings), 1 + N_DRAWS)
    return [Measured(finding, float(fall[0]), float(fall[1:].mean()), n) for finding, fall, n in zip(findings, falls, n_words, strict=True)]


def _draw(text: str, n: int, rng: random.Random) -> tuple[Stretch, ...]:
    words = content_words(text)
    return tuple(rng.sample(words, min(n, len(words))))


def _figures(of_articles: Sequence[Sequence[Measured]]) -> dict[str, Any]:
    measured = [one for found in of_articles for one in found]
    if not measured:
        return {"n_contrasts": 0}
    return {
        "n_articles": len(of_articles),
        "n_contrasts": len(measured),
        "words_shown": fmean(one.n_words for one in measured),
        "fall_without_shown": fmean(one.shown for one in measured),
        "fall_without_random": fmean(one.random for one in measured),
        "difference": fmean(one.difference for one in measured),
        "difference_interval": interval_of_mean_of_groups([[one.difference for one in found] for found in of_articles]),
        "shown_more_than_random": fmean(one.difference > 0 for one in measured),
    }


def _shares(outcomes: Mapping[str, Counter[tuple[str, bool]]]) -> dict[str, str]:
    """For each check and outcome how many of the flags are right."""
    return {
        f"{name} {outcome}": f"{counts[outcome, True]} of {counts[outcome, True] + counts[outcome, False]} flags right"
        for name, counts in outcomes.items()
        for outcome in get_args(Outcome)
    }
