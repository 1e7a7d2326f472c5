"""Keeps what was checked and what readers say of it, in SQLite or PostgreSQL.

Articles and marks are only added (the sentences of an article may change until it is marked), each in a transaction of its own that is on
disk when the call returns: a process killed at any time leaves every mark whole or not at all, and readers at work at the same time never
overwrite each other.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from sqlalchemy import Engine, Select, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from contrast.errors import ContrastError, InputError
from contrast.reviews.marks import Mark, NewMark, Precision, ReviewedPair, ShownRelation, count_precision, review_pairs
from contrast.reviews.records import KeptArticle, article_of, mark_of, refuse_misfit, refuse_spans, row_of, spans_of
from contrast.reviews.tables import WRITES, ArticleRow, CheckRow, MarkRow, open_engine, reason_of, shown_name
from contrast.schema import Article, ModelInfo, Report

Result = TypeVar("Result")


class UnknownArticleError(InputError):
    """A mark on an article that no check has put in the store."""


class StoreError(ContrastError):
    """The database does not answer: locked for too long, disk full, connection lost. The mark was not kept."""


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
        """Keeps an article (once), and the check of it by `model`; returns its key. InputError for a text with NUL characters.

        Its sentences are those of the latest check until it is marked, since marks point at them.
        """
        if any("\0" in (part or "") for part in (article.text, article.title, article.date, article.url)):
            raise InputError(f"{article.path or article.id}: a NUL character in the text; remove it, such a text cannot be reviewed")
        sha256 = text_sha256(article.text)
        sentences = json.dumps([[sentence.start, sentence.end] for sentence in article.sentences])

        def keep(session: Session) -> str:
            known = session.scalar(select(ArticleRow.sentences).where(ArticleRow.sha256 == sha256).with_for_update())
            if known is None:
                _insert(session, sha256, article, sentences)
            elif known != sentences and session.scalar(select(MarkRow.id).where(MarkRow.article_sha256 == sha256).limit(1)) is None:
                session.execute(update(ArticleRow).where(ArticleRow.sha256 == sha256).values(sentences=sentences))
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
        refuse_misfit(new)

        def add(session: Session) -> Mark:
            article = select(ArticleRow.sentences).where(ArticleRow.sha256 == new.article_sha256)
            spans = session.scalar(article.with_for_update(read=True))
            if spans is None:
                raise _unknown(new.article_sha256)
            refuse_spans(new, set(spans_of(spans)))
            check = _latest_check(session, new.article_sha256, new.model_sha256)
            if check is None and new.model_sha256 is not None:
                raise InputError(
                    f"model_sha256 {new.model_sha256}: the article was not checked with such a model; leave it out or check again"
                )
            row = row_of(new, check, _now())
            session.add(row)
            session.flush()
            return mark_of(row)

        return self._write(add)

    def article(self, sha256: str) -> KeptArticle:
        """The article of that key; raises UnknownArticleError."""
        row = self._read(lambda session: session.get(ArticleRow, sha256))
        if row is None:
            raise _unknown(sha256)
        return article_of(row)

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
        return self._read(lambda session: [mark_of(row) for row in session.scalars(query)])

    def _refuse_unknown(self, sha256: str) -> None:
        if self._read(lambda session: session.scalar(select(ArticleRow.sha256).where(ArticleRow.sha256 == sha256))) is None:
            raise _unknown(sha256)

    def _read(self, work: Callable[[Session], Result]) -> Result:
        return self._run(self._engine, work)

    def _write(self, work: Callable[[Session], Result]) -> Result:
        return self._run(self._engine.execution_options(**WRITES), work)

    def _run(self, engine: Engine, work: Callable[[Session], Result]) -> Result:
        try:
            with Session(engine, expire_on_commit=False) as session, session.begin():
                return work(session)
        except SQLAlchemyError as error:
            raise StoreError(f"{self.name}: the review store does not answer ({reason_of(error)}); try again") from error


def _unknown(sha256: str) -> UnknownArticleError:
    return UnknownArticleError(f"article {sha256}: not in the store; check it first, its report to be kept")


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def _insert(session: Session, sha256: str, article: Article, sentences: str) -> None:
    """Adds the article unless another process did just now."""
    row = {
        "sha256": sha256,
        "text": article.text,
        "title": article.title,
        "date": article.date,
        "url": article.url,
        "sentences": sentences,
        "added_at": _now(),
    }
    insert = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert
    session.execute(insert(ArticleRow).values(row).on_conflict_do_nothing())


def _of_article(query: Select[Any], article_sha256: str | None) -> Select[Any]:
    return query if article_sha256 is None else query.where(MarkRow.article_sha256 == article_sha256)


def _latest_check(session: Session, sha256: str, model_sha256: str | None) -> CheckRow | None:
    query = select(CheckRow).where(CheckRow.article_sha256 == sha256)
    if model_sha256 is not None:
        query = query.where(CheckRow.model_sha256 == model_sha256)
    return session.scalars(query.order_by(CheckRow.id.desc()).limit(1)).first()


def _is_checked(check: CheckRow | None, model: ModelInfo, speakers: str) -> bool:
    return check is not None and (check.model_sha256, check.model_name, check.speakers) == (model.sha256, model.name, speakers)
