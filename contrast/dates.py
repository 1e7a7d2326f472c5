"""When, in words: the dates that a sentence names, and how they bound what it is about.

What looks like a date is found by the patterns below, since a parser alone would take many a number or "may" for one. Which days are
meant is told in `days`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

Unit = Literal["day", "days", "week", "month", "year"]
Bound = Literal["said", "from", "since", "until", "before", "by", "at", "within"]

MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December|Jan\.|Feb\.|Mar\.|Apr\.|Jun\.|Jul\.|Aug\.|Sept?\."
    r"|Oct\.|Nov\.|Dec\.|(?:Jan|Feb|Aug|Sept|Oct|Nov|Dec)\b(?=\s\d))"
)
WEEKDAY = r"(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)"
NUMBER = r"(?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
YEAR = r"(?:19|20)\d\d"
ORDINAL = r"\d{1,2}(?:st|nd|rd|th)?"
TO = r"(?:\s?[-–—]\s?|\s(?:to|until|till|through)\s)"
# What a date looks like; of two that begin at one place the first is taken.
PATTERNS: tuple[tuple[Unit, str], ...] = (
    ("day", rf"{YEAR}-\d\d-\d\d"),
    ("days", rf"(?:{ORDINAL}{TO}|(?<=\b[Bb]etween\s){ORDINAL}\sand\s){ORDINAL}\s(?:of\s)?{MONTH}(?:,?\s{YEAR})?"),
    ("days", rf"(?:{MONTH}\s{ORDINAL}{TO}|(?<=\b[Bb]etween\s){MONTH}\s{ORDINAL}\sand\s){ORDINAL}(?!\d)(?:,?\s{YEAR})?"),
    ("day", rf"{MONTH}\s{ORDINAL}(?!\d)(?:,?\s{YEAR})?"),
    ("day", rf"{ORDINAL}\s(?:of\s)?{MONTH}(?:,?\s{YEAR})?"),
    ("month", rf"{MONTH},?\s{YEAR}"),
    (
        "month",
        rf"(?:(?:[Ll]ast|[Nn]ext|[Tt]his)\s|(?<=\b[Ii]n\s)|(?<=\b[Bb]y\s)|(?<=\bof\s)|(?<=\bsince\s)|(?<=\buntil\s)|(?<=\bfrom\s)){MONTH}",
    ),
    ("day", rf"(?:(?:[Ll]ast|[Nn]ext|[Tt]his)\s)?{WEEKDAY}(?:\s(?:morning|afternoon|evening|night))?"),
    ("day", r"(?:[Yy]esterday|[Tt]oday|[Tt]omorrow|[Tt]onight|(?<!the\s)[Ll]ast\snight|[Tt]his\s(?:morning|afternoon|evening))"),
    ("week", r"(?<!the\s)(?:[Ll]ast|[Nn]ext|[Tt]his)\sweek"),
    ("month", r"(?<!the\s)(?:[Ll]ast|[Nn]ext|[Tt]his)\smonth"),
    ("year", r"(?<!the\s)(?:[Ll]ast|[Nn]ext|[Tt]his)\syear"),
    ("day", rf"(?<![\d,.]){NUMBER}\sdays?\sago|[Ii]n\s{NUMBER}\sdays?(?:\stime)?"),
    ("week", rf"(?<![\d,.]){NUMBER}\sweeks?\sago|[Ii]n\s{NUMBER}\sweeks?(?:\stime)?"),
    ("month", rf"(?<![\d,.]){NUMBER}\smonths?\sago|[Ii]n\s{NUMBER}\smonths?(?:\stime)?"),
    ("year", rf"(?<![\d,.]){NUMBER}\syears?\sago|[Ii]n\s{NUMBER}\syears?(?:\stime)?"),
    ("year", rf"(?<=\b[Ii]n\s){YEAR}|(?<=\bsince\s){YEAR}|(?<=\b[Bb]y\s){YEAR}|(?<=\buntil\s){YEAR}|(?<=\bof\s){YEAR}"),
)
_DATE = re.compile("|".join(rf"(?P<{unit}{k}>\b(?:{pattern})(?!\w))" for k, (unit, pattern) in enumerate(PATTERNS)))
# What stands before a date and says how it bounds a time.
_FILLER = (
    r"\s+(?:(?:the|an?|its|their|his|her)\s+(?:[\w’'-]+\s+){1,3}?(?:of|in|on)\s+)?"  # since the ban of 2017, before a vote on Friday
    r"(?:(?:early|late|mid)[\s-]+)?(?:the\s+)?(?:(?:start|beginning|middle|end|night|morning|evening|close)\s+of\s+)?(?:the\s+)?$"
)
BOUNDS: tuple[tuple[Bound, re.Pattern[str]], ...] = (
    ("from", re.compile(rf"\b(?:from|starting|beginning|as\s+of|as\s+from|after|following)(?:\s+on)?{_FILLER}", re.IGNORECASE)),
    ("since", re.compile(rf"\bsince{_FILLER}", re.IGNORECASE)),
    ("until", re.compile(rf"\b(?:until|till|through|up\s+to)(?:\s+at\s+least)?{_FILLER}", re.IGNORECASE)),
    ("before", re.compile(rf"\bbefore{_FILLER}", re.IGNORECASE)),
    ("by", re.compile(rf"\b(?:by|no\s+later\s+than|not\s+later\s+than){_FILLER}", re.IGNORECASE)),
)
_SAYS = (
    r"\b(?:said|says|told|tells|announced|announces|promised|pledged|vowed|disclosed|published|revealed|denied|denies|claimed|insisted|declared|decided|agreed|ordered|undertook|"
    r"warned|added|stated|wrote|tweeted|posted|confirmed|reported|offered|called|threatened|assured|statement|interview|conference)\b"
)
_SAID_BEFORE = re.compile(rf"{_SAYS}(?:\s+[\w'’-]+){{0,5}}\s+$", re.IGNORECASE)
_SAYS_AFTER = re.compile(rf",?(?:\s+[\w'’-]+,?){{0,8}}?\s+{_SAYS}", re.IGNORECASE)
_OPENING = re.compile(r"\W*(?:(?:on|late|early|in)\s+){0,2}", re.IGNORECASE)
_LINK = re.compile(rf"{TO}|\s?and\s", re.IGNORECASE)
_BETWEEN = re.compile(r"\bbetween\s+(?:the\s+)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dated:
    """A date as a sentence words it, with its offsets there; `bound` says how it bounds what the sentence is about.

    "said" is when somebody said so, "at" when it was or will be, "within" that and no longer; from, since, until, before and by as they
    stand. A range of dates ("from 1 May to 3 June 2024") is one from and one until; where it names its year once, `text` of both has it.
    """

    text: str
    start: int
    end: int
    unit: Unit
    bound: Bound


def find_dates(sentence: str) -> Iterator[Dated]:
    """The dates that a sentence names, in its order.

    >>> [(dated.text, dated.bound) for dated in find_dates("The owner said on Monday that the mill would run until March 2025.")]
    [('Monday', 'said'), ('March 2025', 'until')]
    """
    last: Dated | None = None
    for match in _DATE.finditer(sentence):
        unit: Unit = str(match.lastgroup).rstrip("0123456789")  # type: ignore[assignment]
        found = Dated(match[0], match.start(), match.end(), unit, "within" if unit == "days" else _bound(sentence, match))
        if last and _is_range(sentence, last, found):
            yield from _ends_of_range(last, found)
            last = None
        else:
            if last:
                yield last
            last = found
    if last:
        yield last


def _ends_of_range(first: Dated, last: Dated) -> Iterator[Dated]:
    """The ends of a time as dates; none of "open Monday to Friday", which is every week."""
    if first.bound != "from" and all(re.fullmatch(WEEKDAY, one.text) for one in (first, last)):
        return
    year = re.search(YEAR, last.text)
    is_shared = year and re.search(MONTH, first.text) and not re.search(YEAR, first.text)
    yield replace(first, bound="from", text=f"{first.text} {year[0]}" if year and is_shared else first.text)
    yield replace(last, bound="until")


def _is_range(sentence: str, first: Dated, last: Dated) -> bool:
    """Whether two dates are the ends of one time."""
    link = sentence[first.end : last.start]
    is_between = bool(_BETWEEN.search(sentence[: first.start]))
    is_linked = bool(_LINK.fullmatch(link)) and (is_between or link.strip().casefold() != "and")
    return is_linked and "days" not in (first.unit, last.unit)


def _bound(sentence: str, match: re.Match[str]) -> Bound:
    before = sentence[: match.start()]
    for bound, pattern in BOUNDS:
        if pattern.search(before):
            return bound
    opens = _OPENING.fullmatch(before) and _SAYS_AFTER.match(sentence, match.end())
    return "said" if opens or _SAID_BEFORE.search(before) else "at"
