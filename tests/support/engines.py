"""The engine behind a store, where a test must look behind it."""

from __future__ import annotations

from hfs.persistence import SessionStore
from hfs.persistence.file_engine.engine import FileEngine


def files_of(store: SessionStore) -> FileEngine:
    """The engine of a store whose sessions are files."""
    assert isinstance(store._engine, FileEngine)
    return store._engine
