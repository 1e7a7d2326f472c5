"""How a report was made: by which command, with which options, by which version."""

from dataclasses import dataclass, field

from contrast.settings import CheckSettings
from contrast.version import __version__


@dataclass(frozen=True, slots=True)
class Provenance:
    """The command that makes a report again, the options of its check, and the version of contrast."""

    command: str | None = None
    settings: CheckSettings = field(default_factory=CheckSettings)
    version: str = __version__
