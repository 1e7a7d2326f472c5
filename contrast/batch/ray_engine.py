"""The same work on a Ray cluster (https://docs.ray.io/en/latest/data/data.html), one model actor a core; needs the extra 'ray'.

Chunks go into Ray Data some to an actor, are mapped over actors that hold the models, and come back in order, so that the rows, and what a
killed run goes on from, are those of the local engine. What Ray tells of itself goes to its own files; an error of it is one of ours.
"""

import logging
import os
import pickle
import re
import signal
import socket
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from contrast.batch.settings import BatchSettings
from contrast.batch.work import Outcome, Task, Worker
from contrast.errors import UsageError

N_CHUNKS_AN_ACTOR = 16
SECONDS_TO_ANSWER = 5.0
ADDRESSES = "HOST:PORT, ray://HOST:PORT, auto or local"
# Where an address is of another form, only Ray can tell what is there.
WITHOUT_HOST = ("auto", "local")
# From this version on Ray wants `compute` and warns of `concurrency`; before, it was the other way round.
VERSION_OF_COMPUTE = (2, 51)


class RayEngine:
    """Ray Data over a running cluster, or over one that is started here and ends with the run."""

    def __init__(self, settings: BatchSettings) -> None:
        # For the part of Ray that is no Python, which writes to standard error whatever the level of the loggers.
        os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
        try:
            with _sigterm_kept():
                import ray
                import ray.data
        except ImportError as error:
            raise UsageError("--engine ray: ray is not installed, or not with Ray Data; run: pip install 'contrast[ray]'") from error
        self._ray: Any = ray
        self._settings = settings
        self._is_ours = not ray.is_initialized()
        _silence()
        if self._is_ours:
            _join(ray, settings.ray_address)
        self._n_actors = settings.n_workers or max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    def run(self, chunks: Iterable[Sequence[Task]]) -> Iterator[list[Outcome]]:
        """The outcomes of each chunk, in the order of the chunks; raises UsageError when an actor or a node is lost for good."""
        from ray.exceptions import RayError

        try:
            yield from self._run(chunks)
        except RayError as error:
            raise UsageError(
                f"--engine ray: {_reason(error)}; what was scored is kept: run the same command again, perhaps with fewer --workers"
            ) from error

    def _run(self, chunks: Iterable[Sequence[Task]]) -> Iterator[list[Outcome]]:
        from ray.data import DataContext

        context = DataContext.get_current()
        context.execution_options.preserve_order = True
        context.enable_progress_bars = False
        given = iter(chunks)
        while some := list(islice(given, self._n_actors * N_CHUNKS_AN_ACTOR)):
            rows = self._ray.data.from_items([{"chunk": pickle.dumps(chunk)} for chunk in some], override_num_blocks=len(some))
            scored = rows.map_batches(
                _Actor,
                fn_constructor_args=(self._settings,),
                batch_size=1,
                batch_format="numpy",
                num_cpus=1,
                **_pool_of(self._ray, min(self._n_actors, len(some))),
            )
            for row in scored.iter_rows():
                yield pickle.loads(row["outcomes"])

    def close(self) -> None:
        """Ends the cluster if it was started here."""
        if self._is_ours:
            self._ray.shutdown()


def _silence() -> None:
    """What Ray logs and warns of stays out of standard error; its files in /tmp/ray hold it."""
    for name in ("ray", "ray.data"):
        for handler in logging.getLogger(name).handlers:
            if isinstance(handler, logging.StreamHandler) and not isinstance(handler, logging.FileHandler):
                handler.setLevel(logging.CRITICAL + 1)
    warnings.filterwarnings("ignore", module=r"(ray|contrast\.batch\.ray_engine)(\.|$)")


def _join(ray: Any, address: str | None) -> None:
    """Connects to the cluster at the address or the one that RAY_ADDRESS names, else to one on this machine, started if need be."""
    from ray.exceptions import RayError

    named = f"--ray-address {address}" if address is not None else f"RAY_ADDRESS={os.environ.get('RAY_ADDRESS', '')}"
    address = address if address is not None else os.environ.get("RAY_ADDRESS") or None
    if address is not None:
        _refuse_silent(address, named)
    try:
        with _sigterm_kept(), _unheard():
            # What is started here ends with the run, so nobody will look at a page of it.
            page = {"include_dashboard": False} if address in (None, "local") else {}
            ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL, **page)
    except (OSError, ValueError, RuntimeError, RayError) as error:
        if "ray[client]" in str(error):
            raise UsageError(f"{named}: an address with ray:// needs Ray's client; run: pip install 'ray[client]'") from error
        if address is None:
            raise UsageError(f"--engine ray: no Ray cluster could be started on this machine ({_reason(error)})") from error
        raise UsageError(f"{named}: no Ray cluster can be used there ({_reason(error)}); expected {ADDRESSES} of a running one") from error
    finally:
        _silence()


@contextmanager
def _sigterm_kept() -> Iterator[None]:
    """Ray sets a handler of its own where it is imported and where it begins; that which was set before hears the signal."""
    before, is_heard = signal.getsignal(signal.SIGTERM), False
    try:
        yield
    except SystemExit as left:
        is_heard = left.code == signal.SIGTERM  # as Ray's handler ends a process
        if not is_heard:
            raise
    finally:
        with suppress(ValueError):  # not in the main thread
            signal.signal(signal.SIGTERM, before)
    if is_heard:
        signal.raise_signal(signal.SIGTERM)


@contextmanager
def _unheard() -> Iterator[None]:
    """Nothing reaches standard error: Ray tells there that it was told to log less. Its processes, begun meanwhile, keep none of it."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _refuse_silent(address: str, named: str) -> None:
    """Raises UsageError when nothing answers at the address: Ray itself would try for many minutes."""
    scheme, _, place = address.rpartition("://")
    if address in WITHOUT_HOST or scheme not in ("", "ray"):
        return
    try:
        host, port = (parts := urlsplit(f"//{place}")).hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port:
        raise UsageError(f"{named}: not the address of a Ray cluster; expected {ADDRESSES}")
    try:
        socket.create_connection((host, port), timeout=SECONDS_TO_ANSWER).close()
    except OSError as error:
        raise UsageError(
            f"{named}: no Ray cluster answers at {host}:{port} ({error.strerror or error}); expected {ADDRESSES} of a running one: "
            "start one there with ray start --head, or give no address for one on this machine"
        ) from error


def _pool_of(ray: Any, n_actors: int) -> dict[str, Any]:
    """So many actors, told as this version of Ray wants it."""
    version = tuple(map(int, re.findall(r"\d+", getattr(ray, "__version__", ""))[:2]))
    return {"compute": ray.data.ActorPoolStrategy(size=n_actors)} if version >= VERSION_OF_COMPUTE else {"concurrency": n_actors}


def _reason(error: Exception) -> str:
    """The first and the last line of what Ray says; between them stands where it happened."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return " … ".join(dict.fromkeys((lines[0], lines[-1])))


class _Actor:
    """A worker that Ray keeps."""

    def __init__(self, settings: BatchSettings) -> None:
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        self._worker = Worker(settings.check, settings.models, n_threads=1)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        return {"outcomes": [pickle.dumps(self._worker.score(pickle.loads(chunk))) for chunk in batch["chunk"]]}
