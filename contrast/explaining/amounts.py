"""How much: the amounts that a sentence names, with what they count, in figures or words.

An amount of one sentence is set against one of another where both count the same: a measure (kilometres and miles alike, per cent, money
of one currency) or a word (240 workers, 83 of the 400 rifles, six weeks). Fractions in words, sums and rates are not computed, and whether
both amounts are of the same matter is not known.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from contrast.lexicon import EMPTY_WORDS, MEASURES, NUMBERS, PLURALS, SCALES

Comparison = Literal["exactly", "about", "at least", "at most"]

BOUNDS: tuple[tuple[Comparison, str], ...] = (
    ("at most", r"no more than|not more than|at most|up to|no longer than|fewer than|less than|under|below|within"),
    ("at least", r"more than|at least|over|longer than|above|no fewer than|no less than|not less than"),
    ("about", r"about|around|some|nearly|almost|roughly|approximately|close to"),
)
_FIGURES = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_WORDS = "|".join(sorted(NUMBERS, key=len, reverse=True))
_AMOUNT = re.compile(
    rf"(?:\b(?P<bound>{'|'.join(words for _, words in BOUNDS)})\s+)?(?:(?P<currency>[$€£])\s?)?"
    rf"(?<![\w.,/-])(?:(?P<figures>{_FIGURES})|(?P<words>(?:{_WORDS})(?:[\s-](?:{_WORDS}))?)(?![\w-]))"
    rf"(?:\s?(?P<scale>(?:{'|'.join(SCALES)})\b))?(?![\d])",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"(?P<measure>\s?%|[\s-](?:per\s?cent))|(?P<symbol>(?:km|kg)\b(?!/))|[\s-](?:of\s)?(?:(?:the|its|their|all|these|those)\s)?(?:(?:\d[\d,.]*)\s)?"
    r"(?P<nouns>[^\W\d_]+(?:\s[^\W\d_]+){0,2})"
)
_OF_ALL = re.compile(r"\bof\s+(?:all\s+)?(?:the|its|their|his|her|our|these|those)\s+$", re.IGNORECASE)

# One told from the others ("one of the boats sank"), which is no number of them.
_ONE_OF = re.compile(r"(?<!only )(?<!just )one\s+of\b", re.IGNORECASE)
# "One hundred and fifty" is not fifty; sums in words are not computed.
_REST = re.compile(r"\b(?:hundred|thousand|million|billion)\s+(?:and\s+)?$", re.IGNORECASE)
_NOT_ONE = re.compile(r"\bnot\s+(?:one|a\s+single)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount with its offsets in the sentence; `units` are what it may count, as stems, or the one measure."""

    text: str
    start: int
    end: int
    value: float
    comparison: Comparison
    units: frozenset[str]

    def admits(self, value: float) -> bool:
        """Whether a value fits what this amount says.

        >>> (amount,) = find_amounts("At least 40 boats left.")
        >>> amount.admits(55), amount.admits(12)
        (True, False)
        """
        if self.comparison == "at least":
            return value >= self.value
        if self.comparison == "at most":
            return value <= self.value
        return abs(value - self.value) <= (0.1 if self.comparison == "about" else 1e-6) * abs(self.value)


def find_amounts(sentence: str, *, beside: Iterable[tuple[int, int]] = ()) -> Iterator[Amount]:
    """The amounts that a sentence names, in its order; numbers within the stretches `beside` (dates) are passed over, and totals.

    "Three of the ten" is three, "not one" is none.

    >>> [(amount.value, sorted(amount.units)) for amount in find_amounts("Of 1,200 sheep eighty-three were lost within 5 miles.")]
    [(1200.0, ['sheep']), (8046.72, ['length'])]
    >>> [(amount.text, amount.value) for amount in find_amounts("Not one of the boats left.")]
    [('Not one of the boats', 0.0)]
    """
    taken = tuple(beside)
    for match in _AMOUNT.finditer(sentence):
        is_beside = any(start < match.end() and match.start() < end for start, end in taken)
        if is_beside or _OF_ALL.search(sentence[: match.start()]) or _REST.search(sentence[: match.start()]):
            continue
        units, factor, end = _units(match, _UNIT.match(sentence, match.end()))
        if units and (none := _NOT_ONE.search(sentence[: match.end()])):
            yield Amount(sentence[none.start() : end], none.start(), end, 0.0, "exactly", units)
        elif units and not (match["words"] and _ONE_OF.match(sentence, match.start("words"))):
            yield Amount(sentence[match.start() : end], match.start(), end, _value(match) * factor, _comparison(match["bound"]), units)


def _value(match: re.Match[str]) -> float:
    scale = SCALES[match["scale"].casefold()] if match["scale"] else 1.0
    if match["figures"]:
        return float(match["figures"].replace(",", "")) * scale
    return float(sum(NUMBERS[word] for word in re.split(r"[\s-]", match["words"].casefold()))) * scale


def _units(match: re.Match[str], unit: re.Match[str] | None) -> tuple[frozenset[str], float, int]:
    """What is counted, what one of it is in the measure's base, and where its words end."""
    if match["currency"]:
        return frozenset([match["currency"]]), 1.0, match.end()
    if unit is None:
        return frozenset(), 1.0, match.end()
    if unit["measure"]:
        return frozenset(["%"]), 1.0, unit.end()
    if unit["symbol"]:
        measure, factor = MEASURES[unit["symbol"].casefold()]
        return frozenset([measure]), factor, unit.end()
    stems, end = [], match.end()
    for word in re.finditer(r"\S+", unit["nouns"]):
        noun = word[0].casefold()
        if noun in EMPTY_WORDS or noun in NUMBERS:
            break
        stems.append(stem(noun))
        end = unit.start("nouns") + word.end()
        if stems[-1] in MEASURES:
            measure, factor = MEASURES[stems[-1]]
            return frozenset([measure]), factor, end
        if stems[-1] != noun or noun in PLURALS:
            break
    return frozenset(stems), 1.0, end


def _comparison(bound: str | None) -> Comparison:
    words = " ".join((bound or "").casefold().split())
    return next((comparison for comparison, known in BOUNDS if words in known.split("|")), "exactly")


def stem(noun: str) -> str:
    """A noun without the ending of its plural.

    >>> stem("Workers"), stem("boxes"), stem("cities"), stem("glass")
    ('worker', 'box', 'city', 'glass')
    """
    word = noun.casefold()
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("ss", "ss"), ("us", "us")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word[: -len(ending)] + instead
    return word[:-1] if word.endswith("s") and len(word) > 3 else word
