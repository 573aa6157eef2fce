"""Words that are not in a session yet: an answer that is streaming, a message that could not be saved, a prompt."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from hfs.errors import HfsError, StoreIOError
from hfs.persistence.models import Draft, MessageModel, NewMessage
from hfs.persistence.sessions.writer import SessionWriter

if TYPE_CHECKING:
    from hfs.persistence.sessions.draft_files import DraftFile


class SessionDrafts(SessionWriter):
    """Keeps words on this computer until they can be saved. Takes what ``SessionReader`` takes."""

    def keep_draft(self, session_id: int, message: NewMessage) -> Draft:
        """Keeps a message that could not be saved into its session, until ``save_drafts`` can.

        Args:
            session_id: The session.
            message: The message.

        Returns:
            What is kept, and where.

        Raises:
            StoreIOError: It can't be kept.
        """
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
        """An answer in progress. Save the message inside the block: leaving it without an error removes the draft.

        Args:
            session_id: The session.
            role: Who speaks.
            model: Which model speaks.

        Yields:
            What the pieces of the answer are written to.

        Raises:
            StoreIOError: The draft can't be made, or written.
        """
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
        from hfs.persistence.sessions.draft_files import DraftFile

        return DraftFile(self._ops, self._engine.drafts, session_id, message)

    def list_drafts(self) -> list[Draft]:
        """Words that are not in their session yet, oldest first."""
        from hfs.persistence.sessions.draft_files import list_drafts

        return list_drafts(self._ops, self._engine.drafts)

    def save_drafts(self, session_id: int | None = None) -> list[MessageModel]:
        """Saves what was kept, where its session can be written now, and nobody is writing the draft.

        Args:
            session_id: The session; all, where it is None.

        Returns:
            What was saved.
        """
        from hfs.persistence.sessions.draft_files import LeftDraft, list_drafts

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
        """Keeps what is typed into a session, or a new one, and not sent yet. For the chat of hfs.

        Args:
            session_id: The session; None for one that is not there yet.
            text: What was typed; nothing removes what was kept.

        Raises:
            StoreIOError: It can't be written.
        """
        from hfs.persistence.sessions.unsent import keep_unsent

        keep_unsent(self._ops, self._engine.drafts, session_id, text)

    def unsent(self, session_id: int | None) -> str:
        """What ``keep_unsent`` kept. For the chat of hfs.

        Args:
            session_id: The session; None for one that is not there yet.

        Returns:
            The text; empty if there is nothing.
        """
        from hfs.persistence.sessions.unsent import read_unsent

        return read_unsent(self._ops, self._engine.drafts, session_id)
