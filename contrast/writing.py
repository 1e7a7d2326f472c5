"""Writes a file whole or not at all: under another name first, then put in its place."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from contrast.errors import InputError, UsageError


def refuse_overwriting(output: Path | None, inputs: Iterable[str | Path | int]) -> None:
    """Raises UsageError when the output is one of the inputs (paths or open files), also under another name or through a link."""
    if output is None or not os.path.isfile(output):
        return
    for given in inputs:
        with suppress(OSError):
            if os.path.samefile(given, output):
                raise UsageError(f"{output}: to be read and to be written; expected another file after -o, as this one would be lost")


def write_whole(path: Path, content: str | bytes | memoryview) -> None:
    """Writes text (UTF-8, half a character as ?) or bytes to the path, or to what a link there points at.

    Raises InputError, the old content kept, where it cannot.
    """
    if os.path.isdir(path):
        raise InputError(f"{path}: a folder; expected the name of a file to write")
    content = content.encode(errors="replace") if isinstance(content, str) else content
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(content)
            return
        temporary.write_bytes(content)
        temporary.replace(target)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise InputError(f"{path}: cannot be written ({error.strerror}); name a file in a folder that exists and is writable") from error
