"""Checks that somebody comes back for: started, asked after, stopped; each ends with the address of a kept report, or with why not."""

import asyncio
import time
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, Field

from contrast.serving.addresses import address_of
from contrast.serving.kept import KeptReports
from contrast.serving.messages import CheckTask
from contrast.serving.queue import Job, ModelQueue
from contrast.serving.refusals import Refusal

# How long, and how many, checks that ended are remembered.
SECONDS_REMEMBERED = 900.0
MAX_REMEMBERED = 1000
Step = Literal["waiting", "opening", "reading", "judging", "explaining", "done", "refused"]


class PendingAnswer(BaseModel):
    """How a check stands: `n_done` of `n_all` sentences read or pairs judged; `address` once it is done, `error` when it was refused."""

    id: str
    step: Step
    n_before: int = Field(description="How many texts come before this one.")
    n_done: int = 0
    n_all: int = 0
    address: str | None = None
    status: int | None = Field(default=None, description="The HTTP status of a refusal.")
    error: str | None = None


@dataclass(slots=True, eq=False)
class PendingCheck:
    """A check under way; `ending` keeps the report when there is one."""

    job: Job
    ending: "asyncio.Task[None] | None" = None
    address: str | None = None
    refusal: Refusal | None = None
    ended_at: float | None = None


class PendingChecks:
    """The checks of a server that somebody comes back for. To be used from its event loop."""

    def __init__(self, queue: ModelQueue, kept: KeptReports) -> None:
        self._queue, self._kept = queue, kept
        self._of_id: dict[str, PendingCheck] = {}

    def start(self, task: CheckTask) -> PendingAnswer:
        """A check at the end of the queue; raises Refusal."""
        self._forget()
        job = self._queue.submit(task)
        check = self._of_id[job.id] = PendingCheck(job)
        check.ending = asyncio.create_task(self._end(check))
        return self._answer(check)

    def ask(self, id: str) -> PendingAnswer | None:
        """How the check of that id stands; None where there is none."""
        check = self._of_id.get(id)
        return None if check is None else self._answer(check)

    def give_up(self, id: str) -> PendingAnswer | None:
        """Stops the check of that id."""
        check = self._of_id.get(id)
        if check is not None and check.ended_at is None:
            self._queue.give_up(check.job)
        return None if check is None else self._answer(check)

    async def finish(self) -> None:
        """Waits until every check has ended and its report is kept."""
        await asyncio.gather(*(check.ending for check in self._of_id.values() if check.ending))

    async def _end(self, check: PendingCheck) -> None:
        try:
            written = await asyncio.wrap_future(check.job.future)
            check.address = address_of(await asyncio.to_thread(self._kept.keep, written))
        except Refusal as refusal:
            check.refusal = refusal
        except Exception as error:
            check.refusal = Refusal(500, f"the report could not be kept ({type(error).__name__}: {error})")
        check.ended_at = time.monotonic()

    def _answer(self, check: PendingCheck) -> PendingAnswer:
        job, refusal, progress = check.job, check.refusal, check.job.progress
        if refusal is not None:
            return PendingAnswer(id=job.id, step="refused", n_before=0, status=refusal.status, error=str(refusal))
        n_done, n_all = (progress.n_done, progress.n_all) if progress else (0, 0)
        step: Step = progress.step if progress else "opening" if job.is_running else "waiting"
        if check.address is not None:
            step = "done"
        return PendingAnswer(id=job.id, step=step, n_before=self._queue.n_before(job), n_done=n_done, n_all=n_all, address=check.address)

    def _forget(self) -> None:
        """Drops checks that ended long ago, and the oldest ended ones where there are too many."""
        now = time.monotonic()
        ended = [id for id, check in self._of_id.items() if check.ended_at is not None]
        n_spare = max(0, len(ended) - MAX_REMEMBERED)
        for k, id in enumerate(ended):
            if k < n_spare or now - (self._of_id[id].ended_at or now) > SECONDS_REMEMBERED:
                del self._of_id[id]
