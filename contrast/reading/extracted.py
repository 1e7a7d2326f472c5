"""What was taken out of a document that is no plain text, and how it is laid out as a text that sentences can point into."""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from contrast.reading.layout import as_date, lay_out

WRITTEN_DATES = ("%d %B %Y", "%B %d, %Y", "%B %d %Y", "%A, %d %B %Y", "%A %d %B %Y", "%A, %B %d, %Y")
_SPACE = re.compile(r"[\s\x00-\x1f\x7f\u200b\ufeff]+")


@dataclass(frozen=True, slots=True)
class Extracted:
    """Title, date as YYYY-MM-DD, address and body of an article, the body a paragraph a line; `id` where the document gives one."""

    body: str
    title: str | None = None
    date: str | None = None
    url: str | None = None
    id: str | None = None

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


def date_of(line: str) -> str | None:
    """The date of a line that holds nothing else, written out, as YYYY-MM-DD.

    >>> date_of("11 March 2019"), date_of("March 11, 2019"), date_of("In March 2019")
    ('2019-03-11', '2019-03-11', None)
    """
    for form in WRITTEN_DATES:
        try:
            return datetime.strptime(line, form).date().isoformat()
        except ValueError:
            continue
    return as_date(line)


def with_date_line(article: Extracted) -> Extracted:
    """The article with the date that stands as a line of its own under its title, or that begins its body, taken out of the body."""
    lines = article.body.split("\n")
    for k, line in enumerate(lines[: 1 if article.title else 2]):
        date = date_of(line)
        if date and not article.date and len(lines) > 1:
            return replace(article, body="\n".join(lines[:k] + lines[k + 1 :]), date=date)
    return article
