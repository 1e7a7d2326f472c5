"""From a file or a text to an article: bytes, head, sentences with offsets.

Plain text is read as it stands. From other kinds of files (`DOCUMENT_READERS`, `.jsonl`) a text is taken out and laid out anew; offsets
point into that text, and the article says so (`is_laid_out`), so that a report carries it.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from contrast.errors import InputError
from contrast.reading.decoding import MAX_DOCUMENT_BYTES, decode_and_warn, ending_of, read_bytes, refuse_size, warn_of_encoding
from contrast.reading.extracted import Extracted
from contrast.reading.language import warn_of_language
from contrast.reading.layout import parse, warn_of_no_date
from contrast.reading.sentences import split
from contrast.schema import Article

DocumentReader = Callable[[bytes, str], Extracted]
# By ending: the module and its function, imported when the first such file is read.
DOCUMENT_READERS: dict[str, tuple[str, str]] = {
    ".html": ("contrast.reading.page", "read_page"),
    ".htm": ("contrast.reading.page", "read_page"),
    ".xhtml": ("contrast.reading.page", "read_page"),
    ".mhtml": ("contrast.reading.saved_whole", "read_saved_whole"),
    ".mht": ("contrast.reading.saved_whole", "read_saved_whole"),
    ".pdf": ("contrast.reading.pdf", "read_pdf"),
    ".docx": ("contrast.reading.word", "read_word"),
    ".md": ("contrast.reading.marked_up", "read_markdown"),
    ".markdown": ("contrast.reading.marked_up", "read_markdown"),
}
# Those that are text themselves, so that their encoding may have to be guessed.
PAGE_ENDINGS = (".html", ".htm", ".xhtml")
WRITTEN_ENDINGS = (*PAGE_ENDINGS, ".md", ".markdown")
RECORDS_ENDING = ".jsonl"
# Files that would pass for text, or that hold an article which is not taken out of them: what to do instead.
REFUSED_ENDINGS: dict[str, str] = {
    **dict.fromkeys((".csv", ".parquet"), "a file of rows; use contrast score, which reads an article from each row"),
    ".gz": "a packed file; unpack it, or use contrast score, which reads .jsonl.gz",
    ".json": "JSON; save it as .jsonl, an object with 'text' a line",
    **dict.fromkeys((".tsv", ".xls", ".xlsx", ".ods"), "a table; save it as .csv and use contrast score, or an article of it as .txt"),
    **dict.fromkeys((".rtf", ".odt", ".doc", ".pages"), "a word processor's file; save it as .docx, .txt or PDF"),
}
# What begins as another kind of file does, though it is named or given as text: what to do with it.
REFUSED_AS_TEXT: dict[str, str] = {
    ".html": "HTML, the code of a web page; save it as .html, or its words alone as .txt",
    ".mhtml": "a web page saved whole; save it as .mhtml",
    ".pdf": "a PDF file; save it as .pdf",
    ".docx": "a packed file; save it as .docx if it is one of Word, else unpack it",
    RECORDS_ENDING: REFUSED_ENDINGS[".json"],
    **{ending: REFUSED_ENDINGS[ending] for ending in (".json", ".rtf")},
}
ENDINGS = (".txt", *DOCUMENT_READERS, RECORDS_ENDING)

__all__ = ["ENDINGS", "extract", "is_document", "read_article", "read_articles", "read_content", "read_contents", "read_text"]


def read_article(path: Path) -> Article:
    """The article in a file; raises InputError when there is none, or more than one."""
    found = list(read_articles(path))
    if len(found) != 1:
        raise InputError(f"{path}: {len(found)} articles; expected one; use contrast check or contrast score for files of several")
    if isinstance(found[0], InputError):
        raise found[0]
    return found[0]


def read_articles(path: Path) -> Iterator[Article | InputError]:
    """The articles in a file, one for most kinds; rows that hold none come last, as an error for each fault.

    Raises InputError when the file as a whole cannot be read.
    """
    ending, name = path.suffix.lower(), str(path)
    if ending in REFUSED_ENDINGS and path.is_file():
        raise InputError(f"{path}: {REFUSED_ENDINGS[ending]}")
    if ending == RECORDS_ENDING:
        yield from _of_rows(read_bytes(path, limit=MAX_DOCUMENT_BYTES), name, stem=path.stem, path=name)
    elif ending in DOCUMENT_READERS:
        content = read_bytes(path, limit=MAX_DOCUMENT_BYTES)
        yield _laid_out(extract(content, path), content, id=path.stem, name=name, path=name)
    else:
        yield _article(read_bytes(path), id=path.stem, name=name, path=name)


def is_document(path: Path) -> bool:
    """Whether a text must be taken out of such a file first."""
    return path.suffix.lower() in DOCUMENT_READERS


def extract(content: bytes, path: Path) -> Extracted:
    """Title, date, address and body of the article in the bytes of a document; raises InputError when there is none."""
    return _extract(content, path.suffix.lower(), str(path))


def read_text(content: str | bytes, *, id: str = "text", name: str = "text") -> Article:
    """The article in a text (or in the bytes of one, as standard input gives them); raises InputError when there is none."""
    return _article(content.encode() if isinstance(content, str) else content, id=id, name=name, path=None)


def read_content(content: bytes, ending: str, *, id: str = "text", name: str = "text") -> Article:
    """The article in bytes that lie in no file, read as a file with that ending would be; raises InputError when there is none.

    >>> read_content(b"# Mill to close\\n\\nThe mill will close in May.", ".md").title
    'Mill to close'
    """
    if ending not in (*DOCUMENT_READERS, RECORDS_ENDING):
        return _article(content, id=id, name=name, path=None)
    refuse_size(name, len(content), limit=MAX_DOCUMENT_BYTES)
    if ending == RECORDS_ENDING:
        (found, *others) = _of_rows(content, name, stem=id, path=None)
        if others:
            raise InputError(f"{name}: {len(others) + 1} rows; expected one article; use contrast check for a file of several")
        if isinstance(found, InputError):
            raise found
        return found
    return _laid_out(_extract(content, ending, name), content, id=id, name=name, path=None)


def read_contents(content: bytes, *, id: str = "text", name: str = "text") -> Iterator[Article | InputError]:
    """The articles in bytes that come without a file's name, as standard input does: what they are is told by how they begin.

    Rows that hold none come last, as an error for each fault; raises InputError when the whole cannot be read.

    >>> [article.title for article in read_contents(b'{"title": "Mill to close", "text": "The mill will close in May."}')]
    ['Mill to close']
    """
    ending = ending_of(content)
    if ending in REFUSED_ENDINGS:
        raise InputError(f"{name}: {REFUSED_ENDINGS[ending]}")
    if ending == RECORDS_ENDING:
        refuse_size(name, len(content), limit=MAX_DOCUMENT_BYTES)
        yield from _of_rows(content, name, stem=id, path=None)
    else:
        yield read_content(content, ending, id=id, name=name)


def _of_rows(content: bytes, name: str, *, stem: str, path: str | None) -> Iterator[Article | InputError]:
    """The articles of JSON lines, then an error for each fault; raises InputError when there is no row."""
    from contrast.reading.records import join_errors, read_records

    rows = list(read_records(content, name))
    if not rows:
        raise InputError(f"{name}: no article in it; expected one object with 'text' a line")
    warnings = warn_of_encoding(content, name)
    errors: list[InputError] = []
    for number, row in enumerate(rows, 1):
        if isinstance(row, InputError):
            errors.append(row)
            continue
        told = replace(row, warnings=(*warnings, *row.warnings))
        found = _laid_out_or_error(told, content, name, id=row.id or f"{stem}:{number}", path=path)
        if isinstance(found, InputError):
            errors.append(found)
        else:
            yield found
    yield from join_errors(errors, name, n_rows=len(rows))


def _extract(content: bytes, ending: str, name: str) -> Extracted:
    module, function = DOCUMENT_READERS[ending]
    read: DocumentReader = getattr(import_module(module), function)
    found = read(content, name)
    if ending not in WRITTEN_ENDINGS:
        return found
    return replace(found, warnings=(*warn_of_encoding(content, name, is_page=ending in PAGE_ENDINGS), *found.warnings))


def _laid_out_or_error(row: Extracted, content: bytes, name: str, *, id: str, path: str | None) -> Article | InputError:
    try:
        return _laid_out(row, content, id=id, name=name, path=path)
    except InputError as error:
        return error


def _laid_out(document: Extracted, content: bytes, *, id: str, name: str, path: str | None) -> Article:
    """The article of a document: its parts as they were told, its sentences those of the text that they are laid out as."""
    text = document.as_text()
    try:
        refuse_size(f"{name}, its text", len(text.encode()))
    except UnicodeEncodeError as error:
        raise InputError(f"{name}: half a character (a lone surrogate) in the text of {id}; save it as UTF-8") from error
    layout = parse(text)
    return Article(
        id=id,
        text=text,
        sentences=split(layout, name),
        title=document.title or (layout.title.text if layout.title else None),
        date=document.date or layout.date,
        url=document.url or layout.url,
        path=path,
        sha256=hashlib.sha256(content).hexdigest(),
        is_laid_out=True,
        warnings=(*document.warnings, *warn_of_no_date(layout), *warn_of_language(text)),
    )


def _article(content: bytes, *, id: str, name: str, path: str | None) -> Article:
    refuse_size(name, len(content))
    if refused := REFUSED_AS_TEXT.get(ending_of(content)):
        raise InputError(f"{name}: {refused}")
    decoded = decode_and_warn(content, name)
    text, layout = decoded.text, parse(decoded.text)
    return Article(
        id=id,
        text=text,
        sentences=split(layout, name),
        title=layout.title.text if layout.title else None,
        date=layout.date,
        url=layout.url,
        path=path,
        sha256=hashlib.sha256(content).hexdigest(),
        warnings=(*decoded.warnings, *warn_of_no_date(layout), *warn_of_language(text)),
    )
