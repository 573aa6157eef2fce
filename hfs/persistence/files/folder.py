"""A folder of documents, one file each: documents added and removed, items appended to their lists."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hfs.errors import CorruptSessionError, StoreIOError
from hfs.persistence._file_ops import FILE_MODE, identity_of, io_error
from hfs.persistence._files import ChangedMeanwhile, NotRegularError, append_tail, make_folder, real_path
from hfs.persistence._format import TAIL, Amend, Document, render, render_item
from hfs.persistence.files.events import Moves
from hfs.persistence.files.ids import FolderIds
from hfs.persistence.files.memory import Known, item_number
from hfs.persistence.files.reader import Snapshot


class DocumentFolder(FolderIds):
    """The documents of one table.

    Takes what ``FolderWriter`` takes.
    """

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
                    identity, moves = self._replace(doc_id, data, None, FILE_MODE)
                    break
                except ChangedMeanwhile:
                    if given is not None:
                        raise ValueError(f"Document with ID {given} already exists") from None
                    self._counted = 0
                    doc_id = self.next_id()
                except OSError as error:
                    raise io_error(error, self.file(doc_id), "save") from error
            self._highest = max(self._highest, doc_id)
            self._memory.forget(doc_id)
            self._memory.remember(doc_id, content, data, identity, FILE_MODE)
            self._memory.record(doc_id, self._items(content))
            self.events.stored(doc_id, None, identity, content, moves)
            return doc_id

    def place(self, doc_id: int, document: Document) -> None:
        """Adds a document under an id that was reserved for it, and neither remembers nor tells anything of it.

        Raises:
            ValueError: There is a document of that id, or a value is nested too deep.
            TypeError: A value that JSON has no form for.
            StoreIOError: It could not be written.
        """
        data = render(self._completed(doc_id, dict(document)), self.layout)
        try:
            self._replace(doc_id, data, None, FILE_MODE)
        except ChangedMeanwhile:
            raise ValueError(f"Document with ID {doc_id} already exists") from None
        except OSError as error:
            raise io_error(error, self.file(doc_id), "save") from error

    def remove(self, doc_id: int) -> bool:
        """Removes a document for good; says whether it was there."""
        return self._take_away(doc_id, self.ops.unlink)

    def move(self, doc_id: int, target: Path) -> bool:
        """Moves a document's file out of the table; says whether it was there."""
        make_folder(self.ops, str(target.parent))
        return self._take_away(doc_id, lambda path: self.ops.replace(path, str(target)), target)

    def _take_away(self, doc_id: int, take: Callable[[str], None], target: Path | None = None) -> bool:
        with self.locks.document(doc_id):
            self._memory.forget(doc_id)
            self._seen.discard(doc_id)
            moves: Moves = []
            try:
                with self._timed(moves):
                    take(self.file(doc_id))
                self.events.removed(doc_id, moves)
                if target is not None:
                    self.ops.fsync_folder(str(target.parent))
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
                if items and not amended and self._splice(doc_id, known, items):
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
        body, before = None, known.identity
        moves: Moves = []
        try:
            if known.identity.size >= self._threshold:
                path = real_path(self.ops, self.file(doc_id))
                identity = append_tail(self.ops, path, TAIL, encoded + TAIL, known.identity)
            else:
                body = self._body(doc_id, known)[: -len(TAIL)] + encoded + TAIL
                identity, moves = self._replace(doc_id, body, known.identity, known.mode)
        except (ChangedMeanwhile, NotRegularError, OSError):
            # The way over the whole document finds out what is there now, and says what failed.
            self._memory.drop(doc_id)
            return False
        except BaseException:
            self._memory.drop(doc_id)
            raise
        self._memory.advance(known, items, body, identity)
        self.events.appended(doc_id, before, identity, items, moves)
        return True

    def _body(self, doc_id: int, known: Known) -> bytes:
        if known.body is None:
            data, status = self._read_bytes(doc_id)
            if status is None or identity_of(status) != known.identity:
                raise ChangedMeanwhile
            known.body = data
        return known.body

    def _items(self, document: Document) -> list[Document]:
        items = document.get(self.layout.append_field or "")
        return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _is_same(one: Any, other: Document, key: str, stamp: str | None) -> bool:
    """Whether an item is the one that an earlier attempt to append brought in."""
    if not isinstance(one, dict) or key not in other or one.get(key) != other[key]:
        return False
    return one.get(stamp) == other.get(stamp) if stamp else one == other
