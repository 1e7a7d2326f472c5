"""Annotated articles as the roles model sees them: what both calibrations are fitted on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from contrast.encoder import FloatArray
from contrast.errors import InputError
from contrast.evaluation.articles import lay, places_of
from contrast.pairing import CandidatePair
from contrast.pipeline import find_observations, find_statements
from contrast.reading import read_article as read_text_article
from contrast.roles import RoleReader
from contrast.schema import Article, Observation, SentenceRoles, Statement
from contrast.training.articles_data import AnnotatedArticle, annotated_paths, read_article


@dataclass(frozen=True, slots=True)
class GoldArticle:
    """An annotated article and the path of its text."""

    gold: AnnotatedArticle
    path: Path


def read_gold(folders: Sequence[Path], split: str) -> list[GoldArticle]:
    """The annotated articles of a split; raises InputError when there is none."""
    paths = [path for folder in folders for path in annotated_paths(folder, split=split)]
    found = [GoldArticle(read_article(path), path.with_suffix(".txt")) for path in paths]
    if not found:
        raise InputError(
            f"{', '.join(map(str, folders))}: no annotated article of the split {split!r}; expected NAME.txt with NAME.json beside it"
        )
    return found


@dataclass(frozen=True, slots=True)
class Understood:
    """An article as the roles model sees it, laid on its annotation."""

    text: Article
    statements: list[Statement]
    observations: list[Observation]
    roles: Sequence[SentenceRoles]
    vectors: FloatArray
    at: dict[str, int | None]

    def key(self, pair: CandidatePair) -> tuple[int | None, int | None]:
        """The positions of the pair's sentences in the annotation."""
        return self.at[pair.statement.id], self.at[pair.observation.id]


def understand(reader: RoleReader, article: GoldArticle) -> Understood:
    """Reads an annotated article with the roles model."""
    text = read_text_article(article.path)
    found = reader.read(text.sentences)
    statements = find_statements(text.sentences, found.roles, reader.thresholds)
    observations = find_observations(text.sentences, found.roles, reader.thresholds)
    places = places_of(article.gold, text.text)
    at = {s.id: lay(s, places) for s in statements} | {o.id: lay(o, places) for o in observations}
    return Understood(text, statements, observations, found.roles, found.vectors, at)
