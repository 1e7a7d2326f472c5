"""How a date bounds what a sentence is about, told by the words around it, and which part of a month, a week or a year is meant.

Since, until, before and by are read off the words before a date; whether it is the day on which somebody said something, off the verb.
The date of a comparison ("down from 38 in October") is none of what the sentence reports.
"""

import re
from typing import Literal

from contrast.attribution import SAYS
from contrast.lexicon import FALLING, NUMBERS, RISING

Unit = Literal["day", "days", "week", "month", "months", "year"]
Bound = Literal["said", "from", "since", "until", "before", "by", "at", "for", "within", "than"]
Part = Literal["whole", "start", "early", "middle", "late", "end"]

# What stands between a bound and its date.
_PART = (
    r"(?:(?:early|late|mid|end)(?:\s+in\s+|[\s-]+))?(?:the\s+)?"
    r"(?:(?:start|beginning|middle|end|night|morning|evening|close)\s+of\s+)?(?:the\s+)?$"
)
_FILLER = rf"\s+(?:(?:the|an?|its|their|his|her)\s+(?:[\w’'-]+\s+){{1,3}}?(?:of|in|on)\s+)?{_PART}"  # since the ban of 2017
BOUNDS: tuple[tuple[Bound, re.Pattern[str]], ...] = (
    ("from", re.compile(rf"\b(?:from|starting|beginning|as\s+of|as\s+from|after|following)(?:\s+on)?{_FILLER}", re.IGNORECASE)),
    ("since", re.compile(rf"\bsince{_FILLER}", re.IGNORECASE)),
    ("until", re.compile(rf"\b(?:until|till|through|up\s+to)(?:\s+at\s+least)?{_FILLER}", re.IGNORECASE)),
    ("before", re.compile(rf"\bbefore{_FILLER}", re.IGNORECASE)),
    ("by", re.compile(rf"\b(?:by|no\s+later\s+than|not\s+later\s+than){_FILLER}", re.IGNORECASE)),
)
PARTS: tuple[tuple[Part, re.Pattern[str]], ...] = (
    ("start", re.compile(r"\b(?:start|beginning)\s+of\s+(?:the\s+)?$", re.IGNORECASE)),
    ("early", re.compile(r"\bearly(?:\s+in\s+|[\s-]+)$", re.IGNORECASE)),
    ("middle", re.compile(r"\b(?:middle\s+of\s+(?:the\s+)?|mid[\s-]+)$", re.IGNORECASE)),
    ("late", re.compile(r"\blate(?:\s+in\s+|[\s-]+)$", re.IGNORECASE)),
    ("end", re.compile(r"\b(?:(?:end|close)\s+of\s+(?:the\s+)?|end-)$", re.IGNORECASE)),
)
_FOR = re.compile(r"\bfor\s+(?:(?:early|late|mid)[\s-]+)?$", re.IGNORECASE)
_N = rf"(?:(?:about|some|nearly|almost|around)\s+)?[$€£]?(?:\d[\d,.]*|(?:{'|'.join(NUMBERS)})(?:-\w+)?)(?:\s?%|\s+per\s?cent)?"
# What a number or a time is set against; a number may stand before the date.
_COMPARED = re.compile(
    rf"(?:(?<!later\s)(?<!earlier\s)(?<!sooner\s)\bthan\s+(?:(?:it|they)\s+(?:was|were|had\s+been|did)\s+|(?:in\s+)?the\s+same\s+\w+\s+"
    rf"|(?:the|its|their)\s+{_N}\s+(?:\w+\s+){{0,2}}?)?"
    rf"|\b(?:compared\s+(?:with|to)|in\s+comparison\s+(?:with|to)|versus|as\s+against)\s+(?:[^\s,;]+\s+){{0,5}}?"
    rf"|\bagainst\s+{_N}\s+(?:\w+\s+){{0,2}}?"
    rf"|(?:\b(?:{RISING}|{FALLING})\b[^,;.]{{0,40}}?|,\s?)\bfrom\s+{_N}\s+(?:(?!to\b)[\w’'-]+\s+){{0,3}}?"
    rf"|\b(?:up|down|higher|lower)\s+(?:{_N}\s+)?from\s+)(?:(?:in|on|at|during|for|of)\s+)?{_PART}",
    re.IGNORECASE,
)
_UP_ON_LAST = re.compile(rf"\b(?:{RISING}|{FALLING})\s+(?:by\s+)?{_N}\s+(?:on|from)\s+$", re.IGNORECASE)  # up 3% on last year
# What is said may itself be dated: "said no shot was fired on Sunday".
_OF_WHAT_IS_SAID = r"(?!(?:that|no|none|nobody|nothing|not|never|was|were|is|are|had|has|have|been)\b)"
_SAID_BEFORE = re.compile(rf"{SAYS}(?:\s+{_OF_WHAT_IS_SAID}[\w'’-]+){{0,5}}\s+$", re.IGNORECASE)
_SAYS_AFTER = re.compile(rf",?(?:\s+[\w'’-]+,?){{0,8}}?\s+{SAYS}(?!\W*$)", re.IGNORECASE)
_OPENING = re.compile(r"\W*(?:(?:on|late|early|in)\s+){0,2}", re.IGNORECASE)


def bound_of(sentence: str, start: int, end: int, unit: Unit) -> Bound:
    """How the date at `start` to `end` bounds what the sentence is about.

    >>> sentence = "The list shows 21 flights, down from 38 in October."
    >>> bound_of(sentence, 43, 50, "month")
    'than'
    """
    before = sentence[:start]
    if _COMPARED.search(before) or (sentence[start:end].startswith("last ") and _UP_ON_LAST.search(before)):
        return "than"
    if unit in ("days", "months"):
        return "within"
    for bound, pattern in BOUNDS:
        if pattern.search(before):
            return bound
    if unit == "month" and _FOR.search(before):
        return "for"
    opens = _OPENING.fullmatch(before) and _SAYS_AFTER.match(sentence, end)
    return "said" if opens or _SAID_BEFORE.search(before) else "at"


def part_of(sentence: str, start: int, unit: Unit) -> Part:
    """Which part of the week, month or year that begins at `start` is meant.

    >>> part_of("It will shut by the end of March.", 27, "month")
    'end'
    """
    if unit not in ("week", "month", "year"):
        return "whole"
    before = sentence[:start]
    return next((part for part, pattern in PARTS if pattern.search(before)), "whole")
