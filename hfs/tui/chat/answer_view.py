"""An answer on its way to the screen: each event of a conversation shown where it belongs."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final

from hfs.chat.events import (
    AnswerChunk,
    AnswerForked,
    AnswerStarted,
    ContextUsed,
    Event,
    MessageNotSaved,
    MessageSaved,
    SessionStarted,
)
from hfs.tui.chat.sentences import saved_late, sentence, trouble
from hfs.tui.transcript.growing_answer import GrowingAnswer
from hfs.tui.widgets.status import StatusBar
from hfs.tui.widgets.transcript import Transcript

_SAVING: Final = "saving…"


class AnswerView:
    """Shows what a conversation tells.

    Args:
        transcript: Where it is said.
        status: Where the truth about saving is.
        show_again: Shows the session as it is now.
    """

    def __init__(self, transcript: Transcript, status: StatusBar, show_again: Callable[[], Awaitable[None]]) -> None:
        self._transcript = transcript
        self._status = status
        self._show_again = show_again
        self._growing: GrowingAnswer | None = None
        self._before = ""
        self._late = 0
        self.unsaved = False
        """Whether something could not be saved."""

    async def show(self, events: AsyncGenerator[Event, None], said: str) -> None:
        """Shows every event.

        Args:
            events: What the conversation tells.
            said: What the user said, for errors.
        """
        self._status.saving = _SAVING
        try:
            async with contextlib.aclosing(events):
                async for event in events:
                    await self._show_event(event, said)
        finally:
            if self._growing is not None:
                self._growing.stop()
            if self._status.saving == _SAVING:
                # There was no answer to save.
                self._status.saving = self._before

    async def _show_event(self, event: Event, said: str) -> None:
        match event:
            case AnswerChunk(text=text):
                if self._growing is not None:
                    self._growing.write(text)
                return
            case AnswerStarted(model_name=name):
                self._before, self._status.saving = self._status.saving, _SAVING
                self._growing = await self._transcript.begin_answer(name)
            case AnswerForked():
                await self._show_again()
            case SessionStarted(session=session):
                self._status.session = session.name
            case MessageSaved(late=True):
                self._late += 1
                return
            case MessageSaved(message=message):
                self._status.saving, self._status.trouble = "saved", ""
                if message.role == "user":
                    await self._transcript.add_message(message)
                elif self._growing is not None:
                    self._growing.become(message)
            case MessageNotSaved():
                self.unsaved = True
                await self._show_late()
                self._status.saving, self._status.trouble = "", trouble(event)
            case ContextUsed(tokens=tokens, limit=limit):
                self._status.context = f"context {max(1, min(100, round(100 * tokens / limit)))}%"
        if isinstance(event, MessageSaved):
            await self._show_late()
        told = sentence(event, said)
        if told is not None:
            await self._transcript.note(told.text, told.kind)

    async def _show_late(self) -> None:
        """Shows where those stand in the session that were said before and could be saved only now."""
        if self._late:
            await self._show_again()
            await self._transcript.note(saved_late(self._late).text)
            self._late = 0
