"""The sessions of one home folder, for one thread's calls at a time: what every door opens onto.

``SessionStore`` may be used from several threads and processes; each call blocks until it is done.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hfs import paths
from hfs.errors import HfsError, SessionNotFoundError, StoreIOError
from hfs.persistence._files import FileOps
from hfs.persistence._format import Document
from hfs.persistence._locks import TIMEOUT
from hfs.persistence._time import format_time, now
from hfs.persistence.file_engine.engine import FileEngine, require_folder
from hfs.persistence.files.reader import APPEND_THRESHOLD
from hfs.persistence.index.updating import ALWAYS_BELOW
from hfs.persistence.models import (
    Draft,
    MessageModel,
    NewMessage,
    Notice,
    SessionModel,
    SessionSummary,
)
from hfs.persistence.session_document.layout import (
    checked_import,
    checked_name,
    name_after,
    new_uid,
    placeholder_name,
    to_item,
    to_message,
)
from hfs.persistence.sessions.outside_edits import OutsideEdits
from hfs.persistence.sessions.reader import is_id

STORE_VARIABLE: Final = "HFS_STORE"
"""The environment variable that names the store."""
PASSWORD_VARIABLE: Final = "HFS_STORE_PASSWORD"
"""The one that holds the password of a server, where the name of the store has none."""
DOCUMENTS: Final = "documents"
"""The store of files."""

if TYPE_CHECKING:
    from hfs.persistence._engine import Engine
    from hfs.persistence.check import CheckReport
    from hfs.persistence.models import MergedCopy
    from hfs.persistence.sessions.drafts import DraftFile
    from hfs.persistence.sessions.importing import SessionImport
    from hfs.persistence.store_location import StoreLocation


class SessionStore(OutsideEdits):
    """Sessions as files in a home folder.

    Args:
        home: The folder; ``$HFS_HOME``, else ``~/.hfs``, where it is None. Made by the first write.
        on_notice: Called, from any thread, with what a person should be told.
        ops: The operating system's calls.
        threshold: From this size on, in bytes, an append replaces only a file's tail.
        lock_timeout: How long another process is waited for, in seconds.
        on_indexing: Told, from any thread, how many sessions are read into the index, and of how many, where those are
            many; the last time when all are. What it raises ends the reading, and reaches whoever waits for it.
        always_below: Up to so many sessions every file is looked at for each list; with more, those that are shown.
        engine: What keeps the sessions; files in the home folder, where it is None.

    Raises:
        StoreIOError: The home folder is no folder.
    """

    def __init__(
        self,
        home: str | os.PathLike[str] | None = None,
        on_notice: Callable[[Notice], None] | None = None,
        *,
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

    # Sessions

    def create(
        self, name: str | None = None, *, messages: Sequence[NewMessage] = (), uid: str | None = None
    ) -> SessionModel:
        """A new session, with its first messages, in one atomic write.

        Args:
            name: Its name; made from the first user message, where it is None.
            messages: What it begins with.
            uid: One of ``new_uid``, for who may have to try again by ``ensure_session``; made here, where it is None.

        Raises:
            InvalidDocumentError: A name or message that can't be stored; nothing was written.
            StoreIOError, LockTimeoutError: It could not be made durable.
        """
        document = _new_document(name, messages, uid)
        return self._made(self._storable(lambda: self._documents.create(document)))

    def ensure_session(self, uid: str, messages: Sequence[NewMessage]) -> SessionModel:
        """A new session, unless an earlier attempt made it: its answer may have got lost though it landed.

        Args:
            uid: What ``create`` was given.
            messages: What it begins with.

        Raises:
            InvalidDocumentError, StoreIOError, LockTimeoutError: As from ``create``.
        """
        document = _new_document(None, messages, uid)
        session_id, _ = self._storable(lambda: self._engine.imports.add_once(document))
        return self._made(session_id)

    def _made(self, session_id: int) -> SessionModel:
        created = self.get(session_id)
        if created is None:
            raise SessionNotFoundError(
                f"Session {session_id} was removed as soon as it was made.", session=str(session_id)
            )
        return created

    def add_message(
        self,
        session_id: int,
        role: str,
        content: str,
        *,
        model: str | None = None,
        status: str | None = None,
        created_at: datetime | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> MessageModel:
        """Appends a message. It is durable when this returns.

        Args:
            session_id: The session.
            role: ``user``, ``assistant``, ``system`` or ``tool``.
            content: Any text but lone surrogates.
            model: Which model spoke.
            status: ``"interrupted"`` for an answer that was cut short.
            created_at: When it was said; now, where it is None.
            extra: More keys to keep with it.

        Raises:
            SessionNotFoundError: There is no such session.
            InvalidDocumentError: It can't be stored; nothing was written.
            CorruptSessionError: The file is broken; nothing was written to it.
            UnsupportedFormatError, StoreIOError, LockTimeoutError: It is not saved.
        """
        return self.append_message(session_id, NewMessage(role, content, model, status, created_at, dict(extra or {})))

    def append_message(self, session_id: int, message: NewMessage) -> MessageModel:
        """The same, of a message as a value. It raises what ``add_message`` does."""
        item = to_item(message)
        placed = self._storable(lambda: self._documents.append(session_id, [item], name_after))
        if placed is None:
            raise self._missing(str(session_id))
        return to_message(session_id, placed[0])

    def ensure_message(self, session_id: int, message: NewMessage) -> MessageModel:
        """Appends a message, unless an earlier attempt brought it in. It is durable when this returns.

        A save that failed may have landed all the same: what was written is there, and only its durability is not
        known. A message is told by its moment and its role.

        Args:
            session_id: The session.
            message: The message; its ``created_at`` is the one of the earlier attempt.

        Raises:
            SessionNotFoundError, InvalidDocumentError, CorruptSessionError, UnsupportedFormatError, StoreIOError,
            LockTimeoutError: As from ``add_message``.
        """
        session = self.get(session_id)
        if session is None:
            raise self._missing(str(session_id))
        twins = (other for other in session.messages if other.role == message.role)
        twin = next((other for other in twins if other.created_at == message.created_at), None)
        if twin is None:
            return self.append_message(session_id, message)
        self._documents.modify(session_id, lambda document: None)
        return twin

    def rename(self, session_id: int, name: str) -> SessionModel | None:
        """Gives a session a name, which hfs never replaces. None if there is no such session.

        Raises:
            InvalidDocumentError: The name is empty or longer than 255 characters.
            CorruptSessionError, UnsupportedFormatError, StoreIOError, LockTimeoutError: It was not renamed.
        """
        checked = checked_name(name)

        def change(document: Document) -> None:
            document.update(name=checked, name_source="user", updated_at=format_time(now()))

        if not is_id(session_id) or self._documents.modify(session_id, change) is None:
            return None
        return self.get(session_id)

    def delete(self, session_id: int) -> bool:
        """Moves a session to the trash; says whether it was there."""
        return is_id(session_id) and self._trash.take(session_id)

    def delete_unchanged(self, shown: SessionSummary) -> bool:
        """Moves a session to the trash, if nothing happened in it since it was shown; says whether it did.

        Args:
            shown: The session as a list has it. One that was said or done anything in since, tagged or pinned, or that
                can't be read, stays.
        """
        return self._trash.take_unchanged(shown)

    def empty_trash(self, before: datetime | None = None) -> int:
        """Removes deleted sessions for good; returns how many files that were.

        Args:
            before: Only what was deleted before that moment; everything, where it is None.

        Raises:
            StoreIOError: A file could not be removed.
        """
        return self._trash.empty(before)

    def check(self, session_ids: Sequence[int] | None = None, *, repair: bool = False) -> CheckReport:
        """Reads everything and says what is wrong with it.

        Args:
            session_ids: Only these sessions; the whole home folder, where it is None.
            repair: Mend what can be mended; originals are kept in ``damaged/``.
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
        """Brings a conflict copy into its session; the copy goes to the trash."""
        return self._engine.merge_copy(session_id, path)

    def import_document(self, document: object) -> tuple[SessionModel, bool]:
        """Adds a session from a document, under a new id.

        Returns:
            The session, and whether it was added: one whose uid is here already is left as it is.

        Raises:
            InvalidDocumentError: It is no session document; nothing was written.
        """
        checked = checked_import(document)
        session_id, added = self._storable(lambda: self._engine.imports.add_once(checked))
        session = self.get(session_id)
        if session is None:
            raise self._missing(str(checked.get("uid")))
        return session, added

    def begin_import(self, *, dry_run: bool = False, by_whole_uid: bool = False) -> SessionImport:
        """Many sessions to be brought in at once. A context manager.

        Args:
            dry_run: Check everything, write nothing.
            by_whole_uid: Two sessions are the same only if all of their uids is.
        """
        from hfs.persistence.sessions.importing import SessionImport

        return SessionImport(self._engine, dry_run=dry_run, by_whole_uid=by_whole_uid)

    def add_reserved(self, session_id: int, document: Document) -> None:
        """Adds a session under an id that an open import reserved, from whichever process.

        Raises:
            StoreIOError: It could not be made durable.
            TypeError, ValueError: It can't be stored; nothing was written.
        """
        self._engine.imports.place(session_id, document)

    # Drafts

    def keep_draft(self, session_id: int, message: NewMessage) -> Draft:
        """Keeps a message that could not be saved into its session, until ``save_drafts`` can."""
        with contextlib.closing(self._draft_file(session_id, message)) as draft:
            draft.write(message.content)
            draft.flush()
        return Draft(
            str(draft.path), session_id, message.role, message.content, draft.created_at, message.model, message.status
        )

    @contextlib.contextmanager
    def streaming_draft(
        self, session_id: int, role: str = "assistant", *, model: str | None = None
    ) -> Iterator[DraftFile]:
        """An answer in progress. Save the message inside the block: leaving it without an error removes the draft."""
        draft = self._draft_file(session_id, NewMessage(role, "", model, "interrupted"))
        try:
            yield draft
        except BaseException:
            with contextlib.suppress(StoreIOError):
                draft.flush()
            if draft.is_empty:
                draft.discard()
            raise
        else:
            draft.discard()
        finally:
            draft.close()

    def _draft_file(self, session_id: int, message: NewMessage) -> DraftFile:
        from hfs.persistence.sessions.drafts import DraftFile

        return DraftFile(self._ops, self._engine.drafts, session_id, message)

    def save_drafts(self, session_id: int | None = None) -> list[MessageModel]:
        """Saves what was kept, where its session can be written now.

        Args:
            session_id: The session; all, where it is None.

        Returns:
            What was saved.
        """
        from hfs.persistence.sessions.drafts import LeftDraft, list_drafts

        saved = []
        waiting: set[int] = set()
        for draft in list_drafts(self._ops, self._engine.drafts, session_id):
            if draft.session_id in waiting:
                # What was said later is saved later.
                continue
            with LeftDraft(self._ops, draft) as left:
                if left:
                    try:
                        message = self._save_draft(draft)
                        left.discard()
                    except HfsError:
                        waiting.add(draft.session_id)
                        continue
                    saved.extend([message] if message else [])
        return saved

    def _save_draft(self, draft: Draft) -> MessageModel | None:
        message = NewMessage(draft.role, draft.content, draft.model, draft.status, draft.created_at)
        return self.ensure_message(draft.session_id, message) if draft.content else None

    def keep_unsent(self, session_id: int | None, text: str) -> None:
        """Keeps what is typed into a session, or a new one, and not sent yet; an empty text removes it.

        Raises:
            StoreIOError: It can't be written.
        """
        from hfs.persistence.sessions.unsent import keep_unsent

        keep_unsent(self._ops, self._engine.drafts, session_id, text)


def _new_document(name: str | None, messages: Sequence[NewMessage], uid: str | None) -> Document:
    moment = now()
    items = [{"id": at, **to_item(message)} for at, message in enumerate(messages, 1)]
    document: Document = {
        "uid": uid or new_uid(moment.timestamp()),
        "name": placeholder_name(moment) if name is None else checked_name(name),
        "name_source": "auto" if name is None else "user",
        "created_at": format_time(moment),
        "messages": items,
    }
    name_after(document, items)
    return document


def open_store(
    home: str | os.PathLike[str] | None = None,
    on_notice: Callable[[Notice], None] | None = None,
    on_indexing: Callable[[int, int], None] | None = None,
    *,
    store: str | None = None,
) -> SessionStore:
    """The sessions of a home folder, or of a database, for scripts: each call blocks. A context manager.

    Args:
        home: The folder; ``$HFS_HOME``, else ``~/.hfs``, where it is None.
        on_notice: Called with what a person should be told.
        on_indexing: Told, from any thread, how many of how many sessions are read into the index, where those are many;
            the last time when all are. What it raises ends the reading, and reaches whoever waits for it.
        store: Which store: ``documents``, ``sqlite``, ``sqlite:///FILE`` or ``postgresql://USER@HOST/DATABASE``;
            ``$HFS_STORE``, else ``documents``, where it is None. ``$HFS_STORE_PASSWORD`` may hold its password.

    Raises:
        ConfigError: There is no such store.
        StoreIOError: It can't be opened, or needs the extra ``hfs-chat[sql]``.
    """
    name = store or os.environ.get(STORE_VARIABLE) or DOCUMENTS
    if name.strip() == DOCUMENTS:
        return SessionStore(home, on_notice, on_indexing=on_indexing)
    folder = paths.home_folder(home)
    require_folder(folder)
    return SessionStore(home, on_notice, engine=_open_engine(name, folder))


def store_exists(store: str, home: str | os.PathLike[str] | None = None) -> bool:
    """Whether a store was ever used: opening it would make no file and no table. Nothing is made here.

    Args:
        store: Which, as ``open_store`` takes it.
        home: The home folder.

    Raises:
        ConfigError: There is no such store.
        StoreIOError: It can't be reached, or needs the extra ``hfs-chat[sql]``.
    """
    from hfs.persistence.store_location import parse_store

    location = parse_store(store, paths.home_folder(home), os.environ.get(PASSWORD_VARIABLE))
    if location.url is None or (location.path is not None and not location.path.exists()):
        return location.url is None
    with _extra_for(location):
        from hfs.persistence.sql.database import has_tables
    return has_tables(location.url)


def _open_engine(name: str, home: Path) -> Engine:
    from hfs.persistence.store_location import parse_store

    location = parse_store(name, home, os.environ.get(PASSWORD_VARIABLE))
    with _extra_for(location):
        from hfs.persistence.sql.engine import open_engine
    return open_engine(location, home)


@contextlib.contextmanager
def _extra_for(location: StoreLocation) -> Iterator[None]:
    """Says what to install, where the packages for databases are missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.partition(".")[0] == "hfs":
            raise
        raise StoreIOError(
            f"The store {location.shown} needs more packages: python3 -m pip install 'hfs-chat[sql]'.",
            path=Path(location.shown),
        ) from error
