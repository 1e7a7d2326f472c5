"""Articles in Word files (.docx), opened by python-docx (https://python-docx.readthedocs.io): paragraphs and cells in their order.

The title is the paragraph in the style Title, else a first paragraph that is a heading; a date may stand under it. Footnotes, headers, text
boxes, what was struck out, and cells of tables that end no sentence are left out.
"""

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from contrast.errors import InputError
from contrast.reading.decoding import MAX_BYTES
from contrast.reading.extracted import Extracted, body_of, tidy
from contrast.reading.heads import with_head_lines
from contrast.reading.layout import ENDS_A_SENTENCE

MAX_UNPACKED_BYTES = 100_000_000
MAX_PART_BYTES = 20_000_000
MAX_PARAGRAPHS = 20_000
_OLE_MARK = b"\xd0\xcf\x11\xe0"
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PARAGRAPH, _TABLE, _CELL, _STYLE, _TEXT = (f"{_WORD}{tag}" for tag in ("p", "tbl", "tc", "pStyle", "t"))
_SPACES = {f"{_WORD}tab": "\t", f"{_WORD}br": "\n", f"{_WORD}cr": "\n", f"{_WORD}noBreakHyphen": "-"}
_LEFT_OUT = (
    *(f"{_WORD}{tag}" for tag in ("del", "moveFrom", "drawing", "pict", "object", "rPr", "tabs", "sdtPr", "customXmlPr")),
    "{*}AlternateContent",
)
# What a form or a schema puts around paragraphs and cells.
_AROUND = tuple(f"{_WORD}{tag}" for tag in ("sdt", "sdtContent", "customXml"))


@dataclass(frozen=True, slots=True)
class WordParagraph:
    """The text of a paragraph, its lines kept, and the name of its style."""

    text: str
    style: str

    @property
    def is_head(self) -> bool:
        """Whether the paragraph is a title or a heading."""
        return self.style == "title" or self.style.startswith("heading")


def read_word(content: bytes, name: str) -> Extracted:
    """The article in the bytes of a .docx file; raises InputError when it is none."""
    _refuse(content, name)
    try:
        paragraphs = _take(_open(content), name)
    except InputError:
        raise
    except Exception as error:  # python-docx, lxml and zipfile raise many types on a damaged file
        raise InputError(f"{name}: a damaged .docx ({type(error).__name__}); open it in a word processor and save it anew") from error
    title = _title(paragraphs)
    body = body_of([line for paragraph in paragraphs for line in paragraph.text.splitlines()], title=title)
    if not body:
        raise InputError(f"{name}: no text in this .docx; expected an article as text, not as a picture")
    return with_head_lines(Extracted(body, title=title))


def _refuse(content: bytes, name: str) -> None:
    if content.startswith(_OLE_MARK):
        raise InputError(f"{name}: an old .doc file or one with a password; save it as .docx without a password")
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise InputError(f"{name}: no .docx, whatever its name says; save it as .docx, or its text as .txt") from error
    for limit, n_bytes in (
        (MAX_UNPACKED_BYTES, sum(part.file_size for part in parts)),
        (MAX_PART_BYTES, max((part.file_size for part in parts if part.filename.endswith((".xml", ".rels"))), default=0)),
    ):
        if n_bytes > limit:
            raise InputError(f"{name}: unpacks to more than {limit / 1e6:.0f} MB; expected one article; save its text as .txt")
    if "word/document.xml" not in {part.filename for part in parts}:
        raise InputError(f"{name}: a zip file without a Word text in it; save it as .docx, or its text as .txt")


def _open(content: bytes) -> Iterator[WordParagraph]:
    """The paragraphs of the document, struck out text, pictures and text boxes taken away."""
    import docx
    from lxml.etree import strip_elements, strip_tags

    document = docx.Document(BytesIO(content))
    styles = {style.styleId: style for style in document.styles.element.style_lst}
    names = {id: (style.name_val or "").casefold() for id, style in styles.items()}
    default = next((names[id] for id, style in styles.items() if style.default and style.type == 1), "")
    body: Any = document.element.body
    strip_elements(body, *_LEFT_OUT, with_tail=False)
    strip_tags(body, *_AROUND)
    return _paragraphs(body, names, default)


def _take(paragraphs: Iterable[WordParagraph], name: str) -> list[WordParagraph]:
    """The paragraphs that hold text; raises InputError once there is more than an article has."""
    taken, n_bytes = [], 0
    for n, paragraph in enumerate(paragraphs, 1):
        n_bytes += len(paragraph.text.encode("utf-8", "replace"))
        if n > MAX_PARAGRAPHS or n_bytes > MAX_BYTES:
            expected = f"one article of at most {MAX_PARAGRAPHS:,} paragraphs and {MAX_BYTES / 1e6:.0f} MB of text"
            raise InputError(f"{name}: too long; expected {expected}; split it into articles")
        if paragraph.text.strip():
            taken.append(paragraph)
    return taken


def _paragraphs(parent: Any, names: dict[str, str], default: str) -> Iterator[WordParagraph]:
    """The paragraphs in a body or a cell, in order; in cells, those of cells that end a sentence or hold a heading."""
    for block in parent.iterchildren(_PARAGRAPH, _TABLE):
        if block.tag == _PARAGRAPH:
            style = next(block.iter(_STYLE), None)
            yield WordParagraph(_text(block), default if style is None else names.get(style.get(f"{_WORD}val"), default))
            continue
        for cell in block.iterfind(f"{_WORD}tr/{_CELL}"):
            within = list(_paragraphs(cell, names, default))
            if any(paragraph.is_head or ENDS_A_SENTENCE.search(paragraph.text.strip()) for paragraph in within):
                yield from within


def _text(paragraph: Any) -> str:
    return "".join(_SPACES.get(part.tag) or part.text or "" for part in paragraph.iter(_TEXT, *_SPACES))


def _title(paragraphs: list[WordParagraph]) -> str | None:
    for paragraph in paragraphs:
        if paragraph.style == "title":
            return tidy(paragraph.text)
    return tidy(paragraphs[0].text) if paragraphs and paragraphs[0].is_head else None
