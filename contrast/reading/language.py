"""Notices a text that is not English, which the models have not learnt: the commonest English words are missing from it."""

import re
from collections.abc import Iterator

MIN_WORDS = 40
COMMONEST = frozenset(["the", "of", "and", "to", "that", "with", "from"])
# The poorest article of data/articles has a share of 0.12 of these words, texts in other languages hardly any.
MIN_SHARE = 0.05
_WORD = re.compile(r"[^\W\d_]+")


def warn_of_language(text: str) -> Iterator[str]:
    """A warning for a text without the commonest English words; short texts are let pass."""
    words = _WORD.findall(text.casefold())
    if len(words) >= MIN_WORDS and sum(word in COMMONEST for word in words) < MIN_SHARE * len(words):
        yield "the text does not look like English, which is all that the models were trained on; do not rely on this report"
