"""What others write, noticed: by LISTEN where the database tells, and by a question where it doesn't."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Session

from hfs.persistence.sql.portal import Portal
from hfs.persistence.sql.transactions import Transactions

CHANNEL: Final = "hfs_sessions"
"""What PostgreSQL's NOTIFY names the sessions by whose numbers it tells."""
_PATIENCE: Final = 1.0
"""How long a server that is away is waited for by a look whether anything changed, in seconds."""
_PAUSE: Final = 5.0
"""After how many seconds it is tried again to listen, where that failed."""


def notify(session: Session, doc_id: int) -> None:
    """Tells everybody who listens that a session changed, once the transaction is committed."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_notify(CHANNEL, str(doc_id))))


class Changes:
    """Which revision each session has, asked again and again.

    While the database tells of changes, a revision that is known is known until it tells.

    Args:
        transactions: The database.
        portal: Where the listening runs.
    """

    def __init__(self, transactions: Transactions, portal: Portal) -> None:
        self._transactions = transactions
        self._portal = portal
        self._lock = threading.Lock()
        self._connection: AsyncConnection | None = None
        self._closed = False
        self._tried = float("-inf")
        self._known: dict[int, str] = {}
        self._told = 0
        """How often anything was told: what was read before may be older."""

    def revision(self, doc_id: int, version: Callable[[Session], str | None]) -> str | None:
        """A mark that changes whenever a session does; None if it is gone.

        Args:
            doc_id: The session.
            version: Reads the mark.

        Raises:
            StoreIOError: The database can't be reached.
        """
        self._listen()
        with self._lock:
            known, told = self._known.get(doc_id), self._told
        if known is not None:
            return known
        found = self._transactions.read(version, patience=_PATIENCE)
        with self._lock:
            if found is not None and self._connection is not None and told == self._told:
                self._known[doc_id] = found
        return found

    def _listen(self) -> None:
        """Begins to listen, where it can be done and is not done yet."""
        if self._transactions.engine.dialect.driver != "asyncpg":
            return
        with self._lock:
            due = time.monotonic() - self._tried >= _PAUSE
            if self._connection is not None or self._closed or not due:
                return
            self._tried = time.monotonic()
        self._portal.run(self._open())

    async def _open(self) -> None:
        connection: AsyncConnection | None = None
        try:
            connection = await self._transactions.engine.connect()
            driver: Any = (await connection.get_raw_connection()).driver_connection
            driver.add_termination_listener(self._on_end)
            await driver.add_listener(CHANNEL, self._on_change)
            # What the pool gives away it would take back with its transaction ended, and its listeners with it.
            await connection.rollback()
        except (SQLAlchemyError, OSError):
            # Then each look is a question.
            if connection is not None:
                await connection.close()
            return
        with self._lock:
            self._told += 1
            self._connection = connection

    def _on_change(self, driver: object, process: int, channel: str, payload: str) -> None:
        with self._lock:
            self._told += 1
            if payload.isdecimal():
                self._known.pop(int(payload), None)

    def _on_end(self, driver: object) -> None:
        with self._lock:
            self._told += 1
            self._known.clear()
            self._connection = None

    def close(self) -> None:
        """Stops to listen."""
        with self._lock:
            self._closed = True
            connection, self._connection = self._connection, None
        if connection is not None:
            self._portal.run(self._let_go(connection))

    async def _let_go(self, connection: AsyncConnection) -> None:
        try:
            await connection.invalidate()
            await connection.close()
        except (SQLAlchemyError, OSError):
            return
