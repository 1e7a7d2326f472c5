"""From a file or a text to an article: bytes, head, sentences with offsets."""

import hashlib
from pathlib import Path

from contrast.reading.decoding import decode, read_bytes, refuse_size
from contrast.reading.language import warn_of_language
from contrast.reading.layout import parse
from contrast.reading.sentences import split
from contrast.schema import Article

__all__ = ["read_article", "read_text"]


def read_article(path: Path) -> Article:
    """The article in a file; raises InputError when there is none."""
    return _article(read_bytes(path), id=path.stem, name=str(path), path=str(path))


def read_text(content: str | bytes, *, id: str = "text", name: str = "text") -> Article:
    """The article in a text (or in the bytes of one, as standard input gives them); raises InputError when there is none."""
    return _article(content.encode() if isinstance(content, str) else content, id=id, name=name, path=None)


def _article(content: bytes, *, id: str, name: str, path: str | None) -> Article:
    refuse_size(name, len(content))
    text = decode(content, name)
    layout = parse(text)
    return Article(
        id=id,
        text=text,
        sentences=split(layout, name),
        title=layout.title.text if layout.title else None,
        date=layout.date,
        url=layout.url,
        path=path,
        sha256=hashlib.sha256(content).hexdigest(),
        warnings=tuple(warn_of_language(text)),
    )
