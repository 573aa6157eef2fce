"""Where the words of sessions are in the index: places, and whose they are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, Final

from hfs.persistence.index.rows import HIGHEST, NAME, from_rowid, rowid_of

Extent = tuple[int, int, int, int]
"""The first place, how many there are, the session, and the number of the message in the first."""
Place = tuple[int, int]
"""A session, and the number of a message in it, counted from 1; 0 is its name."""

_FEW: Final = 64
"""So many extents are asked for one by one: between them may be much that is not asked for."""
_NONE: Final = (0, 0, 0, 0)
_COLUMNS: Final = "first, count, session, at"
_MATCHING: Final = "FROM text WHERE text MATCH ? AND rowid BETWEEN ? AND ?"


class Extents:
    """The places in which words are looked for: those of some sessions, or of all.

    Args:
        connection: The database.
        where: Which sessions, as a condition on their rows; ``1`` for all.
        values: Its values.
    """

    def __init__(self, connection: sqlite3.Connection, where: str = "1", values: tuple[Any, ...] = ()) -> None:
        self._connection = connection
        self._values = values
        self.of_all = where == "1"
        """Whether the places of every session are meant."""
        self._where = where
        meant = "" if self.of_all else f" AND (SELECT {where} FROM sessions WHERE id = session)"
        self._before = f"SELECT {_COLUMNS} FROM extents WHERE first <= ?{meant} ORDER BY first DESC LIMIT 1"

    def before(self, place: int) -> Extent:
        """The last extent that begins there or before."""
        return self._connection.execute(self._before, (place, *self._values)).fetchone() or _NONE

    def ranges(self) -> list[tuple[int, int]]:
        """The rows in which the places are, the newest first: the first and the last of each range."""
        if self.of_all:
            return [(0, HIGHEST)]
        extents = f"FROM extents WHERE session IN (SELECT id FROM sessions WHERE {self._where})"
        some = self._connection.execute(f"SELECT {_COLUMNS} {extents} LIMIT {_FEW + 1}", self._values).fetchall()
        if len(some) <= _FEW:
            return [_rows(first, first + count) for first, count, _, _ in sorted(some, reverse=True)]
        first, end = self._connection.execute(
            f"SELECT min(first), max(first + count) {extents}", self._values
        ).fetchone()
        return [_rows(first, end)]


def _rows(first: int, end: int) -> tuple[int, int]:
    """The first and the last row of the places from one to before another."""
    return rowid_of(first, 0), rowid_of(end, 0) - 1


def matching(source: sqlite3.Connection, expression: str, role: int | None, extents: Extents) -> Iterator[int]:
    """The rows that match, the newest first.

    Args:
        source: The database, or a part of the index.
        expression: What must match, for FTS5.
        role: The number of who must have said it; anybody, where it is None.
        extents: The places that are looked at; rows in others may be among them.
    """
    statement = f"SELECT rowid {_MATCHING}{_said_by(role)} ORDER BY rowid DESC"
    for lowest, highest in extents.ranges():
        for (rowid,) in source.execute(statement, (expression, lowest, highest)):
            yield rowid


def owned(rowids: Iterable[int], extents: Extents) -> Iterator[Place]:
    """The places of rows; those of rows that are no session's any more, or of others, are passed over.

    Args:
        rowids: The rows, the newest first.
        extents: The places that are looked at.
    """
    first, end, session, at = 1 << 62, 0, 0, 0
    for rowid in rowids:
        place, _ = from_rowid(rowid)
        if place < first:
            first, count, session, at = extents.before(place)
            end = first + count
        if place < end:
            yield session, at + place - first


def count_matching(source: sqlite3.Connection, expression: str, role: int | None, most: int) -> tuple[int, list[int]]:
    """How many rows match, those that are no session's any more among them; and which of them are names.

    Args:
        source: The database, or a part of the index.
        expression: What must match, for FTS5.
        role: The number of who must have said it; anybody, where it is None.
        most: How many rows are counted, the newest first.
    """
    rows = f"SELECT rowid {_MATCHING}{_said_by(role)} ORDER BY rowid DESC LIMIT ?"
    statement = f"SELECT count(*), group_concat(CASE WHEN rowid & 7 = {NAME} THEN rowid END) FROM ({rows})"
    count, names = source.execute(statement, (expression, 0, HIGHEST, most)).fetchone()
    return count, sorted(map(int, names.split(",")), reverse=True) if names else []


def _said_by(role: int | None) -> str:
    return "" if role is None else f" AND rowid & 7 = {role}"
