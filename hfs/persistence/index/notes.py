"""What this process wrote, noted as it is written and brought into the index a moment later, many at a time."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hfs.persistence._file_ops import Identity
from hfs.persistence._format import Document
from hfs.persistence.files.events import Moves
from hfs.persistence.index.rows import row_of

if TYPE_CHECKING:
    from hfs.persistence.index.writing import IndexWriter

Note = Callable[["IndexWriter"], None]
"""Writes what was noted."""

_DELAY: Final = 0.3
"""How long what follows is waited for, in seconds."""
_MOST: Final = 5000
"""How many notes are kept at the most."""
_MOST_BYTES: Final = 8 << 20
"""How much of what was written they keep at the most: of more it is only noted that it must be read again."""


@dataclass(slots=True)
class Noted:
    """What was written and is not in the index yet."""

    notes: list[tuple[int, Note | None]] = field(default_factory=list)
    """Of which session, and how; None where it is only to be looked at."""
    moves: Moves = field(default_factory=list)
    """How these writes changed the time of the folder."""
    size: int = 0
    """How many bytes of files the notes keep."""
    lost: bool = False
    """Whether there was more than could be kept: every file is to be looked at."""

    def __bool__(self) -> bool:
        return bool(self.notes or self.moves or self.lost)


class Notes:
    """Notes what was written, and brings it into the index.

    What it keeps is bounded. A thread of its own writes it down, and ends when there is nothing more.

    Args:
        write: Takes what is noted, and brings it into the index; says whether it could.
    """

    def __init__(self, write: Callable[[Callable[[], Noted]], bool]) -> None:
        self._write = write
        self._begin()

    def _begin(self) -> None:
        self._noted = Noted()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._process = os.getpid()

    def _leave_inherited(self) -> None:
        """In a forked process: what its parent noted, its parent writes."""
        if self._process != os.getpid():
            self._begin()

    def stored(self, doc_id: int, before: Identity | None, after: Identity, document: Document, moves: Moves) -> None:
        """Notes a session that was written whole."""
        self._add(doc_id, lambda writer: writer.replace(before, *row_of(doc_id, after, document)), after.size, moves)

    def appended(
        self, doc_id: int, before: Identity, after: Identity, items: list[dict[str, Any]], moves: Moves
    ) -> None:
        """Notes messages that were appended to a session."""
        size = max(after.size - before.size, 0)
        self._add(doc_id, lambda writer: writer.extend(doc_id, before, after, items), size, moves)

    def removed(self, doc_id: int, moves: Moves) -> None:
        """Notes that a session is gone; another process may bring it back before that is written down."""
        self._add(doc_id, None, 0, moves)

    def moved(self, moves: Moves) -> None:
        """Notes that a write changed the time of the folder, and no session."""
        self._add(None, None, 0, moves)

    def _add(self, doc_id: int | None, note: Note | None, size: int, moves: Moves) -> None:
        self._leave_inherited()
        with self._lock:
            noted = self._noted
            if doc_id is not None and len(noted.notes) >= _MOST:
                noted.lost = True
            elif doc_id is not None and noted.size + size > _MOST_BYTES:
                noted.notes.append((doc_id, None))
            elif doc_id is not None:
                noted.notes.append((doc_id, note))
                noted.size += size
            _join(noted.moves, moves)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, args=(self._ended,), name="hfs-index", daemon=True)
                self._thread.start()

    def _run(self, ended: threading.Event) -> None:
        while True:
            ended.wait(_DELAY)
            self.flush()
            with self._lock:
                if ended.is_set() or not self._noted:
                    self._thread = None
                    return

    def flush(self) -> None:
        """Brings what is noted into the index now."""
        self._leave_inherited()
        if not self._write(self._take):
            with self._lock:
                self._noted.lost = True

    def _take(self) -> Noted:
        with self._lock:
            noted, self._noted = self._noted, Noted()
        return noted

    def close(self) -> None:
        """Does it, and waits until it is done."""
        self._leave_inherited()
        with self._lock:
            thread, ended, self._ended = self._thread, self._ended, threading.Event()
        ended.set()
        if thread is not None:
            thread.join()
        self.flush()


def _join(moves: Moves, more: Moves) -> None:
    """Adds moves; those that follow on each other become one."""
    for before, after in more:
        if moves and moves[-1][1] == before:
            moves[-1] = (moves[-1][0], after)
        elif len(moves) < _MOST:
            moves.append((before, after))
