"""What a check may be told, and where the shipped models lie."""

from dataclasses import dataclass
from pathlib import Path

from contrast.errors import UsageError

DEVICES = ("auto", "cpu", "cuda")


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """Options of a check.

    `threshold` is the contradiction probability from which a pair is flagged (None: the one that the model's calibration names);
    `top` keeps that many contrasts; `model` is a folder or hub id of another NLI model; `device` is cpu, cuda or auto (other models only);
    `explain` has it told why the strongest were flagged, which takes longer than the check itself.
    """

    threshold: float | None = None
    top: int | None = None
    model: str | None = None
    device: str = "auto"
    explain: bool = False

    def __post_init__(self) -> None:
        if self.threshold is not None and not 0.0 <= self.threshold <= 1.0:
            raise UsageError(f"threshold {self.threshold}: expected a probability from 0 to 1")
        if self.device not in DEVICES:
            raise UsageError(f"device {self.device!r}: expected one of {', '.join(DEVICES)}")
        if self.top is not None and self.top < 1:
            raise UsageError(f"top {self.top}: expected a whole number from 1 up")


def models_folder() -> Path:
    """The folder with `roles` and `nli`: inside the installed package, or at the top of a checkout."""
    package = Path(__file__).parent
    installed = package / "_models"
    return installed if installed.is_dir() else package.parent / "models"
