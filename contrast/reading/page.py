"""Articles in saved web pages, by trafilatura (https://trafilatura.readthedocs.io): text, title, date, address; menus and adverts left out.

The date is that of publication where the page tells it in its head, in JSON-LD, in a time tag or in a line below its headline; none is
guessed from the text.
"""

import logging
import re
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING

from contrast.errors import InputError
from contrast.reading.calls import MIN_SENTENCES, MIN_SENTENCES_ALONE, find_wall, is_call, n_sentences
from contrast.reading.decoding import decode_page
from contrast.reading.extracted import Extracted, body_of, tidy
from contrast.reading.headlines import headline_of
from contrast.reading.heads import with_head_lines
from contrast.reading.layout import ENDS_A_SENTENCE
from contrast.reading.no_article import TEASERS, what_else
from contrast.reading.written_dates import date_given

if TYPE_CHECKING:
    from lxml.html import HtmlElement
    from trafilatura.settings import Document

_SAVED_FROM = re.compile(r"<!--\s*saved from url=(?:\(\d+\))?(https?://\S+)\s*-->", re.IGNORECASE)
_PUBLISHED = re.compile(r'"datePublished"\s*:\s*"([^"]+)"')
_OWN_REPORT = re.compile(r"""<script\b[^>]*\bid=["']contrast-data["']""")
_SEEN = "//text()[not(ancestor::script or ancestor::style or ancestor::template)]"
TABLE_PARTS = ("table", "thead", "tbody", "tfoot", "tr", "td", "th")
# A page whose text has fewer words than this in lines that end as sentences do is a front page, a wall or a picture.
MIN_WORDS = 20
# So many, '<b><p>' over and over, take 6 s.
MAX_ELEMENTS = 40_000
MAX_LINES_ABOVE = 4


def read_page(content: bytes, name: str) -> Extracted:
    """The article in a page's bytes; raises InputError when the page holds none, or only its beginning."""
    from trafilatura import load_html

    page = decode_page(content, name)
    if _OWN_REPORT.search(page):
        raise InputError(f"{name}: a report that contrast made; expected an article; contrast verify says whether the report still holds")
    tree = load_html(page)
    article = _of_tree(tree, name) if tree is not None else None
    if article is None or _n_words_in_sentences(article.body) < MIN_WORDS:
        raise InputError(
            f"{name}: no article found in this page; save the page of one article (no front page, no login or cookie wall), "
            "or copy its text into a .txt file"
        )
    saved_from = _SAVED_FROM.search(page[:2000])
    return article if article.url or saved_from is None else replace(article, url=saved_from[1])


def _of_tree(tree: "HtmlElement", name: str) -> Extracted | None:
    n_elements = sum(1 for _ in tree.iter())
    if n_elements > MAX_ELEMENTS:
        raise InputError(f"{name}: {n_elements:,} elements in this page; expected one article; copy its text into a .txt file")
    beside = [tidy(text) for text in tree.xpath(_SEEN)]
    teasers = frozenset(tidy(teaser.text_content()) for teaser in tree.xpath(TEASERS))
    published = _PUBLISHED.findall(" ".join(tree.xpath("//script[@type='application/ld+json']/text()")))
    shown = deepcopy(tree)
    found = _extract(tree)
    if found is None:
        return None
    lines = [line.removeprefix("- ") for line in (found.text or "").splitlines()]
    if other := what_else([tidy(line) for line in lines], teasers):
        raise InputError(f"{name}: {other}, no article; save the page of one article, or copy its text into a .txt file")
    title = headline_of(shown, tidy(found.title), [tidy(line) for line in lines[:MAX_LINES_ABOVE]])
    lines = body_of(_below_headline(lines, title), title=title).split("\n")
    warnings = _refuse_wall(lines, beside, name)
    body = "\n".join(line for line in lines if not is_call(line) and find_wall([line]) is None)
    date = found.date or next((day for told in published if (day := date_given(told))), None)
    article = with_head_lines(Extracted(body, title=title or None, date=date, url=found.url), has_more_dates=True)
    return replace(article, warnings=(*article.warnings, *warnings))


def _below_headline(lines: list[str], title: str) -> list[str]:
    """The lines without what stands above the headline, if that is near the top and nothing above it ends a sentence."""
    for k, line in enumerate(lines[:MAX_LINES_ABOVE]):
        if tidy(line) == title:
            return lines[k:]
        if ENDS_A_SENTENCE.search(line):
            break
    return lines


def _refuse_wall(lines: list[str], beside: list[str], name: str) -> tuple[str, ...]:
    """A warning for a page that asks for a subscription; raises InputError when it does so behind few sentences, or beside fewer."""
    place = find_wall(lines)
    texts, found = (beside, find_wall(beside, is_beside=True)) if place is None else (lines, place)
    if found is None:
        return ()
    wall = texts[found]
    if n_sentences(lines[:place]) < (MIN_SENTENCES_ALONE if place is None else MIN_SENTENCES):
        raise InputError(
            f"{name}: only the beginning of an article, the rest behind a subscription ({wall[:60]!r}); "
            "save the page when signed in, or copy the whole text into a .txt file"
        )
    is_short = n_sentences(lines) < MIN_SENTENCES
    return () if place is None and not is_short else (f"the page asks for a subscription ({wall[:60]!r}); the article may go on behind it",)


def _n_words_in_sentences(body: str) -> int:
    return sum(len(line.split()) for line in body.split("\n") if ENDS_A_SENTENCE.search(line))


def _extract(tree: "HtmlElement") -> "Document | None":
    from trafilatura import bare_extraction

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    _open_layout_tables(tree)
    found = bare_extraction(
        tree,
        with_metadata=True,
        include_comments=False,
        include_tables=False,
        date_extraction_params={"original_date": True, "extensive_search": False},
    )
    return found if found is not None and not isinstance(found, dict) else None


def _open_layout_tables(tree: "HtmlElement") -> None:
    """Makes plain blocks of tables that hold paragraphs, as old pages are laid out; tables of figures are left to be left out."""
    for table in list(tree.iter("table")):
        if table.find(".//p") is not None or table.find(".//h1") is not None:
            for part in list(table.iter(*TABLE_PARTS)):
                part.tag = "div"
