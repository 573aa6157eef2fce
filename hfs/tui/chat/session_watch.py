"""The session on the screen, looked at again and again: for what others do to it, and for what waits to be saved."""

from __future__ import annotations

import contextlib
from itertools import groupby
from typing import TYPE_CHECKING

from hfs.chat.events import OutsideEvent, SessionBroken, SessionChanged, SessionRemoved, SessionTrouble
from hfs.errors import HfsError
from hfs.tui.chat.sentences import saved_late, sentence, trouble

if TYPE_CHECKING:
    from hfs.tui.chat.session_view import SessionView
    from hfs.tui.screens.chat import ChatScreen


class SessionWatch:
    """Looks at the current session.

    Args:
        screen: Where what is seen is shown.
        view: The session there.
    """

    def __init__(self, screen: ChatScreen, view: SessionView) -> None:
        self._screen = screen
        self._view = view
        self._is_looking = False
        self.something_waits = False
        """Whether something could not be saved, and is tried again at each look."""

    async def look(self) -> None:
        """Shows what others did, and saves what waits. Does nothing while another look lasts."""
        if self._is_looking:
            return
        self._is_looking = True
        try:
            if self.something_waits and not self._screen.is_answering:
                await self.save_kept()
            event = await self._view.current.look()
            if event is not None:
                await self._show(event)
        finally:
            self._is_looking = False

    async def _show(self, event: OutsideEvent) -> None:
        """Shows what another program did to the session."""
        self._show_trouble(event)
        if isinstance(event, SessionChanged):
            await self._show_changes(event)
        told = sentence(event)
        if told is not None:
            await self._screen.say(told)
        if isinstance(event, (SessionChanged, SessionRemoved)):
            self._view.show_name()
            if not self._screen.is_answering:
                await self.save_kept()

    def _show_trouble(self, event: OutsideEvent) -> None:
        status = self._screen.status
        if isinstance(event, SessionBroken):
            status.trouble = trouble(event)
        # That words are not saved says more than that nothing can be read.
        elif not self.something_waits:
            status.trouble = trouble(event) if isinstance(event, SessionTrouble) else ""

    async def _show_changes(self, event: SessionChanged) -> None:
        transcript, messages = self._screen.transcript, self._view.current.messages
        if not event.added:
            if event.changes:
                await transcript.show_messages(messages, keep_place=True)
            return
        if not transcript.following:
            self._screen.status.unseen += len(event.added)
        added = {message.id for message in event.added}
        for are_new, found in groupby(messages, lambda message: message.id in added):
            if are_new:
                foreign = list(found)
                following = next((one.id for one in messages[messages.index(foreign[-1]) + 1 :]), None)
                await transcript.add_foreign(foreign, "Added elsewhere:", following)

    async def save_kept(self) -> None:
        """Saves what waits, and what an earlier run left of this session; says so, if that was anything."""
        try:
            saved = await self._view.current.save_kept()
        except HfsError:
            # It stays where it is kept, the status bar says so, and the next look tries again.
            return
        status = self._screen.status
        if self.something_waits:
            self.something_waits, status.trouble = False, ""
        if saved:
            status.saving = "saved"
            with contextlib.suppress(HfsError):
                await self._view.show_again()
            await self._screen.say(saved_late(len(saved)))
