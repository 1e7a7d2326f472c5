"""Writes a file whole or not at all: under another name first, then put in its place."""

import os
from pathlib import Path

from contrast.errors import InputError


def write_whole(path: Path, text: str) -> None:
    """Writes the text to the path; raises InputError (and leaves what was there) when it cannot."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_text(text, encoding="utf-8", newline="")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise InputError(f"{path}: cannot be written ({error.strerror}); name a file in a folder that exists and is writable") from error
