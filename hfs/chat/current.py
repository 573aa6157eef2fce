"""The session that a person is in: opened, gone on with, and watched for what others do to it. No UI."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Iterator

from hfs.chat.conversation import Conversation
from hfs.chat.differences import described, only_added, taken_out
from hfs.chat.events import (
    Event,
    MessageSaved,
    OutsideEvent,
    SessionBroken,
    SessionChanged,
    SessionRemoved,
    SessionStarted,
    SessionTrouble,
)
from hfs.errors import CorruptSessionError, HfsError, SessionNotFoundError, StoreError
from hfs.models import ModelBackend
from hfs.persistence import MessageModel, SessionModel, SessionRepository


class CurrentSession:
    """One session at a time, or none before the first message.

    Args:
        repo: Where the sessions are.
        system: A prompt that the model gets first, and that is not saved.
    """

    def __init__(self, repo: SessionRepository, system: str | None = None) -> None:
        self._repo = repo
        self.system = system
        """What the model is told first."""
        self._conversation: Conversation | None = None
        self._left: list[Conversation] = []
        """Conversations that were left before everything was saved."""
        self._changing = 0
        self._step = 0
        """How often what is known changed: what was read before is old."""
        self._is_troubled = False
        self._is_gone = False
        self._revision: str | None = None
        self._session_id: int | None = None
        self.messages: list[MessageModel] = []
        """What the session held when it was last read, and what was said since."""
        self.name: str | None = None

    @property
    def session_id(self) -> int | None:
        """The session; None before the first message."""
        return self._session_id

    @property
    def unkept(self) -> int:
        """How many messages are kept nowhere but in memory."""
        return self._conversation.saver.waiting.in_memory if self._conversation else 0

    async def open(self, session_id: int | None) -> SessionModel | None:
        """Goes to a session, or to a new one. Nothing is written.

        Raises:
            StoreError: What was said last is kept in memory only, and would be lost.
            SessionNotFoundError, CorruptSessionError, StoreIOError: It can't be read.
        """
        if self.unkept:
            raise StoreError("What you said last is not saved yet: stay here until it is, or quit.")
        revision, session = None, None
        if session_id is not None:
            # The mark comes first: what changes after it is seen by the next look.
            revision = await self._repo.revision(session_id)
            session = await self._read(session_id)
        if self._conversation is not None and self._conversation.saver.waiting:
            self._left.append(self._conversation)
        self._conversation, self._session_id = None, session_id
        self._remember(session, revision)
        return session

    async def _read(self, session_id: int) -> SessionModel:
        try:
            session = await self._repo.get(session_id)
        except CorruptSessionError:
            session = await self._repo.rescue(session_id)
            if session is None:
                raise
        if session is None:
            raise SessionNotFoundError(f"There is no session {session_id}.", session=str(session_id))
        return session

    def _remember(self, session: SessionModel | None, revision: str | None) -> None:
        self.messages = session.messages if session else []
        self.name = session.name if session else None
        self._revision = revision
        self._is_gone = False
        self._step += 1

    def _hear(self, event: Event) -> None:
        """Takes what this conversation did for known: nobody else did it."""
        self._step += 1
        if isinstance(event, SessionStarted):
            self.messages, self.name = [], event.session.name
        elif isinstance(event, MessageSaved):
            self.messages = [*self.messages, event.message]

    @contextlib.contextmanager
    def _changes(self) -> Iterator[None]:
        """While the session is changed from here, nobody looks at it."""
        self._changing += 1
        try:
            yield
        finally:
            self._changing -= 1
            self._step += 1

    @property
    def _is_ours(self) -> bool:
        """Whether the session is being changed from here, and not all of it is known yet."""
        return self._changing > 0 or (self._conversation is not None and self._conversation.saver.is_saving)

    async def say(self, text: str, model: ModelBackend) -> AsyncGenerator[Event, None]:
        """Says something to a model, in this session or, where there is none, in a new one.

        Args:
            text: What the user says.
            model: Who answers.

        Yields:
            What ``Conversation.say`` does.
        """
        conversation = self._with(model)
        try:
            async with contextlib.aclosing(conversation.say(text)) as events:
                async for event in events:
                    self._session_id = conversation.session_id
                    self._hear(event)
                    yield event
        finally:
            self._session_id = conversation.session_id

    async def retry(self, model: ModelBackend) -> AsyncGenerator[Event, None]:
        """Asks the last question again; the answer that was there stays in a fork.

        Yields:
            What ``Conversation.retry`` does, which also says what it raises.
        """
        async with contextlib.aclosing(self._with(model).retry()) as events:
            async for event in events:
                self._hear(event)
                yield event

    async def edit(self, message_id: int, text: str, *, fork: bool) -> SessionModel | None:
        """Gives a message another text.

        Args:
            message_id: The message.
            text: What it says from now on.
            fork: Keep the session as it was in a new one.

        Returns:
            The session that keeps the old text.

        Raises:
            SessionNotFoundError: There is no session.
            InvalidDocumentError, CorruptSessionError, StoreIOError: It was not changed.
        """
        if self._session_id is None:
            raise SessionNotFoundError("There is no session yet to change.")
        kept = await self._repo.fork(self._session_id) if fork else None
        with self._changes():
            if await self._repo.edit_message(self._session_id, message_id, text) is None:
                raise SessionNotFoundError("This session was removed.", session=str(self._session_id))
            await self.reread()
        return kept

    def _with(self, model: ModelBackend) -> Conversation:
        if self._conversation is None:
            self._conversation = Conversation(self._repo, model, self._session_id, self.system)
        self._conversation.use(model)
        self._conversation.system = self.system
        self._conversation.saver.known = self.messages
        return self._conversation

    async def reread(self) -> None:
        """Takes what the session holds now for known.

        Raises:
            CorruptSessionError, StoreIOError: It can't be read.
        """
        session_id = self._session_id
        if session_id is None:
            return
        step = self._step
        with self._changes():
            revision = await self._repo.revision(session_id)
            session = await self._repo.get(session_id)
            is_saving = self._conversation is not None and self._conversation.saver.is_saving
            if step == self._step and not is_saving:
                self._remember(session, revision)

    def stop(self) -> None:
        """Stops the answer; what came is saved."""
        if self._conversation is not None:
            self._conversation.stop()

    async def save_kept(self) -> list[MessageModel]:
        """Saves what could not be saved before, and what an earlier run left of this session.

        Raises:
            StoreError: It still can't be saved, or not all of it.
        """
        saved: list[MessageModel] = []
        for conversation in list(self._left):
            saved += await conversation.saver.save_kept()
            self._left.remove(conversation)
        if self._conversation is None:
            return saved + (await self._repo.save_drafts(self._session_id) if self._session_id is not None else [])
        try:
            return saved + await self._conversation.saver.save_kept()
        finally:
            self._session_id = self._conversation.session_id

    async def look(self) -> OutsideEvent | None:
        """Looks whether another program did something to the session. Cheap where it did not.

        An error is told once, and what is to be seen after it even if nothing changed.
        """
        session_id, step = self._session_id, self._step
        if session_id is None or self._is_ours:
            return None
        revision, session, error = None, None, None
        try:
            revision = await self._repo.revision(session_id)
            if revision == self._revision and not self._is_troubled:
                return None
            session = await self._repo.refresh(session_id)
        except HfsError as raised:
            error = raised
        if step != self._step or self._is_ours:
            # Something was said or opened meanwhile: the next look sees what others did.
            return None
        if error is not None:
            return self._failed(error, revision)
        self._is_troubled = False
        before, was_gone = self.messages, self._is_gone
        self._remember(session, revision)
        if session is None:
            self._is_gone = True
            return SessionRemoved(session_id)
        if was_gone:
            return SessionChanged(session, "it was brought back", 0)
        return await self._compared(before, session)

    def _failed(self, error: HfsError, revision: str | None) -> OutsideEvent | None:
        if isinstance(error, CorruptSessionError):
            self._revision, self._is_troubled = revision, False
            return SessionBroken(error)
        was_troubled, self._is_troubled = self._is_troubled, True
        return None if was_troubled else SessionTrouble(error)

    async def _compared(self, before: list[MessageModel], session: SessionModel) -> SessionChanged:
        lost = taken_out(before, session.messages)
        kept = 0
        if lost:
            # Where they can't be kept, that is what is told of them.
            with contextlib.suppress(HfsError):
                kept = await self._repo.keep_aside(session.id, lost)
        return SessionChanged(session, described(before, session.messages), kept, only_added(before, session.messages))
