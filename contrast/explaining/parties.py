"""Whether a sentence names a party: by its name, by a part of it that no other name holds, or by its initials.

Another name that shares a word with the party's (another Smith, another Trust) is another party. A place that something goes to and a
newspaper called after a place are no parties. Parties that are only described ("the rail workers") are told by their last word.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from contrast.explaining.names import Name, Stretch, find_names, is_alike, own_words, tell_apart
from contrast.lexicon import CALENDAR_WORDS, COMMON_WORDS, EMPTY_WORDS, NUMBERS, OPENING_WORDS, TELLING_WORDS

# Within so many words of its head a sentence names who it is about, if it begins with that.
N_OPENING_WORDS = 6
_WORD = re.compile(r"[^\W_][\w’'-]*")
_GENITIVE = re.compile(r"['’]s?$")
_BESIDE_A_DESCRIPTION = EMPTY_WORDS | OPENING_WORDS | COMMON_WORDS | NUMBERS.keys()


def proper_words(name: str, capitals: frozenset[str]) -> list[str]:
    """The words that tell a party from others: those with a capital, but for titles; without any, all but titles.

    >>> proper_words("mine director Ada Holm", frozenset()), proper_words("Hunger strikers", frozenset())
    (['Ada', 'Holm'], ['Hunger', 'strikers'])
    """
    return _capitalised(name, capitals) or [match[0] for match in own_words(name)]


def _capitalised(name: str, capitals: frozenset[str]) -> list[str]:
    """The words with a capital; the first of a description ("Hunger strikers") is none of them."""
    words = [match for match in own_words(name) if match[0][0].isupper()]
    return [match[0] for match in words if match.start() or match[0] in capitals or _is_name_alone(name, match)]


def _is_name_alone(name: str, first: re.Match[str]) -> bool:
    """Whether the first word is a name by itself: initials, or with another capital after it."""
    return (first[0].isupper() and len(first[0]) > 1) or name[first.end() :].lstrip()[:1].isupper()


def find_words_of(party: str, text: str, capitals: frozenset[str]) -> list[Stretch]:
    """Where words that name the party stand in the text; those of the other of two Koreas or Smiths do not.

    >>> find_words_of("the government of South Korea", "North Korea fired; South Korean ships left.", frozenset())
    [(19, 24), (25, 31)]
    >>> find_words_of("John Smith", "Anna Smith sold her shares.", frozenset())
    []
    """
    proper = _capitalised(party, capitals)
    if not proper:
        return list(_find_described(proper_words(party, capitals), text))
    found: list[Stretch] = []
    for name in find_names(text, capitals | set(proper)):
        if name.may_act:
            found += _words_of(party, proper, name)
    return found


def _words_of(party: str, proper: Sequence[str], name: Name) -> Iterator[Stretch]:
    """Where in a name the words of the party stand, if it names that."""
    for start, words in _readings(name):
        own = [match for match in own_words(words) if match[0].casefold() not in CALENDAR_WORDS]
        if _is_same(proper, [match[0] for match in own]):
            alike = [match for match in own if any(is_alike(match[0], word) for word in proper)]
        elif _is_short_for(words, party):
            alike = own
        else:
            continue
        yield from ((start + match.start(), start + match.end()) for match in alike)
        return


def _readings(name: Name) -> Iterator[tuple[int, str]]:
    """A name as a whole, and those that a genitive puts together: Orsk's Ada Holm."""
    yield name.start, name.text
    parts = re.split(r"(?<=['’]s)\s|(?<=s['’])\s", name.text)
    start = name.start
    for part in parts if len(parts) > 1 else ():
        yield start, part
        start += len(part) + 1


def _is_same(proper: Sequence[str], words: Sequence[str]) -> bool:
    """Whether a name may be the party's: not where either has words of its own, as in Veld Timber and Osk Timber.

    >>> _is_same(["Ada", "Holm"], ["Holm"]), _is_same(["Veld", "Timber"], ["Osk", "Timber"])
    (True, False)
    """
    strangers = [word for word in words if not any(is_alike(word, other) for other in proper)]
    missing = [word for word in proper if not any(is_alike(word, other) for other in words)]
    shared = [word for word in words if word not in strangers and word.casefold() not in TELLING_WORDS]
    return bool(shared) and not tell_apart(strangers) and not (strangers and missing)


def _is_short_for(one: str, other: str) -> bool:
    """Whether either name is the initials of the other.

    >>> _is_short_for("NRA", "the National Rivers Agency"), _is_short_for("National Rivers Agency", "NRA")
    (True, True)
    """
    for short, whole in ((one, other), (other, one)):
        initials = "".join(word[0] for word in _WORD.findall(whole) if word[0].isupper() and word.casefold() not in OPENING_WORDS)
        words = [_GENITIVE.sub("", match[0]) for match in own_words(short)]
        if len(initials) > 1 and words == [initials]:
            return True
    return False


def _find_described(described: Sequence[str], text: str) -> Iterator[Stretch]:
    """Where a party without a name is named: by its last word, with none before it that tells of others."""
    words = list(_WORD.finditer(text))
    for before, match in zip([None, *words], words, strict=False):
        if not is_alike(match[0], described[-1]):
            continue
        is_beside = before is not None and not text[before.end() : match.start()].strip()
        if before is None or not is_beside or before[0].casefold() in _BESIDE_A_DESCRIPTION or before[0].isdigit():
            yield match.span()
        elif any(is_alike(before[0], word) for word in described[:-1]):
            yield before.span()
            yield match.span()


def find_other_party(text: str, known: Sequence[str], parties: Iterable[str], capitals: frozenset[str]) -> Stretch | None:
    """Where, among the first words of a text, one of the parties is named in full by its proper name; None where none is.

    `known` names the parties that are no other: who speaks, and who reports. Where they are only described ("the importer"), none is other.
    """
    opening = [match.end() for match in _WORD.finditer(text)][:N_OPENING_WORDS]
    if not opening or not all(match[0] in capitals for one in known for match in own_words(one)):
        return None
    names = [name for name in find_names(text, capitals) if name.may_act and name.end <= opening[-1]]
    for other in parties:
        proper = proper_words(other, capitals)
        if any(_is_same(proper_words(one, capitals), proper) for one in known) or not all(word in capitals for word in proper):
            continue
        for name in names:
            words = [match[0] for match in own_words(name.text)]
            if len(words) == len(proper) and _is_same(proper, words):
                return name.start, name.end
    return None
