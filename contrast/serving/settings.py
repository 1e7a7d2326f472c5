"""What `contrast serve` may be told, and the bounds that it keeps."""

import math
from dataclasses import dataclass, field

from contrast.errors import UsageError
from contrast.settings import CheckSettings

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """Options of the server.

    `n_waiting` texts may wait for the model; a body holds at most `max_bytes` and must come within `body_seconds`; a document may take
    `read_seconds` to read and a check `check_seconds` in all; `allowed_hosts` are further names under which the page is reached.
    """

    check: CheckSettings = field(default_factory=CheckSettings)
    host: str = "127.0.0.1"
    port: int = 8000
    n_waiting: int = 32
    max_bytes: int = 8_000_000
    body_seconds: float = 30.0
    read_seconds: float = 20.0
    check_seconds: float = 180.0
    allowed_hosts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise UsageError(f"port {self.port}: expected a number from 0 to 65535")
        if self.n_waiting < 1:
            raise UsageError(f"queue {self.n_waiting}: expected a whole number from 1 up")
        if self.max_bytes < 1:
            raise UsageError(f"max-mb {self.max_bytes / 1e6:g}: expected a number above 0")
        if not (math.isfinite(self.check_seconds) and self.check_seconds > 0):
            raise UsageError(f"timeout {self.check_seconds:g}: expected seconds above 0")

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches the server."""
        return self.host in LOOPBACK or self.host.startswith("127.")

    @property
    def n_bytes_at_once(self) -> int:
        """How much of all bodies together is held in memory at most."""
        return 8 * self.max_bytes
