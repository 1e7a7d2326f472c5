"""Tells on standard error how far a batch run is: a bar on a terminal, else a plain line now and then."""

import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING

from contrast.batch.journal import State
from contrast.batch.raws import Meter
from contrast.rendering.explained import counted

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

SECONDS_BETWEEN_LINES = 10.0


class Progress(AbstractContextManager["Progress"]):
    """Call it with the state after each chunk."""

    def __init__(self, *, is_quiet: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._is_quiet, self._clock = is_quiet, clock
        self._begun = self._told = clock()
        self._before: State | None = None
        self._bytes_before = 0
        self._bar: RichProgress | None = None
        if not is_quiet and sys.stderr.isatty():
            from rich import progress
            from rich.console import Console

            columns = progress.BarColumn(), progress.TextColumn("{task.description}")
            self._bar = progress.Progress(*columns, console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("reading", total=None)

    def __enter__(self) -> "Progress":
        if self._bar is not None:
            self._bar.start()
        return self

    def __call__(self, state: State, meter: Meter) -> None:
        if self._is_quiet:
            return
        now = self._clock()
        if self._before is None:
            self._before, self._begun, self._told, self._bytes_before = state, now, now, meter.n_bytes
            if state.n_done:
                print(f"contrast: going on after {counted(state.n_done, 'article')}", file=sys.stderr)
            return
        line = self._line(state, meter, now)
        if self._bar is not None:
            self._bar.update(self._task, description=line, total=meter.n_bytes_in_all or None, completed=meter.n_bytes)
        elif now - self._told >= SECONDS_BETWEEN_LINES:
            self._told = now
            print(f"contrast: {line}", file=sys.stderr)

    def _line(self, state: State, meter: Meter, now: float) -> str:
        before = self._before or State()
        seconds = max(now - self._begun, 1e-9)
        n_new = state.n_done - before.n_done
        parts = [counted(state.n_done, "article"), f"{n_new / seconds:.1f}/s", counted(state.n_contrasts, "contrast")]
        if state.n_failed:
            parts.append(f"{state.n_failed:,} failed")
        n_bytes = meter.n_bytes - self._bytes_before
        if meter.n_bytes_in_all and n_bytes > 0:
            parts.append(f"{as_time(seconds * max(0, meter.n_bytes_in_all - meter.n_bytes) / n_bytes)} left")
        return " · ".join(parts)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()


def as_time(seconds: float) -> str:
    """Hours, minutes and seconds.

    >>> as_time(4205), as_time(61)
    ('1:10:05', '1:01')
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
