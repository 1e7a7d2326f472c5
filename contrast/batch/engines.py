"""Who does the work: processes of this machine. Chunks go out as they are read and come back in their order."""

import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from typing import Protocol

from contrast.backends import n_cores
from contrast.batch.settings import BatchSettings
from contrast.batch.work import Outcome, Task, Worker
from contrast.errors import ContrastError, UsageError

N_WAITING_PER_WORKER = 2
_worker: Worker | None = None
_failure: ContrastError | None = None


class Engine(Protocol):
    """Scores chunks of tasks."""

    def run(self, chunks: Iterable[Sequence[Task]]) -> Iterator[list[Outcome]]:
        """The outcomes of each chunk, in the order of the chunks."""
        ...

    def close(self) -> None:
        """Lets go of processes and models."""
        ...


def open_engine(settings: BatchSettings) -> Engine:
    """The engine that the settings name; raises UsageError when it is not installed."""
    if settings.engine == "ray":
        from contrast.batch.ray_engine import RayEngine

        return RayEngine(settings)
    n_workers = settings.n_workers or n_cores()
    return HereEngine(settings) if n_workers == 1 else ProcessEngine(settings, n_workers)


class HereEngine:
    """One worker in this process, on one core."""

    def __init__(self, settings: BatchSettings) -> None:
        self._worker = Worker(settings.check, settings.models, n_threads=1)

    def run(self, chunks: Iterable[Sequence[Task]]) -> Iterator[list[Outcome]]:
        """The outcomes of each chunk, in the order of the chunks."""
        for chunk in chunks:
            yield self._worker.score(chunk)

    def close(self) -> None:
        """Nothing to let go of."""


class ProcessEngine:
    """A worker process for every core, each on one thread: the reading and the tokens of one run beside the products of another."""

    def __init__(self, settings: BatchSettings, n_workers: int) -> None:
        self._n_waiting = n_workers * N_WAITING_PER_WORKER
        self._pool = ProcessPoolExecutor(n_workers, mp_context=get_context("spawn"), initializer=_begin, initargs=(settings,))

    def run(self, chunks: Iterable[Sequence[Task]]) -> Iterator[list[Outcome]]:
        """The outcomes of each chunk, in the order of the chunks; raises UsageError when a worker dies."""
        waiting: deque[Future[list[Outcome]]] = deque()
        try:
            for chunk in chunks:
                waiting.append(self._pool.submit(_score, chunk))
                if len(waiting) >= self._n_waiting:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise UsageError(
                "a worker process died (out of memory?); what was scored is kept: run the same command again, perhaps with fewer --workers"
            ) from error

    def close(self) -> None:
        """Ends the processes, unfinished chunks dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _begin(settings: BatchSettings) -> None:
    global _worker, _failure
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        _worker = Worker(settings.check, settings.models, n_threads=1)
    except ContrastError as error:
        _failure = error


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _score(chunk: Sequence[Task]) -> list[Outcome]:
    if _worker is None:
        raise _failure or UsageError("a worker has no models")
    return _worker.score(chunk)
