"""What a batch run may be told."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from contrast.batch.raws import Columns
from contrast.errors import UsageError
from contrast.settings import CheckSettings

NearDuplicates = Literal["keep", "mark", "skip"]
EngineName = Literal["local", "ray"]
N_ARTICLES_A_CHUNK = 32
OUTPUT_ENDINGS = (".jsonl", ".jsonl.gz", ".parquet", ".csv")


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """Options of a batch run.

    `shard` is (which, of how many), counted from 1; `n_workers` None takes a worker for every core; `max_errors` None lets any number pass.
    The output does not depend on `n_workers`, nor on `n_articles_a_chunk`, which are read, scored and written together.
    """

    inputs: tuple[str, ...]
    output: Path
    check: CheckSettings = field(default_factory=CheckSettings)
    columns: Columns = field(default_factory=Columns)
    near_duplicates: NearDuplicates = "mark"
    shard: tuple[int, int] = (1, 1)
    engine: EngineName = "local"
    ray_address: str | None = None
    n_workers: int | None = None
    max_errors: int | None = None
    n_articles_a_chunk: int = N_ARTICLES_A_CHUNK
    is_restart: bool = False
    models: Path | None = None

    def __post_init__(self) -> None:
        if not self.output.name.lower().endswith(OUTPUT_ENDINGS):
            raise UsageError(f"-o {self.output}: unknown ending; expected one of {', '.join(OUTPUT_ENDINGS)}")
        if not 1 <= self.shard[0] <= self.shard[1]:
            raise UsageError(f"--shard {self.shard[0]}/{self.shard[1]}: expected I/N with I from 1 to N")
        if self.near_duplicates not in get_args(NearDuplicates):
            raise UsageError(f"--near-duplicates {self.near_duplicates}: expected one of {', '.join(get_args(NearDuplicates))}")
        if self.engine not in get_args(EngineName):
            raise UsageError(f"--engine {self.engine}: expected one of {', '.join(get_args(EngineName))}")
        if self.n_workers is not None and self.n_workers < 1:
            raise UsageError(f"--workers {self.n_workers}: expected a whole number from 1 up")
        if self.max_errors is not None and self.max_errors < 0:
            raise UsageError(f"--max-errors {self.max_errors}: expected 0 or more")
        if self.n_articles_a_chunk < 1:
            raise UsageError(f"--chunk {self.n_articles_a_chunk}: expected a whole number from 1 up")


def shard_of(words: str) -> tuple[int, int]:
    """The two numbers of `I/N`.

    >>> shard_of("2/8")
    (2, 8)
    """
    which, slash, n = words.partition("/")
    if not (slash and which.isdecimal() and n.isdecimal()):
        raise UsageError(f"--shard {words}: expected I/N, such as 2/8")
    return int(which), int(n)
