"""Under which address an article is found again: the first digits of its text's SHA-256."""

import hashlib
import re

N_HEX = 16
ADDRESS = re.compile("[0-9a-f]{16}([0-9a-f]{48})?")


def id_of(text: str) -> str:
    """The id of the article with this text.

    >>> id_of("The mill will stay open.")
    'f77d5b29795265cd'
    """
    return hashlib.sha256(text.encode()).hexdigest()[:N_HEX]


def address_of(id: str) -> str:
    """The path of the article's page."""
    return f"/articles/{id}"
