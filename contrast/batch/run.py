"""The whole story of a batch run: find the articles, pass over what was done, score chunk by chunk, write."""

import hashlib
import json
import os
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from contrast.backends import usual_products
from contrast.batch.engines import open_engine
from contrast.batch.files import STDIN, Survey, find_in_folders, is_file, survey
from contrast.batch.journal import PARTS_OF_RUN, Journal, State, failures_file, holds_failures, is_failures_file, next_digest, work_folder
from contrast.batch.output import is_empty, is_output, write_output
from contrast.batch.raws import Meter, Raw
from contrast.batch.seen import Seen
from contrast.batch.settings import BatchSettings
from contrast.batch.sources import read_all
from contrast.batch.work import Task
from contrast.encoder import open_folder
from contrast.errors import UsageError
from contrast.rendering.explained import counted
from contrast.settings import models_folder
from contrast.version import __version__

N_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run came to; `n_passed_over` counts outputs of other runs among the inputs."""

    state: State
    n_done_before: int
    n_passed_over: int


@dataclass(frozen=True, slots=True)
class _Mark:
    """How far the inputs were read at the end of a chunk: the digest of all articles up to there, and the bytes."""

    digest: str
    n_bytes: int


def score(settings: BatchSettings, tell: Callable[[State, Meter], None] = lambda state, meter: None) -> Summary:
    """Scores all articles of the inputs into the output; `tell` hears of every chunk that is written.

    Raises UsageError and InputError for what a person can mend; whatever was written is kept and gone on from.
    """
    own, others = _own_files(settings), _outputs_of_others(settings)
    found = survey(settings.inputs, without=own + others)
    meter = Meter(n_bytes_in_all=0 if STDIN in settings.inputs else found.n_bytes)
    with (
        Journal(settings.output, run_of(settings, found), is_restart=settings.is_restart) as journal,
        Seen(journal.folder / "seen.sqlite", settings.near_duplicates) as seen,
    ):
        begun = journal.state
        _refuse_failures(journal, settings)
        seen.forget_from(begun.n_done)
        raws = _left_to_do(settings, begun, meter, seen, without=own + others)
        tell(begun, meter)
        marks: deque[_Mark] = deque()
        with closing(open_engine(settings)) as engine:
            for outcomes in engine.run(_chunks(raws, seen, begun, meter, marks, settings.n_articles_a_chunk)):
                mark = marks.popleft()
                seen.keep()
                journal.append(outcomes, mark.digest)
                tell(journal.state, Meter(mark.n_bytes, meter.n_bytes_in_all))
                _refuse_failures(journal, settings)
        if journal.state.n_done == 0 and settings.shard[1] == 1:
            journal.finish()
            raise UsageError(f"{', '.join(settings.inputs)}: no article in it; expected files of one article or rows with a text each")
        write_output(journal.rows, settings.output)
        journal.finish()
        return Summary(journal.state, begun.n_done, len(others))


def _refuse_failures(journal: Journal, settings: BatchSettings) -> None:
    if settings.max_errors is not None and journal.state.n_failed > settings.max_errors:
        raise UsageError(
            f"{counted(journal.state.n_failed, 'article')} could not be read, more than --max-errors {settings.max_errors}; "
            f"see {journal.failures}, and give a greater number to go on or mend them and give --restart"
        )


def run_of(settings: BatchSettings, found: Survey) -> str:
    """What makes a run the same run, part by part (`journal.PARTS_OF_RUN`), as digests: the inputs as they lie there, options, models."""
    chosen = {
        "inputs": [settings.inputs, found.digest],
        "options": [asdict(settings.check), asdict(settings.columns), settings.near_duplicates, settings.shard],
        "models": digest_of_models(settings.models or models_folder(), settings.check.model),
        "version": __version__,
    }
    return " ".join(_digest_of(chosen[part])[:N_DIGITS] for part in PARTS_OF_RUN)


def digest_of_models(folder: Path, model: str | None) -> str:
    """A digest of the shipped models, of what this processor multiplies in, and of another model: its files, or its revision at the hub."""
    products = usual_products()
    told: list[object] = []
    for kind in ("roles", "nli"):
        opened = open_folder(folder / kind, kind)
        told += [asdict(opened.info(products)), *(opened.read_json(f"{name}.json") for name in ("config", "calibration", "tokenizer"))]
    if model is not None and Path(model).is_dir():
        told += [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in sorted(Path(model).iterdir())]
    elif model is not None:
        told.append(_revision_of(model))
    return _digest_of(told)


def _revision_of(model: str) -> str:
    """Which revision of a model of the hub is read now; raises ModelError where there is none."""
    from huggingface_hub import hf_hub_download

    from contrast.scoring.transformers_model import loading

    with loading("--model", model, "an NLI model"):
        return Path(hf_hub_download(model, "config.json")).parent.name


def _digest_of(told: object) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _own_files(settings: BatchSettings) -> tuple[Path, ...]:
    return (settings.output, failures_file(settings.output), work_folder(settings.output))


def _outputs_of_others(settings: BatchSettings) -> tuple[Path, ...]:
    """What other runs wrote into the folders of the inputs; raises UsageError where this run would write over an input."""
    output, failures = settings.output, failures_file(settings.output)
    for given in filter(is_file, settings.inputs):
        if os.path.exists(output) and output.samefile(given):
            raise _same_file(output, given)
        if os.path.exists(failures) and failures.samefile(given):
            raise UsageError(f"-o {output}: what cannot be read goes to {failures}, which is an input; name another file to write")
    if os.path.exists(failures) and not os.path.exists(work_folder(output)) and not holds_failures(failures):
        raise UsageError(f"-o {output}: what cannot be read goes to {failures}, which holds something else; move it, or name another file")
    others: dict[str, Path] = {}
    for path in find_in_folders(settings.inputs):
        real = os.path.realpath(path)
        if is_output(path) or is_failures_file(path):
            others[real] = path
        elif real == os.path.realpath(output) and not is_empty(path):
            raise _same_file(output, path)
    for path in (output, failures):
        others.pop(os.path.realpath(path), None)
    return tuple(others.values())


def _same_file(output: Path, given: str | Path) -> UsageError:
    return UsageError(f"-o {output}: the same file as the input {given}; name another file to write")


def _left_to_do(settings: BatchSettings, state: State, meter: Meter, seen: Seen, *, without: tuple[Path, ...]) -> Iterator[Raw]:
    """The articles of this shard that are not done; raises UsageError when those done are not what they were."""
    mine = read_all(settings.inputs, settings.columns, meter, without=without, shard=settings.shard)
    digest, n_met, last = "", 0, seen.last()
    for raw in islice(mine, state.n_done):
        if n_met > last:
            seen.note(n_met, raw)
        digest, n_met = next_digest(digest, raw.id, raw.content), n_met + 1
    if digest != state.articles_sha256 or n_met != state.n_done:
        raise UsageError(
            f"-o {settings.output}: the articles scored before ({state.n_done:,}) are not the first of the inputs any more; "
            "put them back, name another file, or give --restart to score anew"
        )
    return mine


def _chunks(
    raws: Iterator[Raw], seen: Seen, state: State, meter: Meter, marks: deque[_Mark], n_articles_a_chunk: int
) -> Iterator[list[Task]]:
    """Chunks of tasks; for each a mark is left of how far the inputs were read."""
    digest, n = state.articles_sha256, state.n_done
    while chunk := list(islice(raws, n_articles_a_chunk)):
        tasks = []
        for raw in chunk:
            tasks.append(seen.note(n, raw))
            digest, n = next_digest(digest, raw.id, raw.content), n + 1
        marks.append(_Mark(digest, meter.n_bytes))
        yield tasks
