"""A database opened: its engine, its tables, and the sessions of SQLAlchemy."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from hfs import paths
from hfs.errors import HfsError, StoreIOError
from hfs.persistence._file_ops import FileOps
from hfs.persistence._files import make_folder
from hfs.persistence.sql.failures import is_of_database, shown, told
from hfs.persistence.sql.file_identity import keep_to_file
from hfs.persistence.sql.schema import VERSIONS, bring_up_to_date, is_made, is_up_to_date
from hfs.persistence.store_location import SQLITE_FILE

WRITES: Final = "hfs_writes"
"""The execution option of a connection that is going to write: SQLite locks the database then, and not later."""
_BUSY: Final = 30.0
"""How long another process is waited for that writes to a SQLite database, in seconds."""
_CONNECT: Final = 10
"""How long a server may take to let somebody in, in seconds."""
_POOL: Final = 5
_MORE: Final = 15
_Result = TypeVar("_Result")


def create_db_engine(db_path: Path | None = None, url: str | None = None) -> AsyncEngine:
    """A database for sessions, its tables made, or brought up to date by the migrations.

    Args:
        db_path: The file of a SQLite database; ``~/.hfs/sessions.db``, where both are None. Its folder is made.
        url: The address of any database that hfs knows, as SQLAlchemy has it: ``sqlite+aiosqlite:///…``,
            ``postgresql+asyncpg://…`` or ``postgresql+psycopg://…``. A driver that is not named is added.

    Returns:
        An engine of SQLAlchemy. Whoever asked for it disposes of it.

    Raises:
        ValueError: Both are given, or it is the address of another kind of database.
        UnsupportedFormatError: A newer hfs made the tables.
        StoreIOError: It can't be reached, or written, or needs more packages.

    Example:
        >>> import asyncio
        >>> from pathlib import Path
        >>> from hfs.persistence import SessionRepository, create_db_engine, get_session_factory
        >>> async def main() -> None:
        ...     engine = create_db_engine(Path("team.db"))
        ...     async with SessionRepository(get_session_factory(engine), home="chats") as repo:
        ...         print((await repo.create("Bread")).id)
        ...     await engine.dispose()
        >>> asyncio.run(main())
        1
    """
    if url is not None and db_path is not None:
        raise ValueError("create_db_engine takes db_path or url, not both.")
    if url is None:
        address = URL.create("sqlite+aiosqlite", database=str(db_path or paths.home_folder() / SQLITE_FILE))
    else:
        address = _with_driver(make_url(url))
    if _is_file(address):
        # A relative name is another file once the program changes its folder.
        address = address.set(database=str(Path(address.database or "").absolute()))
    _off_the_loop(lambda: _prepare(address))
    return _engine(address)


def has_tables(url: str) -> bool:
    """Whether there are tables of hfs in a database. Nothing is made, and nothing changed.

    Args:
        url: Its address, as for ``create_db_engine``.

    Raises:
        StoreIOError: It can't be reached, or is no database.
    """
    address = _with_driver(make_url(url))
    if address.get_backend_name() == "sqlite":
        return _is_sqlite_with_tables(address)
    return _off_the_loop(lambda: _look_for_tables(address))


def get_session_factory(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """What opens sessions of SQLAlchemy on a database; rows stay readable after a commit.

    Args:
        engine: The database.

    Returns:
        What ``SessionRepository`` takes.

    Example:
        >>> import asyncio
        >>> from pathlib import Path
        >>> from sqlalchemy import text
        >>> from hfs.persistence import create_db_engine, get_session_factory
        >>> async def main() -> None:
        ...     engine = create_db_engine(Path("team.db"))
        ...     async with get_session_factory(engine)() as session:
        ...         print(await session.scalar(text("SELECT count(*) FROM sessions")))
        ...     await engine.dispose()
        >>> asyncio.run(main())
        0
    """
    return async_sessionmaker(engine, expire_on_commit=False)


def _with_driver(address: URL) -> URL:
    kind = address.get_backend_name()
    if kind not in ("sqlite", "postgresql"):
        raise ValueError(f"hfs has no engine for {kind}: give a sqlite or postgresql address.")
    if address.drivername == kind:
        address = address.set(drivername=f"{kind}+{'aiosqlite' if kind == 'sqlite' else 'asyncpg'}")
    return address


def _engine(address: URL, **options: Any) -> AsyncEngine:
    try:
        return _created(address, **options)
    except ModuleNotFoundError as error:
        package = "psycopg[binary]" if address.get_driver_name() == "psycopg" else "hfs-chat[sql]"
        reason = f"{shown(address)} needs more packages: python3 -m pip install '{package}'."
        raise StoreIOError(reason, path=Path(shown(address))) from error


def _created(address: URL, **options: Any) -> AsyncEngine:
    # What people wrote would stand in tracebacks.
    options["hide_parameters"] = True
    if address.get_backend_name() == "sqlite":
        connect: dict[str, Any] = {"timeout": _BUSY}
        engine = create_async_engine(address, connect_args=connect, **options)
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        if _is_file(address):
            keep_to_file(engine)
        return engine
    if address.get_driver_name() == "asyncpg":
        # A commit that is acknowledged before it is on the disk would be a message shown as saved that can be lost.
        settings = {"synchronous_commit": "on", "application_name": "hfs"}
        options["connect_args"] = {
            "server_settings": settings,
            "timeout": _CONNECT,
            "connection_class": _postgres_connection(),
        }
    else:
        settings = {"options": "-c synchronous_commit=on", "application_name": "hfs"}
        options["connect_args"] = {**settings, "connect_timeout": _CONNECT}
    if "poolclass" not in options:
        options |= {"pool_size": _POOL, "max_overflow": _MORE}
    return create_async_engine(address, **options)


def _postgres_connection() -> type[Any]:
    # Imported when used: SQLite needs no driver of PostgreSQL.
    from hfs.persistence.sql.postgres_connection import PostgresConnection

    return PostgresConnection


def _prepare_sqlite(connection: Any, entry: ConnectionPoolEntry) -> None:
    # Transactions begin where we say so, and not where the driver thinks that one is needed.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _off_the_loop(work: Callable[[], Coroutine[Any, Any, _Result]]) -> _Result:
    """Runs a coroutine on an event loop on a thread of its own: the caller may be one."""
    results: list[_Result] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(asyncio.run(work()))
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, name="hfs-sql-tables", daemon=True)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return results[0]


async def _look_for_tables(address: URL) -> bool:
    async with _connected(address) as connection:
        return await connection.run_sync(is_made)


@contextlib.asynccontextmanager
async def _connected(address: URL) -> AsyncIterator[AsyncConnection]:
    """A connection of its own, for a moment.

    Raises:
        StoreIOError: The database can't be reached, or refuses.
    """
    engine = _engine(address, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            yield connection
    except Exception as error:
        if is_of_database(error):
            raise told(error, shown(address)) from error
        raise
    finally:
        await engine.dispose()


def _is_sqlite_with_tables(address: URL) -> bool:
    """The same of a file, which is not even told to keep a log: it may be any other program's."""
    try:
        with contextlib.closing(
            sqlite3.connect(f"{Path(address.database or '').as_uri()}?mode=ro", uri=True)
        ) as opened:
            found = opened.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (VERSIONS,)).fetchone()
    except sqlite3.Error as error:
        raise StoreIOError(f"{shown(address)}: {error}.", path=Path(address.database or "")) from error
    return found is not None


async def _prepare(address: URL) -> None:
    if address.get_backend_name() == "sqlite":
        _make_file(address)
    async with _connected(address) as connection:
        if await connection.run_sync(is_up_to_date):
            return
        await connection.rollback()
        await connection.execution_options(**{WRITES: True})
        await connection.run_sync(bring_up_to_date)
        await connection.commit()


def _is_file(address: URL) -> bool:
    if address.get_backend_name() != "sqlite":
        return False
    name = address.database or ":memory:"
    return name != ":memory:" and not name.startswith("file:")


def _make_file(address: URL) -> None:
    """Makes the file of a SQLite database, and its folder, for nobody else to read."""
    if not _is_file(address):
        return
    path = Path(address.database or "")
    try:
        make_folder(FileOps(), str(path.parent))
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600))
    except OSError as error:
        if isinstance(error, HfsError):
            raise
        raise StoreIOError(
            f"Could not open {path}: {error.strerror or error}.", path=path, errno=error.errno
        ) from error
