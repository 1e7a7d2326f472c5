"""Articles in PDF files with a text layer, by pypdf (https://pypdf.readthedocs.io), their broken lines joined into paragraphs.

A paragraph ends where the gap to the next line is wider than usual, where the size of the letters changes, and where a short line ends a
sentence. Lines that stand at the edge of most pages (running heads, page numbers) are left out; ligatures (ﬁ) are taken apart.
"""

import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

from contrast.errors import InputError
from contrast.reading.extracted import Extracted, tidy
from contrast.reading.layout import ENDS_A_SENTENCE

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

MAX_PAGES = 200
WIDE_GAP = 1.4
SHORT_LINE = 0.8
_BROKEN_WORD = re.compile(r"(?<=[a-z])[-\u00ad]$")
_DIGITS = re.compile(r"\d+")
_LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}


@dataclass(slots=True)
class PdfLine:
    """A line of a page: its text, the height at which it stands, and the size of its letters (0 where unknown)."""

    text: str
    height: float = 0.0
    size: float = 0.0


def read_pdf(content: bytes, name: str) -> Extracted:
    """The article in a PDF's bytes; raises InputError when it is none, is locked, or has no text layer."""
    from pypdf.errors import DependencyError, PyPdfError

    logging.getLogger("pypdf").setLevel(logging.ERROR)
    try:
        pages = [_lines(page) for page in _open(content, name).pages]
    except DependencyError as error:
        raise InputError(
            f"{name}: an encrypted PDF; print it to a new PDF without protection, or copy its text into a .txt file"
        ) from error
    except NotImplementedError as error:
        raise InputError(
            f"{name}: a PDF with a protection or packing that cannot be read; print it to a new PDF, or copy its text into a .txt file"
        ) from error
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OSError) as error:
        raise InputError(
            f"{name}: a damaged PDF ({type(error).__name__}); print it to a new PDF, or copy its text into a .txt file"
        ) from error
    body = "\n".join(_paragraphs(_without_edges(pages)))
    if not body:
        raise InputError(f"{name}: no text in its {len(pages)} page(s), a scan perhaps; run OCR over it first (ocrmypdf scan.pdf text.pdf)")
    return Extracted(body)


def _open(content: bytes, name: str) -> "PdfReader":
    from pypdf import PasswordType, PdfReader

    reader = PdfReader(BytesIO(content))
    if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
        raise InputError(f"{name}: an encrypted PDF; save it without its password, or copy its text into a .txt file")
    if len(reader.pages) > MAX_PAGES:
        raise InputError(f"{name}: {len(reader.pages)} pages; expected one article of at most {MAX_PAGES}; split it into articles")
    return reader


def _lines(page: "PageObject") -> list[PdfLine]:
    """The lines of a page in the order in which they were written."""
    lines = [PdfLine("")]

    def visit(text: str, current: Any, placed: Any, font: Any, size: float) -> None:
        for k, piece in enumerate(text.split("\n")):
            if k:
                lines.append(PdfLine(""))
            if piece.strip() and not lines[-1].text.strip():
                scale = abs(placed[3] * current[3]) or 1.0
                lines[-1].height = placed[5] * current[3] + current[5]
                lines[-1].size = round(size * scale, 1)
            lines[-1].text += piece

    page.extract_text(visitor_text=visit)
    return [PdfLine(text, line.height, line.size) for line in lines if (text := tidy(line.text.translate(_LIGATURES)))]


def _without_edges(pages: Sequence[list[PdfLine]]) -> list[PdfLine]:
    """The lines of all pages without those first and last ones that come again, but for their digits, on most pages."""
    edges = Counter(edge for lines in pages for edge in {_shape(line) for line in (*lines[:1], *lines[-1:])})
    again = {edge for edge, n in edges.items() if len(pages) > 1 and n > len(pages) / 2}
    kept: list[PdfLine] = []
    for lines in pages:
        inner = [line for k, line in enumerate(lines) if k not in (0, len(lines) - 1) or _shape(line) not in again]
        kept.extend(inner)
    return kept


def _shape(line: PdfLine) -> str:
    return _DIGITS.sub("0", line.text)


def _paragraphs(lines: Sequence[PdfLine]) -> Iterator[str]:
    gaps = [gap for before, line in pairwise(lines) if (gap := before.height - line.height) > 0]
    usual_gap = median(gaps) if gaps else 0.0
    width = max((len(line.text) for line in lines), default=0)
    paragraph = ""
    for before, line in zip((None, *lines), lines, strict=False):
        if before is not None and _parts(before, line, usual_gap, width):
            yield paragraph
            paragraph = ""
        paragraph = _join(paragraph, line.text)
    if paragraph:
        yield paragraph


def _parts(before: PdfLine, line: PdfLine, usual_gap: float, width: int) -> bool:
    is_far = before.height - line.height > WIDE_GAP * usual_gap > 0
    is_other_size = before.size > 0 < line.size and abs(before.size - line.size) > 0.1 * line.size
    ends_short = len(before.text) < SHORT_LINE * width and ENDS_A_SENTENCE.search(before.text) is not None
    return is_far or is_other_size or ends_short


def _join(paragraph: str, line: str) -> str:
    if _BROKEN_WORD.search(paragraph) and line[:1].islower():
        return paragraph[:-1] + line
    return f"{paragraph} {line}" if paragraph else line
