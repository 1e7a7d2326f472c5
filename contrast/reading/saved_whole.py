"""Articles in pages that a browser saved whole in one file (.mhtml, .mht; RFC 2557): a message with page, pictures and styles as parts."""

from dataclasses import replace
from email import message_from_bytes
from email.message import Message

from contrast.errors import InputError
from contrast.reading.extracted import Extracted, tidy
from contrast.reading.layout import as_address
from contrast.reading.page import read_page

LOCATION = "Content-Location"
# A file of 50 MB, filled with pictures in lines of 76 characters, has some 660,000 lines; many more, or many parts, take minutes to parse.
MAX_LINES = 700_000
MAX_PARTS = 5_000


def read_saved_whole(content: bytes, name: str) -> Extracted:
    """The article in the page of such a file, with the address that it was saved from; raises InputError when there is none."""
    if content.count(b"\n") > MAX_LINES or content.count(b"\n--") > MAX_PARTS:
        raise InputError(
            f"{name}: more than {MAX_PARTS:,} parts or {MAX_LINES:,} lines in this .mhtml; save the page anew, as .html or PDF"
        )
    try:
        message = message_from_bytes(content)
        pages = [part for part in message.walk() if part.get_content_type() in ("text/html", "application/xhtml+xml")]
    except (RecursionError, ValueError, LookupError) as error:
        raise InputError(f"{name}: a damaged .mhtml ({type(error).__name__}); save the page anew, as .html or PDF") from error
    if not pages:
        raise InputError(f"{name}: no page in this .mhtml; save the page anew, as .html or PDF")
    address = tidy(message.get("Snapshot-Content-Location"))
    page = next((part for part in pages if address and tidy(part.get(LOCATION)) == address), pages[0])
    article = read_page(_content(page), name)
    return replace(article, url=article.url or as_address(address or tidy(page.get(LOCATION))))


def _content(page: Message) -> bytes:
    """The bytes of the page, in UTF-8 where the part says how it is written."""
    content = page.get_payload(decode=True)
    content = content if isinstance(content, bytes) else b""
    charset = page.get_content_charset()
    try:
        return content.decode(charset).encode() if charset else content
    except (LookupError, UnicodeError):
        return content
