"""How a report was made: by which command, with which options, by which version."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from contrast.errors import UsageError
from contrast.rendering.command import STDIN, read_command
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

    @property
    def flagged_from(self) -> str:
        """From which probability contrasts were flagged, and who named it.

        >>> Provenance(threshold=0.25).flagged_from
        'contradiction 0.25, the model’s own threshold'
        """
        if self.settings.threshold is not None:
            return f"contradiction {self.settings.threshold}"
        own = "the model’s own threshold"
        return own if self.threshold is None else f"contradiction {self.threshold:.4g}, {own}"


def given_line(provenance: Provenance, reports: Sequence[Report]) -> str:
    """What the command needs besides, where an article came from no file that it could name; else nothing."""
    if provenance.command is None or all(report.article.path for report in reports):
        return ""
    try:
        files = read_command(provenance.command).files
    except UsageError:
        return ""
    if STDIN in files:
        return 'What was given lay in no file: hand it over on standard input, where the command says "-".'
    return f"What was given lay in no file: save it as {' and '.join(files)} first."
