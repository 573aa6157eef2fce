"""The file of a SQLite database, looked at before each transaction: whether it is still the one that was opened.

SQLite goes on writing into a file that was removed or replaced, and says that it is saved.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

from hfs.errors import StoreIOError

_FILE: Final = "hfs_file"
"""Where a connection's entry in the pool notes its file."""


def keep_to_file(engine: AsyncEngine) -> None:
    """Lets each transaction begin on the file that has the database's name then, and makes none where it is gone.

    Args:
        engine: A SQLite database in a file, by its absolute path.
    """
    path = Path(engine.url.database or "")

    def require_file(*_: object) -> None:
        _identity(path)

    def note(connection: Any, entry: ConnectionPoolEntry) -> None:
        entry.info[_FILE] = _identity(path)

    def compare(connection: Any, entry: ConnectionPoolEntry, proxy: object) -> None:
        if entry.info[_FILE] != _identity(path):
            raise DisconnectionError(f"{path} is another file now.")

    event.listen(engine.sync_engine, "do_connect", require_file)
    event.listen(engine.sync_engine, "connect", note)
    event.listen(engine.sync_engine, "checkout", compare)


def _identity(path: Path) -> tuple[int, int]:
    try:
        found = os.stat(path)
    except OSError as error:
        raise StoreIOError(
            f"{path} is gone ({error.strerror}). Nothing was written: put it back, or start again with a new one.",
            path=path,
            errno=error.errno,
        ) from error
    return found.st_dev, found.st_ino
