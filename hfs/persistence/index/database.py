"""The database of the index: opened, made, found unsound, thrown away."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

Progress = Callable[[int, int], None]
"""Told how many sessions were read, and how many there are to read."""

VERSION: Final = 1
"""What the tables hold. An index of another version is made again."""
_NAME: Final = "sessions.db"
PART: Final = "words-"
"""How the names of parts begin."""
_TIMEOUT: Final = 10.0
_TOKENS: Final = "unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc'"
"""Texts come folded; vowel signs belong to their words."""

TEXT_TABLE: Final = (
    f"CREATE VIRTUAL TABLE text USING fts5(body, content='', columnsize=0, detail=full, tokenize=\"{_TOKENS}\")"
)
ROWS_TABLE: Final = """
CREATE TABLE {schema}sessions (
    id INTEGER PRIMARY KEY,
    identity INTEGER NOT NULL,
    uid TEXT NOT NULL,
    name TEXT NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER,
    active INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    models TEXT NOT NULL,
    tags TEXT NOT NULL,
    pinned INTEGER NOT NULL,
    archived INTEGER NOT NULL,
    problem TEXT,
    activity TEXT NOT NULL,
    seal INTEGER NOT NULL
)
"""
EXTENTS_TABLE: Final = """
CREATE TABLE {schema}extents (
    first INTEGER PRIMARY KEY,
    count INTEGER NOT NULL,
    session INTEGER NOT NULL,
    at INTEGER NOT NULL
)
"""
"""Where words are: so many places from the first on hold the texts of a session, from number ``at`` on, in order.
Its name is number 0. What stands in other places belongs to no session any more. A row of ``text`` is a place and who
spoke there, see ``rowid_of``."""
_TABLES: Final = (
    ROWS_TABLE.format(schema=""),
    EXTENTS_TABLE.format(schema=""),
    "CREATE INDEX extents_of ON extents (session)",
    "CREATE INDEX by_created ON sessions (created, id)",
    "CREATE INDEX by_active ON sessions (active, id)",
    "CREATE INDEX by_uid ON sessions (uid)",
    "CREATE INDEX pinned_ones ON sessions (pinned) WHERE pinned = 1",
    "CREATE INDEX archived_ones ON sessions (archived) WHERE archived = 1",
    "CREATE TABLE state (folder INTEGER NOT NULL, swept INTEGER NOT NULL, took INTEGER NOT NULL, "
    "place INTEGER NOT NULL, unused INTEGER NOT NULL)",
    "INSERT INTO state VALUES (0, 0, 0, 1, 0)",
    # Sessions whose rows are up to date and whose words are not there: a list doesn't need them.
    "CREATE TABLE behind (session INTEGER PRIMARY KEY)",
    # Sessions whose rows may not be up to date: what processes noted of them came in another order than it was done.
    "CREATE TABLE doubtful (session INTEGER PRIMARY KEY)",
    "CREATE TABLE parts (file TEXT PRIMARY KEY, identity TEXT NOT NULL)",
    TEXT_TABLE,
    f"PRAGMA user_version = {VERSION}",
)


class IndexDatabase:
    """The files of the index.

    Args:
        folder: Where they are; made when they are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / _NAME
        self.in_memory = False
        """Whether nothing can be kept on the disk, so that this process has summaries of its own, and no words."""
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None

    def open(self) -> sqlite3.Connection:
        """The database, made where there is none.

        Raises:
            sqlite3.DatabaseError: It is unsound.
        """
        connection = self.open_existing()
        return connection if connection is not None else self._make()

    def open_existing(self) -> sqlite3.Connection | None:
        """The database, or None where there is none of this version.

        Raises:
            sqlite3.DatabaseError: It is unsound.
        """
        if self.in_memory:
            return self._connection
        file = self._present()
        if self._connection is not None and file == self._file:
            return self._connection
        self.close()
        if file is None:
            return None
        connection = self._connect(str(self.path))
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
        except BaseException:
            connection.close()
            raise
        if version != VERSION:
            connection.close()
            return None
        self._connection, self._file = connection, file
        return connection

    def _present(self) -> tuple[int, int] | None:
        try:
            status = os.stat(self.path)
        except OSError:
            return None
        return (status.st_dev, status.st_ino) if status.st_size else None

    def keep_in_memory(self) -> None:
        """Keeps nothing on the disk from now on."""
        self.close()
        self.in_memory = True

    def _make(self) -> sqlite3.Connection:
        connection = self._connect(":memory:") if self.in_memory else self._make_file()
        try:
            connection.execute("BEGIN EXCLUSIVE")
            # Another process may have been quicker.
            if connection.execute("PRAGMA user_version").fetchone() != (VERSION,):
                for statement in _TABLES:
                    connection.execute(statement)
            connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        self._connection, self._file = connection, self._present()
        return connection

    def _make_file(self) -> sqlite3.Connection:
        self.discard()
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError:
            self.in_memory = True
            return self._connect(":memory:")
        connection = self._connect(str(self.path))
        connection.execute("PRAGMA journal_mode = WAL")
        return connection

    def _connect(self, path: str) -> sqlite3.Connection:
        connection = sqlite3.connect(path, _TIMEOUT, isolation_level=None, check_same_thread=False)
        # SQLite itself knows the case of ASCII letters only.
        connection.create_function("casefold", 1, str.casefold, deterministic=True)
        # A commit that a power cut takes back is noticed by the files, and without a sync it costs nearly nothing.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.create_function("folded", 1, _folded, deterministic=True)
        return connection

    def discard(self) -> None:
        """Removes every file of the index."""
        self.close()
        self.in_memory = False
        with contextlib.suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    os.unlink(entry.path)

    def remove_strays(self, parts: Iterable[str]) -> None:
        """Removes what a killed process left of a part. Nobody else may be building one.

        Args:
            parts: The names of the parts that are whole.
        """
        whole = set(parts)
        for path in self.folder.glob(f"{PART}*"):
            if path.name not in whole:
                with contextlib.suppress(OSError):
                    path.unlink()

    def close(self) -> None:
        """Closes the database."""
        connection, self._connection, self._file = self._connection, None, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """A block that is written as a whole, or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def part_identity(path: Path) -> str:
    """What tells whether a part of the index, which is never changed, is still the one that was built."""
    try:
        status = os.stat(path)
    except OSError:
        return ""
    return f"{status.st_ino} {status.st_size} {status.st_mtime_ns}"


def _folded(text: str) -> str:
    # Imported when used: few lists ask for it.
    from hfs.persistence.index.text import fold

    return fold(text)
