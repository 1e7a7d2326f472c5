"""Where a batch's articles come from: folders, patterns, files of one article, files of rows, standard input; one by one, in a fixed order.

Parquet is read through `datasets`. CSV and JSONL are read line by line here, since a broken row must cost that row alone and `datasets`
gives up the whole file.
"""

import codecs
import csv
import glob
import gzip
import hashlib
import io
import json
import os
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, compress, count
from pathlib import Path
from typing import Any, BinaryIO

from contrast.errors import InputError, UsageError
from contrast.reading import extract, is_document
from contrast.reading.decoding import MAX_DOCUMENT_BYTES, read_bytes
from contrast.reading.layout import lay_out
from contrast.reading.records import in_json_words
from contrast.reading.written_dates import date_given, warn_of_date

STDIN = "-"
ARTICLE_ENDINGS = (".txt", ".html", ".htm", ".mhtml", ".mht", ".pdf", ".docx")
ROW_ENDINGS = (".jsonl", ".jsonl.gz", ".csv", ".parquet")
MAX_CSV_FIELD = 10_000_000
# How a field is separated from the next, the usual one first.
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
QUOTING = "expected every quotation mark closed, and those within a field doubled"


@dataclass(frozen=True, slots=True)
class Columns:
    """The names under which a row holds the parts of an article."""

    id: str = "id"
    title: str = "title"
    date: str = "date"
    url: str = "url"
    text: str = "text"


@dataclass(frozen=True, slots=True)
class Head:
    """What a row gives beside the text."""

    title: str | None
    date: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class Raw:
    """An article as it came: its bytes, or why there are none.

    `where` names it in messages; `path` is that of a file of one article, `head` what a row or a document gave beside the text, `sha256`
    that of the document that the text was taken out of, `warnings` what is to be said of how it was read.
    """

    id: str
    where: str
    content: bytes = b""
    path: str | None = None
    head: Head | None = None
    sha256: str | None = None
    failure: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class Meter:
    """How many bytes of the inputs were read, of how many (0: unknown)."""

    n_bytes: int = 0
    n_bytes_in_all: int = 0


@dataclass(frozen=True, slots=True)
class Survey:
    """The files of the inputs as they lie there: a digest of their names, sizes and times, and how many bytes they hold."""

    digest: str
    n_bytes: int


def survey(inputs: Sequence[str], *, without: Iterable[Path] = ()) -> Survey:
    """Looks at every file of the inputs without reading it; raises InputError where there is nothing."""
    digest, n_bytes = hashlib.sha256(), 0
    for path in find_files(inputs, without=without):
        try:
            status = path.stat()
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror}); mend that or leave it out") from error
        digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\0".encode("utf-8", "surrogateescape"))
        n_bytes += status.st_size
    return Survey(digest.hexdigest(), n_bytes)


def find_files(inputs: Sequence[str], *, without: Iterable[Path] = ()) -> Iterator[Path]:
    """The files under the inputs, folders in the order of their names, hidden files left out; raises InputError where there is nothing.

    Files `without` are passed over in folders and patterns; a file that is an input itself is read.
    """
    left_out = {os.path.realpath(path) for path in without}
    for given in inputs:
        if given == STDIN:
            continue
        is_named, found, passed_over = is_file(given), False, ""
        for path in _expand(given):
            if is_named or os.path.realpath(path) not in left_out:
                found = True
                yield path
            else:
                passed_over = " but what contrast score wrote"
        if not found:
            raise InputError(f"{given}: nothing to score there{passed_over}; expected {', '.join((*ARTICLE_ENDINGS, *ROW_ENDINGS))} files")


def find_in_folders(inputs: Sequence[str]) -> Iterator[Path]:
    """The files that the inputs lead to through folders and patterns."""
    for given in inputs:
        if given != STDIN and not is_file(given):
            yield from _expand(given)


def is_file(given: str) -> bool:
    """Whether the input names a file outright."""
    return given != STDIN and os.path.exists(given) and not os.path.isdir(given)


def _expand(given: str) -> Iterator[Path]:
    path = Path(given)
    if os.path.isdir(path):
        yield from _walk(path)
    elif os.path.exists(path):
        if not _is_readable(path.name):
            raise InputError(f"{given}: cannot be read by its ending; expected {', '.join((*ARTICLE_ENDINGS, *ROW_ENDINGS))}")
        yield path
    elif glob.has_magic(given):
        yield from (Path(name) for name in sorted(glob.glob(given, recursive=True)) if _is_readable(name) and os.path.isfile(name))
    else:
        raise InputError(f"{given}: no such file or folder; expected a folder, a pattern, or an article or row file")


def _is_readable(name: str) -> bool:
    return name.lower().endswith(ARTICLE_ENDINGS + ROW_ENDINGS)


def _walk(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        raise InputError(f"{folder}: cannot be read ({error.strerror}); mend that or leave it out") from error
    for entry in entries:
        if entry.name.startswith("."):
            continue
        # A link to a folder may lead in a circle.
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))
        elif _is_readable(entry.name) and not entry.is_dir():
            yield Path(entry.path)


def read_all(
    inputs: Sequence[str], columns: Columns, meter: Meter, *, without: Iterable[Path] = (), shard: tuple[int, int] = (1, 1)
) -> Iterator[Raw]:
    """Every article of the shard, or what is wrong with it, as it comes; a file of one article of another shard is not opened."""
    if list(inputs).count(STDIN) > 1:
        raise UsageError("standard input was named twice; it can be read once")
    which, n = shard
    turns = (k % n == which - 1 for k in count())
    for path in find_files(inputs, without=without):
        begun = meter.n_bytes
        if path.name.lower().endswith(ROW_ENDINGS):
            yield from compress(_read_rows(path, columns, meter), turns)
        elif next(turns):
            yield _read_article(path)
        meter.n_bytes = begun + (path.stat().st_size if os.path.exists(path) else 0)
    if STDIN in inputs:
        yield from compress(_read_lines(sys.stdin.buffer, "standard input", "stdin", columns), turns)


def _read_rows(path: Path, columns: Columns, meter: Meter) -> Iterator[Raw]:
    name = path.name.lower()
    if name.endswith(".parquet"):
        return _read_parquet(path, columns, meter)
    return _read_csv(path, columns, meter) if name.endswith(".csv") else _read_jsonl(path, columns, meter)


def _read_article(path: Path) -> Raw:
    id = _whole(path.stem)
    try:
        if is_document(path):
            return _read_document(path, id)
        return Raw(id, str(path), read_bytes(path), path=str(path))
    except InputError as error:
        return Raw(id, str(path), failure=str(error))
    except Exception as error:  # one article must not stop the others, whatever is wrong with it
        reason = f"{path}: cannot be read ({type(error).__name__}: {_first_line(error)}); copy its text into a .txt file"
        return Raw(id, str(path), failure=reason)


def _read_document(path: Path, id: str) -> Raw:
    content = read_bytes(path, limit=MAX_DOCUMENT_BYTES)
    found = extract(content, path)
    text = found.as_text().encode("utf-8", "replace")
    head = Head(found.title, found.date, found.url)
    return Raw(id, str(path), text, str(path), head, hashlib.sha256(content).hexdigest(), warnings=found.warnings)


def _read_jsonl(path: Path, columns: Columns, meter: Meter) -> Iterator[Raw]:
    begun = meter.n_bytes
    try:
        with path.open("rb") as file:
            lines: BinaryIO = gzip.GzipFile(fileobj=file) if path.suffix.lower() == ".gz" else file  # type: ignore[assignment]
            for raw in _read_lines(lines, str(path), _stem(path), columns):
                meter.n_bytes = begun + file.tell()
                yield raw
    except (OSError, EOFError, zlib.error) as error:
        yield Raw(_stem(path), str(path), failure=f"{path}: broken off here ({error}); expected JSONL, gzip or plain")


def _read_lines(lines: BinaryIO, where: str, stem: str, columns: Columns) -> Iterator[Raw]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = f"{where}, line {number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield Raw(f"{stem}:{number}", place, failure=f"{place}: not JSON ({error}); expected one object a line")
            continue
        yield _raw_of(row, place, f"{stem}:{number}", columns)


def _read_csv(path: Path, columns: Columns, meter: Meter) -> Iterator[Raw]:
    csv.field_size_limit(MAX_CSV_FIELD)
    begun = meter.n_bytes
    try:
        with path.open("rb") as file:
            if file.peek(2)[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
                lines = io.TextIOWrapper(file, "utf-16", newline="")
            else:
                lines = io.TextIOWrapper(file, "utf-8-sig", errors="surrogateescape", newline="")
            first = lines.readline()
            if "\0" in first:
                reason = f"{path}: NUL bytes in its first line, as in UTF-16 without a byte order mark; save it as UTF-8"
                yield Raw(_stem(path), str(path), failure=reason)
                return
            separator = _separator_of(first, columns)
            rows = csv.DictReader(chain([first], lines), delimiter=separator, strict=True)
            if rows.fieldnames is None:
                return
            for number in range(2, sys.maxsize):
                place, stem, line = f"{path}, row {number}", f"{_stem(path)}:{number}", rows.reader.line_num + 1
                try:
                    row = next(rows, None)
                except csv.Error as error:
                    yield Raw(stem, place, failure=f"{place}: lines {line} to {rows.reader.line_num} are not CSV ({error}); {QUOTING}")
                    continue
                if row is None:
                    return
                meter.n_bytes = begun + file.tell()
                if None in row or None in row.values():
                    quote = f"quote fields with {SEPARATORS[separator]}"
                    yield Raw(stem, place, failure=f"{place}: more or fewer fields than the first line names; {quote}")
                else:
                    yield _raw_of(row, place, stem, columns)
    except csv.Error as error:
        yield Raw(_stem(path), str(path), failure=f"{path}, row 1: not CSV ({error}); {QUOTING}")
    except UnicodeDecodeError as error:
        yield Raw(_stem(path), str(path), failure=f"{path}: broken UTF-16 from here on ({error.reason}); save it as UTF-8")
    except OSError as error:
        yield Raw(_stem(path), str(path), failure=f"{path}: cannot be read ({error.strerror})")


def _separator_of(first: str, columns: Columns) -> str:
    """What separates the columns that the first line names; a comma where the text's column is not found."""
    return next((mark for mark in SEPARATORS if columns.text in next(csv.reader([first], delimiter=mark), ())), ",")


def _read_parquet(path: Path, columns: Columns, meter: Meter) -> Iterator[Raw]:
    from datasets import load_dataset
    from pyarrow.parquet import read_metadata

    begun, number = meter.n_bytes, 0
    try:
        n_rows, size = read_metadata(path).num_rows, path.stat().st_size
        for number, row in enumerate(load_dataset("parquet", data_files=[glob.escape(str(path))], split="train", streaming=True), 1):
            meter.n_bytes = begun + size * number // n_rows
            yield _raw_of(row, f"{path}, row {number}", f"{_stem(path)}:{number}", columns)
    except Exception as error:  # pyarrow's and datasets' many types
        place = f"{path}, after row {number}"
        yield Raw(f"{_stem(path)}:{number + 1}", place, failure=f"{place}: cannot be read on ({_first_line(error)}); expected Parquet")


def _raw_of(row: Any, place: str, id: str, columns: Columns) -> Raw:
    if not isinstance(row, dict):
        return Raw(id, place, failure=f"{place}: {in_json_words(row)}; expected an object with {columns.text!r}")
    given = row.get(columns.id)
    id = _whole(id if given is None or given == "" else str(given))
    text = row.get(columns.text)
    if columns.text in row and not (isinstance(text, str) and text.strip()):
        came = "nothing to read" if isinstance(text, str) else in_json_words(text)
        return Raw(id, place, failure=f"{place}: {came} under {columns.text!r}; expected a string, the text of an article")
    if not isinstance(text, str):
        has = ", ".join(map(str, row)) or "nothing"
        return Raw(id, place, failure=f"{place}: no text under {columns.text!r} (it has {has}); name the column with --text-column")
    head = Head(*(_one_line(row.get(column)) for column in (columns.title, columns.date, columns.url)))
    date = date_given(head.date or "")
    # A date or address that is not of the known forms stays out of the text, where it would be read as a sentence.
    is_address = head.url is not None and head.url.startswith(("http://", "https://", "www.")) and " " not in head.url
    try:
        content = lay_out({"title": head.title, "date": date, "url": head.url if is_address else None, "text": text}).encode()
    except UnicodeEncodeError:
        return Raw(id, place, failure=f"{place}: bytes that are not UTF-8; save it as UTF-8")
    return Raw(id, place, content, head=Head(head.title, date, head.url), warnings=tuple(warn_of_date(head.date or "")))


def _one_line(value: Any) -> str | None:
    return None if value is None else " ".join(str(value).split()) or None


def _whole(text: str) -> str:
    """The text with question marks for what cannot be written as UTF-8 (bytes of another encoding in a file name or a CSV field)."""
    return text.encode("utf-8", "replace").decode()


def _stem(path: Path) -> str:
    return path.name.split(".")[0]


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
