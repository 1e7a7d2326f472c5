"""Whether the source of an article is still what a report was made from, and tells the title, date and address that the report shows.

Where the source is not there, the text that the page carries tells them: title, date and address stand in its head.
"""

import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from contrast.reading import read_articles
from contrast.reading.decoding import GUESSED
from contrast.reading.language import warn_of_language
from contrast.reading.layout import as_date, parse, warn_of_no_date
from contrast.schema import Article
from contrast.verifying.lines import Line, difference, note

Facts = Mapping[str, object]
# How a text that was handed over may have been written; else its SHA-256 is that of bytes which the page does not carry.
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252")
BY_ITS_TEXT = "its title, date and address were compared with the text that the page carries"


class Sources:
    """What the sources of a page's reports hold now: each is read once, however many of the reports come from it."""

    def __init__(self, beside: Path) -> None:
        self._beside = beside
        self._sha256, self._articles = cache(_sha256), cache(_articles)

    def find(self, path: str) -> Path | None:
        """The file of that name: where it was, then beside the page."""
        places = (Path(path), self._beside / path, self._beside / Path(path).name)
        return next((place for place in places if place.is_file()), None)

    def compare(self, article: Article) -> Iterator[Line]:
        """What the source, or else the text that the page carries, says against the report, and what could not be compared."""
        place = self.find(article.path) if article.path else None
        if place is None:
            yield from map(difference, _unlike(_facts_told(article), _facts_in_text(article)))
            yield note(_not_found(article))
        elif self._sha256(place) != article.sha256:
            yield difference(f"source {place} has another SHA-256: it was changed")
        else:
            yield from self._compare_facts(article, place)

    def _compare_facts(self, article: Article, place: Path) -> Iterator[Line]:
        alike = [found for found in self._articles(place) if found.text == article.text]
        if not alike:
            yield difference(f"source {place} has the same SHA-256, but holds another text than the page carries")
            return
        told = {**_facts_told(article), "id": article.id}
        found = min((list(_unlike(told, {**_facts_told(one), "id": one.id})) for one in alike), key=len)
        yield from map(difference, found)
        if not found:
            yield note(f"source {place} has the same SHA-256, and the page carries its text, title, date and address")


def _facts_told(article: Article) -> Facts:
    return {
        "title": article.title,
        "date": article.date,
        "address": article.url,
        "warnings": article.warnings,
        "text taken out of a document": article.is_laid_out,
    }


def _facts_in_text(article: Article) -> Facts:
    """The same, as the head of the article's text tells them: a text taken out of a document has a line for each, empty without one.

    What was warned of when it was decoded or taken out is not known of the text.
    """
    layout = parse(article.text)
    title, date, address = layout.title.text if layout.title else None, layout.date, layout.url
    head = article.text.split("\n", 3)
    if article.is_laid_out and len(head) > 3:
        title, date, address = head[0] or title, as_date(head[1]) or date, head[2] or address
    warnings = (*_warned_besides(article), *_warned_of_text(article))
    return {"title": title, "date": date, "address": address, "warnings": warnings}


def _warned_of_text(article: Article) -> tuple[str, ...]:
    return (*warn_of_no_date(parse(article.text)), *warn_of_language(article.text))


def _warned_besides(article: Article) -> tuple[str, ...]:
    """What the text does not tell: of a document all other warnings, of a text that its encoding was guessed."""
    known = set(_warned_of_text(article))
    others = (warning for warning in article.warnings if warning not in known)
    return tuple(warning for warning in others if article.is_laid_out or warning.startswith(GUESSED))


def _unlike(told: Facts, found: Facts) -> Iterator[str]:
    for name, value in found.items():
        if told[name] != value:
            yield f"{name} {told[name]!r}, in the source {value!r}"


def _not_found(article: Article) -> str:
    """What could be compared of an article whose source is not there, and what could not."""
    is_same = not article.is_laid_out and any(_hash(article.text, encoding) == article.sha256 for encoding in ENCODINGS)
    given = "a document of which the page carries the text" if article.is_laid_out else "text, which the page carries"
    parts = ["source not found here" if article.path else f"given as {given}"]
    if is_same:
        parts.append("its text has the SHA-256 that the page tells")
    else:
        parts.append(
            "its SHA-256 could not be compared, nor whether this is its text" if article.path else "its SHA-256 could not be compared"
        )
    if _warned_besides(article):
        parts.append("nor could its warnings")
    return "; ".join([*parts, BY_ITS_TEXT])


def _articles(path: Path) -> tuple[Article, ...]:
    return tuple(found for found in read_articles(path) if isinstance(found, Article))


def _hash(text: str, encoding: str) -> str:
    return hashlib.sha256(text.encode(encoding, errors="replace")).hexdigest()


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
