"""The tables of a review store and how its database is opened: SQLite in a file, PostgreSQL by URL.

SQLite runs with a write-ahead log that is brought to disk with every mark (https://sqlite.org/wal.html), and whoever writes asks for the
lock at once, so that writers wait for each other instead of failing. The file must lie on a disk of this machine, not on a network share.
"""

import os
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from sqlite3 import Error as SQLiteError
from typing import Any

from sqlalchemy import Connection, Engine, ForeignKey, Index, create_engine, event, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from contrast.errors import InputError, UsageError

SCHEMA_VERSION = 1
# How long a writer waits for another (SQLite); a mark takes milliseconds.
BUSY_MS = 30_000
EXPECTED = "expected a SQLite file or a URL as postgresql://USER@HOST/DATABASE"
_LOCK_KEY = 0x636F6E74  # PostgreSQL: who makes the tables holds this advisory lock
WRITES = {"contrast_writes": True}


class Table(DeclarativeBase):
    """Root of the tables; their names begin with contrast_, since a PostgreSQL database may hold others."""


class MetaRow(Table):
    """Notes about the store: its schema version."""

    __tablename__ = "contrast_meta"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class ArticleRow(Table):
    """A text that was checked; `sentences` is JSON, [start, end] of each sentence in order."""

    __tablename__ = "contrast_articles"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
    title: Mapped[str | None]
    date: Mapped[str | None]
    url: Mapped[str | None]
    sentences: Mapped[str]
    added_at: Mapped[str]


class CheckRow(Table):
    """Which model an article was checked with; `speakers` is JSON, [start, end, speaker] of each statement that names one."""

    __tablename__ = "contrast_checks"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    article_sha256: Mapped[str] = mapped_column(ForeignKey("contrast_articles.sha256"), index=True)
    model_name: Mapped[str]
    model_version: Mapped[str]
    model_sha256: Mapped[str]
    speakers: Mapped[str]
    checked_at: Mapped[str]


class MarkRow(Table):
    """One mark. Rows are only added."""

    __tablename__ = "contrast_marks"
    __table_args__ = (
        Index("contrast_marks_of_pair", "article_sha256", "statement_start", "observation_start", "reviewer"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    article_sha256: Mapped[str] = mapped_column(ForeignKey("contrast_articles.sha256"))
    reviewer: Mapped[str]
    statement_start: Mapped[int]
    statement_end: Mapped[int]
    observation_start: Mapped[int]
    observation_end: Mapped[int]
    relation: Mapped[str]
    mark: Mapped[str]
    probability: Mapped[float | None]
    correct_relation: Mapped[str | None]
    speaker: Mapped[str | None]
    model_name: Mapped[str | None]
    model_version: Mapped[str | None]
    model_sha256: Mapped[str | None]
    marked_at: Mapped[str]


def open_engine(where: str | Path, *, create: bool) -> Engine:
    """The database at a path or URL, its tables made where there are none and `create` allows it.

    Raises UsageError for a URL of another kind or a missing driver, InputError for a database that cannot be used.
    """
    url = url_of(where, create=create)
    shown = shown_name(url)
    is_sqlite = url.get_backend_name() == "sqlite"
    engine = create_engine(url, connect_args={"timeout": BUSY_MS / 1000}) if is_sqlite else create_engine(url, pool_pre_ping=True)
    if is_sqlite:
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
    try:
        _make_ready(engine, shown, create=create)
    except (SQLAlchemyError, SQLiteError) as error:
        engine.dispose()
        raise InputError(f"{shown}: cannot be used as a review store ({reason_of(error)}); {EXPECTED} that you may write to") from error
    except InputError:
        engine.dispose()
        raise
    return engine


def url_of(where: str | Path, *, create: bool) -> URL:
    """The URL of a path or of a URL in words."""
    if "://" not in str(where):
        return _url_of_file(Path(where).expanduser(), create=create)
    try:
        url = make_url(str(where))
        backend = url.get_backend_name()
    except (ArgumentError, ValueError) as error:
        raise UsageError(f"review store: not a URL; {EXPECTED}") from error
    if backend == "sqlite" and url.database and url.database != ":memory:":
        return _url_of_file(Path(url.database), create=create)
    if backend not in ("postgresql", "postgres"):
        raise UsageError(f"review store {shown_name(url)}: {EXPECTED}")
    if find_spec("psycopg") is None:
        raise UsageError("psycopg not installed; run: pip install 'contrast[postgres]'")
    return url.set(drivername="postgresql+psycopg")


def _url_of_file(path: Path, *, create: bool) -> URL:
    try:
        _refuse_file(path, create=create)
    except OSError as error:
        raise InputError(f"{path}: cannot be reached ({error.strerror}); {EXPECTED}") from error
    return URL.create("sqlite", database=str(path))


def _refuse_file(path: Path, *, create: bool) -> None:
    if path.is_dir() or not path.parent.is_dir():
        raise InputError(f"{path}: {'a folder' if path.is_dir() else 'its folder does not exist'}; {EXPECTED}")
    if not create and not path.exists():
        raise InputError(f"{path}: no such file; expected the review store that contrast serve keeps")
    if create and path.exists() and not os.access(path, os.W_OK):
        raise InputError(f"{path}: may only be read; expected a SQLite file that you may write to")


def shown_name(url: URL) -> str:
    """How a database is named in messages: without a password."""
    return (url.database or ":memory:") if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)


def reason_of(error: Exception) -> str:
    """What the database says, its first line."""
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where _on_begin says
    for pragma in (f"busy_timeout={BUSY_MS}", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("contrast_writes") else "BEGIN")


def _make_ready(engine: Engine, shown: str, *, create: bool) -> None:
    if create:
        _make_tables(engine, shown)
    elif not _is_made(engine):
        raise InputError(f"{shown}: no review store in it; expected the one that contrast serve keeps")
    with engine.connect() as connection:
        version = connection.scalar(select(MetaRow.value).where(MetaRow.name == "schema_version"))
    if version != str(SCHEMA_VERSION):
        raise InputError(
            f"{shown}: a review store of version {version}; this contrast reads version {SCHEMA_VERSION}; use the contrast that wrote it"
        )


def _is_made(engine: Engine) -> bool:
    with engine.connect() as connection:
        return inspect(connection).has_table(MetaRow.__tablename__)


def _make_tables(engine: Engine, shown: str) -> None:
    is_sqlite = engine.dialect.name == "sqlite"
    if is_sqlite:
        with closing(engine.raw_connection()) as raw:  # outside of any transaction
            raw.cursor().execute("PRAGMA journal_mode=WAL")
    with engine.execution_options(**WRITES).begin() as connection:
        if not is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
        names = set(inspect(connection).get_table_names())
        if MetaRow.__tablename__ in names:
            return
        if is_sqlite and names:
            raise InputError(f"{shown}: a database of something else, with tables as {min(names)}; name another file")
        Table.metadata.create_all(connection)
        connection.execute(MetaRow.__table__.insert().values(name="schema_version", value=str(SCHEMA_VERSION)))  # type: ignore[attr-defined]
