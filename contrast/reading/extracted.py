"""What was taken out of a document that is no plain text, and how it is laid out as a text that sentences can point into."""

import re
from dataclasses import dataclass

from contrast.reading.layout import lay_out

_SPACE = re.compile(r"[\s\x00-\x1f\x7f\u200b\ufeff]+")


@dataclass(frozen=True, slots=True)
class Extracted:
    """Title, date as YYYY-MM-DD, address and body of an article, the body a paragraph a line; `id` where the document gives one.

    `warnings` say what was given and could not be taken over.
    """

    body: str
    title: str | None = None
    date: str | None = None
    url: str | None = None
    id: str | None = None
    warnings: tuple[str, ...] = ()

    def as_text(self) -> str:
        """The parts as one text: title, date, address and body, a line each for the first three."""
        return lay_out({"title": self.title, "date": self.date, "url": self.url, "text": self.body.replace("\x00", " ")})


def tidy(line: str | None) -> str:
    """The line without control characters, its runs of white space made one space.

    >>> tidy("  The mill\\n shut.\\x0c")
    'The mill shut.'
    """
    return _SPACE.sub(" ", line or "").strip()


def body_of(lines: list[str], *, title: str | None = None) -> str:
    """The lines tidied, blank ones left out, and the title where it comes again at the top."""
    kept = [line for line in map(tidy, lines) if line]
    if kept and title and kept[0].casefold() == tidy(title).casefold():
        del kept[0]
    return "\n".join(kept)
