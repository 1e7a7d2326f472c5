"""How a report was made: by which command, with which options, by which version."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from contrast.schema import Report
from contrast.settings import CheckSettings
from contrast.version import __version__


@dataclass(frozen=True, slots=True)
class Provenance:
    """The command that makes a report again, the options of its check, and the version of contrast.

    `threshold` is the probability from which contrasts were flagged, whether an option or the model named it; None where nobody told.
    """

    command: str | None = None
    settings: CheckSettings = field(default_factory=CheckSettings)
    version: str = __version__
    threshold: float | None = None

    @property
    def counted_from(self) -> float | None:
        """From which probability pairs count as contrasts found, where the option `top` may have left some out; None where it did not."""
        if self.settings.top is None:
            return None
        return self.settings.threshold if self.threshold is None else self.threshold


def given_line(reports: Sequence[Report]) -> str:
    """What the command needs besides, where an article came from no file that it could name; else nothing."""
    if all(report.article.path for report in reports):
        return ""
    return 'What was given lay in no file: hand it over on standard input where the command says "-", else save it under the name there.'
