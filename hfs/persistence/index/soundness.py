"""Whether the database of the index is as hfs left it: SQLite itself doesn't notice every byte that was changed.

A mark beside the database says which file hfs wrote last. Where it speaks of another one, somebody else wrote to the
database, or hfs was ended just then: rows are checked, and words, which can't be, are read again.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hfs.persistence.index.rows import SUMMARY, to_summary

MARK: Final = "sessions.mark"
"""The file's name."""
_ATTEMPTS: Final = 3
_PATIENCE: Final = 0.1
"""How long another process that just wrote to the database is waited for until it says so, in seconds."""
_POLL: Final = 0.005
_PLACES: Final = 1 << 36
"""More places than a process takes."""

State = tuple[int, int, int]
"""What tells whether a database is still the one that was last seen: inode, size, and time of the last write."""


def state_of(path: Path) -> State | None:
    """The state of a database; None where there is none, or an empty file."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return (status.st_ino, status.st_size, status.st_mtime_ns) if status.st_size else None


def marked_state(path: Path) -> State | None:
    """The state of a database that is the one that hfs wrote last; None of any other."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        state = state_of(path)
        said = _read(path)
        if state is not None and said == _text(state):
            return state
        # Of another file than the one that is there, as of a copy, nothing more will be said.
        if state is None or said.split(" ", 1)[0] != str(state[0]) or time.monotonic() > deadline:
            return None
        time.sleep(_POLL)


def mark(path: Path, database: Path | None = None) -> State | None:
    """Says that a database is as hfs left it.

    Args:
        path: Where it is.
        database: Where it still is, if it is about to be put there.

    Returns:
        Its state.
    """
    state = None
    for _ in range(_ATTEMPTS):
        state = state_of(database or path)
        beside = path.with_name(f"{MARK}.{os.urandom(4).hex()}")
        try:
            with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(_text(state))
            os.replace(beside, path.with_name(MARK))
        except OSError:
            # Then the next process checks it.
            with contextlib.suppress(OSError):
                os.unlink(beside)
            break
        if state_of(database or path) == state:
            break
    return state


def _read(path: Path) -> str:
    try:
        return path.with_name(MARK).read_text("ascii", "replace")
    except OSError:
        return ""


def _text(state: State | None) -> str:
    return " ".join(map(str, state or ()))


def verify(connection: sqlite3.Connection) -> None:
    """Checks the rows of a database that may have been changed, and forgets its words.

    Raises:
        sqlite3.DatabaseError: It is unsound.
    """
    try:
        found = connection.execute("PRAGMA integrity_check('sessions')").fetchall()
        rows = connection.execute(f"SELECT {SUMMARY} FROM sessions")
        sound = found == [("ok",)] and all(to_summary(row) is not None for row in rows)
        wrong = connection.execute(
            "SELECT 1 FROM sessions WHERE active IS NOT max(created, ifnull(updated, created))"
        ).fetchone()
        (place,) = connection.execute("SELECT place FROM state").fetchone()
    except (ValueError, TypeError, OverflowError) as error:
        raise sqlite3.DatabaseError("a row is not as it was written") from error
    if wrong or not sound:
        raise sqlite3.DatabaseError("it is not as it was written")
    # Another process may be building parts at places that were taken for it.
    place = place + _PLACES if isinstance(place, int) and 0 < place < _PLACES << 20 else 1
    with transaction(connection):
        forget_words(connection)
        connection.execute("UPDATE state SET folder = 0, swept = 0, took = 0, place = ?", (place,))


def forget_words(connection: sqlite3.Connection) -> None:
    """Has the words of every session read again, when they are needed. Inside a transaction."""
    for table in ("extents", "parts", "behind"):
        connection.execute(f"DELETE FROM {table}")
    connection.execute("INSERT INTO behind SELECT id FROM sessions")
    connection.execute("INSERT INTO text (text) VALUES ('delete-all')")
    connection.execute("UPDATE state SET unused = 0")


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
