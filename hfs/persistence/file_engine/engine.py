"""Sessions as files in a home folder: the folder, its index, its trash, and what only files need."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hfs import paths
from hfs.display import counted
from hfs.errors import StoreIOError
from hfs.persistence._file_ops import FileOps, io_error
from hfs.persistence._files import make_folder
from hfs.persistence._format import Document
from hfs.persistence._locks import TIMEOUT, TableLocks
from hfs.persistence.files.folder import DocumentFolder
from hfs.persistence.files.reader import APPEND_THRESHOLD
from hfs.persistence.index.session_index import SessionIndex
from hfs.persistence.index.updating import ALWAYS_BELOW
from hfs.persistence.models import Notice
from hfs.persistence.session_document.layout import SESSION_LAYOUT

if TYPE_CHECKING:
    from hfs.persistence.check import CheckReport
    from hfs.persistence.file_engine.trash import Trash
    from hfs.persistence.models import MergedCopy


class FileEngine:
    """Keeps every session in a file of its own.

    Args:
        home: The home folder. It need not exist; the first write makes it.
        on_notice: Called, from any thread, with what a person should be told.
        ops: The operating system's calls.
        threshold: From this size on, in bytes, an append replaces only a file's tail.
        lock_timeout: How long another process is waited for, in seconds.
        always_below: Up to so many sessions every file is looked at for each list; with more, those that are shown.
    """

    def __init__(
        self,
        home: Path,
        on_notice: Callable[[Notice], None],
        *,
        ops: FileOps,
        threshold: float = APPEND_THRESHOLD,
        lock_timeout: float = TIMEOUT,
        always_below: int = ALWAYS_BELOW,
    ) -> None:
        self._home = home
        self._ops = ops
        self._notify = on_notice
        self.locks = TableLocks(ops, str(home / paths.LOCKS), paths.SESSIONS, lock_timeout)
        self.documents = DocumentFolder(
            home / paths.SESSIONS, SESSION_LAYOUT, self.locks, home / paths.DAMAGED, ops=ops, threshold=threshold
        )
        self.index = SessionIndex(self.documents, home / paths.INDEX, always_below=always_below)
        self.imports = FileImports(home, self.documents, self.index)
        events = self.documents.events
        events.recovered, events.put_back, events.taken_out = (
            self._tell_recovered,
            self._tell_put_back,
            self._tell_taken_out,
        )

    @property
    def trash(self) -> Trash:
        """What was deleted."""
        # Imported when used: a command that lists sessions needs no trash.
        from hfs.persistence.file_engine.trash import Trash

        return Trash(self._ops, self._home / paths.TRASH, self.documents)

    @property
    def place(self) -> str:
        """The folder of the sessions."""
        return str(self.documents.path)

    @property
    def drafts(self) -> Path:
        """The folder for words that could not be saved."""
        return self._home / paths.DRAFTS

    def require_readable(self) -> None:
        """Looks whether the sessions can be listed, and reads none. A folder that is not there yet is no obstacle.

        Raises:
            StoreIOError: They can't be.
        """
        try:
            with os.scandir(self.documents.path) as entries:
                next(entries, None)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise io_error(error, self.documents.path, "list") from error

    def path(self, session_id: int) -> Path | None:
        """The session's file."""
        return Path(self.documents.file(session_id)) if self.documents.exists(session_id) else None

    def check(self, session_ids: Sequence[int] | None, *, repair: bool) -> CheckReport:
        """Reads everything and says what is wrong with it."""
        from hfs.persistence.file_engine.home_check import HomeCheck

        return HomeCheck(self._home, self.documents, repair=repair).run(session_ids)

    def conflict_copies(self) -> list[tuple[int, Path]]:
        """What sync programs left beside the sessions: each session's id, and the copy."""
        from hfs.persistence.file_engine.conflicts import find_copies

        return list(find_copies(self.documents.path))

    def merge_copy(self, session_id: int, path: Path) -> MergedCopy:
        """Brings a conflict copy into its session; the copy goes to the trash."""
        from hfs.persistence.file_engine.conflicts import ConflictMerger

        keep = self.trash.place_for_copy
        return ConflictMerger(self.documents, self._ops, keep, self.index.with_uid).merge(session_id, path)

    def close(self) -> None:
        """Closes the index and the lock files."""
        self.index.close()
        self.locks.close()

    # What is told

    def _tell_recovered(self, session_id: int, path: Path) -> None:
        text = (
            f"Session {session_id}: a write was interrupted. Every message that was saved is there; the damaged "
            f"original is kept as {path}."
        )
        self._notify(Notice("recovered", session_id, text, str(path)))

    def _tell_put_back(self, session_id: int, messages: list[Document]) -> None:
        text = f"Session {session_id}: another program saved an old copy; {_were(messages)} put back."
        self._notify(Notice("put-back", session_id, text))

    def _tell_taken_out(self, session_id: int, messages: list[Document]) -> None:
        path = self.trash.keep_messages(session_id, messages)
        text = (
            f"Session {session_id}: {_were(messages)} taken out by another program, and kept in the trash. "
            f"`hfs restore {session_id}` puts them back."
        )
        self._notify(Notice("taken-out", session_id, text, path))


def _were(messages: list[Document]) -> str:
    return f"{counted(len(messages), 'message')} {'was' if len(messages) == 1 else 'were'}"


class FileImports:
    """Brings many files into the folder of sessions.

    Args:
        home: The home folder.
        folder: The sessions.
        index: Their summaries.
    """

    def __init__(self, home: Path, folder: DocumentFolder, index: SessionIndex) -> None:
        self._home = home
        self._folder = folder
        self._index = index

    @property
    def by_a_process(self) -> Path:
        """The home folder: any process can write files."""
        return self._home

    @contextlib.contextmanager
    def exclusively(self) -> Iterator[None]:
        """Keeps others from importing."""
        # Brings the index up to date first, so that others wait no longer than they must.
        self._index.count()
        with self._folder.locks.imports():
            yield

    def reserve(self, count: int) -> int:
        """Takes so many ids in a row; returns the first."""
        with self._folder.locks.table():
            first = self._folder.next_id()
            make_folder(self._folder.ops, str(self._folder.path))
            self._folder.reserve(first + count - 1)
        return first

    def claim(self, doc_id: int) -> bool:
        """Takes this very id, if no session has or had it, or a higher one; says whether it did."""
        with self._folder.locks.table():
            if doc_id < self._folder.next_id():
                return False
            make_folder(self._folder.ops, str(self._folder.path))
            self._folder.reserve(doc_id)
            return True

    def give_back(self, first: int, end: int) -> None:
        """Lets ids be given out again, if nobody reserved more meanwhile."""
        with self._folder.locks.table():
            self._folder.unreserve(first, end)

    def place(self, doc_id: int, document: Document) -> None:
        """Adds a document under an id that was reserved for it. It is whole and durable when this returns.

        Raises:
            StoreIOError: It could not be made durable.
            TypeError, ValueError: A value that JSON has no form for, or nested too deep; nothing was written.
        """
        make_folder(self._folder.ops, str(self._folder.path))
        self._folder.place(doc_id, document)

    def add_once(self, document: Document) -> tuple[int, bool]:
        """Adds a document unless there is one with its uid."""
        uid = document.get("uid")
        # Brings the index up to date: while the table is locked, that would take too long where there is none.
        self._index.count()
        with self._folder.locks.table():
            present = self._index.with_uid(uid) if isinstance(uid, str) and uid else None
            return (self._folder.create(document), True) if present is None else (present, False)


def require_folder(home: Path) -> None:
    """Raises StoreIOError where the home folder is no folder."""
    if home.exists() and not home.is_dir():
        # What is in it would look like nothing, and a check of it like a sound one.
        raise StoreIOError(f"{home} is no folder: move it away, or set HFS_HOME.", path=home)
