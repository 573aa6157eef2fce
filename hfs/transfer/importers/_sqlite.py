"""Rows of databases whose schema changed over the years: a column that isn't there comes as NULL, a table as empty."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from hfs.transfer.conversation import Tally
from hfs.transfer.fields import as_dict


class Database:
    """A database of which only some tables and columns may be there.

    Args:
        connection: As ``DatabaseFormat.read`` gets it.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._columns: dict[str, frozenset[str]] = {}

    def columns(self, table: str) -> frozenset[str]:
        """The columns of a table; none where there is no such table."""
        if table not in self._columns:
            # No view: one can take forever.
            query = (
                "SELECT name FROM pragma_table_info(?) "
                "WHERE EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE)"
            )
            self._columns[table] = frozenset(row[0] for row in self._connection.execute(query, (table, table)))
        return self._columns[table]

    def has(self, table: str, *columns: str) -> bool:
        """Whether a table is there, with these columns."""
        there = self.columns(table)
        return bool(there) and there.issuperset(columns)

    def rows(
        self, table: str, wanted: Sequence[str], rest: str = "", values: Sequence[object] = ()
    ) -> Iterator[sqlite3.Row]:
        """The rows of a table, one after the other.

        Args:
            table: Its name.
            wanted: The columns; ``rowid`` is always there.
            rest: What follows in the query. May only name columns that are there.
            values: For the question marks in it.
        """
        there = self.columns(table)
        if there and all(map(_can_be_there, values)):
            listed = ", ".join(f'"{name}"' if name in there else _missing(name) for name in wanted)
            found = self._connection.execute(f'SELECT {listed} FROM "{table}" {rest}', tuple(values))
            # ``yield from`` would close the cursor with the generator, which may be after the connection is closed.
            while (row := found.fetchone()) is not None:
                yield row

    def row(self, table: str, wanted: Sequence[str], key: str, value: object) -> sqlite3.Row | None:
        """The first row that has a value in a column; None where there is none."""
        if key != "rowid" and not self.has(table, key):
            return None
        named = key if key == "rowid" else f'"{key}"'
        return next(self.rows(table, wanted, f"WHERE {named} = ? LIMIT 1", (value,)), None)

    def rowids(self, table: str, column: str, rest: str = "") -> dict[object, list[int]]:
        """The rows of a table by what they have in a column. For columns without an index."""
        found: dict[object, list[int]] = {}
        if self.has(table, column):
            for row in self.rows(table, (column, "rowid"), rest or "ORDER BY rowid"):
                found.setdefault(row[0], []).append(row[1])
        return found

    def blob_size(self, table: str, column: str, rowid: int) -> int:
        """How many bytes a value has; it is not read for that."""
        if not self.has(table, column):
            return 0
        query = f'SELECT length("{column}") FROM "{table}" WHERE rowid = ?'
        found = self._connection.execute(query, (rowid,)).fetchone()
        return int(found[0] or 0) if found else 0


def _missing(name: str) -> str:
    """What stands for a column that is not there. In quotes, ``rowid`` would be a text where a table has none."""
    return f'{"rowid" if name == "rowid" else "NULL"} AS "{name}"'


def _can_be_there(value: object) -> bool:
    """False for half of a surrogate pair, which JSON can have and no database."""
    try:
        return not isinstance(value, str) or value.isascii() or bool(value.encode())
    except UnicodeEncodeError:
        return False


def column_text(value: object, tally: Tally) -> str:
    """The text in a column. SQLite keeps values of any type in it; what is no text is counted."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            tally.unknown["text that is binary data"] += 1
    elif value is not None:
        return str(value)
    return ""


def column_json(value: object) -> Any:
    """The JSON in a column; None for what is none."""
    try:
        return json.loads(value, parse_constant=lambda name: None) if isinstance(value, str) else None
    except (ValueError, RecursionError):
        return None


def column_object(value: object) -> dict[str, Any]:
    """The JSON object in a column; an empty one for what is none."""
    return as_dict(column_json(value))
