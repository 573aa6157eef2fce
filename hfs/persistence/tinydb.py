"""TinyDB over a folder: a table is a folder, a document a file. Touching one document reads and writes one file.

Everything is TinyDB's own behaviour, from several processes too; what differs is the cost. A call that
raises has changed nothing.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any, Final, cast

from tinydb import TinyDB
from tinydb.queries import QueryLike
from tinydb.storages import Storage
from tinydb.table import Document as TinyDocument
from tinydb.table import Table

from hfs.errors import StoreIOError
from hfs.persistence._files import (
    FILE_MODE,
    FileOps,
    Identity,
    PreparedFile,
    identity_of,
    io_error,
    make_folder,
)
from hfs.persistence._folder import DocumentFolder
from hfs.persistence._format import PLAIN, Document, Layout, render
from hfs.persistence._locks import TableLocks

_RESERVED: Final = frozenset(("locks", "damaged", "trash"))
_TABLE_NAME: Final = re.compile(r"^[^./\\\x00-\x1f:*?\"<>|][^/\\\x00-\x1f:*?\"<>|]*$")
_HIGHEST_ID: Final = 10**18

Transform = Callable[[MutableMapping[str, Any]], None]


class _Append:
    """The operation that ``append`` makes, which a table recognises by its type."""

    def __init__(self, field: str, item: Any) -> None:
        self.field = field
        self.item = item

    def __call__(self, document: MutableMapping[str, Any]) -> None:
        document.setdefault(self.field, []).append(self.item)


def append(field: str, item: Any) -> Transform:
    """A TinyDB operation that appends to a list field, making the list where there is none.

    Where the table's layout names that field as its growing list and the documents are given by id, it costs
    one item, however long the list is::

        table.update(append("messages", {"role": "user", "content": "hi"}), doc_ids=[12])
    """
    return _Append(field, item)


class DirectoryStorage(Storage):
    """A folder of tables.

    Args:
        path: The folder. It may be missing; the folder above it may not.
        layouts: How the documents of tables are written, by table name.
        create_dirs: Makes missing folders above ``path``, too.
        ops: The operating system's calls.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        layouts: Mapping[str, Layout] | None = None,
        create_dirs: bool = False,
        ops: FileOps | None = None,
    ) -> None:
        self.path = Path(path).absolute()
        if not create_dirs and not self.path.parent.is_dir():
            raise FileNotFoundError(f"There is no folder {self.path.parent} for {self.path.name} to be in.")
        if self.path.exists() and not self.path.is_dir():
            raise NotADirectoryError(f"{self.path} is no folder.")
        self._ops = ops or FileOps()
        self._layouts = dict(layouts or {})
        self._folders: dict[str, DocumentFolder] = {}

    def folder(self, name: str, layout: Layout | None = None) -> DocumentFolder:
        """The folder of a table.

        Raises:
            ValueError: The name can't be a folder's, or is one of the store's own.
        """
        if name not in self._folders:
            if not _TABLE_NAME.match(name) or name in _RESERVED:
                raise ValueError(f"{name!r} can't be a table's name.")
            locks = TableLocks(self._ops, str(self.path / "locks"), name)
            chosen = layout or self._layouts.get(name, PLAIN)
            self._folders[name] = DocumentFolder(self.path / name, chosen, locks, self.path / "damaged", ops=self._ops)
        return self._folders[name]

    def tables(self) -> set[str]:
        """The names of the tables, empty ones too."""
        if not self.path.is_dir():
            return set()
        with os.scandir(self.path) as entries:
            return {
                entry.name
                for entry in entries
                if entry.is_dir() and entry.name not in _RESERVED and _TABLE_NAME.match(entry.name)
            }

    def drop(self, name: str) -> None:
        """Removes a table with its documents. Files of others stay, and then the folder does."""
        folder = self.folder(name)
        if not folder.path.is_dir():
            return
        with folder.locks.everything():
            for doc_id in folder.ids():
                folder.remove(doc_id)
            folder.forget_ids()
            with contextlib.suppress(OSError):
                folder.path.rmdir()

    def read(self) -> dict[str, dict[str, Any]] | None:
        """The whole database, or None if there is none."""
        names = self.tables()
        if not names:
            return None
        return {name: dict(_Documents(self.folder(name))) for name in sorted(names)}

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Replaces the whole database."""
        for name in self.tables() - data.keys():
            self.drop(name)
        for name, documents in data.items():
            with _Changes(self.folder(name)) as changes:
                changes.clear()
                changes.update({int(doc_id): dict(document) for doc_id, document in documents.items()})

    def close(self) -> None:
        """Closes the lock files, after a last look at what was appended lately."""
        for folder in self._folders.values():
            folder.settle()
            folder.locks.close()


class _Documents(Mapping[str, Document]):
    """A table's documents as TinyDB reads them: each from its file, when it is asked for."""

    def __init__(self, folder: DocumentFolder) -> None:
        self._folder = folder

    def __getitem__(self, key: str) -> Document:
        snapshot = self._folder.read(int(key)) if key.isdigit() else None
        if snapshot is None:
            raise KeyError(key)
        return snapshot.document

    def __iter__(self) -> Iterator[str]:
        return map(str, self._folder.ids())

    def __len__(self) -> int:
        return sum(1 for _ in self._folder.scan())

    def items(self) -> Any:
        """The pairs, one document in memory at a time; one that is removed meanwhile is passed over."""
        for doc_id in self._folder.ids():
            snapshot = self._folder.read(doc_id)
            if snapshot is not None:
                yield str(doc_id), snapshot.document


class _Changes(MutableMapping[int, Document]):
    """A table that is being changed, under its locks: all of it is written at the end, or nothing."""

    def __init__(self, folder: DocumentFolder) -> None:
        self._folder = folder
        self._loaded: dict[int, Document] = {}
        self._before: dict[int, tuple[bytes, Identity, int]] = {}
        self._ids: set[int] = set()
        self._next_id = 0

    def __enter__(self) -> _Changes:
        self._lock = self._folder.locks.everything()
        self._lock.__enter__()
        try:
            self._ids = set(self._folder.ids())
        except BaseException:
            self._lock.__exit__(None, None, None)
            raise
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
        if doc_id not in self._ids:
            raise KeyError(doc_id)
        if doc_id not in self._loaded:
            self._load(doc_id)
        return self._loaded[doc_id]

    def _load(self, doc_id: int) -> None:
        snapshot = self._folder.read(doc_id)
        if snapshot is None:
            self._ids.discard(doc_id)
            raise KeyError(doc_id)
        self._loaded[doc_id] = snapshot.document
        before = render(snapshot.document, self._folder.layout)
        self._before[doc_id] = (before, snapshot.identity, snapshot.status.st_mode & 0o777)

    def __setitem__(self, doc_id: int, document: Document) -> None:
        if not (isinstance(doc_id, int) and 0 < doc_id < _HIGHEST_ID):
            raise ValueError(f"{doc_id!r} can't be a document's id: expected 1 to {_HIGHEST_ID - 1}")
        if doc_id in self._ids and doc_id not in self._before:
            self._load(doc_id)
        self._ids.add(doc_id)
        self._loaded[doc_id] = document

    def __delitem__(self, doc_id: int) -> None:
        if doc_id not in self._ids:
            raise KeyError(doc_id)
        self._ids.discard(doc_id)
        self._loaded.pop(doc_id, None)

    def __contains__(self, doc_id: object) -> bool:
        return doc_id in self._ids

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self._ids))

    def __len__(self) -> int:
        return len(self._ids)

    def clear(self) -> None:
        self._ids.clear()
        self._loaded.clear()

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
        for doc_id in folder.ids():
            if doc_id not in self._ids:
                folder.remove(doc_id)

    def _write(self, encoded: dict[int, bytes]) -> None:
        folder = self._folder
        prepared: list[tuple[int, PreparedFile]] = []
        try:
            for doc_id, data in encoded.items():
                mode = self._before[doc_id][2] if doc_id in self._before else FILE_MODE
                prepared.append((doc_id, PreparedFile(folder.ops, folder.file(doc_id), data, mode)))
            for doc_id, file in prepared:
                file.replace(self._before[doc_id][1] if doc_id in self._before else None)
                folder.changed(doc_id, self._loaded[doc_id])
        except OSError as error:
            if isinstance(error, StoreIOError):
                raise
            raise io_error(error, folder.path, "save") from error
        finally:
            for _, file in prepared:
                file.discard()


class DocumentTable(Table):
    """A TinyDB table whose documents are files.

    Args:
        storage: The folder of tables.
        name: The table's name, which is its folder's.
        cache_size: How many query results are kept, as long as no file changes.
        persist_empty: Makes the folder even if nothing is stored.
        layout: How the documents are written.
    """

    def __init__(
        self,
        storage: DirectoryStorage,
        name: str,
        cache_size: int = 10,
        persist_empty: bool = False,
        layout: Layout | None = None,
    ) -> None:
        self.folder = storage.folder(name, layout)
        self._changes: _Changes | None = None
        self._files: object = None
        super().__init__(storage, name, cache_size=cache_size)
        if persist_empty:
            make_folder(self.folder.ops, str(self.folder.path))

    def insert(self, document: Mapping[str, Any]) -> int:
        with self._changing():
            return super().insert(document)

    def insert_multiple(self, documents: Iterable[Mapping[str, Any]]) -> list[int]:
        with self._changing():
            return super().insert_multiple(documents)

    def upsert(self, document: Mapping[str, Any], cond: QueryLike | None = None) -> list[int]:
        with self._changing():
            return super().upsert(document, cond)

    def update(
        self,
        fields: Mapping[str, Any] | Callable[[MutableMapping[str, Any]], None],
        cond: QueryLike | None = None,
        doc_ids: Iterable[int] | None = None,
    ) -> list[int]:
        growing = self.folder.layout.append_field
        if isinstance(fields, _Append) and doc_ids is not None and fields.field == growing and not self._changes:
            if isinstance(fields.item, dict):
                self.clear_cache()
                item = fields.item
                return [doc_id for doc_id in doc_ids if self.folder.append(doc_id, [item]) is not None]
        return super().update(fields, cond, doc_ids)

    def search(self, cond: QueryLike) -> list[TinyDocument]:
        files = frozenset((entry.name, identity_of(entry.stat())) for entry in self.folder.scan())
        if files != self._files:
            self.clear_cache()
            self._files = files
        return super().search(cond)

    def truncate(self) -> None:
        super().truncate()
        with self.folder.locks.table():
            self.folder.forget_ids()

    def _get_next_id(self) -> int:
        if self._changes is not None:
            return self._changes.new_id()
        with self.folder.locks.table():
            doc_id = self.folder.next_id()
            make_folder(self.folder.ops, str(self.folder.path))
            self.folder.reserve(doc_id)
            return doc_id

    def _read_table(self) -> dict[str, Mapping[str, Any]]:
        # TinyDB only uses what a Mapping has, so that nothing is read which isn't asked for.
        return cast("dict[str, Mapping[str, Any]]", _Documents(self.folder))

    def _update_table(self, updater: Callable[[dict[int, Mapping[str, Any]]], None]) -> None:
        with self._changing() as changes:
            updater(cast("dict[int, Mapping[str, Any]]", changes))

    @contextlib.contextmanager
    def _changing(self) -> Iterator[_Changes]:
        """The table under its locks, for one call of a person: written once at its end."""
        if self._changes is not None:
            yield self._changes
            return
        with _Changes(self.folder) as changes:
            self._changes = changes
            try:
                yield changes
            finally:
                self._changes = None
                self.clear_cache()


class DocumentDB(TinyDB):
    """TinyDB whose tables are folders and whose documents are files::

        db = DocumentDB("notes")
        db.table("notes").insert({"title": "hi"})   # notes/notes/1.json

    Args:
        path: The folder.
        layouts: How the documents of tables are written, by table name.
    """

    table_class: type[Table] = DocumentTable
    default_storage_class: type[Storage] = DirectoryStorage  # type: ignore[assignment]

    def tables(self) -> set[str]:
        return self._directory.tables()

    def drop_table(self, name: str) -> None:
        self._tables.pop(name, None)
        self._directory.drop(name)

    def drop_tables(self) -> None:
        for name in self.tables():
            self.drop_table(name)
        self._tables.clear()

    @property
    def _directory(self) -> DirectoryStorage:
        return cast(DirectoryStorage, self.storage)
