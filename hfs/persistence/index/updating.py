"""How the index is brought up to date with the files, and with what this process wrote."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from hfs.errors import StoreIOError
from hfs.persistence.files.folder import DocumentFolder
from hfs.persistence.index.database import IndexDatabase, Progress, part_identity
from hfs.persistence.index.notes import Noted
from hfs.persistence.index.soundness import forget_words, transaction
from hfs.persistence.index.sweep import SHARED_FROM, Sweep, number_of, stat_of, sweep

if TYPE_CHECKING:
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
_IDENTITIES: Final = "SELECT id, identity FROM sessions"


class IndexUpdater:
    """Brings an open database up to date. Called by one thread at a time.

    Args:
        folder: The sessions.
        database: The database.
        always_below: Up to so many sessions, every file is looked at each time.
    """

    def __init__(self, folder: DocumentFolder, database: IndexDatabase, always_below: int) -> None:
        self.progress: Progress = lambda done, total: None
        """Told how far a long reading is. What it raises ends the reading."""
        self.closing = False
        """Whether a long reading is to end."""
        self._folder = folder
        self._database = database
        self._always_below = always_below

    def identity(self, doc_id: int) -> int | None:
        """The number of the identity of a session's file as it is now; None if there is none."""
        status = stat_of(self._folder, doc_id)
        return None if status is None else number_of(status)

    def refresh(self, connection: sqlite3.Connection, *, thorough: bool) -> None:
        """Brings rows up to date with the files, as far as that must be looked at.

        Args:
            connection: The database.
            thorough: Look at every file, whenever that was done last.
        """
        self._settle_doubts(connection)
        folder, swept, took = connection.execute("SELECT folder, swept, took FROM state").fetchone()
        present = self._folder.folder_time()
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
        self.read_again(connection, found.changed, words=len(found.changed) <= _WORDS_AT_ONCE)
        if found.gone:
            with transaction(connection):
                writer = self._writer(connection)
                for doc_id in found.gone:
                    # It may have been added since, and noted.
                    if self.identity(doc_id) is None:
                        writer.remove(doc_id)
                _keep(connection, writer)
        if not count or found.changed or found.gone or found.count > self._always_below:
            connection.execute("UPDATE state SET folder = ?, swept = ?, took = ?", (folder, _now(), took))

    def _settled_time(self, waiting: bool) -> int:
        """The time of the folder; 0 where another change at the same tick of the file system's clock would not show.

        Args:
            waiting: Wait for the next tick first.
        """
        folder = self._folder.folder_time()
        if waiting and abs(time.time_ns() - folder) < _TICK:
            time.sleep(_TICK / 1e9)
            folder = self._folder.folder_time()
        return folder if abs(time.time_ns() - folder) >= _TICK else 0

    def _look(self, connection: sqlite3.Connection, expected: int) -> Sweep:
        return sweep(self._folder, lambda: dict(connection.execute(_IDENTITIES)), expected)

    def _is_known(self, connection: sqlite3.Connection, doc_id: int) -> bool:
        found = connection.execute("SELECT identity FROM sessions WHERE id = ?", (doc_id,)).fetchone()
        return found is not None and found[0] == self.identity(doc_id)

    def _is_read(self, connection: sqlite3.Connection, doc_id: int, *, words: bool) -> bool:
        """Whether a session is in the index as its file is; with its words, where these are asked for."""
        if not self._is_known(connection, doc_id):
            return False
        return not (words and connection.execute("SELECT 1 FROM behind WHERE session = ?", (doc_id,)).fetchone())

    def _writer(self, connection: sqlite3.Connection) -> IndexWriter:
        # Imported when used, as is what reads: where nothing has changed, a list needs neither.
        from hfs.persistence.index.writing import IndexWriter

        (place,) = connection.execute("SELECT place FROM state").fetchone()
        return IndexWriter(connection, place, words=not self._database.in_memory)

    def read_again(self, connection: sqlite3.Connection, doc_ids: Sequence[int], *, words: bool = True) -> None:
        """Reads sessions, and takes out those that are gone.

        Args:
            connection: The database.
            doc_ids: The sessions.
            words: What was said too; else that is left for the next search.
        """
        if not doc_ids:
            return
        for at in range(0, len(doc_ids), _STEP):
            if len(doc_ids) > _STEP:
                self.tell(at, len(doc_ids))
            with transaction(connection):
                # Another process may have read them meanwhile, words and all.
                step = [
                    doc_id for doc_id in doc_ids[at : at + _STEP] if not self._is_read(connection, doc_id, words=words)
                ]
                self._read_step(connection, step, words=words)
            self._database.settle()
        if len(doc_ids) > _STEP:
            self.tell(len(doc_ids), len(doc_ids))

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

    def catch_up(self, connection: sqlite3.Connection) -> None:
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
        self.read_again(connection, behind)

    def has_all_words(self, connection: sqlite3.Connection) -> bool:
        """Whether the words of every session are there: another process may leave some of them for later."""
        return self._database.in_memory or not connection.execute("SELECT 1 FROM behind").fetchone()

    def _size(self, doc_id: int) -> int:
        status = stat_of(self._folder, doc_id)
        return 0 if status is None else status.st_size

    def tell(self, done: int, total: int) -> None:
        """Tells how far a long reading is.

        Raises:
            StoreIOError: The sessions are being closed. And what those raise who are told.
        """
        if self.closing:
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

        with self._folder.locks.indexing(lambda: self.tell(0, expected)):
            doc_ids = find()
            (parts,) = connection.execute("SELECT count(*) FROM parts").fetchone()
            if parts >= _MOST_PARTS or _is_mostly_unused(connection):
                doc_ids = self._folder.ids()
                self._clear(connection)
            self._database.remove_strays(file for (file,) in connection.execute("SELECT file FROM parts"))
            try:
                if doc_ids:
                    build_parts(connection, self._folder, self._database.folder, doc_ids, self.tell)
            except (BuildError, OSError):
                # Where no process can be started, this one reads, however long that takes.
                self.read_again(connection, doc_ids)
            self.tell(len(doc_ids), len(doc_ids))
            self._database.settle()

    def _clear(self, connection: sqlite3.Connection) -> None:
        parts = [self._database.folder / file for (file,) in connection.execute("SELECT file FROM parts")]
        with transaction(connection):
            connection.execute("DELETE FROM sessions")
            forget_words(connection)
        for part in parts:
            with contextlib.suppress(OSError):
                part.unlink()

    def write_noted(self, connection: sqlite3.Connection, noted: Noted) -> None:
        """Writes what this process noted. Inside a transaction.

        Args:
            connection: The database.
            noted: What was noted.
        """
        writer = self._writer(connection)
        for _, note in noted.notes:
            if note is not None:
                note(writer)
        for doc_id in {doc_id for doc_id, _ in noted.notes}:
            identity = self.identity(doc_id)
            if identity is None:
                writer.remove(doc_id)
            else:
                writer.doubt_unless(doc_id, identity)
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


def _is_mostly_unused(connection: sqlite3.Connection) -> bool:
    (unused,) = connection.execute("SELECT unused FROM state").fetchone()
    if unused < _UNUSED_FROM:
        return False
    (used,) = connection.execute("SELECT total(messages) FROM sessions").fetchone()
    return bool(unused > used)


def _now() -> int:
    """The wall clock, in microseconds."""
    return time.time_ns() // 1000
