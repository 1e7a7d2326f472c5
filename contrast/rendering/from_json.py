"""A report from its JSON and the text that it points into: the way back from `as_json`."""

from collections.abc import Iterable, Mapping
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin

from contrast.reading.layout import parse
from contrast.reading.sentences import split
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

Record = TypeVar("Record")
Words = TypeVar("Words", Span, CarryingWords)
# No probability, threshold or effect comes near; beyond the largest float a number can neither be rounded nor drawn.
MAX_NUMBER = 1e9


def as_report(written: Mapping[str, Any], text: str, *, is_laid_out: bool) -> Report:
    """The report; raises KeyError, TypeError, ValueError or InputError where the JSON does not fit the text or its schema.

    Whatever it returns can be drawn and computed again: ids lead somewhere, words are of their vocabularies, numbers are numbers.
    """
    article = _article(written["article"], text, is_laid_out=is_laid_out)
    places = {(sentence.start, sentence.end): k for k, sentence in enumerate(article.sentences)}
    report = Report(
        article=article,
        statements=tuple(as_record(Statement, row, sentence=_sentence(row, places, text)) for row in written["statements"]),
        observations=tuple(as_record(Observation, row, sentence=_sentence(row, places, text)) for row in written["observations"]),
        contrasts=tuple(_finding(row, text) for row in written["contrasts"]),
        supports=tuple(as_record(Finding, row) for row in written["supports"]),
        pairs=tuple(_pair(row) for row in written["pairs"]),
        n_pairs_skipped=_count(written["article"]["n_pairs_skipped"]),
        model=as_record(ModelInfo, written["model"]),
    )
    _refuse_unknown_ids(report)
    return report


def as_record(kind: type[Record], row: Mapping[str, Any], **parts: Any) -> Record:
    """The record of a row of JSON; `parts` are fields that were made of it already, the others must be of their fields' types.

    Raises TypeError for missing fields, ValueError for unknown ones and for values of another type or outside the vocabulary.

    >>> as_record(Span, {"text": "no", "start": 0, "end": "2"})
    Traceback (most recent call last):
    ValueError: end '2'; expected int
    """
    types = kind.__annotations__
    for name, value in row.items():
        if name not in types:
            raise ValueError(f"{name!r:.60}; expected {', '.join(types)}")
        if name not in parts and not _fits(value, types[name]):
            raise ValueError(f"{name} {value!r:.60}; expected {getattr(types[name], '__name__', types[name])}")
    return kind(**{**row, **parts})


def _fits(value: object, expected: Any) -> bool:
    if get_origin(expected) is Literal:
        return value in get_args(expected)
    if isinstance(expected, UnionType):
        return any(_fits(value, one) for one in get_args(expected))
    if expected is float:
        return type(value) in (int, float) and -MAX_NUMBER <= value <= MAX_NUMBER  # type: ignore[operator]
    return type(value) is expected


def _count(value: object) -> int:
    if type(value) is not int:
        raise ValueError(f"{value!r:.60}; expected a number of pairs")
    return value


def _article(written: Mapping[str, Any], text: str, *, is_laid_out: bool) -> Article:
    text.encode()  # half a character (a lone surrogate) has no SHA-256
    told = {name: written[name] for name in ("id", "title", "date", "url", "path", "sha256")}
    warnings = tuple(written["warnings"])
    if not all(isinstance(warning, str) for warning in warnings):
        raise ValueError("warnings; expected lines of text")
    return as_record(Article, told, text=text, sentences=split(parse(text), "its text"), is_laid_out=bool(is_laid_out), warnings=warnings)


def _sentence(row: Mapping[str, Any], places: Mapping[tuple[int, int], int], text: str) -> int:
    place = (row["start"], row["end"])
    if place not in places or text[slice(*place)] != row["text"]:
        raise ValueError(f"{row['id']!r:.60} is no sentence of the text")
    return places[place]


def _finding(row: Mapping[str, Any], text: str) -> Finding:
    told = row.get("explanation")
    return as_record(Finding, row, explanation=_explanation(told, text) if told is not None else None)


def _explanation(row: Mapping[str, Any], text: str) -> Explanation:
    return as_record(
        Explanation,
        row,
        statement=tuple(_words(as_record(CarryingWords, words), text) for words in row["statement"]),
        observation=tuple(_words(as_record(CarryingWords, words), text) for words in row["observation"]),
        checks=tuple(_check(check, text) for check in row["checks"]),
    )


def _check(row: Mapping[str, Any], text: str) -> Check:
    sides = {side: tuple(_words(as_record(Span, span), text) for span in row[side]) for side in ("statement", "observation")}
    return as_record(Check, row, **sides)


def _words(span: Words, text: str) -> Words:
    if span.start < 0 or text[span.start : span.end] != span.text:
        raise ValueError(f"{span.text!r:.60} does not stand at character {span.start}")
    return span


def _pair(row: Mapping[str, Any]) -> ScoredPair:
    probabilities = as_record(RelationProbabilities, {name: row[name] for name in ("entailment", "neutral", "contradiction")})
    sides = {name: row[name] for name in ("statement", "observation")}
    return as_record(ScoredPair, sides, probabilities=probabilities)


def _refuse_unknown_ids(report: Report) -> None:
    """Raises ValueError where a finding or pair names a side that the report lacks, or an explained contrast is no scored pair."""
    statements, observations = {side.id for side in report.statements}, {side.id for side in report.observations}
    named: Iterable[Finding | ScoredPair] = (*report.contrasts, *report.supports, *report.pairs)
    for pair in named:
        if pair.statement not in statements or pair.observation not in observations:
            raise ValueError(f"{pair.statement!r:.60} and {pair.observation!r:.60}; expected ids of statements and observations")
    scored = {(pair.statement, pair.observation) for pair in report.pairs}
    for finding in report.contrasts:
        if finding.explanation and (finding.statement, finding.observation) not in scored:
            raise ValueError(f"{finding.statement} and {finding.observation} are explained; expected them among the pairs")
