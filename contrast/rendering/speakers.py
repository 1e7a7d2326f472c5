"""Which speakers of an article plainly are one, so that choosing one of them shows all that she says: Mayor Helen Trask, Ms Trask, Trask.

Names tell it alone. A role (Dalwich mayor) is nobody's name, so what it shares with one is not known; nor is whose name a place or a body
is that stands in another name (Orsk, the Orsk mill). Whoever may be two stays two.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from contrast.lexicon import COMMON_WORDS, OPENING_WORDS, TELLING_WORDS
from contrast.schema import Report

_ARTICLE = re.compile(r"^(?:the|a|an)\s+", re.IGNORECASE)
_LOWER = re.compile(r"(?<![\w’'-])[a-zß-öø-ÿ][\w’'-]*")
# A name at the end of what comes before a comma: words with a capital, of the Plains among them.
_CAPITAL = r"[^\W\d_a-zß-öø-ÿ][\w’'&-]*"
_NAME_AT_END = re.compile(rf"(?<![\w’'-]){_CAPITAL}(?:\s(?:(?:of|de|la|del|von|van|al)\s(?:the\s)?)?{_CAPITAL})*$")
# What follows tells where somebody is or to whom he belongs, not who he is.
_BEFORE_ANOTHER = re.compile(r"\b(?:of|in|from|at|near|for|with|on|by|to|[a-z]+ing)(?:\s+(?:the|a|an))?(?:\s+\w+\.)?\s+$", re.IGNORECASE)
_SEVERAL = re.compile(r";|&|\band\b", re.IGNORECASE)
_HIS_OR_HER = {"mr": "mr", "sir": "mr", "ms": "ms", "mrs": "ms", "miss": "ms"}


@dataclass(frozen=True, slots=True)
class Known:
    """A speaker: the name as the article has it, the same but for case and article, and the words of the proper name in it, if any."""

    name: str
    folded: str
    words: tuple[str, ...]

    @classmethod
    def of(cls, name: str, lower: frozenset[str]) -> "Known":
        return cls(name, _folded(name), _proper_words(name, lower))

    @property
    def fullness(self) -> tuple[int, int, str]:
        """Sorts the fullest name first, and names in capitals before others."""
        return -len(self.words), -len(self.folded), self.name

    @property
    def is_described(self) -> bool:
        """Whether words that are no titles tell of which kind they are: farm-state Republicans."""
        return any(word.islower() and word not in COMMON_WORDS | OPENING_WORDS for word in self.name.split())

    @property
    def title(self) -> str | None:
        """Whether the name says Mr or Ms."""
        return _HIS_OR_HER.get(self.folded.split()[0].rstrip("."))


def entries_of(reports: Sequence[Report]) -> tuple[Mapping[str, str], ...]:
    """For each report the fullest name of each of its speakers; the same in two reports where they differ only by case and article."""
    told = [group({s.speaker for s in report.statements if s.speaker}, report.article.text) for report in reports]
    shared: dict[str, str] = {}
    for entry in sorted({entry for of_one in told for entry in of_one.values()}):
        shared.setdefault(_folded(entry), entry)
    return tuple({speaker: shared[_folded(entry)] for speaker, entry in of_one.items()} for of_one in told)


def group(speakers: Iterable[str], text: str) -> dict[str, str]:
    """Each speaker with the fullest name that plainly is the same party's; words that the text writes small name nobody.

    >>> found = group(["Trask", "Ms Trask", "Mayor Helen Trask", "Dalwich mayor", "port council", "Port council"], "")
    >>> sorted(set(found.values())), found["Trask"]
    (['Dalwich mayor', 'Mayor Helen Trask', 'Port council'], 'Mayor Helen Trask')
    """
    lower = frozenset(_LOWER.findall(text))
    known = sorted((Known.of(name, lower) for name in set(speakers)), key=lambda one: one.fullness)
    two = _told_of_two(known)
    entries: dict[str, str] = {}
    for k, one in enumerate(known):
        alike = {entries[fuller.name] for fuller in known[:k] if _is_same(one, fuller, two)}
        entries[one.name] = alike.pop() if len(alike) == 1 else one.name
    return entries


def _is_same(shorter: Known, fuller: Known, two: frozenset[str]) -> bool:
    """Whether the names are the same, or all words of the shorter stand in the fuller, which ends as it does."""
    if shorter.folded == fuller.folded:
        return True
    if not shorter.words or not fuller.words or shorter.words[-1] != fuller.words[-1] or shorter.words[-1] in two:
        return False
    if len(shorter.words) == 1 and shorter.is_described:
        return False
    more = set(fuller.words) - set(shorter.words)
    return set(shorter.words) <= set(fuller.words) and not more & (TELLING_WORDS | {"of"})


def _told_of_two(known: Sequence[Known]) -> frozenset[str]:
    """Last words of names that a Mr and a Ms bear."""
    borne = {(one.words[-1], one.title) for one in known if one.words}
    return frozenset(word for word, title in borne if title == "mr" and (word, "ms") in borne)


def _folded(name: str) -> str:
    return _ARTICLE.sub("", " ".join(name.split())).casefold() or name


def _proper_words(name: str, lower: frozenset[str]) -> tuple[str, ...]:
    """The words of the first proper name that ends a part between commas, without titles; none where there are several parties."""
    if _SEVERAL.search(name):
        return ()
    for part in name.split(","):
        words = tuple(_words(part.strip()))
        if words and words[-1] not in COMMON_WORDS and not (len(words) == 1 and words[0] in lower):
            return tuple(word for word in words if word not in COMMON_WORDS | OPENING_WORDS or word == "of")
    return ()


def _words(part: str) -> Iterator[str]:
    found = _NAME_AT_END.search(part)
    if found and not _BEFORE_ANOTHER.search(part[: found.start()]):
        yield from (word.rstrip(".").casefold() for word in found[0].split())
