"""Sessions written: made, added to, named, brought in one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from hfs.persistence._format import Document
from hfs.persistence._ids import is_id
from hfs.persistence._time import format_time, now
from hfs.persistence.models import MessageModel, NewMessage, SessionModel
from hfs.persistence.session_document.foreign import checked_import
from hfs.persistence.session_document.models import to_item, to_message
from hfs.persistence.session_document.naming import checked_name, name_after, placeholder_name
from hfs.persistence.session_document.texts import refusal
from hfs.persistence.session_document.uids import new_uid
from hfs.persistence.sessions.reader import SessionReader


class SessionWriter(SessionReader):
    """Makes sessions and adds to them. Takes what ``SessionReader`` takes."""

    def create(
        self, name: str | None = None, *, messages: Sequence[NewMessage] = (), uid: str | None = None
    ) -> SessionModel:
        """A new session, with its first messages, in one atomic write.

        Args:
            name: Its name; made from the first user message, where it is None.
            messages: What it begins with.
            uid: One of ``new_uid``, for who may have to try again by ``ensure_session``; made here, where it is None.

        Returns:
            The session. It is durable.

        Raises:
            InvalidDocumentError: A name or message that can't be stored; nothing was written.
            StoreIOError, LockTimeoutError: It could not be made durable.
        """
        document = _new_document(name, messages, uid)
        with refusal():
            session_id = self._documents.create(document)
        return self._stored(session_id)

    def ensure_session(self, uid: str, messages: Sequence[NewMessage]) -> SessionModel:
        """A new session, unless an earlier attempt made it: its answer may have got lost though it landed.

        Args:
            uid: What ``create`` was given.
            messages: What it begins with.

        Returns:
            The session, whichever attempt made it.

        Raises:
            InvalidDocumentError, StoreIOError, LockTimeoutError: As from ``create``.
        """
        document = _new_document(None, messages, uid)
        with refusal():
            session_id, _ = self._engine.imports.add_once(document)
        return self._stored(session_id)

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
            model: Which model spoke, as ``provider/model``.
            status: ``"interrupted"`` for an answer that was cut short.
            created_at: When it was said; now, where it is None.
            extra: More keys to keep with it.

        Returns:
            The message, with its id.

        Raises:
            SessionNotFoundError: There is no such session.
            InvalidDocumentError: It can't be stored; nothing was written.
            CorruptSessionError: The file is broken; nothing was written to it.
            UnsupportedFormatError, StoreIOError, LockTimeoutError: It is not saved.
        """
        return self.append_message(session_id, NewMessage(role, content, model, status, created_at, dict(extra or {})))

    def append_message(self, session_id: int, message: NewMessage) -> MessageModel:
        """The same, of a message as a value.

        Args:
            session_id: The session.
            message: The message.

        Returns:
            The message, with its id.

        Raises:
            SessionNotFoundError, InvalidDocumentError, CorruptSessionError, UnsupportedFormatError, StoreIOError,
            LockTimeoutError: As from ``add_message``.
        """
        item = to_item(message)
        with refusal():
            placed = self._documents.append(session_id, [item], name_after) if is_id(session_id) else None
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

        Returns:
            The message, whichever attempt brought it in.

        Raises:
            SessionNotFoundError, InvalidDocumentError, CorruptSessionError, UnsupportedFormatError, StoreIOError,
            LockTimeoutError: As from ``add_message``.

        Example:
            >>> from datetime import UTC, datetime
            >>> from hfs.persistence import NewMessage, open_store
            >>> message = NewMessage("user", "Twelve hours?", created_at=datetime.now(UTC))
            >>> with open_store("chats") as store:
            ...     session = store.create("Bread")
            ...     for attempt in range(3):
            ...         said = store.ensure_message(session.id, message)
            ...     store.get(session.id).message_count
            1
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
        """Gives a session a name, which hfs never replaces.

        Args:
            session_id: The session.
            name: 1 to 255 characters.

        Returns:
            The session, or None if there is no such one.

        Raises:
            InvalidDocumentError: The name is empty, too long, or no text.
            CorruptSessionError, UnsupportedFormatError, StoreIOError, LockTimeoutError: It was not renamed.
        """
        checked = checked_name(name)

        def change(document: Document) -> None:
            document.update(name=checked, name_source="user", updated_at=format_time(now()))

        if not is_id(session_id) or self._documents.modify(session_id, change) is None:
            return None
        return self.get(session_id)

    def import_document(self, document: object) -> tuple[SessionModel, bool]:
        """Adds a session from a document, under a new id.

        Args:
            document: What a session's file holds, its texts as strings or as lists of lines.

        Returns:
            The session, and whether it was added. One whose uid is here already is left as it is.

        Raises:
            InvalidDocumentError: It is no session document; nothing was written.
            StoreIOError, LockTimeoutError: It could not be made durable.
        """
        checked = checked_import(document)
        with refusal():
            session_id, added = self._engine.imports.add_once(checked)
        return self._stored(session_id), added


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
