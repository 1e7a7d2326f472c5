"""The files under the inputs of a batch: folders and patterns walked in a fixed order, what cannot be read told in its place."""

import glob
import hashlib
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import takewhile
from pathlib import Path

from contrast.batch.raws import first_line
from contrast.errors import InputError, UsageError

STDIN = "-"
ARTICLE_ENDINGS = (".txt", ".html", ".htm", ".mhtml", ".mht", ".pdf", ".docx")
ROW_ENDINGS = (".jsonl", ".jsonl.gz", ".csv", ".parquet")
ANY_NAME_BELOW = "**"
# What `**` stands for: a folder with all that is below it.
WHOLE_FOLDER = frozenset([(ANY_NAME_BELOW,)])


@dataclass(frozen=True, slots=True)
class Found:
    """A file of the inputs, or what lies in its place and why that cannot be read."""

    path: Path
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Survey:
    """The files of the inputs as they lie there: a digest of their names, sizes and times, and how many bytes they hold."""

    digest: str
    n_bytes: int


def survey(inputs: Sequence[str], *, without: Iterable[Path] = ()) -> Survey:
    """Looks at every file of the inputs without reading it; raises InputError where there is nothing."""
    if STDIN in inputs and getattr(sys.stdin, "buffer", None) is None:
        raise UsageError("standard input is closed; pipe JSONL into it, or name a file")
    digest, n_bytes = hashlib.sha256(), 0
    for found in find_files(inputs, without=without):
        told, size = found.failure, 0
        if told is None:
            try:
                status = found.path.stat()
            except OSError as error:
                raise InputError(unreadable(found.path, error)) from error
            told, size = f"{status.st_size}\0{status.st_mtime_ns}", status.st_size
        digest.update(f"{found.path}\0{told}\0".encode("utf-8", "surrogateescape"))
        n_bytes += size
    return Survey(digest.hexdigest(), n_bytes)


def find_files(inputs: Sequence[str], *, without: Iterable[Path] = ()) -> Iterator[Found]:
    """The files under the inputs, folders in the order of their names, hidden files left out; raises InputError where there is nothing.

    Files `without`, and those in folders `without`, are passed over in folders and patterns; a file that is an input itself is read.
    """
    left_out = {os.path.realpath(path) for path in without}
    for given in inputs:
        if given == STDIN:
            continue
        is_named, is_any, passed_over = is_file(given), False, ""
        for found in _expand(given):
            real = os.path.realpath(found.path)
            if is_named or left_out.isdisjoint((real, os.path.dirname(real))):
                is_any = True
                yield found
            else:
                passed_over = " but what contrast score wrote"
        if not is_any:
            raise InputError(f"{given}: nothing to score there{passed_over}; expected {', '.join((*ARTICLE_ENDINGS, *ROW_ENDINGS))} files")


def find_in_folders(inputs: Sequence[str]) -> Iterator[Path]:
    """The files that the inputs lead to through folders and patterns, those that cannot be read left out."""
    for given in inputs:
        if given != STDIN and not is_file(given):
            yield from (found.path for found in _expand(given) if found.failure is None)


def is_file(given: str) -> bool:
    """Whether the input names a file outright."""
    return given != STDIN and os.path.exists(given) and not os.path.isdir(given)


def _expand(given: str) -> Iterator[Found]:
    path = Path(given)
    if not given:
        raise UsageError("an input without a name (an unset variable?); expected a folder, a pattern, or an article or row file")
    if os.path.isdir(path):
        _refuse_unlisted(path)
        yield from _walk(path, WHOLE_FOLDER)
    elif os.path.exists(path):
        if not _is_readable(path.name):
            raise InputError(f"{given}: cannot be read by its ending; expected {', '.join((*ARTICLE_ENDINGS, *ROW_ENDINGS))}")
        yield Found(path)
    elif glob.has_magic(given):
        begun = tuple(takewhile(lambda part: not glob.has_magic(part), path.parts))
        if os.path.isdir(folder := Path(*begun)):
            _refuse_unlisted(folder)
            yield from _walk(folder, frozenset([path.parts[len(begun) :]]))
    else:
        raise InputError(f"{given}: no such file or folder; expected a folder, a pattern, or an article or row file")


def _is_readable(name: str) -> bool:
    return name.lower().endswith(ARTICLE_ENDINGS + ROW_ENDINGS)


def _refuse_unlisted(folder: Path) -> None:
    try:
        os.scandir(folder).close()
    except OSError as error:
        raise InputError(unreadable(folder, error)) from error


def _walk(folder: Path, patterns: frozenset[tuple[str, ...]], *, is_below_any: bool = False) -> Iterator[Found]:
    """What lies below the folder and is matched by one of the patterns, which are in parts, a folder's name each.

    A folder that is matched is read whole. From a `**` on links to folders are passed over: they may lead in a circle.
    """
    is_below_any = is_below_any or any(ANY_NAME_BELOW in pattern[:1] for pattern in patterns)
    try:
        with os.scandir(folder) as listed:
            entries = sorted(listed, key=lambda entry: entry.name)
    except OSError as error:
        yield Found(folder, unreadable(folder, error))
        return
    for entry in entries:
        left = frozenset(rest for pattern in patterns for rest in _rests(pattern, entry.name))
        is_matched = any(set(rest) <= {ANY_NAME_BELOW} for rest in left)
        if left and _is_folder(entry, is_link_followed=not is_below_any):
            yield from _walk(Path(entry.path), WHOLE_FOLDER if is_matched else left, is_below_any=is_below_any)
        elif is_matched and _is_readable(entry.name):
            yield from _look_at(Path(entry.path))


def _rests(pattern: tuple[str, ...], name: str) -> Iterator[tuple[str, ...]]:
    """What the pattern asks for below the name; nothing where it does not match the name. Hidden names are matched by a dot alone."""
    if not pattern:
        return
    is_hidden = name.startswith(".")
    if pattern[0] == ANY_NAME_BELOW:
        if not is_hidden:
            yield pattern
        yield from _rests(pattern[1:], name)
    elif fnmatchcase(name, pattern[0]) and (pattern[0].startswith(".") or not is_hidden):
        yield pattern[1:]


def _is_folder(entry: os.DirEntry[str], *, is_link_followed: bool) -> bool:
    try:
        return entry.is_dir(follow_symlinks=is_link_followed)
    except OSError:  # a link to itself
        return False


def _look_at(path: Path) -> Iterator[Found]:
    """The file, or why it cannot be read; nothing for a link to a folder."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        is_dangling = isinstance(error, FileNotFoundError) and path.is_symlink()
        yield Found(path, f"{path}: a link to what is not there; mend it or leave it out" if is_dangling else unreadable(path, error))
        return
    if stat.S_ISREG(mode):
        yield Found(path)
    elif not stat.S_ISDIR(mode):
        yield Found(path, f"{path}: a pipe, a socket or a device; expected a file; leave it out")


def unreadable(path: Path, error: OSError) -> str:
    """What is said of a file or folder that the system does not give."""
    return f"{path}: cannot be read ({error.strerror or first_line(error)}); mend that or leave it out"
