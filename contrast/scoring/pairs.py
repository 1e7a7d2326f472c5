"""A statement and an observation of an article as the scorer takes them."""

from collections.abc import Sequence

from contrast.schema import Observation, Sentence, Statement
from contrast.scoring.framing import Framed
from contrast.scoring.scorer import FramedPair


def frame_pair(statement: Statement, observation: Observation, sentences: Sequence[Sentence]) -> FramedPair:
    """The pair with the sentence before each side, the statement with its speaker."""
    return FramedPair(premise=_with_context(observation, sentences), hypothesis=_with_context(statement, sentences))


def _with_context(side: Statement | Observation, sentences: Sequence[Sentence]) -> Framed:
    before = sentences[side.sentence - 1].text if side.sentence else None
    return Framed(side.text, before=before, speaker=side.speaker if isinstance(side, Statement) else None)
