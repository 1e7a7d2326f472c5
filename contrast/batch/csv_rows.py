"""Articles from CSV, line by line: a broken row is one failure, and reading goes on only where the next row can be told for certain."""

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path

from contrast.batch.files import unreadable
from contrast.batch.raws import Columns, Meter, Raw, raw_of, stem_of
from contrast.reading.decoding import MAX_BYTES

MAX_CSV_FIELD = 10_000_000
# How the module csv says that a cell is larger than that.
FIELD_LIMIT = "field limit"
# How a field is separated from the next, the usual one first.
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
QUOTING = "expected every quotation mark closed, and those within a field doubled"
# So many whole rows one after another are no text within a broken cell of CSV.
N_ROWS_TO_GO_ON = 3


def read_csv(path: Path, columns: Columns, meter: Meter) -> Iterator[Raw]:
    """The articles of the rows of a CSV file, in UTF-8 or in UTF-16 with its mark; what cannot be read comes as a failure in its place."""
    csv.field_size_limit(MAX_CSV_FIELD)
    begun = meter.n_bytes
    try:
        with path.open("rb") as file:
            if file.peek(2)[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
                lines = io.TextIOWrapper(file, "utf-16", newline="")
            else:
                lines = io.TextIOWrapper(file, "utf-8-sig", errors="surrogateescape", newline="")
            for raw in _read_csv_rows(_Lines(lines), path, columns, meter):
                meter.n_bytes = begun + file.tell()
                yield raw
    except UnicodeDecodeError as error:
        yield Raw(stem_of(path), str(path), failure=f"{path}: broken UTF-16 from here on ({error.reason}); save it as UTF-8")
    except OSError as error:
        yield Raw(stem_of(path), str(path), failure=unreadable(path, error))


def _read_csv_rows(lines: "_Lines", path: Path, columns: Columns, meter: Meter) -> Iterator[Raw]:
    form = _form_of(lines, columns)
    if "\0" in "".join(lines.ahead):
        reason = f"{path}: NUL bytes in its first line, as in UTF-16 without a byte order mark; save it as UTF-8"
        yield Raw(stem_of(path), str(path), failure=reason)
        return
    rows = csv.reader(lines, delimiter=form.separator, skipinitialspace=form.is_spaced, strict=True)
    try:
        names = _names_of(next(rows, []), columns)
    except csv.Error as error:
        yield Raw(stem_of(path), str(path), failure=f"{path}, row 1: not CSV ({error}); {QUOTING}")
        return
    text_at = names.index(columns.text) if columns.text in names else None
    number, is_whole = 1, True
    while is_whole:
        lines.begin()
        first = lines.n_read + 1
        try:
            row = next(rows, None)
        except csv.Error as error:
            number += 1
            is_whole = _pass_over(lines, form, len(names), text_at, is_too_large=FIELD_LIMIT in str(error))
            reason = _tell_broken(error, first, lines.n_read, is_whole=is_whole)
            yield Raw(f"{stem_of(path)}:{number}", f"{path}, row {number}", failure=f"{path}, row {number}: {reason}")
            continue
        if row is None:
            return
        if not row:
            continue
        number += 1
        place, id = f"{path}, row {number}", f"{stem_of(path)}:{number}"
        if len(row) == len(names):
            yield raw_of(dict(zip(names, row, strict=True)), place, id, columns, meter)
        else:
            quote = f"quote fields with {SEPARATORS.get(form.separator, repr(form.separator))}"
            yield Raw(id, place, failure=f"{place}: more or fewer fields than the first line names; {quote}")


def _tell_broken(error: csv.Error, first: int, last: int, *, is_whole: bool) -> str:
    rest = "" if is_whole else ", the rest of the file among them, since nothing tells where the row ends"
    if FIELD_LIMIT in str(error):
        return (
            f"lines {first} to {last} have a cell of more than {MAX_CSV_FIELD / 1e6:.0f} MB{rest}; expected one article of at most "
            f"{MAX_BYTES / 1e6:.0f} MB a cell; split it into articles, or close the quotation mark that is left open"
        )
    return f"lines {first} to {last} are not CSV ({error}){rest}; {QUOTING}"


@dataclass(slots=True)
class _Lines(Iterator[str]):
    """The lines of a file, which can be looked at ahead; `row` holds those since the last row began, `n_read` counts all."""

    source: Iterator[str]
    ahead: deque[str] = field(default_factory=deque)
    row: list[str] = field(default_factory=list)
    n_read: int = 0

    def __next__(self) -> str:
        line = self.ahead.popleft() if self.ahead else next(self.source)
        self.row.append(line)
        self.n_read += 1
        return line

    def begin(self) -> None:
        """A row begins here."""
        self.row.clear()

    def put_back(self) -> None:
        """The lines of the row come next again."""
        self.ahead.extendleft(reversed(self.row))
        self.n_read -= len(self.row)
        self.row.clear()

    def look_ahead(self) -> Iterator[str]:
        """The lines that come next, which still come next afterwards."""
        yield from self.ahead
        for line in self.source:
            self.ahead.append(line)
            yield line


@dataclass(frozen=True, slots=True)
class _CsvForm:
    """What separates fields, and whether blanks may stand before their quotation marks."""

    separator: str
    is_spaced: bool = False


def _form_of(lines: _Lines, columns: Columns) -> _CsvForm:
    """The form that the first line shows; blank lines before it, and the `sep=;` by which spreadsheets name the separator, are read."""
    first = next(lines.look_ahead(), "")
    while first and not first.strip():
        next(lines)
        first = next(lines.look_ahead(), "")
    named = re.fullmatch(r'"?sep=([,;|\t])"?\s*', first)
    if named:
        next(lines)
        first = next(lines.look_ahead(), "")
    marks = (named[1],) if named else tuple(SEPARATORS)
    # A comma where the text's column is not found.
    separator = next(
        (mark for mark in marks if columns.text in _names_of(next(csv.reader([first], delimiter=mark), []), columns)), marks[0]
    )
    return _CsvForm(separator, is_spaced=f"{separator} " in first)


def _names_of(header: Sequence[str], columns: Columns) -> list[str]:
    """The names of the columns; one that is sought goes by the name it is sought by, whatever its capitals and the blanks around it."""
    names = list(header)
    for sought in astuple(columns):
        alike = [k for k, name in enumerate(header) if name.strip().casefold() == sought.strip().casefold()]
        if sought not in names and alike:
            names[alike[0]] = sought
    return names


@dataclass(slots=True)
class _RowEnd:
    """Follows a row of CSV to its end: a quotation mark within a cell ends it only where a separator or the line's end comes next.

    A row is not `is_strict` where another mark stands within a cell, and `is_prose` where a blank comes after a separator that has none in
    the first line.
    """

    form: _CsvForm
    n_fields: int = 0
    is_open: bool = False
    is_strict: bool = True
    is_prose: bool = False
    quoted: set[int] = field(default_factory=set)
    _broken: int = 0

    def read(self, line: str) -> None:
        """Follows the row through its next line; the row goes on in another where a cell `is_open` after it."""
        line, at = line.rstrip("\r\n"), 0
        while True:
            if not self.is_open:
                self.n_fields += 1
                if self.form.is_spaced:
                    at = len(line) - len(line[at:].lstrip(" "))
                elif at and line.startswith(" ", at):
                    self.is_prose = True
                if not line.startswith('"', at):
                    at = line.find(self.form.separator, at) + 1
                    if at:
                        continue
                    return
                self.is_open, at = True, at + 1
                self.quoted.add(self.n_fields - 1)
                if self.is_strict:
                    self._broken = self.n_fields
            mark = line.find('"', at)
            if mark < 0:
                return
            after = line[mark + 1 : mark + 2]
            at = mark + 2
            if after in ("", self.form.separator):
                self.is_open = False
                if not after:
                    return
            elif after != '"':
                self.is_strict, at = False, mark + 1

    def reopen(self) -> None:
        """Takes all that came since the cell that broke for a part of it."""
        self.is_open, self.is_strict, self.n_fields = True, False, self._broken


def _pass_over(lines: _Lines, form: _CsvForm, n_columns: int, text_at: int | None, *, is_too_large: bool) -> bool:
    """Reads on to the end of a broken row; False where the file ends first.

    Text within a broken cell must not be taken for rows, so the row's end is believed only where whole rows come next, or nothing. What
    lies in a cell that is not broken but too large is not looked at.
    """
    lines.put_back()
    end = _RowEnd(form)
    for line in lines:
        lines.begin()
        end.read(line)
        is_ended = not end.is_open and end.n_fields == n_columns
        if is_ended and end.is_strict:
            return True
        if not (is_too_large and end.is_strict) and _are_rows_next(lines, form, n_columns, text_at, end, is_ended=is_ended):
            return True
        if not end.is_open:
            end.reopen()
    return False


def _are_rows_next(lines: _Lines, form: _CsvForm, n_columns: int, text_at: int | None, broken: _RowEnd, *, is_ended: bool) -> bool:
    """Whether rows come next for certain: one with its text in quotation marks where the broken row has an end to be seen, else several.

    Several rows of two columns with a comma between them are not certain, since many a sentence has one comma. Nor is a row in a cell of
    the broken one that is still open, where the broken row ends as well if it goes on to that row's end.
    """
    is_telling = n_columns > 2 or (n_columns == 2 and form.separator != ",")
    n_rows, n_characters, row = 0, 0, _RowEnd(form)
    rival = replace(broken, quoted=set(broken.quoted)) if broken.is_open else None
    for line in lines.look_ahead():
        n_characters += len(line)
        if not row.n_fields and not line.strip():
            continue
        row.read(line)
        if rival:
            rival.read(line)
        if not row.is_strict or row.is_prose or row.n_fields > n_columns or n_characters > MAX_BYTES:
            return False
        if row.is_open:
            continue
        if row.n_fields != n_columns:
            return False
        if rival and not rival.is_open and rival.n_fields == n_columns:
            return False
        n_rows, rival = n_rows + 1, None
        if is_ended and n_columns > 1 and text_at in row.quoted:
            return True
        if n_rows == N_ROWS_TO_GO_ON:
            return is_telling
        row = _RowEnd(form)
    if row.n_fields:
        return False
    # Of the last rows there are fewer, so each must say more.
    return n_columns > 3 if n_rows else is_ended
