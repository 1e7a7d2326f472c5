"""A report from its JSON and the text that it points into: the way back from `as_json`."""

from collections.abc import Mapping
from typing import Any

from contrast.reading import read_text
from contrast.schema import Article, Finding, ModelInfo, Observation, RelationProbabilities, Report, ScoredPair, Statement


def as_report(written: Mapping[str, Any], text: str, *, is_laid_out: bool) -> Report:
    """The report; raises KeyError, TypeError or ValueError where the JSON does not fit the text or its schema."""
    article = _article(written["article"], text, is_laid_out=is_laid_out)
    places = {(sentence.start, sentence.end): k for k, sentence in enumerate(article.sentences)}
    return Report(
        article=article,
        statements=tuple(Statement(sentence=_sentence(row, places, text), **row) for row in written["statements"]),
        observations=tuple(Observation(sentence=_sentence(row, places, text), **row) for row in written["observations"]),
        contrasts=tuple(Finding(**row) for row in written["contrasts"]),
        supports=tuple(Finding(**row) for row in written["supports"]),
        pairs=tuple(_pair(row) for row in written["pairs"]),
        n_pairs_skipped=int(written["article"]["n_pairs_skipped"]),
        model=ModelInfo(**written["model"]),
    )


def _article(written: Mapping[str, Any], text: str, *, is_laid_out: bool) -> Article:
    return Article(
        id=written["id"],
        text=text,
        sentences=read_text(text).sentences,
        title=written["title"],
        date=written["date"],
        url=written["url"],
        path=written["path"],
        sha256=written["sha256"],
        is_laid_out=bool(is_laid_out),
        warnings=tuple(written["warnings"]),
    )


def _sentence(row: Mapping[str, Any], places: Mapping[tuple[int, int], int], text: str) -> int:
    place = (row["start"], row["end"])
    if place not in places or text[slice(*place)] != row["text"]:
        raise ValueError(f"{row['id']} is no sentence of the text")
    return places[place]


def _pair(row: Mapping[str, Any]) -> ScoredPair:
    probabilities = RelationProbabilities(**{name: row[name] for name in ("entailment", "neutral", "contradiction")})
    return ScoredPair(row["statement"], row["observation"], probabilities)
