"""What the server and the process with the model say to each other."""

from dataclasses import dataclass
from typing import Literal

from contrast.reading import DOCUMENT_READERS, RECORDS_ENDING
from contrast.schema import ModelInfo, Progress

# Of files that a text must be taken out of first.
DOCUMENT_ENDINGS = (*DOCUMENT_READERS, RECORDS_ENDING)


@dataclass(frozen=True, slots=True)
class CheckTask:
    """Check the article in these bytes, read as a file with that ending; and where asked for, tell why its contrasts were flagged."""

    content: bytes
    ending: str
    is_explained: bool = False


@dataclass(frozen=True, slots=True)
class CompareTask:
    """Judge one pair."""

    statement: str
    observation: str


@dataclass(frozen=True, slots=True)
class Stop:
    """End what is running."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The models are loaded."""

    model: ModelInfo


@dataclass(frozen=True, slots=True)
class Done:
    """The answer to a task, as JSON."""

    written: str


@dataclass(frozen=True, slots=True)
class Undone:
    """Why there is no answer: `input` that cannot be used, the check `failed`, or it was `stopped`."""

    reason: Literal["input", "failed", "stopped"]
    message: str


Task = CheckTask | CompareTask
Order = CheckTask | CompareTask | Stop
Message = Ready | Progress | Done | Undone
