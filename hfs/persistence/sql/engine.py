"""Sessions in a SQL database, put together: an engine for the store."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import URL, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from hfs import paths
from hfs.errors import StoreError
from hfs.persistence._file_ops import FileOps
from hfs.persistence._locks import TableLocks
from hfs.persistence.sql.changes import Changes
from hfs.persistence.sql.database import create_db_engine, get_session_factory
from hfs.persistence.sql.documents import SqlDocuments
from hfs.persistence.sql.imports import SqlImports
from hfs.persistence.sql.index import SqlIndex
from hfs.persistence.sql.portal import CallersLoop, OwnLoop, Portal
from hfs.persistence.sql.rows import SessionRow
from hfs.persistence.sql.transactions import PATIENCE, Transactions
from hfs.persistence.sql.trash import SqlTrash
from hfs.persistence.store_location import StoreLocation, parse_store, sqlite_store

if TYPE_CHECKING:
    from hfs.persistence.check import CheckReport
    from hfs.persistence.models import MergedCopy

_DRAFTS: Final = "drafts"
_LOCKS: Final = "locks"


class SqlEngine:
    """Keeps sessions in a SQL database.

    Args:
        factory: Opens sessions of SQLAlchemy.
        portal: Where their coroutines run.
        folder: What this computer keeps for this database: drafts, locks.
        owns_engine: Whether to close the database's connections at the end.
        patience: How long a server that is away is waited for, in seconds.
    """

    def __init__(
        self,
        factory: async_sessionmaker[AsyncSession],
        portal: Portal,
        folder: Path,
        *,
        owns_engine: bool,
        patience: float = PATIENCE,
    ) -> None:
        self._portal = portal
        self._folder = folder
        self._owns_engine = owns_engine
        self._transactions = Transactions(factory, portal, patience)
        self._changes = Changes(self._transactions, portal)
        self._locks = TableLocks(FileOps(), str(folder / _LOCKS), paths.SESSIONS)
        self.documents = SqlDocuments(self._transactions, self._changes)
        self.index = SqlIndex(self._transactions)
        self.imports = SqlImports(self._transactions, self._locks)
        self.trash = SqlTrash(self._transactions)

    @property
    def place(self) -> str:
        """The database, without a password."""
        return self._transactions.place

    @property
    def drafts(self) -> Path:
        """The folder for words that could not be saved."""
        return self._folder / _DRAFTS

    def require_readable(self) -> None:
        """Looks whether the sessions can be listed, and reads none.

        Raises:
            StoreIOError: They can't be.
        """
        self._transactions.read(lambda session: session.scalar(select(SessionRow.id).limit(1)))

    def path(self, session_id: int) -> None:
        """None: there are no files."""
        return None

    def check(self, session_ids: Sequence[int] | None, *, repair: bool) -> CheckReport:
        """Reads everything and says what is wrong with it."""
        from hfs.persistence.sql.check import check_database

        return check_database(self._transactions, session_ids, repair=repair)

    def conflict_copies(self) -> list[tuple[int, Path]]:
        """Nothing: no sync program copies rows."""
        return []

    def merge_copy(self, session_id: int, path: Path) -> MergedCopy:
        """Raises StoreError: there is no such copy."""
        raise StoreError(f"{path} is no copy of a session in {self.place}. `hfs import` brings a file in.")

    def close(self) -> None:
        """Waits for what is being written, stops to listen, and closes what is ours."""
        self._transactions.finish_writes()
        self._changes.close()
        if self._owns_engine:
            self._transactions.close()
        self._locks.close()
        self._portal.close()


def open_engine(location: StoreLocation, home: Path) -> SqlEngine:
    """The engine of a database, on an event loop of its own.

    Args:
        location: Which database.
        home: The home folder.

    Raises:
        UnsupportedFormatError: A newer hfs made its tables.
        StoreIOError: It can't be reached, or written.
    """
    engine = create_db_engine(url=location.url)
    folder = home / paths.STORES / location.folder_name
    return SqlEngine(get_session_factory(engine), OwnLoop(), folder, owns_engine=True)


def engine_of(factory: async_sessionmaker[AsyncSession], home: Path) -> tuple[SqlEngine, CallersLoop]:
    """An engine on the caller's own connections and event loop, and what must be told of that loop.

    Args:
        factory: The caller's, see ``get_session_factory``.
        home: The home folder.
    """
    loop = CallersLoop()
    folder = home / paths.STORES / _folder_name(factory.kw["bind"].url, home) if "bind" in factory.kw else home
    return SqlEngine(factory, loop, folder, owns_engine=False), loop


def _folder_name(url: URL, home: Path) -> str:
    """The folder for a database of the caller's: the same as for the store of that name, where there can be one."""
    if url.get_backend_name() == "sqlite":
        database = url.database or ""
        if database in ("", ":memory:") or database.startswith("file:"):
            return "sqlite-memory"
        return sqlite_store(Path(database).absolute(), home).folder_name
    # Other parameters say how one comes to it, and not which it is.
    host = {name: value for name, value in url.query.items() if name == "host"}
    plain = url.set(drivername="postgresql", password=None, query=host)
    return parse_store(plain.render_as_string(hide_password=True), home).folder_name
