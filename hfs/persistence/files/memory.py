"""What is remembered of a folder's files, so that an append needs no reading. Good only for the same identity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from hfs.persistence._file_ops import Identity
from hfs.persistence._format import Document, Layout
from hfs.persistence.files.ledger import Ledger

_BODIES: Final = 16
"""How many small files are remembered whole."""


@dataclass(slots=True)
class Known:
    """What is remembered of one canonical file."""

    identity: Identity
    mode: int
    header: Document
    """The document without its growing list."""
    last_item_id: int
    appendable: bool
    """Whether the file ends in an item that is an object, so that an append is a splice."""
    body: bytes | None
    """The whole file, for small ones."""


class FolderMemory:
    """The canonical files of one folder, and what this process appended to them."""

    def __init__(self, layout: Layout, threshold: float) -> None:
        self._layout = layout
        self._threshold = threshold
        self._known: dict[int, Known] = {}
        self._ledgers: dict[int, Ledger] = {}

    def known(self, doc_id: int) -> Known | None:
        """What is remembered of a file, or None."""
        return self._known.get(doc_id)

    def identity(self, doc_id: int) -> Identity | None:
        """The file that is remembered."""
        known = self._known.get(doc_id)
        return known.identity if known else None

    def ledger(self, doc_id: int) -> Ledger | None:
        """What this process appended, or None if that is nothing."""
        return self._ledgers.get(doc_id)

    def recently_appended(self) -> list[int]:
        """The documents that a stale copy may still take something away from."""
        return [doc_id for doc_id, ledger in list(self._ledgers.items()) if ledger.is_recent]

    def remember(self, doc_id: int, document: Document, data: bytes, identity: Identity, mode: int) -> Known:
        """Notes a canonical file."""
        name = self._layout.append_field
        items = document.get(name) if name else None
        appendable = isinstance(items, list) and bool(items) and all(isinstance(item, dict) for item in items)
        last = max((item_number(item, self._layout.item_id) for item in items or ()), default=0) if appendable else 0
        header = {key: value for key, value in document.items() if key != name}
        body = data if len(data) < self._threshold else None
        self._known.pop(doc_id, None)
        known = self._known[doc_id] = Known(identity, mode, header, last, appendable, body)
        with_body = [other for other in self._known.values() if other.body is not None]
        for other in with_body[:-_BODIES]:
            other.body = None
        return known

    def advance(self, known: Known, items: list[Document], body: bytes | None, identity: Identity) -> None:
        """Notes that items were spliced onto a known file."""
        known.identity = identity
        known.body = body if identity.size < self._threshold else None
        known.last_item_id = max(known.last_item_id, *(item_number(item, self._layout.item_id) for item in items))

    def record(self, doc_id: int, items: list[Document]) -> None:
        """Notes items that this process made durable."""
        if self._layout.item_id is None or not items:
            return
        if doc_id not in self._ledgers:
            self._ledgers[doc_id] = Ledger(self._layout)
        self._ledgers[doc_id].record(items)

    def keep_only(self, doc_id: int, document: Document) -> None:
        """Forgets appended items that this process itself removed."""
        ledger = self._ledgers.get(doc_id)
        if ledger is not None:
            ledger.keep_only(document.get(self._layout.append_field or "") or [])

    def drop(self, doc_id: int) -> None:
        """Forgets the file, but not what was appended to it."""
        self._known.pop(doc_id, None)

    def forget(self, doc_id: int) -> None:
        """Forgets everything about a document."""
        self._known.pop(doc_id, None)
        self._ledgers.pop(doc_id, None)


def item_number(item: Any, key: str | None) -> int:
    """The id of an item, or 0 if it has none that is an integer."""
    number = item.get(key) if key and isinstance(item, dict) else None
    return number if isinstance(number, int) and not isinstance(number, bool) else 0
