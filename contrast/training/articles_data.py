"""Annotated articles: `NN.txt` with `NN.json` beside it, every sentence's roles and speaker, every pair that contradicts or supports.

The JSON holds "sentences" [{"i", "text", "roles", "speaker"}] in the order of the text, and "contradicts", "supports" and "ignore" as
[statement i, observation i]. An article belongs to the validation split when its JSON says `"split": "validation"`. Where it says
`"has_speakers": false`, speakers were not annotated.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from contrast.errors import InputError


@dataclass(frozen=True, slots=True)
class AnnotatedSentence:
    """A sentence with its gold roles and the party that speaks (or the observation's source)."""

    text: str
    roles: frozenset[str]
    speaker: str | None

    @property
    def is_statement(self) -> bool:
        return not self.roles.isdisjoint(("intention", "claim"))

    @property
    def is_observation(self) -> bool:
        return "observation" in self.roles


@dataclass(frozen=True, slots=True)
class AnnotatedArticle:
    """Sentences in the order of the text; pairs are positions (statement, observation) in `sentences`."""

    id: str
    sentences: tuple[AnnotatedSentence, ...]
    contradicts: frozenset[tuple[int, int]]
    supports: frozenset[tuple[int, int]]
    ignored: frozenset[tuple[int, int]]
    is_shuffled: bool = False
    has_speakers: bool = True


def read_article(path: Path) -> AnnotatedArticle:
    """One annotated article; raises InputError when the JSON does not fit."""
    try:
        gold = json.loads(path.read_text(encoding="utf-8"))
        at = {sentence["i"]: k for k, sentence in enumerate(gold["sentences"])}
        relations = {key: frozenset((at[s], at[o]) for s, o in gold.get(key, ())) for key in ("contradicts", "supports", "ignore")}
        sentences = tuple(AnnotatedSentence(s["text"], frozenset(s["roles"]), s.get("speaker") or None) for s in gold["sentences"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not an annotated article ({type(error).__name__}: {error}); expected sentences with roles") from error
    return AnnotatedArticle(
        id=str(gold.get("id", path.stem)),
        sentences=sentences,
        contradicts=relations["contradicts"],
        supports=relations["supports"],
        ignored=relations["ignore"],
        is_shuffled=gold.get("style") == "scrambled",
        has_speakers=bool(gold.get("has_speakers", True)),
    )


def read_annotated(folder: Path, *, split: str | None = None) -> list[AnnotatedArticle]:
    """The annotated articles of a folder, in the order of their names; `split` keeps one split (None: all)."""
    return [read_article(path) for path in annotated_paths(folder, split=split)]


def annotated_paths(folder: Path, *, split: str | None = None) -> list[Path]:
    """The JSON files of a folder's annotated articles, those with their text beside them, in the order of their names."""
    return [path for path in sorted(folder.rglob("*.json")) if path.with_suffix(".txt").is_file() and is_of_split(path, split)]


def paths_to_measure(folder: Path, split: str | None) -> list[Path]:
    """As `annotated_paths`; raises InputError when there is none, with the splits that are there."""
    paths = annotated_paths(folder, split=split)
    if not paths and (there := sorted(splits_of_articles(folder))):
        raise InputError(f"{folder}: no annotated article of the split {split!r}; expected one that is there: {', '.join(there)}")
    if not paths:
        raise InputError(f"{folder}: no annotated article; expected NAME.txt with NAME.json beside it")
    return paths


def splits_of_articles(folder: Path) -> set[str]:
    """The splits that the annotated articles of a folder belong to."""
    return {_split_of(path) for path in annotated_paths(folder)}


def is_of_split(path: Path, split: str | None) -> bool:
    """Whether the article of this JSON file belongs to the split (None: any)."""
    return split is None or _split_of(path) == split


def _split_of(path: Path) -> str:
    """The split that the JSON file of an article names; "train" where it names none."""
    try:
        return str(json.loads(path.read_text(encoding="utf-8")).get("split", "train"))
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(f"{path}: not an annotated article ({error}); expected a JSON object with sentences") from error
