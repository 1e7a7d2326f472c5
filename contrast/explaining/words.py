"""Which words carry a contrast, measured: each is left out in turn and the pair is judged again.

Nothing is read off the model's attention. Leaving out is the erasure of Li et al. (2016, https://arxiv.org/abs/1612.08220); how far all
shown words together matter is the comprehensiveness of DeYoung et al. (2020, https://aclanthology.org/2020.acl-main.408), which
`contrast evaluate explanations` sets against random words. Words are left out, not replaced: what remains may read badly, and the model may
take that amiss; the effect of a word is what the model makes of its absence, no more.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from contrast.calibration import log_odds
from contrast.encoder import FloatArray
from contrast.errors import ModelError
from contrast.labels import RELATIONS
from contrast.lexicon import EMPTY_WORDS
from contrast.schema import CarryingWords, Explanation, Observation, Statement
from contrast.scoring.framing import N_TARGET_WORDS, Framed, names_its_speaker
from contrast.scoring.scorer import FramedPair, Scorer

Stretch = tuple[int, int]

N_WORDS_A_SIDE = 3
# Less log-odds than this moves no probability by more than 0.025.
SMALLEST_EFFECT = 0.1
_CONTRADICTION = RELATIONS.index("contradiction")
_READ = re.compile(rf"(?:\S+\s*){{0,{N_TARGET_WORDS}}}")
_WORD = re.compile(r"[$€£]?\w+(?:[.,'’‐-]\w+)*%?")
_GAP = re.compile(r"\s+(?:([^\W\d_]+)\s+)?")


@dataclass(frozen=True, slots=True)
class Omission:
    """What is left out of a pair: stretches of the statement's and of the observation's sentence, as offsets into each."""

    statement: tuple[Stretch, ...] = ()
    observation: tuple[Stretch, ...] = ()


@dataclass(frozen=True, slots=True)
class Suspect:
    """A contrast whose words are asked for: both sides, the pair as the model reads it, and its three probabilities."""

    statement: Statement
    observation: Observation
    framed: FramedPair
    probabilities: FloatArray


@dataclass(frozen=True, slots=True)
class Carriers:
    """The words that carry a contrast, on either side in the order of the text, and its probability without all of them."""

    statement: tuple[CarryingWords, ...]
    observation: tuple[CarryingWords, ...]
    probability_without: float


class Meter:
    """Measures what leaving words out does to the contradiction probability of contrasts, all omissions of a call in common batches."""

    def __init__(self, scorer: Scorer, suspects: Sequence[Suspect]) -> None:
        self._scorer = scorer
        self._suspects = suspects
        self._whole = self._logits([suspect.framed for suspect in suspects])

    def probabilities(self, omissions: Sequence[tuple[int, Omission]]) -> FloatArray:
        """Contradiction probabilities (n,) of the suspects (by position) without what each omission leaves out."""
        if not omissions:
            return np.zeros(0, dtype=np.float32)
        logits = self._logits([without(self._suspects[k].framed, omission) for k, omission in omissions])
        before = self._whole[[k for k, _ in omissions]]
        probabilities = np.array([self._suspects[k].probabilities for k, _ in omissions], dtype=np.float32)
        moved: FloatArray = self._scorer.calibration.moved(probabilities, before, logits)[:, _CONTRADICTION]
        return moved

    def effects(self, omissions: Sequence[tuple[int, Omission]]) -> FloatArray:
        """By how much (n,) the log-odds of contradiction fall without what each omission leaves out; negative where they rise."""
        whole = np.array([self._suspects[k].probabilities[_CONTRADICTION] for k, _ in omissions], dtype=np.float32)
        fall: FloatArray = log_odds(whole) - log_odds(self.probabilities(omissions))
        return fall

    def _logits(self, pairs: Sequence[FramedPair]) -> FloatArray:
        logits = self._scorer.logits(pairs)
        if not np.isfinite(logits).all():
            raise ModelError(f"{self._scorer.info.name}: no number for a pair without a word, so nothing is explained; use --no-explain")
        return logits


def find_carriers(meter: Meter, suspects: Sequence[Suspect]) -> list[Carriers]:
    """The words that carry each contrast: the strongest of either side, neighbours taken together and measured as one."""
    words = [(k, word) for k, suspect in enumerate(suspects) for word in one_by_one(suspect.statement.text, suspect.observation.text)]
    strongest = _strongest(words, meter.effects(words))
    phrases = [(k, phrase) for k, suspect in enumerate(suspects) for phrase in _phrases(suspect, strongest.get(k, ()))]
    effects = [float(effect) for effect in meter.effects(phrases)]
    carrying: list[list[tuple[Omission, float]]] = [[] for _ in suspects]
    for (k, phrase), effect in zip(phrases, effects, strict=True):
        if effect >= SMALLEST_EFFECT:
            carrying[k].append((phrase, effect))
    remaining = meter.probabilities([(k, together([phrase for phrase, _ in found])) for k, found in enumerate(carrying)])
    return [_carriers(suspect, found, float(p)) for suspect, found, p in zip(suspects, carrying, remaining, strict=True)]


def content_words(text: str) -> list[Stretch]:
    """Where the words stand that may carry something, in the part of a sentence that the model reads.

    >>> sentence = "The mill will not shut before May."
    >>> [sentence[start:end] for start, end in content_words(sentence)]
    ['mill', 'not', 'shut', 'before', 'May']
    """
    read = _READ.match(text)
    found = _WORD.finditer(text, 0, read.end() if read else 0)
    return [match.span() for match in found if match[0].casefold() not in EMPTY_WORDS or match[0] == "May"]


def one_by_one(statement: str, observation: str) -> list[Omission]:
    """For each content word of both sides the omission of that word."""
    return [
        *(Omission(statement=(word,)) for word in content_words(statement)),
        *(Omission(observation=(word,)) for word in content_words(observation)),
    ]


def leave_out(text: str, stretches: Iterable[Stretch]) -> str:
    """The text without some stretches.

    >>> leave_out("No gate was shut.", [(0, 2), (8, 11)])
    ' gate  shut.'
    """
    kept, position = [], 0
    for start, end in sorted(stretches):
        kept.append(text[position:start])
        position = max(position, end)
    return "".join([*kept, text[position:]])


def without(pair: FramedPair, omission: Omission) -> FramedPair:
    """The pair without what the omission leaves out; a speaker who was named in the sentence is not put before it when left out."""
    hypothesis, premise = pair.hypothesis, pair.premise
    return FramedPair(
        premise=replace(premise, text=leave_out(premise.text, omission.observation)),
        hypothesis=Framed(
            leave_out(hypothesis.text, omission.statement),
            before=hypothesis.before,
            speaker=None if names_its_speaker(hypothesis) else hypothesis.speaker,
        ),
    )


def together(omissions: Iterable[Omission]) -> Omission:
    """One omission of all that several leave out."""
    every = tuple(omissions)
    return Omission(
        tuple(stretch for omission in every for stretch in omission.statement),
        tuple(stretch for omission in every for stretch in omission.observation),
    )


def as_omissions(statement: Statement, observation: Observation, explanation: Explanation) -> list[Omission]:
    """The omission of each of the words that an explanation shows, the statement's first."""
    return [
        *(Omission(statement=((words.start - statement.start, words.end - statement.start),)) for words in explanation.statement),
        *(Omission(observation=((words.start - observation.start, words.end - observation.start),)) for words in explanation.observation),
    ]


def _strongest(words: Sequence[tuple[int, Omission]], effects: FloatArray) -> dict[int, list[Omission]]:
    """By suspect the words of greatest effect, at most `N_WORDS_A_SIDE` of either side."""
    kept: dict[int, list[Omission]] = {}
    n_of_side: Counter[tuple[int, bool]] = Counter()
    for position in np.argsort(-effects, kind="stable"):
        k, word = words[position]
        side = k, bool(word.statement)
        if effects[position] >= SMALLEST_EFFECT and n_of_side[side] < N_WORDS_A_SIDE:
            kept.setdefault(k, []).append(word)
            n_of_side[side] += 1
    return kept


def _phrases(suspect: Suspect, words: Iterable[Omission]) -> list[Omission]:
    """The words, in the order of the text, those taken together between which stands no other or one empty word."""
    chosen = together(words)
    return [
        *(Omission(statement=(phrase,)) for phrase in _joined(suspect.statement.text, chosen.statement)),
        *(Omission(observation=(phrase,)) for phrase in _joined(suspect.observation.text, chosen.observation)),
    ]


def _joined(text: str, words: Iterable[Stretch]) -> list[Stretch]:
    phrases: list[Stretch] = []
    for start, end in sorted(words):
        if phrases and (gap := _GAP.fullmatch(text, phrases[-1][1], start)) and (gap[1] or "the").casefold() in EMPTY_WORDS:
            phrases[-1] = phrases[-1][0], end
        else:
            phrases.append((start, end))
    return phrases


def _carriers(suspect: Suspect, found: Iterable[tuple[Omission, float]], probability_without: float) -> Carriers:
    statement, observation = [], []
    for phrase, effect in found:
        statement += [_carrying(suspect.statement, stretch, effect) for stretch in phrase.statement]
        observation += [_carrying(suspect.observation, stretch, effect) for stretch in phrase.observation]
    return Carriers(tuple(statement), tuple(observation), probability_without)


def _carrying(side: Statement | Observation, stretch: Stretch, effect: float) -> CarryingWords:
    start, end = stretch
    return CarryingWords(side.text[start:end], side.start + start, side.start + end, effect)
