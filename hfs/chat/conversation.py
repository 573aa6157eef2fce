"""One conversation with one model.

The user's message is saved before the model is asked. The session is read from its file for each answer, so
what a person changed there counts. An answer that is cut short is kept, marked ``interrupted``.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any, Final

from hfs.chat.events import (
    AnswerChunk,
    AnswerFailed,
    AnswerForked,
    AnswerStarted,
    ContextUsed,
    ConversationTrimmed,
    Event,
    MessageNotSaved,
    MessageSaved,
    SessionStarted,
)
from hfs.chat.trimming import trim
from hfs.chat.unsaved import UnsavedMessages, finished
from hfs.errors import (
    ContextTooLongError,
    HfsError,
    InvalidDocumentError,
    ModelError,
    SessionNotFoundError,
    StoreError,
)
from hfs.models import ModelBackend, Prompt
from hfs.persistence import MessageModel, NewMessage, SessionModel, SessionRepository, StreamingDraft

INTERRUPTED: Final = "interrupted"
_ANSWER_SHARE: Final = 0.25
"""How much of the context is kept free for the answer."""
_SPOKEN: Final = frozenset(("user", "assistant", "system"))
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class Conversation:
    """Asks a model and saves what both sides say.

    Args:
        repo: Where the session is.
        model: Who answers.
        session_id: The session to go on with; one is made by the first message, where it is None.
        system: A prompt that the model gets first, and that is not saved.
    """

    def __init__(
        self, repo: SessionRepository, model: ModelBackend, session_id: int | None = None, system: str | None = None
    ) -> None:
        self._repo = repo
        self._model = model
        self.system = system
        """What the model is told first."""
        self._stopping = asyncio.Event()
        self._unsaved = UnsavedMessages(repo)
        self.session_id = session_id

    def stop(self) -> None:
        """Stops the answer; what came is saved."""
        self._stopping.set()

    def use(self, model: ModelBackend) -> None:
        """Lets another model answer from now on."""
        self._model = model

    async def say(self, text: str) -> AsyncGenerator[Event, None]:
        """Saves what the user says, asks the model, saves the answer.

        Args:
            text: The user's message. Lone surrogates, which no file can hold, become U+FFFD.

        Yields:
            What happens, in order.
        """
        self._stopping.clear()
        text = _storable(text)
        unsaved = False
        async for event in self._save_question(text):
            unsaved = unsaved or isinstance(event, MessageNotSaved)
            yield event
        prompts = await self._prompts(text if unsaved else None)
        try:
            budget = await self._budget()
            async for event in self._answer(prompts, budget):
                yield event
        except ModelError as error:
            yield AnswerFailed(error)

    async def retry(self) -> AsyncGenerator[Event, None]:
        """Asks the last question again. The answer that was there stays in a fork.

        Yields:
            What happens, in order.

        Raises:
            SessionNotFoundError: There is no session yet.
            InvalidDocumentError: Nothing was asked in it yet.
            StoreError: The old answer could not be kept; it stays where it is.
        """
        self._stopping.clear()
        await self._save_what_waits()
        session = await self._repo.get(self.session_id) if self.session_id is not None else None
        if session is None:
            raise SessionNotFoundError("There is no session yet: nothing was asked.")
        spoken = (at for at, message in enumerate(session.messages) if message.role == "user" and _is_spoken(message))
        asked = max(spoken, default=None)
        if asked is None:
            raise InvalidDocumentError("Nothing was asked in this session yet.")
        answers = [message.id for message in session.messages[asked + 1 :]]
        if answers:
            fork = await finished(self._repo.fork(session.id))
            await finished(self._repo.remove_messages(session.id, answers))
            yield AnswerForked(fork)
        try:
            async for event in self._answer(await self._prompts(), await self._budget()):
                yield event
        except ModelError as error:
            yield AnswerFailed(error)

    async def _save_question(self, text: str) -> AsyncGenerator[Event, None]:
        question = NewMessage("user", text, created_at=datetime.now(UTC))
        try:
            await self._save_what_waits()
            if self.session_id is not None:
                try:
                    yield MessageSaved(await self._add(self.session_id, question))
                    return
                except SessionNotFoundError:
                    # Its file was removed: what is said now begins a session of its own.
                    self.session_id = None
            session = await finished(self._repo.create(messages=[question]))
        except StoreError as error:
            yield await self._keep(question, error)
            return
        self.session_id = session.id
        yield SessionStarted(session)
        yield MessageSaved(session.messages[-1])

    async def _add(self, session_id: int, message: NewMessage) -> MessageModel:
        return await finished(self._repo.append_message(session_id, message))

    @property
    def unkept(self) -> int:
        """How many messages are kept nowhere but in memory."""
        return self._unsaved.in_memory

    async def save_kept(self) -> list[MessageModel]:
        """Saves what could not be saved before, in the order in which it was said.

        Raises:
            StoreError: It still can't be saved, or not all of it.
        """
        self.session_id, saved = await self._unsaved.save(self.session_id)
        return saved

    async def _save_what_waits(self) -> None:
        if self._unsaved:
            await self.save_kept()

    async def _keep(self, message: NewMessage, error: HfsError) -> MessageNotSaved:
        return MessageNotSaved(error, await self._unsaved.keep(self.session_id, message))

    async def _prompts(self, unsaved: str | None = None) -> list[Prompt]:
        session: SessionModel | None = None
        if self.session_id is not None:
            with contextlib.suppress(HfsError):
                session = await self._repo.get(self.session_id)
        prompts = [Prompt("system", self.system)] if self.system else []
        if session is not None:
            prompts += [Prompt(message.role, message.content) for message in session.messages if _is_spoken(message)]
        if unsaved is not None:
            prompts.append(Prompt("user", unsaved))
        return prompts

    async def _budget(self) -> int | None:
        length = await self._model.context_length()
        return int(length * (1 - _ANSWER_SHARE)) if length else None

    async def _answer(self, prompts: list[Prompt], budget: int | None) -> AsyncGenerator[Event, None]:
        dropped_before = -1
        while True:
            kept, dropped = trim(prompts, budget, self._model.estimate_tokens) if budget else (prompts, 0)
            if dropped:
                yield ConversationTrimmed(dropped, len(kept))
            limit = await self._model.context_length()
            if limit:
                yield ContextUsed(self._model.estimate_tokens(kept), limit)
            try:
                async for event in self._stream(kept):
                    yield event
                return
            except ContextTooLongError:
                # The estimate was too low: half as much, until nothing more can be left out.
                if dropped == dropped_before:
                    raise
                dropped_before = dropped
                budget = (budget or self._model.estimate_tokens(kept)) // 2

    async def _stream(self, prompts: list[Prompt]) -> AsyncGenerator[Event, None]:
        parts: list[str] = []
        failure: ModelError | None = None
        async with contextlib.AsyncExitStack() as stack:
            draft = await self._draft(stack)
            # The draft and the message have one moment: that tells that they are the same, after a kill between
            # the saving of the one and the removal of the other.
            begun = draft.created_at if draft is not None else datetime.now(UTC)
            stopped = asyncio.ensure_future(self._stopping.wait())
            stack.callback(stopped.cancel)
            chunks = self._model.stream(prompts)
            yield AnswerStarted(self._model.name)
            try:
                async for chunk in _until(chunks, stopped):
                    parts.append(_storable(chunk))
                    if draft is not None:
                        with contextlib.suppress(HfsError):
                            await draft.write(parts[-1])
                    yield AnswerChunk(parts[-1])
            except ModelError as error:
                if not parts:
                    raise
                failure = error
            except (asyncio.CancelledError, GeneratorExit):
                await finished(self._save_answer(parts, INTERRUPTED, begun))
                raise
            status = INTERRUPTED if failure or self._stopping.is_set() else None
            saved = await finished(self._save_answer(parts, status, begun))
            if saved is not None:
                yield saved
            if failure is not None:
                yield AnswerFailed(failure)

    async def _draft(self, stack: contextlib.AsyncExitStack) -> StreamingDraft | None:
        """Where the answer is kept while it streams; None where nothing can be kept."""
        if self.session_id is None:
            return None
        try:
            return await stack.enter_async_context(self._repo.streaming_draft(self.session_id, model=self._model.name))
        except HfsError:
            return None

    async def _save_answer(
        self, parts: list[str], status: str | None, begun: datetime
    ) -> MessageSaved | MessageNotSaved | None:
        text = "".join(parts)
        if not text:
            return None
        answer = NewMessage("assistant", text, self._model.name, status, begun)
        try:
            # The question comes before its answer.
            await self._save_what_waits()
            if self.session_id is None:
                session = await self._repo.create(messages=[answer])
                self.session_id = session.id
                return MessageSaved(session.messages[-1])
            return MessageSaved(await self._add(self.session_id, answer))
        except HfsError as error:
            return await self._keep(answer, error)


async def _until(chunks: AsyncGenerator[str, None], stopped: asyncio.Future[Any]) -> AsyncGenerator[str, None]:
    """The chunks, until there are no more or the user stops them."""
    async with contextlib.aclosing(chunks):
        while not stopped.done():
            following = asyncio.ensure_future(anext(chunks, None))
            try:
                await asyncio.wait({following, stopped}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                if not following.done():
                    following.cancel()
                    with contextlib.suppress(asyncio.CancelledError, ModelError):
                        await following
            if following.cancelled():
                return
            chunk = following.result()
            if chunk is None:
                return
            yield chunk


def _is_spoken(message: MessageModel) -> bool:
    """Whether a model is told of it."""
    return message.role in _SPOKEN and message.hidden is None


def _storable(text: str) -> str:
    """The text with U+FFFD for lone surrogates, which no file can hold."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)
