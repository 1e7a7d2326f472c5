"""Writes a file whole or not at all: under another name first, then put in its place."""

import os
from contextlib import suppress
from pathlib import Path

from contrast.errors import InputError


def write_whole(path: Path, content: str | bytes | memoryview) -> None:
    """Writes text (UTF-8) or bytes to the path, or to what a link there points at; InputError, the old content kept, if it cannot."""
    if path.is_dir():
        raise InputError(f"{path}: a folder; expected the name of a file to write")
    content = content.encode() if isinstance(content, str) else content
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
