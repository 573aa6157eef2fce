"""The database of the index: opened, made, found unsound, thrown away."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import weakref
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from hfs.persistence.index.schema import TABLES, VERSION
from hfs.persistence.index.soundness import MARK, State, mark, marked_state, state_of, transaction, verify

__all__ = ["PART", "IndexDatabase", "Progress", "part_identity", "transaction"]

Progress = Callable[[int, int], None]
"""Told how many sessions were read, and how many there are to read."""

_NAME: Final = "sessions.db"
_NEW: Final = "sessions.new-"
PART: Final = "words-"
"""How the names of parts begin."""
_TIMEOUT: Final = 10.0

_INHERITED: Final[list[_Open]] = []
"""Of a parent process: SQLite forbids to close them in its children."""


class _Open:
    """An open database; closed at the latest when nobody needs it any more."""

    def __init__(self, connection: sqlite3.Connection, path: Path | None, state: State | None) -> None:
        self.connection = connection
        self.process = os.getpid()
        self._path = path
        self.state = state
        """Of the file, when it was last known to be sound."""

    def settle(self) -> None:
        """Says that what was written to the file since it was last looked at was written by hfs."""
        if self._path is not None and self.state is not None:
            state = state_of(self._path)
            if state is not None and state != self.state and state[0] == self.state[0]:
                self.state = mark(self._path)

    def close(self) -> None:
        """Closes it, which writes to the file what stands beside it."""
        # The connection of a parent process can only be left alone.
        if self.process == os.getpid():
            untouched = self._path is not None and state_of(self._path) == self.state
            with contextlib.suppress(sqlite3.Error):
                self.connection.close()
            if untouched:
                self.settle()


class IndexDatabase:
    """The files of the index.

    Args:
        folder: Where they are; made when they are.
        alone: Keeps other processes from making and removing these files.
    """

    def __init__(
        self, folder: Path, alone: Callable[[], AbstractContextManager[object]] = contextlib.nullcontext
    ) -> None:
        self.folder = folder
        self.path = folder / _NAME
        self.in_memory = False
        """Whether nothing can be kept on the disk, so that this process has summaries of its own, and no words."""
        self._alone = alone
        self._open: _Open | None = None
        self._close: Callable[[], object] = lambda: None
        self._homeless = False
        """Whether nothing is kept on the disk because the folder above doesn't exist yet."""
        self._inode = 0

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
        self._leave_inherited()
        opened = self._open
        if self.in_memory:
            if self._homeless and self.folder.parent.is_dir():
                self.close()
                self.in_memory = self._homeless = False
            else:
                return opened.connection if opened else None
        state = state_of(self.path)
        if opened is not None and state is not None:
            if state == opened.state:
                return opened.connection
            # Another process may have written to it.
            marked = marked_state(self.path)
            if marked is not None and opened.state is not None and marked[0] == opened.state[0]:
                opened.state = marked
                return opened.connection
        self.close()
        self._inode = state[0] if state else 0
        return None if state is None else self._open_file()

    def _leave_inherited(self) -> None:
        """In a forked process: leaves what its parent opened alone."""
        if self._open is not None and self._open.process != os.getpid():
            _INHERITED.append(self._open)
            self._open = None

    def _open_file(self) -> sqlite3.Connection | None:
        connection = _connect(str(self.path))
        try:
            # A commit that a power cut takes back is noticed by the files, and without a sync it costs nearly nothing.
            connection.execute("PRAGMA synchronous = NORMAL")
            if connection.execute("PRAGMA user_version").fetchone() != (VERSION,):
                connection.close()
                return None
            marked = marked_state(self.path)
            if marked is None:
                verify(connection)
                marked = mark(self.path)
        except UnicodeDecodeError as error:
            # What an unsound database says of itself may be no text.
            connection.close()
            raise sqlite3.DatabaseError("it is not as it was written") from error
        except BaseException:
            connection.close()
            raise
        self._keep(_Open(connection, self.path, marked))
        return connection

    def _keep(self, opened: _Open) -> None:
        self._open = opened
        self._close = weakref.finalize(self, opened.close)

    def keep_in_memory(self) -> None:
        """Keeps nothing on the disk from now on."""
        self.close()
        self.in_memory = True

    def _make(self) -> sqlite3.Connection:
        if not self.in_memory and not self.folder.parent.is_dir():
            self.in_memory = self._homeless = True
        if not self.in_memory:
            try:
                with self._alone():
                    # Another process may have been quicker.
                    connection = self.open_existing()
                    if connection is None:
                        self._remove_files()
                        self._make_file()
                        connection = self.open_existing()
                    if connection is not None:
                        return connection
            except OSError:
                pass
            self.in_memory = True
        connection = _connect(":memory:")
        _make_tables(connection)
        self._keep(_Open(connection, None, None))
        return connection

    def _make_file(self) -> None:
        """Makes it beside its place: it is whole when others see it."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        beside = self.folder / f"{_NEW}{os.urandom(4).hex()}"
        os.close(os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            with contextlib.closing(_connect(str(beside))) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                _make_tables(connection)
            mark(self.path, beside)
            os.replace(beside, self.path)
        finally:
            for suffix in ("", "-wal", "-shm"):
                with contextlib.suppress(OSError):
                    os.unlink(f"{beside}{suffix}")

    def settle(self) -> None:
        """Says that what was written to the database since it was opened was written by hfs."""
        if self._open is not None:
            self._open.settle()

    def discard(self) -> None:
        """Removes the database that was opened last, with all that belongs to it."""
        self.close()
        self.in_memory = False
        # Another process may have made a new one meanwhile.
        with contextlib.suppress(OSError), self._alone():
            state = state_of(self.path)
            if state is None or state[0] == self._inode:
                self._remove_files()

    def _remove_files(self) -> None:
        with contextlib.suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                if entry.name.startswith((_NAME, MARK, _NEW, PART)):
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
        self._open = None
        self._close()


def _connect(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_TIMEOUT, isolation_level=None, check_same_thread=False)
    # SQLite itself knows the case of ASCII letters only.
    connection.create_function("casefold", 1, str.casefold, deterministic=True)
    connection.create_function("folded", 1, _folded, deterministic=True)
    return connection


def _make_tables(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        for statement in TABLES:
            connection.execute(statement)


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
