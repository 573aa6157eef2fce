"""What a folder of documents tells of its own writes: to an index, and to who says it to a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hfs.persistence._file_ops import Identity
from hfs.persistence._format import Document

Moves = list[tuple[int, int]]
"""How a write changed the time of the folder, in nanoseconds: each time from the first to the second."""


@dataclass(slots=True)
class FolderEvents:
    """Whom to tell what happened. Each is called with the document's id."""

    recovered: Callable[[int, Path], None] = lambda doc_id, path: None
    """An interrupted append was repaired; the path is the original that was set aside."""
    put_back: Callable[[int, list[Document]], None] = lambda doc_id, items: None
    """A stale copy took items away, and they are back."""
    taken_out: Callable[[int, list[Document]], None] = lambda doc_id, items: None
    """Somebody else took out items that this process had appended."""
    stored: Callable[[int, Identity | None, Identity, Document, Moves], None] = (
        lambda doc_id, before, after, document, moves: None
    )
    """A document was written whole, in the place of the first file, where there was one."""
    appended: Callable[[int, Identity, Identity, list[Document], Moves], None] = (
        lambda doc_id, before, after, items, moves: None
    )
    """Items were appended to the first file, which made it the second."""
    removed: Callable[[int, Moves], None] = lambda doc_id, moves: None
    """A document was removed, or moved away."""
    moved: Callable[[Moves], None] = lambda moves: None
    """A write changed the time of the folder, and no document. Called without an id."""
    highest_id: Callable[[], int | None] = lambda: None
    """Asked for the highest id of a document; None where that is not known."""
