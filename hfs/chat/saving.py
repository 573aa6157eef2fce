"""How the messages of a conversation are saved: in the order in which they are said, whatever fails meanwhile.

A message that can't be saved is kept, and saved before the next one. A person who stops waits for no server.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Sequence
from typing import Any, Final

from hfs.chat.events import AnswerForked, Event, MessageNotSaved, MessageSaved, SessionStarted
from hfs.chat.prompting import is_spoken
from hfs.chat.unsaved import UnsavedMessages, finished
from hfs.errors import HfsError, InvalidDocumentError, SessionNotFoundError, StoreError
from hfs.persistence import MessageModel, NewMessage, SessionRepository

_MOMENT: Final = 2.0
"""How long a user who stops waits for what is being saved, in seconds."""


class MessageSaver:
    """Saves the messages of one conversation.

    Args:
        repo: Where the session is.
        session_id: The session; None where the first message makes one.
        stopping: Set when the user stops.
    """

    def __init__(self, repo: SessionRepository, session_id: int | None, stopping: asyncio.Event) -> None:
        self._repo = repo
        self._stopping = stopping
        self._unsaved = UnsavedMessages(repo)
        self._under_way: asyncio.Future[None] | None = None
        self.session_id = session_id
        """The session; None before the first message."""
        self.known: Sequence[MessageModel] = ()
        """What the session held when it was last read, and what was saved since."""
        self.is_saving = False
        """Whether a message is being saved, or was and is not told yet."""

    @property
    def waiting(self) -> UnsavedMessages:
        """What waits to be saved."""
        return self._unsaved

    async def save(self, message: NewMessage, *, begins: bool) -> AsyncGenerator[Event, None]:
        """Saves a message, and what waits before it; keeps it, where that fails.

        Args:
            message: The message.
            begins: Whether it begins a new session where its own was removed.

        Yields:
            What was saved, or that it was not.
        """
        self.is_saving = True
        try:
            for event in await self.save_or_keep(message, begins=begins):
                yield event
        finally:
            self.is_saving = False

    async def save_or_keep(self, message: NewMessage, *, begins: bool) -> list[Event]:
        """Does what ``save`` does, also if the task is cancelled meanwhile; returns what it yields."""
        return await finished(self._saved_or_kept(message, begins))

    async def _saved_or_kept(self, message: NewMessage, begins: bool) -> list[Event]:
        told: list[Event] = []
        try:
            await self._in_time(self._save(message, begins, told, self._under_way))
        except HfsError as error:
            told.append(MessageNotSaved(error, await self._unsaved.keep(self.session_id, message), message.role))
        return told

    async def _in_time(self, work: Coroutine[Any, Any, None]) -> None:
        """Waits for a save, but not much longer once the user stops; then it goes on, and may still succeed."""
        saving = self._under_way = asyncio.ensure_future(work)
        stopped = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({saving, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not saving.done():
                await asyncio.wait({saving}, timeout=_MOMENT)
        finally:
            stopped.cancel()
        if saving.done():
            return saving.result()
        # Its mistakes are of no use to anybody any more.
        saving.add_done_callback(lambda done: done.cancelled() or done.exception())
        raise StoreError("It took too long, and was not waited for.")

    async def _save(
        self, message: NewMessage, begins: bool, told: list[Event], before: asyncio.Future[None] | None
    ) -> None:
        if before is not None:
            # One that was not waited for: it may have landed, or is about to.
            await asyncio.wait({before})
        if self._unsaved:
            told += [MessageSaved(saved, late=True) for saved in await self._save_waiting()]
        if self.session_id is not None:
            try:
                saved = await self._repo.append_message(self.session_id, message)
                self.known = [*self.known, saved]
                told.append(MessageSaved(saved))
                return
            except SessionNotFoundError:
                if not begins:
                    raise
                # Its file was removed: what is said now begins a session of its own.
                self.session_id = None
        session = await self._unsaved.create(message)
        self.session_id, self.known = session.id, session.messages
        told += [SessionStarted(session), MessageSaved(session.messages[-1])]

    async def save_kept(self) -> list[MessageModel]:
        """Saves what could not be saved before, in the order in which it was said.

        Raises:
            StoreError: It still can't be saved, or not all of it.
        """
        if self._under_way is not None:
            await asyncio.wait({self._under_way})
        return await self._save_waiting()

    async def _save_waiting(self) -> list[MessageModel]:
        self.session_id, saved = await self._unsaved.save(self.session_id)
        self.known = [*self.known, *saved]
        return saved

    async def set_answers_aside(self) -> AsyncGenerator[Event, None]:
        """Takes the answers to the last question out of the session; a fork keeps them.

        Yields:
            What was saved before, and that it is done, if there was an answer.

        Raises:
            SessionNotFoundError: There is no session yet.
            InvalidDocumentError: Nothing was asked in it yet.
            StoreError: The answers could not be kept; they stay where they are.
        """
        self.is_saving = True
        try:
            if self._unsaved:
                for saved in await self._save_waiting():
                    yield MessageSaved(saved, late=True)
            session_id, answers = await self._answers()
            if answers:
                fork = await finished(self._repo.fork(session_id))
                await finished(self._repo.remove_messages(session_id, answers))
                # This one says what was done: who hears it reads the session again.
                self.is_saving = False
                yield AnswerForked(fork)
        finally:
            self.is_saving = False

    async def _answers(self) -> tuple[int, list[int]]:
        """The session, and the messages behind the last question in it."""
        session = await self._repo.get(self.session_id) if self.session_id is not None else None
        if session is None:
            raise SessionNotFoundError("There is no session yet: nothing was asked.")
        spoken = (at for at, message in enumerate(session.messages) if message.role == "user" and is_spoken(message))
        asked = max(spoken, default=None)
        if asked is None:
            raise InvalidDocumentError("Nothing was asked in this session yet.")
        return session.id, [message.id for message in session.messages[asked + 1 :]]
