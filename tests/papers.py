"""PDF and Word files written on the spot."""

import textwrap
from collections.abc import Sequence
from io import BytesIO

_SAME_IN_ASCII = str.maketrans("“”’–", '""\'-')
_ESCAPES = str.maketrans({"\\": r"\\", "(": r"\(", ")": r"\)", "ﬁ": r"\256", "ﬂ": r"\257"})


def pdf_of(title: str, paragraphs: Sequence[str], *, n_lines: int = 40) -> bytes:
    """A PDF with a text layer, as a typesetter would set it: broken lines, a running head and `n_lines` lines a page."""
    lines = [(18, 30, title)]
    for paragraph in paragraphs:
        lines += [(11, 26 if k == 0 else 14, line) for k, line in enumerate(textwrap.wrap(paragraph, 60))]
    pages = [_content(lines[k : k + n_lines], number) for number, k in enumerate(range(0, len(lines), n_lines), 1)]
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


def _content(lines: Sequence[tuple[int, int, str]], number: int) -> bytes:
    written, height = [f"BT /F1 8 Tf 1 0 0 1 50 820 Tm (The Harrow Post, page {number}) Tj ET"], 800
    for size, leading, line in lines:
        height -= leading
        escaped = line.translate(_SAME_IN_ASCII).translate(_ESCAPES)
        written.append(f"BT /F1 {size} Tf 1 0 0 1 50 {height} Tm ({escaped}) Tj ET")
    return "\n".join(written).encode("ascii")


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
