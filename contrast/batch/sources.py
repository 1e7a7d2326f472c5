"""Where a batch's articles come from: folders, patterns, files of one article, files of rows, standard input; one by one, in a fixed order.

A broken row must cost that row alone, and nothing may be made into an article that is none.
"""

import gzip
import hashlib
import json
import os
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import compress, count
from pathlib import Path
from typing import BinaryIO

from contrast.batch.csv_rows import read_csv
from contrast.batch.files import ROW_ENDINGS, STDIN, Found, find_files, unreadable
from contrast.batch.parquet_rows import read_parquet
from contrast.batch.raws import Columns, Head, Meter, Raw, first_line, raw_of, stem_of, whole
from contrast.errors import InputError, UsageError, complain
from contrast.reading import extract, is_document
from contrast.reading.decoding import MAX_DOCUMENT_BYTES, read_bytes

HALF_A_CHARACTER = "half a character (a lone surrogate such as \\ud800); expected whole characters; leave it out"


def read_all(
    inputs: Sequence[str], columns: Columns, meter: Meter, *, without: Iterable[Path] = (), shard: tuple[int, int] = (1, 1)
) -> Iterator[Raw]:
    """Every article of the shard, or what is wrong with it, as it comes; a file of one article of another shard is not opened."""
    if list(inputs).count(STDIN) > 1:
        raise UsageError("standard input was named twice; it can be read once")
    which, n = shard
    turns = (k % n == which - 1 for k in count())
    for given in inputs:
        if given == STDIN:
            yield from compress(_read_stdin(columns, meter), turns)
            continue
        for found in find_files([given], without=without):
            yield from _read_found(found, columns, meter, turns)
    _tell_missing(columns, meter)


def _tell_missing(columns: Columns, meter: Meter) -> None:
    """Says which columns were named that no row had; rows without the text are failures of their own."""
    usual = asdict(Columns())
    for kind, name in asdict(columns).items():
        if kind != "text" and name != usual[kind] and meter.columns_met and name not in meter.columns_met:
            complain(f"no row has a column {name!r}; check --{kind}-column")


def _read_found(found: Found, columns: Columns, meter: Meter, turns: Iterator[bool]) -> Iterator[Raw]:
    path, begun = found.path, meter.n_bytes
    if found.failure is not None:
        if next(turns):
            yield Raw(whole(path.stem), str(path), failure=found.failure)
        return
    if path.name.lower().endswith(ROW_ENDINGS):
        yield from compress(_read_rows(path, columns, meter), turns)
    elif next(turns):
        yield _read_article(path)
    meter.n_bytes = begun + (path.stat().st_size if os.path.exists(path) else 0)


def _read_rows(path: Path, columns: Columns, meter: Meter) -> Iterator[Raw]:
    name = path.name.lower()
    if name.endswith(".parquet"):
        return read_parquet(path, columns, meter)
    return read_csv(path, columns, meter) if name.endswith(".csv") else _read_jsonl(path, columns, meter)


def _read_article(path: Path) -> Raw:
    id = whole(path.stem)
    try:
        if is_document(path):
            return _read_document(path, id)
        return Raw(id, str(path), read_bytes(path), path=str(path))
    except InputError as error:
        return Raw(id, str(path), failure=str(error))
    except Exception as error:  # one article must not stop the others, whatever is wrong with it
        reason = f"{path}: cannot be read ({type(error).__name__}: {first_line(error)}); copy its text into a .txt file"
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
            for raw in _read_lines(lines, str(path), stem_of(path), columns, meter):
                meter.n_bytes = begun + file.tell()
                yield raw
    except (OSError, EOFError, zlib.error) as error:
        if isinstance(error, OSError) and error.strerror:
            yield Raw(stem_of(path), str(path), failure=unreadable(path, error))
        else:
            yield Raw(stem_of(path), str(path), failure=f"{path}: broken off here ({error}); expected JSONL, gzip or plain")


def _read_stdin(columns: Columns, meter: Meter) -> Iterator[Raw]:
    try:
        yield from _read_lines(sys.stdin.buffer, "standard input", "stdin", columns, meter)
    except OSError as error:
        reason = f"standard input: broken off here ({error.strerror or first_line(error)}); expected JSONL"
        yield Raw("stdin", "standard input", failure=reason)


def _read_lines(lines: BinaryIO, where: str, stem: str, columns: Columns, meter: Meter) -> Iterator[Raw]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = f"{where}, line {number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield Raw(f"{stem}:{number}", place, failure=f"{place}: not JSON ({error}); expected one object a line")
            continue
        yield raw_of(row, place, f"{stem}:{number}", columns, meter, unwritable=HALF_A_CHARACTER)
