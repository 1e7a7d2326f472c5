"""Notices articles that came before: the same text, or nearly the same (wire reprints).

Near copies are found by MinHash over runs of five words (Broder, 1997; https://ekzhu.com/datasketch) in bands, and confirmed by the
estimated Jaccard similarity. What was seen lies in an SQLite file, so that memory does not grow with the batch and a killed run knows what
it had seen.
"""

import hashlib
import re
import sqlite3
import unicodedata
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

from contrast.batch.raws import Raw
from contrast.batch.settings import NearDuplicates
from contrast.batch.work import Task
from contrast.errors import InputError
from contrast.reading.decoding import decode, refuse_size
from contrast.reading.layout import parse

N_SHINGLE_WORDS = 5
N_BANDS, N_ROWS = 12, 5
MIN_SIMILARITY = 0.7
_WORD = re.compile(r"\w+")
# One process writes, so that the log needs no shared memory (which network disks lack) and a commit need not wait for the disk; what a lost
# machine had not brought there is noted again when the run goes on.
_SCHEMA = """
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS articles (n INTEGER PRIMARY KEY, id TEXT NOT NULL, digest BLOB NOT NULL, signature BLOB);
CREATE INDEX IF NOT EXISTS by_digest ON articles (digest);
CREATE TABLE IF NOT EXISTS bands (key BLOB NOT NULL, n INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS by_key ON bands (key);
CREATE INDEX IF NOT EXISTS by_n ON bands (n);
"""


MinimaArray = npt.NDArray[np.uint64]


class Seen(AbstractContextManager["Seen"]):
    """What came before. `forget_from` drops what a killed run had noted beyond what it had written.

    Raises InputError when the disk refuses.
    """

    def __init__(self, path: Path, near: NearDuplicates) -> None:
        self._path, self._near = path, near
        with self._asking():
            self._rows = sqlite3.connect(path)
            self._rows.executescript(_SCHEMA)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._rows.close()

    def forget_from(self, n: int) -> None:
        """Drops all articles from number `n` on."""
        with self._asking():
            self._rows.execute("DELETE FROM articles WHERE n >= ?", (n,))
            self._rows.execute("DELETE FROM bands WHERE n >= ?", (n,))
            self._rows.commit()

    def last(self) -> int:
        """The number of the last article that is known here; -1 where there is none."""
        with self._asking():
            return int(self._rows.execute("SELECT COALESCE(MAX(n), -1) FROM articles").fetchone()[0])

    def keep(self) -> None:
        """Writes what was noted."""
        with self._asking():
            self._rows.commit()

    def note(self, n: int, raw: Raw) -> Task:
        """The task for article number `n`, which is from now on among those seen."""
        with self._asking():
            return self._note(n, raw)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise InputError(
                f"{self._path}: cannot be written ({error}); what was scored is kept, so mend that and run the same command again, "
                "or give --restart to score anew"
            ) from error

    def _note(self, n: int, raw: Raw) -> Task:
        words = words_of(raw)
        if not words:
            return Task(raw)
        digest = hashlib.sha256(" ".join(words).encode()).digest()
        same = self._rows.execute("SELECT id FROM articles WHERE digest = ? ORDER BY n LIMIT 1", (digest,)).fetchone()
        if same is not None:
            return Task(raw, duplicate_of=same[0], is_scored=False)
        signature = minima_of(words) if self._near != "keep" else None
        first = None if signature is None else self._first_near(signature)
        # Copies of a copy name the first of all, so the signature of a near copy is not kept.
        self._add(n, raw.id, digest, signature if first is None else None)
        return Task(raw) if first is None else Task(raw, near_duplicate_of=first, is_scored=self._near != "skip")

    def _add(self, n: int, id: str, digest: bytes, signature: MinimaArray | None) -> None:
        blob = None if signature is None else signature.tobytes()
        self._rows.execute("INSERT OR REPLACE INTO articles VALUES (?, ?, ?, ?)", (n, id, digest, blob))
        if signature is not None:
            self._rows.executemany("INSERT INTO bands VALUES (?, ?)", [(key, n) for key in _keys(signature)])

    def _first_near(self, signature: MinimaArray) -> str | None:
        marks = ", ".join("?" * N_BANDS)
        query = f"SELECT DISTINCT a.id, a.signature, a.n FROM bands b JOIN articles a ON a.n = b.n WHERE b.key IN ({marks}) ORDER BY a.n"
        for id, blob, _ in self._rows.execute(query, list(_keys(signature))):
            if float((np.frombuffer(blob, dtype=np.uint64) == signature).mean()) >= MIN_SIMILARITY:
                return str(id)
        return None


def words_of(raw: Raw) -> list[str]:
    """Title and body in lower-case words, without what differs between reprints (space, punctuation, date, address)."""
    if raw.failure is not None:
        return []
    try:
        refuse_size(raw.where, len(raw.content))
        layout = parse(decode(raw.content, raw.where))
    except InputError:
        return []
    lines = ((layout.title,) if layout.title else ()) + layout.body
    return [word for line in lines for word in _WORD.findall(_plain(line.text))]


def _plain(text: str) -> str:
    """The text with all that looks alike written alike, in lower case, without marks that are not seen (soft hyphens, joiners)."""
    alike = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in alike if unicodedata.category(character) != "Cf")


def minima_of(words: list[str]) -> MinimaArray:
    """The MinHash signature, shape (60,), of the runs of five words."""
    from datasketch import MinHash

    minhash = MinHash(num_perm=N_BANDS * N_ROWS)
    n_runs = max(1, len(words) - N_SHINGLE_WORDS + 1)
    minhash.update_batch({" ".join(words[k : k + N_SHINGLE_WORDS]).encode() for k in range(n_runs)})
    return np.asarray(minhash.hashvalues, dtype=np.uint64)


def _keys(signature: MinimaArray) -> Iterator[bytes]:
    for band in range(N_BANDS):
        rows = signature[band * N_ROWS : (band + 1) * N_ROWS].tobytes()
        yield hashlib.blake2b(bytes([band]) + rows, digest_size=8).digest()
