"""The order in time: whether what is reported lies where the statement could be broken or belied.

An intention binds from the day on which it was said, a statement "until May" up to May, one "by May" or "from May" from May on. A claim may
be about any time before; of its dates only those that bound it count. A time that a sentence leaves unsaid is unknown, whatever its
neighbours say. What lies outside the time is a label beside a contrast, and one of the circumstances of a pair's probability.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from contrast.dates import Bound, Dated, find_dates
from contrast.days import Days, Direction, day_of, resolve
from contrast.encoder import FloatArray
from contrast.schema import Observation, Statement

# The bounds from which on a statement binds; what an intention says of "at Friday" it says from then on, and what it tells of since when
# something has been so ("the pictures collected since 2017 will go") bounds nothing that is to come.
_BEGINNINGS: dict[str, tuple[Bound, ...]] = {
    "intention": ("said", "from", "by", "at", "within"),
    "claim": ("from", "since", "by", "within"),
}
# Where to look for a date that an intention names without its year.
_AHEAD: dict[Bound, Direction] = {
    "from": "nearest",
    "at": "nearest",
    "within": "nearest",
    "since": "past",
    "by": "future",
    "until": "future",
    "before": "future",
}
# Bounds of an observation that leave open until when; and up to where a sentence is about the year that it opens with.
_OPEN: tuple[Bound, ...] = ("from", "since")
N_OPENING_CHARACTERS = 12


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


@dataclass(frozen=True, slots=True)
class Window:
    """From when until when a statement binds; None where it does not say."""

    begins: date | None
    ends: date | None

    def excludes(self, happened: Days) -> bool:
        """Whether all of these days lie before or after."""
        return bool((self.begins and happened.last < self.begins) or (self.ends and happened.first > self.ends))

    def __str__(self) -> str:
        return " ".join(f"{word} {day}" for word, day in (("from", self.begins), ("until", self.ends)) if day)


def are_out_of_time(pairs: Sequence[tuple[Statement, Observation]], article_date: str | None) -> FloatArray:
    """For each pair (n,) 1 where the check of time fails, else 0; each sentence is read once."""
    windows = {s.id: window_of(s, dates_of_statement(s, article_date)) for s in {s.id: s for s, _ in pairs}.values()}
    days = {o.id: when_happened(dates_of_observation(o, article_date)) for o in {o.id: o for _, o in pairs}.values()}
    known = ((windows[s.id], days[o.id]) for s, o in pairs)
    return np.array(
        [window is not None and happened is not None and window.excludes(happened) for window, happened in known], dtype=np.float32
    )


def window_of(statement: Statement, dates: Iterable[Resolved]) -> Window | None:
    """For when a statement binds by its own dates; None where they do not tell."""
    known = list(dates)
    begins = [one.days.first for one in known if one.dated.bound in _BEGINNINGS[statement.kind]]
    ends = [one.days.last for one in known if one.dated.bound in ("until", "within")]
    ends += [one.days.first - timedelta(days=1) for one in known if one.dated.bound == "before" and one.days.first > date.min]
    return Window(max(begins, default=None), min(ends, default=None)) if begins or ends else None


def when_happened(dates: Iterable[Resolved]) -> Days | None:
    """The days for which something is reported; the day on which it was told does not count.

    Nor does one before which it happened, which leaves open when, or a year within the sentence, which tells of something else in
    passing ("the mill, built in 1903, was shut").
    """
    told = [
        one.days
        for one in dates
        if one.dated.bound not in ("said", "before") and (one.dated.unit != "year" or one.start <= N_OPENING_CHARACTERS)
    ]
    return Days(min(days.first for days in told), max(days.last for days in told)) if told else None


def dates_of_statement(statement: Statement, article_date: str | None) -> list[Resolved]:
    """The dates of a statement; what an intention has ahead is counted from the day on which it was said, where that is told."""
    dates = list(find_dates(statement.text))
    said = [Resolved(dated, days) for dated in dates if dated.bound == "said" and (days := resolve(dated, article_date, "past"))]
    is_ahead = statement.kind == "intention"
    since = str(said[0].days.first) if said and is_ahead else article_date
    others = [
        Resolved(dated, days)
        for dated in dates
        if dated.bound != "said" and (days := resolve(dated, since, _AHEAD[dated.bound] if is_ahead else "past"))
    ]
    return sorted([*said, *others], key=lambda one: one.start)


def dates_of_observation(observation: Observation, article_date: str | None) -> list[Resolved]:
    """The dates of an observation, but for those after the article's own, at which nothing can have been seen yet.

    What has been so since a day is so up to that of the article, and unknown without it, unless it says until when.
    """
    found = [Resolved(dated, days) for dated in find_dates(observation.text) if (days := resolve(dated, article_date, "past"))]
    today = day_of(article_date)
    if today is None:
        return [one for one in found if one.dated.bound not in _OPEN]
    seen = [one for one in found if one.days.first <= today]
    has_end = any(one.dated.bound == "until" for one in found)
    return [replace(one, days=Days(one.days.first, today)) if one.dated.bound in _OPEN and not has_end else one for one in seen]
