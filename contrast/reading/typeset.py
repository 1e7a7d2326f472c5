"""From the lines of typeset pages to a title and paragraphs: what stands at the edge of most pages is left out, broken lines are joined.

A paragraph ends where the gap to the next line is wider than usual, where the size of the letters changes, where a short line ends a
sentence, and beside a line that tells who wrote the article and when.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from contrast.reading.heads import is_head_line
from contrast.reading.layout import ENDS_A_SENTENCE, MAX_TITLE_WORDS

WIDE_GAP = 1.4
SHORT_LINE = 0.8
LARGE = 1.15
# How far apart the lines of a headline stand, in sizes of its letters: 1.1 to 1.2 in what Chromium prints.
HEADLINE_LEADING = 1.25
N_EDGE_ROWS = 3
N_HEAD_LINES = 15
N_HEAD_PARAGRAPHS = 8
_BROKEN_WORD = re.compile(r"(?<=[a-z])[-\u00ad]$")
_DIGITS = re.compile(r"\d+")
_DAY_AND_TIME = r"\d{1,2}[/.]\d{1,2}[/.]\d{2,4},? \d{1,2}[:.]\d\d(?:[\s\u202f]?[AP]M)?"
# What browsers print above and below a page: day, time and title; the address, the page and the number of pages; Firefox in another order.
_PRINTED_ABOVE = re.compile(rf"{_DAY_AND_TIME}\b.*|.*\S (?:https?|file)://\S+")
_PRINTED_BELOW = re.compile(
    rf"(?:(?:https?|file)://\S+\s+)?\d+/\d+|(?:page\s+)?\d+\s+of\s+\d+(?:\s+{_DAY_AND_TIME})?|(?:page\s+|[–-]\s*)?\d{{1,3}}(?:\s*[–-])?",
    re.IGNORECASE,
)


@dataclass(slots=True)
class SetLine:
    """A line of a page, or a paragraph: its text, the height at which it begins, and the size of its letters (0 where unknown)."""

    text: str
    height: float = 0.0
    size: float = 0.0


def title_and_body(pages: Sequence[list[SetLine]], told: str = "") -> tuple[str | None, list[str]]:
    """The title and the paragraphs below it; of those above it only sentences and lines on who and when.

    The title is what is set in large letters and stands in the title that the file tells of itself, else what is set in the largest.
    """
    lines = [line for page in _without_edges(pages) for line in page]
    size = _usual_size(lines)
    paragraphs = list(_paragraphs(lines, size))
    large = [paragraph for paragraph in paragraphs[:N_HEAD_PARAGRAPHS] if paragraph.size > LARGE * size > 0]
    told = told.casefold()
    title = max(large, key=lambda line: (len(line.text) if line.text.casefold() in told else 0, line.size), default=None)
    if title is None or len(title.text.split()) > MAX_TITLE_WORDS or len(paragraphs) == 1:
        return None, [paragraph.text for paragraph in paragraphs]
    place = paragraphs.index(title)
    above = [paragraph for paragraph in paragraphs[:place] if ENDS_A_SENTENCE.search(paragraph.text) or is_head_line(paragraph.text)]
    return title.text, [paragraph.text for paragraph in (*above, *paragraphs[place + 1 :])]


def _without_edges(pages: Sequence[list[SetLine]]) -> Iterator[list[SetLine]]:
    """The lines of each page without the rows at its top and foot that come again but for digits on most pages, or that browsers print."""
    rows = [_rows(page) for page in pages]
    edges = Counter(shape for page in rows for shape in {_shape(row) for row in _edge_rows(page)})
    again = {shape for shape, n in edges.items() if len(pages) > 1 and n > len(pages) / 2}
    for page, of_page in zip(pages, rows, strict=True):
        edge = {id(line) for row in _edge_rows(of_page) if _shape(row) in again for line in row}
        printed = (*of_page[:1], *of_page[-1:]) if of_page else ()
        for row, pattern in zip(printed, (_PRINTED_ABOVE, _PRINTED_BELOW), strict=False):
            if pattern.fullmatch(_words(row)):
                edge |= {id(line) for line in row}
        yield [line for line in page if id(line) not in edge]


def _rows(page: Sequence[SetLine]) -> list[list[SetLine]]:
    """The lines of a page by the height at which they stand, from the top."""
    by_height: dict[int, list[SetLine]] = {}
    for line in page:
        by_height.setdefault(round(line.height), []).append(line)
    return [by_height[height] for height in sorted(by_height, reverse=True)]


def _edge_rows(rows: list[list[SetLine]]) -> list[list[SetLine]]:
    return rows if len(rows) <= 2 * N_EDGE_ROWS else rows[:N_EDGE_ROWS] + rows[-N_EDGE_ROWS:]


def _words(row: list[SetLine]) -> str:
    return " ".join(line.text for line in row)


def _shape(row: list[SetLine]) -> tuple[str, int]:
    return _DIGITS.sub("0", _words(row)), round(row[0].height)


def _usual_size(lines: Sequence[SetLine]) -> float:
    """The size of the letters in which most of the text is set."""
    n_characters: Counter[float] = Counter()
    for line in lines:
        n_characters[line.size] += len(line.text)
    return max(n_characters, key=lambda size: n_characters[size], default=0.0)


def _paragraphs(lines: Sequence[SetLine], size: float) -> Iterator[SetLine]:
    gaps = [gap for before, line in pairwise(lines) if (gap := before.height - line.height) > 0]
    usual_gap = median(gaps) if gaps else 0.0
    width = max((len(line.text) for line in lines), default=0)
    heads = {id(line) for line in lines[:N_HEAD_LINES] if is_head_line(line.text)}
    paragraph: SetLine | None = None
    for before, line in zip((None, *lines), lines, strict=False):
        is_large = line.size > LARGE * size > 0
        gap = max(usual_gap, HEADLINE_LEADING * line.size) if is_large else usual_gap
        if before is None or paragraph is None:
            paragraph = SetLine(line.text, line.height, line.size)
        elif {id(before), id(line)} & heads or _parts(before, line, gap, width):
            yield paragraph
            paragraph = SetLine(line.text, line.height, line.size)
        else:
            paragraph.text = _join(paragraph.text, line.text)
    if paragraph is not None:
        yield paragraph


def _parts(before: SetLine, line: SetLine, gap: float, width: int) -> bool:
    is_far = before.height - line.height > WIDE_GAP * gap > 0
    is_other_size = before.size > 0 < line.size and abs(before.size - line.size) > 0.1 * line.size
    ends_short = len(before.text) < SHORT_LINE * width and ENDS_A_SENTENCE.search(before.text) is not None
    return is_far or is_other_size or ends_short


def _join(paragraph: str, line: str) -> str:
    if _BROKEN_WORD.search(paragraph) and line[:1].islower():
        return paragraph[:-1] + line
    return f"{paragraph} {line}" if paragraph else line
