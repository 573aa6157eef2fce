"""Sessions in a person's own editor: what goes into it, and how it comes back while others write to the file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hfs.errors import StoreError
from hfs.persistence._format import Document
from hfs.persistence._ids import is_id
from hfs.persistence._time import now
from hfs.persistence.models import SessionModel
from hfs.persistence.session_document.foreign import checked_import
from hfs.persistence.session_document.texts import refusal
from hfs.persistence.sessions.reader import SessionReader

if TYPE_CHECKING:
    from hfs.persistence.session_document.edited import Edit, MergedEdit


class OutsideEdits(SessionReader):
    """Takes sessions out to an editor, and back. Takes what ``SessionReader`` takes."""

    def editable(self, session_id: int) -> Document | None:
        """A session's document as it goes into an editor, with everything filled in.

        Args:
            session_id: The session.

        Returns:
            The document, to be changed and given to ``merge_edited``; None if there is none.

        Raises:
            InvalidDocumentError: Its messages are no list.
            UnsupportedFormatError: Its format is newer than this hfs.
            CorruptSessionError, StoreIOError: It can't be read.
        """
        from hfs.persistence.session_document.edited import editable
        from hfs.persistence.session_document.editing import REMOVED

        snapshot = self._documents.read(session_id) if is_id(session_id) else None
        if snapshot is None:
            return None
        self._documents.require_writable(session_id, snapshot.document)
        found = editable(session_id, snapshot.document)
        found.pop(REMOVED, None)
        return found

    def merge_edited(self, session_id: int, base: Document, edited: Document) -> MergedEdit:
        """Brings an edit into a session, with what others did to it meanwhile. What it takes out goes to the trash.

        Args:
            session_id: The session.
            base: What ``editable`` gave.
            edited: The same as a person changed it. Messages without an id are new.

        Returns:
            The session as it is now, and what changed.

        Raises:
            InvalidDocumentError: It can't be stored; ``at`` says where the mistake is. Nothing was written.
            SessionNotFoundError: There is no such session.
            CorruptSessionError, UnsupportedFormatError, StoreIOError, LockTimeoutError: It was not changed.

        Example:
            >>> from hfs.persistence import open_store
            >>> with open_store("chats") as store:
            ...     session = store.create("Bread")
            ...     before = store.editable(session.id)
            ...     said = [{"role": "user", "content": "Twelve hours?"}]
            ...     store.merge_edited(session.id, before, {**before, "messages": said}).session.message_count
            1
        """
        from hfs.persistence.session_document.edited import MergedEdit, bring_in, editable

        edits: list[Edit] = []
        kept: list[Document] = []

        def change(document: Document) -> None:
            if edits and document.get("messages") == edits[0].document["messages"]:
                # The write before failed once it had landed: what it added would be added again.
                return
            edit = bring_in(editable(session_id, document, base), base, edited, now())
            # Before the file is written, and never taken away again: of a write that failed nobody knows whether it
            # landed. What is in the session after all is not put back a second time.
            lost = [item for item in edit.lost if item not in kept]
            if lost:
                self._trash.keep_messages(session_id, lost)
                kept.extend(lost)
            edits[:] = [edit]
            document.clear()
            document.update(edit.document)

        with refusal():
            found = self._documents.modify(session_id, change) if is_id(session_id) else None
        session = self.get(session_id) if found is not None else None
        if session is None:
            raise self._missing(str(session_id))
        return MergedEdit(session, edits[0].counts)

    def damaged_bytes(self, session_id: int) -> bytes:
        """The bytes of a session's file, whatever they are.

        Args:
            session_id: The session.

        Returns:
            The bytes; none where the sessions are rows of a database.

        Raises:
            CorruptSessionError: It is no regular file.
            StoreIOError: It can't be read.
        """
        return self._documents.read_bytes(session_id)

    def mend_edited(self, session_id: int, damaged: bytes, edited: Document) -> SessionModel:
        """Replaces a damaged file by what a person made of it; the original is kept in ``damaged/``.

        Args:
            session_id: The session.
            damaged: The bytes that the person was given; another file is not replaced.
            edited: The document.

        Returns:
            The session as it is now.

        Raises:
            InvalidDocumentError: It is no session document; nothing was written.
            StoreError: The file is another one by now, or none.
            StoreIOError, LockTimeoutError: It could not be written.
        """
        checked = checked_import(edited)
        with refusal():
            original = self._documents.mend(session_id, lambda data: dict(checked) if data == damaged else None)
        session = self.get(session_id) if original is not None else None
        if session is None:
            raise StoreError(f"Session {session_id} was changed by another program meanwhile; nothing was written.")
        return session

    def keep_edited(self, session_id: int, text: bytes, extension: str, base: Document | None) -> Path:
        """Keeps a text that was edited and could not be stored, under ``drafts/``. For ``hfs edit``.

        Args:
            session_id: The session that it is meant for.
            text: The text.
            extension: Of the file's name.
            base: What the person began with, kept beside it; None where it isn't known.

        Returns:
            The file.

        Raises:
            StoreIOError: It can't be kept.
        """
        from hfs.persistence.sessions.kept_edits import keep_edited

        return keep_edited(self._ops, self._engine.drafts, session_id, text, extension, base)

    def kept_base(self, path: Path) -> Document | None:
        """What a text began as that ``keep_edited`` kept. For ``hfs edit``.

        Args:
            path: The file.

        Returns:
            The document that the person was given; None for any other file.
        """
        from hfs.persistence.sessions.kept_edits import kept_base

        return kept_base(self._ops, path)

    def discard_edited(self, path: Path) -> None:
        """Removes a text that ``keep_edited`` kept and that is stored now; any other file stays. For ``hfs edit``.

        Args:
            path: The file.
        """
        from hfs.persistence.sessions.kept_edits import discard_edited

        discard_edited(self._ops, self._engine.drafts, path)
