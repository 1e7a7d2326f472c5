"""The headline of a web page: as it is shown above the article, else as the head tells it, and never the name of the site."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from contrast.reading.extracted import tidy

if TYPE_CHECKING:
    from lxml.html import HtmlElement

SHOWN = (".//article//h1", ".//main//h1", ".//*[@role='main']//h1")
TOLD = ("og:title", "twitter:title", "parsely-title", "dc.title")
# Behind which a page's title names the site.
_BREAK = re.compile(r"\s+[|–—·•-]\s+|\s*\|\s*")
_HEADLINE = re.compile(r'"headline"\s*:\s*("(?:[^"\\]|\\.)*")')
_LETTERS = re.compile(r"<[^<>]*>|\W|^the\s+", re.IGNORECASE)


def headline_of(tree: "HtmlElement", found: str, lines: Sequence[str]) -> str:
    """The headline of the page whose title was `found` to be this, and whose text begins with the lines."""
    sites = {*_sites(tree)} - {""}
    for path in SHOWN:
        shown = {tidy(heading.text_content()): None for heading in tree.iterfind(path)}
        headings = [heading for heading in shown if heading and _letters(heading) not in sites]
        if len(headings) == 1:
            return headings[0]
    if _letters(found) not in sites:
        return _as_shown(found, lines)
    return next((title for title in _told(tree) if _letters(title) not in sites), _as_shown(found, lines))


def _sites(tree: "HtmlElement") -> Iterator[str]:
    """The names under which the page knows its site, their letters alone."""
    yield from (_letters(meta.get("content") or "") for meta in tree.iterfind(".//meta[@property='og:site_name']"))
    parts = _BREAK.split(tidy(tree.findtext(".//title")))
    yield _letters(parts[-1]) if len(parts) > 1 else ""


def _told(tree: "HtmlElement") -> Iterator[str]:
    """The titles that the head of the page tells, then the first heading of the second rank."""
    for script in tree.iterfind(".//script[@type='application/ld+json']"):
        for match in _HEADLINE.finditer(script.text or ""):
            yield tidy(_unescaped(match[1]))
    for key in TOLD:
        for meta in tree.iterfind(".//meta"):
            if key in (meta.get("property"), meta.get("name")) and meta.get("content"):
                yield tidy(meta.get("content"))
    yield from _BREAK.split(tidy(tree.findtext(".//title")))[:1]
    yield from (tidy(heading.text_content()) for heading in tree.iterfind(".//h2"))


def _unescaped(written: str) -> str:
    try:
        return str(json.loads(written, strict=False))
    except ValueError:
        return ""


def _as_shown(title: str, lines: Sequence[str]) -> str:
    """The title as the page shows it above the text, where that is the same but for tags and marks that its head has lost."""
    return next((line for line in lines if line and _letters(line) == _letters(title)), title)


def _letters(text: str) -> str:
    return _LETTERS.sub("", text).casefold()
