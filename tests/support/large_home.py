"""Sessions whose reading for the index takes processes of its own, made in no time."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from hfs.persistence._locks import FileLock

COUNT = 20
_SIZE = 4 << 20


def write_large_sessions(home: Path) -> None:
    """Sessions of 80 MB together, all of them one file on the disk."""
    folder = home / "sessions"
    folder.mkdir(parents=True)
    said = {"id": 1, "role": "user", "content": " " * _SIZE + "rebase", "created_at": "2026-01-01T00:00:00Z"}
    document = {"uid": "u", "name": "Large", "created_at": "2026-01-01T00:00:00Z", "messages": [said]}
    (folder / "1.json").write_text(json.dumps(document))
    for number in range(2, COUNT + 1):
        os.link(folder / "1.json", folder / f"{number}.json")


@contextlib.contextmanager
def indexing_elsewhere(home: Path) -> Iterator[None]:
    """Holds the lock that another process has which reads all sessions."""
    (home / "locks").mkdir(parents=True, exist_ok=True)
    lock = FileLock(str(home / "locks" / "sessions-index.lock"), 10)
    lock.acquire()
    try:
        yield
    finally:
        lock.release()
        lock.close()
