"""Labelled pairs for training and evaluation: from rows, from data set folders, from annotated articles.

A row is a JSON object with "premise" (the observation), "hypothesis" (the statement) and "label"; "premise_before", "hypothesis_before",
"speaker" carry context. Two-way labels of public sets ("not_entailment", "not_contradiction") allow both other relations. A row may carry a
teacher's probabilities as "entailment", "neutral" and "contradiction" (a soft label), and then needs no label.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from sklearn.feature_extraction.text import TfidfVectorizer

from contrast.errors import InputError
from contrast.labels import RELATIONS
from contrast.rows import read_numbered_rows
from contrast.scoring.framing import Framed
from contrast.training.articles_data import AnnotatedArticle, read_annotated, splits_of_articles

# About half as many as a check pairs with one statement.
N_NEAREST = 5
SPLITS = ("train", "validation", "test")
ALLOWED: dict[str, tuple[float, ...]] = {
    "entailment": (1.0, 0.0, 0.0),
    "neutral": (0.0, 1.0, 0.0),
    "contradiction": (0.0, 0.0, 1.0),
    "not_entailment": (0.0, 1.0, 1.0),
    "not_contradiction": (1.0, 1.0, 0.0),
    "unlabelled": (1.0, 1.0, 1.0),
}
UNLABELLED = "unlabelled"


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """One pair with its label; `phenomenon` and `group` (pairs of one statement share it) are for reports and splits.

    `soft_label` holds a teacher's probabilities in the order of `RELATIONS`; a pair with none but that is UNLABELLED.
    """

    premise: Framed
    hypothesis: Framed
    label: str
    phenomenon: str = "all"
    group: str = ""
    soft_label: tuple[float, ...] | None = None


def pair_of(row: dict[str, object], where: str) -> LabelledPair:
    """The row as a pair; raises InputError when a field is missing or the label unknown."""
    soft_label = _soft_label(row, where)
    for key in ("premise", "hypothesis") if soft_label else ("premise", "hypothesis", "label"):
        if not isinstance(row.get(key), str):
            raise InputError(f"{where}: no text under {key!r}; expected premise, hypothesis and label")
    label = str(row.get("label") or UNLABELLED)
    if label not in ALLOWED:
        raise InputError(f"{where}: label {label!r}; expected one of {', '.join(ALLOWED)}")
    context = {key: str(row[key]) if row.get(key) else None for key in ("premise_before", "hypothesis_before", "speaker")}
    return LabelledPair(
        premise=Framed(str(row["premise"]), before=context["premise_before"]),
        hypothesis=Framed(str(row["hypothesis"]), before=context["hypothesis_before"], speaker=context["speaker"]),
        label=label,
        phenomenon=str(row.get("phenomenon") or row.get("source") or "all"),
        group=str(row.get("statement_id") or row.get("set") or ""),
        soft_label=soft_label,
    )


def _soft_label(row: dict[str, object], where: str) -> tuple[float, ...] | None:
    given = [row[relation] for relation in RELATIONS if relation in row]
    if not given:
        return None
    numbers = tuple(value for value in given if isinstance(value, float | int) and 0 <= value <= 1)
    if len(numbers) != len(RELATIONS) or abs(sum(numbers) - 1) > 0.01:
        raise InputError(f"{where}: {given} as a teacher's probabilities; expected three numbers that add up to 1: {', '.join(RELATIONS)}")
    return numbers


def pairs_of_article(article: AnnotatedArticle) -> Iterator[LabelledPair]:
    """Every statement set against every observation; debatable pairs are left out."""
    sentences = article.sentences
    for s, statement in enumerate(sentences):
        if not statement.is_statement:
            continue
        for o, observation in enumerate(sentences):
            if not observation.is_observation or (s, o) in article.ignored:
                continue
            label = "contradiction" if (s, o) in article.contradicts else "entailment" if (s, o) in article.supports else "neutral"
            if label == "neutral" and s == o:
                continue
            yield LabelledPair(
                premise=Framed(observation.text, before=sentences[o - 1].text if o else None),
                hypothesis=Framed(statement.text, before=sentences[s - 1].text if s else None, speaker=statement.speaker),
                label=label,
                phenomenon="article",
                group=f"{article.id}/{s}",
            )


def split_of(path: Path, split: str) -> list[Path]:
    """The JSONL files of one split in a data set folder: those whose name holds the split's name, else all of them."""
    files = _pair_files(path)
    named = [p for p in files if split in p.name]
    return named or [p for p in files if not any(name in p.name for name in SPLITS)]


def splits_at(paths: list[Path]) -> list[str]:
    """The splits that the folders among the paths hold: those that files are named by, and those of annotated articles."""
    folders = [path for path in paths if path.is_dir()]
    names = [file.name for folder in folders for file in _pair_files(folder)]
    of_articles = {split for folder in folders for split in splits_of_articles(folder)}
    return sorted(of_articles.union(split for split in SPLITS if any(split in name for name in names)))


def _pair_files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.name.endswith((".jsonl", ".jsonl.gz")) and "roles" not in p.name)


def read_pairs(
    paths: list[Path], *, split: str = "train", seed: int = 13, n_neutral_per_other: float = 4.0, near_share: float = 0.0
) -> list[LabelledPair]:
    """All pairs under the paths: JSONL files, data set folders (their `split` files) and folders of annotated articles.

    Of the neutral pairs of articles, `n_neutral_per_other` are drawn for each pair that is not neutral, `near_share` of them from those
    whose sentences share most words, as a check would pair them. A folder named twice gives other neutral pairs the second time.
    """
    pairs: list[LabelledPair] = []
    for k, path in enumerate(paths):
        if not path.exists():
            raise InputError(f"{path}: no such file or folder; expected JSONL rows, a data set folder or annotated articles")
        files = split_of(path, split) if path.is_dir() else [path]
        for file in files:
            pairs.extend(pair_of(row, f"{file}, line {number}") for number, row in read_numbered_rows(file))
        if path.is_dir():
            articles = read_annotated(path, split=split)
            pairs.extend(_article_pairs(articles, random.Random(seed + paths[:k].count(path)), n_neutral_per_other, near_share))
    if not pairs:
        there = splits_at(paths)
        if there and split not in there:
            raise InputError(
                f"{', '.join(map(str, paths))}: no pair of the split {split!r}; expected one that is there: {', '.join(there)}"
            )
        raise InputError(f"{', '.join(map(str, paths))}: no labelled pair found; expected rows with premise, hypothesis and label")
    return pairs


def _article_pairs(
    articles: list[AnnotatedArticle], rng: random.Random, n_neutral_per_other: float, near_share: float
) -> list[LabelledPair]:
    pairs = [pair for article in articles for pair in pairs_of_article(article)]
    neutral = [pair for pair in pairs if pair.label == "neutral"]
    others = [pair for pair in pairs if pair.label != "neutral"]
    n_kept = min(len(neutral), int(n_neutral_per_other * len(others)))
    near = nearest_of_statement(neutral) if near_share else []
    kept = set(rng.sample(near, min(len(near), int(near_share * n_kept))))
    kept.update(rng.sample([k for k in range(len(neutral)) if k not in kept], n_kept - len(kept)))
    return others + [neutral[k] for k in sorted(kept)]


def nearest_of_statement(pairs: list[LabelledPair], n_nearest: int = N_NEAREST) -> list[int]:
    """Which of the pairs are among the `n_nearest` of their statement whose sentences share most words, weighed by how rare they are."""
    if not pairs:
        return []
    vectorizer = TfidfVectorizer(sublinear_tf=True).fit({side.text for pair in pairs for side in (pair.premise, pair.hypothesis)})
    premises = vectorizer.transform([pair.premise.text for pair in pairs])
    hypotheses = vectorizer.transform([pair.hypothesis.text for pair in pairs])
    closeness = premises.multiply(hypotheses).sum(axis=1).A1
    of_statement: dict[str, list[int]] = {}
    for k in sorted(range(len(pairs)), key=lambda k: -closeness[k]):
        nearest = of_statement.setdefault(pairs[k].group, [])
        if len(nearest) < n_nearest:
            nearest.append(k)
    return sorted(k for nearest in of_statement.values() for k in nearest)


def add_stray_context(pairs: list[LabelledPair], share: float, *, seed: int = 13) -> list[LabelledPair]:
    """The pairs, where `share` of the sides that bring no context get a sentence of another set before them, as in scrambled articles.

    Only pairs of a set (those with a group) are changed, and of these none that a teacher has read; a stray sentence comes from a set of
    another statement, so that no label changes.
    """
    rng = random.Random(seed)
    pool = [pair for pair in pairs if pair.group]

    def stray(group: str) -> str | None:
        if rng.random() >= share:
            return None
        other = rng.choice(pool)
        return None if other.group == group else rng.choice((other.premise, other.hypothesis)).text

    return [
        replace(
            pair,
            premise=replace(pair.premise, before=pair.premise.before or stray(pair.group)),
            hypothesis=replace(pair.hypothesis, before=pair.hypothesis.before or stray(pair.group)),
        )
        if pair.group and not pair.soft_label
        else pair
        for pair in pairs
    ]


def label_targets(pairs: list[LabelledPair]) -> list[tuple[float, ...]]:
    """For each pair which relations its label allows, in the order of `RELATIONS`."""
    return [ALLOWED[pair.label] for pair in pairs]


def soft_targets(pairs: list[LabelledPair]) -> list[tuple[float, ...]]:
    """For each pair a teacher's probabilities, in the order of `RELATIONS`; zeros where there was no teacher."""
    return [pair.soft_label or (0.0,) * len(RELATIONS) for pair in pairs]
