"""When: the dates that a sentence names, as spans of days, counted from the article's date.

What looks like a date is found by the patterns below, since a parser alone would take many a number or "may" for one, and its names and
distances are resolved by dateutil (https://dateutil.readthedocs.io), imported when the first date is. Dates that need the article's date,
such as "Tuesday" or "in March", stay unresolved without it.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from contrast.lexicon import NUMBERS

Unit = Literal["day", "days", "week", "month", "year"]
Bound = Literal["said", "from", "since", "until", "before", "by", "at", "within"]
Direction = Literal["past", "future", "nearest"]

_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December|Jan\.|Feb\.|Mar\.|Apr\.|Jun\.|Jul\.|Aug\.|Sept?\."
    r"|Oct\.|Nov\.|Dec\.|(?:Jan|Feb|Aug|Sept|Oct|Nov|Dec)\b(?=\s\d))"
)
_WEEKDAY = r"(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)"
_NUMBER = r"(?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_YEAR = r"(?:19|20)\d\d"
_ORDINAL = r"\d{1,2}(?:st|nd|rd|th)?"
_TO = r"(?:\s?[-–—]\s?|\s(?:to|until|till|through)\s)"
# What a date looks like; of two that begin at one place the first is taken.
PATTERNS: tuple[tuple[Unit, str], ...] = (
    ("day", rf"{_YEAR}-\d\d-\d\d"),
    ("days", rf"(?:{_ORDINAL}{_TO}|(?<=\b[Bb]etween\s){_ORDINAL}\sand\s){_ORDINAL}\s(?:of\s)?{_MONTH}(?:,?\s{_YEAR})?"),
    ("days", rf"(?:{_MONTH}\s{_ORDINAL}{_TO}|(?<=\b[Bb]etween\s){_MONTH}\s{_ORDINAL}\sand\s){_ORDINAL}(?!\d)(?:,?\s{_YEAR})?"),
    ("day", rf"{_MONTH}\s{_ORDINAL}(?!\d)(?:,?\s{_YEAR})?"),
    ("day", rf"{_ORDINAL}\s(?:of\s)?{_MONTH}(?:,?\s{_YEAR})?"),
    ("month", rf"{_MONTH},?\s{_YEAR}"),
    (
        "month",
        rf"(?:(?:[Ll]ast|[Nn]ext|[Tt]his)\s|(?<=\b[Ii]n\s)|(?<=\b[Bb]y\s)|(?<=\bof\s)|(?<=\bsince\s)|(?<=\buntil\s)|(?<=\bfrom\s)){_MONTH}",
    ),
    ("day", rf"(?:(?:[Ll]ast|[Nn]ext|[Tt]his)\s)?{_WEEKDAY}(?:\s(?:morning|afternoon|evening|night))?"),
    ("day", r"(?:[Yy]esterday|[Tt]oday|[Tt]omorrow|[Tt]onight|(?<!the\s)[Ll]ast\snight|[Tt]his\s(?:morning|afternoon|evening))"),
    ("week", r"(?<!the\s)(?:[Ll]ast|[Nn]ext|[Tt]his)\sweek"),
    ("month", r"(?<!the\s)(?:[Ll]ast|[Nn]ext|[Tt]his)\smonth"),
    ("year", r"(?<!the\s)(?:[Ll]ast|[Nn]ext|[Tt]his)\syear"),
    ("day", rf"(?<![\d,.]){_NUMBER}\sdays?\sago|[Ii]n\s{_NUMBER}\sdays?(?:\stime)?"),
    ("week", rf"(?<![\d,.]){_NUMBER}\sweeks?\sago|[Ii]n\s{_NUMBER}\sweeks?(?:\stime)?"),
    ("month", rf"(?<![\d,.]){_NUMBER}\smonths?\sago|[Ii]n\s{_NUMBER}\smonths?(?:\stime)?"),
    ("year", rf"(?<![\d,.]){_NUMBER}\syears?\sago|[Ii]n\s{_NUMBER}\syears?(?:\stime)?"),
    ("year", rf"(?<=\b[Ii]n\s){_YEAR}|(?<=\bsince\s){_YEAR}|(?<=\b[Bb]y\s){_YEAR}|(?<=\buntil\s){_YEAR}|(?<=\bof\s){_YEAR}"),
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
# What a date is made of: its turn (last, this, next), or a number of units from the article's date.
_TURN = re.compile(rf"(last|next|this)\s(day|week|month|year|{_WEEKDAY}|{_MONTH})", re.IGNORECASE)
_AWAY = re.compile(rf"(in\s)?({_NUMBER})\s(day|week|month|year)s?\b", re.IGNORECASE)
_NAMED_DAYS = {"yesterday": -1, "last night": -1, "tomorrow": 1}
_TURNS = {"last": -1, "this": 0, "next": 1}
_DIRECTIONS: dict[str, Direction] = {"last": "past", "this": "nearest", "next": "future"}
_UNITS = frozenset(["day", "week", "month", "year"])
_LINK = re.compile(rf"{_TO}|\s?and\s", re.IGNORECASE)
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


@dataclass(frozen=True, slots=True)
class Days:
    """A span of days, both ends within."""

    first: date
    last: date

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first} to {self.last}"


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
    if first.bound != "from" and all(re.fullmatch(_WEEKDAY, one.text) for one in (first, last)):
        return
    year = re.search(_YEAR, last.text)
    is_shared = year and re.search(_MONTH, first.text) and not re.search(_YEAR, first.text)
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


def resolve(dated: Dated, article_date: str | None, direction: Direction) -> Days | None:
    """The days that are meant, counted from the article's date; `direction` tells where to look for what the words leave open.

    None where nothing tells.

    >>> (friday,) = find_dates("It shut on Friday.")
    >>> str(resolve(friday, "2024-03-12", "past"))
    '2024-03-08'
    """
    base = day_of(article_date)
    if base is None and not re.search(_YEAR, dated.text):
        return None
    base = base or date(2000, 1, 1)
    if dated.unit == "days":
        ends = [resolve(replace(dated, text=words, unit="day"), article_date, direction) for words in _ends_of(dated.text)]
        return Days(ends[0].first, ends[1].last) if ends[0] and ends[1] and ends[0].first <= ends[1].last else None
    ways: tuple[Direction, ...] = ("past", "future") if direction == "nearest" else (direction,)
    try:
        found = [day for way in ways if (day := _parse(dated.text, base, way))]
        return _widened(min(found, key=lambda day: abs(day - base)), dated.unit) if found else None
    except (ValueError, OverflowError):  # 31 February, or before the first year or after the last that a calendar holds
        return None


def _ends_of(words: str) -> tuple[str, str]:
    """The first and the last day of days of one month.

    >>> _ends_of("1 to 5 June 2024"), _ends_of("June 1-5")
    (('1 June 2024', '5 June 2024'), ('June 1', 'June 5'))
    """
    first, last = re.split(rf"{_TO}|\sand\s", words, maxsplit=1)
    ordinal = re.compile(_ORDINAL)
    if first[0].isdigit():
        return ordinal.sub(first, last, count=1), last
    year = re.search(rf",?\s{_YEAR}", last)
    return first + (year[0] if year else ""), ordinal.sub(last, first)


def _parse(words: str, base: date, direction: Direction) -> date | None:
    """The day that the words name, the first of several; what they leave open is looked for on that side of `base`, itself included."""
    if away := _AWAY.match(words):
        number = NUMBERS.get(away[2].casefold()) or (1 if away[2].casefold() in ("a", "an") else int(away[2]))
        return _moved(base, **{f"{away[3].casefold()}s": number if away[1] else -number})
    turn = _TURN.match(words)
    if turn and turn[2].casefold() in _UNITS:
        return _moved(base, **{f"{turn[2].casefold()}s": _TURNS[turn[1].casefold()]})
    if named := re.search(_WEEKDAY, words):
        return _weekday(named[0], base, direction, turn[1].casefold() if turn else None)
    if re.search(_MONTH, words) or re.fullmatch(rf"{_YEAR}(?:-\d\d-\d\d)?", words):
        return _in_calendar(words[turn.start(2) :] if turn else words, base, _DIRECTIONS[turn[1].casefold()] if turn else direction)
    return _moved(base, days=_NAMED_DAYS.get(words.casefold(), 0))


def _weekday(name: str, base: date, direction: Direction, turn: str | None) -> date:
    from dateutil.parser import parserinfo
    from dateutil.relativedelta import weekday

    number = parserinfo().weekday(name)
    if turn == "last" or (turn is None and direction == "past"):
        return _moved(base, days=-1 if turn else 0, weekday=weekday(number, -1))
    return _moved(base, days=1 if turn == "next" else 0, weekday=weekday(number, 1))


def _in_calendar(words: str, base: date, direction: Direction) -> date | None:
    """A year, a month or a day of the calendar, its year looked for where the words do not name it; "past" takes in the next day."""
    from dateutil.parser import parse

    found: date = parse(words, default=datetime(base.year, 1, 1)).date()
    if re.search(_YEAR, words):
        return found
    last = _moved(found, day=31) if not re.search(r"\d", words) else found
    if direction == "past" and found > base + timedelta(days=1):
        return _moved(found, years=-1)
    if direction == "future" and last < base:
        return _moved(found, years=1)
    return found


def _moved(base: date, **by: object) -> date:
    from dateutil.relativedelta import relativedelta

    moved: date = base + relativedelta(**by)
    return moved


def _widened(day: date, unit: Unit) -> Days:
    if unit == "week":
        monday = day - timedelta(days=day.weekday())
        return Days(monday, monday + timedelta(days=6))
    if unit == "month":
        return Days(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))
    if unit == "year":
        return Days(date(day.year, 1, 1), date(day.year, 12, 31))
    return Days(day, day)


def day_of(written: str | None) -> date | None:
    """The day of an article's date; None for one that no calendar holds, such as 2022-02-31."""
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        return None
