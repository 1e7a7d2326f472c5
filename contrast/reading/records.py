"""Articles as rows of a JSONL file: an object a line with `text` and, where known, `id`, `title`, `date` and `url`."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from contrast.errors import InputError
from contrast.reading.decoding import decode
from contrast.reading.extracted import Extracted, tidy
from contrast.reading.layout import as_address
from contrast.reading.written_dates import date_given, warn_of_date

# What JSON calls the types that stand where another should.
JSON_WORDS = {
    type(None): "null",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "an array",
    dict: "an object",
}
_NUMBER = re.compile(r"\d[\d.,]*")


def read_records(content: bytes, name: str) -> Iterator[Extracted | InputError]:
    """The articles in the bytes of a JSONL file, in order; a row that holds none comes as the error that says why."""
    text = decode(content, name)
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield _read(line, f"{name}, line {number}")
            except InputError as error:
                yield error


def join_errors(errors: Sequence[InputError], name: str, *, n_rows: int) -> Iterator[InputError]:
    """The errors of a file's rows, those of one fault as one: how many they are, and the first.

    >>> errors = [InputError(f"a.jsonl, line {k}: no text under 'text' (it has body)") for k in (1, 2)]
    >>> [str(error) for error in join_errors(errors, "a.jsonl", n_rows=3)]
    ["a.jsonl: 2 of 3 rows cannot be read, the first: a.jsonl, line 1: no text under 'text' (it has body)"]
    """
    of_one_fault: dict[str, list[InputError]] = {}
    for error in errors:
        fault = _NUMBER.sub("0", str(error).removeprefix(name).partition(" (")[0])
        of_one_fault.setdefault(fault, []).append(error)
    for first, *others in of_one_fault.values():
        n = len(others) + 1
        yield InputError(f"{name}: {n:,} of {n_rows:,} rows cannot be read, the first: {first}") if others else first


def _read(line: str, where: str) -> Extracted:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not JSON ({error}); expected one article as an object a line") from error
    if not isinstance(row, dict):
        raise InputError(f"{where}: {in_json_words(row)}; expected an object with 'text'")
    body = row.get("text")
    if not isinstance(body, str) or not body.strip():
        raise InputError(f"{where}: {_tell_missing(row)}")
    date = _field(row, "date") or ""
    return Extracted(
        body,
        title=_field(row, "title"),
        date=date_given(date),
        url=as_address(_field(row, "url")),
        id=_field(row, "id"),
        warnings=tuple(warn_of_date(date)),
    )


def in_json_words(value: object) -> str:
    """What JSON calls a value of that type.

    >>> in_json_words(5), in_json_words(["The mill will close."])
    ('a number', 'an array')
    """
    return JSON_WORDS.get(type(value), f"a {type(value).__name__}")


def _tell_missing(row: dict[str, Any]) -> str:
    body = row.get("text")
    if isinstance(body, str):
        return "'text' is empty; expected the text of an article"
    if body is not None:
        return f"'text' is {in_json_words(body)}; expected the text of an article, as a string"
    has = ", ".join(map(str, row)) or "nothing"
    return f"no text under 'text' (it has {has}); rename the field, or use contrast score --text-column"


def _field(row: dict[str, Any], key: str) -> str | None:
    value = row.get(key)
    return None if value is None else tidy(str(value)) or None
