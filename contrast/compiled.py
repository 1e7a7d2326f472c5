"""Keeps what a runtime compiled of a graph in the user's cache folder, so that the next start need not compile it again.

The environment variable CONTRAST_CACHE names another folder, or says `off`. A cache that cannot be read or written is passed over: it saves
time and decides nothing.
"""

import hashlib
import os
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt

from contrast.errors import ContrastError
from contrast.writing import write_whole

VARIABLE = "CONTRAST_CACHE"
MAX_FILES = 8
N_DIGEST = 32


def cache_folder() -> Path | None:
    """Where compiled graphs are kept; None where the user wants none."""
    named = os.environ.get(VARIABLE)
    if named == "off":
        return None
    if named:
        return Path(named)
    from platformdirs import user_cache_path

    return user_cache_path("contrast", appauthor=False)


def place_of(*what: str) -> Path | None:
    """The file for a graph; `what` names all that the compiled form depends on (weights, runtime, processor, options)."""
    folder = cache_folder()
    return folder / f"{hashlib.sha256(chr(0).join(what).encode()).hexdigest()[:32]}.compiled" if folder else None


def read_compiled(place: Path) -> npt.NDArray[np.uint8] | None:
    """The compiled form as bytes (n,), if it is there and whole."""
    try:
        kept = np.fromfile(place, dtype=np.uint8)
    except OSError:
        return None
    compiled, digest = kept[:-N_DIGEST], kept[-N_DIGEST:]
    return compiled if hashlib.sha256(compiled.data).digest() == digest.tobytes() else None


def keep_compiled(place: Path, compiled: BytesIO) -> bool:
    """Writes the compiled form with its hash behind it, and lets go of the oldest of more than `MAX_FILES`; tells whether it lies there."""
    compiled.seek(0, os.SEEK_END)
    compiled.write(hashlib.sha256(compiled.getbuffer()).digest())
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(place, compiled.getbuffer())
    except (OSError, ContrastError):
        return False
    with suppress(OSError):
        by_age = sorted(place.parent.glob("*.compiled"), key=lambda path: path.stat().st_mtime)
        for path in by_age[:-MAX_FILES]:
            path.unlink()
    return True
