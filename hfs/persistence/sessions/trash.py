"""Deleted sessions, and messages that were taken out of others: into the trash, and back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hfs.persistence._format import Document
from hfs.persistence._ids import is_id
from hfs.persistence.index.listing import ListQuery, SessionFilter
from hfs.persistence.models import MessageModel, SessionModel, SessionSummary, TrashedSession
from hfs.persistence.sessions.reader import SessionReader


class SessionTrash(SessionReader):
    """Deletes sessions and brings them back. Takes what ``SessionReader`` takes."""

    def delete(self, session_id: int) -> bool:
        """Moves a session to the trash.

        Args:
            session_id: The session.

        Returns:
            Whether it was there.

        Raises:
            StoreIOError, LockTimeoutError: It could not be moved.
        """
        return is_id(session_id) and self._trash.take(session_id)

    def delete_unchanged(self, shown: SessionSummary) -> bool:
        """Moves a session to the trash, if nothing happened in it since it was shown.

        Args:
            shown: The session as a list has it. One that was said or done anything in since, tagged or pinned, or that
                can't be read, stays.

        Returns:
            Whether it was moved.

        Raises:
            StoreIOError, LockTimeoutError: It could not be moved.
        """
        return self._trash.take_unchanged(shown)

    def list_trash(self) -> list[TrashedSession]:
        """What was deleted, the latest first.

        Raises:
            StoreIOError: The trash can't be read.
        """
        return self._trash.sessions()

    def list_taken_out(self) -> list[TrashedSession]:
        """Messages in the trash that were taken out of a session which is still there, the latest first.

        Returns:
            The session as it is called now, and how many messages were taken out of it, for each time that any were.

        Raises:
            StoreIOError: The trash can't be read.
        """
        taken_out = self._trash.kept()[::-1]
        ids = tuple({kept.session_id for kept in taken_out})
        there = self._index.sessions(ListQuery(SessionFilter(ids=ids), limit=len(ids))) if ids else []
        names = {summary.id: summary.name for summary in there}
        return [
            TrashedSession(kept.session_id, names[kept.session_id], kept.moment, len(kept.messages), kept.place)
            for kept in taken_out
            if kept.session_id in names
        ]

    def restore(self, session_id: int) -> SessionModel | None:
        """Brings back the session of that id that was deleted last, or messages that were taken out of it.

        Args:
            session_id: The session.

        Returns:
            The session, or None if the trash has nothing of it.

        Raises:
            CorruptSessionError, UnsupportedFormatError, StoreIOError, LockTimeoutError: It was not brought back.
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

    def empty_trash(self, before: datetime | None = None) -> int:
        """Removes deleted sessions for good.

        Args:
            before: Only what was deleted before that moment; everything, where it is None.

        Returns:
            How many files, or rows, that were.

        Raises:
            StoreIOError: Something could not be removed.
        """
        return self._trash.empty(before)
