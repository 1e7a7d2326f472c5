"""PDF and Word files written on the spot."""

import textwrap
import zipfile
from collections.abc import Sequence
from io import BytesIO

_SAME_IN_ASCII = str.maketrans("“”’–", '""\'-')
_ESCAPES = str.maketrans({"\\": r"\\", "(": r"\(", ")": r"\)", "ﬁ": r"\256", "ﬂ": r"\257"})


def pdf_of(title: str, paragraphs: Sequence[str], *, n_lines: int = 40) -> bytes:
    """A PDF with a text layer, as a typesetter would set it: broken lines, a running head and `n_lines` lines a page."""
    lines = [(18, 30, title)]
    for paragraph in paragraphs:
        lines += [(11, 26 if k == 0 else 14, line) for k, line in enumerate(textwrap.wrap(paragraph, 60))]
    heads = ["The Harrow Post, page {page}"], []
    return _of_pages([_content(lines[k : k + n_lines], number, *heads) for number, k in enumerate(range(0, len(lines), n_lines), 1)])


def print_of(title: str, paragraphs: Sequence[str], *, head: Sequence[str] = (), n_lines: int = 40) -> bytes:
    """A PDF as Chromium prints a page: day, time and title above, address and pages below, a headline in lines, `head` lines under it."""
    lines = [(24, 34 if k == 0 else 29, line) for k, line in enumerate(textwrap.wrap(title, 34))]
    lines += [(12, 15, line) for line in head]
    for paragraph in paragraphs:
        lines += [(12, 15 if k == 0 and head else 14, line) for k, line in enumerate(textwrap.wrap(paragraph, 70))]
    n = max(1, -(-len(lines) // n_lines))
    above, below = ["11/30/26, 9:28 AM", f"{title[:60]} | The Harrow Post"], ["https://example.org/news/ferry", f"{{page}}/{n}"]
    return _of_pages([_content(lines[k * n_lines : (k + 1) * n_lines], k + 1, above, below) for k in range(n)])


def _of_pages(pages: Sequence[bytes]) -> bytes:
    kids = " ".join(f"{4 + 2 * k} 0 R" for k in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman >>",
    ]
    for k, content in enumerate(pages):
        about = f"/MediaBox [0 0 595 842] /Contents {5 + 2 * k} 0 R /Resources << /Font << /F1 3 0 R >> >>"
        objects.append(f"<< /Type /Page /Parent 2 0 R {about} >>".encode())
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    return _with_table(objects)


def _content(lines: Sequence[tuple[int, int, str]], number: int, above: Sequence[str], below: Sequence[str]) -> bytes:
    rows = [(820, above), (20, below)]
    edges = [(50 + 200 * k, row, text.format(page=number)) for row, texts in rows for k, text in enumerate(texts)]
    written = [f"BT /F1 8 Tf 1 0 0 1 {left} {row} Tm ({_escaped(text)}) Tj ET" for left, row, text in edges]
    height = 800
    for size, leading, line in lines:
        height -= leading
        written.append(f"BT /F1 {size} Tf 1 0 0 1 50 {height} Tm ({_escaped(line)}) Tj ET")
    return "\n".join(written).encode("ascii")


def _escaped(line: str) -> str:
    return line.translate(_SAME_IN_ASCII).translate(_ESCAPES)


def _with_table(objects: Sequence[bytes]) -> bytes:
    written, places = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    n = len(objects) + 1
    return bytes(written) + b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        n,
        table,
        n,
        len(written),
    )


def word_of(title: str, paragraphs: Sequence[str]) -> bytes:
    """A Word file: the title in its style, all but the last paragraph as paragraphs, the last in a table."""
    import docx

    document = docx.Document()
    document.add_paragraph(title, style="Title")
    for paragraph in paragraphs[:-1]:
        document.add_paragraph(paragraph)
    for paragraph in paragraphs[-1:]:
        document.add_table(1, 1).cell(0, 0).text = paragraph
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def word_with(content: str) -> bytes:
    """A Word file with this WordprocessingML before its only paragraph."""
    source, buffer = zipfile.ZipFile(BytesIO(word_of("", []))), BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in source.infolist():
            written = source.read(part)
            archive.writestr(
                part, written.replace(b"<w:p>", content.encode() + b"<w:p>", 1) if part.filename == "word/document.xml" else written
            )
    return buffer.getvalue()
