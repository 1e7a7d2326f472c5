"""A report from its JSON and the text that it points into: the way back from `as_json`."""

from collections.abc import Mapping
from typing import Any, TypeVar

from contrast.reading import read_text
from contrast.schema import (
    Article,
    CarryingWords,
    Check,
    Explanation,
    Finding,
    ModelInfo,
    Observation,
    RelationProbabilities,
    Report,
    ScoredPair,
    Span,
    Statement,
)

Words = TypeVar("Words", Span, CarryingWords)


def as_report(written: Mapping[str, Any], text: str, *, is_laid_out: bool) -> Report:
    """The report; raises KeyError, TypeError or ValueError where the JSON does not fit the text or its schema."""
    article = _article(written["article"], text, is_laid_out=is_laid_out)
    places = {(sentence.start, sentence.end): k for k, sentence in enumerate(article.sentences)}
    return Report(
        article=article,
        statements=tuple(Statement(sentence=_sentence(row, places, text), **row) for row in written["statements"]),
        observations=tuple(Observation(sentence=_sentence(row, places, text), **row) for row in written["observations"]),
        contrasts=tuple(_finding(row, text) for row in written["contrasts"]),
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


def _finding(row: Mapping[str, Any], text: str) -> Finding:
    told = row.get("explanation")
    return Finding(**{**row, "explanation": _explanation(told, text) if told is not None else None})


def _explanation(row: Mapping[str, Any], text: str) -> Explanation:
    return Explanation(
        statement=tuple(_words(CarryingWords(**words), text) for words in row["statement"]),
        observation=tuple(_words(CarryingWords(**words), text) for words in row["observation"]),
        probability_without=float(row["probability_without"]),
        checks=tuple(_check(check, text) for check in row["checks"]),
    )


def _check(row: Mapping[str, Any], text: str) -> Check:
    sides = {side: tuple(_words(Span(**span), text) for span in row[side]) for side in ("statement", "observation")}
    return Check(**{**row, **sides})


def _words(span: Words, text: str) -> Words:
    if text[span.start : span.end] != span.text:
        raise ValueError(f"{span.text!r} does not stand at character {span.start}")
    return span


def _pair(row: Mapping[str, Any]) -> ScoredPair:
    probabilities = RelationProbabilities(**{name: row[name] for name in ("entailment", "neutral", "contradiction")})
    return ScoredPair(row["statement"], row["observation"], probabilities)
