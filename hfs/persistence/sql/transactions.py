"""Work done in transactions, for threads that wait for it: tried again while the server is away for a moment."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session
from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay, stop_when_event_set, wait_random_exponential

from hfs.persistence.sql.database import WRITES
from hfs.persistence.sql.failures import is_away, is_of_database, is_passing, shown, told
from hfs.persistence.sql.outage import Outage
from hfs.persistence.sql.portal import Portal

CHANGED: Final = "hfs_changed"
"""Where a session of SQLAlchemy notes the numbers of the sessions that its transaction changes."""
PATIENCE: Final = 10.0
"""How long a server that is away is waited for before words are said to be not saved, in seconds."""
ANSWER: Final = 60.0
"""How long a transaction may take before its connection is given up, in seconds."""
_LAST: Final = 5.0
"""How long what is being written is waited for at the end, in seconds."""
_SHORTEST: Final = 0.05
_LONGEST: Final = 1.0
_Result = TypeVar("_Result")


class Transactions:
    """Runs functions of a session of SQLAlchemy, each in a transaction of its own.

    Args:
        factory: Opens sessions.
        portal: Where their coroutines run.
        patience: How long a server that is away is waited for, in seconds, by all work together: what begins later,
            while it still is away, waits only for the rest, and fails soon once nothing is left.
    """

    def __init__(self, factory: async_sessionmaker[AsyncSession], portal: Portal, patience: float = PATIENCE) -> None:
        bind = factory.kw.get("bind")
        if not isinstance(bind, AsyncEngine):
            raise TypeError("A session factory for hfs is bound to one engine: make it with get_session_factory.")
        self.engine: AsyncEngine = bind
        self._factory = factory
        self._portal = portal
        self._patience = patience
        self._outage = Outage()
        self._ending = threading.Event()
        self._none_writes = threading.Condition()
        self._writes = 0
        self.on_changed: Callable[[int], None] = lambda doc_id: None
        """Called with the number of each session that is noted under ``CHANGED``, once the change is committed."""

    @property
    def place(self) -> str:
        """The database, for people: never with a password."""
        return shown(self.engine.url)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is SQLite; else it is PostgreSQL."""
        return self.engine.dialect.name == "sqlite"

    def read(
        self, work: Callable[[Session], _Result], *, patience: float | None = None, answer: float | None = ANSWER
    ) -> _Result:
        """What a function that only reads returns. It may be called several times.

        Args:
            work: The function.
            patience: How long a server that is away is waited for, in seconds; as for all, where it is None.
            answer: How long a server may take for all of it, in seconds; for ever, where it is None.

        Raises:
            StoreIOError, LockTimeoutError: The database can't be reached, or refuses.
        """
        return self._portal.run(self._patiently(work, self._patience if patience is None else patience, answer))

    def write(
        self, work: Callable[[Session], _Result], *, landed: Callable[[Session], _Result | None] | None = None
    ) -> _Result:
        """The same, of one that writes: durable once this returns.

        Args:
            work: The function.
            landed: Asked before it is called again, where the server's answer got lost: what the work returned if its
                transaction was committed all the same, None if it wasn't. Where there is none, the work must come to
                the same whether it was done before or not.
        """
        attempts = 0

        def attempt(session: Session) -> _Result:
            nonlocal attempts
            attempts += 1
            before = landed(session) if landed is not None and attempts > 1 else None
            if before is not None:
                return before
            try:
                return work(session)
            except IntegrityError:
                # The server may have been committing the attempt before when it was asked.
                if landed is None or attempts == 1:
                    raise
                session.rollback()
                before = landed(session)
                if before is None:
                    raise
                return before

        with self._counted_write():
            return self._portal.run(self._patiently(attempt, self._patience, ANSWER, writes=True))

    @contextlib.contextmanager
    def _counted_write(self) -> Iterator[None]:
        with self._none_writes:
            self._writes += 1
        try:
            yield
        finally:
            with self._none_writes:
                self._writes -= 1
                self._none_writes.notify_all()

    async def _patiently(
        self, work: Callable[[Session], _Result], patience: float, answer: float | None, *, writes: bool = False
    ) -> _Result:
        attempts = AsyncRetrying(
            stop=stop_after_delay(self._outage.left_of(patience)) | stop_when_event_set(self._ending),
            wait=wait_random_exponential(_SHORTEST, _LONGEST),
            retry=retry_if_exception(is_passing),
            reraise=True,
        )
        try:
            return await attempts(self._once, work, answer, writes)
        except Exception as error:
            if is_of_database(error):
                raise told(error, self.place) from error
            raise

    def _opened(self) -> AsyncSession:
        # Rows are read after the commit, whatever the factory says.
        return self._factory(expire_on_commit=False)

    async def _once(self, work: Callable[[Session], _Result], answer: float | None, writes: bool) -> _Result:
        try:
            # A file answers as soon as it can.
            async with asyncio.timeout(None if self.is_sqlite else answer), self._opened() as session:
                if writes:
                    await session.connection(execution_options={WRITES: True})
                elif not self.is_sqlite:
                    # Else a session and its messages, read one after the other, could be of two moments.
                    await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
                result = await session.run_sync(work)
                await session.commit()
                changed: list[int] = session.info.pop(CHANGED, [])
        except Exception as error:
            if is_away(error):
                self._outage.is_seen()
            raise
        self._outage.is_over()
        for doc_id in changed:
            self.on_changed(doc_id)
        return result

    def finish_writes(self) -> None:
        """Waits until what other threads are writing is written: a server that is away, or silent, not for long."""
        self._ending.set()
        with self._none_writes:
            self._none_writes.wait_for(lambda: not self._writes, None if self.is_sqlite else _LAST)
        self._ending.clear()

    def close(self) -> None:
        """Closes the connections."""
        self._portal.run(self.engine.dispose())


def new_key() -> str:
    """What a write is known by, should its answer get lost."""
    return secrets.token_hex(16)
