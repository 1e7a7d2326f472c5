"""What follows for each statement from what was found: contradicted, supported, mixed, or open."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from contrast.labels import Verdict
from contrast.schema import Finding, ScoredPair, Statement


def find_contrasts(pairs: Iterable[ScoredPair], threshold: float) -> list[Finding]:
    """The pairs whose contradiction probability reaches the threshold, strongest first."""
    found = [
        Finding(pair.statement, pair.observation, "contradiction", pair.probabilities.contradiction)
        for pair in pairs
        if pair.probabilities.contradiction >= threshold
    ]
    return sorted(found, key=_strongest_first)


def find_supports(pairs: Iterable[ScoredPair], threshold: float, contrasts: Sequence[Finding]) -> list[Finding]:
    """The pairs whose entailment probability reaches the threshold and exceeds contradiction, and that are no contrast, strongest first."""
    against = {(finding.statement, finding.observation) for finding in contrasts}
    found = [
        Finding(pair.statement, pair.observation, "entailment", pair.probabilities.entailment)
        for pair in pairs
        if pair.probabilities.entailment >= max(threshold, pair.probabilities.contradiction)
        and (pair.statement, pair.observation) not in against
    ]
    return sorted(found, key=_strongest_first)


def _strongest_first(finding: Finding) -> tuple[float, str, str]:
    return -finding.probability, finding.statement, finding.observation


def judge(is_contradicted: bool, is_supported: bool) -> Verdict:
    """The verdict that follows.

    >>> judge(True, True), judge(False, False)
    ('mixed', 'open')
    """
    if is_contradicted:
        return "mixed" if is_supported else "contradicted"
    return "supported" if is_supported else "open"


def give_verdicts(
    statements: Iterable[Statement],
    contrasts: Sequence[Finding],
    supports: Sequence[Finding],
    weigh: Callable[[float, float], Verdict] | None = None,
) -> list[Statement]:
    """The statements with their verdicts.

    Where one has both contrasts and supports, `weigh` tells from the strongest of each whether it is mixed or contradicted (None: mixed).
    """
    strongest = strongest_of(contrasts), strongest_of(supports)
    return [replace(s, verdict=give_verdict(s.id, *strongest, weigh)) for s in statements]


def give_verdict(
    id: str, against: Mapping[str, float], in_favour: Mapping[str, float], weigh: Callable[[float, float], Verdict] | None = None
) -> Verdict:
    """The verdict on a statement, from the probability of the strongest contrast and support of each statement that has one."""
    if weigh is not None and id in against and id in in_favour:
        return weigh(against[id], in_favour[id])
    return judge(id in against, id in in_favour)


def strongest_of(findings: Sequence[Finding]) -> dict[str, float]:
    """The probability of each statement's strongest finding."""
    return {finding.statement: finding.probability for finding in sorted(findings, key=lambda finding: finding.probability)}
