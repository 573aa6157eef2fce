"""Sessions changed beyond what is appended: forks, other texts, what was taken out and put back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from hfs.errors import HfsError, InvalidDocumentError
from hfs.persistence._format import Document
from hfs.persistence._time import now
from hfs.persistence.models import MessageModel, SessionModel
from hfs.persistence.session_document.layout import checked_name, to_message
from hfs.persistence.sessions.organiser import SessionOrganiser
from hfs.persistence.sessions.reader import is_id

_Result = TypeVar("_Result")


class SessionEditor(SessionOrganiser):
    """Changes sessions that are there. Takes what ``SessionReader`` takes."""

    def fork(self, session_id: int, *, before: int | None = None, name: str | None = None) -> SessionModel:
        """A new session that begins as another does; ``forked_from`` in it names the origin by its uid.

        Args:
            session_id: The origin, which stays as it is.
            before: The id of the first message that is left out; None takes all.
            name: Its name; the origin's and ``(fork)``, where it is None.

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
        made = self.get(self._storable(lambda: self._documents.create(document)))
        if made is None:
            raise self._missing(str(document["uid"]))
        return made

    def edit_message(self, session_id: int, message_id: int, content: str) -> MessageModel | None:
        """Gives a message another text. None if there is no such session.

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
        """Takes messages out for good; returns how many. ``fork`` first, to keep them.

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

    def restore(self, session_id: int) -> SessionModel | None:
        """Brings back the session of that id that was deleted last, or messages that were taken out of it.

        Returns:
            The session, or None if the trash has nothing of it.
        """
        if self._documents.exists(session_id):
            return self._restore_messages(session_id)
        return self.get(session_id) if self._trash.restore(session_id) else None

    def _restore_messages(self, session_id: int) -> SessionModel | None:
        from hfs.persistence.session_document.editing import put_back

        kept = self._trash.kept(session_id)
        if not kept:
            return None
        lost = [message for one in kept for message in one.messages]

        def change(document: Document) -> None:
            put_back(document, lost)

        self._documents.modify(session_id, change)
        for one in kept:
            self._trash.discard(one)
        return self.get(session_id)

    def keep_aside(self, session_id: int, messages: Sequence[MessageModel]) -> int:
        """Keeps messages in the trash that another program took out of a session, until ``restore`` puts them back.

        Those that hfs took out on purpose are left out, and those that are kept already.

        Args:
            session_id: The session.
            messages: What was in it before.

        Returns:
            How many are kept.

        Raises:
            StoreIOError: They can't be kept.
        """
        from hfs.persistence.session_document.editing import REMOVED, missing

        document = self.document(session_id) or {}
        known = document.get(REMOVED)
        known = known if isinstance(known, list) else []
        present = [*known, *(document.get("messages") or [])]
        present += [item for kept in self._trash.kept(session_id) for item in kept.messages]
        lost = missing([message.to_item() for message in messages], present)
        if lost:
            self._trash.keep_messages(session_id, lost)
        return len(lost)

    def _storable(self, work: Callable[[], _Result]) -> _Result:
        try:
            return work()
        except (TypeError, ValueError) as error:
            if isinstance(error, HfsError):
                raise
            raise InvalidDocumentError(f"This can't be stored: {error}. Nothing was written.") from error
