"""SQLite databases from strangers, opened so that nothing in them runs, is written, or fills the memory."""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from hfs.transfer.files.source import LOGS

NOT_UTF8 = "byte that is not UTF-8"


def open_read_only(path: Path, longest: int, left_out: Counter[str]) -> sqlite3.Connection:
    """A database, read-only.

    Args:
        path: The file.
        longest: The longest text that is read, in bytes; a longer one raises ``sqlite3.DataError``.
        left_out: Counts bytes of texts that are not UTF-8; they come as U+FFFD.

    Raises:
        sqlite3.Error: It is damaged, locked, or none.
    """
    for options in ("mode=ro", "mode=ro&immutable=1"):
        if "immutable" in options and _has_log(path):
            # Read without its log, it would lack what was said last, or have what was never finished.
            break
        with contextlib.ExitStack() as undo:
            try:
                connection = sqlite3.connect(f"{path.absolute().as_uri()}?{options}", uri=True)
                undo.callback(connection.close)
                connection.execute("PRAGMA trusted_schema = OFF")
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                    raise sqlite3.OperationalError("another program is writing to it: close that, try again") from error
                # A database that keeps a log beside it can't be opened in a folder that can't be written to.
                continue
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, longest)
            connection.row_factory = sqlite3.Row
            connection.text_factory = lambda data: decoded(data, "utf-8", left_out)
            undo.pop_all()
            return connection
    if _has_log(path):
        raise sqlite3.OperationalError(
            "its log beside it (-wal or -journal) can't be read: open it once in its own program, and close that"
        )
    raise sqlite3.OperationalError("it is damaged, or can't be opened")


def _has_log(path: Path) -> bool:
    real = path.resolve()
    logs = (real.with_name(real.name + ending) for ending in LOGS)
    return any(log.is_file() and log.stat().st_size for log in logs)


def tables_of(connection: sqlite3.Connection) -> Mapping[str, frozenset[str]]:
    """The tables, with the names of their columns; none for a table that needs something that is not there."""
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found: dict[str, frozenset[str]] = {}
    for name in names:
        with contextlib.suppress(sqlite3.OperationalError):
            rows = connection.execute("SELECT name FROM pragma_table_info(?)", (name,))
            found[name] = frozenset(row["name"] for row in rows)
    return found


def decoded(data: bytes, encoding: str, left_out: Counter[str]) -> str:
    """A text, with U+FFFD for what is not in its encoding, which is counted."""
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode(encoding, "replace")
        left_out[NOT_UTF8] += text.count("\ufffd") - data.decode(encoding, "ignore").count("\ufffd")
        return text
