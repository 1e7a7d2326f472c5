"""The one queue in front of the model: bounded, first come first served, one task at a time.

A thread hands the tasks to the model's process and hears of its progress. A task that takes too long, or that nobody waits for any more, is
asked to stop, and where that does not help its process is ended and a new one started.
"""

import multiprocessing
import secrets
import threading
import time
import traceback
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from contrast.errors import ModelError
from contrast.schema import ModelInfo, Progress
from contrast.serving.messages import CheckTask, Done, Message, Ready, Stop, Task, Undone
from contrast.serving.metrics import Metrics
from contrast.serving.model_process import Opener, work
from contrast.serving.refusals import NO_ARTICLE, NOT_NOW, TOO_MANY, Refusal
from contrast.serving.settings import ServeSettings

TICK_SECONDS = 0.2
# What a task that was asked to stop gets for the batch, or the page of a document, that it is at.
GRACE_SECONDS = 5.0
MAX_RETRY_AFTER = 60
TEXT_ALONE = "copy the article's text and paste it"
CRASHED = f"the check ended before it was done, by a document that is too much to read perhaps; {TEXT_ALONE}"
CLOSING = "the server is being stopped; try again when it is back"


@dataclass(slots=True, eq=False)
class Job:
    """A task on its way: `future` gets the answer as JSON, or the Refusal that says why there is none."""

    task: Task
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    future: "Future[str]" = field(default_factory=Future)
    progress: Progress | None = None
    is_running: bool = False
    is_unwanted: bool = False

    def __post_init__(self) -> None:
        self.future.set_running_or_notify_cancel()  # from here on only the queue ends it


class ModelQueue:
    """Takes tasks from any thread; `start` loads the models and raises ModelError when they cannot be loaded."""

    def __init__(self, settings: ServeSettings, opener: Opener, metrics: Metrics) -> None:
        self._settings, self._opener, self._metrics = settings, opener, metrics
        self._waiting: deque[Job] = deque()
        self._running: Job | None = None
        self._changed = threading.Condition()
        self._is_closed = self._is_ended = False
        self._seconds_a_task = 1.0
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None
        self._thread = threading.Thread(target=self._work, name="contrast-queue", daemon=True)
        self.model: ModelInfo | None = None
        metrics.watch_queue(lambda: len(self._waiting), settings.n_waiting)

    def start(self) -> ModelInfo:
        """Loads the models; returns which."""
        self.model = self._open_process()
        self._thread.start()
        return self.model

    @property
    def is_ready(self) -> bool:
        """Whether a task would be taken up, now or after those before it."""
        process = self._process  # which the queue's thread may end meanwhile
        return not self._is_closed and process is not None and process.is_alive()

    @property
    def n_waiting(self) -> int:
        return len(self._waiting)

    def submit(self, task: Task) -> Job:
        """The task at the end of the queue; raises Refusal when the queue is full or closed."""
        with self._changed:
            if self._is_closed:
                raise Refusal(NOT_NOW, CLOSING, retry_after=10)
            n = len(self._waiting)
            if n >= self._settings.n_waiting:
                seconds = min(MAX_RETRY_AFTER, max(1, round(self._seconds_a_task * n / 2)))
                texts = "1 text is" if n == 1 else f"{n} texts are"
                raise Refusal(TOO_MANY, f"{texts} waiting already; try again in {seconds} s", retry_after=seconds)
            job = Job(task)
            self._waiting.append(job)
            self._changed.notify()
            return job

    def n_before(self, job: Job) -> int:
        """How many tasks come before this one."""
        with self._changed:
            return self._waiting.index(job) + (self._running is not None) if job in self._waiting else 0

    def give_up(self, job: Job) -> None:
        """Nobody waits for the job any more: it leaves the queue, or is stopped."""
        with self._changed:
            job.is_unwanted = True
            if job in self._waiting:
                self._waiting.remove(job)
                job.future.set_exception(_stopped())

    def close(self) -> None:
        """Takes no more tasks and refuses those that wait; what is running goes on."""
        with self._changed:
            self._is_closed = True
            refused, self._waiting = list(self._waiting), deque()
            self._changed.notify()
        for job in refused:
            job.future.set_exception(Refusal(NOT_NOW, CLOSING, retry_after=10))

    def end_at_once(self) -> None:
        """Ends the model's process, whatever it is at, and starts none anew. A signal handler may call it."""
        self._is_ended = True
        process = self._process
        if process is not None:
            process.kill()

    def finish(self) -> None:
        """Waits for what is running, then ends the model's process."""
        self.close()
        if self._thread.is_alive():
            self._thread.join()
        self._end_process()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            began = time.monotonic()
            answer = self._run(job)
            seconds = time.monotonic() - began
            self._seconds_a_task += 0.2 * (seconds - self._seconds_a_task)
            self._metrics.count_task(type(job.task).__name__, "done" if isinstance(answer, str) else str(answer.status), seconds)
            with self._changed:
                self._running, job.is_running = None, False
            if isinstance(answer, str):
                job.future.set_result(answer)
            else:
                job.future.set_exception(answer)
            if self._process is None and not self._is_closed:
                with suppress(ModelError):  # the next task says so
                    self._open_connection()

    def _next(self) -> Job | None:
        with self._changed:
            while not self._waiting and not self._is_closed:
                self._changed.wait()
            if not self._waiting:
                return None
            self._running = self._waiting.popleft()
            self._running.is_running = True
            return self._running

    def _run(self, job: Job) -> str | Refusal:
        try:
            connection = self._open_connection()
            connection.send(job.task)
            return self._hear(job, connection)
        except ModelError as error:
            return Refusal(NOT_NOW, str(error), retry_after=MAX_RETRY_AFTER)
        except (EOFError, OSError):
            self._end_process()
            return Refusal(NOT_NOW, CLOSING, retry_after=10) if self._is_ended else Refusal(NO_ARTICLE, CRASHED)
        except Exception as error:  # the thread outlives every task
            traceback.print_exc()
            self._end_process()
            return Refusal(500, f"the check failed ({type(error).__name__}); tell those who run this server")

    def _hear(self, job: Job, connection: Connection) -> str | Refusal:
        began, stopped_at = time.monotonic(), None
        while True:
            if connection.poll(TICK_SECONDS):
                message: Message = connection.recv()
                if isinstance(message, Done):
                    return message.written
                if isinstance(message, Undone):
                    return self._refusal(job, message)
                if isinstance(message, Progress):
                    job.progress = message
            now = time.monotonic()
            if job.progress is None and isinstance(job.task, CheckTask) and now - began > self._settings.read_seconds:
                self._end_process()
                return Refusal(NO_ARTICLE, f"not read within {self._settings.read_seconds:g} s; {TEXT_ALONE}")
            if stopped_at is None and (job.is_unwanted or now - began > self._settings.check_seconds):
                stopped_at = now
                connection.send(Stop())
            if stopped_at is not None and now - stopped_at > GRACE_SECONDS:
                self._end_process()
                return self._refusal(job, Undone("stopped", ""))

    def _refusal(self, job: Job, undone: Undone) -> Refusal:
        if undone.reason == "input":
            return Refusal(NO_ARTICLE, undone.message)
        if undone.reason == "failed":
            return Refusal(500, undone.message)
        if job.is_unwanted:
            return _stopped()
        seconds = self._settings.check_seconds
        return Refusal(NOT_NOW, f"not done within {seconds:g} s; send a shorter text, or start the server with a longer --timeout")

    def _open_connection(self) -> Connection:
        if self._connection is None or self._process is None or not self._process.is_alive():
            self._end_process()
            self._metrics.count_restart()
            self.model = self._open_process()
        assert self._connection is not None
        return self._connection

    def _open_process(self) -> ModelInfo:
        context = multiprocessing.get_context("spawn")
        try:
            ours, theirs = context.Pipe()
            with theirs:
                process = context.Process(
                    target=work, args=(theirs, self._settings.check, self._opener), name="contrast-model", daemon=True
                )
                process.start()
            self._process, self._connection = process, ours
            if self._is_ended:
                raise ModelError(CLOSING)
            message: Message = ours.recv()
        except OSError as error:
            raise ModelError(f"the process with the models cannot be started ({error}); is there memory enough?") from error
        except EOFError as error:
            raise ModelError("the process with the models ended while it loaded them; is there memory enough?") from error
        if isinstance(message, Ready):
            return message.model
        raise ModelError(message.message if isinstance(message, Undone) else "the models could not be loaded")

    def _end_process(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None


def _stopped() -> Refusal:
    return Refusal(NOT_NOW, "stopped before it was done")
