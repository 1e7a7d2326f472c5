"""How a pair is put into words for the cross-encoder: the same in training and in use.

The premise is the observation, the hypothesis the statement. Each may carry the opening of the sentence before it, which tells what "the
boats" or "it" are; a mark stands before the sentence that is judged. The statement carries its speaker's name unless it names the speaker
itself.
"""

from dataclasses import dataclass

TARGET_MARK = "[unused1]"
N_CONTEXT_WORDS = 16
N_TARGET_WORDS = 90


@dataclass(frozen=True, slots=True)
class Framed:
    """One side of a pair: the sentence, and what is known around it."""

    text: str
    before: str | None = None
    speaker: str | None = None


def names_its_speaker(side: Framed) -> bool:
    """Whether the sentence itself names its speaker, wherever its lines are broken."""
    return side.speaker is not None and _words(side.speaker) in _words(side.text)


def _words(text: str) -> str:
    return " ".join(text.split()).casefold()


def is_cut(side: Framed) -> bool:
    """Whether the sentence has more words than are read."""
    return len(side.text.split()) > N_TARGET_WORDS


def frame(side: Framed) -> str:
    """One side of a pair as the text that the encoder reads.

    >>> frame(Framed("The boats are back.", before="Fishing was to stop on Friday."))
    'Fishing was to stop on Friday. [unused1] The boats are back.'
    >>> frame(Framed("It will stop on Friday.", speaker="Fisheries ministry"))
    'Fisheries ministry: It will stop on Friday.'
    >>> frame(Framed("The ministry will stop.", speaker="ministry"))
    'The ministry will stop.'
    """
    words = side.text.split()
    text = " ".join(words[:N_TARGET_WORDS])
    if side.speaker and not names_its_speaker(side):
        text = f"{side.speaker}: {text}"
    if side.before:
        context = " ".join(side.before.split()[:N_CONTEXT_WORDS])
        text = f"{context} {TARGET_MARK} {text}"
    return text
