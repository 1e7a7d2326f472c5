"""Keeps what was checked and what readers say of it, in SQLite or PostgreSQL.

Articles and marks are only added, each in a transaction of its own that is on disk when the call returns: a process killed at any time
leaves every mark whole or not at all, and readers at work at the same time never overwrite each other.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from sqlalchemy import Engine, Select, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from contrast.errors import ContrastError, InputError
from contrast.labels import RELATIONS, Relation
from contrast.reviews.marks import (
    MARK_KINDS,
    Mark,
    MarkingModel,
    MarkKind,
    NewMark,
    Precision,
    ReviewedPair,
    ShownRelation,
    Span,
    count_precision,
    review_pairs,
)
from contrast.reviews.tables import WRITES, ArticleRow, CheckRow, MarkRow, open_engine, shown_name
from contrast.schema import Article, ModelInfo, Report

Result = TypeVar("Result")


class UnknownArticleError(InputError):
    """A mark on an article that no check has put in the store."""


class StoreError(ContrastError):
    """The database does not answer: locked for too long, disk full, connection lost. The mark was not kept."""


@dataclass(frozen=True, slots=True)
class KeptArticle:
    """An article as it is kept; `sentences` are the spans of its sentences in the order of the text."""

    sha256: str
    text: str
    title: str | None
    date: str | None
    url: str | None
    sentences: tuple[Span, ...]


def text_sha256(text: str) -> str:
    """The key of an article in a store: the SHA-256 of its text (of a plain UTF-8 file without a byte order mark, the file's)."""
    return hashlib.sha256(text.encode()).hexdigest()


class ReviewStore:
    """Articles, the checks made of them, and readers' marks. Safe to share between threads, and between processes on one database.

    `open` takes a SQLite file (made if there is none) or a URL as postgresql://USER@HOST/DATABASE. `keep_report` is to be called for every
    report that is shown for review; what it returns is the `article_sha256` that marks name. Every call raises StoreError when the database
    does not answer.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.name = shown_name(engine.url)

    @classmethod
    def open(cls, where: str | Path, *, create: bool = True) -> "ReviewStore":
        """The store at a path or URL. InputError: not a store, or of another version; UsageError: another kind of URL, no driver."""
        return cls(open_engine(where, create=create))

    def close(self) -> None:
        """Gives the connections back."""
        self._engine.dispose()

    def __enter__(self) -> "ReviewStore":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def keep_report(self, report: Report) -> str:
        """Keeps the report's article (once) and which model judged it; returns the article's key."""
        speakers = [[s.start, s.end, s.speaker] for s in report.statements if s.speaker]
        return self.keep_article(report.article, report.model, json.dumps(speakers, ensure_ascii=False))

    def keep_article(self, article: Article, model: ModelInfo | None = None, speakers: str = "[]") -> str:
        """Keeps an article (once), and the check of it by `model`; returns its key. InputError for a text with NUL characters."""
        if any("\0" in (part or "") for part in (article.text, article.title, article.date, article.url)):
            raise InputError(f"{article.path or article.id}: a NUL character in the text; remove it, such a text cannot be reviewed")
        sha256 = text_sha256(article.text)

        def keep(session: Session) -> str:
            insert = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert
            row = {
                "sha256": sha256,
                "text": article.text,
                "title": article.title,
                "date": article.date,
                "url": article.url,
                "sentences": json.dumps([[sentence.start, sentence.end] for sentence in article.sentences]),
                "added_at": _now(),
            }
            session.execute(insert(ArticleRow).values(row).on_conflict_do_nothing())
            if model is not None and not _is_checked(_latest_check(session, sha256, None), model, speakers):
                session.add(
                    CheckRow(
                        article_sha256=sha256,
                        model_name=model.name,
                        model_version=model.version,
                        model_sha256=model.sha256,
                        speakers=speakers,
                        checked_at=_now(),
                    )
                )
            return sha256

        return self._write(keep)

    def add(self, new: NewMark) -> Mark:
        """Keeps a mark and returns it as kept: with number, time, model and speaker.

        UnknownArticleError: no such article; InputError: a span that is no sentence of it, or values that do not go together.
        """
        _refuse_misfit(new)

        def add(session: Session) -> Mark:
            spans = session.scalar(select(ArticleRow.sentences).where(ArticleRow.sha256 == new.article_sha256))
            if spans is None:
                raise UnknownArticleError(f"article {new.article_sha256}: not in the store; check it first, its report to be kept")
            _refuse_spans(new, {Span(*span) for span in json.loads(spans)})
            check = _latest_check(session, new.article_sha256, new.model_sha256)
            if check is None and new.model_sha256 is not None:
                raise InputError(
                    f"model_sha256 {new.model_sha256}: the article was not checked with such a model; leave it out or check again"
                )
            row = _row(new, check)
            session.add(row)
            session.flush()
            return _mark(row)

        return self._write(add)

    def article(self, sha256: str) -> KeptArticle:
        """The article of that key; raises UnknownArticleError."""
        row = self._read(lambda session: session.get(ArticleRow, sha256))
        if row is None:
            raise UnknownArticleError(f"article {sha256}: not in the store; check it first, its report to be kept")
        spans = tuple(Span(*span) for span in json.loads(row.sentences))
        return KeptArticle(row.sha256, row.text, row.title, row.date, row.url, spans)

    def marks(self, article_sha256: str | None = None) -> list[Mark]:
        """Every mark ever made (on one article, or on all), oldest first; raises UnknownArticleError."""
        if article_sha256 is not None:
            self._refuse_unknown(article_sha256)
        return self._marks(_of_article(select(MarkRow), article_sha256).order_by(MarkRow.id))

    def pairs(self, article_sha256: str | None = None) -> list[ReviewedPair]:
        """The marked pairs (of one article, or of all) with the latest mark of each reader; raises UnknownArticleError."""
        if article_sha256 is not None:
            self._refuse_unknown(article_sha256)
        return self._pairs(article_sha256, None)

    def precision(self, relation: ShownRelation = "contradiction", *, model_sha256: str | None = None) -> Precision:
        """How often readers agree that what was shown as `relation` is right, by one model or by all."""
        return count_precision(self._pairs(None, model_sha256), relation)

    def _pairs(self, article_sha256: str | None, model_sha256: str | None) -> list[ReviewedPair]:
        latest = _of_article(select(func.max(MarkRow.id)), article_sha256)
        if model_sha256 is not None:
            latest = latest.where(MarkRow.model_sha256 == model_sha256)
        of_each = (MarkRow.statement_start, MarkRow.statement_end, MarkRow.observation_start, MarkRow.observation_end, MarkRow.reviewer)
        latest = latest.group_by(MarkRow.article_sha256, *of_each)
        return review_pairs(self._marks(select(MarkRow).where(MarkRow.id.in_(latest))))

    def _marks(self, query: Select[Any]) -> list[Mark]:
        return self._read(lambda session: [_mark(row) for row in session.scalars(query)])

    def _refuse_unknown(self, sha256: str) -> None:
        if self._read(lambda session: session.scalar(select(ArticleRow.sha256).where(ArticleRow.sha256 == sha256))) is None:
            raise UnknownArticleError(f"article {sha256}: not in the store; check it first, its report to be kept")

    def _read(self, work: Callable[[Session], Result]) -> Result:
        return self._run(self._engine, work)

    def _write(self, work: Callable[[Session], Result]) -> Result:
        return self._run(self._engine.execution_options(**WRITES), work)

    def _run(self, engine: Engine, work: Callable[[Session], Result]) -> Result:
        try:
            with Session(engine, expire_on_commit=False) as session, session.begin():
                return work(session)
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            raise StoreError(f"{self.name}: the review store does not answer ({reason}); try again") from error


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def _of_article(query: Select[Any], article_sha256: str | None) -> Select[Any]:
    return query if article_sha256 is None else query.where(MarkRow.article_sha256 == article_sha256)


def _latest_check(session: Session, sha256: str, model_sha256: str | None) -> CheckRow | None:
    query = select(CheckRow).where(CheckRow.article_sha256 == sha256)
    if model_sha256 is not None:
        query = query.where(CheckRow.model_sha256 == model_sha256)
    return session.scalars(query.order_by(CheckRow.id.desc()).limit(1)).first()


def _is_checked(check: CheckRow | None, model: ModelInfo, speakers: str) -> bool:
    return check is not None and (check.model_sha256, check.model_name, check.speakers) == (model.sha256, model.name, speakers)


def _refuse_misfit(new: NewMark) -> None:
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


def _refuse_spans(new: NewMark, sentences: set[Span]) -> None:
    for side, span in (("statement", new.statement), ("observation", new.observation)):
        if span not in sentences:
            raise InputError(f"{side} {span.start} to {span.end}: no sentence of the article; expected the start and end of one")


def _row(new: NewMark, check: CheckRow | None) -> MarkRow:
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
        marked_at=_now(),
    )


def _mark(row: MarkRow) -> Mark:
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
