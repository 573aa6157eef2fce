"""TinyDB over a folder: a table is a folder, a document a file. Touching one document reads and writes one file.

Everything is TinyDB's own behaviour, from several processes too; what differs is the cost. A call that
raises has changed nothing.
"""

from __future__ import annotations

import contextlib
import os
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
    one item, however long the list is.

    Args:
        field: The list.
        item: What is appended.

    Returns:
        What ``DocumentTable.update`` takes.

    Example:
        >>> from hfs.persistence import DocumentDB, Layout, append
        >>> with DocumentDB("desk", layouts={"logs": Layout(append_field="lines")}) as db:
        ...     logs = db.table("logs")
        ...     number = logs.insert({"name": "today", "lines": []})
        ...     changed = logs.update(append("lines", {"text": "one"}), doc_ids=[number])
        ...     logs.get(doc_id=number)["lines"]
        [{'text': 'one'}]
    """
    return _Append(field, item)


class DocumentTable(Table):
    """A TinyDB table whose documents are files. ``DocumentDB.table`` makes it, and has what it takes but for the first.

    What is not named here is TinyDB's own, and unchanged.

    Args:
        storage: The folder of tables.
        name: The table's name, which is its folder's.
        cache_size: How many query results are kept, as long as no file changes. Large ones are not.
        persist_empty: Makes the folder even if nothing is stored.
        layout: How the documents are written; what the database declares for the table, where it is None.

    Raises:
        ValueError: The name can't be a folder's, or is one of the store's own.

    Example:
        >>> from tinydb import where
        >>> from hfs.persistence import DocumentDB
        >>> with DocumentDB("desk") as db:
        ...     notes = db.table("notes")
        ...     numbers = notes.insert_multiple([{"title": "Bread"}, {"title": "Soup"}])
        ...     notes.update({"done": True}, doc_ids=[2])
        ...     notes.search(where("done") == True)
        [2]
        [{'title': 'Soup', 'done': True}]
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
        """Where its documents are. For hfs itself."""
        self._changes: Changes | None = None
        self._files = 0
        super().__init__(storage, name, cache_size=cache_size)
        if persist_empty:
            make_folder(self.folder.ops, str(self.folder.path))

    def insert(self, document: Mapping[str, Any]) -> int:
        """Stores a document in a file of its own. It is durable when this returns.

        Args:
            document: The document; a ``tinydb.table.Document`` brings its own number.

        Returns:
            Its number, which no document of the table had before.

        Raises:
            TypeError, ValueError: No document, a value that JSON has no form for, or a number that is taken.
            StoreIOError, LockTimeoutError: It could not be made durable.
        """
        with self._changing():
            return super().insert(document)

    def insert_multiple(self, documents: Iterable[Mapping[str, Any]]) -> list[int]:
        """Stores documents, each in a file of its own.

        Args:
            documents: The documents.

        Returns:
            Their numbers.

        Raises:
            TypeError, ValueError: As from ``insert``; then none was stored.
            StoreIOError, LockTimeoutError: They could not be made durable.
        """
        with self._changing():
            return super().insert_multiple(documents)

    def upsert(self, document: Mapping[str, Any], cond: QueryLike | None = None) -> list[int]:
        """Changes the documents that fit a query, or stores one if none does.

        Args:
            document: The fields; a ``tinydb.table.Document`` is told by its number.
            cond: The query; not needed for a document that has a number.

        Returns:
            The numbers of what was changed or stored.

        Raises:
            TypeError, ValueError: As from ``insert``, or neither a query nor a number.
            CorruptSessionError, StoreIOError, LockTimeoutError: Nothing was changed.
        """
        with self._changing():
            return super().upsert(document, cond)

    def update(
        self,
        fields: Mapping[str, Any] | Callable[[MutableMapping[str, Any]], None],
        cond: QueryLike | None = None,
        doc_ids: Iterable[int] | None = None,
    ) -> list[int]:
        """Changes documents. With ``doc_ids`` only their files are read and written.

        Args:
            fields: New fields, or an operation of TinyDB, or ``append``.
            cond: Which documents; all, where it and ``doc_ids`` are None.
            doc_ids: The numbers of the documents.

        Returns:
            The numbers of those that were changed.

        Raises:
            KeyError: There is no document of such a number.
            TypeError, ValueError: A value that JSON has no form for; nothing was changed.
            CorruptSessionError, UnsupportedFormatError, StoreIOError, LockTimeoutError: Nothing was changed.
        """
        growing = self.folder.layout.append_field
        if isinstance(fields, _Append) and doc_ids is not None and fields.field == growing and not self._changes:
            if isinstance(fields.item, dict):
                self.clear_cache()
                item = fields.item
                return [doc_id for doc_id in doc_ids if self.folder.append(doc_id, [item]) is not None]
        return super().update(fields, cond, doc_ids)

    def search(self, cond: QueryLike) -> list[TinyDocument]:
        """The documents that fit a query. One file after the other is read; what is found stays in memory.

        Args:
            cond: The query.

        Returns:
            The documents by number, each a copy.

        Raises:
            CorruptSessionError, StoreIOError: A file can't be read.
        """
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
        """How many documents fit a query; one is in memory at a time.

        Args:
            cond: The query.

        Returns:
            The number.

        Raises:
            CorruptSessionError, StoreIOError: A file can't be read.
        """
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
        """Removes every document of the table, and begins with number 1 again.

        Raises:
            StoreIOError, LockTimeoutError: Something could not be removed.
        """
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
    """TinyDB whose tables are folders and whose documents are files.

    What is not named here is TinyDB's own, and unchanged. Several processes may use a database at once.

    Args:
        path: The folder. It may be missing; the folder above it may not.
        layouts: How the documents of tables are written, by table name.
        create_dirs: Makes missing folders above ``path``, too.
        **options: What else TinyDB takes: ``storage``, and what that takes.

    Raises:
        FileNotFoundError: There is no folder above it.
        NotADirectoryError: It is no folder.

    Example:
        >>> from pathlib import Path
        >>> from hfs.persistence import DocumentDB
        >>> with DocumentDB("desk") as db:
        ...     number = db.table("notes").insert({"title": "Bread"})
        >>> print(Path("desk/notes/1.json").read_text())
        {
          "title": "Bread"
        }
    """

    table_class: type[Table] = DocumentTable
    default_storage_class: type[Storage] = DirectoryStorage  # type: ignore[assignment]

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        layouts: Mapping[str, Layout] | None = None,
        create_dirs: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(path, layouts=layouts, create_dirs=create_dirs, **options)

    def table(self, name: str, **options: Any) -> DocumentTable:
        """A table, the same object each time.

        Args:
            name: The table's name, which is its folder's.
            **options: What ``DocumentTable`` takes: ``cache_size``, ``persist_empty``, ``layout``.

        Returns:
            The table; nothing is made on the disk until something is stored.

        Raises:
            ValueError: The name can't be a folder's, or is one of the store's own.
        """
        return cast(DocumentTable, super().table(name, **options))

    def tables(self) -> set[str]:
        """The names of the tables, empty ones too."""
        return self._directory.tables()

    def drop_table(self, name: str) -> None:
        """Removes a table with its documents. Files of others in its folder stay.

        Args:
            name: The table, whether there is one or not.

        Raises:
            ValueError: The name can't be a table's.
            StoreIOError, LockTimeoutError: Something could not be removed.
        """
        self._tables.pop(name, None)
        self._directory.drop(name)

    def drop_tables(self) -> None:
        """Removes every table with its documents.

        Raises:
            StoreIOError, LockTimeoutError: Something could not be removed.
        """
        for name in self.tables():
            self.drop_table(name)
        self._tables.clear()

    @property
    def _directory(self) -> DirectoryStorage:
        return cast(DirectoryStorage, self.storage)
