"""What stands at the head of an article's text: title, date, address; the rest is body.

News corpora keep an article as title, date as YYYYMMDD, address and body, a line each; any of date and address may be missing. Plain
prose has no title. Nothing is cut from the text: the parts are given by their offsets. Text that was broken into short lines to fit a
width, as mail and terminals have it, is taken for what it was before.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:T[\d:.]+Z?)?")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_LINE_BREAK = re.compile(r"\r\n|[\r\n\u2028\u2029]")
ENDS_A_SENTENCE = re.compile(r"[.!?…][\"'”’)\]]*$")
MAX_TITLE_WORDS = 30
MAX_HEAD_LINES = 4
# Lines broken to fit a width: so many that end no sentence, this share of which have no room for the first word of the next line, give or
# take some characters (a space at the end may have counted); and none but the title is longer than this. Of 18,449 articles, our own and
# those of a news archive, only two are taken for broken, and both are.
MIN_FULL_LINES = 4
MIN_FULL_SHARE = 0.8
MAX_FILLED_WIDTH = 120
WIDTH_TOLERANCE = 2


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank, without the space around it, and its place in the text; several lines where one was broken to fit."""

    text: str
    start: int
    end: int
    paragraph: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts of an article's text; `title` and `body` are lines with offsets, `no_date` is what stands for a date and can be none."""

    title: Line | None
    date: str | None
    url: str | None
    body: tuple[Line, ...]
    no_date: str | None = None


def lines_of(text: str) -> Iterator[Line]:
    """The lines that are not blank; a blank line begins a new paragraph, and so does every line break but those made to fit a width."""
    lines = []
    for paragraph, match in enumerate(re.finditer(r"[^\r\n\u2028\u2029]+", text)):
        stripped = match.group().strip()
        if stripped:
            start = match.start() + match.group().index(stripped)
            lines.append(Line(stripped, start, start + len(stripped), paragraph))
    yield from _mended(text, lines)


def _mended(text: str, lines: Sequence[Line]) -> Iterator[Line]:
    """The lines, those joined again that were broken to fit a width: where the next line's first word had no room."""
    followed = [
        (line, len(line.text) + 1 + len(after.text.split(maxsplit=1)[0]))
        for line, after in pairwise(lines)
        if len(_LINE_BREAK.findall(text, line.end, after.start)) == 1 and not (_is_head(line) or _is_head(after))
    ]
    width = max((len(line.text) for line, _ in followed), default=0)
    full = {line.start for line, needed in followed if needed > width - WIDTH_TOLERANCE}
    is_open_full = [line.start in full for line, _ in followed if not ENDS_A_SENTENCE.search(line.text)]
    is_narrow = all(len(line.text) <= MAX_FILLED_WIDTH for line in lines[1:] if not _is_head(line))
    is_broken = is_narrow and sum(is_open_full) >= max(MIN_FULL_LINES, MIN_FULL_SHARE * len(is_open_full))
    start: int | None = None
    for line in lines:
        start = line.start if start is None else start
        if not is_broken or line.start not in full:
            yield Line(text[start : line.end], start, line.end, line.paragraph)
            start = None


def _is_head(line: Line) -> bool:
    return _DATE.fullmatch(line.text) is not None or as_address(line.text) is not None


def as_date(line: str) -> str | None:
    """The date of a line that holds nothing else, as YYYY-MM-DD.

    >>> as_date("20220329"), as_date("2022-03-29T10:00:00Z"), as_date("In 2022"), as_date("20220230")
    ('2022-03-29', '2022-03-29', None, None)
    """
    match = _DATE.fullmatch(line)
    try:
        return date(int(match[1]), int(match[2]), int(match[3])).isoformat() if match else None
    except ValueError:
        return None


def as_address(line: str | None) -> str | None:
    """The line if it is an address on the web and nothing else.

    >>> as_address("https://example.org/mill"), as_address("javascript:alert(1)")
    ('https://example.org/mill', None)
    """
    return line if line and _ADDRESS.fullmatch(line) else None


def parse(text: str) -> Layout:
    """The parts of the text. A line of eight digits on the place of the date is no sentence, be it a day of the calendar or not.

    >>> layout = parse("Mill to close\\n20240312\\nThe mill will close, its owner said.\\n")
    >>> layout.title.text, layout.date, len(layout.body)
    ('Mill to close', '2024-03-12', 1)
    """
    lines = list(lines_of(text))
    top = list(enumerate(lines[:MAX_HEAD_LINES]))
    url_at = next((k for k, line in top if _ADDRESS.fullmatch(line.text)), None)
    date_at = next((k for k, line in top if as_date(line.text)), None)
    no_date_at = next((k for k, line in top if _DATE.fullmatch(line.text)), None) if date_at is None else None
    head = sorted(k for k in (url_at, date_at, no_date_at) if k is not None)
    rest = [line for k, line in enumerate(lines) if k not in head]
    has_title = len(rest) > 1 and _is_title(rest[0].text, has_head=bool(head) and head[0] > 0)
    return Layout(
        title=rest[0] if has_title else None,
        date=None if date_at is None else as_date(lines[date_at].text),
        url=None if url_at is None else lines[url_at].text,
        body=tuple(rest[1:] if has_title else rest),
        no_date=None if no_date_at is None else lines[no_date_at].text,
    )


def warn_of_no_date(layout: Layout) -> Iterator[str]:
    """A warning for a date in the head that no calendar has.

    >>> list(warn_of_no_date(parse("Mill to close\\n20240231\\nThe mill will close, its owner said.\\n")))
    ["the date '20240231' cannot be, no calendar has that day; expected YYYYMMDD; the article is read as one without a date"]
    """
    if layout.no_date is not None:
        yield (
            f"the date {layout.no_date!r} cannot be, no calendar has that day; expected YYYYMMDD; the article is read as one without a date"
        )


def lay_out(article: Mapping[str, object]) -> str:
    """Title, date, address and text of an article, a line each for the first three; what is missing leaves an empty line.

    >>> lay_out({"title": "Mill shuts", "date": "2024-03-12", "url": None, "text": "It shut."})
    'Mill shuts\\n20240312\\n\\nIt shut.'
    """
    date = str(article.get("date") or "").replace("-", "")[:8]
    return f"{article.get('title') or ''}\n{date}\n{article.get('url') or ''}\n{article.get('text') or ''}"


def _is_title(line: str, *, has_head: bool) -> bool:
    if len(line.split()) > MAX_TITLE_WORDS:
        return False
    return has_head or not ENDS_A_SENTENCE.search(line)
