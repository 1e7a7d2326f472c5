"""What differs between the explanations of a report and those computed again."""

from collections.abc import Iterator, Sequence

from contrast.schema import CarryingWords, Report
from contrast.verifying.reports import Allowance, Placed, placer


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
