"""The index of a home folder's sessions: looked at, found to be behind, brought up to date, asked."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from hfs.errors import StoreIOError
from hfs.persistence._folder import DocumentFolder
from hfs.persistence.index.database import IndexDatabase, Progress, part_identity, transaction
from hfs.persistence.index.listing import ListQuery, SessionFilter, SessionPage, count_tags, may_be_called, page, rows
from hfs.persistence.index.notes import Noted, Notes
from hfs.persistence.index.soundness import forget_words
from hfs.persistence.index.sweep import SHARED_FROM, Sweep, number_of, stat_of, sweep
from hfs.persistence.models import SearchResult, SessionSummary

if TYPE_CHECKING:
    from hfs.persistence.index.search import Search
    from hfs.persistence.index.statistics import Statistics
    from hfs.persistence.index.writing import IndexWriter

ALWAYS_BELOW: Final = 2000
"""Up to so many sessions, every file is looked at each time: that takes a few milliseconds."""
_PAUSE: Final = 100
"""Looking at every file is done again after so many times what it took: one hundredth of the time at the most."""
_IN_PROCESS: Final = 64 << 20
"""From so many bytes to read on, other processes read them."""
_MOST_PARTS: Final = 8
_UNUSED_FROM: Final = 50_000
"""How many messages may have words in the index that are not theirs any more, before it is made again."""
_STEP: Final = 250
_WORDS_AT_ONCE: Final = 50
"""The words of more sessions than these are left for the next search."""
_TICK: Final = 20_000_000
"""The longest tick of a file system's clock, in nanoseconds."""
_ATTEMPTS: Final = 3
_IDENTITIES: Final = "SELECT id, identity FROM sessions"
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
        self.progress: Progress = lambda done, total: None
        """Told, from any thread, how far a long reading is, at its end too. What it raises ends the reading."""
        self._folder = folder
        self._database = IndexDatabase(path, folder.locks.index_files)
        self._always_below = always_below
        self._lock = threading.RLock()
        self._process = os.getpid()
        self._closing = False
        self._notes = Notes(self._write_notes)
        folder.events.stored = self._notes.stored
        folder.events.appended = self._notes.appended
        folder.events.removed = self._notes.removed
        folder.events.moved = self._notes.moved
        folder.events.highest_id = self._highest_id

    def close(self) -> None:
        """Writes down what is noted, and closes the database. A long reading in another thread ends with an error."""
        self._closing = True
        self._notes.close()
        with self._exclusively():
            self._database.close()

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
        return self._answer(lambda connection: _with_uid(connection, uid))

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

    def search(self, search: Search) -> SearchResult:
        """What a search shows, each place as its file has it."""

        def work(connection: sqlite3.Connection) -> SearchResult:
            for _ in range(_ATTEMPTS):
                result, stale = search.run(connection, self._database, self._folder, self._tell)
                if not stale:
                    break
                self._read_again(connection, stale)
            return result

        return self._answer(work, thorough=search.for_pattern, words=not search.for_pattern)

    def _verified(self, connection: sqlite3.Connection, query: ListQuery) -> list[SessionSummary]:
        """Sessions each of which is as its file is."""
        for _ in range(_ATTEMPTS):
            sessions, identities = rows(connection, query)
            stale = [] if query.limit is None else self._stale(identities)
            if not stale:
                break
            self._read_again(connection, stale)
        return sessions

    def _stale(self, identities: dict[int, int]) -> list[int]:
        return [doc_id for doc_id, number in identities.items() if self._identity(doc_id) != number]

    def _identity(self, doc_id: int) -> int | None:
        status = stat_of(self._folder, doc_id)
        return None if status is None else number_of(status)

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
                    if folder == self._folder_time() != 0:
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
                    self._refresh(connection, thorough=thorough)
                    if words:
                        self._catch_up(connection)
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
            raise AssertionError("a database in memory is sound")

    def _exclusively(self) -> threading.RLock:
        """The lock between threads. A forked process has one of its own: its parent's may have been held."""
        if self._process != os.getpid():
            self._lock, self._process = threading.RLock(), os.getpid()
        return self._lock

    def _refresh(self, connection: sqlite3.Connection, *, thorough: bool) -> None:
        self._settle_doubts(connection)
        folder, swept, took = connection.execute("SELECT folder, swept, took FROM state").fetchone()
        present = self._folder_time()
        if not thorough and folder == present and 0 <= _now() - swept < took * _PAUSE:
            if _count_up_to(connection, self._always_below + 1) > self._always_below:
                return
        self._sweep(connection)

    def _settle_doubts(self, connection: sqlite3.Connection) -> None:
        """Reads again what processes noted in another order than they wrote it."""
        while connection.execute("SELECT 1 FROM doubtful").fetchone():
            with transaction(connection):
                doubtful = connection.execute(f"SELECT session FROM doubtful LIMIT {_STEP}").fetchall()
                self._read_step(connection, [doc_id for (doc_id,) in doubtful])
                connection.executemany("DELETE FROM doubtful WHERE session = ?", doubtful)

    def _folder_time(self) -> int:
        """When something was added to the folder, taken out, or replaced, last."""
        try:
            return os.stat(self._folder.path).st_mtime_ns
        except OSError:
            return 0

    def _sweep(self, connection: sqlite3.Connection) -> None:
        began = time.perf_counter()
        count = _count_up_to(connection, max(self._always_below, SHARED_FROM) + 1)
        folder = self._settled_time(count > self._always_below)
        found = self._look(connection, count)
        took = int((time.perf_counter() - began) * 1e6)
        if not self._database.in_memory and found.size >= _IN_PROCESS:
            first = found.changed[0]
            self._build(
                connection,
                len(found.changed),
                # Another process may have read them meanwhile.
                lambda: self._look(connection, count).changed if self._is_known(connection, first) else found.changed,
            )
            # And others may have written.
            folder = self._settled_time(True)
            found = self._look(connection, found.count)
        self._read_again(connection, found.changed, words=len(found.changed) <= _WORDS_AT_ONCE)
        if found.gone:
            with transaction(connection):
                writer = self._writer(connection)
                for doc_id in found.gone:
                    # It may have been added since, and noted.
                    if self._identity(doc_id) is None:
                        writer.remove(doc_id)
                _keep(connection, writer)
        if not count or found.changed or found.gone or found.count > self._always_below:
            connection.execute("UPDATE state SET folder = ?, swept = ?, took = ?", (folder, _now(), took))

    def _settled_time(self, waiting: bool) -> int:
        """The time of the folder; 0 where another change at the same tick of the file system's clock would not show.

        Args:
            waiting: Wait for the next tick first.
        """
        folder = self._folder_time()
        if waiting and abs(time.time_ns() - folder) < _TICK:
            time.sleep(_TICK / 1e9)
            folder = self._folder_time()
        return folder if abs(time.time_ns() - folder) >= _TICK else 0

    def _look(self, connection: sqlite3.Connection, expected: int) -> Sweep:
        return sweep(self._folder, lambda: dict(connection.execute(_IDENTITIES)), expected)

    def _is_known(self, connection: sqlite3.Connection, doc_id: int) -> bool:
        found = connection.execute("SELECT identity FROM sessions WHERE id = ?", (doc_id,)).fetchone()
        return found is not None and found[0] == self._identity(doc_id)

    def _writer(self, connection: sqlite3.Connection) -> IndexWriter:
        # Imported when used, as is what reads: where nothing has changed, a list needs neither.
        from hfs.persistence.index.writing import IndexWriter

        (place,) = connection.execute("SELECT place FROM state").fetchone()
        return IndexWriter(connection, place, words=not self._database.in_memory)

    def _read_again(self, connection: sqlite3.Connection, doc_ids: Sequence[int], *, words: bool = True) -> None:
        if not doc_ids:
            return
        for at in range(0, len(doc_ids), _STEP):
            if len(doc_ids) > _STEP:
                self._tell(at, len(doc_ids))
            with transaction(connection):
                self._read_step(connection, doc_ids[at : at + _STEP], words=words)
            self._database.settle()
        if len(doc_ids) > _STEP:
            self._tell(len(doc_ids), len(doc_ids))

    def _read_step(self, connection: sqlite3.Connection, doc_ids: Sequence[int], *, words: bool = True) -> None:
        """Reads files inside a transaction: what others note of them meanwhile comes after it."""
        from hfs.persistence.index.reading import read_rows

        writer = self._writer(connection)
        read = set()
        for row, said in read_rows(self._folder, doc_ids):
            if words:
                writer.put(row, said)
            else:
                writer.put_row(row)
            read.add(row.id)
        for doc_id in read.symmetric_difference(doc_ids):
            writer.remove(doc_id)
        _keep(connection, writer)

    def _catch_up(self, connection: sqlite3.Connection) -> None:
        """Reads the words that were left for later, and sees that those on the disk are the ones that were written.

        Raises:
            sqlite3.DatabaseError: They are not.
        """
        if self._database.in_memory:
            return
        for file, identity in connection.execute("SELECT file, identity FROM parts"):
            if part_identity(self._database.folder / file) != identity:
                raise sqlite3.DatabaseError(f"{file} is not as it was written")
        if _is_mostly_unused(connection):
            with transaction(connection):
                forget_words(connection)
        behind = _behind(connection)
        if sum(self._size(doc_id) for doc_id in behind) >= _IN_PROCESS:
            self._build(connection, len(behind), lambda: _behind(connection))
            behind = _behind(connection)
        self._read_again(connection, behind)

    def _size(self, doc_id: int) -> int:
        status = stat_of(self._folder, doc_id)
        return 0 if status is None else status.st_size

    def _tell(self, done: int, total: int) -> None:
        if self._closing:
            raise StoreIOError("The sessions were closed while they were being indexed.", path=self._database.path)
        self.progress(done, total)

    def _build(self, connection: sqlite3.Connection, expected: int, find: Callable[[], Sequence[int]]) -> None:
        """Reads many sessions by several processes.

        Args:
            connection: The database.
            expected: About how many.
            find: Says which, once no other process does the same.
        """
        from hfs.persistence.index.building import BuildError, build_parts

        with self._folder.locks.indexing(lambda: self._tell(0, expected)):
            doc_ids = find()
            (parts,) = connection.execute("SELECT count(*) FROM parts").fetchone()
            if parts >= _MOST_PARTS or _is_mostly_unused(connection):
                doc_ids = self._folder.ids()
                self._clear(connection)
            self._database.remove_strays(file for (file,) in connection.execute("SELECT file FROM parts"))
            try:
                if doc_ids:
                    build_parts(connection, self._folder, self._database.folder, doc_ids, self._tell)
            except (BuildError, OSError):
                # Where no process can be started, this one reads, however long that takes.
                self._read_again(connection, doc_ids)
            self._tell(len(doc_ids), len(doc_ids))
            self._database.settle()

    def _clear(self, connection: sqlite3.Connection) -> None:
        parts = [self._database.folder / file for (file,) in connection.execute("SELECT file FROM parts")]
        with transaction(connection):
            connection.execute("DELETE FROM sessions")
            forget_words(connection)
        for part in parts:
            with contextlib.suppress(OSError):
                part.unlink()

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
                        self._write_noted(connection, noted)
                    self._database.settle()
            except sqlite3.DatabaseError as error:
                # An unsound one is made again, from the files.
                return not _is_busy(error)
            return True

    def _write_noted(self, connection: sqlite3.Connection, noted: Noted) -> None:
        writer = self._writer(connection)
        for _, note in noted.notes:
            if note is not None:
                note(writer)
        for doc_id in {doc_id for doc_id, _ in noted.notes}:
            writer.doubt_unless(doc_id, self._identity(doc_id))
        _keep(connection, writer)
        for before, after in noted.moves:
            # Where another time stands, others have changed the folder too.
            connection.execute("UPDATE state SET folder = ? WHERE folder = ?", (after, before))
        if noted.lost:
            connection.execute("UPDATE state SET swept = 0")


def _keep(connection: sqlite3.Connection, writer: IndexWriter) -> None:
    connection.execute("UPDATE state SET place = ?, unused = unused + ?", (writer.place, writer.unused))


def _behind(connection: sqlite3.Connection) -> list[int]:
    return [doc_id for (doc_id,) in connection.execute("SELECT session FROM behind")]


def _count_up_to(connection: sqlite3.Connection, limit: int) -> int:
    """How many sessions there are, but counted no further than that."""
    return int(connection.execute("SELECT count(*) FROM (SELECT 1 FROM sessions LIMIT ?)", (limit,)).fetchone()[0])


def _with_uid(connection: sqlite3.Connection, uid: str) -> int | None:
    found = connection.execute("SELECT id FROM sessions WHERE uid = ? ORDER BY id", (uid,)).fetchone()
    return None if found is None else int(found[0])


def _is_mostly_unused(connection: sqlite3.Connection) -> bool:
    (unused,) = connection.execute("SELECT unused FROM state").fetchone()
    if unused < _UNUSED_FROM:
        return False
    (used,) = connection.execute("SELECT total(messages) FROM sessions").fetchone()
    return bool(unused > used)


def _is_busy(error: sqlite3.DatabaseError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _now() -> int:
    """The wall clock, in microseconds."""
    return time.time_ns() // 1000
