"""Rows of JSONL files, plain or gzip."""

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contrast.errors import InputError


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a JSONL file, gzip or plain; raises InputError naming the line that is no JSON object."""
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                try:
                    row = json.loads(line)
                except json.JSONDecodeError as error:
                    raise InputError(f"{path}, line {number}: not JSON ({error.msg}); expected one object a line") from error
                if not isinstance(row, dict):
                    raise InputError(f"{path}, line {number}: a {type(row).__name__}; expected an object with premise and hypothesis")
                yield row
    except (OSError, UnicodeDecodeError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read ({error}); expected JSONL, gzip or plain") from error
