"""Rows of JSONL files, plain or gzip."""

import codecs
import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contrast.errors import InputError

EXPECTED = "expected JSON, one object a line"


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a JSONL file, gzip or plain; raises InputError naming the line that is no JSON object."""
    return (row for _, row in read_numbered_rows(path))


def read_numbered_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The same, each with the number of its line, from 1 on."""
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as lines:
            for number, line in enumerate(lines, 1):
                text = _decode(line.removeprefix(codecs.BOM_UTF8) if number == 1 else line, f"{path}, line {number}")
                if text.strip():
                    yield number, _parse(text, f"{path}, line {number}")
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path}: no gzip, or not the whole of it; pack it again") from error
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; {EXPECTED}") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); {EXPECTED}, in a plain or gzip file") from error


def _decode(line: bytes, where: str) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: not UTF-8 (byte {error.object[error.start]:#04x}); save the file as UTF-8") from error


def _parse(text: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: not JSON ({error.msg}); expected one object a line") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, brackets without end
        raise InputError(f"{where}: no JSON that can be read (a number too long, or too deep); expected one object a line") from error
    if not isinstance(row, dict):
        raise InputError(f"{where}: a {type(row).__name__}; expected an object with premise and hypothesis")
    return row
