"""A search: from what was typed to what is shown."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hfs.errors import HfsError
from hfs.persistence.files.folder import DocumentFolder
from hfs.persistence.index.database import IndexDatabase, Progress
from hfs.persistence.index.excerpts import Finder, WordFinder
from hfs.persistence.index.hits import HitReader
from hfs.persistence.index.rows import identity_number
from hfs.persistence.index.searching import SearchOptions, WordSearch, active_of, finders_of, order
from hfs.persistence.models import SearchResult, SessionModel
from hfs.persistence.session_document.models import to_session

_MOST_PLACES: Final = 2000
"""How many places are looked at in each file of the index, the newest first, of those in which the words stand."""
_WIDER: Final = 16
"""How many times as many are looked at where these are too few."""
_ATTEMPTS: Final = 3


class Search:
    """What is looked for among sessions.

    Args:
        text: Words, or a pattern.
        limit: How many places are shown at the most; all, where it is None.
        options: Where they are looked for, and how.

    Raises:
        BadQueryError: This is nothing that can be looked for.
    """

    def __init__(self, text: str, limit: int | None, options: SearchOptions) -> None:
        self._limit = None if limit is None else min(limit, sys.maxsize)
        self._options = options
        self.for_pattern = options.regex
        """Whether no words of the index are needed."""
        self.as_typed = options.as_typed
        """Whether it is made again at each key."""
        self._finders = finders_of(text, options)

    def run(
        self, connection: sqlite3.Connection, database: IndexDatabase, folder: DocumentFolder, progress: Progress
    ) -> tuple[SearchResult, list[int]]:
        """What is shown, and the sessions that were found to be not as the index has them.

        Args:
            connection: The database of the index, up to date.
            database: Its files.
            folder: The sessions.
            progress: Told how many sessions were read, and how many there are, where they must be read for it.

        Raises:
            sqlite3.DatabaseError: The index is unsound.
        """
        for finder in self._finders:
            if isinstance(finder, WordFinder) and not database.in_memory:
                result, stale = self._look_up(connection, database, folder, finder)
            else:
                result, stale = self._scan(connection, folder, finder, progress)
            if result.hits or stale:
                break
        result.as_prefixes = bool(result.hits) and finder is not self._finders[0]
        return result, stale

    def _look_up(
        self, connection: sqlite3.Connection, database: IndexDatabase, folder: DocumentFolder, finder: WordFinder
    ) -> tuple[SearchResult, list[int]]:
        most = None if self._limit is None else max(_MOST_PLACES, self._limit)
        with _files(connection, database.folder) as parts:
            while True:
                findings = WordSearch(connection, parts, self._options, most).find(finder.query)
                indexed = _IndexedSessions(connection, folder)
                reader = HitReader(indexed.read, finder, self._options)
                result = reader.result(findings, order(findings, active_of(connection, findings)), self._limit)
                if most is None or findings.exact or len(result) >= (self._limit or 0) or not self._may_go_on(most):
                    return result, indexed.stale
                # They are in few sessions, or too old.
                most *= _WIDER

    def _may_go_on(self, most: int) -> bool:
        """Whether more places are looked at where so many gave too few hits: all, if none of those may be meant."""
        return most <= _MOST_PLACES or not self._options.is_told_by_places

    def _scan(
        self, connection: sqlite3.Connection, folder: DocumentFolder, finder: Finder, progress: Progress
    ) -> tuple[SearchResult, list[int]]:
        from hfs.persistence.index.scanning import scan

        findings = scan(connection, folder, finder, self._options, self._limit if self.for_pattern else None, progress)
        sessions = list(findings.sessions) if self.for_pattern else order(findings, active_of(connection, findings))
        indexed = _IndexedSessions(connection, folder)
        return HitReader(indexed.read, finder, self._options).result(findings, sessions, self._limit), indexed.stale


class _IndexedSessions:
    """Reads sessions whose files are as the index has them.

    Args:
        connection: The database.
        folder: The sessions.
    """

    def __init__(self, connection: sqlite3.Connection, folder: DocumentFolder) -> None:
        self._connection = connection
        self._folder = folder
        self.stale: list[int] = []
        """Sessions that are not as the index has them."""

    def read(self, session_id: int) -> SessionModel | None:
        """A session as its file is, if that is as the index has it."""
        statement = "SELECT identity FROM sessions WHERE id = ?"
        identity = self._connection.execute(statement, (session_id,)).fetchone()
        try:
            snapshot = self._folder.read(session_id)
        except HfsError:
            # Of a damaged file the index has no more than a name that was made up for it.
            present = self._folder.identity(session_id)
            if present is None or identity != (identity_number(present),):
                self.stale.append(session_id)
            return None
        if snapshot is None or identity != (identity_number(snapshot.identity),):
            self.stale.append(session_id)
            return None
        return to_session(session_id, snapshot.document, recovered=snapshot.salvaged)


@contextlib.contextmanager
def _files(connection: sqlite3.Connection, folder: Path) -> Iterator[list[sqlite3.Connection]]:
    """The other files of words, as they are at one moment; the database too is as it is then, inside the block."""
    with contextlib.ExitStack() as stack:
        for attempt in range(_ATTEMPTS):
            connection.execute("BEGIN")
            stack.callback(_end, connection)
            names = [name for (name,) in connection.execute("SELECT file FROM parts ORDER BY file")]
            try:
                parts = [stack.enter_context(contextlib.closing(_open(folder / name))) for name in names]
                break
            except sqlite3.OperationalError:
                # Another process may just have made the index again.
                stack.close()
                if attempt + 1 == _ATTEMPTS:
                    raise
        yield parts


def _end(connection: sqlite3.Connection) -> None:
    with contextlib.suppress(sqlite3.Error):
        connection.execute("ROLLBACK")


def _open(path: Path) -> sqlite3.Connection:
    quoted = str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    return sqlite3.connect(
        f"file:{quoted}?mode=ro&immutable=1", uri=True, isolation_level=None, check_same_thread=False
    )
