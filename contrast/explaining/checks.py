"""What a contrast needs, checked against the words of both sides: the same actor, the same place, an order in time, amounts that differ.

Each check passes, fails, or is unknown, and names the words that it rests on. Unknown is said wherever the text does not tell. A check is a
label beside the flag and removes none; only time moves a pair's probability (`timing`). What stands behind each, and what it cannot know,
is told in `names`, `timing` and `amounts`; how checks fall out among right and wrong flags is printed by `contrast evaluate explanations`.
"""

import re
from collections.abc import Callable, Iterable
from itertools import product

from contrast.attribution import attributions_of, lies_within
from contrast.dates import find_dates
from contrast.explaining.amounts import Amount, find_amounts
from contrast.explaining.names import Name, find_names, names_alike, own_words
from contrast.explaining.parties import find_other_party, find_words_of, proper_words
from contrast.explaining.spans import Spans, Surroundings, spans_of, stretches_of
from contrast.lexicon import OPPOSITES
from contrast.schema import Check, Observation, Statement, phrases_of
from contrast.timing import dates_of_observation, dates_of_statement, when_happened, window_of

_NEGATION = re.compile(
    r"\b(?:no(?!\s+(?:doubt|later|sooner|matter|longer)\b)|not(?!\s+only\b)|never|none|nobody|nothing|denied|denies|deny|rejected)\b|n['’]t\b",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"[,;:]|\b(?:and|but)\b")


def check_pair(statement: Statement, observation: Observation, around: Surroundings) -> tuple[Check, ...]:
    """The four checks of a contrast."""
    return tuple(check(statement, observation, around) for check in CHECKS)


def check_actor(statement: Statement, observation: Observation, around: Surroundings) -> Check:
    """Passes where the observation names the party that speaks, or both name one body; fails where it opens with another party."""
    party = statement.speaker
    if party is None or not proper_words(party, around.capitals):
        return Check("actor", "unknown", "who speaks is not named")
    spoken = spans_of(statement, find_words_of(party, statement.text, around.capitals))
    if same := spans_of(observation, find_words_of(party, observation.text, around.capitals)):
        return Check("actor", "pass", f"{party} speaks; both name {', '.join(phrases_of(same))}", spoken, same)
    names = [list(find_names(side.text, around.capitals)) for side in (statement, observation)]
    aside = [name for side in names for name in side if not name.may_act]
    said, seen = ([name for name in side if not any(names_alike(name.text, other.text) for other in aside)] for side in names)
    if shared := _shared(said, seen):
        return Check("actor", "pass", f"both name {shared[1].text}", *_sides(statement, observation, shared))
    known = [one for one in (party, observation.source) if one]
    if other := find_other_party(observation.text, known, around.parties, around.capitals):
        reason = f"{party} speaks; the observation opens with {observation.text[slice(*other)]}"
        return Check("actor", "fail", reason, spoken, spans_of(observation, [other]))
    return Check("actor", "unknown", "the observation does not name the party that speaks", spoken)


def check_place(statement: Statement, observation: Observation, around: Surroundings) -> Check:
    """Passes where a place of one side is named on the other; fails where the two lie on opposite sides of it, north and south."""
    said, seen = (_names_of_what_is_told(side.text, around.capitals) for side in (statement, observation))
    said_places, seen_places = ([name for name in names if name.is_place] for names in (said, seen))
    if shared := _shared_place(said, seen):
        sides = _sides(statement, observation, shared)
        if opposite := _opposite(statement.text[: shared[0].start], observation.text[: shared[1].start]):
            return Check("place", "fail", f"{opposite[0]} {shared[0].text}, not {opposite[1]} {shared[1].text}", *sides)
        return Check("place", "pass", f"both name {shared[1].text}", *sides)
    spans = spans_of(statement, stretches_of(said_places)), spans_of(observation, stretches_of(seen_places))
    if said_places and seen_places:
        reason = f"{_listed(said_places)} and {_listed(seen_places)}: whether one lies in the other is not known here"
        return Check("place", "unknown", reason, *spans)
    return Check("place", "unknown", "not both sides name a place", *spans)


def check_time(statement: Statement, observation: Observation, around: Surroundings) -> Check:
    """Passes where what is reported happened within the time for which the statement binds; fails where before or after."""
    said, seen = dates_of_statement(statement, around.date), dates_of_observation(observation, around.date)
    spans = spans_of(statement, stretches_of(said)), spans_of(observation, stretches_of(seen))
    window, happened = window_of(statement, said), when_happened(seen)
    if window is None or happened is None:
        sides = [side for side, time in (("statement", window), ("observation", happened)) if time is None]
        return Check("time", "unknown", f"the {' and the '.join(sides)} {'gives' if len(sides) == 1 else 'give'} no date to go by", *spans)
    reason = f"reported for {happened}, the statement holds {window}"
    if window.excludes(happened):
        return Check("time", "fail", reason, *spans)
    # What lies before the end of an intention may lie before its beginning, which only a date can rule out.
    is_after = happened.first >= window.begins if window.begins else statement.kind == "claim"
    is_within = is_after and (not window.ends or happened.last <= window.ends)
    return Check("time", "pass" if is_within else "unknown", reason, *spans)


def check_quantity(statement: Statement, observation: Observation, around: Surroundings) -> Check:
    """Passes where both sides name an amount of the same and they do not agree; fails where they agree."""
    said, seen = (list(find_amounts(side.text, beside=stretches_of(find_dates(side.text)))) for side in (statement, observation))
    pairs = [(one, other) for one, other in product(said, seen) if one.units & other.units]
    if not pairs:
        spans = spans_of(statement, stretches_of(said)), spans_of(observation, stretches_of(seen))
        return Check("quantity", "unknown", "no amounts of the same thing on both sides", *spans)
    apart = [(one, other) for one, other in pairs if one.agrees_with(other) == _is_negated(one, statement.text)]
    one, other = (apart or pairs)[0]
    reason = f"{one.text} said, {other.text} reported"
    return Check("quantity", "pass" if apart else "fail", reason, *_sides(statement, observation, (one, other)))


CHECKS: tuple[Callable[[Statement, Observation, Surroundings], Check], ...] = (check_actor, check_place, check_time, check_quantity)


def _is_negated(amount: Amount, text: str) -> bool:
    """Whether a negation stands before the amount in its clause."""
    clause = _CLAUSE_END.split(text[: amount.start])[-1]
    return bool(_NEGATION.search(clause))


def _sides(statement: Statement, observation: Observation, found: tuple[Name, Name] | tuple[Amount, Amount]) -> tuple[Spans, Spans]:
    return spans_of(statement, stretches_of(found[:1])), spans_of(observation, stretches_of(found[1:]))


def _opposite(before: str, before_other: str) -> tuple[str, str] | None:
    """The words just before a name that put one north of it and the other south of it, or their like."""
    words, others = (set(re.findall(r"\w+", text.casefold())[-3:]) for text in (before, before_other))
    for one, other in OPPOSITES:
        if one in words and other in others:
            return one, other
        if other in words and one in others:
            return other, one
    return None


def _shared(said: Iterable[Name], seen: Iterable[Name]) -> tuple[Name, Name] | None:
    """The first names of both sides that may name the same."""
    return next(((one, other) for one, other in product(said, seen) if names_alike(one.text, other.text)), None)


def _shared_place(said: Iterable[Name], seen: Iterable[Name]) -> tuple[Name, Name] | None:
    """The first names of both sides that may name one place, which one of them tells it to be; a person called as a place is none."""
    for one, other in product(said, seen):
        is_place = one.is_place and other.is_place
        is_named = (one.is_place or other.is_place) and len(own_words(one.text)) == len(own_words(other.text))
        if (is_place or is_named) and names_alike(one.text, other.text):
            return one, other
    return None


def _names_of_what_is_told(text: str, capitals: frozenset[str]) -> list[Name]:
    """The names in a sentence but for those of who says so, and where: the mayor of Veld said."""
    told_by = attributions_of(text)
    return [name for name in find_names(text, capitals) if not lies_within(name.start, told_by)]


def _listed(names: Iterable[Name]) -> str:
    return ", ".join(dict.fromkeys(name.text for name in names))
