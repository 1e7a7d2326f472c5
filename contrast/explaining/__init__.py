"""Why a contrast was flagged: the words that carry it, measured, and what was checked of it."""

from collections.abc import Iterator, Sequence
from dataclasses import astuple, replace

import numpy as np

from contrast.explaining.checks import check_pair
from contrast.explaining.spans import Surroundings, surroundings_of
from contrast.explaining.words import Meter, Suspect, as_omissions, find_carriers, together
from contrast.schema import Explanation, Finding, Progress, Report, Watch
from contrast.scoring.pairs import frame_pair
from contrast.scoring.scorer import Scorer

# Contrasts of an article that are explained at most, the strongest: each takes about as long as judging 35 pairs. Only a low threshold
# flags more.
N_EXPLAINED = 40
# Explained in common batches: so many fill them.
N_TOGETHER = 8

__all__ = ["N_EXPLAINED", "explain", "measure_again", "suspects_of"]


def explain(report: Report, scorer: Scorer, *, watch: Watch | None = None) -> Report:
    """The report with its strongest contrasts explained, some at a time; `watch` is told how many are."""
    findings = report.contrasts[:N_EXPLAINED]
    if not findings:
        return report
    around = surroundings_of(report)
    explained: list[Finding] = []
    for start in range(0, len(findings), N_TOGETHER):
        if watch is not None:
            watch(Progress("explaining", start, len(findings)))
        explained.extend(_explained(report, findings[start : start + N_TOGETHER], scorer, around))
    return replace(report, contrasts=(*explained, *report.contrasts[N_EXPLAINED:]))


def _explained(report: Report, findings: Sequence[Finding], scorer: Scorer, around: Surroundings) -> Iterator[Finding]:
    suspects = suspects_of(report, findings)
    carriers = find_carriers(Meter(scorer, suspects), suspects)
    for finding, suspect, found in zip(findings, suspects, carriers, strict=True):
        checks = check_pair(suspect.statement, suspect.observation, around)
        yield replace(finding, explanation=Explanation(found.statement, found.observation, found.probability_without, checks))


def suspects_of(report: Report, findings: Sequence[Finding]) -> list[Suspect]:
    """The contrasts with both their sides, as the model reads them."""
    probabilities = {(pair.statement, pair.observation): pair.probabilities for pair in report.pairs}
    return [
        Suspect(
            statement,
            observation,
            frame_pair(statement, observation, report.article.sentences),
            np.array(astuple(probabilities[finding.statement, finding.observation]), dtype=np.float32),
        )
        for finding in findings
        for statement, observation in [(report.statement(finding.statement), report.observation(finding.observation))]
    ]


def measure_again(report: Report, scorer: Scorer) -> Report:
    """The report with the effects of the very words that its explanations show measured anew, and everything checked anew."""
    findings = [finding for finding in report.contrasts if finding.explanation]
    if not findings:
        return report
    suspects, around = suspects_of(report, findings), surroundings_of(report)
    meter = Meter(scorer, suspects)
    shown = [
        as_omissions(suspect.statement, suspect.observation, finding.explanation)
        for suspect, finding in zip(suspects, findings, strict=True)
        if finding.explanation
    ]
    effects = iter(meter.effects([(k, words) for k, of_one in enumerate(shown) for words in of_one]))
    remaining = meter.probabilities([(k, together(of_one)) for k, of_one in enumerate(shown)])
    again = {}
    for suspect, finding, p in zip(suspects, findings, remaining, strict=True):
        told = finding.explanation
        assert told is not None
        again[finding] = Explanation(
            tuple(replace(words, effect=float(next(effects))) for words in told.statement),
            tuple(replace(words, effect=float(next(effects))) for words in told.observation),
            float(p),
            check_pair(suspect.statement, suspect.observation, around),
        )
    return replace(report, contrasts=tuple(replace(f, explanation=again.get(f)) for f in report.contrasts))
