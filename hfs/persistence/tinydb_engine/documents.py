"""Session documents in a TinyDB database, as ``complete`` makes them whole.

A document that is in a table is never changed in place: what a reader was given stays as it was.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

from tinydb import TinyDB
from tinydb.table import Document as TableDocument
from tinydb.table import Table

from hfs import paths
from hfs.errors import UnsupportedFormatError
from hfs.persistence._format import Amend, Document, newer_version, parse, render
from hfs.persistence._ids import OTHER_STORE, require_id_left
from hfs.persistence.files.memory import item_number
from hfs.persistence.session_document.layout import SESSION_LAYOUT, complete

PLACE: Final = "the TinyDB database"
_MESSAGES: Final = "messages"
_ONLY: Final = 1
"""The number of the one document that says what holds for the whole database."""
_locks: WeakKeyDictionary[TinyDB, Locks] = WeakKeyDictionary()
_making: Final = threading.Lock()


class Locks:
    """What keeps threads apart in one database, however many engines are on it."""

    def __init__(self) -> None:
        self.tables = threading.RLock()
        self.imports = threading.Lock()


class Tables:
    """The tables of a database, and the lock under which they are used.

    Args:
        db: The database.
    """

    def __init__(self, db: TinyDB) -> None:
        with _making:
            locks = _locks.setdefault(db, Locks())
        self.lock: Final = locks.tables
        self.imports: Final = locks.imports
        self.sessions: Final = db.table(paths.SESSIONS)
        self.trash: Final = db.table(paths.TRASH)
        self.kept: Final = db.table("kept_messages")
        self.marks: Final = db.table("marks")
        """Of each session, by its id: the mark of its last write, and the highest number that a message of it had."""
        self.state: Final = db.table("state")

    def snapshot(self) -> Iterable[tuple[int, Document]]:
        """Every session as it is now: its id and its document, which nobody may change."""
        with self.lock:
            return [(document.doc_id, dict(document)) for document in self.sessions]

    def stored(self, doc_id: int) -> Document | None:
        """A session's document, which nobody may change; None if there is none."""
        with self.lock:
            return one_of(self.sessions, doc_id)

    def put(self, doc_id: int, document: Document) -> None:
        """Stores a document in the place of what is there, and marks that it was written."""
        numbers = [item_number(item, "id") for item in _items(document)]
        with self.lock:
            put(self.sessions, doc_id, document)
            mark = one_of(self.marks, doc_id) or {"last_number": 0}
            last = max([mark["last_number"], *numbers])
            put(self.marks, doc_id, {"revision": secrets.token_hex(8), "last_number": last})

    def take_ids(self, count: int) -> int:
        """Takes so many ids in a row that no session has or had; returns the first.

        Raises:
            StoreError: There are not so many left.
        """
        with self.lock:
            first = self.next_id()
            require_id_left(first + count - 1, PLACE, OTHER_STORE)
            self.note(next_id=first + count)
            return first

    def next_id(self) -> int:
        """The lowest id that no session has or had, and none above it."""
        with self.lock:
            return max([int(self.noted("next_id", 1)), *(document.doc_id + 1 for document in self.sessions)])

    def noted(self, name: str, default: Any) -> Any:
        """What holds for the whole database under that name."""
        return (one_of(self.state, _ONLY) or {}).get(name, default)

    def note(self, **values: Any) -> None:
        """Keeps what holds for the whole database."""
        put(self.state, _ONLY, {**(one_of(self.state, _ONLY) or {}), **values})


def one_of(table: Table, doc_id: int) -> Document | None:
    """A document of a table; None if there is none."""
    found = table.get(doc_id=doc_id)
    return dict(found) if isinstance(found, TableDocument) else None


def put(table: Table, doc_id: int, document: Document) -> None:
    """Stores a document under an id, whether there is one or not."""

    def replace(present: MutableMapping[str, Any]) -> None:
        present.clear()
        present.update(document)

    if not table.update(replace, doc_ids=[doc_id]):
        table.insert(TableDocument(document, doc_id=doc_id))


def checked(document: Document) -> Document:
    """A copy of a document as its file would give it back.

    Raises:
        TypeError, ValueError: It has a value that JSON has no form for, or is nested too deep.
    """
    return parse(render(document, SESSION_LAYOUT), SESSION_LAYOUT)


def completed(doc_id: int, document: Document) -> Document:
    """The same of a document in which everything is filled in."""
    whole = dict(document)
    complete(doc_id, whole)
    return checked(whole)


def copied(value: Any) -> Any:
    """A copy of a value of JSON that shares nothing with it that can be changed."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Stored:
    """A document as it was read."""

    document: Document
    salvaged: bool = False


class TinyDBDocuments:
    """The documents of sessions.

    Args:
        tables: The database.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    # Reading

    def read(self, doc_id: int) -> Stored | None:
        """A document as it is now, or None if there is none."""
        document = self._tables.stored(doc_id)
        return None if document is None else Stored(copied(document))

    refresh = read

    def read_bytes(self, doc_id: int) -> bytes:
        """A document as its file would be; empty if there is none."""
        document = self._tables.stored(doc_id)
        return b"" if document is None else render(document, SESSION_LAYOUT)

    def exists(self, doc_id: int) -> bool:
        """Whether there is a document of that id."""
        return self._tables.stored(doc_id) is not None

    def revision(self, doc_id: int) -> str | None:
        """A mark that changes whenever this engine writes the document; None if it is gone."""
        with self._tables.lock:
            if self._tables.stored(doc_id) is None:
                return None
            mark = one_of(self._tables.marks, doc_id)
            return "" if mark is None else str(mark["revision"])

    def read_only_reason(self, doc_id: int, document: Document) -> str | None:
        """Why a document can't be written by this hfs, or None."""
        return newer_version(f"Session {doc_id} in {PLACE}", document, SESSION_LAYOUT)

    def require_writable(self, doc_id: int, document: Document) -> None:
        """Raises UnsupportedFormatError for a document of a newer format."""
        reason = self.read_only_reason(doc_id, document)
        if reason:
            raise UnsupportedFormatError(reason, path=Path(), version=document.get("format"))

    # Writing

    def create(self, document: Document) -> int:
        """Adds a document under an id that no other has or had; returns the id."""
        with self._tables.lock:
            doc_id = self._tables.next_id()
            whole = completed(doc_id, document)
            self._tables.take_ids(1)
            self._tables.put(doc_id, whole)
            return doc_id

    def append(self, doc_id: int, items: list[Document], amend: Amend | None = None) -> list[Document] | None:
        """Appends messages; returns them as they were stored, or None if there is no such document."""
        with self._tables.lock:
            present = self._tables.stored(doc_id)
            if present is None:
                return None
            self.require_writable(doc_id, present)
            messages = present.setdefault(_MESSAGES, [])
            if not isinstance(messages, list):
                raise TypeError(f"{_MESSAGES!r} of document {doc_id} is no list")
            placed, fresh = self._numbered(doc_id, messages, checked({_MESSAGES: items})[_MESSAGES])
            header = copied({key: value for key, value in present.items() if key != _MESSAGES})
            if amend is not None and amend(header, copied(placed)):
                header = completed(doc_id, {**header, _MESSAGES: []})
            if fresh:
                self._tables.put(doc_id, {**header, _MESSAGES: [*messages, *fresh]})
            items_stored: list[Document] = copied(placed)
            return items_stored

    def _numbered(
        self, doc_id: int, messages: list[Any], items: list[Document]
    ) -> tuple[list[Document], list[Document]]:
        """Items with their ids, and those of them that an earlier attempt has not brought in."""
        taken = {item_number(item, "id"): item for item in messages}
        mark = one_of(self._tables.marks, doc_id)
        last = max([mark["last_number"] if mark is not None else 0, *taken])
        placed: list[Document] = []
        fresh: list[Document] = []
        for item in items:
            number = item_number(item, "id")
            twin = taken.get(number) if number else None
            if twin is not None and twin.get("created_at") == item.get("created_at"):
                placed.append(twin)
                continue
            if twin is not None:
                item = {key: value for key, value in item.items() if key != "id"}
            stored = item if "id" in item else {"id": last + 1, **item}
            last = max(last, item_number(stored, "id"))
            taken[item_number(stored, "id")] = stored
            placed.append(stored)
            fresh.append(stored)
        return placed, fresh

    def modify(self, doc_id: int, change: Callable[[Document], None]) -> Document | None:
        """Changes a document as it is now; None if there is none. Where it raises, everything is as it was."""
        with self._tables.lock:
            present = self._tables.stored(doc_id)
            if present is None:
                return None
            self.require_writable(doc_id, present)
            document = copied(present)
            # What is filled in is derived from the document as readers saw it, before the change.
            complete(doc_id, document)
            change(document)
            whole = completed(doc_id, document)
            if render(whole, SESSION_LAYOUT) != render(present, SESSION_LAYOUT):
                self._tables.put(doc_id, whole)
            changed: Document = copied(whole)
            return changed

    def mend(self, doc_id: int, recover: Callable[[bytes], Document | None]) -> None:
        """None: what a database holds is no damaged file."""
        return None

    def settle(self) -> None:
        """Nothing: nobody saves old copies into a database."""


def _items(document: Document) -> list[Any]:
    items = document.get(_MESSAGES)
    return items if isinstance(items, list) else []
