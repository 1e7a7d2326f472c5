"""Articles and marks as the store hands them out, made of its rows and turned into them; and which marks fit."""

import json
from dataclasses import dataclass

from contrast.errors import InputError
from contrast.labels import RELATIONS, Relation
from contrast.reviews.marks import MARK_KINDS, Mark, MarkingModel, MarkKind, NewMark, ShownRelation, Span
from contrast.reviews.tables import ArticleRow, CheckRow, MarkRow


@dataclass(frozen=True, slots=True)
class KeptArticle:
    """An article as it is kept; `sentences` are the spans of its sentences in the order of the text."""

    sha256: str
    text: str
    title: str | None
    date: str | None
    url: str | None
    sentences: tuple[Span, ...]


def article_of(row: ArticleRow) -> KeptArticle:
    """The article in a row."""
    return KeptArticle(row.sha256, row.text, row.title, row.date, row.url, spans_of(row.sentences))


def spans_of(sentences: str) -> tuple[Span, ...]:
    """The spans of an article's sentences, of their JSON."""
    return tuple(Span(*span) for span in json.loads(sentences))


def refuse_misfit(new: NewMark) -> None:
    """Raises InputError for values that do not go together."""
    if new.mark not in MARK_KINDS or new.relation not in ("contradiction", "entailment"):
        raise InputError(f"mark {new.mark!r} of relation {new.relation!r}; expected {', '.join(MARK_KINDS)} of contradiction or entailment")
    if new.correct_relation is not None and (new.mark != "wrong" or new.correct_relation not in RELATIONS):
        raise InputError("correct_relation: expected only with the mark 'wrong', as contradiction, entailment or neutral")
    if new.correct_relation == new.relation:
        raise InputError(f"correct_relation {new.correct_relation!r}: the same as the one marked wrong; expected another")
    if new.statement == new.observation:
        raise InputError("observation: the same sentence as the statement; expected another")
    if not new.reviewer.strip() or "\0" in new.reviewer + (new.speaker or ""):
        raise InputError("reviewer: empty, or a NUL character in it; expected the name of who marks")


def refuse_spans(new: NewMark, sentences: set[Span]) -> None:
    """Raises InputError for a side that is no sentence of the article."""
    for side, span in (("statement", new.statement), ("observation", new.observation)):
        if span not in sentences:
            raise InputError(f"{side} {span.start} to {span.end}: no sentence of the article; expected the start and end of one")


def row_of(new: NewMark, check: CheckRow | None, marked_at: str) -> MarkRow:
    """The row of a mark; model and speaker are those of the check."""
    named = {Span(start, end): speaker for start, end, speaker in json.loads(check.speakers)} if check else {}
    return MarkRow(
        article_sha256=new.article_sha256,
        reviewer=" ".join(new.reviewer.split()),
        statement_start=new.statement.start,
        statement_end=new.statement.end,
        observation_start=new.observation.start,
        observation_end=new.observation.end,
        relation=new.relation,
        mark=new.mark,
        probability=new.probability,
        correct_relation=new.correct_relation,
        speaker=new.speaker or named.get(new.statement),
        model_name=check.model_name if check else None,
        model_version=check.model_version if check else None,
        model_sha256=check.model_sha256 if check else None,
        marked_at=marked_at,
    )


def mark_of(row: MarkRow) -> Mark:
    """The mark in a row."""
    relation: ShownRelation = row.relation  # type: ignore[assignment]
    kind: MarkKind = row.mark  # type: ignore[assignment]
    correct: Relation | None = row.correct_relation  # type: ignore[assignment]
    model = MarkingModel(row.model_name or "", row.model_version or "", row.model_sha256) if row.model_sha256 else None
    return Mark(
        id=row.id,
        article_sha256=row.article_sha256,
        reviewer=row.reviewer,
        statement=Span(row.statement_start, row.statement_end),
        observation=Span(row.observation_start, row.observation_end),
        relation=relation,
        mark=kind,
        probability=row.probability,
        correct_relation=correct,
        speaker=row.speaker,
        model=model,
        marked_at=row.marked_at,
    )
