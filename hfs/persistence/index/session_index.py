"""The index of a home folder's sessions, asked by many threads."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from hfs.errors import StoreIOError
from hfs.persistence.files.folder import DocumentFolder
from hfs.persistence.index.database import IndexDatabase, Progress, transaction
from hfs.persistence.index.listing import ListQuery, SessionFilter, SessionPage, count_tags, may_be_called, page, rows
from hfs.persistence.index.notes import Noted, Notes
from hfs.persistence.index.rows import storable
from hfs.persistence.index.updating import ALWAYS_BELOW, IndexUpdater
from hfs.persistence.models import SearchResult, SessionSummary

if TYPE_CHECKING:
    from hfs.persistence.index.search import Search
    from hfs.persistence.index.searching import SearchOptions
    from hfs.persistence.index.statistics import Statistics

_ATTEMPTS: Final = 3
_Result = TypeVar("_Result")


class SessionIndex:
    """What lists and searches are answered from.

    Every answer is of the files as they are: with few sessions each file is looked at; with many the folder is, every
    file that is shown, and from time to time each. Safe to use from many threads and processes at once.

    Args:
        folder: The sessions.
        path: Where the index is kept.
        always_below: Up to so many sessions, every file is looked at each time.
    """

    def __init__(self, folder: DocumentFolder, path: Path, *, always_below: int = ALWAYS_BELOW) -> None:
        self._folder = folder
        self._database = IndexDatabase(path, folder.locks.index_files)
        self._updater = IndexUpdater(folder, self._database, always_below)
        self._lock = threading.RLock()
        self._process = os.getpid()
        self._notes = Notes(self._write_notes)
        folder.events.stored = self._notes.stored
        folder.events.appended = self._notes.appended
        folder.events.removed = self._notes.removed
        folder.events.moved = self._notes.moved
        folder.events.highest_id = self._highest_id

    def close(self) -> None:
        """Writes down what is noted, and closes the database. A long reading in another thread ends with an error."""
        self._updater.closing = True
        self._notes.close()
        with self._exclusively():
            self._database.close()

    @property
    def progress(self) -> Progress:
        """Told, from any thread, how far a long reading is, at its end too. What it raises ends the reading."""
        return self._updater.progress

    @progress.setter
    def progress(self, told: Progress) -> None:
        self._updater.progress = told

    # What is asked

    def page(self, query: ListQuery) -> SessionPage:
        """The sessions that a list shows, and how many it doesn't."""

        def work(connection: sqlite3.Connection) -> SessionPage:
            sessions = self._verified(connection, query)
            return page(connection, query.filter, sessions)

        return self._answer(work, thorough=query.thorough or query.limit is None)

    def recent(self, limit: int | None) -> list[SessionSummary]:
        """Summaries, newest first.

        Args:
            limit: How many at the most; all, where it is None.
        """
        return self.sessions(ListQuery(limit=limit))

    def sessions(self, query: ListQuery) -> list[SessionSummary]:
        """The sessions that a list shows."""
        return self._answer(lambda connection: self._verified(connection, query), thorough=query.limit is None)

    def last_active(self) -> int | None:
        """The session in which something happened last."""
        sessions = self.sessions(ListQuery(sort="updated", limit=1))
        return sessions[0].id if sessions else None

    def called(self, part: str) -> list[tuple[int, str, str]]:
        """The id, name and uid of sessions, newest first: of every one that has that in its name, in any case, or that
        begins its uid with it, and of some others.

        Args:
            part: The part, with its case folded.
        """
        where, values = may_be_called(part)
        # In the order of an index each row would have to be looked up.
        statement = f"SELECT id, name, uid FROM sessions WHERE {where} ORDER BY +created DESC, id DESC"
        return self._answer(lambda connection: connection.execute(statement, values).fetchall())

    def with_uid(self, uid: str) -> int | None:
        """The session of that uid."""
        return self._answer(lambda connection: _with_uid(connection, storable(uid)))

    def uids(self) -> dict[str, int]:
        """The session of each uid."""
        statement = "SELECT uid, id FROM sessions WHERE uid <> ''"
        return self._answer(lambda connection: dict(connection.execute(statement)), thorough=True)

    def tags(self) -> dict[str, int]:
        """Every tag and how many sessions have it, the most used first."""
        return self._answer(count_tags, thorough=True)

    def count(self) -> int:
        """How many sessions there are."""
        return int(self._answer(lambda connection: connection.execute("SELECT count(*) FROM sessions").fetchone()[0]))

    def statistics(self, wanted: SessionFilter) -> Statistics:
        """What the sessions that fit a filter say together."""
        from hfs.persistence.index.statistics import statistics

        return self._answer(lambda connection: statistics(connection, wanted), thorough=True)

    def search(self, words: str, limit: int | None, options: SearchOptions) -> SearchResult:
        """What a search shows, each place as its file has it.

        Args:
            words: What was typed.
            limit: How many places at the most; all, where it is None.
            options: Where they are looked for, and how.

        Raises:
            BadQueryError: This is nothing that can be looked for.
        """
        from hfs.persistence.index.search import Search

        return self._run(Search(words, limit, options))

    def _run(self, search: Search) -> SearchResult:
        words = not search.for_pattern

        def work(connection: sqlite3.Connection) -> SearchResult:
            for _ in range(_ATTEMPTS):
                result, stale = search.run(connection, self._database, self._folder, self._updater.tell)
                if not stale and (not words or self._updater.has_all_words(connection)):
                    break
                self._updater.read_again(connection, stale)
                if words:
                    self._updater.catch_up(connection)
            return result

        result = self._answer(work, thorough=not words, words=words)
        if not result and words and not search.as_typed:
            # Nothing is said to be nowhere before every file was looked at.
            result = self._answer(work, thorough=True, words=True)
        return result

    def _verified(self, connection: sqlite3.Connection, query: ListQuery) -> list[SessionSummary]:
        """Sessions each of which is as its file is."""
        for _ in range(_ATTEMPTS):
            sessions, identities = rows(connection, query)
            stale = [] if query.limit is None else self._stale(identities)
            if not stale:
                break
            self._updater.read_again(connection, stale)
        return sessions

    def _stale(self, identities: dict[int, int]) -> list[int]:
        return [doc_id for doc_id, number in identities.items() if self._updater.identity(doc_id) != number]

    def _highest_id(self) -> int | None:
        """The highest id, where nothing was added to the folder or taken out since the index was brought up to date."""
        # A session that is begun waits for no long reading.
        lock = self._exclusively()
        if not lock.acquire(blocking=False):
            return None
        try:
            with contextlib.suppress(sqlite3.Error):
                connection = self._database.open_existing()
                if connection is not None:
                    folder, highest = connection.execute(
                        "SELECT folder, (SELECT max(id) FROM sessions) FROM state"
                    ).fetchone()
                    if folder == self._folder.folder_time() != 0:
                        return int(highest or 0)
        finally:
            lock.release()
        return None

    # How it is kept up to date

    def _answer(
        self, work: Callable[[sqlite3.Connection], _Result], *, thorough: bool = False, words: bool = False
    ) -> _Result:
        """Asks the database once it is up to date; an unsound one is made again.

        Args:
            work: Asks it.
            thorough: Look at every file, whenever that was done last.
            words: It asks for words too.
        """
        with self._exclusively():
            self._notes.flush()
            for attempt in range(_ATTEMPTS):
                try:
                    connection = self._database.open()
                    self._updater.refresh(connection, thorough=thorough)
                    if words:
                        self._updater.catch_up(connection)
                    result = work(connection)
                    self._database.settle()
                    return result
                except sqlite3.DatabaseError as error:
                    if _is_busy(error):
                        raise StoreIOError(
                            f"Another hfs keeps {self._database.path} busy: try again.", path=self._database.path
                        ) from error
                    self._database.discard()
                    if attempt + 2 == _ATTEMPTS:
                        # What a disk can't keep, memory can.
                        self._database.keep_in_memory()
            raise StoreIOError(
                f"The index in {self._database.folder} can't be used: remove that folder.", path=self._database.folder
            )

    def _exclusively(self) -> threading.RLock:
        """The lock between threads. A forked process has one of its own: its parent's may have been held."""
        if self._process != os.getpid():
            self._lock, self._process = threading.RLock(), os.getpid()
        return self._lock

    def _write_notes(self, take: Callable[[], Noted]) -> bool:
        """Brings what this process wrote into the index, if there is one; says whether it did."""
        # Whoever holds the lock sees the notes of this process in the index, or can still take them.
        with self._exclusively():
            noted = take()
            if not noted:
                return True
            try:
                connection = self._database.open_existing()
                if connection is not None:
                    with transaction(connection):
                        self._updater.write_noted(connection, noted)
                    self._database.settle()
            except (sqlite3.DatabaseError, ValueError) as error:
                # An unsound one is made again, from the files.
                return not (isinstance(error, sqlite3.DatabaseError) and _is_busy(error))
            return True


def _with_uid(connection: sqlite3.Connection, uid: str) -> int | None:
    found = connection.execute("SELECT id FROM sessions WHERE uid = ? ORDER BY id", (uid,)).fetchone()
    return None if found is None else int(found[0])


def _is_busy(error: sqlite3.DatabaseError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
