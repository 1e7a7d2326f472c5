"""Who says it, in words: the stretches of a sentence that name who says something, and when and where, and are not what is said.

There is no parser here. Such a stretch is the head of a sentence up to its verb of saying ("The mayor of Orsk said on Friday that"), or its
tail from the comma before the one who says it (", the mayor of Orsk said").
"""

import re

from contrast.lexicon import N_CHARACTERS_SEARCHED

Stretch = tuple[int, int]

VERBS_OF_SAYING = (
    r"said|says|told|tells|announced|announces|promised|pledged|vowed|disclosed|published|revealed|denied|denies|claimed|insisted|declared|"
    r"decided|agreed|ordered|undertook|warned|added|stated|wrote|tweeted|posted|confirmed|reported|offered|called|threatened|assured|argued|"
    r"maintained|admitted|acknowledged|conceded|explained|replied|testified|reiterated"
)
SAYS = rf"\b(?:{VERBS_OF_SAYING}|statement|interview|conference|speech|briefing)\b"
# Only what says little but that something is said ends a sentence or heads it: "logs reported lost" are no words of anybody.
_PLAIN = (
    r"\b(?:said|says|told|tells|wrote|denied|denies|claimed|insisted|declared|warned|stated|testified|added|argued|replied|maintained"
    r"|(?:claims?|insists?|maintains?|argues?|warns?|states?)(?=\s+that\b))\b"
)
# After the verb of a tail comes no clause: that is what is said.
_NO_CLAUSE = r"(?:(?!\b(?:that|will|would|was|were|is|are|had|has|have|having|no|not|never|it|he|she|they|there)\b)[^,;])*$"
_TAIL = re.compile(
    rf",[\"”’']?\s+(?:[^,;]{{1,80}},\s+[^,;]{{1,80}},\s+(?={_PLAIN})|[^,;]+?\s(?={_PLAIN})|(?=(?:said|says|wrote|added)\s+(?:the|an?|his|her|its|(?-i:[A-Z]))))"
    rf"{_PLAIN}{_NO_CLAUSE}",
    re.IGNORECASE,
)
_HEAD = re.compile(
    rf"[^“\".:]{{1,60}}:(?=\s)|[^“\"]{{0,250}}?{_PLAIN}[^,;:“\"]{{0,100}}?\bthat\b|(?:[^,;:“\"]|,[^,;:“\"]{{1,120}},)*?{_PLAIN}|[^,;:“\"]*,[^,;:“\"]{{1,80}}?{_PLAIN}",
    re.IGNORECASE,
)


def attributions_of(sentence: str) -> list[Stretch]:
    """The stretches of a sentence that tell who says what it says; none where nobody does.

    >>> sentence = "The school in Osk will stay open, the mayor of Veld said on Friday."
    >>> [sentence[start:end] for start, end in attributions_of(sentence)]
    [', the mayor of Veld said on Friday.']
    >>> sentence = "The mayor of Veld said on Friday that the school in Osk will stay open."
    >>> [sentence[start:end] for start, end in attributions_of(sentence)]
    ['The mayor of Veld said on Friday that']
    """
    searched = sentence[:N_CHARACTERS_SEARCHED]
    found = _TAIL.search(searched) or _HEAD.match(searched)
    return [found.span()] if found else []


def lies_within(start: int, stretches: list[Stretch]) -> bool:
    """Whether an offset lies within one of the stretches."""
    return any(first <= start < last for first, last in stretches)
