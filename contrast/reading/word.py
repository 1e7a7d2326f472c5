"""Articles in Word files (.docx), by python-docx (https://python-docx.readthedocs.io): paragraphs and cells in their order.

The title is the paragraph in the style Title, else a first paragraph that is a heading; a date may stand under it. Footnotes and headers
are left out.
"""

import zipfile
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any

from contrast.errors import InputError
from contrast.reading.extracted import Extracted, body_of, tidy, with_date_line

if TYPE_CHECKING:
    from docx.text.paragraph import Paragraph

MAX_UNPACKED_BYTES = 100_000_000
_OLE_MARK = b"\xd0\xcf\x11\xe0"


def read_word(content: bytes, name: str) -> Extracted:
    """The article in the bytes of a .docx file; raises InputError when it is none."""
    _refuse(content, name)
    import docx

    try:
        paragraphs = list(_paragraphs(docx.Document(BytesIO(content)).iter_inner_content()))
    except Exception as error:  # python-docx, lxml and zipfile raise many types on a damaged file
        raise InputError(f"{name}: a damaged .docx ({type(error).__name__}); open it in a word processor and save it anew") from error
    title = _title(paragraphs)
    body = body_of([line for paragraph in paragraphs for line in paragraph.text.splitlines()], title=title)
    if not body:
        raise InputError(f"{name}: no text in this .docx; expected an article as text, not as a picture")
    return with_date_line(Extracted(body, title=title))


def _refuse(content: bytes, name: str) -> None:
    if content.startswith(_OLE_MARK):
        raise InputError(f"{name}: an old .doc file or one with a password; save it as .docx without a password")
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise InputError(f"{name}: no .docx, whatever its name says; save it as .docx, or its text as .txt") from error
    if sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise InputError(f"{name}: unpacks to more than {MAX_UNPACKED_BYTES / 1e6:.0f} MB; expected one article; save its text as .txt")
    if "word/document.xml" not in {part.filename for part in parts}:
        raise InputError(f"{name}: a zip file without a Word text in it; save it as .docx, or its text as .txt")


def _paragraphs(blocks: Iterable[Any]) -> Iterator["Paragraph"]:
    from docx.table import Table

    for block in blocks:
        if isinstance(block, Table):
            for row in block.rows:
                for cell in dict.fromkeys(row.cells):
                    yield from _paragraphs(cell.iter_inner_content())
        else:
            yield block


def _title(paragraphs: list["Paragraph"]) -> str | None:
    filled = [paragraph for paragraph in paragraphs if paragraph.text.strip()]
    for paragraph in filled:
        if _style(paragraph) == "Title":
            return tidy(paragraph.text)
    return tidy(filled[0].text) if filled and _style(filled[0]).startswith("Heading") else None


def _style(paragraph: "Paragraph") -> str:
    return paragraph.style.name or "" if paragraph.style is not None else ""
