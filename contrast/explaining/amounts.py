"""How much: the amounts that a sentence names, with what they count, in figures or words.

An amount is an interval: "at least 40" has no upper end, "no boat" is none of them. Those of two sentences are set against one another
where both count the same: a measure (kilometres and miles alike, per cent, money of one currency) or a word (240 workers, 83 of the 400
rifles, six weeks). Fractions in words, sums and rates are not computed, and whether both amounts are of the same matter is not known.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf
from typing import Literal

from contrast.explaining.units import Unit, change_of, unit_after
from contrast.lexicon import FALLING, N_CHARACTERS_SEARCHED, NUMBERS, RISING, SCALES

Comparison = Literal["exactly", "about", "at least", "at most", "more than", "less than"]

BOUNDS: tuple[tuple[Comparison, str], ...] = (
    ("at most", r"no more than|not more than|at most|up to|no longer than|within"),
    ("less than", r"fewer than|less than|under|below"),
    ("at least", r"at least|no fewer than|no less than|not less than"),
    (
        "more than",
        r"more than|over|longer than|above|beyond|exceed|exceeds|exceeded|exceeding|larger than|higher than|greater than|bigger than",
    ),
    ("about", r"about|around|some|nearly|almost|roughly|approximately|close to"),
)
# What one number leaves open: a figure is meant to so much of itself, what is above it lies so much above, about is within a tenth.
_EXACT, _ABOVE, _ABOUT = 1e-6, 1e-5, 0.1
_FIGURES = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_WORDS = "|".join(sorted(NUMBERS, key=len, reverse=True))


def _number(name: str) -> str:
    return (
        rf"(?:(?P<currency_{name}>[$€£])\s?)?(?<![\w.,/])(?:(?P<figures_{name}>{_FIGURES})"
        rf"|(?P<words_{name}>(?:{_WORDS})(?:[\s-](?:{_WORDS}))?)(?![\w-]))(?:\s?(?P<scale_{name}>(?:{'|'.join(SCALES)})\b))?(?!\d)"
    )


_AMOUNT = re.compile(
    r"(?:\b(?:(?P<between>between)|(?<!hand\s)(?<!handed\s)(?<!turn\s)(?<!turned\s)"
    rf"(?P<bound>{'|'.join(words for _, words in BOUNDS)}))\s+)?"
    rf"(?<![\w.,/-]){_number('first')}(?:(?(between)\sand\s|(?:\s?[-–]\s?|\sto\s)){_number('last')})?",
    re.IGNORECASE,
)
_OF_ALL = re.compile(r"\bof\s+(?:all\s+)?(?:the|its|their|his|her|our|these|those)\s+$", re.IGNORECASE)

# One told from the others ("one of the boats sank"), which is no number of them.
_ONE_OF = re.compile(r"(?<!only )(?<!just )one\s+of\b", re.IGNORECASE)
# "One hundred and fifty" is not fifty; sums in words are not computed.
_REST = re.compile(r"\b(?:hundred|thousand|million|billion)\s+(?:and\s+)?$", re.IGNORECASE)
_NOT_ONE = re.compile(r"\bnot\s+(?:one|a\s+single)$", re.IGNORECASE)
_NONE = re.compile(
    r"\b(?:not\s+a\s+single|without\s+a\s+single|^not\s+an?|no(?!\s+(?:one|more|less|fewer|longer|later|sooner|matter|doubt|other|such)\b))(?=\s[a-z])",
    re.IGNORECASE,
)
# What something was before it changed, or is set against: "fell from 40 deaths to 12", "compared with 38".
_CHANGE = rf"\b(?:{RISING}|{FALLING})\b"
_WAS = re.compile(
    rf"{_CHANGE}[^.;:]{{0,60}}?\bfrom\s+$|\b(?:compared\s+(?:with|to)|against|versus)\s+(?:the\s+)?$|\bthan\s+the\s+$", re.IGNORECASE
)
_FROM = re.compile(r"\bfrom\s+$", re.IGNORECASE)
_TO_ANOTHER = re.compile(rf"[^,.;]{{1,40}}?\bto\s+(?:{_FIGURES}|{_WORDS})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount with its offsets in the sentence: from `least` to `most` of one of its `units`, which are stems, or the one measure."""

    text: str
    start: int
    end: int
    least: float
    most: float
    units: frozenset[str]

    def agrees_with(self, other: "Amount") -> bool:
        """Whether some number is what both amounts say.

        >>> (amount,), (more,), (fewer,) = map(find_amounts, ("At least 40 boats left.", "55 boats left.", "Under 40 boats left."))
        >>> amount.agrees_with(more), amount.agrees_with(fewer)
        (True, False)
        """
        return self.least <= other.most and other.least <= self.most


def find_amounts(sentence: str, *, beside: Iterable[tuple[int, int]] = ()) -> Iterator[Amount]:
    """The amounts that a sentence names, in its order; numbers within the stretches `beside` (dates) are passed over, and totals.

    "Three of the ten" is three, "not one" is none; what something was before it changed is none of them.

    >>> [(round(amount.most), sorted(amount.units)) for amount in find_amounts("Of 1,200 sheep 80 to 83 lambs were lost within 5 miles.")]
    [(1200, ['sheep']), (83, ['lamb']), (8047, ['length'])]
    >>> [(amount.text, amount.most) for amount in find_amounts("Not one of the boats left, and no crew.")]
    [('Not one of the boats', 0.0), ('no crew', 0.0)]
    """
    taken = tuple(beside)
    found = [
        amount
        for match in _AMOUNT.finditer(sentence, 0, N_CHARACTERS_SEARCHED)
        if not _is_beside(match, taken)
        for amount in _amounts(sentence, match)
    ]
    for match in _NONE.finditer(sentence, 0, N_CHARACTERS_SEARCHED):
        unit = unit_after(sentence, match.end(), is_one=True)
        found += [Amount(sentence[match.start() : unit.end], match.start(), unit.end, 0.0, 0.0, unit.counted)] if unit.counted else []
    yield from sorted(found, key=lambda amount: amount.start)


def _is_beside(match: re.Match[str], taken: Iterable[tuple[int, int]]) -> bool:
    return any(start < match.end() and match.start() < end for start, end in taken)


def _amounts(sentence: str, match: re.Match[str]) -> Iterator[Amount]:
    """The amount that a number tells of, if any."""
    before = sentence[: match.start()]
    if _OF_ALL.search(before) or _REST.search(before) or (not _is_range(match) and _is_former(sentence, match)):
        return
    unit = _unit(sentence, match)
    if unit.counted and (none := _NOT_ONE.search(sentence[: match.end()])):
        yield Amount(sentence[none.start() : unit.end], none.start(), unit.end, 0.0, 0.0, unit.counted)
        return
    if not unit.counted or (match["words_first"] and _ONE_OF.match(sentence, match.start("words_first"))):
        return
    least, most = (value * unit.factor for value in _interval(match, is_changed=bool(_WAS.search(before))))
    way = change_of(sentence, match.start(), match.end(), unit)
    counted = frozenset(f"{one} {way}" for one in unit.counted) if way else unit.counted
    yield Amount(sentence[match.start() : unit.end], match.start(), unit.end, least, most, counted)


def _is_range(match: re.Match[str]) -> bool:
    return bool(match["figures_last"] or match["words_last"])


def _is_former(sentence: str, match: re.Match[str]) -> bool:
    """Whether a number is what something was, before it changed or in a comparison."""
    before = sentence[: match.start()]
    return bool(_WAS.search(before) or (_FROM.search(before) and _TO_ANOTHER.match(sentence, match.end())))


def _unit(sentence: str, match: re.Match[str]) -> Unit:
    currency = next((match[f"currency_{name}"] for name in ("first", "last") if match[f"currency_{name}"]), None)
    if currency:
        return Unit(frozenset([currency]), 1.0, match.end())
    is_one = not _is_range(match) and (match["figures_first"] == "1" or (match["words_first"] or "").casefold() == "one")
    return unit_after(sentence, match.end(), is_one=is_one)


def _interval(match: re.Match[str], *, is_changed: bool) -> tuple[float, float]:
    """From the least to the most that a number or a range says; of a change ("fell from 40 to 12") what came of it."""
    value = _value(match, "first", match["scale_first"] or match["scale_last"])
    if _is_range(match):
        most = _value(match, "last", match["scale_last"])
        return (most if is_changed else min(value, most)) * (1 - _EXACT), most * (1 + _EXACT)
    comparison = _comparison(match["bound"])
    if comparison in ("at least", "more than"):
        return value * (1 + _ABOVE if comparison == "more than" else 1 - _EXACT), inf
    if comparison in ("at most", "less than"):
        return 0.0, value * (1 - _ABOVE if comparison == "less than" else 1 + _EXACT)
    margin = _ABOUT if comparison == "about" else _EXACT
    return value * (1 - margin), value * (1 + margin)


def _value(match: re.Match[str], name: str, scale: str | None) -> float:
    factor = SCALES[scale.casefold()] if scale else 1.0
    if match[f"figures_{name}"]:
        return float(match[f"figures_{name}"].replace(",", "")) * factor
    return float(sum(NUMBERS[word] for word in re.split(r"[\s-]", match[f"words_{name}"].casefold()))) * factor


def _comparison(bound: str | None) -> Comparison:
    words = " ".join((bound or "").casefold().split())
    return next((comparison for comparison, known in BOUNDS if words in known.split("|")), "exactly")
