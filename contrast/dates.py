"""When, in words: the dates that a sentence names, and how they bound what it is about.

What looks like a date is found by the patterns below, since a parser alone would take many a number or "may" for one. How it bounds what
the sentence is about is told in `bounds`, which days are meant in `days`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from contrast.bounds import Bound, Part, Unit, bound_of, part_of
from contrast.lexicon import N_CHARACTERS_SEARCHED

MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December|Jan\.|Feb\.|Mar\.|Apr\.|Jun\.|Jul\.|Aug\.|Sept?\."
    r"|Oct\.|Nov\.|Dec\.|(?:Jan|Feb|Aug|Sept|Oct|Nov|Dec)\b(?=\s\d))"
)
WEEKDAY = r"(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)"
NUMBER = r"(?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
YEAR = r"(?:19|20)\d\d"
ORDINAL = r"\d{1,2}(?:st|nd|rd|th)?"
TURN = r"(?:[Ll]ast|[Nn]ext|[Tt]his)"
# Monday, 4 March: the weekday of a date that says more.
ON_WEEKDAY = rf"(?:{TURN}\s)?{WEEKDAY}(?:\s(?:morning|afternoon|evening|night))?,?\s(?:the\s)?"
TO = r"(?:\s?[-–—]\s?|\s(?:to|until|till|through)\s)"


def _after(*words: str) -> str:
    """A pattern for what stands after one of these words."""
    return "(?:" + "|".join(rf"(?<=\b[{word[0].upper()}{word[0]}]{word[1:]}[\s-])" for word in words) + ")"


_BEFORE_A_TIME = ("in", "by", "of", "since", "until", "before", "during", "early", "late", "mid", "end")
# What a date looks like; of two that begin at one place the first is taken.
PATTERNS: tuple[tuple[Unit, str], ...] = (
    ("day", rf"{YEAR}-\d\d-\d\d"),
    ("days", rf"(?:{ORDINAL}{TO}|(?<=\b[Bb]etween\s){ORDINAL}\sand\s){ORDINAL}\s(?:of\s)?{MONTH}(?:,?\s{YEAR})?"),
    ("days", rf"(?:{MONTH}\s{ORDINAL}{TO}|(?<=\b[Bb]etween\s){MONTH}\s{ORDINAL}\sand\s){ORDINAL}(?!\d)(?:,?\s{YEAR})?"),
    ("day", rf"(?:{ON_WEEKDAY})?{MONTH}\s{ORDINAL}(?!\d)(?:,?\s{YEAR})?"),
    ("day", rf"(?:{ON_WEEKDAY})?{ORDINAL}\s(?:of\s)?{MONTH}(?:,?\s{YEAR})?"),
    ("months", rf"(?:{MONTH}{TO}|(?<=\b[Bb]etween\s){MONTH}\sand\s){MONTH}(?!\s\d\d?\b)(?:,?\s{YEAR})?"),
    ("month", rf"{MONTH},?\s{YEAR}"),
    (
        "month",
        rf"(?:{TURN}\s|(?=[JFMASOND]){_after('from', *_BEFORE_A_TIME)}){MONTH}",
    ),
    ("month", rf"(?=[JFMASOND]){_after('for', 'than')}(?!May\b){MONTH}(?!\s[A-Z])"),
    ("day", rf"(?:{TURN}\s)?{WEEKDAY}(?:\s(?:morning|afternoon|evening|night))?"),
    ("day", r"(?:[Yy]esterday|[Tt]oday|[Tt]omorrow|[Tt]onight|(?<!the\s)[Ll]ast\snight|[Tt]his\s(?:morning|afternoon|evening))"),
    ("week", rf"(?<!the\s){TURN}\sweek"),
    ("month", rf"(?<!the\s){TURN}\smonth"),
    ("year", rf"(?<!the\s){TURN}\syear"),
    ("day", rf"(?<![\d,.]){NUMBER}\sdays?\sago|[Ii]n\s{NUMBER}\sdays?(?:\stime)?"),
    ("week", rf"(?<![\d,.]){NUMBER}\sweeks?\sago|[Ii]n\s{NUMBER}\sweeks?(?:\stime)?"),
    ("month", rf"(?<![\d,.]){NUMBER}\smonths?\sago|[Ii]n\s{NUMBER}\smonths?(?:\stime)?"),
    ("year", rf"(?<![\d,.]){NUMBER}\syears?\sago|[Ii]n\s{NUMBER}\syears?(?:\stime)?"),
    ("year", rf"(?=[12]\d){_after(*_BEFORE_A_TIME)}{YEAR}"),
)
_DATE = re.compile("|".join(rf"(?P<{unit}{k}>\b(?:{pattern})(?!\w))" for k, (unit, pattern) in enumerate(PATTERNS)))
_LINK = re.compile(rf"{TO}|\s?and\s", re.IGNORECASE)
_BETWEEN = re.compile(r"\bbetween\s+(?:the\s+)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dated:
    """A date as a sentence words it, with its offsets there; `bound` says how it bounds what the sentence is about.

    "said" is when somebody said so, "at" when it was or will be, "within" that and no longer, "for" the month that a list is for, "than"
    when it was that is compared with; from, since, until, before and by as they stand. A range of dates ("from 1 May to 3 June 2024") is
    one from and one until; where it names its year once, `text` of both has it. `part` tells the end of March from March.
    """

    text: str
    start: int
    end: int
    unit: Unit
    bound: Bound
    part: Part = "whole"


def find_dates(sentence: str) -> Iterator[Dated]:
    """The dates that a sentence names, in its order.

    >>> [(dated.text, dated.bound) for dated in find_dates("The owner said on Monday that the mill would run until March 2025.")]
    [('Monday', 'said'), ('March 2025', 'until')]
    """
    last: Dated | None = None
    for match in _DATE.finditer(sentence, 0, N_CHARACTERS_SEARCHED):
        unit: Unit = str(match.lastgroup).rstrip("0123456789")  # type: ignore[assignment]
        start, end = match.span()
        found = Dated(match[0], start, end, unit, bound_of(sentence, start, end, unit), part_of(sentence, start, unit))
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
    return is_linked and not {"days", "months"} & {first.unit, last.unit}
