"""The errors that a person meets: each says what came, what was expected and what to do."""

import sys


class ContrastError(Exception):
    """Root of all errors that contrast raises on purpose."""


class InputError(ContrastError):
    """A file, text or row that cannot be used as given."""


class ModelError(ContrastError):
    """A model folder or hub id that cannot be loaded or trusted."""


class UsageError(ContrastError):
    """Options that do not fit together, or an optional part that is not installed."""


def complain(message: str) -> None:
    """One line on standard error, where there is one."""
    # print takes None for standard output.
    if sys.stderr is not None:
        print(f"contrast: {' '.join(message.split())}", file=sys.stderr)
