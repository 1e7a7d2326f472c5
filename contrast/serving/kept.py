"""Reports that have an address, so that it shows them again: in the database of the reviews, each once, packed.

The article itself and the marks on it are the review store's; here is only what would have to be computed again.
"""

import json
import zlib
from collections.abc import Callable
from datetime import datetime, timezone
from typing import TypeVar

from sqlalchemy import Engine, LargeBinary, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from contrast.errors import InputError
from contrast.rendering.carried import Carried, from_carried
from contrast.reviews.store import ReviewStore, StoreError
from contrast.reviews.tables import EXPECTED, WRITES, open_engine, shown_name
from contrast.serving.addresses import N_HEX
from contrast.serving.refusals import NO_ARTICLE, NOT_NOW, Refusal

MAX_KEPT = 5000
Result = TypeVar("Result")


class Table(DeclarativeBase):
    """Root of the tables of the page."""


class ReportRow(Table):
    """What a page carries of the latest report on an article, as zlib-packed JSON."""

    __tablename__ = "contrast_reports"
    id: Mapped[str] = mapped_column(primary_key=True)
    article_sha256: Mapped[str]
    carried: Mapped[bytes] = mapped_column(LargeBinary)
    kept_at: Mapped[str] = mapped_column(index=True)


class KeptReports:
    """Keeps the `max_kept` latest reports; raises Refusal when the database does not answer. Safe to share between threads."""

    def __init__(self, engine: Engine, store: ReviewStore, *, max_kept: int = MAX_KEPT) -> None:
        self._engine, self.store, self._max_kept = engine, store, max_kept
        self.name = shown_name(engine.url)

    @classmethod
    def open(cls, where: str, *, max_kept: int = MAX_KEPT) -> "KeptReports":
        """The reports and marks in a SQLite file or at a URL; raises InputError or UsageError when it cannot be used."""
        engine = open_engine(where, create=True)
        try:
            with engine.execution_options(**WRITES).begin() as connection:
                Table.metadata.create_all(connection)
        except DBAPIError as error:
            engine.dispose()
            raise InputError(
                f"{shown_name(engine.url)}: reports cannot be kept there ({error.orig}); {EXPECTED} that can be written"
            ) from error
        return cls(engine, ReviewStore(engine), max_kept=max_kept)

    def close(self) -> None:
        """Gives the connections back."""
        self.store.close()

    def keep(self, written: str) -> str:
        """Keeps what a page carries of one report, given as JSON; returns the id in its address."""
        (report,) = from_carried(json.loads(written), "report").reports
        try:
            sha256 = self.store.keep_report(report)
        except InputError as error:
            raise Refusal(NO_ARTICLE, str(error)) from error
        except StoreError as error:
            raise _no_answer() from error
        row = {
            "id": sha256[:N_HEX],
            "article_sha256": sha256,
            "carried": zlib.compress(written.encode()),
            "kept_at": datetime.now(timezone.utc).isoformat(),
        }

        def keep(session: Session) -> None:
            insert = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(ReportRow).values(row)
            session.execute(insert.on_conflict_do_update(index_elements=["id"], set_={**row, "id": insert.excluded.id}))
            oldest = select(ReportRow.kept_at).order_by(ReportRow.kept_at.desc()).offset(self._max_kept).limit(1).scalar_subquery()
            session.execute(delete(ReportRow).where(ReportRow.kept_at <= oldest))

        self._run(self._engine.execution_options(**WRITES), keep)
        return sha256[:N_HEX]

    def find(self, id: str) -> Carried | None:
        """What the page at that address carries; raises Refusal when it is not what this version keeps."""
        packed = self._run(self._engine, lambda session: session.scalar(select(ReportRow.carried).where(ReportRow.id == id[:N_HEX])))
        if packed is None:
            return None
        try:
            return from_carried(json.loads(zlib.decompress(packed)), id)
        except InputError as error:
            raise Refusal(404, "the report kept at this address cannot be read any more; check the text again") from error

    def _run(self, engine: Engine, work: Callable[[Session], Result]) -> Result:
        try:
            with Session(engine) as session, session.begin():
                return work(session)
        except SQLAlchemyError as error:
            raise _no_answer() from error


def _no_answer() -> Refusal:
    return Refusal(NOT_NOW, "the database does not answer; try again", retry_after=5)
