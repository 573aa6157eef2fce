"""A folder of documents, one file each, changed safely.

Rules that hold for every write:

* It is done under the document's lock, on the file as it is now: what others changed is read first.
* It is acknowledged only once it is durable.
* A file that doesn't parse is never written to, unless it is an append of ours that was interrupted, or a
  person asked for its repair; then the original is set aside first.
"""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hfs.errors import CorruptSessionError, HfsError, StoreIOError, UnsupportedFormatError
from hfs.persistence._file_ops import FileOps, Identity, explained, identity_of, io_error
from hfs.persistence._files import ChangedMeanwhile, NotRegularError, PreparedFile, make_folder, real_path, replace_file
from hfs.persistence._format import Document, Layout, newer_version, render
from hfs.persistence._locks import TableLocks
from hfs.persistence._time import file_stamp, now
from hfs.persistence.files.events import FolderEvents, Moves
from hfs.persistence.files.memory import FolderMemory
from hfs.persistence.files.reader import APPEND_THRESHOLD, FolderReader, Snapshot

_ATTEMPTS: Final = 5


@dataclass(slots=True)
class _Loaded:
    snapshot: Snapshot
    put_back: list[Document] = field(default_factory=list)


class FolderWriter(FolderReader):
    """Changes the documents of one table.

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
        self._counted = 0
        """The time of the folder for which the highest id is known."""

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
        identity, moves = self._replace(doc_id, data, snapshot.identity, mode)
        self._memory.remember(doc_id, document, data, identity, mode)
        self._memory.keep_only(doc_id, document)
        self.events.stored(doc_id, snapshot.identity, identity, document, moves)
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

    def prepare(self, doc_id: int, data: bytes, mode: int) -> PreparedFile:
        """The new content of a document, which takes its place later. Call ``changed`` once it has.

        Args:
            doc_id: The document.
            data: Its file's bytes.
            mode: The file's permissions.

        Raises:
            OSError: It could not be written.
        """
        return PreparedFile(self.ops, self.file(doc_id), data, mode, lambda: self._timed([]))

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
            with explained(self.file(doc_id), "save"):
                self._store(doc_id, loaded, lambda document: None)
        except ChangedMeanwhile:
            self.modify(doc_id, lambda document: None)

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
        return newer_version(self.file(doc_id), document, self.layout)

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
            removed = snapshot.document.get(self.layout.removed_key or "")
            loaded.put_back, taken_out = ledger.reconcile(items, removed if isinstance(removed, list) else ())
            if taken_out:
                self.events.taken_out(doc_id, taken_out)
        return loaded

    def _replace(self, doc_id: int, data: bytes, expected: Identity | None, mode: int) -> tuple[Identity, Moves]:
        try:
            path = real_path(self.ops, self.file(doc_id))
        except NotRegularError as error:
            raise ChangedMeanwhile from error
        moves: Moves = []
        prepared = PreparedFile(self.ops, path, data, mode, lambda: self._timed(moves))
        return prepared.replace(expected), moves

    @contextlib.contextmanager
    def _timed(self, moves: Moves) -> Iterator[None]:
        """Notes how something changes the time of the folder. It is short: what others do meanwhile doesn't show."""
        before = self.folder_time()
        yield
        after = self.folder_time()
        if self._counted == before:
            self._counted = after
        moves.append((before, after))

    def _set_aside(self, doc_id: int, data: bytes) -> Path:
        """Keeps the original of a damaged file before it is repaired."""
        make_folder(self.ops, str(self._damaged))
        path = self._damaged / f"{doc_id}-{file_stamp(now())}.json"
        replace_file(self.ops, str(path), data, expected=None)
        return path

    def _completed(self, doc_id: int, document: Document) -> Document:
        if self.layout.complete:
            self.layout.complete(doc_id, document)
        return document

    def mend(self, doc_id: int, recover: Callable[[bytes], Document | None]) -> Path | None:
        """Replaces a file by what can be made of its bytes, once the original is set aside.

        Args:
            doc_id: The document.
            recover: Makes the document from the bytes of the file; None where it makes nothing.

        Returns:
            Where the original is kept, or None if nothing was done.

        Raises:
            StoreIOError, LockTimeoutError: It could not be made durable; the file is as it was.
        """
        with self.locks.document(doc_id):
            data, status = self._read_bytes(doc_id)
            document = recover(data) if status is not None else None
            if status is None or document is None:
                return None
            rendered = render(self._completed(doc_id, document), self.layout)
            try:
                with explained(self.file(doc_id), "mend"):
                    original = self._set_aside(doc_id, data)
                    identity, moves = self._replace(doc_id, rendered, identity_of(status), stat.S_IMODE(status.st_mode))
            except ChangedMeanwhile:
                raise self._unsettled(doc_id) from None
            self._memory.drop(doc_id)
            self.events.stored(doc_id, identity_of(status), identity, document, moves)
            return original
