"""What may be printed on a terminal of words that others wrote."""

import re

# C0 but tab and newline, DEL, C1: a terminal takes them as orders, to colour, overwrite or send. Half a character cannot be written.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def printable(text: str) -> str:
    r"""The text with control characters shown as U+FFFD, so that none of them reaches the terminal.

    >>> printable("Ada\x1b[2J\tHolm\n")
    'Ada\ufffd[2J\tHolm\n'
    """
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)
