"""Documents whose sentences carry roles, speakers, or other corpora's labels that bear on roles.

Sources: annotated articles, role rows (`*roles*.jsonl`), and two public corpora as JSONL: PolNeAR (Newell et al., 2018,
https://aclanthology.org/L18-1524: who is the source of what) and NewsDiscourse (Choubey et al., 2020,
https://aclanthology.org/2020.acl-main.478: report or speech).
"""

import itertools
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from contrast.errors import InputError
from contrast.labels import ROLES
from contrast.rows import read_rows
from contrast.training.articles_data import AnnotatedArticle, read_annotated

N_SENTENCES_SCRAMBLED = 24
N_SCRAMBLINGS = 8
STRIPPED = re.compile(r"[\"'“”‘’«»]")


@dataclass(frozen=True, slots=True)
class LabelledSentence:
    """What is known of a sentence; None: not known. `speakers` are spans of the text ((): nobody speaks)."""

    text: str
    roles: frozenset[str] | None = None
    speakers: tuple[tuple[int, int], ...] | None = None
    attributed: bool | None = None
    speech: bool | None = None


@dataclass(frozen=True, slots=True)
class LabelledDocument:
    """Sentences in the order of the text; `pairs` are (statement, observation, do they bear on each other)."""

    sentences: tuple[LabelledSentence, ...]
    pairs: tuple[tuple[int, int, bool], ...] = ()


def read_documents(paths: list[Path], *, split: str | None = "train") -> list[LabelledDocument]:
    """The documents under the paths, sorted by path: folders of articles and role rows, and JSONL files of public corpora."""
    documents: list[LabelledDocument] = []
    for path in paths:
        if not path.exists():
            raise InputError(f"{path}: no such file or folder; expected annotated articles, role rows or a corpus as JSONL")
        if path.is_dir():
            documents.extend(map(document_of, read_annotated(path, split=split)))
            for file in sorted(path.rglob("*roles*.jsonl")):
                if split is None or split in file.name:
                    documents.extend(_documents_of_rows(list(read_rows(file)), related_lines(path, split)))
        else:
            documents.extend(_documents_of_corpus(read_rows(path)))
    if not documents:
        raise InputError(f"{', '.join(map(str, paths))}: no labelled document found; expected annotated articles or role rows")
    return documents


def document_of(article: AnnotatedArticle) -> LabelledDocument:
    """An annotated article: roles and speakers of all sentences, and all its pairs of statement and observation."""
    sentences = tuple(
        LabelledSentence(s.text, s.roles & set(ROLES), speaker_spans(s.text, s.speaker) if article.has_speakers else None)
        for s in article.sentences
    )
    related = article.contradicts | article.supports | article.ignored
    pairs = tuple(
        (s, o, (s, o) in related)
        for s, statement in enumerate(article.sentences)
        for o, observation in enumerate(article.sentences)
        if statement.is_statement and observation.is_observation and s != o
    )
    return LabelledDocument(sentences, pairs)


def speaker_spans(text: str, speaker: str | None) -> tuple[tuple[int, int], ...] | None:
    """Where the named speaker stands in the text; None when the name is not there to the letter, () when nobody speaks.

    >>> speaker_spans("The mill will close, Ada Holm said.", "Ada Holm, mill owner")
    ((21, 29),)
    """
    if speaker is None:
        return ()
    spans = []
    for name in speaker.split(";"):
        for part in (name.strip(), name.split(",")[0].strip()):
            at = text.casefold().find(part.casefold()) if part else -1
            if at >= 0:
                spans.append((at, at + len(part)))
                break
    return tuple(spans) or None


def related_lines(folder: Path, split: str | None) -> frozenset[tuple[int, int]]:
    """Which lines of the article that a set restates bear on each other (statement's, observation's), by the labels of its pairs."""
    files = [path for path in sorted(folder.rglob("*pairs*.jsonl")) if split is None or split in path.name]
    rows = [row for path in files for row in read_rows(path) if row.get("label") != "neutral"]
    return frozenset((s, o) for row in rows for s in row.get("hypothesis_lines", ()) for o in row.get("premise_lines", ()))


def _documents_of_rows(rows: list[dict[str, Any]], related: frozenset[tuple[int, int]]) -> Iterator[LabelledDocument]:
    """Each row with the context it brings, and all rows again in scrambled articles, as news archives keep them."""
    sentences = [_sentence_of_row(row) for row in rows]
    for row, sentence in zip(rows, sentences, strict=True):
        before, after = (LabelledSentence(str(row[key])) if row.get(key) else None for key in ("before", "after"))
        yield LabelledDocument(tuple(part for part in (before, sentence, after) if part is not None))
    order = list(range(len(rows)))
    for seed in range(N_SCRAMBLINGS):
        random.Random(seed).shuffle(order)
        for start in range(0, len(order), N_SENTENCES_SCRAMBLED):
            chosen = order[start : start + N_SENTENCES_SCRAMBLED]
            yield LabelledDocument(tuple(sentences[k] for k in chosen), tuple(_pairs_of_rows([rows[k] for k in chosen], related)))


def _pairs_of_rows(rows: list[dict[str, Any]], related: frozenset[tuple[int, int]]) -> Iterator[tuple[int, int, bool]]:
    for s, statement in enumerate(rows):
        for o, observation in enumerate(rows):
            if s != o and {"intention", "claim"} & set(statement["roles"]) and "observation" in observation["roles"]:
                lines = itertools.product(statement.get("lines", ()), observation.get("lines", ()))
                yield s, o, any(pair in related for pair in lines)


def _sentence_of_row(row: dict[str, object]) -> LabelledSentence:
    text, speaker = str(row["text"]), row.get("speaker")
    roles = row.get("roles")
    if not isinstance(roles, list):
        raise InputError(f"role row {text[:40]!r}: roles {roles!r}; expected a list of {', '.join(ROLES)}")
    return LabelledSentence(text, frozenset(map(str, roles)), speaker_spans(text, str(speaker) if speaker else None))


def _documents_of_corpus(rows: Iterable[dict[str, object]]) -> Iterator[LabelledDocument]:
    for _, group in itertools.groupby(rows, key=lambda row: row.get("doc")):
        yield LabelledDocument(tuple(map(_sentence_of_corpus, group)))


def _sentence_of_corpus(row: dict[str, object]) -> LabelledSentence:
    text = str(row["text"])
    if row.get("source") == "NewsDiscourse":
        return LabelledSentence(text, speech=bool(row["speech"]))
    if row.get("source") != "PolNeAR":
        raise InputError(f"corpus row of source {row.get('source')!r}; expected PolNeAR or NewsDiscourse")
    attributed = row["label"] != "report"
    names = row["source_span"] if isinstance(row["source_span"], list) else []
    found = tuple((text.find(name), text.find(name) + len(name)) for name in map(str, names) if name in text)
    return LabelledSentence(text, speakers=found if found or not attributed else None, attributed=attributed)


def strip_marks(sentence: LabelledSentence) -> LabelledSentence:
    """The sentence as news archives keep it: without apostrophes and quotation marks; spans moved along.

    >>> strip_marks(LabelledSentence("'No,' Holm said.", speakers=((6, 10),))).speakers
    ((4, 8),)
    """
    kept = [k for k, character in enumerate(sentence.text) if not STRIPPED.match(character)]
    new_place = {old: new for new, old in enumerate(kept)}
    moved = sentence.speakers and tuple(
        (min(inside), max(inside) + 1)
        for start, end in sentence.speakers
        if (inside := [new_place[k] for k in range(start, end) if k in new_place])
    )
    return replace(sentence, text="".join(sentence.text[k] for k in kept), speakers=moved)


def shuffle(document: LabelledDocument, order: list[int]) -> LabelledDocument:
    """The document with its sentences in another order (`order` lists old positions), pairs moved along."""
    new_place = {old: new for new, old in enumerate(order)}
    return LabelledDocument(
        tuple(document.sentences[old] for old in order),
        tuple((new_place[s], new_place[o], related) for s, o, related in document.pairs),
    )
