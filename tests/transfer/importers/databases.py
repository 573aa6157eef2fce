"""Databases made of SQL scripts, whole and damaged, so that tests can show what a reader makes of them."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hfs.transfer.conversation import Conversation
from hfs.transfer.importing.reading import Failed, Reading
from tests.transfer.importers.mutating import check
from tests.transfer.importers.reading import source_of

_ODD: Final[tuple[object, ...]] = (
    None, 0, -1, 2**63 - 1, 1.5, -1e308, "", " ", "x", "[", "{}", "[1, null]", "12", "9" * 5000, "not a time",
    "0000-00-00T99:99:99Z", "\x00\x1b[31m", "\ufffd", b"", b"\xff\xfe\x00", b"text",
    '{"text": 3, "name": [], "output": {}}',
    '{"text_ref": [1, {"literal": 2}, {"fragment": {}}, {}]}', '{"attachments": [{"id": []}, 4], "attachment": 7}',
    "{" * 3000, '{"a": NaN}',
)  # fmt: skip
"""What a value is replaced by: SQLite keeps any type in any column."""


def build(path: Path, *scripts: Path) -> Path:
    """A new database that scripts make, one after the other."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for script in scripts:
            connection.executescript(script.read_text(encoding="utf-8"))
    return path


def tables_of(path: Path) -> dict[str, list[str]]:
    """The columns of each table."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        names = [
            row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        ]
        query = "SELECT name FROM pragma_table_info(?)"
        return {name: [row[0] for row in connection.execute(query, (name,))] for name in names}


def survive_odd_values(path: Path, count: int = 60) -> None:
    """Asserts that a reader takes a database with values of wrong types in it.

    Args:
        path: The database; it is not changed.
        count: How many damaged copies are tried.
    """
    tables = tables_of(path)
    for number in range(count):
        chance = random.Random(f"odd/{number}")
        copy = path.with_name(f"{path.stem}-odd-{number}.db")
        copy.write_bytes(path.read_bytes())
        done = []
        with contextlib.closing(sqlite3.connect(copy)) as connection:
            for _ in range(chance.choice((1, 2, 4, 12))):
                table = chance.choice(list(tables))
                column, value = chance.choice(tables[table]), chance.choice(_ODD)
                change = f'UPDATE OR IGNORE "{table}" SET "{column}" = ? WHERE rowid % ? = 0'
                done.append((table, column, value))
                with contextlib.suppress(sqlite3.IntegrityError):
                    connection.execute(change, (value, chance.choice((1, 2, 3))))
            connection.commit()
        _sound(copy, str(done)[:2000])
        copy.unlink()


def survive_half_a_schema(path: Path) -> None:
    """Asserts that a reader takes a database without one of its tables, or without one of a table's columns."""
    for number, (table, column) in enumerate(_missing(path)):
        copy = path.with_name(f"{path.stem}-half-{number}.db")
        copy.write_bytes(path.read_bytes())
        with contextlib.closing(sqlite3.connect(copy)) as connection:
            if column is not None:
                rest = ", ".join(f'"{name}"' for name in tables_of(path)[table] if name != column)
                connection.execute(f'CREATE TABLE hfs_rest AS SELECT {rest} FROM "{table}"')
            connection.execute(f'DROP TABLE "{table}"')
            if column is not None:
                connection.execute(f'ALTER TABLE hfs_rest RENAME TO "{table}"')
            connection.commit()
        _sound(copy, f"without {table} {column}")
        copy.unlink()


def _missing(path: Path) -> Iterator[tuple[str, str | None]]:
    for table, columns in tables_of(path).items():
        if table == "sqlite_sequence":
            continue
        yield table, None
        if len(columns) > 1:
            yield from ((table, column) for column in columns)


def _sound(path: Path, what: str) -> None:
    try:
        for found in Reading(source_of(path)).conversations():
            if isinstance(found, Conversation):
                check(found)
            else:
                assert isinstance(found, Failed)
                assert "shape" in found.reason, found
    except Exception as error:
        error.add_note(what)
        raise
