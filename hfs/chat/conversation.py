"""One conversation with one model.

The user's message is saved before the model is asked. The session is read from its file for each answer, so
what a person changed there counts. An answer that is cut short is kept, marked ``interrupted``.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, Coroutine, Sequence
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
from hfs.persistence import MessageModel, NewMessage, SessionRepository, StreamingDraft

INTERRUPTED: Final = "interrupted"
_ANSWER_SHARE: Final = 0.25
"""How much of the context is kept free for the answer."""
_MOMENT: Final = 2.0
"""How long a user who stops waits for what is being saved, in seconds."""
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
        self._under_way: asyncio.Future[None] | None = None
        self.known: Sequence[MessageModel] = ()
        """What the session held when it was last read: what the model is told where it can't be read."""
        self.session_id = session_id
        self.is_saving = False
        """Whether a message is being saved, or was and is not told yet."""

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
        async for event in self._save_question(text):
            yield event
        prompts = await self._prompts()
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
        self.is_saving = True
        try:
            async for event in self._without_answer():
                # This one says what was done: who hears it reads the session again.
                self.is_saving = not isinstance(event, AnswerForked)
                yield event
        finally:
            self.is_saving = False
        try:
            async for event in self._answer(await self._prompts(), await self._budget()):
                yield event
        except ModelError as error:
            yield AnswerFailed(error)

    async def _without_answer(self) -> AsyncGenerator[Event, None]:
        """Takes the answers to the last question out of the session, into a fork."""
        if self._unsaved:
            for saved in await self._save_waiting():
                yield MessageSaved(saved, late=True)
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

    async def _save_question(self, text: str) -> AsyncGenerator[Event, None]:
        question = NewMessage("user", text, created_at=datetime.now(UTC))
        self.is_saving = True
        try:
            for event in await finished(self._saved_or_kept(question, begins=True)):
                yield event
        finally:
            self.is_saving = False

    async def _saved_or_kept(self, message: NewMessage, *, begins: bool) -> list[Event]:
        """Saves a message, and what waits before it; keeps it, where that fails.

        Args:
            message: The message.
            begins: Whether it begins a new session where its own was removed.
        """
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

    @property
    def unkept(self) -> int:
        """How many messages are kept nowhere but in memory."""
        return self._unsaved.in_memory

    @property
    def waits(self) -> bool:
        """Whether anything waits to be saved."""
        return bool(self._unsaved)

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

    async def _prompts(self) -> list[Prompt]:
        if self.session_id is not None:
            with contextlib.suppress(HfsError):
                session = await self._repo.get(self.session_id)
                self.known = session.messages if session is not None else ()
        prompts = [Prompt("system", self.system)] if self.system else []
        prompts += [Prompt(message.role, message.content) for message in self.known if _is_spoken(message)]
        return prompts + [Prompt(message.role, message.content) for message in self._unsaved.messages]

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
            self.is_saving = True
            try:
                for event in await finished(self._save_answer(parts, status, begun)):
                    yield event
            finally:
                self.is_saving = False
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

    async def _save_answer(self, parts: list[str], status: str | None, begun: datetime) -> list[Event]:
        text = "".join(parts)
        if not text:
            return []
        return await self._saved_or_kept(
            NewMessage("assistant", text, self._model.name, status, begun), begins=self.session_id is None
        )


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
