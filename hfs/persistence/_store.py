"""The sessions of one place, for calls that block: what every door opens onto.

``SessionStore`` may be used from several threads and processes; each call blocks until it is done.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hfs import paths
from hfs.persistence._file_ops import FileOps
from hfs.persistence._format import Document
from hfs.persistence._locks import TIMEOUT
from hfs.persistence.file_engine.engine import FileEngine, require_folder
from hfs.persistence.files.reader import APPEND_THRESHOLD
from hfs.persistence.index.updating import ALWAYS_BELOW
from hfs.persistence.models import MergedCopy, Notice
from hfs.persistence.sessions.drafts import SessionDrafts
from hfs.persistence.sessions.editor import SessionEditor
from hfs.persistence.sessions.organiser import SessionOrganiser
from hfs.persistence.sessions.outside_edits import OutsideEdits
from hfs.persistence.sessions.trash import SessionTrash

if TYPE_CHECKING:
    from hfs.persistence._engine import Engine
    from hfs.persistence.check import CheckReport
    from hfs.persistence.sessions.importing import SessionImport


class SessionStore(SessionDrafts, OutsideEdits, SessionEditor, SessionOrganiser, SessionTrash):
    """Sessions in a home folder, or in whatever an engine keeps them: everything that can be done with them.

    It may be used from several threads and processes; each call blocks until it is done. ``open_store`` is the usual
    way to one. A context manager: leaving it closes the store.

    Args:
        home: The folder; ``$HFS_HOME``, else ``~/.hfs``, where it is None. Made by the first write.
        on_notice: Called, from any thread, with what a person should be told.
        ops: The operating system's calls. For the tests of hfs.
        threshold: From this size on, in bytes, an append replaces only a file's tail.
        lock_timeout: How long another process is waited for, in seconds.
        on_indexing: Told, from any thread, how many sessions are read into the index, and of how many, where those are
            many; the last time when all are. What it raises ends the reading, and reaches whoever waits for it.
        always_below: Up to so many sessions every file is looked at for each list; with more, those that are shown.
        engine: What keeps the sessions; files in the home folder, where it is None.

    Raises:
        StoreIOError: The home folder is no folder.

    Example:
        >>> from hfs.persistence import SessionStore
        >>> with SessionStore("chats") as store:
        ...     session = store.create("Bread")
        ...     message = store.add_message(session.id, "user", "How long does it rest?")
        ...     store.get(session.id).messages[0].content
        'How long does it rest?'
    """

    def __init__(
        self,
        home: str | os.PathLike[str] | None = None,
        *,
        on_notice: Callable[[Notice], None] | None = None,
        ops: FileOps | None = None,
        threshold: float = APPEND_THRESHOLD,
        lock_timeout: float = TIMEOUT,
        on_indexing: Callable[[int, int], None] | None = None,
        always_below: int = ALWAYS_BELOW,
        engine: Engine | None = None,
    ) -> None:
        folder = paths.home_folder(home)
        require_folder(folder)
        ops = ops or FileOps()
        if engine is None:
            engine = files = FileEngine(
                folder,
                on_notice or (lambda notice: None),
                ops=ops,
                threshold=threshold,
                lock_timeout=lock_timeout,
                always_below=always_below,
            )
            if on_indexing is not None:
                files.index.progress = on_indexing
        super().__init__(folder, engine, ops)

    def __enter__(self) -> SessionStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Looks once more whether a stale copy took anything away, and closes the lock files."""
        self._documents.settle()
        super().close()

    def check(self, session_ids: Sequence[int] | None = None, *, repair: bool = False) -> CheckReport:
        """Reads everything and says what is wrong with it.

        Args:
            session_ids: Only these sessions; the whole home folder, where it is None.
            repair: Mend what can be mended; originals are kept in ``damaged/``.

        Returns:
            What was read and found.

        Raises:
            StoreIOError: The database can't be reached.
        """
        report = self._engine.check(session_ids, repair=repair)
        if session_ids is None:
            if repair:
                # Words may have waited for a session that is whole only now.
                self.save_drafts()
            report.add_drafts(self.list_drafts())
        return report

    def conflict_copies(self) -> list[tuple[int, Path]]:
        """What sync programs left beside the sessions: each session's id, and the copy."""
        return self._engine.conflict_copies()

    def merge_copy(self, session_id: int, path: Path) -> MergedCopy:
        """Brings a conflict copy into its session; the copy goes to the trash.

        Args:
            session_id: The session, as ``conflict_copies`` gives it.
            path: The copy.

        Returns:
            What became of it; what can't be read or written stays where it is.
        """
        return self._engine.merge_copy(session_id, path)

    def begin_import(self, *, dry_run: bool = False, by_whole_uid: bool = False) -> SessionImport:
        """Many sessions to be brought in at once. A context manager.

        Args:
            dry_run: Check everything, write nothing.
            by_whole_uid: Two sessions are the same only if all of their uids is.

        Returns:
            The import. Entering it may raise StoreIOError, also where another one is open.
        """
        from hfs.persistence.sessions.importing import SessionImport

        return SessionImport(self._engine, dry_run=dry_run, by_whole_uid=by_whole_uid)

    def add_reserved(self, session_id: int, document: Document) -> None:
        """Adds a session under an id that an open import reserved, from whichever process. For the importers of hfs.

        Args:
            session_id: What ``SessionImport.reserve`` gave.
            document: The session.

        Raises:
            StoreIOError: It could not be made durable.
            TypeError, ValueError: It can't be stored; nothing was written.
        """
        self._engine.imports.place(session_id, document)
