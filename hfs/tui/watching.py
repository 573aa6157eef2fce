"""The session on the screen, looked at again and again: for what others do to it, and for what waits to be saved."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from hfs.chat.events import SessionChanged, SessionRemoved
from hfs.errors import HfsError
from hfs.tui.following import show_outside
from hfs.tui.telling import saved_late
from hfs.tui.widgets.status import StatusBar

if TYPE_CHECKING:
    from hfs.chat import CurrentSession
    from hfs.tui.screens.chat import ChatScreen


class Watch:
    """Looks at the current session.

    Args:
        screen: Where what is seen is shown.
        session: The session.
    """

    def __init__(self, screen: ChatScreen, session: CurrentSession) -> None:
        self._screen = screen
        self._session = session
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
            await self._show_others()
        finally:
            self._is_looking = False

    async def _show_others(self) -> None:
        event = await self._session.look()
        if event is None:
            return
        transcript, status = self._screen.transcript, self._screen.query_one(StatusBar)
        await show_outside(event, transcript, status, self._session.messages, unsaved=self.something_waits)
        if isinstance(event, (SessionChanged, SessionRemoved)):
            self._screen.show_session_name()
            if not self._screen.is_answering:
                await self.save_kept()

    async def save_kept(self) -> None:
        """Saves what waits, and what an earlier run left of this session; says so, if that was anything."""
        try:
            saved = await self._session.save_kept()
        except HfsError:
            return
        status = self._screen.query_one(StatusBar)
        if self.something_waits:
            self.something_waits, status.trouble = False, ""
        if saved:
            status.saving = "saved"
            with contextlib.suppress(HfsError):
                await self._screen.show_again()
            await self._screen.note(saved_late(len(saved)).text)
