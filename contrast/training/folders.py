"""The folder that a training, an export or a join writes to: told to be none before the work, not after it."""

import os
from pathlib import Path

from contrast.errors import UsageError


def refuse_no_folder(output: Path) -> None:
    """Raises UsageError where no folder can be at `output`, or nothing can be written into it; makes nothing."""
    there = next(path for path in (output.absolute(), *output.absolute().parents) if os.path.lexists(path))
    if not there.is_dir():
        raise UsageError(f"--output {output}: {there} is no folder; expected a folder, new or there already; name another")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UsageError(f"--output {output}: nothing can be written in {there}; make that folder writable, or name another")


def make_folder(output: Path) -> Path:
    """The folder, made where it is not there; raises UsageError where it cannot be made or written to."""
    refuse_no_folder(output)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--output {output}: cannot be made ({error.strerror}); expected a folder that can; name another") from error
    return output
