"""An answer on its way to the screen: each event of a conversation shown where it belongs."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from itertools import groupby
from typing import Final

from hfs.chat.events import (
    AnswerChunk,
    AnswerForked,
    AnswerStarted,
    ContextUsed,
    Event,
    MessageNotSaved,
    MessageSaved,
    OutsideEvent,
    SessionBroken,
    SessionChanged,
    SessionStarted,
    SessionTrouble,
)
from hfs.persistence import MessageModel
from hfs.tui.telling import saved_late, sentence, trouble
from hfs.tui.widgets.status import StatusBar
from hfs.tui.widgets.transcript import GrowingAnswer, Transcript

_SAVING: Final = "saving…"


class Follower:
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

    async def follow(self, events: AsyncGenerator[Event, None], said: str) -> None:
        """Shows every event.

        Args:
            events: What the conversation tells.
            said: What the user said, for errors.
        """
        self._status.saving = _SAVING
        try:
            async with contextlib.aclosing(events):
                async for event in events:
                    await self._show(event, said)
        finally:
            if self._growing is not None:
                self._growing.stop()
            if self._status.saving == _SAVING:
                # There was no answer to save.
                self._status.saving = self._before

    async def _show(self, event: Event, said: str) -> None:
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


async def show_outside(
    event: OutsideEvent,
    transcript: Transcript,
    status: StatusBar,
    messages: Sequence[MessageModel],
    *,
    unsaved: bool,
) -> None:
    """Shows what another program did to the session.

    Args:
        event: What it did.
        transcript: Where it is said.
        status: Where the truth about saving is.
        messages: What the session holds now.
        unsaved: Whether something waits to be saved, which the status bar goes on to say.
    """
    if isinstance(event, SessionBroken):
        status.trouble = trouble(event)
    elif isinstance(event, SessionTrouble):
        # That words are not saved says more.
        status.trouble = status.trouble if unsaved else trouble(event)
    elif not unsaved:
        status.trouble = ""
    if isinstance(event, SessionChanged) and event.added:
        if not transcript.following:
            status.unseen += len(event.added)
        added = {message.id for message in event.added}
        for are_new, found in groupby(messages, lambda message: message.id in added):
            if are_new:
                foreign = list(found)
                following = next((one.id for one in messages[messages.index(foreign[-1]) + 1 :]), None)
                await transcript.add_foreign(foreign, "Added elsewhere:", following)
    elif isinstance(event, SessionChanged) and event.changes:
        await transcript.show_messages(messages, keep_place=True)
    told = sentence(event)
    if told is not None:
        await transcript.note(told.text, told.kind)
