"""A table of documents that is being changed: all of it is written at the end, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping

from hfs.persistence._file_ops import FILE_MODE, Identity, explained
from hfs.persistence._files import PreparedFile, make_folder
from hfs.persistence._format import Document, render
from hfs.persistence._ids import HIGHEST_ID, is_id
from hfs.persistence.files.folder import DocumentFolder


class Changes(MutableMapping[int, Document]):
    """A table under its locks, from entering it to leaving it.

    What is kept in memory are the documents that were changed, and the one that was asked for last: a document that
    was given out may be changed until another one is asked for.

    Args:
        folder: The table's folder.
    """

    def __init__(self, folder: DocumentFolder) -> None:
        self._folder = folder
        self._loaded: dict[int, Document] = {}
        self._before: dict[int, tuple[bytes, Identity, int]] = {}
        self._deleted: set[int] = set()
        self._cleared = False
        self._given_out = 0
        self._next_id = 0

    def __enter__(self) -> Changes:
        self._lock = self._folder.locks.everything()
        self._lock.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._commit()
        finally:
            self._lock.__exit__(None, None, None)

    def new_id(self) -> int:
        """An id that no document has or had."""
        self._next_id = max(self._next_id + 1, self._folder.next_id() if not self._next_id else 0)
        self._next_id = max(self._next_id, max(self._loaded, default=0) + 1)
        return self._next_id

    def __getitem__(self, doc_id: int) -> Document:
        if doc_id != self._given_out:
            self._let_go(self._given_out)
            self._given_out = doc_id
        if doc_id not in self._loaded:
            if self._is_deleted(doc_id) or not self._load(doc_id):
                raise KeyError(doc_id)
        return self._loaded[doc_id]

    def _let_go(self, doc_id: int) -> None:
        """Forgets a document that was given out, if it is as it was."""
        before = self._before.get(doc_id)
        if before and doc_id in self._loaded and render(self._loaded[doc_id], self._folder.layout) == before[0]:
            del self._loaded[doc_id], self._before[doc_id]

    def _is_deleted(self, doc_id: int) -> bool:
        return self._cleared or doc_id in self._deleted

    def _load(self, doc_id: int) -> bool:
        snapshot = self._folder.read(doc_id)
        if snapshot is None:
            return False
        self._loaded[doc_id] = snapshot.document
        before = render(snapshot.document, self._folder.layout)
        self._before[doc_id] = (before, snapshot.identity, snapshot.status.st_mode & 0o777)
        return True

    def __setitem__(self, doc_id: int, document: Document) -> None:
        if not is_id(doc_id):
            raise ValueError(f"{doc_id!r} can't be a document's id: expected 1 to {HIGHEST_ID}")
        if doc_id not in self._before and self._folder.exists(doc_id):
            self._load(doc_id)
        self._deleted.discard(doc_id)
        self._loaded[doc_id] = document

    def __delitem__(self, doc_id: int) -> None:
        if doc_id not in self:
            raise KeyError(doc_id)
        self._loaded.pop(doc_id, None)
        self._deleted.add(doc_id)

    def __contains__(self, doc_id: object) -> bool:
        if not isinstance(doc_id, int):
            return False
        return doc_id in self._loaded or not (self._is_deleted(doc_id) or not self._folder.exists(doc_id))

    def __iter__(self) -> Iterator[int]:
        present = set() if self._cleared else set(self._folder.ids()) - self._deleted
        return iter(sorted(present | self._loaded.keys()))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def clear(self) -> None:
        """Deletes every document."""
        self._loaded.clear()
        self._cleared = True

    def _commit(self) -> None:
        folder = self._folder
        encoded: dict[int, bytes] = {}
        for doc_id, document in self._loaded.items():
            before = self._before.get(doc_id)
            if before is None or render(document, folder.layout) != before[0]:
                if before is not None:
                    folder.require_writable(doc_id, document)
                if folder.layout.complete:
                    folder.layout.complete(doc_id, document)
                encoded[doc_id] = render(document, folder.layout)
        make_folder(folder.ops, str(folder.path))
        if self._loaded:
            folder.reserve(max(max(self._loaded), self._next_id))
        self._write(encoded)
        for doc_id in folder.ids() if self._cleared else sorted(self._deleted):
            if doc_id not in self._loaded:
                folder.remove(doc_id)

    def _write(self, encoded: dict[int, bytes]) -> None:
        folder = self._folder
        prepared: list[tuple[int, PreparedFile]] = []
        try:
            with explained(folder.path, "save"):
                for doc_id, data in encoded.items():
                    mode = self._before[doc_id][2] if doc_id in self._before else FILE_MODE
                    prepared.append((doc_id, folder.prepare(doc_id, data, mode)))
                for doc_id, file in prepared:
                    file.replace(self._before[doc_id][1] if doc_id in self._before else None)
                    folder.changed(doc_id, self._loaded[doc_id])
        finally:
            for _, file in prepared:
                file.discard()
