"""Deleted sessions in a database, and messages that were taken out of others, until the trash is emptied."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hfs.errors import StoreError
from hfs.persistence._engine import KeptMessages, is_as_before
from hfs.persistence._format import Document
from hfs.persistence._ids import is_id
from hfs.persistence._json import encode, exact, loads
from hfs.persistence._time import now
from hfs.persistence.models import SessionSummary, TrashedSession
from hfs.persistence.sql.asking import summary_of
from hfs.persistence.sql.changes import notify
from hfs.persistence.sql.rows import KeptRow, SessionRow
from hfs.persistence.sql.transactions import Transactions, new_key


class SqlTrash:
    """What was deleted: rows with a moment in ``deleted_at``.

    Args:
        transactions: The database.
    """

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def take(self, session_id: int) -> bool:
        """Moves a session into the trash; says whether it was there."""
        return is_id(session_id) and self._take(session_id, None)

    def take_unchanged(self, shown: SessionSummary) -> bool:
        """The same, if nothing happened in it since it was shown; says whether it did."""
        return is_id(shown.id) and self._take(shown.id, shown)

    def _take(self, session_id: int, shown: SessionSummary | None) -> bool:
        key = new_key()

        def work(session: Session) -> bool:
            row = session.get(SessionRow, session_id, with_for_update=True)
            if row is None:
                return False
            if row.version == key:
                return True
            if row.deleted_at is not None or (
                shown is not None and not is_as_before(shown, summary_of(row, row.tags, row.models))
            ):
                return False
            row.deleted_at, row.version = now(), key
            notify(session, session_id)
            return True

        return self._transactions.write(work)

    def restore(self, session_id: int) -> bool:
        """Brings a deleted session back; says whether there was one.

        Raises:
            StoreError: A session of its uid is here again.
        """
        key = new_key()

        def work(session: Session) -> bool:
            row = session.get(SessionRow, session_id, with_for_update=True)
            if row is None or (row.deleted_at is None and row.version != key):
                return False
            row.deleted_at, row.version = None, key
            notify(session, session_id)
            try:
                session.flush()
            except IntegrityError as error:
                present = select(SessionRow.id).where(SessionRow.uid == row.uid, SessionRow.deleted_at.is_(None))
                session.rollback()
                raise StoreError(
                    f"Session {session_id} is here again as session {session.scalar(present)}; nothing was restored."
                ) from error
            return True

        return is_id(session_id) and self._transactions.write(work)

    def sessions(self) -> list[TrashedSession]:
        """What was deleted, the latest first."""
        statement = (
            select(SessionRow.id, SessionRow.name, SessionRow.deleted_at, SessionRow.message_count)
            .where(SessionRow.deleted_at.is_not(None))
            .order_by(SessionRow.deleted_at.desc(), SessionRow.id.desc())
        )
        found = self._transactions.read(lambda session: session.execute(statement).all())
        return [TrashedSession(number, name, moment, count, "") for number, name, moment, count in found if moment]

    def uids(self) -> dict[str, int]:
        """The session of each uid that was deleted."""
        statement = select(SessionRow.uid, SessionRow.id).where(SessionRow.deleted_at.is_not(None))
        rows = self._transactions.read(lambda session: session.execute(statement).all())
        return {row.uid: row.id for row in rows}

    def keep_messages(self, session_id: int, messages: list[Document]) -> str:
        """Keeps messages that were taken out of a session that is still there; returns the number of their row."""
        key = new_key()
        encoded = encode(messages)

        def work(session: Session) -> str:
            row = session.scalar(select(KeptRow).where(KeptRow.write_key == key))
            if row is None:
                row = KeptRow(session_id=session_id, kept_at=now(), messages=encoded, write_key=key)
                session.add(row)
                session.flush()
            return str(row.id)

        return self._transactions.write(work)

    def kept(self, session_id: int | None = None) -> list[KeptMessages]:
        """Messages that were taken out of a session, or of any, in the order of time."""
        statement = select(KeptRow).order_by(KeptRow.kept_at, KeptRow.id)
        if session_id is not None:
            statement = statement.where(KeptRow.session_id == session_id)
        rows = self._transactions.read(lambda session: session.scalars(statement).all())
        return [
            KeptMessages(row.session_id, row.kept_at, str(row.id), exact(row.messages, loads(row.messages)))
            for row in rows
        ]

    def discard(self, kept: KeptMessages) -> None:
        """Removes messages that are in their session again."""
        self._transactions.write(lambda session: session.execute(delete(KeptRow).where(KeptRow.id == int(kept.place))))

    def empty(self, before: datetime | None) -> int:
        """Removes for good what was deleted before a moment, or everything; returns how many pieces that were."""
        gone = delete(SessionRow).where(SessionRow.deleted_at.is_not(None))
        kept = delete(KeptRow)
        if before is not None:
            gone, kept = gone.where(SessionRow.deleted_at < before), kept.where(KeptRow.kept_at < before)

        def work(session: Session) -> int:
            return sum(cast(CursorResult[Any], session.execute(statement)).rowcount for statement in (gone, kept))

        return self._transactions.write(work)
