"""Who does the work: processes of this machine. Chunks go out as they are read and come back in their order."""

import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from typing import Protocol

from contrast.backends import n_cores
from contrast.batch.settings import BatchSettings
from contrast.batch.work import Outcome, Task, Worker
from contrast.errors import ContrastError, UsageError

N_WAITING_PER_WORKER = 2
SECONDS_TO_HAND_OVER = 2.0
ENDING = (signal.SIGINT, signal.SIGTERM)
_worker: Worker | None = None
_failure: ContrastError | None = None
# Held by a worker but for when it scores: one that ended while it hands over would leave half of what it scored in the pipe.
_handing_over = threading.Lock()


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
        context = get_context("spawn")
        told, self._teller = context.Pipe(duplex=False)
        self._pool = ProcessPoolExecutor(n_workers, mp_context=context, initializer=_begin, initargs=(settings, told))

    def run(self, chunks: Iterable[Sequence[Task]]) -> Iterator[list[Outcome]]:
        """The outcomes of each chunk, in the order of the chunks; raises UsageError when a worker dies."""
        waiting: deque[Future[list[Outcome]]] = deque()
        try:
            for chunk in chunks:
                with _left_to_this_process():
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
        self._teller.close()
        self._pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _left_to_this_process() -> Iterator[None]:
    """A worker that is begun here hears no Ctrl-C or SIGTERM, not even before its first line; this process does, when it is begun."""
    heard: list[int] = []
    is_main = threading.current_thread() is threading.main_thread()
    before = {number: handler for number in ENDING if is_main and (handler := signal.getsignal(number)) is not None}
    # Not blocked alone: a signal to this process may come by another of its threads.
    for number in before:
        signal.signal(number, lambda number, frame: heard.append(number))
    try:
        with _blocked(ENDING):
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if heard:
        signal.raise_signal(heard[0])


@contextmanager
def _blocked(signals: Sequence[signal.Signals]) -> Iterator[None]:
    """Processes begun here have the signals blocked."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(settings: BatchSettings, told: Connection) -> None:
    global _worker, _failure
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_when_told, args=(told,), daemon=True).start()
    try:
        _worker = Worker(settings.check, settings.models, n_threads=1)
    except ContrastError as error:
        _failure = error
    _handing_over.acquire()


def _end_when_told(told: Connection) -> None:
    """Ends this process when the other end of the pipe is closed, which the death of the parent does too."""
    parent = parent_process()
    if parent is not None:
        wait([told, parent.sentinel])
        if parent.is_alive():
            _handing_over.acquire(timeout=SECONDS_TO_HAND_OVER)
        os._exit(1)


def _score(chunk: Sequence[Task]) -> list[Outcome]:
    if _worker is None:
        raise _failure or UsageError("a worker has no models")
    _handing_over.release()
    try:
        return _worker.score(chunk)
    finally:
        _handing_over.acquire()
