"""When, in days: what the dates of a sentence mean, counted from the article's date.

Their names and distances are resolved by dateutil (https://dateutil.readthedocs.io), imported when the first date is. Dates that need the
article's date, such as "Tuesday" or "in March", stay unresolved without it.
"""

import re
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from contrast.bounds import Bound, Unit
from contrast.dates import MONTH, NUMBER, ON_WEEKDAY, ORDINAL, TO, WEEKDAY, YEAR, Dated
from contrast.lexicon import NUMBERS

Direction = Literal["past", "future", "nearest"]

# What a date is made of: its turn (last, this, next), or a number of units from the article's date.
_TURN = re.compile(rf"(last|next|this)\s(day|week|month|year|{WEEKDAY}|{MONTH})", re.IGNORECASE)
_AWAY = re.compile(rf"(in\s)?({NUMBER})\s(day|week|month|year)s?\b", re.IGNORECASE)
_WITH_WEEKDAY = re.compile(rf"{ON_WEEKDAY}(?=\w)(?=.*\d)", re.DOTALL)
_NAMED_DAYS = {"yesterday": -1, "last night": -1, "tomorrow": 1}
_TURNS = {"last": -1, "this": 0, "next": 1}
_DIRECTIONS: dict[str, Direction] = {"last": "past", "this": "nearest", "next": "future"}
_UNITS = frozenset(["day", "week", "month", "year"])
# With these "the end of March" is its last day, else its last third.
_ON_A_DAY: tuple[Bound, ...] = ("from", "since", "until", "before", "by")


@dataclass(frozen=True, slots=True)
class Days:
    """A span of days, both ends within."""

    first: date
    last: date

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first} to {self.last}"


@dataclass(frozen=True, slots=True)
class Resolved:
    """A date of a sentence and the days that it means."""

    dated: Dated
    days: Days

    @property
    def start(self) -> int:
        return self.dated.start

    @property
    def end(self) -> int:
        return self.dated.end


def resolve(dated: Dated, article_date: str | None, direction: Direction) -> Days | None:
    """The days that are meant, counted from the article's date; `direction` tells where to look for what the words leave open.

    None where nothing tells.

    >>> from contrast.dates import find_dates
    >>> (friday,) = find_dates("It shut on Friday.")
    >>> str(resolve(friday, "2024-03-12", "past"))
    '2024-03-08'
    """
    base = day_of(article_date)
    if base is None and not re.search(YEAR, dated.text):
        return None
    base = base or date(2000, 1, 1)
    if dated.unit in ("days", "months"):
        return _range(dated, article_date, direction)
    ways: tuple[Direction, ...] = ("past", "future") if direction == "nearest" else (direction,)
    try:
        found = [day for way in ways if (day := _parse(dated.text, base, way))]
        return _narrowed(_widened(min(found, key=lambda day: abs(day - base)), dated.unit), dated) if found else None
    except (ValueError, OverflowError):  # 31 February, or before the first year or after the last that a calendar holds
        return None


def _range(dated: Dated, article_date: str | None, direction: Direction) -> Days | None:
    """From the first day of a range to its last; from November to February it goes over the turn of the year."""
    unit: Unit = "month" if dated.unit == "months" else "day"
    first, last = (resolve(replace(dated, text=words, unit=unit), article_date, direction) for words in _ends_of(dated.text))
    if first is None or last is None or first.first <= last.last:
        return Days(first.first, last.last) if first and last else None
    if unit == "day" or first.first.year == 1:
        return None
    return Days(_moved(first.first, years=-1), last.last) if direction == "past" else Days(first.first, _moved(last.last, years=1, day=31))


def _ends_of(words: str) -> tuple[str, str]:
    """The first and the last of days of one month, or of months.

    >>> _ends_of("1 to 5 June 2024"), _ends_of("June 1-5"), _ends_of("March to May 2023")
    (('1 June 2024', '5 June 2024'), ('June 1', 'June 5'), ('March 2023', 'May 2023'))
    """
    first, last = re.split(rf"{TO}|\sand\s", words, maxsplit=1)
    ordinal = re.compile(ORDINAL)
    if first[0].isdigit():
        return ordinal.sub(first, last, count=1), last
    year = re.search(rf",?\s{YEAR}", last)
    return first + (year[0] if year else ""), ordinal.sub(last, first) if ordinal.search(first) else last


def _parse(words: str, base: date, direction: Direction) -> date | None:
    """The day that the words name, the first of several; what they leave open is looked for on that side of `base`, itself included."""
    words = _WITH_WEEKDAY.sub("", words)
    if away := _AWAY.match(words):
        number = NUMBERS.get(away[2].casefold()) or (1 if away[2].casefold() in ("a", "an") else int(away[2]))
        return _moved(base, **{f"{away[3].casefold()}s": number if away[1] else -number})
    turn = _TURN.match(words)
    if turn and turn[2].casefold() in _UNITS:
        return _moved(base, **{f"{turn[2].casefold()}s": _TURNS[turn[1].casefold()]})
    if named := re.search(WEEKDAY, words):
        return _weekday(named[0], base, direction, turn[1].casefold() if turn else None)
    if re.search(MONTH, words) or re.fullmatch(rf"{YEAR}(?:-\d\d-\d\d)?", words):
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
    if re.search(YEAR, words):
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


def _narrowed(days: Days, dated: Dated) -> Days:
    """The part of the days that is meant: the first third of them is early, the last late; the middle of April that bounds is its 15th."""
    n_days = (days.last - days.first).days + 1
    third = 1 if dated.bound in _ON_A_DAY and dated.part in ("start", "end") else max(1, round(n_days / 3))
    if dated.part in ("start", "early"):
        return Days(days.first, days.first + timedelta(days=third - 1))
    if dated.part in ("late", "end"):
        return Days(days.last - timedelta(days=third - 1), days.last)
    if dated.part == "middle":
        middle = days.first + timedelta(days=(n_days - 1) // 2)
        around = timedelta(days=0 if dated.bound in _ON_A_DAY else third // 2)
        return Days(middle - around, middle + around)
    return days


def day_of(written: str | None) -> date | None:
    """The day of an article's date; None for one that no calendar holds, such as 2022-02-31."""
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        return None
