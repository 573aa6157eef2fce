"""Rows and words written into the database of the index."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any, Final

import orjson

from hfs.persistence._file_ops import Identity
from hfs.persistence._time import parse_time
from hfs.persistence.index.rows import COLUMNS, NAME, Row, Said, count_activity, identity_number, microseconds, rowid_of
from hfs.persistence.index.text import fold

_PUT: Final = f"INSERT OR REPLACE INTO {{table}} ({COLUMNS}) VALUES ({', '.join('?' * len(COLUMNS.split(',')))})"
_NAMES: Final = tuple(name.strip() for name in COLUMNS.split(","))
_GROWING: Final = ("identity", "updated", "active", "messages", "models", "activity", "seal")
"""The columns that a message changes."""
_WORDS: Final = "INSERT INTO text (rowid, body) VALUES (?, ?)"


class IndexWriter:
    """Writes into an open database, inside a transaction of the caller's.

    Args:
        connection: The database.
        place: The first place for words that is free.
        words: Whether what was said is written too, and not only rows.
        schema: Of the tables of rows and extents.
    """

    def __init__(self, connection: sqlite3.Connection, place: int, *, words: bool = True, schema: str = "main") -> None:
        self._connection = connection
        self._words = words
        self._put = _PUT.format(table=f"{schema}.sessions")
        self._extent = f"INSERT INTO {schema}.extents VALUES (?, ?, ?, ?)"
        self.place = place
        """The next place that is free."""
        self.unused = 0
        """How many places hold words that are no session's any more."""

    def put(self, row: Row, said: list[Said]) -> None:
        """Adds a session, or replaces it.

        Args:
            row: Its row.
            said: What was said in it.
        """
        self._forget_words(row.id)
        self.add(row, said)

    def replace(self, before: Identity | None, row: Row, said: list[Said]) -> None:
        """Adds a session, or replaces it if it is as it was before; else nothing is done.

        Args:
            before: The file in whose place it was written.
            row: Its row.
            said: What was said in it.
        """
        present = self._identity(row.id)
        if present is None or present == row.identity or (before and present == identity_number(before)):
            self.put(row, said)

    def put_row(self, row: Row) -> None:
        """Adds a session, or replaces it, and leaves its words for later."""
        self._forget_words(row.id)
        self._connection.execute(self._put, row.values())
        self._connection.execute("INSERT OR IGNORE INTO behind VALUES (?)", (row.id,))

    def add(self, row: Row, said: list[Said]) -> None:
        """Adds a session that is not there."""
        self._connection.execute(self._put, row.values())
        if self._words:
            self._connection.executemany(_WORDS, _words_of(self.place, [(NAME, row.name), *said]))
            self._connection.execute(self._extent, (self.place, len(said) + 1, row.id, 0))
            self.place += len(said) + 1

    def extend(self, session_id: int, before: Identity, after: Identity, items: list[dict[str, Any]]) -> None:
        """Adds messages to a session that is as it was before they came in; else nothing is done.

        Args:
            session_id: The session.
            before: The file that they were appended to.
            after: The file afterwards.
            items: The messages.
        """
        found = self._extended(session_id, before, after, items)
        if found is None:
            return
        row, said = found
        # Only what changes: each column that an index is made of costs a page of it.
        values = dict(zip(_NAMES, row.values(), strict=True))
        changes = ", ".join(f"{name} = ?" for name in _GROWING)
        self._connection.execute(
            f"UPDATE sessions SET {changes} WHERE id = ?", (*(values[name] for name in _GROWING), session_id)
        )
        if self._words and not self._is_behind(session_id):
            self._connection.executemany(_WORDS, _words_of(self.place, said))
            self._lengthen(session_id, row.messages - len(items) + 1, len(items))
            self.place += len(items)

    def _extended(
        self, session_id: int, before: Identity, after: Identity, items: list[dict[str, Any]]
    ) -> tuple[Row, list[Said]] | None:
        """The row of a session after messages came in, and what they say; None where the row is of another file."""
        columns = "uid, name, created, updated, messages, tags, pinned, archived, problem, activity"
        found = self._connection.execute(
            f"SELECT {columns} FROM sessions WHERE id = ? AND identity = ?", (session_id, identity_number(before))
        ).fetchone()
        if found is None:
            return None
        uid, name, created, updated, messages, tags, pinned, archived, problem, activity = found
        times = [parse_time(item.get("created_at")) for item in items]
        newest = times[-1] if times and None not in times else None
        if newest is None or microseconds(newest) < (updated or 0):
            # When a session changed last is told by its last message, even if clocks went back.
            return None
        counts = {(hour, role, model): [number, length] for hour, role, model, number, length in orjson.loads(activity)}
        said = count_activity(counts, items, newest)
        row = Row(
            id=session_id,
            identity=identity_number(after),
            uid=uid,
            name=name,
            created=created,
            updated=microseconds(newest),
            messages=messages + len(items),
            tags=orjson.loads(tags),
            pinned=bool(pinned),
            archived=bool(archived),
            problem=problem,
            activity=counts,
        )
        return row, said

    def _is_behind(self, session_id: int) -> bool:
        behind = "SELECT 1 FROM behind WHERE session = ?"
        return self._connection.execute(behind, (session_id,)).fetchone() is not None

    def doubt_unless(self, session_id: int, identity: int | None) -> None:
        """Says that a session is to be read again, unless its row is of that file.

        Args:
            session_id: The session.
            identity: The number of the identity of its file; None if there is none.
        """
        if self._identity(session_id) == identity:
            self._connection.execute("DELETE FROM doubtful WHERE session = ?", (session_id,))
        else:
            self._connection.execute("INSERT OR IGNORE INTO doubtful VALUES (?)", (session_id,))

    def _identity(self, session_id: int) -> int | None:
        found = self._connection.execute("SELECT identity FROM sessions WHERE id = ?", (session_id,)).fetchone()
        return None if found is None else int(found[0])

    def _lengthen(self, session_id: int, at: int, count: int) -> None:
        """Notes places right behind those that are taken: often the session's own end there."""
        changed = self._connection.execute(
            "UPDATE extents SET count = count + ? WHERE first = (SELECT max(first) FROM extents) "
            "AND session = ? AND first + count = ? AND at + count = ?",
            (count, session_id, self.place, at),
        )
        if not changed.rowcount:
            self._connection.execute(self._extent, (self.place, count, session_id, at))

    def remove(self, session_id: int) -> None:
        """Takes a session out."""
        self._forget_words(session_id)
        self._connection.execute("DELETE FROM sessions WHERE id = ?", (session_id,))

    def replace_words(self, session_id: int, first: int, count: int, at: int) -> None:
        """Says where the words of a session are now: so many places from the first on, from number ``at`` on."""
        self._forget_words(session_id)
        self._connection.execute(self._extent, (first, count, session_id, at))

    def _forget_words(self, session_id: int) -> None:
        count = "SELECT total(count) FROM extents WHERE session = ?"
        (places,) = self._connection.execute(count, (session_id,)).fetchone()
        if places:
            self.unused += int(places)
            self._connection.execute("DELETE FROM extents WHERE session = ?", (session_id,))
        self._connection.execute("DELETE FROM behind WHERE session = ?", (session_id,))


def _words_of(place: int, said: list[Said]) -> Iterator[tuple[int, str]]:
    """Texts as the table of words has them, in places from that one on."""
    for at, (role, text) in enumerate(said, place):
        if text:
            yield rowid_of(at, role), text if text.isascii() else fold(text)
