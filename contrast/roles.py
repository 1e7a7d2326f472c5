"""Who says what, and what is seen: for each sentence the probabilities of intention, claim and observation, its speaker, and a vector.

One reading of the article by a fine-tuned encoder gives all four. Windows of neighbouring sentences go in (see `windows`); from the mark
before each sentence come its role probabilities and its vector for pairing, from its words the span of the speaker. A pronoun is followed
back to the last party named before it, a quotation without a speaker to that of the sentence before.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding

from contrast.calibration import N_CIRCUMSTANCES, CalibrationFields
from contrast.encoder import FloatArray, Graph, IntArray, ModelFolder, open_folder, open_tokenizer, padded
from contrast.errors import ModelError
from contrast.labels import ROLES
from contrast.schema import Progress, Sentence, SentenceRoles, Watch
from contrast.windows import Window, lay, read_part

OUTPUTS = ("role_logits", "speaker_logits", "vectors")
PRONOUNS = frozenset(
    [
        "he",
        "she",
        "they",
        "it",
        "who",
        "him",
        "her",
        "them",
        "his",
        "their",
        "its",
        "i",
        "we",
        "you",
        "this",
        "that",
        "these",
        "those",
        "one",
        "the",
    ]
)
N_SENTENCES_BACK = 8
# "PORT SALVAN, Cavala (Agency) - The navy said": where a report was written, not who speaks.
_DATELINE = re.compile(
    r"[A-Z][A-Z.'’-]+(?:[ /][A-Z][A-Z.'’-]+){0,3}(?:, [A-Z][\w. ]{1,24})?(?: \([\w ]{2,24}\))?(?: - | ?(?:--|[–—]) ?)(?=[\"“‘'A-Z])"
)
_OPENS_WITH_A_QUOTE = re.compile(r"[\"“‘«']")
# No name ends with one of these; the model cuts "ministry of energy in Orsk" before Orsk at times.
_ENDS_NO_NAME = frozenset(["of", "in", "at", "for", "and", "or", "the", "a", "an", "to", "on", "with", "from", "by"])


@dataclass(frozen=True, slots=True)
class ArticleRoles:
    """For each sentence of an article its roles, a unit vector (n_sentences, n_dimensions) to compare topics with, and who is named."""

    roles: tuple[SentenceRoles, ...]
    vectors: FloatArray
    speakers: "tuple[SpeakerWords, ...]"


@dataclass(frozen=True, slots=True)
class RoleThresholds:
    """From which probability on a sentence is taken for a statement or an observation, and words for those of its speaker.

    Beside words that pass `speaker` those count that pass `speaker_extent`; in a statement, which is always somebody's, those do alone.
    """

    statement: float
    observation: float
    speaker: float
    speaker_extent: float


class RoleReader:
    """The roles model, loaded once; `read` takes the sentences of an article in the order of the text."""

    def __init__(self, folder: ModelFolder, *, n_threads: int | None = None) -> None:
        self.folder = folder
        self._graph = Graph(folder.graph, folder.sha256, n_threads=n_threads, is_many=False)
        self._tokenizer = open_tokenizer(folder)
        fields = CalibrationFields(folder.read_json("calibration.json"), str(folder.path / "calibration.json"))
        self._scale = np.array([fields.number("scale", role) for role in ROLES], dtype=np.float32)
        self._offset = np.array([fields.number("offset", role) for role in ROLES], dtype=np.float32)
        self.thresholds = RoleThresholds(
            statement=fields.probability("thresholds", "statement"),
            observation=fields.probability("thresholds", "observation"),
            speaker=fields.probability("thresholds", "speaker"),
            speaker_extent=fields.probability("thresholds", "speaker_extent", otherwise=fields.probability("thresholds", "speaker")),
        )
        self.pairing_weights = fields.numbers("pairing", shape=(N_CIRCUMSTANCES + 1,))

    @classmethod
    def open(cls, path: Path, *, n_threads: int | None = None) -> "RoleReader":
        """The reader of a model folder; raises ModelError when it is damaged or of another kind."""
        return cls(open_folder(path, "roles"), n_threads=n_threads)

    def read(self, sentences: Sequence[Sentence]) -> ArticleRoles:
        """Roles, speakers and vectors of all sentences of an article."""
        return self.read_many([sentences])[0]

    def read_many(self, articles: Sequence[Sequence[Sentence]], *, watch: Watch | None = None) -> list[ArticleRoles]:
        """The same for several articles, their windows run in common batches; what is said of one does not depend on the others."""
        encodings = [self._tokenizer.encode_batch([s.text for s in sentences], add_special_tokens=False) for sentences in articles]
        windows = [(n, window) for n, of_article in enumerate(encodings) for window in lay([encoding.ids for encoding in of_article])]
        readings = [_Reading.blank(len(sentences)) for sentences in articles]
        n_read, n_sentences = 0, sum(map(len, articles))
        of_length = self._graph.batches([len(window.ids) for _, window in windows])
        outputs = self._graph.run_each([_feed_of([windows[k][1] for k in batch]) for batch in of_length], OUTPUTS)
        for batch, (role_logits, speaker_logits, vectors) in zip(of_length, outputs, strict=True):
            for row, k in enumerate(batch):
                n, window = windows[k]
                for position, mark in _scored(window):
                    encoding = encodings[n][position]
                    of_words = speaker_logits[row, mark + 1 : mark + 1 + len(read_part(encoding.ids))]
                    readings[n].logits[position] = role_logits[row, mark]
                    readings[n].vectors[position] = vectors[row, mark]
                    readings[n].speakers[position] = SpeakerWords.of(articles[n][position].text, encoding, of_words)
            if watch is not None:
                n_read += sum(len(windows[k][1].scored) for k in batch)
                watch(Progress("reading", n_read, n_sentences))
        return [self._understood(sentences, reading) for sentences, reading in zip(articles, readings, strict=True)]

    def _understood(self, sentences: Sequence[Sentence], reading: "_Reading") -> ArticleRoles:
        logits, vectors = reading.logits, np.array(reading.vectors, dtype=np.float32)
        if not (np.isfinite(logits).all() and np.isfinite(vectors).all()):
            raise ModelError(f"{self.folder.path}: the model gave no number for a sentence; install contrast again")
        probabilities = sigmoid(logits * self._scale + self._offset)
        roles = [SentenceRoles(float(i), float(c), float(o)) for i, c, o in probabilities]
        named = [replace(role, speaker=words.span_for(role, self.thresholds)) for role, words in zip(roles, reading.speakers, strict=True)]
        return ArticleRoles(tuple(resolve_speakers(sentences, named, self.thresholds)), vectors, tuple(reading.speakers))


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the graph gave for the sentences of one article, filled in window by window."""

    logits: FloatArray
    vectors: list[FloatArray]
    speakers: list["SpeakerWords"]

    @classmethod
    def blank(cls, n_sentences: int) -> "_Reading":
        nothing: FloatArray = np.zeros(0, dtype=np.float32)
        nobody = SpeakerWords("", (), nothing)
        return cls(np.zeros((n_sentences, len(ROLES)), dtype=np.float32), [nothing] * n_sentences, [nobody] * n_sentences)


def _feed_of(windows: Sequence[Window]) -> dict[str, IntArray]:
    ids = padded([window.ids for window in windows])
    return {"input_ids": ids, "attention_mask": (ids != 0).astype(np.int64), "token_type_ids": np.zeros_like(ids)}


def _scored(window: Window) -> list[tuple[int, int]]:
    return [(position, mark) for position, mark in zip(window.sentences, window.marks, strict=True) if position in window.scored]


def sigmoid(logits: FloatArray) -> FloatArray:
    """Logistic function, element by element."""
    return (1.0 / (1.0 + np.exp(-logits))).astype(np.float32)


@dataclass(frozen=True, slots=True)
class SpeakerWords:
    """The tokens of a sentence that were read: the place of each in `text`, and the probability (n_tokens,) that it names who speaks."""

    text: str
    places: Sequence[tuple[int, int]]
    probabilities: FloatArray

    @classmethod
    def of(cls, text: str, encoding: Encoding, logits: FloatArray) -> "SpeakerWords":
        """From the logits of the first tokens, as many as were read; the dateline of a report is nobody's name."""
        places, dateline = encoding.offsets[: len(logits)], _DATELINE.match(text)
        is_named = np.array([dateline is None or start >= dateline.end() for start, _ in places], dtype=np.float32)
        return cls(text, places, sigmoid(logits) * is_named)

    def span_for(self, role: SentenceRoles, thresholds: RoleThresholds) -> str | None:
        """The speaker of a sentence with such a role."""
        is_statement = role.statement >= thresholds.statement
        return self.span(thresholds.speaker_extent if is_statement else thresholds.speaker, thresholds.speaker_extent)

    def span(self, threshold: float, extent: float) -> str | None:
        """The words that name the speaker: of the runs whose tokens all pass the threshold the one with the greatest sum.

        What stands beside it and passes `extent` belongs to it: two thresholds find "Ann Roe" where one finds "Roe" (hysteresis; Canny,
        1986, https://doi.org/10.1109/TPAMI.1986.4767851).
        """
        runs = _runs(self.probabilities >= threshold)
        if not runs:
            return None
        start, end = max(runs, key=lambda run: (float(self.probabilities[slice(*run)].sum()), -run[0]))
        while start > 0 and self.probabilities[start - 1] >= extent:
            start -= 1
        while end < len(self.probabilities) and self.probabilities[end] >= extent:
            end += 1
        return _whole_words(self.text, self.places[start][0], self.places[end - 1][1])


def _runs(passes: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Half-open runs of what passes."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], passes, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def _whole_words(text: str, start: int, end: int) -> str | None:
    while start > 0 and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    words = text[start:end].split()
    while words and words[-1].casefold() in _ENDS_NO_NAME:
        words.pop()
    return " ".join(words).strip(" ,;:-–—\"“”'’‘") or None


def is_pronoun(speaker: str) -> bool:
    """Whether the speaker is named by pronouns alone.

    >>> is_pronoun("He"), is_pronoun("The ministry")
    (True, False)
    """
    return all(word in PRONOUNS for word in re.findall(r"\w+", speaker.casefold()))


def resolve_speakers(sentences: Sequence[Sentence], roles: Sequence[SentenceRoles], thresholds: RoleThresholds) -> list[SentenceRoles]:
    """The roles with pronoun speakers, and quotations without a speaker, followed back to the last party named.

    A pronoun looks back `N_SENTENCES_BACK` sentences, a quotation within its paragraph; where nobody is named the pronoun stays.
    """
    resolved: list[SentenceRoles] = []
    for k, role in enumerate(roles):
        speaker = role.speaker
        if speaker is not None and is_pronoun(speaker):
            speaker = _last_named(resolved, k) or speaker
        elif speaker is None and role.statement >= thresholds.statement and _continues_a_quote(sentences, k):
            speaker = resolved[k - 1].speaker
        resolved.append(SentenceRoles(role.intention, role.claim, role.observation, speaker))
    return resolved


def _last_named(resolved: Sequence[SentenceRoles], k: int) -> str | None:
    for role in reversed(resolved[max(0, k - N_SENTENCES_BACK) : k]):
        if role.speaker is not None and not is_pronoun(role.speaker):
            return role.speaker
    return None


def _continues_a_quote(sentences: Sequence[Sentence], k: int) -> bool:
    return k > 0 and sentences[k].paragraph == sentences[k - 1].paragraph and bool(_OPENS_WITH_A_QUOTE.match(sentences[k].text))
