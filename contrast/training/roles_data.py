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
from contrast.rows import read_numbered_rows, read_rows
from contrast.training.articles_data import AnnotatedArticle, read_annotated, splits_of_articles
from contrast.training.pairs_data import SPLITS

N_SENTENCES_SCRAMBLED = 24
N_SCRAMBLINGS = 8
FIELDS_OF_CORPUS: dict[str, tuple[str, ...]] = {"PolNeAR": ("text", "label", "source_span"), "NewsDiscourse": ("text", "speech")}
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
class NamedRow:
    """A row of a file, and where it stands, to be named by."""

    where: str
    values: dict[str, Any]


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
            for file in _role_files(path, split):
                documents.extend(_documents_of_rows(_named_rows(file), related_lines(path, split)))
        else:
            documents.extend(_documents_of_corpus(_named_rows(path)))
    if not documents:
        there = splits_of_documents(paths)
        if there and split not in there:
            raise InputError(
                f"{', '.join(map(str, paths))}: no labelled document of the split {split!r}; expected one that is there: {', '.join(there)}"
            )
        raise InputError(f"{', '.join(map(str, paths))}: no labelled document found; expected annotated articles or role rows")
    return documents


def splits_of_documents(paths: list[Path]) -> list[str]:
    """The splits that the folders among the paths hold: those that files of role rows are named by, and those of annotated articles."""
    folders = [path for path in paths if path.is_dir()]
    names = [file.name for folder in folders for file in _role_files(folder, None)]
    of_articles = {split for folder in folders for split in splits_of_articles(folder)}
    return sorted(of_articles.union(split for split in SPLITS if any(split in name for name in names)))


def _role_files(folder: Path, split: str | None) -> list[Path]:
    """The files of role rows of one split: those whose name holds the split's name, else those that name none."""
    files = sorted(path for path in folder.rglob("*roles*") if path.name.endswith((".jsonl", ".jsonl.gz")))
    named = [path for path in files if split is None or split in path.name]
    return named or [path for path in files if not any(name in path.name for name in SPLITS)]


def _named_rows(file: Path) -> list[NamedRow]:
    return [NamedRow(f"{file}, line {number}", row) for number, row in read_numbered_rows(file)]


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


def _documents_of_rows(named: list[NamedRow], related: frozenset[tuple[int, int]]) -> Iterator[LabelledDocument]:
    """Each row with the context it brings, and all rows again in scrambled articles, as news archives keep them."""
    sentences = [_sentence_of_row(row) for row in named]
    rows = [row.values for row in named]
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


def _sentence_of_row(row: NamedRow) -> LabelledSentence:
    text, roles, speaker = _text_of(row), row.values.get("roles"), row.values.get("speaker")
    if not isinstance(roles, list) or any(role not in ROLES for role in roles):
        raise InputError(f"{row.where}: roles {roles!r}; expected a list of {', '.join(ROLES)}")
    spans = speaker_spans(text, str(speaker) if speaker else None)
    if spans is None:
        raise InputError(f"{row.where}: speaker {speaker!r} does not stand in the text; expected a name that does, or null")
    return LabelledSentence(text, frozenset(roles), spans)


def _text_of(row: NamedRow) -> str:
    text = row.values.get("text")
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"{row.where}: no text under 'text'; expected a sentence")
    return text


def _documents_of_corpus(rows: Iterable[NamedRow]) -> Iterator[LabelledDocument]:
    for _, group in itertools.groupby(rows, key=lambda row: row.values.get("doc")):
        yield LabelledDocument(tuple(map(_sentence_of_corpus, group)))


def _sentence_of_corpus(row: NamedRow) -> LabelledSentence:
    values = row.values
    if str(values.get("source")) not in FIELDS_OF_CORPUS:
        raise InputError(
            f"{row.where}: source {values.get('source')!r}; expected {' or '.join(FIELDS_OF_CORPUS)} (role rows: name their folder)"
        )
    if missing := [key for key in FIELDS_OF_CORPUS[str(values["source"])] if key not in values]:
        raise InputError(f"{row.where}: no {' and no '.join(missing)}; expected a row of {values['source']}")
    text = str(values["text"])
    if values["source"] == "NewsDiscourse":
        return LabelledSentence(text, speech=bool(values["speech"]))
    attributed = values["label"] != "report"
    names = values["source_span"] if isinstance(values["source_span"], list) else []
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
