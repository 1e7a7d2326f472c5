"""Articles in Markdown, by markdown-it (https://markdown-it-py.readthedocs.io): the words without the marks, a paragraph a line.

Front matter (lines `title:`, `date:`, `url:` between two `---`), the first heading and a date under it give the head. Code and pictures are
left out, and so are cells of tables that end no sentence.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from contrast.errors import InputError
from contrast.reading.decoding import decode
from contrast.reading.extracted import Extracted, body_of, tidy
from contrast.reading.heads import with_head_lines
from contrast.reading.layout import ENDS_A_SENTENCE, as_address
from contrast.reading.written_dates import date_given, warn_of_date

if TYPE_CHECKING:
    from markdown_it.token import Token

# In a block time grows with the square of the marks: 2,000 times '![' alone take 0.2 s; in the whole 50,000 marks or lines take 3 to 6 s.
MAX_MARKS_IN_BLOCK = 4_000
MAX_MARKS = 50_000
MAX_LINES = 50_000
_MARK = re.compile(r"[\[\]*_`<&!\\]")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_FRONT_MATTER = re.compile(r"\ufeff?---\s*\n(.*?)\n(?:---|\.\.\.)\s*\n", re.DOTALL)
_FIELD = re.compile(r"^(title|date|url)\s*:\s*(.+?)\s*$", re.MULTILINE | re.IGNORECASE)


def read_markdown(content: bytes, name: str) -> Extracted:
    """The article in the bytes of a Markdown file; raises InputError when it is none."""
    text = decode(content, name).replace("\r\n", "\n")
    _refuse_marks(text, name)
    front = _FRONT_MATTER.match(text)
    fields = {field[1].lower(): field[2].strip("\"'") for field in _FIELD.finditer(front[1])} if front else {}
    lines = list(_lines(text[front.end() :] if front else text))
    headings = [line for line, is_title in lines if is_title]
    title = fields.get("title") or (headings[0] if headings else None)
    body = body_of([line for line, _ in lines if line != title])
    if not body:
        raise InputError(f"{name}: no text in this Markdown file; expected an article")
    date = fields.get("date", "")
    warnings = tuple(warn_of_date(date))
    return with_head_lines(
        Extracted(body, title=tidy(title) or None, date=date_given(date), url=as_address(fields.get("url")), warnings=warnings)
    )


def _refuse_marks(text: str, name: str) -> None:
    """Raises InputError for more lines or marks than people write, which would take minutes to sort out."""
    n_lines = text.count("\n")
    counts = [len(_MARK.findall(block)) for block in _BLANK_LINE.split(text)] if n_lines <= MAX_LINES else []
    if n_lines > MAX_LINES or max(counts) > MAX_MARKS_IN_BLOCK or sum(counts) > MAX_MARKS:
        came = f"{sum(counts):,} marks of Markdown" if counts else f"{n_lines:,} lines"
        raise InputError(f"{name}: {came}; expected one article; save its words alone as .txt")


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """The text of each block, and whether it is a heading of the first rank; cells of a table that end no sentence are left out."""
    from markdown_it import MarkdownIt

    within = ""
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type in ("heading_open", "td_open", "th_open"):
            within = token.tag
        elif token.type in ("heading_close", "td_close", "th_close"):
            within = ""
        elif token.type == "inline":
            words = "".join(_words(token))
            if within not in ("td", "th") or ENDS_A_SENTENCE.search(words):
                yield words, within == "h1"


def _words(block: "Token") -> Iterator[str]:
    for token in block.children or ():
        if token.type in ("text", "code_inline"):
            yield token.content
        elif token.type in ("softbreak", "hardbreak"):
            yield " "
