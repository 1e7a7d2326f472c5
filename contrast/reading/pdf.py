"""Articles in PDF files with a text layer, by pypdf (https://pypdf.readthedocs.io): the lines of each page, with height and letters' size.

What is title, paragraph or running head is told by `typeset`; ligatures (ﬁ) are taken apart. A date may stand under the title.
"""

import logging
import unicodedata
from io import BytesIO
from typing import TYPE_CHECKING, Any

from contrast.errors import InputError
from contrast.reading.extracted import Extracted, body_of, tidy
from contrast.reading.heads import with_head_lines
from contrast.reading.typeset import SetLine, title_and_body

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

MAX_PAGES = 200
_LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}


def read_pdf(content: bytes, name: str) -> Extracted:
    """The article in a PDF's bytes; raises InputError when it is none, is locked, or has no text layer."""
    from pypdf.errors import DependencyError, PyPdfError

    logging.getLogger("pypdf").setLevel(logging.ERROR)
    try:
        reader = _open(content, name)
        pages = [_lines(page) for page in reader.pages]
        told = tidy(reader.metadata.title if reader.metadata else None)
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
    title, paragraphs = title_and_body(pages, told)
    body = body_of(paragraphs, title=title)
    if not body:
        raise InputError(f"{name}: no text in its {len(pages)} page(s), a scan perhaps; run OCR over it first (ocrmypdf scan.pdf text.pdf)")
    return with_head_lines(Extracted(body, title=title))


def _open(content: bytes, name: str) -> "PdfReader":
    from pypdf import PasswordType, PdfReader

    reader = PdfReader(BytesIO(content))
    if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
        raise InputError(f"{name}: an encrypted PDF; save it without its password, or copy its text into a .txt file")
    if len(reader.pages) > MAX_PAGES:
        raise InputError(f"{name}: {len(reader.pages)} pages; expected one article of at most {MAX_PAGES}; split it into articles")
    return reader


def _lines(page: "PageObject") -> list[SetLine]:
    """The lines of a page in the order in which they were written."""
    lines = [SetLine("")]

    def visit(text: str, current: Any, placed: Any, font: Any, size: float) -> None:
        for k, piece in enumerate(text.split("\n")):
            if k:
                lines.append(SetLine(""))
            if piece.strip() and not lines[-1].text.strip():
                scale = abs(placed[3] * current[3]) or 1.0
                lines[-1].height = placed[5] * current[3] + current[5]
                lines[-1].size = round(size * scale, 1)
            lines[-1].text += piece

    page.extract_text(visitor_text=visit)
    return [SetLine(text, line.height, line.size) for line in lines if (text := tidy(line.text.translate(_LIGATURES)))]
