"""One conversation with one model.

The user's message is saved before the model is asked. The session is read from its file for each answer, so
what a person changed there counts. An answer that is cut short is kept, marked ``interrupted``.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, Awaitable
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from hfs.chat.events import (
    AnswerChunk,
    AnswerFailed,
    AnswerStarted,
    ConversationTrimmed,
    Event,
    MessageNotSaved,
    MessageSaved,
    SessionStarted,
)
from hfs.chat.trimming import trim
from hfs.errors import ContextTooLongError, HfsError, ModelError, SessionNotFoundError, StoreError
from hfs.models import ModelBackend, Prompt
from hfs.persistence import Draft, MessageModel, NewMessage, SessionModel, SessionRepository

INTERRUPTED: Final = "interrupted"
_ANSWER_SHARE: Final = 0.25
"""How much of the context is kept free for the answer."""
_SPOKEN: Final = frozenset(("user", "assistant", "system"))
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_Result = TypeVar("_Result")


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
        self._system = system
        self._stopping = asyncio.Event()
        self._unsaved = False
        self._backlog: list[NewMessage] = []
        self.session_id = session_id

    def stop(self) -> None:
        """Stops the answer; what came is saved."""
        self._stopping.set()

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
        prompts = await self._prompts(text, unsaved)
        try:
            budget = await self._budget()
            async for event in self._answer(prompts, budget):
                yield event
        except ModelError as error:
            yield AnswerFailed(error)

    async def _save_question(self, text: str) -> AsyncGenerator[Event, None]:
        try:
            if self._unsaved:
                await self.save_kept()
                self._unsaved = False
            if self.session_id is not None:
                try:
                    yield MessageSaved(await _whole(self._repo.add_message(self.session_id, "user", text)))
                    return
                except SessionNotFoundError:
                    # Its file was removed: what is said now begins a session of its own.
                    self.session_id = None
            session = await _whole(self._repo.create(messages=[NewMessage("user", text)]))
        except StoreError as error:
            self._unsaved = True
            yield await self._keep("user", text, error)
            return
        self.session_id = session.id
        yield SessionStarted(session)
        yield MessageSaved(session.messages[-1])

    @property
    def unkept(self) -> int:
        """How many messages are kept nowhere but in memory."""
        return len(self._backlog)

    async def save_kept(self) -> list[MessageModel]:
        """Saves what could not be saved before, in the order in which it was said.

        Raises:
            StoreError: It still can't be saved, or not all of it.
        """
        saved: list[MessageModel] = []
        if self.session_id is not None:
            saved += await self._repo.save_drafts(self.session_id)
        while self._backlog:
            saved.append(await _whole(self._save_again(self._backlog[0])))
            self._backlog.pop(0)
        return saved

    async def _save_again(self, message: NewMessage) -> MessageModel:
        if self.session_id is None:
            session = await self._repo.create(messages=[message])
            self.session_id = session.id
            return session.messages[-1]
        return await self._repo.add_message(
            self.session_id,
            message.role,
            message.content,
            model=message.model,
            status=message.status,
            created_at=message.created_at,
        )

    async def _keep(self, role: str, text: str, error: HfsError, status: str | None = None) -> MessageNotSaved:
        draft: Draft | None = None
        name = self._model.name if role == "assistant" else None
        # What was said before it must be saved before it: it waits in the same place.
        if self.session_id is not None and not self._backlog:
            with contextlib.suppress(HfsError):
                draft = await _whole(self._repo.keep_draft(self.session_id, role, text, model=name, status=status))
        if draft is None:
            self._backlog.append(NewMessage(role, text, name, status, datetime.now(UTC)))
        return MessageNotSaved(error, draft)

    async def _prompts(self, text: str, unsaved: bool) -> list[Prompt]:
        session: SessionModel | None = None
        if self.session_id is not None:
            with contextlib.suppress(HfsError):
                session = await self._repo.get(self.session_id)
        prompts = [Prompt("system", self._system)] if self._system else []
        if session is not None:
            prompts += [
                Prompt(message.role, message.content) for message in session.messages if message.role in _SPOKEN
            ]
        if unsaved or session is None:
            prompts.append(Prompt("user", text))
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
                await _whole(self._save_answer(parts, INTERRUPTED))
                raise
            status = INTERRUPTED if failure or self._stopping.is_set() else None
            saved = await _whole(self._save_answer(parts, status))
            if saved is not None:
                yield saved
            if failure is not None:
                yield AnswerFailed(failure)

    async def _draft(self, stack: contextlib.AsyncExitStack) -> Any:
        """Where the answer is kept while it streams; None where nothing can be kept."""
        if self.session_id is None:
            return None
        try:
            return await stack.enter_async_context(self._repo.streaming_draft(self.session_id, model=self._model.name))
        except HfsError:
            return None

    async def _save_answer(self, parts: list[str], status: str | None) -> MessageSaved | MessageNotSaved | None:
        text = "".join(parts)
        if not text:
            return None
        try:
            name = self._model.name
            if self._unsaved:
                # The question comes before its answer.
                await self.save_kept()
                self._unsaved = False
            if self.session_id is None:
                return None
            return MessageSaved(
                await self._repo.add_message(self.session_id, "assistant", text, model=name, status=status)
            )
        except HfsError as error:
            return await self._keep("assistant", text, error, status)


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


async def _whole(work: Awaitable[_Result]) -> _Result:
    """Finishes what was begun, also if the task is cancelled meanwhile: a save is never left half way."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


def _storable(text: str) -> str:
    """The text with U+FFFD for lone surrogates, which no file can hold."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)
