"""From bytes to text: UTF-8 first, then Windows-1252 where letters with accents are few; other encodings are guessed by charset-normalizer.

What is no text is refused, and so is UTF-8 with a few other bytes in it: each of its characters would come out as two others.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from contrast.errors import InputError

MAX_BYTES = 1_000_000
# Pages, PDF and Word files carry pictures and scripts beside their text; the text itself is held to MAX_BYTES.
MAX_DOCUMENT_BYTES = 50_000_000
# The mark of UTF-32 begins as one of UTF-16 does.
_MARKED = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
# Two or more bytes that are a character in UTF-8, and hardly ever stand side by side in another encoding.
_UTF8_CHARACTER = re.compile(
    rb"[\xc2-\xc5][\x80-\xbf]|[\xd0\xd1][\x80-\xbf](?=[\xd0\xd1])|[\xe1-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
# More bytes than this share that are not UTF-8 make a text of another encoding, whatever else is in it.
_MAX_STRAY_SHARE = 0.05
# What no writer of Windows-1252 means: a capital after a small letter, a mark within or after a word, and a letter that no word has. The
# bytes of Mac and DOS encodings, of Windows-1250 and of UTF-8 come out as these: donÕt, caf‚, Wa³êsa, cafÃ©.
_NO_CP1252 = re.compile(
    r"[a-zß-öø-ÿ][À-ÖØ-ÞŠŒŽŸ]|[À-ÖØ-ÞŠŒŽŸ][A-Z][a-z]|(?<!\S)[Ð-Õ](?!\w)|[,.!?][À-ÖØ-Þ]|[ÿŸ]|[\x80-\x9f]"
    r"|[^\W\d_][€‚ƒ„ˆ‰‹¡¢£¤¥¦¨¬¯µ¶¸×÷¿«]|[^\W\d_][²³¹±©®™§†‡•“”„][^\W\d_]"
)
# Of the letters of a text in English, names and all: 0.026 is the most in the 2,351 of data/articles that cp1252 holds.
_LAST_ASCII, _LAST_LATIN = 0x7F, 0x24F
_MAX_ACCENTED_SHARE = 0.03
# A sentence or two may have two names in them.
_MIN_LETTERS = 200
# Of the letters; fewer than this beyond those of Latin script tell too little of an encoding.
_MIN_TELLING_SHARE = 0.3
_MIN_COHERENCE = 0.5
# What is no UTF-8, as Python's error handler "surrogateescape" writes it.
_STRAY = re.compile(r"[\udc80-\udcff]+")
_LINE_BREAK = re.compile(r"\r\n|[\r\n]")
_DECLARED = re.compile(rb"""charset\s*=\s*["']?\s*([\w.:-]+)|<\?xml[^>]+encoding\s*=\s*["']([\w.:-]+)""", re.IGNORECASE)
_HEAD_BYTES = 4096
# How the warning of a guess begins.
GUESSED = "not UTF-8; read as"
_SPACE = rb"(?:\xef\xbb\xbf)?\s*"
_BEGINNINGS = (
    (".pdf", re.compile(rb"%PDF-")),
    (".docx", re.compile(rb"PK\x03\x04")),
    (".html", re.compile(_SPACE + rb"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html[\s>])", re.IGNORECASE | re.DOTALL)),
    (".mhtml", re.compile(rb"(?:[\w-]+:[^\n]*\n|[ \t][^\n]*\n){0,20}?Content-Type:\s*multipart/related\b", re.IGNORECASE)),
    (".jsonl", re.compile(_SPACE + rb'\{\s*"')),
    (".json", re.compile(_SPACE + rb'\[\s*\{\s*"')),
    (".rtf", re.compile(_SPACE + rb"\{\\rtf")),
)
# Browsers read these as Windows-1252 (https://encoding.spec.whatwg.org/#names-and-labels).
_READ_AS_CP1252 = frozenset(["iso-8859-1", "iso8859-1", "latin1", "latin-1", "us-ascii", "ascii"])


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, and what is to be warned of in the way that it was got from its bytes."""

    text: str
    warnings: tuple[str, ...] = ()


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
    return decode_and_warn(content, name).text


def decode_and_warn(content: bytes, name: str) -> Decoded:
    """The text as `decode` gives it, with a warning where its encoding is neither told nor plain.

    >>> decode_and_warn("The café shut.".encode("cp1252"), "article.txt")
    Decoded(text='The café shut.', warnings=())
    """
    if marked := _marked(content):
        decoded = Decoded(_decode_as(content, marked, name))
    elif b"\x00" in content:
        raise InputError(f"{name}: binary data; expected a text file with one article")
    elif _is_utf8(content):
        decoded = Decoded(content.decode("utf-8-sig"))
    else:
        decoded = _guess(content, name)
    if not decoded.text.strip():
        raise InputError(f"{name}: empty; expected a text file with one article")
    return decoded


def decode_page(content: bytes, name: str) -> str:
    """The text of a web page's bytes: UTF-8, else what its head declares, else a guess; raises InputError when it is no text."""
    return _as_declared(content) or decode(content, name)


def warn_of_encoding(content: bytes, name: str, *, is_page: bool = False) -> tuple[str, ...]:
    """The warning for a document whose encoding is neither told (by itself, where it is a page) nor plain, if there is one."""
    if _is_utf8(content) or (is_page and _as_declared(content) is not None):
        return ()
    return decode_and_warn(content, name).warnings


def _as_declared(content: bytes) -> str | None:
    """The text of a page that is not UTF-8, in the encoding that its head declares, if it is."""
    declared = _DECLARED.search(content[:_HEAD_BYTES])
    if declared is None or _marked(content) or b"\x00" in content or _is_utf8(content):
        return None
    encoding = (declared[1] or declared[2]).decode("ascii").lower()
    try:
        return content.decode("cp1252" if encoding in _READ_AS_CP1252 else encoding)
    except (LookupError, UnicodeDecodeError):
        return None


def _marked(content: bytes) -> str | None:
    """The encoding that the bytes begin with the mark of, but for UTF-8."""
    return next((encoding for mark, encoding in _MARKED if content.startswith(mark)), None)


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


def _guess(content: bytes, name: str) -> Decoded:
    """The text of bytes that are not UTF-8; raises InputError where they are no text, or UTF-8 but for a few."""
    from charset_normalizer import from_bytes

    _refuse_stray(content, name)
    western = _as_cp1252(content)
    if western is not None and _share_of_letters(western, beyond=_LAST_ASCII, least=_MIN_LETTERS) <= _MAX_ACCENTED_SHARE:
        return Decoded(western)
    best = from_bytes(content).best()
    if best is None:
        raise InputError(f"{name}: bytes in no known encoding; save it as UTF-8")
    text = str(best)
    is_told = best.coherence >= _MIN_COHERENCE and _share_of_letters(text, beyond=_LAST_LATIN) >= _MIN_TELLING_SHARE
    return Decoded(text) if text == western or is_told else Decoded(text, (_tell_guess(text, best.encoding),))


def _tell_guess(text: str, encoding: str) -> str:
    first = next((k for k, character in enumerate(text) if not character.isascii()), 0)
    return (
        f"{GUESSED} {encoding}, a guess: letters and quotation marks may be others than were written "
        f"(the first is {text[first]!r} in line {_line_of(text, first)}); save it as UTF-8"
    )


def _line_of(text: str, place: int) -> int:
    return len(_LINE_BREAK.findall(text, 0, place)) + 1


def _share_of_letters(text: str, *, beyond: int, least: int = 1) -> float:
    """The share of letters that come after one in Unicode, in a text of `least` letters or more."""
    letters = [ord(character) > beyond for character in text if character.isalpha()]
    return sum(letters) / max(least, len(letters))


def _as_cp1252(content: bytes) -> str | None:
    """The text in Windows-1252, if somebody may have written it so."""
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        return None
    return None if _NO_CP1252.search(text) else text


def _refuse_stray(content: bytes, name: str) -> None:
    """Raises InputError for text that is UTF-8 but for a few bytes, naming the first of them."""
    text = content.decode("utf-8", "surrogateescape")
    stray = [match.group() for match in _STRAY.finditer(text)]
    n_stray = sum(map(len, stray))
    if n_stray <= _MAX_STRAY_SHARE * len(content) and len(_UTF8_CHARACTER.findall(content)) >= len(stray):
        line = _line_of(text, text.index(stray[0]))
        counted = "a byte that is" if n_stray == 1 else f"{n_stray:,} bytes that are"
        raise InputError(
            f"{name}: {counted} not UTF-8 in a text that is (the first, 0x{ord(stray[0][0]) - 0xDC00:02X}, in line {line}); "
            "mend the text there, or save it anew as UTF-8"
        )
