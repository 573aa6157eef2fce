"""Databases of SQLite, read without a trace."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

_BUSY: Final = 0.2
"""How long another process is waited for, in seconds."""


@contextlib.contextmanager
def read_only(path: Path) -> Iterator[sqlite3.Connection]:
    """A database of SQLite, opened so that no file is made or changed. Somebody else may be writing to it.

    Args:
        path: Its file.

    Raises:
        sqlite3.Error: There is none, or it can't be read.
    """
    # Who opens one that nobody else has open would make these two, and leave them there.
    in_use = all(os.path.exists(f"{path}{suffix}") for suffix in ("-wal", "-shm"))
    address = f"file:{quote(os.fsencode(path))}?mode=ro{'' if in_use else '&immutable=1'}"
    with contextlib.closing(sqlite3.connect(address, uri=True, timeout=_BUSY)) as connection:
        yield connection
