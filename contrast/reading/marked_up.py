"""Articles in Markdown, by markdown-it (https://markdown-it-py.readthedocs.io): the words without the marks, a paragraph a line.

Front matter (lines `title:`, `date:`, `url:` between two `---`), the first heading and a date under it give the head. Code and pictures are
left out.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from contrast.errors import InputError
from contrast.reading.decoding import decode
from contrast.reading.extracted import Extracted, body_of, tidy, with_date_line
from contrast.reading.layout import as_address, as_date

if TYPE_CHECKING:
    from markdown_it.token import Token

_FRONT_MATTER = re.compile(r"\ufeff?---\s*\n(.*?)\n(?:---|\.\.\.)\s*\n", re.DOTALL)
_FIELD = re.compile(r"^(title|date|url)\s*:\s*(.+?)\s*$", re.MULTILINE | re.IGNORECASE)


def read_markdown(content: bytes, name: str) -> Extracted:
    """The article in the bytes of a Markdown file; raises InputError when it is none."""
    text = decode(content, name).replace("\r\n", "\n")
    front = _FRONT_MATTER.match(text)
    fields = {field[1].lower(): field[2].strip("\"'") for field in _FIELD.finditer(front[1])} if front else {}
    lines = list(_lines(text[front.end() :] if front else text))
    headings = [line for line, is_title in lines if is_title]
    title = fields.get("title") or (headings[0] if headings else None)
    body = body_of([line for line, _ in lines if line != title])
    if not body:
        raise InputError(f"{name}: no text in this Markdown file; expected an article")
    date = as_date(fields.get("date", "")[:10])
    return with_date_line(Extracted(body, title=tidy(title) or None, date=date, url=as_address(fields.get("url"))))


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """The text of each block, and whether it is a heading of the first rank."""
    from markdown_it import MarkdownIt

    heading = ""
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "heading_open":
            heading = token.tag
        elif token.type == "heading_close":
            heading = ""
        elif token.type == "inline":
            yield "".join(_words(token)), heading == "h1"


def _words(block: "Token") -> Iterator[str]:
    for token in block.children or ():
        if token.type in ("text", "code_inline"):
            yield token.content
        elif token.type in ("softbreak", "hardbreak"):
            yield " "
