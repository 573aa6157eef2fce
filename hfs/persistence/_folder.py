"""A folder of documents, one file each, written safely.

Rules that hold for every write:

* It is done under the document's lock, on the file as it is now: what others changed is read first.
* It is acknowledged only once it is durable.
* A file that doesn't parse is never written to, unless it is an append of ours that was interrupted; then
  the original is set aside first.
"""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from hfs.errors import CorruptSessionError, HfsError, StoreIOError, UnsupportedFormatError
from hfs.persistence._files import (
    FILE_MODE,
    ChangedMeanwhile,
    FileOps,
    Identity,
    NotRegularError,
    append_tail,
    identity_of,
    io_error,
    look,
    make_folder,
    read_file,
    real_path,
    replace_file,
)
from hfs.persistence._format import TAIL, Document, Layout, render, render_item
from hfs.persistence._locks import TableLocks
from hfs.persistence._memory import FolderMemory, Known, item_number
from hfs.persistence._reader import APPEND_THRESHOLD, FolderReader, Snapshot

Amend = Callable[[Document, list[Document]], bool]
"""Changes the fields of a document beside its growing list when items come in; says whether it did."""

_NEXT_ID: Final = ".next_id"
_ATTEMPTS: Final = 5


@dataclass(slots=True)
class FolderEvents:
    """Whom to tell what happened. Each is called with the document's id."""

    recovered: Callable[[int, Path], None] = lambda doc_id, path: None
    """An interrupted append was repaired; the path is the original that was set aside."""
    put_back: Callable[[int, list[Document]], None] = lambda doc_id, items: None
    """A stale copy took items away, and they are back."""
    taken_out: Callable[[int, list[Document]], None] = lambda doc_id, items: None
    """Somebody else took out items that this process had appended."""


@dataclass(slots=True)
class _Loaded:
    snapshot: Snapshot
    put_back: list[Document] = field(default_factory=list)


class DocumentFolder(FolderReader):
    """The documents of one table.

    Args:
        path: The folder. It need not exist; the first write makes it.
        layout: How its documents are written.
        locks: The table's locks.
        damaged: Where originals are set aside before a repair.
        ops: The operating system's calls.
        threshold: From this size on an append replaces only the tail.
    """

    def __init__(
        self,
        path: Path,
        layout: Layout,
        locks: TableLocks,
        damaged: Path,
        *,
        ops: FileOps | None = None,
        threshold: float = APPEND_THRESHOLD,
    ) -> None:
        super().__init__(path, layout, locks, ops=ops, threshold=threshold)
        self.events = FolderEvents()
        self._damaged = damaged
        self._memory = FolderMemory(layout, threshold)

    # Adding and removing documents

    def create(self, document: Document, doc_id: int | None = None) -> int:
        """Adds a document.

        Args:
            document: What to store.
            doc_id: Its id; the next one that was never used, where it is None.

        Returns:
            The id.

        Raises:
            ValueError: There is a document of that id.
            TypeError: A value that JSON has no form for.
            StoreIOError: It could not be written.
        """
        with self.locks.table():
            given = doc_id
            doc_id = self.next_id() if given is None else given
            while True:
                content = self._completed(doc_id, dict(document))
                data = render(content, self.layout)
                make_folder(self.ops, self._folder)
                self.reserve(doc_id)
                try:
                    identity = self._replace(doc_id, data, None, FILE_MODE)
                    break
                except ChangedMeanwhile:
                    if given is not None:
                        raise ValueError(f"Document with ID {given} already exists") from None
                    doc_id = self.next_id()
                except OSError as error:
                    raise io_error(error, self.file(doc_id), "save") from error
            self._memory.forget(doc_id)
            self._memory.remember(doc_id, content, data, identity, FILE_MODE)
            self._memory.record(doc_id, self._items(content))
            return doc_id

    def next_id(self) -> int:
        """An id that no document has or had. Call it under the table's lock."""
        highest = max((int(entry.name[:-5]) for entry in self.scan()), default=0)
        return max(highest, self._last_reserved()) + 1

    def _last_reserved(self) -> int:
        try:
            data, _ = read_file(self.ops, f"{self._folder}/{_NEXT_ID}")
            return int(data) - 1
        except (OSError, NotRegularError, ValueError):
            return 0

    def reserve(self, doc_id: int) -> None:
        """Notes that an id is used, so that it is never given out again. Call it under the table's lock."""
        path = f"{self._folder}/{_NEXT_ID}"
        if doc_id <= self._last_reserved():
            return
        try:
            replace_file(self.ops, path, b"%d\n" % (doc_id + 1), expected=look(self.ops, path))
        except (OSError, ChangedMeanwhile) as error:
            reason = error if isinstance(error, OSError) else OSError("it keeps changing")
            raise io_error(reason, path, "save") from error

    def forget_ids(self) -> None:
        """Lets ids begin at 1 again. Call it under the table's lock."""
        try:
            self.ops.unlink(f"{self._folder}/{_NEXT_ID}")
        except FileNotFoundError:
            return

    def remove(self, doc_id: int) -> bool:
        """Removes a document for good; says whether it was there."""
        return self._take_away(doc_id, lambda path: self.ops.unlink(path))

    def move(self, doc_id: int, target: Path) -> bool:
        """Moves a document's file out of the table; says whether it was there."""
        make_folder(self.ops, str(target.parent))

        def rename(path: str) -> None:
            self.ops.replace(path, str(target))
            self.ops.fsync_folder(str(target.parent))

        return self._take_away(doc_id, rename)

    def _take_away(self, doc_id: int, work: Callable[[str], None]) -> bool:
        with self.locks.document(doc_id):
            self._memory.forget(doc_id)
            self._seen.discard(doc_id)
            try:
                work(self.file(doc_id))
                self.ops.fsync_folder(self._folder)
            except (FileNotFoundError, NotADirectoryError):
                return False
            except OSError as error:
                raise io_error(error, self.file(doc_id), "remove") from error
            return True

    # Changing documents

    def append(self, doc_id: int, items: list[Document], amend: Amend | None = None) -> list[Document] | None:
        """Appends items to the document's growing list.

        Args:
            doc_id: The document.
            items: What to append. Where the layout names an id of items, those without one get it.
            amend: Called with the document's other fields and the items, before they are written.

        Returns:
            The items as they were stored, or None if there is no such document.

        Raises:
            CorruptSessionError: The file doesn't parse; nothing was written to it.
            UnsupportedFormatError: Its format is newer than this hfs.
            TypeError: A value that JSON has no form for.
            StoreIOError, LockTimeoutError: It could not be made durable.
        """
        with self.locks.document(doc_id):
            known = self._appendable(doc_id)
            if known is not None:
                items = self._number(items, known.last_item_id, doc_id)
                amended = amend is not None and amend(dict(known.header), items)
                if not amended and self._splice(doc_id, known, items):
                    self._memory.record(doc_id, items)
                    return items
            return self._append_whole(doc_id, items, amend)

    def _appendable(self, doc_id: int) -> Known | None:
        """What is known of the file, if it is canonical and an append can be spliced onto it."""
        known = self._memory.known(doc_id)
        if known is None or self.identity(doc_id) != known.identity:
            snapshot = self._read_quietly(doc_id)
            if snapshot is None or self._memory.ledger(doc_id):
                return None
            if self.read_only_reason(doc_id, snapshot.document):
                return None
            completed = self._completed(doc_id, dict(snapshot.document))
            if render(completed, self.layout) != snapshot.data:
                return None
            mode = stat.S_IMODE(snapshot.status.st_mode)
            known = self._memory.remember(doc_id, snapshot.document, snapshot.data, snapshot.identity, mode)
        return known if known.appendable else None

    def _read_quietly(self, doc_id: int) -> Snapshot | None:
        try:
            return self._read_once(doc_id)
        except (CorruptSessionError, StoreIOError):
            return None

    def _append_whole(self, doc_id: int, items: list[Document], amend: Amend | None) -> list[Document] | None:
        placed: list[Document] = []

        def change(document: Document) -> None:
            existing = document.setdefault(self.layout.append_field or "", [])
            if not isinstance(existing, list):
                raise TypeError(f"{self.layout.append_field!r} of document {doc_id} is no list")
            placed[:] = self._place(existing, items, doc_id)
            if amend:
                amend(document, placed)

        if self.modify(doc_id, change) is None:
            return None
        self._memory.record(doc_id, placed)
        return placed

    def _place(self, existing: list[Any], items: list[Document], doc_id: int) -> list[Document]:
        """Appends the items, but for those that an earlier attempt already brought in."""
        key, stamp = self.layout.item_id, self.layout.item_stamp
        if key is None:
            existing.extend(items)
            return items
        taken = {item_number(item, key) for item in existing}
        last = max(taken, default=0)
        placed = []
        for item in items:
            twin = next((other for other in reversed(existing) if _is_same(other, item, key, stamp)), None)
            if twin is None:
                if item_number(item, key) in taken:
                    item = {name: value for name, value in item.items() if name != key}
                (twin,) = self._number([item], last, doc_id)
                existing.append(twin)
                last = max(last, item_number(twin, key))
            placed.append(twin)
        return placed

    def _number(self, items: list[Document], last: int, doc_id: int) -> list[Document]:
        key = self.layout.item_id
        if key is None:
            return [dict(item) for item in items]
        ledger = self._memory.ledger(doc_id)
        last = max(last, ledger.last_id if ledger else 0)
        numbered = []
        for item in items:
            stored = dict(item) if key in item else {key: last + 1, **item}
            last = max(last, item_number(stored, key))
            numbered.append(stored)
        return numbered

    def _splice(self, doc_id: int, known: Known, items: list[Document]) -> bool:
        """Appends without rendering the document; False if that can't be done now."""
        encoded = b"".join([b",\n    " + render_item(item, self.layout) for item in items])
        body = None
        try:
            if known.identity.size >= self._threshold:
                path = real_path(self.ops, self.file(doc_id))
                identity = append_tail(self.ops, path, TAIL, encoded + TAIL, known.identity)
            else:
                body = self._body(doc_id, known)[: -len(TAIL)] + encoded + TAIL
                identity = self._replace(doc_id, body, known.identity, known.mode)
        except (ChangedMeanwhile, NotRegularError, OSError):
            # The way over the whole document finds out what is there now, and says what failed.
            self._memory.drop(doc_id)
            return False
        except BaseException:
            self._memory.drop(doc_id)
            raise
        self._memory.advance(known, items, body, identity)
        return True

    def _body(self, doc_id: int, known: Known) -> bytes:
        if known.body is None:
            data, status = self._read_bytes(doc_id)
            if status is None or identity_of(status) != known.identity:
                raise ChangedMeanwhile
            known.body = data
        return known.body

    def modify(self, doc_id: int, change: Callable[[Document], None]) -> Document | None:
        """Changes a document, as it is now, and writes it whole.

        Args:
            doc_id: The document.
            change: Changes it in place. Called again if somebody else saved the file meanwhile.

        Returns:
            The document as it was stored, or None if there is none.

        Raises:
            CorruptSessionError: The file doesn't parse; nothing was written to it.
            UnsupportedFormatError: Its format is newer than this hfs.
            StoreIOError, LockTimeoutError: It could not be made durable.
        """
        with self.locks.document(doc_id):
            failed = False
            for _ in range(_ATTEMPTS):
                loaded = self._load(doc_id)
                if loaded is None:
                    return None
                try:
                    return self._store(doc_id, loaded, change)
                except ChangedMeanwhile:
                    continue
                except OSError as error:
                    if isinstance(error, HfsError):
                        raise
                    # After a failed fsync the same descriptor lies: a second try writes a new file.
                    if failed:
                        raise io_error(error, self.file(doc_id), "save") from error
                    failed = True
            raise self._unsettled(doc_id)

    def _store(self, doc_id: int, loaded: _Loaded, change: Callable[[Document], None]) -> Document:
        snapshot = loaded.snapshot
        document = snapshot.document
        self.require_writable(doc_id, document)
        # What is filled in is derived from the document as readers saw it, before the change.
        self._completed(doc_id, document)
        change(document)
        data = render(self._completed(doc_id, document), self.layout)
        original = self._set_aside(doc_id, snapshot.data) if snapshot.salvaged else None
        mode = stat.S_IMODE(snapshot.status.st_mode)
        identity = self._replace(doc_id, data, snapshot.identity, mode)
        self._memory.remember(doc_id, document, data, identity, mode)
        self._memory.keep_only(doc_id, document)
        if original is not None:
            self.events.recovered(doc_id, original)
        if loaded.put_back:
            self.events.put_back(doc_id, loaded.put_back)
        return document

    def _unsettled(self, doc_id: int) -> StoreIOError:
        path = self.file(doc_id)
        return StoreIOError(
            f"Could not save {path}: another program keeps changing it. Nothing was written; try again once "
            "it has finished.",
            path=Path(path),
        )

    def changed(self, doc_id: int, document: Document) -> None:
        """Notes that this process wrote a document by other means than ``append`` and ``modify``."""
        self._memory.drop(doc_id)
        self._memory.keep_only(doc_id, document)

    def refresh(self, doc_id: int) -> Snapshot | None:
        """A document as it is now, after putting back what a stale copy took away a moment ago.

        Raises:
            CorruptSessionError, StoreIOError: As from ``read``.
        """
        if self._memory.ledger(doc_id) and self.identity(doc_id) != self._memory.identity(doc_id):
            with self.locks.document(doc_id):
                loaded = self._load(doc_id)
                if loaded is not None and loaded.put_back and not self._is_read_only(doc_id, loaded):
                    self._store_again(doc_id, loaded)
        return self.read(doc_id)

    def _is_read_only(self, doc_id: int, loaded: _Loaded) -> bool:
        return self.read_only_reason(doc_id, loaded.snapshot.document) is not None

    def _store_again(self, doc_id: int, loaded: _Loaded) -> None:
        try:
            self._store(doc_id, loaded, lambda document: None)
        except ChangedMeanwhile:
            self.modify(doc_id, lambda document: None)
        except OSError as error:
            if isinstance(error, HfsError):
                raise
            raise io_error(error, self.file(doc_id), "save") from error

    def settle(self) -> None:
        """Puts back what stale copies took away of what was appended in the last minute."""
        for doc_id in self._memory.recently_appended():
            try:
                self.refresh(doc_id)
            except HfsError:
                continue

    def require_writable(self, doc_id: int, document: Document) -> None:
        """Raises UnsupportedFormatError for a document of a newer format."""
        reason = self.read_only_reason(doc_id, document)
        if reason:
            version = document.get(self.layout.version_key or "")
            raise UnsupportedFormatError(reason, path=Path(self.file(doc_id)), version=version)

    def read_only_reason(self, doc_id: int, document: Document) -> str | None:
        """Why a document can't be written by this hfs, or None."""
        key = self.layout.version_key
        if key is None or key not in document:
            return None
        version = document[key]
        if type(version) is int and 1 <= version <= self.layout.version:
            return None
        return (
            f"{self.file(doc_id)} has {key} {version!r}; this hfs writes {key} {self.layout.version}. "
            "It opens read-only: install a newer hfs to write to it."
        )

    def _load(self, doc_id: int) -> _Loaded | None:
        """The document under the lock, with lost items put back in memory."""
        try:
            snapshot = self._read_patiently(doc_id)
        except CorruptSessionError as error:
            snapshot = self._read_salvaged(doc_id)
            if snapshot is None:
                raise error
        if snapshot is None:
            return None
        loaded = _Loaded(snapshot)
        ledger = self._memory.ledger(doc_id)
        items = snapshot.document.get(self.layout.append_field or "")
        if ledger and isinstance(items, list) and snapshot.identity != self._memory.identity(doc_id):
            loaded.put_back, taken_out = ledger.reconcile(items)
            if taken_out:
                self.events.taken_out(doc_id, taken_out)
        return loaded

    def _replace(self, doc_id: int, data: bytes, expected: Identity | None, mode: int) -> Identity:
        try:
            path = real_path(self.ops, self.file(doc_id))
        except NotRegularError as error:
            raise ChangedMeanwhile from error
        return replace_file(self.ops, path, data, expected=expected, mode=mode)

    def _set_aside(self, doc_id: int, data: bytes) -> Path:
        """Keeps the original of a damaged file before it is repaired."""
        make_folder(self.ops, str(self._damaged))
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
        path = self._damaged / f"{doc_id}-{moment}.json"
        replace_file(self.ops, str(path), data, expected=None)
        return path

    def _completed(self, doc_id: int, document: Document) -> Document:
        if self.layout.complete:
            self.layout.complete(doc_id, document)
        return document

    def _items(self, document: Document) -> list[Document]:
        items = document.get(self.layout.append_field or "")
        return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _is_same(one: Any, other: Document, key: str, stamp: str | None) -> bool:
    """Whether an item is the one that an earlier attempt to append brought in."""
    if not isinstance(one, dict) or key not in other or one.get(key) != other[key]:
        return False
    return one.get(stamp) == other.get(stamp) if stamp else one == other
