"""Many sessions brought into a database at once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hfs.errors import StoreError
from hfs.persistence._format import Document
from hfs.persistence._locks import TableLocks
from hfs.persistence.sql.documents import landed_as, take_numbers
from hfs.persistence.sql.new_session import NewSession
from hfs.persistence.sql.rows import CounterRow, SessionRow
from hfs.persistence.sql.transactions import Transactions, new_key


class SqlImports:
    """Brings many sessions into a database.

    Args:
        transactions: The database.
        locks: Keep two imports on this computer from running at once. Those on others see each other's sessions by the
            uids, of which a database takes each once.
    """

    def __init__(self, transactions: Transactions, locks: TableLocks) -> None:
        self._transactions = transactions
        self._locks = locks

    @property
    def by_a_process(self) -> Path | None:
        """None: threads share the connections."""
        return None

    @contextlib.contextmanager
    def exclusively(self) -> Iterator[None]:
        """Keeps others on this computer from importing."""
        with self._locks.imports():
            yield

    def reserve(self, count: int) -> int:
        """Takes so many ids in a row; returns the first."""
        return self._transactions.write(lambda session: take_numbers(session, count))

    def claim(self, doc_id: int) -> bool:
        """Takes this very id, if no session has or had it, or a higher one; says whether it did."""
        statement = (
            update(CounterRow)
            .where(CounterRow.name == "sessions", CounterRow.next <= doc_id)
            .values(next=doc_id + 1)
            .returning(CounterRow.next)
        )
        return self._transactions.write(lambda session: session.execute(statement).first() is not None)

    def give_back(self, first: int, end: int) -> None:
        """Lets ids be given out again, if nobody reserved more meanwhile."""

        def work(session: Session) -> Any:
            highest = session.scalar(select(func.max(SessionRow.id))) or 0
            if highest < first:
                counter = update(CounterRow).where(CounterRow.name == "sessions", CounterRow.next == end)
                session.execute(counter.values(next=first))

        self._transactions.write(work)

    def place(self, doc_id: int, document: Document) -> None:
        """Adds a document under an id that was reserved for it. It is whole and durable when this returns.

        Raises:
            StoreError: A session of its uid came in meanwhile.
            TypeError, ValueError: A value that JSON has no form for, or nested too deep; nothing was written.
        """
        key, new = new_key(), NewSession(document)

        def work(session: Session) -> int:
            try:
                new.insert(session, doc_id, key)
            except IntegrityError as error:
                session.rollback()
                # It may have waited for an attempt of its own that was being committed when its connection was lost.
                if landed_as(session, key) is None:
                    raise StoreError(f"Session {doc_id} was not added: one of its uid is here already.") from error
            return doc_id

        self._transactions.write(work, landed=lambda session: landed_as(session, key))

    def add_once(self, document: Document) -> tuple[int, bool]:
        """Adds a document unless there is one with its uid; returns its id, and whether it was added."""
        key, new = new_key(), NewSession(document)

        def landed(session: Session) -> tuple[int, bool] | None:
            doc_id = landed_as(session, key)
            return None if doc_id is None else (doc_id, True)

        def work(session: Session) -> tuple[int, bool]:
            # Held until the end of the transaction: nobody else adds one meanwhile.
            doc_id = take_numbers(session, 1)
            uid = new.columns(doc_id)["uid"]
            present = session.scalar(
                select(SessionRow.id).where(SessionRow.uid == uid, SessionRow.deleted_at.is_(None))
            )
            if present is not None:
                # The number stays for another one.
                session.rollback()
                return present, False
            new.insert(session, doc_id, key)
            return doc_id, True

        return self._transactions.write(work, landed=landed)
