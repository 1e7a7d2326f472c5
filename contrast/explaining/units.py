"""What an amount counts: the measure or the noun after a number, and what a change adds to it.

The noun is the first plural after a number, since adjectives before it count nothing. A change ("fell by 12 per
cent", "40 more workers") is told from an amount, and a rise from a fall.
"""

import re
from dataclasses import dataclass

from contrast.lexicon import EMPTY_WORDS, FALLING, MEASURES, NO_PLURALS, NUMBERS, PLURALS, RISING

_UNIT = re.compile(
    r"(?P<measure>\s?%|[\s-](?:per\s?cent(?:age\spoints?)?)\b)|(?P<symbol>(?:km|kg)\b(?!/))"
    r"|[\s-](?:of\s)?(?:(?:all|the|its|their|these|those)\s){0,2}(?:(?:\d[\d,.]*)\s)?(?P<nouns>[^\W\d_][\w’'-]*(?:\s[^\W\d_][\w’'-]*){0,3})"
)
_ADJECTIVE = re.compile(
    r"(?:single|new|old|more|other|further|extra|additional|young|large|small|big|foreign|local|\w{2,}[^e]ed|\w+ly)$", re.IGNORECASE
)
_AUXILIARY = re.compile(r"\s(?:is|are|was|were|has|had|have|will|would|shall|should|can|could|may|might|must|does|did)\b", re.IGNORECASE)
# Words before a measure that make it another: square metres.
_OF_ANOTHER_MEASURE = frozenset(["square", "cubic"])
_MORE, _FEWER = rf"more|extra|additional|further|{RISING}", rf"fewer|less|{FALLING}"
_CHANGES = (("more", RISING, _MORE), ("fewer", FALLING, _FEWER))
_CHANGED_BY = {
    way: re.compile(rf"\b(?:{verbs})\b[^.;:]{{0,60}}?\bby\s+$|\b(?!(?:up|down|higher|lower)\b)(?:{verbs})\s+of\s+$", re.IGNORECASE)
    for way, verbs, _ in _CHANGES
}
_CHANGED = {way: re.compile(rf"\b(?:{verbs})\s+$", re.IGNORECASE) for way, verbs, _ in _CHANGES}
_CHANGE_AFTER = {way: re.compile(rf"\s(?:{words})\b", re.IGNORECASE) for way, _, words in _CHANGES}


@dataclass(frozen=True, slots=True)
class Unit:
    """What is counted, as stems of a noun or the one measure; how much of the measure's base one of it is, and where its words end."""

    counted: frozenset[str]
    factor: float
    end: int


def unit_after(sentence: str, start: int, *, is_one: bool = False) -> Unit:
    """What a number that ends at `start` counts; nothing where no noun follows. `is_one`: the noun is no plural.

    >>> unit = unit_after("Two Norwind aircraft landed.", 3)
    >>> unit.counted, unit.end
    (frozenset({'aircraft'}), 20)
    """
    unit = _UNIT.match(sentence, start)
    if unit is None:
        return Unit(frozenset(), 1.0, start)
    if unit["measure"]:
        return Unit(frozenset(["%"]), 1.0, unit.end())
    if unit["symbol"]:
        measure, factor = MEASURES[unit["symbol"].casefold()]
        return Unit(frozenset([measure]), factor, unit.end())
    words = _words_of(unit)
    for word in words[:2]:
        if stem(word[0]) in MEASURES and not _OF_ANOTHER_MEASURE & {words[0][0].casefold()}:
            measure, factor = MEASURES[stem(word[0])]
            return Unit(frozenset([measure]), factor, unit.start("nouns") + word.end())
    nouns = (_singular(words, sentence[unit.end("nouns") :]) if is_one else []) or _plurals(words)
    if not nouns:
        return Unit(frozenset(), 1.0, start)
    return Unit(frozenset(stem(noun[0]) for noun in nouns), 1.0, unit.start("nouns") + nouns[-1].end())


def _words_of(unit: re.Match[str]) -> list[re.Match[str]]:
    """The words after a number up to one that says little."""
    words = []
    for word in re.finditer(r"\S+", unit["nouns"]):
        if word[0].casefold() in EMPTY_WORDS or word[0].casefold() in NUMBERS:
            break
        words.append(word)
    return words


def _plurals(words: list[re.Match[str]]) -> list[re.Match[str]]:
    """The first plural and those that follow it at once, of which each may be meant: 40 sales jobs; names are none."""
    found: list[re.Match[str]] = []
    for position, word in enumerate(words):
        is_name = word[0][0].isupper() and position > 0 and words[position - 1][0][0].isupper()
        if is_plural(word[0]) and not is_name:
            found.append(word)
        elif found:
            break
    return found


def _singular(words: list[re.Match[str]], rest: str) -> list[re.Match[str]]:
    """The first word that is neither an adjective nor a name, or the last before an auxiliary: no new Norwind flight, no school fee was."""
    nouns = [word for word in words if not word[0][0].isupper() and not _ADJECTIVE.match(word[0])]
    is_subject = _AUXILIARY.match(words[-1].string[words[-1].end() :] + rest) if words else None
    return nouns[-1:] if is_subject else nouns[:1]


def is_plural(word: str) -> bool:
    """Whether a word is a plural by its ending, or one of those that have none.

    >>> is_plural("workers"), is_plural("aircraft"), is_plural("weekly"), is_plural("always")
    (True, True, False, False)
    """
    noun = word.casefold()
    return noun in PLURALS or (stem(noun) != noun.rstrip("'’") and noun not in NO_PLURALS)


def change_of(sentence: str, start: int, end: int, unit: Unit) -> str | None:
    """Whether a number at `start` to `end` is one by which something grew ("more") or shrank ("fewer"); None where it is none.

    >>> sentence = "Turnout fell by 12 per cent."
    >>> change_of(sentence, 16, 18, unit_after(sentence, 18))
    'fewer'
    """
    before, is_share = sentence[:start], unit.counted == {"%"}
    for way, by in _CHANGED_BY.items():
        is_beside = _CHANGE_AFTER[way].match(sentence, unit.end if is_share else end)
        if by.search(before) or (is_share and _CHANGED[way].search(before)) or (is_beside and (is_share or unit.end > end)):
            return way
    return None


def stem(noun: str) -> str:
    """A noun without the ending of its plural.

    >>> stem("Workers"), stem("boxes"), stem("cities"), stem("glass")
    ('worker', 'box', 'city', 'glass')
    """
    word = noun.casefold().rstrip("'’")
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("ss", "ss"), ("us", "us")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word[: -len(ending)] + instead
    return word[:-1] if word.endswith("s") and len(word) > 3 else word
