"""A folder of tables as TinyDB's storage: a table is a folder, a document a file."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tinydb.storages import Storage

from hfs.persistence._file_ops import FileOps
from hfs.persistence._format import PLAIN, Document, Layout
from hfs.persistence._locks import TableLocks
from hfs.persistence.files.changes import Changes
from hfs.persistence.files.folder import DocumentFolder

_RESERVED: Final = frozenset(("locks", "damaged", "trash"))
_TABLE_NAME: Final = re.compile(r"^[^./\\\x00-\x1f:*?\"<>|][^/\\\x00-\x1f:*?\"<>|]*$")


class DirectoryStorage(Storage):
    """A folder of tables as TinyDB's storage. ``DocumentDB`` is the usual way to it.

    Args:
        path: The folder. It may be missing; the folder above it may not.
        layouts: How the documents of tables are written, by table name.
        create_dirs: Makes missing folders above ``path``, too.
        ops: The operating system's calls.

    Raises:
        FileNotFoundError: There is no folder above it.
        NotADirectoryError: It is no folder.

    Example:
        >>> from hfs.persistence import DirectoryStorage
        >>> storage = DirectoryStorage("desk")
        >>> storage.write({"notes": {"1": {"title": "Bread"}}})
        >>> storage.read()
        {'notes': {'1': {'title': 'Bread'}}}
        >>> storage.close()
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        layouts: Mapping[str, Layout] | None = None,
        create_dirs: bool = False,
        ops: FileOps | None = None,
    ) -> None:
        self.path = Path(path).absolute()
        """The folder, absolute."""
        if not create_dirs and not self.path.parent.is_dir():
            raise FileNotFoundError(f"There is no folder {self.path.parent} for {self.path.name} to be in.")
        if self.path.exists() and not self.path.is_dir():
            raise NotADirectoryError(f"{self.path} is no folder.")
        self._ops = ops or FileOps()
        self._layouts = dict(layouts or {})
        self._folders: dict[str, DocumentFolder] = {}

    def folder(self, name: str, layout: Layout | None = None) -> DocumentFolder:
        """The folder of a table. For the tables of hfs.

        Args:
            name: The table.
            layout: How its documents are written; what was declared for it, where it is None.

        Returns:
            The folder, the same each time.

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
        """Removes a table with its documents. Files of others stay, and then the folder does.

        Args:
            name: The table, whether there is one or not.

        Raises:
            ValueError: The name can't be a table's.
            StoreIOError, LockTimeoutError: Something could not be removed.
        """
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
        """The whole database, by table and number; None if there is none.

        Raises:
            CorruptSessionError, StoreIOError: A file can't be read.
        """
        names = self.tables()
        if not names:
            return None
        return {name: dict(Documents(self.folder(name))) for name in sorted(names)}

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Replaces the whole database.

        Args:
            data: The documents, by table and number.

        Raises:
            TypeError, ValueError: A value that JSON has no form for.
            StoreIOError, LockTimeoutError: Something could not be written.
        """
        for name in self.tables() - data.keys():
            self.drop(name)
        for name, documents in data.items():
            with Changes(self.folder(name)) as changes:
                changes.clear()
                changes.update({int(doc_id): dict(document) for doc_id, document in documents.items()})

    def close(self) -> None:
        """Closes the lock files, after a last look at what was appended lately."""
        for folder in self._folders.values():
            folder.settle()
            folder.locks.close()


class Documents(Mapping[str, Document]):
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
        for doc_id, snapshot in self._folder.stream():
            yield str(doc_id), snapshot.document
