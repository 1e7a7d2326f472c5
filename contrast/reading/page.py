"""Articles in saved web pages, by trafilatura (https://trafilatura.readthedocs.io): text, title, date, address; menus and adverts left out.

The date is that of publication where the page tells it in its head, in JSON-LD or in a time tag; none is guessed from the text.
"""

import logging
import re
from typing import TYPE_CHECKING

from contrast.errors import InputError
from contrast.reading.decoding import decode_page
from contrast.reading.extracted import Extracted, body_of, tidy
from contrast.reading.layout import ENDS_A_SENTENCE

if TYPE_CHECKING:
    from lxml.html import HtmlElement
    from trafilatura.settings import Document

_SAVED_FROM = re.compile(r"<!--\s*saved from url=(?:\(\d+\))?(https?://\S+)\s*-->", re.IGNORECASE)
_OWN_REPORT = re.compile(r"""<script\b[^>]*\bid=["']contrast-data["']""")
_TAG_OR_MARK = re.compile(r"<[^<>]*>|\W")
TABLE_PARTS = ("table", "thead", "tbody", "tfoot", "tr", "td", "th")
# A page whose text has fewer words than this in lines that end as sentences do is a front page, a wall or a picture.
MIN_WORDS = 20


def read_page(content: bytes, name: str) -> Extracted:
    """The article in a page's bytes; raises InputError when the page holds none."""
    page = decode_page(content, name)
    if _OWN_REPORT.search(page):
        raise InputError(f"{name}: a report that contrast made; expected an article; contrast verify says whether the report still holds")
    found = _extract(page)
    lines = [line.removeprefix("- ") for line in (found.text or "").splitlines()] if found else []
    title = _title(tidy(found.title) if found else "", lines)
    body = body_of(lines, title=title)
    if found is None or _n_words_in_sentences(body) < MIN_WORDS:
        raise InputError(
            f"{name}: no article found in this page; save the page of one article (no front page, no login or cookie wall), "
            "or copy its text into a .txt file"
        )
    saved_from = _SAVED_FROM.search(page[:2000])
    return Extracted(body, title=title or None, date=found.date, url=found.url or (saved_from[1] if saved_from else None))


def _n_words_in_sentences(body: str) -> int:
    return sum(len(line.split()) for line in body.split("\n") if ENDS_A_SENTENCE.search(line))


def _extract(page: str) -> "Document | None":
    from trafilatura import bare_extraction, load_html

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    tree = load_html(page)
    if tree is None:
        return None
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


def _title(title: str, lines: list[str]) -> str:
    """The title as the page shows it above the text, where that is the same but for tags and marks that its head has lost."""
    first = tidy(lines[0]) if lines else ""
    return first if first and _TAG_OR_MARK.sub("", first).casefold() == _TAG_OR_MARK.sub("", title).casefold() else title
