"""From bytes to text: UTF-8 first, other encodings through charset-normalizer; what is no text is refused."""

import re
from pathlib import Path

from contrast.errors import InputError

MAX_BYTES = 1_000_000
# Pages, PDF and Word files carry pictures and scripts beside their text; the text itself is held to MAX_BYTES.
MAX_DOCUMENT_BYTES = 50_000_000
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_DECLARED = re.compile(rb"""charset\s*=\s*["']?\s*([\w.:-]+)|<\?xml[^>]+encoding\s*=\s*["']([\w.:-]+)""", re.IGNORECASE)
_HEAD_BYTES = 4096
_SPACE = rb"(?:\xef\xbb\xbf)?\s*"
_BEGINNINGS = (
    (".pdf", re.compile(rb"%PDF-")),
    (".docx", re.compile(rb"PK\x03\x04")),
    (".html", re.compile(_SPACE + rb"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html[\s>])", re.IGNORECASE | re.DOTALL)),
    (".mhtml", re.compile(rb"(?:[\w-]+:[^\n]*\n|[ \t][^\n]*\n){0,20}?Content-Type:\s*multipart/related\b", re.IGNORECASE)),
    (".jsonl", re.compile(_SPACE + rb'\{\s*"')),
    (".json", re.compile(_SPACE + rb'\[\s*\{\s*"')),
)
# Browsers read these as Windows-1252 (https://encoding.spec.whatwg.org/#names-and-labels).
_READ_AS_CP1252 = frozenset(["iso-8859-1", "iso8859-1", "latin1", "latin-1", "us-ascii", "ascii"])


def ending_of(content: bytes) -> str:
    """The ending that a file with these bytes would bear, told by how they begin; ".txt" where nothing says otherwise.

    >>> ending_of(b"\\n<!DOCTYPE html><title>Mill to close</title>"), ending_of(b'{"text": "The mill will close."}'), ending_of(b"[sic]")
    ('.html', '.jsonl', '.txt')
    """
    return next((ending for ending, beginning in _BEGINNINGS if beginning.match(content)), ".txt")


def read_bytes(path: Path, *, limit: int = MAX_BYTES) -> bytes:
    """The file's bytes; raises InputError when it is missing, no file, or larger than `limit`."""
    if not path.exists():
        raise InputError(f"{path}: no such file; expected a text file with one article")
    if not path.is_file():
        raise InputError(f"{path}: not a file; expected a text file with one article")
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= limit else b""
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    refuse_size(str(path), size, limit=limit)
    return content


def refuse_size(name: str, n_bytes: int, *, limit: int = MAX_BYTES) -> None:
    """Raises InputError when an article is larger than any article is."""
    if n_bytes > limit:
        raise InputError(f"{name}: {n_bytes / 1e6:.1f} MB; expected one article of at most {limit / 1e6:.0f} MB; split it into articles")


def decode(content: bytes, name: str) -> str:
    """The text of an article's bytes, a byte order mark dropped, nothing else changed; raises InputError when it is no text.

    >>> decode(b"\\xef\\xbb\\xbfThe mayor said no.", "article.txt")
    'The mayor said no.'
    """
    if content.startswith(_UTF16_MARKS):
        return _decode_as(content, "utf-16", name)
    if b"\x00" in content:
        raise InputError(f"{name}: binary data; expected a text file with one article")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = _guess(content, name)
    if not text.strip():
        raise InputError(f"{name}: empty; expected a text file with one article")
    return text


def decode_page(content: bytes, name: str) -> str:
    """The text of a web page's bytes: UTF-8, else what its head declares, else a guess; raises InputError when it is no text."""
    declared = _DECLARED.search(content[:_HEAD_BYTES])
    if declared is None or content.startswith(_UTF16_MARKS) or b"\x00" in content or _is_utf8(content):
        return decode(content, name)
    encoding = (declared[1] or declared[2]).decode("ascii").lower()
    try:
        return content.decode("cp1252" if encoding in _READ_AS_CP1252 else encoding)
    except (LookupError, UnicodeDecodeError):
        return decode(content, name)


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _decode_as(content: bytes, encoding: str, name: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: broken {encoding.upper()} ({error.reason}); save it as UTF-8") from error


def _guess(content: bytes, name: str) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(content).best()
    if best is None:
        raise InputError(f"{name}: bytes in no known encoding; save it as UTF-8")
    return str(best)
