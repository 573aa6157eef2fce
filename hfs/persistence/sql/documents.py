"""Session documents in a database. Each write is a transaction, and durable once its method returns."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session, selectinload

from hfs.errors import StoreIOError, UnsupportedFormatError
from hfs.persistence._format import Amend, Document, newer_version, render
from hfs.persistence._ids import OTHER_STORE, is_id, require_id_left
from hfs.persistence._time import now
from hfs.persistence.session_document.layout import SESSION_LAYOUT, complete
from hfs.persistence.sql.changes import Changes, notify
from hfs.persistence.sql.mapping import (
    Columns,
    document_from,
    header_from,
    item_from,
    listed_after,
    message_columns,
    session_columns,
)
from hfs.persistence.sql.message_rows import insert_messages, messages_of, numbered, replace_messages, replacement
from hfs.persistence.sql.new_session import NewSession
from hfs.persistence.sql.rows import CounterRow, MessageRow, SessionRow
from hfs.persistence.sql.transactions import Transactions, new_key
from hfs.persistence.sql.words import by_text

_ATTEMPTS: Final = 40
_PAUSE: Final = 0.01


@dataclass(slots=True)
class Stored:
    """A document as it was read."""

    document: Document
    row: SessionRow
    salvaged: bool = False


class SqlDocuments:
    """The documents of sessions.

    Args:
        transactions: The database.
        changes: Notices what others write.
    """

    def __init__(self, transactions: Transactions, changes: Changes) -> None:
        self._transactions = transactions
        self._changes = changes

    # Reading

    def read(self, doc_id: int) -> Stored | None:
        """A document as it is now, or None if there is none."""
        row = self._transactions.read(lambda session: whole(session, doc_id)) if is_id(doc_id) else None
        return Stored(document_from(row), row) if row is not None else None

    refresh = read

    def read_bytes(self, doc_id: int) -> bytes:
        """A document as its file would be; empty if there is none."""
        stored = self.read(doc_id)
        return render(stored.document, SESSION_LAYOUT) if stored is not None else b""

    def exists(self, doc_id: int) -> bool:
        """Whether there is a document of that id."""
        return is_id(doc_id) and self._transactions.read(lambda session: _version(session, doc_id)) is not None

    def revision(self, doc_id: int) -> str | None:
        """A mark that changes whenever the document does; None if it is gone."""
        if not is_id(doc_id):
            return None
        return self._changes.revision(doc_id, lambda session: _version(session, doc_id))

    def read_only_reason(self, doc_id: int, document: Document) -> str | None:
        """Why a document can't be written by this hfs, or None."""
        return newer_version(f"Session {doc_id} in {self._transactions.place}", document, SESSION_LAYOUT)

    def require_writable(self, doc_id: int, document: Document) -> None:
        """Raises UnsupportedFormatError for a document of a newer format."""
        reason = self.read_only_reason(doc_id, document)
        if reason:
            raise UnsupportedFormatError(reason, path=Path(), version=document.get("format"))

    # Adding

    def create(self, document: Document) -> int:
        """Adds a document; returns its id."""
        key, new = new_key(), NewSession(document)

        def work(session: Session) -> int:
            doc_id = take_numbers(session, 1)
            new.insert(session, doc_id, key)
            return doc_id

        return self._transactions.write(work, landed=lambda session: _landed(session, key))

    def append(self, doc_id: int, items: list[Document], amend: Amend | None = None) -> list[Document] | None:
        """Appends messages; returns them as they were stored, or None if there is no such document."""
        if not items:
            return [] if self.exists(doc_id) else None
        if not is_id(doc_id):
            return None
        keys = [new_key() for _ in items]
        words = by_text(found["content"] for found in message_columns(doc_id, items, now()))

        def landed(session: Session) -> list[Document] | None:
            statement = select(MessageRow).where(MessageRow.write_key.in_(keys)).order_by(MessageRow.position)
            return [item_from(row) for row in session.scalars(statement)] or None

        def work(session: Session) -> list[Document] | None:
            locked = select(SessionRow).where(SessionRow.id == doc_id, SessionRow.deleted_at.is_(None))
            row = session.scalar(locked.with_for_update())
            return None if row is None else self._append(session, row, items, keys, words, amend)

        return self._transactions.write(work, landed=landed)

    def _append(
        self,
        session: Session,
        row: SessionRow,
        items: list[Document],
        keys: list[str],
        words: dict[str, list[str]],
        amend: Amend | None,
    ) -> list[Document]:
        header = header_from(row)
        self.require_writable(row.id, header)
        if "messages" in header:
            raise TypeError(f"'messages' of document {row.id} is no list")
        placed, fresh = numbered(session, row, items)
        if amend is not None and amend(header, placed):
            _set(row, _header_columns(row.id, header))
        if fresh:
            columns = message_columns(row.id, fresh, row.created_at)
            insert_messages(session, row.id, columns, row.message_count, keys[: len(fresh)], words)
            _set(row, listed_after(row, fresh))
            row.last_number = max(row.last_number, *(found["number"] for found in columns))
            row.version = keys[0]
            notify(session, row.id)
        return placed

    # Changing

    def modify(self, doc_id: int, change: Callable[[Document], None]) -> Document | None:
        """Changes a document as it is now; None if there is none.

        The change is made outside of any transaction, and written only if nobody wrote meanwhile; else it is made anew.
        """
        for attempt in range(_ATTEMPTS):
            stored = self.read(doc_id)
            if stored is None:
                return None
            self.require_writable(doc_id, stored.document)
            before = render(stored.document, SESSION_LAYOUT)
            document = stored.document
            change(document)
            complete(doc_id, document)
            if render(document, SESSION_LAYOUT) == before or self._replace(stored.row, document):
                return document
            time.sleep(random.uniform(0, _PAUSE * (attempt + 1)))
        raise StoreIOError(
            f"Session {doc_id} in {self._transactions.place} keeps changing. Nothing was written; try again.",
            path=Path(),
        )

    def _replace(self, before: SessionRow, document: Document) -> bool:
        """Writes a document in the place of what was read; False if somebody wrote meanwhile."""
        key = new_key()
        columns = session_columns(before.id, document)
        messages = messages_of(before.id, document, columns)
        new = replacement(before, messages)
        highest = max([before.last_number, *(found["number"] for found in messages)])

        def work(session: Session) -> bool:
            changed = {**columns, "version": key, "last_number": highest}
            statement = update(SessionRow).where(SessionRow.id == before.id, SessionRow.version == before.version)
            if session.execute(statement.values(**changed).returning(SessionRow.id)).first() is None:
                # It may have waited for an attempt of its own that was being committed when its connection was lost.
                return _version(session, before.id) == key
            replace_messages(session, before.id, new, key)
            notify(session, before.id)
            return True

        return self._transactions.write(work, landed=lambda session: _landed(session, key) == before.id or None)

    def mend(self, doc_id: int, recover: Callable[[bytes], Document | None]) -> object | None:
        """None: what a database holds is no damaged file."""
        return None

    def settle(self) -> None:
        """Nothing: nobody saves old copies into a database."""


def whole(session: Session, doc_id: int) -> SessionRow | None:
    """A session with its messages, unless it was deleted."""
    statement = select(SessionRow).options(selectinload(SessionRow.messages))
    return session.scalar(statement.where(SessionRow.id == doc_id, SessionRow.deleted_at.is_(None)))


def _version(session: Session, doc_id: int) -> str | None:
    statement = select(SessionRow.version).where(SessionRow.id == doc_id, SessionRow.deleted_at.is_(None))
    return session.scalar(statement)


def landed_as(session: Session, key: str) -> int | None:
    """The session that a write brought in, or changed last; None if it wasn't committed."""
    return session.scalar(select(SessionRow.id).where(SessionRow.version == key))


def _landed(session: Session, key: str) -> int | None:
    """The same, also where somebody wrote after it, if it brought messages in: it may look at every message."""
    found = landed_as(session, key)
    if found is None:
        keys = MessageRow.write_key.startswith(f"{key}-", autoescape=True)
        found = session.scalar(select(MessageRow.session_id).where(keys).limit(1))
    return found


def take_numbers(session: Session, count: int) -> int:
    """Takes so many ids in a row that no session has or had; returns the first.

    Raises:
        StoreError: There are not so many left.
    """
    statement = update(CounterRow).where(CounterRow.name == "sessions").values(next=CounterRow.next + count)
    following = int(session.execute(statement.returning(CounterRow.next)).scalar_one())
    require_id_left(following - 1, "the database", OTHER_STORE)
    return following - count


def _header_columns(doc_id: int, header: Document) -> Columns:
    """The columns that only the header makes."""
    columns = session_columns(doc_id, {**header, "messages": []})
    listed = ("message_count", "updated_at", "active_at", "models", "spoken_by", "activity")
    return {name: value for name, value in columns.items() if name not in listed}


def _set(row: SessionRow, columns: Columns) -> None:
    for name, value in columns.items():
        setattr(row, name, value)
