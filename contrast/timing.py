"""The order in time: whether what is reported lies where the statement could be broken or belied.

An intention binds from the day on which it was said, a statement "until May" up to May, one "by May" or "from May" from May on. A claim
is about the time that it names, not the day on which it was said; without one it may be about any time before. A time that a sentence
leaves unsaid is unknown, whatever its neighbours say. What lies outside the time is a label beside a contrast, and one of the circumstances
of a pair's probability.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from contrast.bounds import Bound
from contrast.claims import time_of_claim
from contrast.dates import find_dates
from contrast.days import Days, Direction, Resolved, day_of, resolve
from contrast.encoder import FloatArray
from contrast.schema import Observation, Statement

# The bounds from which on a statement binds; what an intention says of "at Friday" it says from then on, and what it tells of since when
# something has been so ("the pictures collected since 2017 will go") bounds nothing that is to come.
_BEGINNINGS: dict[str, tuple[Bound, ...]] = {
    "intention": ("said", "from", "by", "at", "for", "within"),
    "claim": ("from", "since", "within"),
}
# Where to look for a date that an intention names without its year.
_AHEAD: dict[Bound, Direction] = {
    "from": "nearest",
    "at": "nearest",
    "for": "nearest",
    "within": "nearest",
    "since": "past",
    "by": "future",
    "until": "future",
    "before": "future",
}
# A date of something else that an intention names: the flood of 3 May, the mill which opened in 1974, ahead of the race on 5 January.
_OF_ANOTHER = re.compile(
    r"(?<!end\s)(?<!start\s)(?<!beginning\s)(?<!middle\s)\bof\s$|\b(?:which|who|whose|where|ahead\s+of|in\s+time\s+for|before|until|when|after)\b[^,;.]*$"
    r"|,\s\w+ed\s(?:in|on)\s$",
    re.IGNORECASE,
)
# What a claim tells of what is to come.
_TO_COME = re.compile(r"\b(?:will|would|shall|is to|are to|due to|expected to|set to|plans? to)\b|['’]ll\b", re.IGNORECASE)
# Bounds of an observation that leave open until when; and up to where a sentence is about the year that it opens with.
_OPEN: tuple[Bound, ...] = ("from", "since")
N_OPENING_CHARACTERS = 12


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
    """For when a statement binds by its own dates; None where they do not tell, or contradict one another."""
    known = list(dates)
    begins = [one.days.first for one in known if one.dated.bound in _BEGINNINGS[statement.kind] and not _is_of_another(statement, one)]
    ends = [last for one in known if (last := _last_day(one))]
    if statement.kind == "claim" and (about := time_of_claim(statement, known)):
        begins.append(about.first)
        ends.append(about.last)
    window = Window(max(begins, default=None), min(ends, default=None))
    if window.begins and window.ends:
        return window if window.begins <= window.ends else None
    return window if begins or ends else None


def _is_of_another(statement: Statement, one: Resolved) -> bool:
    return one.dated.bound == "at" and _OF_ANOTHER.search(statement.text, 0, one.start) is not None


def _last_day(one: Resolved) -> date | None:
    """The last day on which a statement binds by one of its dates."""
    bound, part = one.dated.bound, one.dated.part
    if (bound == "before" and part != "end") or (bound == "until" and part == "start"):
        return one.days.first - timedelta(days=1) if one.days.first > date.min else None
    return one.days.last if bound in ("until", "before", "within") else None


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
    since = str(said[0].days.first) if said and statement.kind == "intention" else article_date
    others = [
        Resolved(dated, days)
        for dated in dates
        if dated.bound not in ("said", "than") and (days := resolve(dated, since, _direction(statement, dated.bound)))
    ]
    return sorted([*said, *others], key=lambda one: one.start)


def _direction(statement: Statement, bound: Bound) -> Direction:
    """Where to look for a date that a statement names without its year."""
    if statement.kind == "intention":
        return _AHEAD[bound]
    return "nearest" if bound == "for" or _TO_COME.search(statement.text) else "past"


def dates_of_observation(observation: Observation, article_date: str | None) -> list[Resolved]:
    """The dates of an observation, but for that of a comparison and those after the article's own, at which nothing can have been seen yet.

    A list may be for a month to come. What has been so since a day is so up to that of the article, and unknown without it, unless it says
    until when.
    """
    dates = [dated for dated in find_dates(observation.text) if dated.bound != "than"]
    found = [
        Resolved(dated, days) for dated in dates if (days := resolve(dated, article_date, "nearest" if dated.bound == "for" else "past"))
    ]
    today = day_of(article_date)
    if today is None:
        return [one for one in found if one.dated.bound not in _OPEN]
    seen = [one for one in found if one.days.first <= today or one.dated.bound == "for"]
    has_end = any(one.dated.bound == "until" for one in found)
    return [replace(one, days=Days(one.days.first, today)) if one.dated.bound in _OPEN and not has_end else one for one in seen]
