"""Whether a data set echoes what a model is measured on: the same situation told with other names, which no test for duplicates finds.

Statements, each with the observations that bear on it, are compared by the words that they share, and runs of two and three of them, rare
ones counting most (cosine of tf-idf). Of 42 statements of ours that readers held for echoes of pairs by another hand 14 came to `ECHO` and
more, of 957 others four: what is found is to be read, and what is not found may be an echo all the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from contrast.errors import InputError
from contrast.rows import read_rows
from contrast.training.articles_data import annotated_paths, read_article

ECHO = 0.1
N_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Echo:
    """A statement of a data set and one of the gold that lie near each other, with their closeness in [0, 1]."""

    ours: str
    theirs: str
    closeness: float


def find_echoes(folder: Path, gold: Path) -> list[Echo]:
    """The statements of a data set that lie near one of `gold` (a data set's folder, or a file of pairs), the nearest first.

    Raises InputError when the gold holds no statement that anything bears on.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    ours, theirs = list(_statements(folder)), list(_statements(gold))
    if not theirs:
        raise InputError(f"{gold}: no statement that an observation bears on; expected labelled pairs or annotated articles")
    if not ours:
        return []
    reader = TfidfVectorizer(ngram_range=(1, 3), sublinear_tf=True, token_pattern=r"\w+(?:[.,'’]\w+)*")
    counted = reader.fit_transform([" ".join(words) for words in (*ours, *theirs)])
    closeness = (counted[len(ours) :] @ counted[: len(ours)].T).toarray()
    nearest = closeness.argmax(axis=0)
    found = [
        Echo(words[0], theirs[k][0], float(closeness[k, n]))
        for n, (words, k) in enumerate(zip(ours, nearest, strict=True))
        if closeness[k, n] >= ECHO
    ]
    return sorted(found, key=lambda echo: -echo.closeness)


def describe(echoes: Sequence[Echo], gold: Path) -> str:
    """The warning that a data set with echoes gets."""
    shown = "".join(f"\n  {echo.closeness:.2f}  {echo.ours[:100]!r} beside {echo.theirs[:100]!r}" for echo in echoes[:N_SHOWN])
    more = f"\n  and {len(echoes) - N_SHOWN} more" if len(echoes) > N_SHOWN else ""
    return f"{len(echoes)} statement(s) near what {gold} holds; read them, and leave out what was made after it:{shown}{more}"


def _statements(path: Path) -> Iterator[tuple[str, ...]]:
    """Each statement with the observations that support or contradict it."""
    for article in map(read_article, annotated_paths(path) if path.is_dir() else ()):
        related = article.contradicts | article.supports
        for statement in sorted({s for s, _ in related}):
            yield article.sentences[statement].text, *(article.sentences[o].text for s, o in sorted(related) if s == statement)
    of_statement: dict[str, list[str]] = {}
    for rows in sorted(path.glob("*.jsonl*")) if path.is_dir() else [path]:
        for row in read_rows(rows):
            if isinstance(row.get("premise"), str) and isinstance(row.get("hypothesis"), str) and row.get("label") != "neutral":
                of_statement.setdefault(row["hypothesis"], []).append(row["premise"])
    yield from ((statement, *premises) for statement, premises in of_statement.items())
