"""The time that a claim is about, by the dates that it names; not the day on which it was said, nor what it names in passing.

There is no parser here: where a claim says more than one thing, which of them a date belongs to is not known.
"""

import re
from collections.abc import Iterable

from contrast.attribution import attributions_of, lies_within
from contrast.days import Days, Resolved
from contrast.lexicon import EMPTY_WORDS
from contrast.schema import Statement

# What tells of something else in passing: "the mill, shut in 2021, is full", "the law of 2021".
_IN_PASSING = re.compile(
    r",\s[^,;]*$|(?<!end\s)(?<!start\s)(?<!beginning\s)(?<!middle\s)\bof\s$"
    r"|(?<!was\s)(?<!were\s)(?<!been\s)\b(?:built|founded|born|signed|adopted|elected|passed|launched|introduced)\s+in\s$",
    re.IGNORECASE,
)
# The mill opened in May has: a participle before a date, and the verb after it.
_PARTICIPLE = re.compile(r"\w+ed\s+(?:in|on)\s$")
_AUXILIARY = re.compile(r"\s(?:had|has|have|was|were|is|are)\b")
# What else a claim may say than what it names a time for: "had left in March and that none had returned".
_FURTHER_CLAUSE = re.compile(
    r";|\b(?:but|since|when|while|after|because|who|which|that|where|although|though|if|whose)\b"
    r"|\band\s+(?:that|it|he|she|they|was|were|had|has|have|would|will|is|are|not|there|its|his|her|their)\b",
    re.IGNORECASE,
)


def time_of_claim(claim: Statement, dates: Iterable[Resolved]) -> Days | None:
    """The days that a claim is about; None where it names them in passing only, or says more than one thing."""
    told_by = attributions_of(claim.text)
    if not told_by and claim.speaker and _names(claim.speaker, claim.text):
        return None
    last = max((end for start, end in told_by if start == 0), default=0)
    said = claim.text[last : min((start for start, _ in told_by if start), default=None)]
    if _FURTHER_CLAUSE.search(said):
        return None
    about = [
        one.days
        for one in dates
        if one.dated.bound in ("at", "for") and not lies_within(one.start, told_by) and not _is_in_passing(claim.text, one)
    ]
    return Days(min(days.first for days in about), max(days.last for days in about)) if about else None


def _names(speaker: str, sentence: str) -> bool:
    words, others = (set(re.findall(r"\w+", text.casefold())) for text in (speaker, sentence))
    return not words.isdisjoint(others - EMPTY_WORDS)


def _is_in_passing(sentence: str, one: Resolved) -> bool:
    after = sentence[one.end : one.end + 6]
    if after.startswith(("'", "’")) or one.dated.text.casefold().startswith("in "):  # Sunday's rain; for the first time in nine years
        return True
    passing = _IN_PASSING.search(sentence, 0, one.start)
    if passing and passing[0].startswith(","):
        return after.startswith(",")
    return bool(passing or (_PARTICIPLE.search(sentence, 0, one.start) and _AUXILIARY.match(after)))
