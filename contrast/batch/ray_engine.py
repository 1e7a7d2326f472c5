"""The same work on a Ray cluster (https://docs.ray.io/en/latest/data/data.html), one model actor a core; needs the extra 'ray'.

Chunks go into Ray Data some to an actor, are mapped over actors that hold the models, and come back in order, so that the rows, and what a
killed run goes on from, are those of the local engine.
"""

import os
import pickle
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from contrast.batch.settings import BatchSettings
from contrast.batch.work import Outcome, Task, Worker
from contrast.errors import UsageError

N_CHUNKS_AN_ACTOR = 16


class RayEngine:
    """Ray Data over a running cluster, or over one that is started here and ends with the run."""

    def __init__(self, settings: BatchSettings) -> None:
        try:
            import ray
        except ImportError as error:
            raise UsageError("--engine ray: ray is not installed; run: pip install 'contrast[ray]'") from error
        self._ray, self._settings = ray, settings
        self._is_ours = not ray.is_initialized()
        try:
            if self._is_ours:
                ray.init(address=settings.ray_address, log_to_driver=False, logging_level="ERROR")
        except (ConnectionError, ValueError) as error:
            raise UsageError(f"--ray-address {settings.ray_address}: no cluster answers there ({error})") from error
        self._n_actors = settings.n_workers or max(1, int(ray.cluster_resources().get("CPU", 1)))

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
                concurrency=self._n_actors,
                num_cpus=1,
            )
            for row in scored.iter_rows():
                yield pickle.loads(row["outcomes"])

    def close(self) -> None:
        """Ends the cluster if it was started here."""
        if self._is_ours:
            self._ray.shutdown()


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
