"""What stands between a headline and its article: who wrote it and when. The day is kept, the lines are no sentences."""

import re
from dataclasses import replace

from contrast.reading.extracted import Extracted
from contrast.reading.layout import ENDS_A_SENTENCE
from contrast.reading.written_dates import date_of, warn_of_date

MAX_LINES = 6
MAX_CHARACTERS = 120
_PUBLISHED = re.compile(r"^(?:first\s+)?(?:published|posted|date|dated|issued)\b(?:\s+on\b)?\s*:?\s*", re.IGNORECASE)
_WHEN = r"(?:[A-Z][a-z]+\.?,?\s+){0,2}\d[^.!?]*(?:\d\.\d[^.!?]*)?"
_CHANGED = re.compile(rf"[\s,;|(·•–—-]*\b(?i:(?:last\s+)?(?:updated|modified|edited|revised)(?:\s+(?:on|at))?)\s*:?\s*{_WHEN}$")
_AGO = re.compile(r"(?:\d+|an?|one)\s*(?:seconds?|minutes?|mins?|hours?|hrs?|days?|weeks?)\s+ago", re.IGNORECASE)
_NAME = r"[A-Z][\w.’'-]*"
_BYLINE = re.compile(
    rf"(?:(?:Words|Reporting|Written|Story)\s+)?(?:By|BY|by)[:\s]\s*{_NAME}(?:(?:\s+(?:de|van|von|al|el|bin))?\s+{_NAME}.*)?|by \S+"
)
_BREAK = re.compile(r"\s+[–—/-]\s+|\s*[|·•]\s*|\s+(?=by\s)")
_NAMED_DAY = re.compile(r"By\b\D*?((?:[A-Z][a-z]+\.?\s+)?\d.*)")
_TIME_OF_DAY = re.compile(
    r"(?:at\s+)?\d{1,2}(?:[:.]\d\d(?!\d).{0,12}|\s*[ap]\.?m\b\.?(?:\s+[A-Z]{2,5})?)|\d+\s+min(?:ute)?s?\s+read", re.IGNORECASE
)
_NEWSPAPER = re.compile(rf"\s*[/|·•]\s*{_NAME}(?:\s+{_NAME}){{0,2}}$")
_IN_NUMBERS = re.compile(r"\d{1,2}([/.-])\d{1,2}\1\d{2,4}")


def published_on(line: str) -> str | None:
    """The day on which the line says that the article came out, if it says nothing else; that of a later change is another.

    >>> published_on("Published: 22 November 2024, updated 23 November 2024"), published_on("Updated 23 November 2024")
    ('2024-11-22', None)
    """
    if len(line) > MAX_CHARACTERS:
        return None
    told = _NEWSPAPER.sub("", _CHANGED.sub("", line))
    parts = [part for part in _BREAK.split(told) if part and not is_byline(part) and not _TIME_OF_DAY.fullmatch(part)]
    named = _NAMED_DAY.fullmatch(line) if not parts else None
    return date_of(named[1] if named else _without_opening(parts[0])) if named or len(parts) == 1 else None


def is_byline(line: str) -> bool:
    """Whether the line names who wrote the article, or tells how long ago or when it was changed, and nothing else.

    >>> is_byline("By Jon Ferris, BBC"), is_byline("3 hours agoBy Ines Okafor"), is_byline("By Friday the troops had gone")
    (True, True, False)
    """
    if len(line) > MAX_CHARACTERS or ENDS_A_SENTENCE.search(line):
        return False
    rest = _without_opening(_AGO.sub("", _CHANGED.sub("", line), count=1).strip(" |·•–—-"))
    return not rest or _BYLINE.fullmatch(rest) is not None


def is_head_line(line: str) -> bool:
    """Whether the line tells who wrote the article or when, and nothing else."""
    return is_byline(line) or _tells_a_day(line)


def with_head_lines(article: Extracted, *, has_more_dates: bool = False) -> Extracted:
    """The article with the day from the lines that begin its body, or follow a title there, and tell who wrote it and when; without these.

    Where the date is known, lines with a day stay in the body, unless the article `has_more_dates`, as a page has that shows what its head
    tells.
    """
    lines = article.body.split("\n")
    first = 0 if article.title or is_head_line(lines[0]) else 1
    is_head = is_head_line if article.date is None or has_more_dates else is_byline
    end = last = first
    # A standfirst or a name alone may stand among them; no sentence does.
    while last < min(len(lines) - 1, MAX_LINES) and (is_head(lines[last]) or not ENDS_A_SENTENCE.search(lines[last])):
        last += 1
        if is_head(lines[last - 1]):
            end = last
    head = [line for line in lines[first:end] if is_head(line)]
    kept = [line for line in lines[first:end] if not is_head(line)]
    day = article.date or next(filter(None, map(published_on, head)), None)
    unclear = next((line for line in head if _tells_a_day(line)), "")
    warnings = () if day else article.warnings or tuple(warn_of_date(_without_opening(unclear)))
    return replace(article, body="\n".join(lines[:first] + kept + lines[end:]), date=day, warnings=warnings)


def _tells_a_day(line: str) -> bool:
    """Whether the line is a date, be it one that can be read in two ways."""
    return published_on(line) is not None or _IN_NUMBERS.fullmatch(_without_opening(line)) is not None


def _without_opening(line: str) -> str:
    return _PUBLISHED.sub("", line).strip(" ,")
