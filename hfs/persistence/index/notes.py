"""What this process wrote, noted as it is written and brought into the index a moment later, many at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from hfs.persistence._files import Identity
from hfs.persistence._format import Document
from hfs.persistence.index.rows import row_of

if TYPE_CHECKING:
    from hfs.persistence.index.writing import IndexWriter

Note = Callable[["IndexWriter", int], int]
"""Writes what was noted; takes the time of the folder that the index is of, and returns the one it is of afterwards."""

_DELAY: Final = 0.3
"""How long what follows is waited for, in seconds."""
_MOST: Final = 5000
"""How many are kept at the most; what is left out is found by the next list."""


class Notes:
    """What was written and is not in the index yet.

    Args:
        write: Brings notes into the index.
        is_current: Says whether a session's file is still that one.
    """

    def __init__(self, write: Callable[[list[Note]], None], is_current: Callable[[int, Identity], bool]) -> None:
        self._write = write
        self._is_current = is_current
        self._notes: list[Note] = []
        self._lock = threading.Lock()
        self._wanted = threading.Event()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def stored(self, doc_id: int, identity: Identity, document: Document) -> None:
        """Notes a session that was written whole."""

        def write(writer: IndexWriter, folder: int) -> int:
            # Another process may have changed the file meanwhile, and put that into the index.
            if self._is_current(doc_id, identity):
                writer.put(*row_of(doc_id, identity, document))
            return folder

        self._add(write)

    def appended(self, doc_id: int, before: Identity, after: Identity, items: list[dict[str, Any]]) -> None:
        """Notes messages that were appended to a session."""

        def write(writer: IndexWriter, folder: int) -> int:
            writer.extend(doc_id, before, after, items)
            return folder

        self._add(write)

    def removed(self, doc_id: int) -> None:
        """Notes that a session is gone."""

        def write(writer: IndexWriter, folder: int) -> int:
            writer.remove(doc_id)
            return folder

        self._add(write)

    def renamed(self, before: int, after: int) -> None:
        """Notes that a write of this process changed the folder's time, which others may have done meanwhile too."""
        self._add(lambda writer, folder: after if folder == before else folder)

    def _add(self, note: Note) -> None:
        with self._lock:
            if len(self._notes) < _MOST:
                self._notes.append(note)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="hfs-index", daemon=True)
                self._thread.start()
        if not self._wanted.is_set():
            self._wanted.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            self._wanted.wait()
            self._ended.wait(_DELAY)
            self._wanted.clear()
            self.flush()

    def flush(self) -> None:
        """Brings what is noted into the index now."""
        with self._lock:
            notes, self._notes = self._notes, []
        if notes:
            self._write(notes)

    def close(self) -> None:
        """Does it for the last time."""
        self._ended.set()
        self._wanted.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()
