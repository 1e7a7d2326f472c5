"""Who and where: names in a sentence, told by their capital letters, and which of them are places, told by the word before them.

There is no model for names here. Parties are those that the roles model names as speakers and sources; all else is capital letters and
prepositions. So a name at the head of a sentence counts only where the article writes it with a capital elsewhere too, a headline in
capitals gives none, and that one place lies in another, or one body belongs to another, is not known.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from contrast.lexicon import CALENDAR_WORDS, COMMON_WORDS, OPENING_WORDS, TELLING_WORDS
from contrast.schema import Sentence

Stretch = tuple[int, int]

# Within so many words of its head a sentence names who it is about, if it begins with that.
N_OPENING_WORDS = 6
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
SIDES = frozenset(["north", "south", "east", "west", "outside", "inside"])
_LISTED = re.compile(r"\s*(?:,|and|or|, and)\s*")
_WORD = re.compile(r"[^\W_][\w’'-]*")
_GENITIVE = re.compile(r"['’]s?$")


@dataclass(frozen=True, slots=True)
class Name:
    """A name, with its offsets in the sentence; `is_place` where the words before it say so."""

    text: str
    start: int
    end: int
    is_place: bool


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
    for match in _NAME.finditer(text):
        name = _cut(match, capitals)
        if name is None:
            continue
        start, words = name
        is_listed = last is not None and last.is_place and bool(_LISTED.fullmatch(text, last.end, start))
        last = Name(words, start, start + len(words), is_listed or bool(_BEFORE_A_PLACE.search(text[:start])))
        yield last


def _cut(match: re.Match[str], capitals: frozenset[str]) -> tuple[int, str] | None:
    """Where a name starts and its words, without what is only the head of the sentence, and without days and months."""
    start, words = match.start(), match[0].split(" ")
    while words and (words[0].casefold() in CALENDAR_WORDS or (words[0].casefold() in OPENING_WORDS and match.start() == 0)):
        start += len(words.pop(0)) + 1
    if len(words) > 2 and words[1] == "of" and words[0].casefold() in SIDES:  # South of Kyiv: the place is Kyiv
        start += len(f"{words[0]} of ")
        words = words[2:]
    if not words or (start == 0 and len(words) == 1 and words[0] not in capitals):
        return None
    return start, " ".join(words)


def _is_headline(text: str) -> bool:
    words = [word for word in _WORD.findall(text)[1:] if len(word) > 3 and word.casefold() not in CALENDAR_WORDS]
    return len(words) > 3 and sum(word[0].isupper() for word in words) > 0.7 * len(words)


def proper_words(name: str, capitals: frozenset[str]) -> list[str]:
    """The words that tell a party from others: those with a capital, but for titles; without any, all but titles.

    >>> proper_words("mine director Ada Holm", frozenset()), proper_words("Hunger strikers", frozenset())
    (['Ada', 'Holm'], ['Hunger', 'strikers'])
    """
    words = _own_words(name)
    proper = [match[0] for match in words if match[0][0].isupper() and (match.start() or match[0] in capitals)]
    return proper or [match[0] for match in words]


def names_alike(one: str, other: str) -> bool:
    """Whether all words of the one name, but for titles, stand in the other: Orsk and Port Orsk, but not two Koreas.

    >>> names_alike("Orsk", "Port Orsk"), names_alike("North Korea", "South Korea")
    (True, False)
    """
    fewer, more = sorted(([match[0] for match in _own_words(name)] for name in (one, other)), key=len)
    return bool(fewer) and all(any(is_alike(a, b) for b in more) for a in fewer)


def _own_words(name: str) -> list[re.Match[str]]:
    return [match for match in _WORD.finditer(name) if match[0].casefold() not in COMMON_WORDS | OPENING_WORDS]


def is_alike(one: str, other: str) -> bool:
    """Whether two words may name the same: the same but for their ending, as a country and its people.

    >>> is_alike("Ukraine", "Ukrainian"), is_alike("Peru", "Peruvian"), is_alike("Holm", "Hall")
    (True, True, False)
    """
    a, b = sorted((_GENITIVE.sub("", word.casefold()) for word in (one, other)), key=len)
    return a == b or (len(a) >= 4 and one[0].isupper() == other[0].isupper() and b.startswith(a[: max(4, len(a) - 1)]))


def find_words_of(party: str, text: str, capitals: frozenset[str]) -> list[Stretch]:
    """Where words that name the party stand in the text; those of the other of two Koreas do not.

    >>> find_words_of("the government of South Korea", "North Korea fired; South Korean ships left.", frozenset())
    [(19, 24), (25, 31)]
    """
    proper = proper_words(party, capitals)
    told_by = {word.casefold() for word in proper} & TELLING_WORDS
    words = list(_WORD.finditer(text))
    found = []
    for before, match, after in zip([None, *words], words, [*words[1:], None], strict=False):
        if match[0].casefold() in TELLING_WORDS:
            is_named = match[0].casefold() in told_by and after is not None and any(is_alike(word, after[0]) for word in proper)
        else:
            is_other = before is not None and before[0].istitle() and before[0].casefold() in TELLING_WORDS - told_by
            is_named = not is_other and any(is_alike(word, match[0]) for word in proper)
        if is_named:
            found.append(match.span())
    return found


def find_other_party(text: str, known: str, parties: Iterable[str], capitals: frozenset[str]) -> Stretch | None:
    """Where, among the first words of a text, one of the parties is named in full by its proper name; None where none is.

    `known` names the parties that are no other: who speaks, and who reports. Where they are only described ("the importer"), none is other.
    """
    opening = [match.end() for match in _WORD.finditer(text)][:N_OPENING_WORDS]
    if not opening or not all(match[0] in capitals for match in _own_words(known)):
        return None
    for other in parties:
        proper = proper_words(other, capitals)
        is_known = bool(find_words_of(other, known, capitals))
        found = find_words_of(other, text[: opening[-1]], capitals)
        if found and len(found) >= len(proper) and not is_known and all(word in capitals for word in proper):
            return found[0][0], found[-1][1]
    return None
