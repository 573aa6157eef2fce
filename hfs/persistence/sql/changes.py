"""What others write, noticed: by LISTEN where the database tells, and by a question where it doesn't."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Session

from hfs.persistence.sql.failures import is_of_database
from hfs.persistence.sql.portal import Portal
from hfs.persistence.sql.transactions import CHANGED, Transactions

CHANNEL: Final = "hfs_sessions"
"""What PostgreSQL's NOTIFY names the sessions by whose numbers it tells."""
_PATIENCE: Final = 1.0
"""How long a server that is away is waited for by a look whether anything changed, in seconds."""
_ANSWER: Final = 5.0
"""How long a server may be silent when a look asks it, in seconds."""
_PAUSE: Final = 5.0
"""After how many seconds it is tried again to listen, where that failed."""
_TRUST: Final = 10.0
"""For how many seconds silence means that nothing changed: a connection may be dead without anybody being told."""
_DIGITS: Final = 18
"""How many digits the number of a session has at the most."""


def notify(session: Session, doc_id: int) -> None:
    """Tells everybody who listens that a session changed, once the transaction is committed."""
    if session.get_bind().dialect.name == "postgresql":
        session.info.setdefault(CHANGED, []).append(doc_id)
        session.execute(select(func.pg_notify(CHANNEL, str(doc_id))))


class _Known(NamedTuple):
    revision: str
    until: float
    """When it is asked for again, although nothing was told."""


class Changes:
    """Which revision each session has, asked again and again.

    While the database tells of changes, a revision that is known is known until it tells, or for ten seconds.

    Args:
        transactions: The database.
        portal: Where the listening runs.
    """

    def __init__(self, transactions: Transactions, portal: Portal) -> None:
        self._transactions = transactions
        self._portal = portal
        self._lock = threading.Lock()
        self._connection: AsyncConnection | None = None
        self._driver: object = None
        self._closed = False
        self._tried = float("-inf")
        self._known: dict[int, _Known] = {}
        self._told = 0
        """How often anything was told: what was read before may be older."""
        self._ending: set[asyncio.Task[None]] = set()
        # What this process wrote is told to it as to others: a moment later, and it would ask before.
        transactions.on_changed = self._on_written

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
        if known is not None and time.monotonic() < known.until:
            return known.revision
        found = self._transactions.read(version, patience=_PATIENCE, answer=_ANSWER)
        with self._lock:
            deaf = None
            if told == self._told and self._connection is not None:
                if known is not None and known.revision != found:
                    deaf = self._forget()
                elif found is not None:
                    self._known[doc_id] = _Known(found, time.monotonic() + _TRUST)
        if deaf is not None:
            self._portal.run(_let_go(deaf))
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
        except Exception as error:
            if connection is not None:
                await _let_go(connection)
            if not is_of_database(error):
                raise
            # Then each look is a question.
            return
        with self._lock:
            self._told += 1
            is_wanted = not self._closed and not driver.is_closed()
            if is_wanted:
                self._connection, self._driver = connection, driver
        if not is_wanted:
            await _let_go(connection)

    def _on_change(self, driver: object, process: int, channel: str, payload: str) -> None:
        # Anybody may tell anything on the channel.
        if payload.isdecimal() and len(payload) <= _DIGITS:
            self._on_written(int(payload))

    def _on_written(self, doc_id: int) -> None:
        with self._lock:
            self._told += 1
            self._known.pop(doc_id, None)

    def _on_end(self, driver: object) -> None:
        with self._lock:
            # One that was let go before ends later.
            connection = self._forget() if driver is self._driver else None
        if connection is not None:
            # Who listens has one of the pool's places, which would be taken for ever.
            ending = asyncio.get_running_loop().create_task(_let_go(connection))
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)

    def _forget(self) -> AsyncConnection | None:
        """Takes nothing for known any more; returns the connection, of which nothing is heard any more."""
        self._told += 1
        self._known.clear()
        connection, self._connection = self._connection, None
        return connection

    def close(self) -> None:
        """Stops to listen."""
        with self._lock:
            self._closed = True
            connection, self._connection = self._connection, None
        if connection is not None:
            self._portal.run(_let_go(connection))


async def _let_go(connection: AsyncConnection) -> None:
    try:
        await connection.invalidate()
        await connection.close()
    except Exception as error:
        if not is_of_database(error):
            raise
