"""Turns readers' marks into a data set of pairs: the rows that `contrast dataset check` lints and `contrast train nli --data` takes.

A pair becomes a row when all readers who are sure agree: right, the relation that was shown; wrong, the one that the reader gave, else
neutral; missed, the reader's. Both sides are framed as a check frames them, with the sentence before and the speaker. The split of an
article follows from its hash, so that it stays where it is as marks are added; articles that share a statement go together, and one moves
when a new mark ties it to an article of another split.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from contrast.errors import InputError, UsageError
from contrast.labels import Relation
from contrast.rendering.explained import counted
from contrast.reviews.marks import ReviewedPair, Span
from contrast.reviews.records import KeptArticle
from contrast.reviews.store import ReviewStore
from contrast.writing import write_whole

SPLITS = ("train", "validation", "test")
# Of a hundred: up to 80 train, up to 90 validation, the rest test.
SPLIT_ENDS = (80, 90, 100)
WORD = re.compile(r"\w+")
CARD_MARK = "<!-- written by contrast dataset from-reviews, which writes it anew -->"
CARD = f"""# Pairs from readers' marks
{CARD_MARK}

`premise` (observation), `hypothesis` (statement), `label`; `premise_before`, `hypothesis_before` (the sentences before them), `speaker`,
`statement_id` (pairs of one statement share it), `phenomenon` (right, wrong or missed: what readers said of what the model showed),
`article` (SHA-256 of its text), `n_reviewers`. Split by article, by hash.

The sentences are those of the articles that were reviewed; what their licences allow holds for these rows.
"""


@dataclass(slots=True)
class Outcome:
    """Rows by split, and how many pairs were left out, by why."""

    rows: dict[str, list[dict[str, object]]] = field(default_factory=lambda: {split: [] for split in SPLITS})
    left_out: Counter[str] = field(default_factory=Counter)

    def describe(self, folder: Path) -> str:
        """One closing line of counts."""
        rows = [row for split in SPLITS for row in self.rows[split]]
        labels = Counter(str(row["label"]) for row in rows)
        n_articles = len({row["article"] for row in rows})
        parts = [
            f"{folder}: {counted(len(rows), 'pair')} of {counted(n_articles, 'article')}",
            ", ".join(f"{labels[relation]} {relation}" for relation in ("contradiction", "neutral", "entailment")),
            ", ".join(f"{split} {len(self.rows[split])}" for split in SPLITS),
            "left out: " + ", ".join(f"{self.left_out[why]} {why}" for why in ("unsure", "disputed", "repeated")),
        ]
        return " · ".join(parts)


@dataclass(frozen=True, slots=True)
class FramedReview:
    """A settled pair and its row, before it has a split."""

    article_sha256: str
    label: Relation
    row: dict[str, object]

    @property
    def statement_key(self) -> str:
        return _key(str(self.row["hypothesis"]))

    @property
    def pair_key(self) -> tuple[str, str]:
        return _key(str(self.row["premise"])), self.statement_key


def write_rows(store: ReviewStore, folder: Path) -> Outcome:
    """Writes the settled pairs of a store as a data set; the same marks give the same bytes.

    Raises InputError when no pair is settled or the folder cannot be read or written, UsageError for one that holds something else.
    """
    with _reachable(folder):
        refuse_folder(folder)
    outcome = sort_out(store)
    if not any(outcome.rows.values()):
        raise InputError(
            f"{store.name}: no pair that readers agree on ({outcome.left_out['unsure']} unsure, {outcome.left_out['disputed']} disputed); "
            "mark some as right or wrong first"
        )
    with _reachable(folder):
        _write(outcome, folder)
    return outcome


def _write(outcome: Outcome, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "README.md", CARD)
    for split, rows in outcome.rows.items():
        path = folder / f"{split}.jsonl"
        if rows:
            write_whole(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
        else:
            path.unlink(missing_ok=True)


@contextmanager
def _reachable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"-o {folder}: cannot be used ({error.strerror}); name a folder that you may read and write") from error


def refuse_folder(folder: Path) -> None:
    """Raises UsageError when the folder holds anything but an earlier data set of this kind."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"-o {folder}: a file; expected a folder")
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    card = folder / "README.md"
    if not card.is_file() or CARD_MARK not in card.read_text(encoding="utf-8", errors="replace"):
        raise UsageError(f"-o {folder}: holds something else; name a new folder, or one that from-reviews wrote")


def sort_out(store: ReviewStore) -> Outcome:
    """The rows of a store's settled pairs in their splits, and what was left out."""
    outcome = Outcome()
    framed = []
    article: KeptArticle | None = None
    for pair in store.pairs():
        if pair.relation is None:
            outcome.left_out[pair.agreement] += 1
            continue
        if article is None or article.sha256 != pair.article_sha256:
            article = store.article(pair.article_sha256)
        framed.append(_frame(pair, pair.relation, article))
    kept = _drop_repeats(framed, outcome.left_out)
    split_of = splits_of(kept)
    for review in kept:
        outcome.rows[split_of[review.article_sha256]].append(review.row)
    return outcome


def _frame(pair: ReviewedPair, label: Relation, article: KeptArticle) -> FramedReview:
    sure = [mark for mark in pair.marks if mark.mark != "unsure"]
    row: dict[str, object] = {
        "premise": _text(article, pair.observation),
        "hypothesis": _text(article, pair.statement),
        "label": label,
        "premise_before": _before(article, pair.observation),
        "hypothesis_before": _before(article, pair.statement),
        "speaker": next((mark.speaker for mark in reversed(sure) if mark.speaker), None),
        "statement_id": f"{article.sha256[:16]}/{pair.statement.start}",
        "phenomenon": pair.agreement,
        "article": article.sha256,
        "n_reviewers": len(sure),
    }
    return FramedReview(article.sha256, label, row)


def _text(article: KeptArticle, span: Span) -> str:
    return article.text[span.start : span.end]


def _before(article: KeptArticle, span: Span) -> str | None:
    place = article.sentences.index(span)
    return _text(article, article.sentences[place - 1]) if place else None


def _drop_repeats(framed: Sequence[FramedReview], left_out: Counter[str]) -> list[FramedReview]:
    """The first of each pair of sentences; where articles that share the pair differ in its label, none of them."""
    labels: dict[tuple[str, str], set[Relation]] = {}
    for review in framed:
        labels.setdefault(review.pair_key, set()).add(review.label)
    first: dict[tuple[str, str], FramedReview] = {}
    for review in framed:
        if len(labels[review.pair_key]) > 1:
            left_out["disputed"] += 1
        elif first.setdefault(review.pair_key, review) is not review:
            left_out["repeated"] += 1
    return [review for review in framed if first.get(review.pair_key) is review]


def splits_of(framed: Iterable[FramedReview]) -> dict[str, str]:
    """The split of each article; articles that share a statement get that of the first of them by hash."""
    leader: dict[str, str] = {}

    def lead(sha256: str) -> str:
        while leader.setdefault(sha256, sha256) != sha256:
            sha256 = leader[sha256]
        return sha256

    with_statement: dict[str, str] = {}
    for review in framed:
        one, other = sorted((lead(review.article_sha256), lead(with_statement.setdefault(review.statement_key, review.article_sha256))))
        leader[other] = one
    return {sha256: _split(lead(sha256)) for sha256 in leader}


def _split(sha256: str) -> str:
    place = int(sha256[:8], 16) % SPLIT_ENDS[-1]
    return next(split for split, end in zip(SPLITS, SPLIT_ENDS, strict=True) if place < end)


def _key(text: str) -> str:
    """A sentence as `contrast dataset check` compares it: its words."""
    return " ".join(WORD.findall(text.casefold()))
