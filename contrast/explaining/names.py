"""Who and where: names in a sentence, told by their capital letters, and which of them are places, told by the word before them.

There is no model for names here. Parties are those that the roles model names as speakers and sources; all else is capital letters and
prepositions. So a name at the head of a sentence counts only where the article writes it with a capital elsewhere too, a headline in
capitals gives none, and that one place lies in another, or one body belongs to another, is not known.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from contrast.lexicon import CALENDAR_WORDS, COMMON_WORDS, N_CHARACTERS_SEARCHED, NEWS_WORDS, OPENING_WORDS, TELLING_WORDS
from contrast.schema import Sentence

Stretch = tuple[int, int]

_CAPITAL = r"[^\W\d_a-zß-öø-ÿ][\w’'&-]*"
_NAME = re.compile(rf"{_CAPITAL}(?:\s(?:(?:of|de|la|del|von|van|al)\s(?:the\s)?)?{_CAPITAL})*")
_LOWER = re.compile(r"(?<![\w’'-])[a-zß-öø-ÿ][\w’'-]*")
_BEFORE_A_PLACE = re.compile(
    r"\b(?:in|at|near|around|outside|inside|across|into|towards?|off|along|throughout|through|between|beyond|leaving|"
    r"(?:north|south|east|west|suburbs?|outskirts|city|town|village|port|region|district|province|county|state|island|edge|centre|center|"
    r"coast|shores?|streets|parts|estuary|gulf|bay|straits?|mouth|valley|basin|harbou?r|airport|airspace|waters|capital|hills|border) of)"
    r"\s+(?:the\s+)?(?:(?:[a-z]+ern|upper|lower|central|downtown|greater|nearby)\s+)?$",
    re.IGNORECASE,
)
# Where something or somebody goes, or comes from, which may be a place or a party: no actor.
_BEFORE_A_GOAL = re.compile(
    r"(?<!spokesman )(?<!spokeswoman )(?<!spokesperson )(?<!lawyer )(?<!lawyers )"
    r"\b(?:to|for|from|via|reach(?:ed|es|ing)?|enter(?:ed|s|ing)?|visit(?:ed|s|ing)?)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
SIDES = frozenset(["north", "south", "east", "west", "outside", "inside"])
_LISTED = re.compile(r"\s*(?:,|and|or|, and)\s*")
_WORD = re.compile(r"[^\W_][\w’'-]*")
_ENDING = re.compile(r"(?:(?:[nv]?ian|ean|an|n|ese|ish|i|ic|y)?s?)(?:-\w+)?")
_GENITIVE = re.compile(r"['’]s?$")


@dataclass(frozen=True, slots=True)
class Name:
    """A name, with its offsets in the sentence; `is_place` or `is_goal` (of a way or a gift) where the words before it say so."""

    text: str
    start: int
    end: int
    is_place: bool
    is_goal: bool = False

    @property
    def may_act(self) -> bool:
        return not (self.is_place or self.is_goal)


def capitals_of(sentences: Iterable[Sentence]) -> frozenset[str]:
    """The words that an article writes with a capital within a sentence, and never without one."""
    inner: set[str] = set()
    lower: set[str] = set()
    for sentence in sentences:
        lower.update(_LOWER.findall(sentence.text))
        if not _is_headline(sentence.text):
            inner.update(word for name in _NAME.finditer(sentence.text) if name.start() for word in name[0].split())
    return frozenset(word for word in inner if word.casefold() not in lower)


def find_names(text: str, capitals: frozenset[str]) -> Iterator[Name]:
    """The names in a sentence; `capitals` are those words of the article that are names wherever they stand.

    >>> [(name.text, name.is_place) for name in find_names("On Monday Ada Holm opened a mill in Orsk.", frozenset())]
    [('Ada Holm', False), ('Orsk', True)]
    """
    if _is_headline(text):
        return
    last: Name | None = None
    for match in _NAME.finditer(text, 0, N_CHARACTERS_SEARCHED):
        name = _cut(match, capitals)
        if name is None:
            continue
        start, words = name
        listed = last if last and _LISTED.fullmatch(text, last.end, start) else None
        is_news = words.split(" ")[-1].casefold() in NEWS_WORDS
        is_place = not is_news and ((listed is not None and listed.is_place) or bool(_BEFORE_A_PLACE.search(text[:start])))
        is_goal = (listed is not None and listed.is_goal) or bool(_BEFORE_A_GOAL.search(text[:start]))
        last = Name(words, start, start + len(words), is_place, is_goal)
        yield last


def _cut(match: re.Match[str], capitals: frozenset[str]) -> tuple[int, str] | None:
    """Where a name starts and its words, without what is only the head of the sentence, and without days and months."""
    start, words = match.start(), match[0].split(" ")
    while words and (words[0].casefold() in CALENDAR_WORDS or (words[0].casefold() in OPENING_WORDS and match.start() == 0)):
        start += len(words.pop(0)) + 1
    if len(words) > 2 and words[1] == "of" and words[0].casefold() in SIDES:  # South of Kyiv: the place is Kyiv
        start += len(f"{words[0]} of ")
        words = words[2:]
    if not words or (start == 0 and len(words) == 1 and not capitals & {words[0], _GENITIVE.sub("", words[0])}):
        return None
    return start, " ".join(words)


def _is_headline(text: str) -> bool:
    words = [word for word in _WORD.findall(text)[1:] if len(word) > 3 and word.casefold() not in CALENDAR_WORDS]
    return len(words) > 3 and sum(word[0].isupper() for word in words) > 0.7 * len(words)


def names_alike(one: str, other: str) -> bool:
    """Whether all words of the one name, but for titles, stand in the other: Orsk and Port Orsk, but not York and New York.

    >>> names_alike("Orsk", "Port Orsk"), names_alike("New York", "York"), names_alike("Orsk", "Orsk Courier")
    (True, False, False)
    """
    fewer, more = sorted(([match[0] for match in own_words(name)] for name in (one, other)), key=len)
    strangers = [word for word in more if not any(is_alike(word, other) for other in fewer)]
    return bool(fewer) and all(any(is_alike(a, b) for b in more) for a in fewer) and not tell_apart(strangers)


def tell_apart(strangers: Iterable[str]) -> bool:
    """Whether words that only one of two names has make it another: North Veld, the Veld Courier."""
    return any(word.casefold() in TELLING_WORDS | NEWS_WORDS for word in strangers)


def own_words(name: str) -> list[re.Match[str]]:
    """The words of a name, but for titles and what a sentence may open with."""
    return [match for match in _WORD.finditer(name) if match[0].casefold() not in COMMON_WORDS | OPENING_WORDS]


def is_alike(one: str, other: str) -> bool:
    """Whether two words may name the same: the same but for their ending, as a country and its people.

    >>> is_alike("Ukraine", "Ukrainian"), is_alike("Peru", "Peruvian"), is_alike("Holm", "Holmes")
    (True, True, False)
    """
    a, b = sorted((_GENITIVE.sub("", word.casefold()) for word in (one, other)), key=len)
    if a == b:
        return True
    stem = a[: max(4, len(a) - 1)]
    if len(a) < 4 or one[0].isupper() != other[0].isupper() or not b.startswith(stem):
        return False
    return bool(_ENDING.fullmatch(b, len(stem)) or (b.startswith(a) and _ENDING.fullmatch(b, len(a))))
