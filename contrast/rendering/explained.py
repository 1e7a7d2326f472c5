"""Counts and explanations in words, as table, Markdown and page all tell them."""

from collections.abc import Callable, Sequence
from textwrap import shorten

from contrast.labels import Outcome, Relation
from contrast.pairing import same_party
from contrast.schema import Article, CarryingWords, Check, Explanation, Finding, Report, Statement, phrases_of

MAX_NAME = 80
OUTCOME_MARKS: dict[Outcome, str] = {"pass": "✓", "fail": "✕", "unknown": "?"}
# What the figures beside the words mean.
KEY = "because: words, each with the log-odds that the contrast loses without it"
# Where leaving out the strongest words leaves most of the probability.
AS_A_WHOLE = "no few words carry it, it rests on both sentences as a whole"
# How an observation is told to speak of a statement that it does not speak of here.
TAKEN_AS: dict[Relation, str] = {"contradiction": "to contradict", "entailment": "to support"}
# What a flag is, and what a reader does with it.
CAVEAT = "A flagged pair points to where to look; it is no finding of fact, and never of intent. Read both sentences where they stand."
NO_STATEMENT = "No statement found: the model saw no sentence here in which a party says what it will do or what is so."


def counted(n: int, noun: str) -> str:
    """The number with its noun.

    >>> counted(1, "contrast"), counted(1200, "pair")
    ('1 contrast', '1,200 pairs')
    """
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def name_of(article: Article) -> str:
    """What a person knows the article by: its title, else its file, else its opening words."""
    opening = article.sentences[0].text if article.sentences else ""
    return on_one_line(article.title or "") or article.path or shorten(opening, MAX_NAME, placeholder=" …") or article.id


def n_contrasts_found(report: Report, threshold: float | None) -> int:
    """How many pairs were flagged, where `threshold` tells from which probability also those that are not shown; None: all are shown."""
    reaching = 0 if threshold is None else sum(pair.probabilities.contradiction >= threshold for pair in report.pairs)
    return max(reaching, len(report.contrasts))


def contrasts_line(report: Report, threshold: float | None) -> str:
    """How many contrasts were found, and how many of them are shown where not all are."""
    n_found, n_shown = n_contrasts_found(report, threshold), len(report.contrasts)
    return counted(n_found, "contrast") + (f", {n_shown} shown" if n_shown < n_found else "")


def no_contrast_line(report: Report) -> str:
    """Why no contrast is shown."""
    if not report.pairs:
        return "No contrast found: there was no pair to judge."
    if len(report.pairs) == 1:
        return "No contrast found: the one pair judged does not reach the threshold."
    return f"No contrast found: none of the {len(report.pairs)} pairs judged reaches the threshold."


def on_one_line(text: str) -> str:
    r"""The text with single spaces between its words.

    >>> on_one_line("The mill\n  will shut.")
    'The mill will shut.'
    """
    return " ".join(text.split())


def words_line(words: Sequence[CarryingWords]) -> str:
    """The words of one side with their effects.

    >>> words_line([CarryingWords("no gate", 0, 7, 2.683)])
    '“no gate” 2.68'
    """
    return ", ".join(f"“{on_one_line(one.text)}” {one.effect:.2f}" for one in words) or "no single word"


def carried_line(explanation: Explanation, probability: float) -> str:
    """The words of both sides, and what is left of the probability without them."""
    said, seen = words_line(explanation.statement), words_line(explanation.observation)
    left = f"said {said} · reported {seen} · without them {explanation.probability_without:.2f}"
    return left if is_carried(explanation, probability) else f"{left}: {AS_A_WHOLE}"


def is_carried(explanation: Explanation, probability: float) -> bool:
    """Whether the words shown carry the contrast, so that its probability is lower by a third or more without them."""
    return explanation.probability_without <= probability * 2 / 3


def check_lines(checks: Sequence[Check]) -> list[str]:
    """A line for each check that passes or fails: why, and the words that it rests on; then one line for all that are not known.

    >>> check_lines([Check("actor", "unknown", "who speaks is not named"), Check("place", "unknown", "only one side names a place")])
    ['? not known: actor (who speaks is not named), place (only one side names a place)']
    """
    lines = [f"{OUTCOME_MARKS[check.outcome]} {check.name}: {told(check)}" for check in settled(checks)]
    unknown = ", ".join(f"{check.name} ({told(check)})" for check in unsettled(checks))
    return [*lines, f"{OUTCOME_MARKS['unknown']} not known: {unknown}"] if unknown else lines


def settled(checks: Sequence[Check]) -> list[Check]:
    """The checks that pass or fail."""
    return [check for check in checks if check.outcome != "unknown"]


def unsettled(checks: Sequence[Check]) -> list[Check]:
    """The checks of which nothing is known."""
    return [check for check in checks if check.outcome == "unknown"]


def told(check: Check) -> str:
    """Why a check fell out as it did, and the words that it rests on."""
    return on_one_line(" · ".join([check.reason, *rests_on(check)]))


def rests_on(check: Check) -> list[str]:
    """The words of either side that a check rests on.

    >>> from contrast.schema import Span
    >>> rests_on(Check("place", "pass", "both name Orsk", (Span("Orsk", 9, 13),), (Span("Orsk", 70, 74),)))
    ['said “Orsk”', 'reported “Orsk”']
    """
    sides = (("said", check.statement), ("reported", check.observation))
    return [f"{word} {', '.join(f'“{phrase}”' for phrase in phrases_of(spans))}" for word, spans in sides if spans]


def unexplained_line(report: Report) -> str:
    """That only the strongest contrasts are explained, where others are shown."""
    n_explained = sum(finding.explanation is not None for finding in report.contrasts)
    return f"Why is told of the {n_explained} strongest." if 0 < n_explained < len(report.contrasts) else ""


def other_ways(report: Report, name: Callable[[str], str] = str) -> dict[tuple[str, str], str]:
    """For each (statement, observation) found, where there is any: that the observation speaks the other way of other statements.

    They may be the same one in other words. Statements of another party are left out: what bears out the one may well belie the other.
    `name` turns an id into what it is shown as.
    """
    parties = {statement.id: _party(report, statement) for statement in report.statements}
    of_observation: dict[str, list[Finding]] = {}
    for finding in (*report.contrasts, *report.supports):
        of_observation.setdefault(finding.observation, []).append(finding)
    lines: dict[tuple[str, str], str] = {}
    for observation, findings in of_observation.items():
        for one in findings:
            party = parties[one.statement]
            others = [other for other in findings if other.relation != one.relation]
            ids = [name(other.statement) for other in others if _may_be_one(party, parties[other.statement])]
            if ids:
                found = f"{name(observation)} is also found {TAKEN_AS[others[0].relation]} {' and '.join(ids)}"
                say = "it says" if len(ids) == 1 else "they say"
                lines[one.statement, observation] = f"{found}, which cannot be where {say} the same as {name(one.statement)}"
    return lines


def _party(report: Report, statement: Statement) -> str | None:
    """Who makes a statement; None where nobody is named, and for a title, which calls parties by what they are ("Ferry line says")."""
    return None if report.article.title and statement.sentence == 0 else statement.speaker


def _may_be_one(party: str | None, other: str | None) -> bool:
    return party is None or other is None or same_party(party, other)
