"""Sessions changed beyond what is appended: forks, other texts, messages taken out."""

from __future__ import annotations

from collections.abc import Collection

from hfs.persistence._format import Document
from hfs.persistence._ids import is_id
from hfs.persistence._time import now
from hfs.persistence.models import MessageModel, SessionModel
from hfs.persistence.session_document.models import to_message
from hfs.persistence.session_document.naming import checked_name
from hfs.persistence.session_document.texts import refusal
from hfs.persistence.sessions.reader import SessionReader


class SessionEditor(SessionReader):
    """Changes sessions that are there. Takes what ``SessionReader`` takes."""

    def fork(self, session_id: int, *, before: int | None = None, name: str | None = None) -> SessionModel:
        """A new session that begins as another does; ``forked_from`` in it names the origin by its uid.

        Args:
            session_id: The origin, which stays as it is.
            before: The id of the first message that is left out; None takes all.
            name: Its name; the origin's and ``(fork)``, where it is None.

        Returns:
            The new session.

        Raises:
            SessionNotFoundError: There is no such session.
            InvalidDocumentError: There is no such message, or the name can't be used.
            UnsupportedFormatError: Its format is newer than this hfs, and would not be the fork's.
            CorruptSessionError, StoreIOError, LockTimeoutError: It could not be made.
        """
        from hfs.persistence.session_document.editing import forked

        session = self.get(session_id)
        if session is None:
            raise self._missing(str(session_id))
        if session.read_only:
            self._documents.require_writable(session_id, self.document(session_id) or {})
        checked = checked_name(name) if name is not None else None
        document = forked(session.to_document(), before, checked, now())
        with refusal():
            made = self._documents.create(document)
        return self._stored(made)

    def edit_message(self, session_id: int, message_id: int, content: str) -> MessageModel | None:
        """Gives a message another text.

        Args:
            session_id: The session.
            message_id: The message.
            content: The text.

        Returns:
            The message, or None if there is no such session.

        Raises:
            InvalidDocumentError: There is no such message, or the text can't be stored; nothing was written.
            CorruptSessionError, UnsupportedFormatError, StoreIOError, LockTimeoutError: It was not changed.
        """
        from hfs.persistence.session_document.editing import reworded

        changed: list[Document] = []

        def change(document: Document) -> None:
            changed[:] = [reworded(document, message_id, content, now())]

        if not is_id(session_id) or self._documents.modify(session_id, change) is None:
            return None
        return to_message(session_id, changed[0])

    def remove_messages(self, session_id: int, message_ids: Collection[int]) -> int:
        """Takes messages out for good; ``fork`` first, to keep them.

        Args:
            session_id: The session.
            message_ids: The messages, whether they are there or not.

        Returns:
            How many were taken out.

        Raises:
            SessionNotFoundError: There is no such session.
            CorruptSessionError, UnsupportedFormatError, StoreIOError, LockTimeoutError: Nothing was taken out.
        """
        from hfs.persistence.session_document.editing import taken_out

        counts = [0]

        def change(document: Document) -> None:
            counts[0] = taken_out(document, set(message_ids), now())

        if not is_id(session_id) or self._documents.modify(session_id, change) is None:
            raise self._missing(str(session_id))
        return counts[0]
