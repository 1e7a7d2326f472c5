"""The order in time: whether what is reported lies where the statement could be broken or belied.

An intention binds from the day on which it was said, a statement "until May" up to May, one "by May" or "from May" from May on. A claim may
be about any time before; of its dates only those that bound it count. A time that a sentence leaves unsaid is unknown, whatever its
neighbours say.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from contrast.explaining.dates import Bound, Dated, Days, Direction, find_dates, resolve
from contrast.explaining.spans import Surroundings, spans_of, stretches_of
from contrast.schema import Check, Observation, Statement

# The bounds from which on a statement binds; what an intention says of "at Friday" it says from then on, and what it tells of since when
# something has been so ("the pictures collected since 2017 will go") bounds nothing that is to come.
_BEGINNINGS: dict[str, tuple[Bound, ...]] = {"intention": ("said", "from", "by", "at"), "claim": ("from", "since", "by")}
# Where to look for a date that an intention names without its year.
_AHEAD: dict[Bound, Direction] = {"from": "nearest", "at": "nearest", "since": "past", "by": "future", "until": "future"}


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

    def __str__(self) -> str:
        return " ".join(f"{word} {day}" for word, day in (("from", self.begins), ("until", self.ends)) if day)


def check_time(statement: Statement, observation: Observation, around: Surroundings) -> Check:
    """Passes where what is reported happened within the time for which the statement binds; fails where before or after."""
    said, seen = _resolved_of_statement(statement, around.date), _resolved_of_observation(observation, around.date)
    spans = spans_of(statement, stretches_of(said)), spans_of(observation, stretches_of(seen))
    window, happened = window_of(statement, said), when_happened(seen)
    if window is None or happened is None:
        sides = [side for side, time in (("statement", window), ("observation", happened)) if time is None]
        return Check("time", "unknown", f"the {' and the '.join(sides)} {'gives' if len(sides) == 1 else 'give'} no date to go by", *spans)
    reason = f"reported for {happened}, the statement holds {window}"
    if (window.begins and happened.last < window.begins) or (window.ends and happened.first > window.ends):
        return Check("time", "fail", reason, *spans)
    # What lies before the end of an intention may lie before its beginning, which only a date can rule out.
    is_after = happened.first >= window.begins if window.begins else statement.kind == "claim"
    is_within = is_after and (not window.ends or happened.last <= window.ends)
    return Check("time", "pass" if is_within else "unknown", reason, *spans)


def window_of(statement: Statement, dates: Iterable[Resolved]) -> Window | None:
    """For when a statement binds by its own dates; None where they do not tell."""
    known = list(dates)
    begins = [one.days.first for one in known if one.dated.bound in _BEGINNINGS[statement.kind]]
    ends = [one.days.last for one in known if one.dated.bound == "until"]
    return Window(max(begins, default=None), min(ends, default=None)) if begins or ends else None


def when_happened(dates: Iterable[Resolved]) -> Days | None:
    """The days for which something is reported; the day on which it was told does not count."""
    told = [one.days for one in dates if one.dated.bound != "said"]
    return Days(min(days.first for days in told), max(days.last for days in told)) if told else None


def _resolved_of_statement(statement: Statement, article_date: str | None) -> list[Resolved]:
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


def _resolved_of_observation(observation: Observation, article_date: str | None) -> list[Resolved]:
    """The dates of an observation, but for those after the article's own, at which nothing can have been seen yet."""
    found = [Resolved(dated, days) for dated in find_dates(observation.text) if (days := resolve(dated, article_date, "past"))]
    return [one for one in found if not article_date or str(one.days.first) <= article_date]
