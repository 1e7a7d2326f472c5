"""What a batch run has written so far, such that a killed run goes on where it was and ends with the same bytes.

Beside the output lies a hidden folder with the lines written so far and `state.json`. A chunk's lines are appended and brought to disk
before the state tells of them; whatever stands beyond the state is cut off when the run goes on. The state names the inputs and settings of
the run, and the digest of the articles done, so that a run never goes on over other articles than it began with. Failures are appended in
the same way to `OUT.errors.jsonl`. The run is over when the folder loses its name, the output standing by then.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType

from contrast.batch.work import Outcome
from contrast.errors import InputError, UsageError

FAILURES_ENDING = ".errors.jsonl"
MAX_FAILURE_BYTES = 1_000_000
# What must be the same for a run to be gone on with, and what is said where it is not.
PARTS_OF_RUN = {
    "inputs": "other inputs",
    "options": "other options",
    "models": "other models or on another kind of processor",
    "version": "another version of contrast",
}


@dataclass(frozen=True, slots=True)
class State:
    """How far a run has come: articles done (failed ones and copies too), the digest of what they were, and what was written."""

    run: str = ""
    n_done: int = 0
    articles_sha256: str = ""
    n_bytes: int = 0
    n_failure_bytes: int = 0
    n_scored: int = 0
    n_copies: int = 0
    n_failed: int = 0
    n_contrasts: int = 0

    def after(self, outcomes: Sequence[Outcome], digest: str) -> "State":
        """The state once these outcomes are written."""
        return replace(
            self,
            n_done=self.n_done + len(outcomes),
            articles_sha256=digest,
            n_bytes=self.n_bytes + len(_lines(outcomes, is_failure=False)),
            n_failure_bytes=self.n_failure_bytes + len(_lines(outcomes, is_failure=True)),
            n_scored=self.n_scored + sum(outcome.is_scored for outcome in outcomes),
            n_copies=self.n_copies + sum(not (outcome.is_scored or outcome.is_failure) for outcome in outcomes),
            n_failed=self.n_failed + sum(outcome.is_failure for outcome in outcomes),
            n_contrasts=self.n_contrasts + sum(outcome.n_contrasts for outcome in outcomes),
        )


class Journal(AbstractContextManager["Journal"]):
    """The work folder of one output. Opening it takes a lock, which ends with the process at the latest."""

    def __init__(self, output: Path, run: str, *, is_restart: bool = False) -> None:
        self.output = output
        self.folder, self.rows, self.failures = work_folder(output), work_folder(output) / "rows.jsonl", failures_file(output)
        if not os.path.isdir(output.parent):
            raise UsageError(f"-o {output}: cannot be written, there is no folder {output.parent}; make it, or name a file elsewhere")
        if os.path.isdir(output):  # a name too long is none
            raise UsageError(f"-o {output}: a folder; expected the name of a file to write")
        if os.path.exists(output) and not os.path.exists(self.folder) and not is_restart:
            raise UsageError(f"-o {output}: exists already; name another file, or give --restart to score anew")
        try:
            self.folder.mkdir(exist_ok=True)
            self._lock = (self.folder / "lock").open("wb")
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            self._open(run, is_restart)
        except BaseException:
            self._lock.close()
            raise

    def _open(self, run: str, is_restart: bool) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if is_restart:
                self._clear()
            self.state = self._read_state(run)
            _cut(self.rows, self.state.n_bytes)
            _cut(self.failures, self.state.n_failure_bytes)
            self.rows.touch()
        except BlockingIOError:
            raise UsageError(f"-o {self.output}: another run is writing it; wait for its end or name another file") from None
        except OSError as error:
            raise self._unwritable(error) from error

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._lock.close()

    def append(self, outcomes: Sequence[Outcome], digest: str) -> None:
        """Brings a chunk's outcomes to disk, then the state; raises InputError, what was written kept, when the disk refuses."""
        state = self.state.after(outcomes, digest)
        try:
            for path, is_failure in ((self.rows, False), (self.failures, True)):
                if lines := _lines(outcomes, is_failure=is_failure):
                    _write(path, "ab", lines)
            part = self.folder / "state.json.part"
            _write(part, "wb", json.dumps(asdict(state)).encode())
            part.replace(self.folder / "state.json")
        except OSError as error:
            raise self._unwritable(error) from error
        self.state = state

    def finish(self) -> None:
        """Removes the work folder; the output stands already."""
        if not self.state.n_failed:
            self.failures.unlink(missing_ok=True)
        # A kill must find the folder whole or gone.
        gone = self.folder.with_suffix(".done")
        shutil.rmtree(gone, ignore_errors=True)
        self.folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def _read_state(self, run: str) -> State:
        path = self.folder / "state.json"
        if not path.exists():
            return State(run=run)
        try:
            state = State(**json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise UsageError(f"{path}: damaged ({error}); give --restart to score anew") from error
        if changed := changed_between(state.run, run):
            raise UsageError(
                f"-o {self.output}: was begun with {' and '.join(changed)}, or they have changed since; put them back, name another file, "
                "or give --restart to score anew"
            )
        return state

    def _clear(self) -> None:
        for path in self.folder.iterdir():
            if path.name != "lock":
                path.unlink()

    def _unwritable(self, error: OSError) -> InputError:
        advice = "mend that, or name a file elsewhere"
        if os.path.exists(self.folder / "state.json"):
            advice = "what was scored is kept, so mend that and run the same command again"
        return InputError(f"-o {self.output}: cannot be written ({error.strerror}); {advice}")


def work_folder(output: Path) -> Path:
    """Where a run keeps what is not finished."""
    return output.with_name(f".{output.name}.work")


def failures_file(output: Path) -> Path:
    """Where the reasons go why articles could not be scored."""
    return output.with_name(f"{output.name}{FAILURES_ENDING}")


def is_failures_file(path: Path) -> bool:
    """Whether these are the failures of an output that lies, or is being written, beside them."""
    name = path.name.removesuffix(FAILURES_ENDING)
    if name in ("", path.name):
        return False
    output = path.with_name(name)
    return output.exists() or work_folder(output).exists()


def changed_between(one: str, other: str) -> list[str]:
    """In words, which parts of a run are not those of another.

    >>> changed_between("a b c 1", "a x c 2")
    ['other options', 'another version of contrast']
    """
    digests, others = one.split(), other.split()
    if len(digests) != len(PARTS_OF_RUN) or len(others) != len(PARTS_OF_RUN):
        return [] if one == other else list(PARTS_OF_RUN.values())
    return [words for words, digest, now in zip(PARTS_OF_RUN.values(), digests, others, strict=True) if digest != now]


def holds_failures(path: Path) -> bool:
    """Whether the file begins as failures are written, or holds nothing."""
    try:
        with path.open("rb") as file:
            first = file.readline(MAX_FAILURE_BYTES)
        return not first or {"id", "where", "reason"} <= json.loads(first).keys()
    except (OSError, ValueError, AttributeError):
        return False


def next_digest(digest: str, id: str, content: bytes) -> str:
    """The digest of the articles done, one more among them."""
    return hashlib.sha256(b"\0".join((digest.encode(), id.encode("utf-8", "replace"), hashlib.sha256(content).digest()))).hexdigest()


def _lines(outcomes: Sequence[Outcome], *, is_failure: bool) -> bytes:
    return "".join(outcome.line + "\n" for outcome in outcomes if outcome.is_failure is is_failure).encode("utf-8", "replace")


def _write(path: Path, mode: str, content: bytes) -> None:
    with path.open(mode) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _cut(path: Path, n_bytes: int) -> None:
    if n_bytes == 0:
        path.unlink(missing_ok=True)
    elif not path.exists() or path.stat().st_size < n_bytes:
        raise UsageError(f"{path}: shorter than it was; give --restart to score anew")
    else:
        os.truncate(path, n_bytes)
