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
    AnswerStarted,
    ContextUsed,
    ConversationTrimmed,
    Event,
)
from hfs.chat.prompting import is_spoken, trim
from hfs.chat.saving import MessageSaver
from hfs.errors import ContextTooLongError, HfsError, ModelError
from hfs.models import ModelBackend, Prompt
from hfs.persistence import NewMessage, SessionRepository, StreamingDraft

INTERRUPTED: Final = "interrupted"
_ANSWER_SHARE: Final = 0.25
"""How much of the context is kept free for the answer."""
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
        self._stopping = asyncio.Event()
        self.system = system
        """What the model is told first."""
        self.saver = MessageSaver(repo, session_id, self._stopping)
        """What saves its messages, and keeps those that can't be saved."""

    @property
    def session_id(self) -> int | None:
        """The session; None before the first message."""
        return self.saver.session_id

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
        question = NewMessage("user", _storable(text), created_at=datetime.now(UTC))
        async for event in self.saver.save(question, begins=True):
            yield event
        async for event in self._ask():
            yield event

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
        async for event in self.saver.set_answers_aside():
            yield event
        async for event in self._ask():
            yield event

    async def _ask(self) -> AsyncGenerator[Event, None]:
        prompts = await self._prompts()
        try:
            async for event in self._answer(prompts, await self._budget()):
                yield event
        except ModelError as error:
            yield AnswerFailed(error)

    async def _prompts(self) -> list[Prompt]:
        saver = self.saver
        if saver.session_id is not None:
            # Where it can't be read the model is told what was known of it last.
            with contextlib.suppress(HfsError):
                session = await self._repo.get(saver.session_id)
                saver.known = session.messages if session is not None else ()
        prompts = [Prompt("system", self.system)] if self.system else []
        prompts += [Prompt(message.role, message.content) for message in saver.known if is_spoken(message)]
        return prompts + [Prompt(message.role, message.content) for message in saver.waiting.messages]

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
            yield AnswerStarted(self._model.name)
            try:
                async for chunk in _until(self._model.stream(prompts), stopped):
                    parts.append(_storable(chunk))
                    if draft is not None:
                        # The answer goes on without it, and is saved at its end all the same.
                        with contextlib.suppress(HfsError):
                            await draft.write(parts[-1])
                    yield AnswerChunk(parts[-1])
            except ModelError as error:
                if not parts:
                    raise
                failure = error
            except (asyncio.CancelledError, GeneratorExit):
                if any(parts):
                    await self.saver.save_or_keep(self._message(parts, INTERRUPTED, begun), begins=self._begins)
                raise
            if any(parts):
                status = INTERRUPTED if failure or self._stopping.is_set() else None
                async for event in self.saver.save(self._message(parts, status, begun), begins=self._begins):
                    yield event
            if failure is not None:
                yield AnswerFailed(failure)

    def _message(self, parts: list[str], status: str | None, begun: datetime) -> NewMessage:
        return NewMessage("assistant", "".join(parts), self._model.name, status, begun)

    @property
    def _begins(self) -> bool:
        """Whether an answer may make a session: not in the place of one that was removed while it came."""
        return self.session_id is None

    async def _draft(self, stack: contextlib.AsyncExitStack) -> StreamingDraft | None:
        """Where the answer is kept while it streams; None where nothing can be kept."""
        if self.session_id is None:
            return None
        try:
            return await stack.enter_async_context(self._repo.streaming_draft(self.session_id, model=self._model.name))
        except HfsError:
            # The answer is worth more than its draft.
            return None


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


def _storable(text: str) -> str:
    """The text with U+FFFD for lone surrogates, which no file can hold."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)
