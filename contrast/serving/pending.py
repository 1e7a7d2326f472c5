"""Checks that somebody comes back for: started, asked after, stopped; each ends with the address of a kept report, or with why not."""

import asyncio
import time
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, Field

from contrast.serving.addresses import address_of
from contrast.serving.held import HeldBytes
from contrast.serving.kept import KeptReports
from contrast.serving.messages import CheckTask
from contrast.serving.queue import Job, ModelQueue
from contrast.serving.refusals import TOO_MANY, Refusal

# How long, and how many, checks that ended are remembered.
SECONDS_REMEMBERED = 900.0
MAX_REMEMBERED = 1000
Step = Literal["waiting", "opening", "reading", "judging", "explaining", "done", "refused"]


class PendingAnswer(BaseModel):
    """How a check stands: `n_done` of `n_all` sentences read, pairs judged or contrasts explained.

    `address` comes once it is done, `error` when it was refused.
    """

    id: str
    step: Step
    n_before: int = Field(description="How many texts come before this one.")
    n_done: int = 0
    n_all: int = 0
    address: str | None = None
    status: int | None = Field(default=None, description="The HTTP status of a refusal.")
    error: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PendingCheck:
    """A check under way; `ending` keeps the report when there is one."""

    job: Job
    ending: "asyncio.Task[None]"


@dataclass(frozen=True, slots=True)
class EndedCheck:
    """What is left of a check that ended: its last answer, and since when on the clock `time.monotonic`."""

    answer: PendingAnswer
    ended_at: float


class PendingChecks:
    """The checks of a server that somebody comes back for. To be used from its event loop."""

    def __init__(self, queue: ModelQueue, kept: KeptReports, held: HeldBytes) -> None:
        self._queue, self._kept, self._held = queue, kept, held
        self._under_way: dict[str, PendingCheck] = {}
        self._ended: dict[str, EndedCheck] = {}  # the one that ended first comes first

    def start(self, task: CheckTask) -> PendingAnswer:
        """A check at the end of the queue, its document held until it has ended; raises Refusal."""
        self._forget()
        n_bytes = len(task.content)
        if not self._held.hold(n_bytes):
            raise Refusal(TOO_MANY, "too much is waiting to be checked; try again in 5 s", retry_after=5)
        try:
            job = self._queue.submit(task)
        except Refusal:
            self._held.release(n_bytes)
            raise
        self._under_way[job.id] = PendingCheck(job, asyncio.create_task(self._end(job, n_bytes)))
        return self._answer(job)

    def ask(self, id: str) -> PendingAnswer | None:
        """How the check of that id stands; None where there is none."""
        if id in self._ended:
            return self._ended[id].answer
        check = self._under_way.get(id)
        return None if check is None else self._answer(check.job)

    def give_up(self, id: str) -> PendingAnswer | None:
        """Stops the check of that id."""
        if id in self._under_way:
            self._queue.give_up(self._under_way[id].job)
        return self.ask(id)

    async def finish(self) -> None:
        """Waits until every check has ended and its report is kept."""
        await asyncio.gather(*(check.ending for check in self._under_way.values()))

    async def _end(self, job: Job, n_bytes: int) -> None:
        self._ended[job.id] = EndedCheck(await self._keep(job), time.monotonic())
        del self._under_way[job.id]
        self._held.release(n_bytes)

    async def _keep(self, job: Job) -> PendingAnswer:
        try:
            written = await asyncio.wrap_future(job.future)
            address = address_of(await asyncio.to_thread(self._kept.keep, written))
        except Refusal as refusal:
            return _refused(job, refusal)
        except Exception as error:
            return _refused(job, Refusal(500, f"the report could not be kept ({type(error).__name__}: {error})"))
        return self._answer(job, address)

    def _answer(self, job: Job, address: str | None = None) -> PendingAnswer:
        progress = job.progress
        n_done, n_all = (progress.n_done, progress.n_all) if progress else (0, 0)
        step: Step = progress.step if progress else "opening" if job.is_running else "waiting"
        if address is not None:
            step = "done"
        return PendingAnswer(id=job.id, step=step, n_before=self._queue.n_before(job), n_done=n_done, n_all=n_all, address=address)

    def _forget(self) -> None:
        """Drops checks that ended long ago, and the oldest ended ones where there are too many."""
        now = time.monotonic()
        n_spare = len(self._ended) - MAX_REMEMBERED
        for k, (id, check) in enumerate(list(self._ended.items())):
            if k < n_spare or now - check.ended_at > SECONDS_REMEMBERED:
                del self._ended[id]


def _refused(job: Job, refusal: Refusal) -> PendingAnswer:
    return PendingAnswer(id=job.id, step="refused", n_before=0, status=refusal.status, error=str(refusal))
