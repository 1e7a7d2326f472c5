"""An article as it was found, before it is read: its bytes, where it stands, and what its row told of it."""

from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any

from contrast.reading.layout import lay_out
from contrast.reading.records import in_json_words
from contrast.reading.written_dates import date_given, warn_of_date

NOT_UTF8 = "bytes that are not UTF-8; save it as UTF-8"


@dataclass(frozen=True, slots=True)
class Columns:
    """The names under which a row holds the parts of an article."""

    id: str = "id"
    title: str = "title"
    date: str = "date"
    url: str = "url"
    text: str = "text"


@dataclass(frozen=True, slots=True)
class Head:
    """What a row gives beside the text."""

    title: str | None
    date: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class Raw:
    """An article as it came: its bytes, or why there are none.

    `where` names it in messages; `path` is that of a file of one article, `head` what a row or a document gave beside the text, `sha256`
    that of the document that the text was taken out of, `warnings` what is to be said of how it was read.
    """

    id: str
    where: str
    content: bytes = b""
    path: str | None = None
    head: Head | None = None
    sha256: str | None = None
    failure: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class Meter:
    """How many bytes of the inputs were read, of how many (0: unknown), and which of the columns any row had."""

    n_bytes: int = 0
    n_bytes_in_all: int = 0
    columns_met: set[str] = field(default_factory=set)


def raw_of(row: Any, place: str, id: str, columns: Columns, meter: Meter, *, unwritable: str = NOT_UTF8) -> Raw:
    """What a row tells of an article, at its place in the file; `id` where it names none, `unwritable` what is said of broken text."""
    if not isinstance(row, dict):
        return Raw(id, place, failure=f"{place}: {in_json_words(row)}; expected an object with {columns.text!r}")
    meter.columns_met.update(column for column in astuple(columns) if column in row)
    given = row.get(columns.id)
    id = whole(id if given is None or given == "" else str(given))
    text = row.get(columns.text)
    if columns.text in row and not (isinstance(text, str) and text.strip()):
        came = "nothing to read" if isinstance(text, str) else in_json_words(text)
        return Raw(id, place, failure=f"{place}: {came} under {columns.text!r}; expected a string, the text of an article")
    if not isinstance(text, str):
        has = ", ".join(map(str, row)) or "nothing"
        return Raw(id, place, failure=f"{place}: no text under {columns.text!r} (it has {has}); name the column with --text-column")
    head = Head(*(_one_line(row.get(column)) for column in (columns.title, columns.date, columns.url)))
    date = date_given(head.date or "")
    # A date or address that is not of the known forms stays out of the text, where it would be read as a sentence.
    is_address = head.url is not None and head.url.startswith(("http://", "https://", "www.")) and " " not in head.url
    try:
        content = lay_out({"title": head.title, "date": date, "url": head.url if is_address else None, "text": text}).encode()
    except UnicodeEncodeError:
        return Raw(id, place, failure=f"{place}: {unwritable}")
    return Raw(id, place, content, head=Head(head.title, date, head.url), warnings=tuple(warn_of_date(head.date or "")))


def _one_line(value: Any) -> str | None:
    return None if value is None else " ".join(str(value).split()) or None


def whole(text: str) -> str:
    """The text with question marks for what cannot be written as UTF-8 (bytes of another encoding in a file name or a CSV field)."""
    return text.encode("utf-8", "replace").decode()


def stem_of(path: Path) -> str:
    """The name of a file of rows without its ending, by which its rows are called that have no id.

    >>> stem_of(Path("in/feed.2024-01.jsonl.gz"))
    'feed.2024-01'
    """
    packed = path.name[:-3] if path.name.lower().endswith(".gz") else path.name
    return Path(packed).stem


def first_line(error: Exception) -> str:
    """What an error says, in a line."""
    return (str(error).splitlines() or [type(error).__name__])[0]
