"""Days as people and programs write them, by dateutil (https://dateutil.readthedocs.io): the one day that the words mean, or none.

Nothing is guessed: a part that is missing, or a day and a month that could be each other, leave no date. What stands in the head of plain
text is narrower (`layout.as_date`).
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, timezone

from contrast.reading.layout import as_date

MAX_CHARACTERS = 60
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_TIME = re.compile(r"[\sT]+\d{1,2}[:.]\d\d[\d:.]*\s*(?:[A-Z]{1,5}|[+-]\d\d:?\d\d)?", re.IGNORECASE)
_POINTED = re.compile(r"\b([ap])\.\s?m\b\.?", re.IGNORECASE)
_TIME_WITH_POINT = re.compile(r"(?<=\s)(\d{1,2})\.(\d\d)(?=\s*(?:[ap]m)?\s*(?:[A-Z]{2,5})?$)")
_COMPACT = re.compile(r"(\d{8})\d{4}(?:\d\d)?")
_SECONDS, _MILLISECONDS = re.compile(r"\d{9,10}(?:\.\d+)?"), re.compile(r"\d{13}(?:\.0)?")
# What is missing from a date is taken from one of these; a whole date is the same with both.
_DEFAULTS = (datetime(2000, 1, 1), datetime(2001, 2, 2))


def date_of(line: str) -> str | None:
    """The day of a line that holds nothing else but a time perhaps, as YYYY-MM-DD.

    >>> date_of("11 March 2019"), date_of("Nov. 22, 2024, 9:15 a.m."), date_of("22/11/2024"), date_of("In March 2019")
    ('2019-03-11', '2024-11-22', '2024-11-22', None)
    >>> date_of("03/04/2024"), date_of("31 February 2019")
    (None, None)
    """
    if len(line) > MAX_CHARACTERS or (not _YEAR.search(line) and not as_date(line)):
        return None
    day = as_date(line) or _of_year_first(line) or _of_words(line)
    return day if day and _is_in_calendar(day) else None


def date_given(given: object) -> str | None:
    """The day of what was given as a date, in words or as the seconds or milliseconds since 1970, as YYYY-MM-DD.

    >>> date_given("Fri, 22 Nov 2024 10:00:00 GMT"), date_given(1732269600), date_given("2024-11-22T10:00:00+01:00")
    ('2024-11-22', '2024-11-22', '2024-11-22')
    """
    written = " ".join(str(given).split())
    if _SECONDS.fullmatch(written) or _MILLISECONDS.fullmatch(written):
        seconds = float(written) / (1000 if _MILLISECONDS.fullmatch(written) else 1)
        return datetime.fromtimestamp(seconds, timezone.utc).date().isoformat()
    compact = _COMPACT.fullmatch(written)
    begins = as_date(written[:10])
    return date_of(compact[1] if compact else written) or (begins if begins and _is_in_calendar(begins) else None)


def warn_of_date(given: object) -> Iterator[str]:
    """A warning for what was given as a date and is none for certain.

    >>> list(warn_of_date("03/04/2024"))
    ["the date '03/04/2024' cannot be told for certain; expected YYYY-MM-DD; the article is read as one without a date"]
    """
    written = " ".join(str(given).split())
    if written and date_given(written) is None:
        shown = written if len(written) <= MAX_CHARACTERS else f"{written[:MAX_CHARACTERS]}…"
        yield f"the date {shown!r} cannot be told for certain; expected YYYY-MM-DD; the article is read as one without a date"


def _of_year_first(line: str) -> str | None:
    match = _YEAR_FIRST.match(line)
    if match is None or (match.end() < len(line) and not _TIME.fullmatch(line[match.end() :])):
        return None
    return f"{match[1]}-{match[2]:0>2}-{match[3]:0>2}"


def _of_words(line: str) -> str | None:
    from dateutil.parser import parse

    written = _TIME_WITH_POINT.sub(r"\1:\2", _POINTED.sub(r"\1m", line))
    if written.isdigit() or len(_YEAR.findall(written)) != 1:
        return None
    days: set[date] = set()
    for default in _DEFAULTS:
        for is_day_first in (False, True):
            try:
                days.add(parse(written, default=default, dayfirst=is_day_first, ignoretz=True).date())
            except (ValueError, OverflowError):
                return None
    return days.pop().isoformat() if len(days) == 1 else None


def _is_in_calendar(day: str) -> bool:
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True
