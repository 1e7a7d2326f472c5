"""An explanation in words, as table, Markdown and page all tell it."""

from collections.abc import Sequence

from contrast.labels import Outcome
from contrast.schema import CarryingWords, Check, Explanation

OUTCOME_MARKS: dict[Outcome, str] = {"pass": "✓", "fail": "✕", "unknown": "?"}
# What the figures beside the words mean.
KEY = "because: words, each with the log-odds that the contrast loses without it"


def words_line(words: Sequence[CarryingWords]) -> str:
    """The words of one side with their effects.

    >>> words_line([CarryingWords("no gate", 0, 7, 2.683)])
    '“no gate” 2.68'
    """
    return ", ".join(f"“{' '.join(one.text.split())}” {one.effect:.2f}" for one in words) or "no single word"


def carried_line(explanation: Explanation) -> str:
    """The words of both sides, and what is left of the probability without them."""
    said, seen = words_line(explanation.statement), words_line(explanation.observation)
    return f"said {said} · reported {seen} · without them {explanation.probability_without:.2f}"


def check_lines(checks: Sequence[Check]) -> list[str]:
    """A line for each check that passes or fails, and one for all that are unknown."""
    known = [f"{OUTCOME_MARKS[check.outcome]} {check.name}: {check.reason}" for check in checks if check.outcome != "unknown"]
    unknown = [check.name for check in checks if check.outcome == "unknown"]
    return [*known, f"{OUTCOME_MARKS['unknown']} {', '.join(unknown)}: the text does not tell"] if unknown else known
