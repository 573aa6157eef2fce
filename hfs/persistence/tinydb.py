"""TinyDB over a folder: a table is a folder, a document a file. Touching one document reads and writes one file.

Everything is TinyDB's own behaviour, from several processes too; what differs is the cost. A call that
raises has changed nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any, Final, cast

from tinydb import TinyDB
from tinydb.queries import QueryLike
from tinydb.storages import Storage
from tinydb.table import Document as TinyDocument
from tinydb.table import Table

from hfs.persistence._files import make_folder
from hfs.persistence._format import Layout
from hfs.persistence.files.changes import Changes
from hfs.persistence.files.directory_storage import DirectoryStorage, Documents

__all__ = ["DirectoryStorage", "DocumentDB", "DocumentTable", "append"]

_MOST_CACHED: Final = 1 << 20
"""The result of a query is kept for the next time if its documents have so many bytes at the most."""

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


class DocumentTable(Table):
    """A TinyDB table whose documents are files.

    Args:
        storage: The folder of tables.
        name: The table's name, which is its folder's.
        cache_size: How many query results are kept, as long as no file changes. Large ones are not.
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
        self._changes: Changes | None = None
        self._files = 0
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
        cached = self._cached(cond)
        if cached is not None:
            return cached[:]
        found, size = [], 0
        for document, length in self._matching(cond):
            found.append(document)
            size += length
        self._cache(cond, found, size)
        return found

    def count(self, cond: QueryLike) -> int:
        cached = self._cached(cond)
        if cached is not None:
            return len(cached)
        number, size, kept = 0, 0, []
        for document, length in self._matching(cond):
            number += 1
            size += length
            if size <= _MOST_CACHED:
                kept.append(document)
            else:
                kept.clear()
        self._cache(cond, kept, size)
        return number

    def _matching(self, cond: QueryLike) -> Iterator[tuple[TinyDocument, int]]:
        """The documents that fit, and how many bytes their files have; one in memory at a time."""
        for doc_id, snapshot in self.folder.stream():
            if cond(snapshot.document):
                yield self.document_class(snapshot.document, doc_id), len(snapshot.data)

    def _cached(self, cond: QueryLike) -> list[TinyDocument] | None:
        """The result of a query, if no file has changed since."""
        files = self.folder.digest()
        if files != self._files:
            self.clear_cache()
            self._files = files
        return self._query_cache.get(cond)

    def _cache(self, cond: QueryLike, found: list[TinyDocument], size: int) -> None:
        if size <= _MOST_CACHED and getattr(cond, "is_cacheable", lambda: True)():
            self._query_cache[cond] = found[:]

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
        return cast("dict[str, Mapping[str, Any]]", Documents(self.folder))

    def _update_table(self, updater: Callable[[dict[int, Mapping[str, Any]]], None]) -> None:
        with self._changing() as changes:
            updater(cast("dict[int, Mapping[str, Any]]", changes))

    @contextlib.contextmanager
    def _changing(self) -> Iterator[Changes]:
        """The table under its locks, for one call of a person: written once at its end."""
        if self._changes is not None:
            yield self._changes
            return
        with Changes(self.folder) as changes:
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
