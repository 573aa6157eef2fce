"""What was said and could not be saved yet: in a draft where that works, else in memory, in the order of saying."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable
from typing import TypeVar

from hfs.errors import HfsError, SessionNotFoundError, StoreError
from hfs.persistence import Draft, MessageModel, NewMessage, SessionModel, SessionRepository, new_uid

_Result = TypeVar("_Result")


class UnsavedMessages:
    """The messages of one conversation that wait for their session to be writable again.

    Args:
        repo: Where they belong.
    """

    def __init__(self, repo: SessionRepository) -> None:
        self._repo = repo
        self._drafts: list[Draft] = []
        self._in_memory: list[NewMessage] = []
        self._uid = new_uid()
        # Two savers at once would both write the message that waits first.
        self._lock = asyncio.Lock()

    def __bool__(self) -> bool:
        return bool(self._drafts or self._in_memory)

    @property
    def messages(self) -> list[Draft | NewMessage]:
        """What waits, in the order in which it was said."""
        return [*self._drafts, *self._in_memory]

    @property
    def in_memory(self) -> int:
        """How many are kept nowhere but in memory."""
        return len(self._in_memory)

    async def create(self, message: NewMessage) -> SessionModel:
        """Begins a session with a message. Where it fails, and the message is kept, ``save`` makes it only once.

        Raises:
            StoreError: It could not be made, or nobody knows whether it was.
        """
        session = await self._repo.create(messages=[message], uid=self._uid)
        self._uid = new_uid()
        return session

    async def keep(self, session_id: int | None, message: NewMessage) -> Draft | None:
        """Keeps a message until ``save`` can save it.

        Args:
            session_id: The session that it belongs to; None if there is none yet.
            message: The message, with the moment at which it was said.

        Returns:
            Where it is kept; None if in memory only.
        """
        draft: Draft | None = None
        # What was said before it must be saved before it: it waits in the same place.
        if session_id is not None and not self._in_memory:
            with contextlib.suppress(HfsError):
                draft = await finished(self._repo.keep_draft(session_id, message))
        if draft is None:
            self._in_memory.append(message)
        else:
            self._drafts.append(draft)
        return draft

    async def save(self, session_id: int | None) -> tuple[int | None, list[MessageModel]]:
        """Saves what waits, and what an earlier run left of the session, in the order in which it was said.

        Args:
            session_id: The session; None if there is none yet.

        Returns:
            The session that holds it now, and the messages.

        Raises:
            StoreError: It still can't be saved, or not all of it.
        """
        async with self._lock:
            saved = await finished(self._repo.save_drafts(session_id)) if session_id is not None else []
            await self._require_drafts_saved()
            while self._in_memory:
                message = await finished(self._save(session_id, self._in_memory[0]))
                session_id = message.session_id
                saved.append(message)
                self._in_memory.pop(0)
            return session_id, saved

    async def _require_drafts_saved(self) -> None:
        if not self._drafts:
            return
        left = {draft.path for draft in await self._repo.list_drafts()}
        for draft in list(self._drafts):
            # The drafts of a session that was removed stay on the disk, for the day when it is restored.
            if draft.path not in left or await self._repo.revision(draft.session_id) is None:
                self._drafts.remove(draft)
        if self._drafts:
            number = self._drafts[0].session_id
            raise StoreError(f"Session {number} still can't be written; what was said is in drafts.")

    async def _save(self, session_id: int | None, message: NewMessage) -> MessageModel:
        if session_id is not None:
            with contextlib.suppress(SessionNotFoundError):
                return await self._repo.ensure_message(session_id, message)
        session = await self._repo.ensure_session(self._uid, [message])
        self._uid = new_uid()
        return session.messages[0]


async def finished(work: Awaitable[_Result]) -> _Result:
    """Finishes what was begun, also if the task is cancelled meanwhile: a save is never left half way."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise
