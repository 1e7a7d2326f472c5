"""Who says what, and what is seen: for each sentence the probabilities of intention, claim and observation, its speaker, and a vector.

One reading of the article by a fine-tuned encoder gives all four. Windows of neighbouring sentences go in (see `windows`); from the mark
before each sentence come its role probabilities and its vector for pairing, from its words the span of the speaker. A pronoun is followed
back to the last party named before it, a quotation without a speaker to that of the sentence before.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
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


@dataclass(frozen=True, slots=True)
class ArticleRoles:
    """For each sentence of an article its roles, and a unit vector (n_sentences, n_dimensions) to compare topics with."""

    roles: tuple[SentenceRoles, ...]
    vectors: FloatArray


@dataclass(frozen=True, slots=True)
class RoleThresholds:
    """From which probability on a sentence is taken for a statement or an observation."""

    statement: float
    observation: float
    speaker: float


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
                    readings[n].speakers[position] = speaker_span(articles[n][position].text, encoding, of_words, self.thresholds.speaker)
            if watch is not None:
                n_read += sum(len(windows[k][1].scored) for k in batch)
                watch(Progress("reading", n_read, n_sentences))
        return [self._understood(sentences, reading) for sentences, reading in zip(articles, readings, strict=True)]

    def _understood(self, sentences: Sequence[Sentence], reading: "_Reading") -> ArticleRoles:
        logits, vectors = reading.logits, np.array(reading.vectors, dtype=np.float32)
        if not (np.isfinite(logits).all() and np.isfinite(vectors).all()):
            raise ModelError(f"{self.folder.path}: the model gave no number for a sentence; install contrast again")
        probabilities = sigmoid(logits * self._scale + self._offset)
        roles = [SentenceRoles(float(i), float(c), float(o), s) for (i, c, o), s in zip(probabilities, reading.speakers, strict=True)]
        return ArticleRoles(tuple(resolve_speakers(sentences, roles, self.thresholds)), vectors)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the graph gave for the sentences of one article, filled in window by window."""

    logits: FloatArray
    vectors: list[FloatArray]
    speakers: list[str | None]

    @classmethod
    def blank(cls, n_sentences: int) -> "_Reading":
        nothing: FloatArray = np.zeros(0, dtype=np.float32)
        return cls(np.zeros((n_sentences, len(ROLES)), dtype=np.float32), [nothing] * n_sentences, [None] * n_sentences)


def _feed_of(windows: Sequence[Window]) -> dict[str, IntArray]:
    ids = padded([window.ids for window in windows])
    return {"input_ids": ids, "attention_mask": (ids != 0).astype(np.int64), "token_type_ids": np.zeros_like(ids)}


def _scored(window: Window) -> list[tuple[int, int]]:
    return [(position, mark) for position, mark in zip(window.sentences, window.marks, strict=True) if position in window.scored]


def sigmoid(logits: FloatArray) -> FloatArray:
    """Logistic function, element by element."""
    return (1.0 / (1.0 + np.exp(-logits))).astype(np.float32)


def speaker_span(text: str, encoding: Encoding, logits: FloatArray, threshold: float) -> str | None:
    """The run of words that the model takes for the speaker: of the runs whose tokens all pass, the one with the greatest sum.

    `logits` are those of the first tokens, as many as were read; the dateline of a report is nobody's name.
    """
    dateline = _DATELINE.match(text)
    is_named = np.array([dateline is None or start >= dateline.end() for start, _ in encoding.offsets[: len(logits)]])
    probabilities = sigmoid(logits) * is_named
    best, best_sum, start = None, 0.0, None
    for k in range(len(probabilities) + 1):
        passes = k < len(probabilities) and probabilities[k] >= threshold
        if passes and start is None:
            start = k
        elif not passes and start is not None:
            total = float(probabilities[start:k].sum())
            if total > best_sum:
                best, best_sum = (start, k), total
            start = None
    if best is None:
        return None
    from_character, to_character = encoding.offsets[best[0]][0], encoding.offsets[best[1] - 1][1]
    return _whole_words(text, from_character, to_character)


def _whole_words(text: str, start: int, end: int) -> str | None:
    while start > 0 and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    return " ".join(text[start:end].split()).strip(" ,;:-–—\"“”'’‘") or None


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
