"""How much of what was sent is in memory: bodies as they come in and documents that wait for the model, all together."""


class HeldBytes:
    """Counts bytes up to a limit. To be used from the event loop."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._n_bytes = 0

    def hold(self, n_bytes: int) -> bool:
        """Counts the bytes; False, nothing counted, where they would be too many.

        >>> held = HeldBytes(8)
        >>> held.hold(5), held.hold(5)
        (True, False)
        """
        if self._n_bytes + n_bytes > self._limit:
            return False
        self._n_bytes += n_bytes
        return True

    def release(self, n_bytes: int) -> None:
        """The bytes are held no longer."""
        self._n_bytes -= n_bytes
