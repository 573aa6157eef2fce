"""Sessions in a TinyDB database, put together: an engine for the store, meant for a database in memory."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tinydb import TinyDB

from hfs import paths
from hfs.errors import LockTimeoutError, StoreError
from hfs.persistence._format import Document
from hfs.persistence._locks import TIMEOUT
from hfs.persistence.session_document.layout import items_of
from hfs.persistence.tinydb_engine.documents import PLACE, Tables, TinyDBDocuments, completed
from hfs.persistence.tinydb_engine.plain_index import PlainIndex
from hfs.persistence.tinydb_engine.trash import TinyDBTrash

if TYPE_CHECKING:
    from hfs.persistence.check import CheckReport
    from hfs.persistence.models import MergedCopy


class TinyDBEngine:
    """Keeps sessions in the tables of a TinyDB database. Many threads of one process may use it.

    Args:
        db: The database, such as ``TinyDB(storage=MemoryStorage)``. It stays open.
        home: The home folder, where words are kept that could not be saved.
    """

    def __init__(self, db: TinyDB, home: Path) -> None:
        self._home = home
        self._tables = Tables(db)
        self.documents = TinyDBDocuments(self._tables)
        self.index = PlainIndex(self._tables.snapshot)
        self.imports = TinyDBImports(self._tables)
        self.trash = TinyDBTrash(self._tables)

    @property
    def place(self) -> str:
        """What messages call the database."""
        return PLACE

    @property
    def drafts(self) -> Path:
        """The folder for words that could not be saved: another one for each database, whose sessions are others."""
        with self._tables.lock:
            name = self._tables.noted("folder", None)
            if name is None:
                name = f"tinydb-{secrets.token_hex(4)}"
                self._tables.note(folder=name)
        return self._home / paths.STORES / str(name) / paths.DRAFTS

    def require_readable(self) -> None:
        """Looks whether the sessions can be listed, and reads none."""
        self.documents.exists(1)

    def path(self, session_id: int) -> None:
        """None: there are no files."""
        return None

    def check(self, session_ids: Sequence[int] | None, *, repair: bool) -> CheckReport:
        """Counts what is there: nothing writes to it that could spoil it."""
        from hfs.persistence.check import CheckReport

        report = CheckReport(PLACE)
        for doc_id, document in self._tables.snapshot():
            if session_ids is None or doc_id in session_ids:
                report.add_session(len(items_of(document)), document.get("created_at"))
        return report

    def conflict_copies(self) -> list[tuple[int, Path]]:
        """None: no sync program copies documents of a database."""
        return []

    def merge_copy(self, session_id: int, path: Path) -> MergedCopy:
        """Raises StoreError: there is no such copy."""
        raise StoreError(f"{path} is no copy of a session in {PLACE}. `hfs import` brings a file in.")

    def close(self) -> None:
        """Nothing: the database is the caller's."""


class TinyDBImports:
    """Brings many sessions into a database.

    Args:
        tables: The database.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    @property
    def by_a_process(self) -> Path | None:
        """None: other processes don't have the database."""
        return None

    @contextlib.contextmanager
    def exclusively(self) -> Iterator[None]:
        """Keeps others from importing.

        Raises:
            LockTimeoutError: Another import takes too long.
        """
        if not self._tables.imports.acquire(timeout=TIMEOUT):
            raise LockTimeoutError(
                f"Another import into {PLACE} has been running for {TIMEOUT:g} seconds. Nothing was written; try "
                "again once it is done.",
                path=Path(),
                timeout=TIMEOUT,
            )
        try:
            yield
        finally:
            self._tables.imports.release()

    def reserve(self, count: int) -> int:
        """Takes so many ids in a row; returns the first."""
        return self._tables.take_ids(count)

    def claim(self, doc_id: int) -> bool:
        """Takes this very id, if no session has or had it, or a higher one; says whether it did."""
        with self._tables.lock:
            if doc_id < self._tables.next_id():
                return False
            self._tables.note(next_id=doc_id + 1)
            return True

    def give_back(self, first: int, end: int) -> None:
        """Lets ids be given out again, if nobody reserved more meanwhile."""
        with self._tables.lock:
            highest = max((doc_id for doc_id, _ in self._tables.snapshot()), default=0)
            if self._tables.noted("next_id", 1) == end and highest < first:
                self._tables.note(next_id=first)

    def place(self, doc_id: int, document: Document) -> None:
        """Adds a document under an id that was reserved for it.

        Raises:
            ValueError: There is a document of that id, or a value is nested too deep.
            TypeError: A value that JSON has no form for.
        """
        whole = completed(doc_id, document)
        with self._tables.lock:
            if self._tables.stored(doc_id) is not None:
                raise ValueError(f"Document with ID {doc_id} already exists")
            self._tables.put(doc_id, whole)

    def add_once(self, document: Document) -> tuple[int, bool]:
        """Adds a document unless there is one with its uid; returns its id, and whether it was added."""
        uid = document.get("uid")
        with self._tables.lock:
            there = self._tables.snapshot() if isinstance(uid, str) and uid else ()
            present = next((doc_id for doc_id, other in there if other.get("uid") == uid), None)
            if present is not None:
                return present, False
            doc_id = self._tables.next_id()
            whole = completed(doc_id, document)
            self._tables.take_ids(1)
            self._tables.put(doc_id, whole)
            return doc_id, True
