"""Where a quote stands in a text: the line, counted from 1 as editors count, and the half-open character offsets."""

import re
from bisect import bisect_right
from dataclasses import dataclass

_LINE_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a text.

    >>> str(Place(3, 1204, 1310))
    'line 3, characters 1204–1310'
    """

    line: int
    start: int
    end: int

    def __str__(self) -> str:
        return f"line {self.line}, characters {self.start}–{self.end}"


class Places:
    """Finds the lines of a text.

    >>> Places("Mill to close\\nIt shut.").of(14, 22)
    Place(line=2, start=14, end=22)
    """

    def __init__(self, text: str) -> None:
        self._line_starts = [0, *(match.end() for match in _LINE_BREAK.finditer(text))]

    def of(self, start: int, end: int) -> Place:
        """The place of the characters from `start` up to `end`."""
        return Place(bisect_right(self._line_starts, start), start, end)
